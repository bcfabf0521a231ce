//! One run: its history, and what stands beside it.
//!
//! Every request is one transaction: decide, [`settle`](Run::settle), [`finish`](Run::finish). What is decided, and what
//! events make of it, is up to the machines ([`machine`](crate::machine)).

mod attempt;
mod buffer;
mod client;
mod command;
mod elapse;
mod family;
mod handover;
mod index;
mod memory;
mod plan;
mod query;
mod queue;
mod rebuilt;
mod restore;
mod skipping;
mod state;
mod turn;
mod update;
mod view;
#[cfg(test)]
mod walk;
mod worker;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::{
    Event, EventId, Failure, SmolStr, TaskQueue, Timestamp, WorkflowTaskFailedCause,
};

use self::buffer::Buffer;
use self::elapse::Alarm;
pub(crate) use self::family::Requester;
use self::index::Index;
use self::query::Queries;
pub(crate) use self::queue::Queue;
pub use self::restore::CannotRestore;
pub(crate) use self::restore::Restorable;
use self::state::State;
pub(crate) use self::turn::{Following, Turn};
use crate::input::{Effect, RunRef};
use crate::machine::task::TaskInput;
use crate::view::RunView;
use crate::words::{
    Decision, Extent, HISTORY_SERVICE, Note, Step, TaskNote, Tracked, Transfer, Wake, size,
};

/// A run, open or closed.
#[derive(Debug)]
pub(crate) struct Run {
    id: RunRef,
    /// The request of the client that has started it; empty if there is none.
    request_id: SmolStr,
    events: Vec<Arc<Event>>,
    state: State,
    buffer: Buffer,
    sticky: Option<Sticky>,
    /// The same as earlier transactions have written it: a task that leaves nothing is not written.
    written_sticky: Option<Sticky>,
    /// Whether the run has closed and the updates that it gave up then are still in memory.
    has_registry: bool,
    /// The workflow task that follows a heartbeat, and when the first of its line was scheduled (W-18).
    beating: Option<(EventId, Timestamp)>,
    /// The workflow task that the one before it has asked for.
    forced: Option<EventId>,
    queries: Queries,
    /// How many updates were admitted; orders them.
    admitted: u64,
    /// What this transaction hands over when it is through.
    transfers: Vec<Transfer>,
    /// The bytes of all events, and of those that earlier transactions have written.
    size: u64,
    written: u64,
    /// How many events earlier transactions have written.
    written_events: usize,
    /// What the history was like when the last workflow task was started: a transient one says it before it is recorded.
    started_with: Extent,
    /// When the first workflow task need not wait any more, if it must (H-17).
    begin: Option<Wake>,
    /// When the run times out.
    expiry: Option<Wake>,
    /// When a fast-forward comes to its end by itself.
    forward: Option<Wake>,
    /// By how much the time of the run is ahead of the clock of the service.
    ahead: Duration,
    /// When the workflow task times out, and which one that is about.
    task_wake: Option<(EventId, u32, bool, Wake)>,
    /// The tasks of all timers in the timer queue, those of timers that have ended included.
    timer_tasks: BTreeSet<Wake>,
    /// The same for the deadlines of activities.
    activity_tasks: BTreeSet<Wake>,
    queue: Queue,
    index: Index,
    /// The soonest of all deadlines.
    alarm: Option<Alarm>,
}

/// The sticky queue that a run is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sticky {
    /// The queue of the worker that has the run in its cache.
    pub(crate) queue: TaskQueue,
    /// How long a task may wait there.
    pub(crate) timeout: Duration,
}

impl Run {
    /// A run with these events, which earlier transactions have written, and the state that they give. Nothing is under way.
    fn new(
        id: RunRef,
        events: Vec<Arc<Event>>,
        state: State,
        queue: Queue,
        ahead: Duration,
    ) -> Self {
        let written = events.iter().map(|event| size(event)).fold(0, u64::saturating_add);
        Self {
            id,
            request_id: SmolStr::default(),
            state,
            buffer: Buffer::default(),
            sticky: None,
            written_sticky: None,
            has_registry: false,
            beating: None,
            forced: None,
            queries: Queries::default(),
            admitted: 0,
            transfers: Vec::new(),
            size: written,
            written,
            written_events: events.len(),
            events,
            started_with: Extent::default(),
            begin: None,
            expiry: None,
            forward: None,
            ahead,
            task_wake: None,
            timer_tasks: BTreeSet::new(),
            activity_tasks: BTreeSet::new(),
            queue,
            index: Index::default(),
            alarm: None,
        }
    }

    pub(crate) fn view(&self) -> &RunView {
        &self.state.view
    }

    pub(crate) fn history(&self) -> &[Arc<Event>] {
        &self.events
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// The id of the next event.
    fn next_id(&self) -> EventId {
        EventId::FIRST.plus(self.events.len() as u64)
    }

    /// Carries out what was decided; tells whether the workflow must hear of it.
    fn settle(&mut self, turn: &Turn<'_>, mut decision: Decision) -> bool {
        turn.bend(&mut decision);
        self.apply(decision.steps);
        decision.needs_task
    }

    fn apply(&mut self, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            match step {
                Step::Event(event) => self.record(event),
                Step::Unbuffer { started } => self.buffer.remove_fired(started),
                Step::Note(note) => self.state.note(note),
                Step::Transfer(transfer) => self.transfers.push(transfer),
            }
        }
    }

    fn record(&mut self, event: Arc<Event>) {
        if event.kind.is_buffered() {
            self.state.evolve(&event);
            self.buffer.push(event);
        } else {
            self.append(event);
        }
    }

    /// Gives an event the next id, unless that was foretold, and writes it into the history.
    fn append(&mut self, mut event: Arc<Event>) {
        let next = self.next_id();
        if event.id.is_none() {
            Arc::make_mut(&mut event).id = next;
        }
        assert_eq!(event.id, next, "ids rise by one (H-1)");
        self.state.evolve(&event);
        self.size = self.size.saturating_add(size(&event));
        self.events.push(event);
    }

    /// Writes the buffer into the history (H-3, H-4).
    fn flush(&mut self) {
        for event in self.buffer.take(self.next_id()) {
            self.append(event);
        }
    }

    /// Ends a transaction: hands over what it made ready, schedules a workflow task if one is wanted and none is pending
    /// (H-14), flushes or limits the buffer, and arms deadlines.
    fn finish(&mut self, turn: &mut Turn<'_>, needs_task: bool) {
        self.finish_as(turn, needs_task, false);
    }

    /// The same; `in_vain`: what went off has found nothing to do, and to the server it is no transaction.
    fn finish_as(&mut self, turn: &mut Turn<'_>, needs_task: bool, in_vain: bool) {
        self.hand_over(turn);
        if !self.is_open() {
            // H-5, W-16: what waits is dropped with all deadlines.
            self.buffer.clear();
            self.alarm = None;
            self.abort_all();
            self.has_registry = true;
            self.tell_close(turn);
            self.forget_deadlines();
            turn.push(Effect::Closed { run: self.id });
            return;
        }
        self.record_speculative(turn);
        if needs_task {
            self.schedule_task(turn, true);
        }
        let skip = self.skip(turn.now).filter(|_| !in_vain);
        if let Some(skip) = skip {
            self.record_skip(turn, skip);
        }
        if !self.state.task.is_started() {
            self.flush();
        } else if self.buffer.len() > turn.config.limits.buffered_events {
            // H-7. The buffer is empty by the time the next task is scheduled, so unless the run was sticky that is a
            // second attempt.
            self.fail_task(turn, WorkflowTaskFailedCause::ForceCloseCommand, None, HISTORY_SERVICE);
            self.flush();
            self.schedule_task(turn, true);
        }
        if let Some(skip) = skip {
            self.leap(turn, skip);
        }
        self.arm(turn);
        self.queue.commit(turn.now);
        self.written = self.size;
        self.written_events = self.events.len();
        self.written_sticky.clone_from(&self.sticky);
    }

    /// Of a closed run nothing is due any more: what was kept for that is freed, its timers among it.
    fn forget_deadlines(&mut self) {
        self.index = Index::default();
        self.queue = Queue::default();
        self.timer_tasks = BTreeSet::new();
        self.activity_tasks = BTreeSet::new();
        self.state.timers = Tracked::default();
    }

    /// Schedules a workflow task unless one is pending (W-1); `offer` it to workers, or start it yourself.
    fn schedule_task(&mut self, turn: &mut Turn<'_>, offer: bool) {
        self.schedule(turn, offer, false);
    }

    fn schedule(&mut self, turn: &mut Turn<'_>, offer: bool, speculative: bool) {
        if !self.state.task.is_idle() {
            return;
        }
        if !self.buffer.is_empty() {
            self.state.note(Note::Task(TaskNote::FirstAttempt));
            self.flush();
        }
        let input = self.task_input(speculative);
        let mut decision = Decision::default();
        // Cannot fail: it is idle.
        if self.state.task.decide(turn.now, input, &mut decision).is_ok() {
            self.settle(turn, decision);
        }
        if let Some(slot) = self.state.task.slot().filter(|_| offer) {
            self.queue.write();
            turn.push(Effect::WorkflowTask {
                run: self.id,
                scheduled: slot.scheduled,
                attempt: slot.attempt,
                queue: slot.queue.clone(),
            });
        }
    }

    /// Fails the workflow task that is started, if one is. Stickiness ends, and if there was any the next task is a
    /// first attempt again (W-5).
    fn fail_task(
        &mut self,
        turn: &Turn<'_>,
        cause: WorkflowTaskFailedCause,
        failure: Option<Box<Failure>>,
        identity: SmolStr,
    ) {
        if self.state.task.is_started() {
            self.record_speculative(turn);
        }
        let mut decision = Decision::default();
        let input = TaskInput::Fail { cause, failure, identity };
        if self.state.task.decide(turn.now, input, &mut decision).is_ok() {
            self.settle(turn, decision);
            self.lose_stickiness();
        }
    }

    fn lose_stickiness(&mut self) {
        if self.sticky.is_some() {
            self.sticky = None;
            self.state.note(Note::Task(TaskNote::FirstAttempt));
        }
    }

    /// Where the next workflow task waits (W-9).
    fn task_queue(&self) -> TaskQueue {
        match &self.sticky {
            Some(sticky) => sticky.queue.clone(),
            None => TaskQueue::normal(self.state.view.task_queue.clone()),
        }
    }
}

/// What a transient attempt is given beyond the timeout: from the fourth on 5 s, doubled each time, at most 10 min
/// (W-6). The server adds jitter.
fn task_backoff(attempt: u32) -> Duration {
    match attempt.checked_sub(4) {
        Some(doublings) => {
            let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
            Duration::from_secs(5).saturating_mul(factor).min(Duration::from_secs(600))
        }
        None => Duration::ZERO,
    }
}
