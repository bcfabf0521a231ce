//! What the contexts, futures and routines of one run share.
//!
//! Futures of this crate never wake anything: they look here each time they are polled. [`State::progress`] counts
//! whatever may have changed what another routine sees; the routines are polled until it stands still.

mod cancel;
mod child;
mod external;
mod local;
mod signal;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use rehearsal_activation::wake::short_path;
use rehearsal_activation::{
    Activation, ActivityResolution, Asked, Awaited, Dropped, Initialize, Misread, MissingFlags,
    ScheduleActivity, Seq, StartTimer, WorkflowCommand,
};
use rehearsal_history::{EventId, Payload, Payloads, SmolStr, Timestamp};
use serde::de::DeserializeOwned;

use self::local::Locals;
use crate::blocked::Blocked;
use crate::chain::Chain;
use crate::child::Child;
use crate::codec;
use crate::error::WorkflowError;
use crate::info::Info;
use crate::marker::Markers;
use crate::operation::{Kind, Operation, Outcome, Waiting};
use crate::properties::Properties;
use crate::query::QueryHandlers;
use crate::random::Random;
use crate::scope::{ScopeId, Scopes};
use crate::update::Updates;

/// The state of one run, shared by all that belongs to it.
pub(crate) type Shared = Rc<RefCell<State>>;

/// A signal that waits to be read.
#[derive(Debug)]
pub(crate) struct Queued {
    /// What it carries.
    pub(crate) input: Option<Payloads>,
    /// The event that recorded it.
    event: EventId,
    /// Whether workflow code has looked whether it is there, as what it is.
    noticed: Cell<bool>,
    /// Why it is not what workflow code has looked for.
    misfit: RefCell<Option<String>>,
}

impl Queued {
    /// Its value, for whoever looks at it and leaves it where it is.
    fn look<T: DeserializeOwned>(&self) -> Option<T> {
        match codec::decode(self.input.as_ref()) {
            Ok(value) => {
                self.noticed.set(true);
                Some(value)
            }
            Err(why) => {
                self.misfit.replace(Some(why));
                None
            }
        }
    }
}

/// What workflow code has asked for, and where.
pub(crate) type Places = BTreeSet<(Asked, &'static Location<'static>)>;

/// A routine: the main one or one that was spawned.
pub(crate) type Routine = Pin<Box<dyn Future<Output = ()>>>;

/// How often workflow code may get any further within one activation. Code that never waits for anything would reach
/// it; Go's detector of deadlocks has a second of real time instead.
const STEPS: u32 = 100_000;

pub(crate) struct State {
    pub(crate) info: Info,
    pub(crate) chain: Chain,
    pub(crate) now: Timestamp,
    pub(crate) replaying: bool,
    pub(crate) random: Random,
    pub(crate) scopes: Scopes,
    /// Routines that the executor has not adopted yet.
    pub(crate) spawned: Vec<Routine>,
    /// How the main routine ended.
    pub(crate) result: Option<Outcome>,
    /// Whether the run is over for this instance: nothing more is asked for.
    pub(crate) over: bool,
    /// Rises whenever something changed that a routine may look at.
    pub(crate) progress: u64,
    /// How many futures of ours were polled and are pending, in the routine that is polled now.
    pub(crate) leaves: u32,
    /// Who answers queries.
    pub(crate) queries: QueryHandlers,
    /// Who takes updates.
    pub(crate) updates: Updates,
    /// Routines of updates that the executor has not adopted yet: they are polled before those that are there.
    pub(crate) spawned_first: Vec<Routine>,
    /// Why nothing may be asked for now, if so.
    pub(crate) forbidden: Option<&'static str>,
    /// The operation that ended last.
    pub(crate) last_completed: Option<Rc<Operation>>,
    /// Who waits for signals, and which selectors wait for what.
    pub(crate) blocked: Blocked,
    /// The rules that hold as they were when the task was recorded.
    pub(crate) missing_flags: MissingFlags,
    /// How many channels workflow code has made.
    pub(crate) channels: u32,
    /// Where workflow code used its context last.
    pub(crate) seen: Option<&'static Location<'static>>,
    /// What the run can be searched by, and its notes.
    pub(crate) properties: Properties,
    /// What the run notes for itself.
    pub(crate) markers: Markers,
    /// Why workflow code cannot do in replay what is recorded, if that made it panic.
    pub(crate) illegal: Option<String>,
    commands: Vec<WorkflowCommand>,
    steps: u32,
    /// Where workflow code used its context last when each ticket was given out; the first is 1.
    tickets: Vec<Option<&'static Location<'static>>>,
    activities: u32,
    timers: u32,
    children: u32,
    external_signals: u32,
    external_cancels: u32,
    pending_activities: BTreeMap<Seq, Rc<Operation>>,
    pending_timers: BTreeMap<Seq, Rc<Operation>>,
    pending_children: BTreeMap<Seq, Rc<Child>>,
    pending_signals: BTreeMap<Seq, Rc<Operation>>,
    pending_cancels: BTreeMap<Seq, Rc<Operation>>,
    locals: Locals,
    /// Ids that workflow code chose for children that have not ended.
    child_ids: BTreeMap<SmolStr, Seq>,
    signals: BTreeMap<SmolStr, VecDeque<Queued>>,
    /// The names that workflow code has asked for.
    listened: BTreeSet<SmolStr>,
    /// The signals that were no such value as workflow code takes.
    dropped: Vec<Dropped>,
    /// What workflow code has asked for, and where.
    pub(crate) asked: Places,
    /// The results that workflow code could not read.
    pub(crate) misread: BTreeSet<Misread>,
    /// What was polled and is pending in the pass that is under way or was the last, by ticket.
    waiting: BTreeMap<u64, Waiting>,
}

impl State {
    /// The state of a run at its start.
    pub(crate) fn new(initialize: &Initialize, now: Timestamp) -> Self {
        Self {
            info: Info::new(initialize),
            chain: Chain::of(initialize),
            now,
            replaying: false,
            random: Random::of_run(&initialize.run_id),
            scopes: Scopes::new(),
            spawned: Vec::new(),
            result: None,
            over: false,
            progress: 0,
            leaves: 0,
            queries: QueryHandlers::default(),
            updates: Updates::default(),
            spawned_first: Vec::new(),
            forbidden: None,
            last_completed: None,
            blocked: Blocked::default(),
            missing_flags: MissingFlags::default(),
            channels: 0,
            seen: None,
            properties: Properties::new(initialize),
            markers: Markers::default(),
            illegal: None,
            commands: Vec::new(),
            steps: 0,
            tickets: Vec::new(),
            activities: 0,
            timers: 0,
            children: 0,
            external_signals: 0,
            external_cancels: 0,
            pending_activities: BTreeMap::new(),
            pending_timers: BTreeMap::new(),
            pending_children: BTreeMap::new(),
            pending_signals: BTreeMap::new(),
            pending_cancels: BTreeMap::new(),
            locals: Locals::default(),
            child_ids: BTreeMap::new(),
            signals: BTreeMap::new(),
            listened: BTreeSet::new(),
            dropped: Vec::new(),
            asked: Places::new(),
            misread: BTreeSet::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// A new activation begins.
    pub(crate) fn begin(&mut self, activation: &Activation) {
        self.now = activation.time;
        self.replaying = activation.replaying;
        self.missing_flags = activation.missing_flags;
        self.info.begin(activation);
        self.steps = 0;
        self.markers.begin(activation.started);
    }

    /// The commands since the last call.
    pub(crate) fn take_commands(&mut self) -> Vec<WorkflowCommand> {
        if self.blocked.take_selector_received() {
            self.commands.push(WorkflowCommand::SelectorReceived);
        }
        if std::mem::take(&mut self.updates.touched) {
            self.commands.push(WorkflowCommand::UpdateHandling);
        }
        std::mem::take(&mut self.commands)
    }

    /// Whether what is asked for now is recorded.
    pub(crate) const fn is_recorded(&self) -> bool {
        self.replaying || self.markers.recorded
    }

    /// Asks for something that never ends, as it is only noted.
    pub(crate) fn push(&mut self, command: WorkflowCommand) {
        self.commands.push(command);
    }

    /// The place of the next thing that is asked for.
    pub(crate) fn ticket(&mut self) -> u64 {
        self.tickets.push(self.seen);
        self.tickets.len() as u64
    }

    /// Workflow code got further.
    ///
    /// # Panics
    ///
    /// Panics when it got further [`STEPS`] times without an end, with the text that Go's detector of deadlocks has; and
    /// where it may ask for nothing, as Go does (`assertNotInReadOnlyState`, `internal/internal_workflow.go`).
    pub(crate) fn advance(&mut self) {
        match self.forbidden {
            // Not again while a panic drops what the code holds.
            Some(why) if !std::thread::panicking() => panic!("{why}"),
            _ => {}
        }
        self.progress += 1;
        self.steps += 1;
        // Not again while the first panic drops the locals of workflow code: their destructors may come here.
        assert!(
            self.steps <= STEPS || std::thread::panicking(),
            "[TMPRL1101] Potential deadlock detected: workflow code went on for over {STEPS} steps without waiting",
        );
    }

    /// Asks for this.
    pub(crate) fn ask(&mut self, command: WorkflowCommand) {
        self.advance();
        self.commands.push(command);
    }

    /// Asks for further routines that are polled before all others.
    pub(crate) fn spawn_first(&mut self, routines: Vec<Routine>) {
        if !routines.is_empty() && !self.over {
            self.advance();
            self.spawned_first.extend(routines);
        }
    }

    /// A future of ours was polled and is pending.
    pub(crate) fn wait(&mut self, ticket: u64, waiting: impl FnOnce() -> Waiting) {
        self.leaves += 1;
        self.waiting.entry(ticket).or_insert_with(waiting);
    }

    /// A pass over the routines begins.
    pub(crate) fn begin_pass(&mut self) {
        self.waiting.clear();
    }

    /// What the routines wait for, in the order in which it was asked for.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        let place =
            |ticket: u64| *self.tickets.get(usize::try_from(ticket).ok()?.checked_sub(1)?)?;
        self.waiting.iter().map(|(ticket, waiting)| waiting.awaited(place(*ticket))).collect()
    }

    /// What the routines wait for, and what else was asked for and has not ended, in that order.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let mut lines = self.waiting.clone();
        let children = self.pending_children.values().flat_map(|child| [&child.start, &child.end]);
        let pending = self.pending_activities.values().chain(self.pending_timers.values());
        let pending = pending.chain(children.filter(|operation| !operation.is_ready()));
        let pending = pending.chain(self.pending_signals.values());
        let pending = pending.chain(self.locals.pending.values().map(|(_, whole)| whole));
        for operation in pending.chain(self.pending_cancels.values()) {
            lines.insert(operation.ticket, Waiting::Operation(Rc::clone(operation)));
        }
        lines.values().map(ToString::to_string).collect()
    }

    /// Where workflow code used its context last, as file and line.
    pub(crate) fn seen_at(&self) -> Option<String> {
        self.seen.map(|place| short_path(&place.to_string()).to_owned())
    }

    /// Asks for a further routine.
    pub(crate) fn spawn(&mut self, routine: Routine) {
        self.advance();
        // Destructors may come here when all is over. What they spawn would keep the state alive that keeps it.
        if !self.over {
            self.spawned.push(routine);
        }
    }

    /// Asks for an activity; its number is filled in. If the scope is canceled its cancel follows at once
    /// (C-35).
    pub(crate) fn schedule(
        &mut self,
        scope: ScopeId,
        wait_for_cancellation: bool,
        activity: ScheduleActivity,
    ) -> Rc<Operation> {
        self.advance();
        self.activities += 1;
        let seq = Seq(self.activities);
        self.note_asked(Asked::Activity(activity.activity_type.clone()));
        let kind = Kind::Activity { name: activity.activity_type.clone(), wait_for_cancellation };
        let operation = Rc::new(Operation::new(self.ticket(), scope, seq, kind));
        self.commands.push(WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
            seq,
            ..activity
        })));
        self.pending_activities.insert(seq, Rc::clone(&operation));
        self.bind(&operation);
        operation
    }

    /// Asks for a timer. One of no length is over at once and never asked for; in a scope that is canceled the cancel
    /// follows at once (C-39).
    pub(crate) fn start_timer(
        &mut self,
        scope: ScopeId,
        after: Duration,
        summary: Option<&'static str>,
    ) -> Rc<Operation> {
        self.advance();
        if after.is_zero() {
            let operation = Operation::new(self.ticket(), scope, Seq(0), Kind::Timer { after });
            operation.end(Ok(None));
            return Rc::new(operation);
        }
        self.note_asked(Asked::Timer { after, summary: summary.map(SmolStr::new_static) });
        self.timers += 1;
        let seq = Seq(self.timers);
        let operation = Rc::new(Operation::new(self.ticket(), scope, seq, Kind::Timer { after }));
        let summary = summary.map(Payload::text);
        self.commands.push(WorkflowCommand::StartTimer(StartTimer { seq, after, summary }));
        self.pending_timers.insert(seq, Rc::clone(&operation));
        self.bind(&operation);
        operation
    }

    fn end(&mut self, operation: &Rc<Operation>, outcome: Outcome) {
        if operation.end(outcome) {
            self.progress += 1;
            self.scopes.release(operation);
            self.blocked.ended(operation.ticket);
            let seq = &operation.seq;
            match operation.kind {
                Kind::Activity { .. } => drop(self.pending_activities.remove(seq)),
                Kind::Timer { .. } => drop(self.pending_timers.remove(seq)),
                Kind::LocalAttempts { .. } => drop(self.locals.pending.remove(seq)),
                // Its child is there until that ends.
                Kind::ChildStart(_) | Kind::Local { .. } => {}
                Kind::Child(ref name) => {
                    self.pending_children.remove(seq);
                    let id = name.workflow_id.get();
                    if id.is_some_and(|id| self.child_ids.get(id) == Some(seq)) {
                        id.and_then(|id| self.child_ids.remove(id));
                    }
                }
                Kind::Signal { .. } => drop(self.pending_signals.remove(seq)),
                Kind::Cancel { .. } => drop(self.pending_cancels.remove(seq)),
            }
            self.last_completed = Some(Rc::clone(operation));
        }
    }

    /// An activity ended on the server. Ignored if it ended for the workflow before (C-18); an error if it was never
    /// asked for.
    pub(crate) fn resolve_activity(
        &mut self,
        seq: Seq,
        resolution: ActivityResolution,
    ) -> Result<(), String> {
        if let Some(operation) = self.pending_activities.get(&seq).cloned() {
            let outcome = match resolution {
                ActivityResolution::Completed(result) => Ok(result),
                ActivityResolution::Failed(failure) | ActivityResolution::Canceled(failure) => {
                    Err(WorkflowError::from(failure))
                }
            };
            self.end(&operation, outcome);
            return Ok(());
        }
        asked_for(seq, self.activities)
            .ok_or_else(|| format!("activity {seq} ended, which was never scheduled"))
    }

    /// A timer's time is up. Ignored if it was canceled before (C-18); an error if it was never asked for.
    pub(crate) fn fire_timer(&mut self, seq: Seq) -> Result<(), String> {
        if let Some(operation) = self.pending_timers.get(&seq).cloned() {
            self.end(&operation, Ok(None));
            return Ok(());
        }
        asked_for(seq, self.timers)
            .ok_or_else(|| format!("timer {seq} fired, which was never started"))
    }
}

/// Whether a number was given out.
fn asked_for(seq: Seq, given: u32) -> Option<()> {
    (1..=given).contains(&seq.0).then_some(())
}
