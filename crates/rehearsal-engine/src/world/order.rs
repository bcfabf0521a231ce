//! The order of what is due at the same time, and when deadlines go off: asked for, and noted where it is not calm.

use rehearsal_history::{EventId, EventKind, SmolStr, TimeoutType, Timestamp};
use rehearsal_service::{DeadlineOf, Input, RunRef};
use smol_str::format_smolstr;

use super::points::name;
use super::watch::step_name;
use super::{Entry, Next, World};
use crate::choice::{Choice, ChoiceKind, Options};
use crate::executor::AttemptKey;
use crate::record::{Due, Order, Shift};

impl World {
    /// Asks which of `count` things happens next.
    pub(super) fn choose_next(&mut self, count: usize) -> usize {
        if count < 2 {
            return 0;
        }
        let nth = self.asked.count.get(&ChoiceKind::Next).copied().unwrap_or_default();
        let elapsed = Choice { actor: 0, touches: 0, step: None };
        let (agenda, service) = (&self.agenda, &self.service);
        let watched = self.watch.is_some();
        let named = |entry: &Entry| {
            let step = watched.then(|| step_name(service, entry)).flatten();
            Choice { step, ..entry.choice() }
        };
        let option = |index| agenda.get_due(index).map_or(elapsed, named);
        let options = Options::new(count, &option);
        let index = self.asked.ask(self.chooser.as_mut(), ChoiceKind::Next, options);
        if index == 0 {
            return 0;
        }
        let order = Order { nth, first: self.due(index), calm: self.due(0) };
        self.record.orders.push(order);
        index
    }

    /// Asks when a deadline goes off that depends on when the server reads its queues: it goes off at `calm`, or else on
    /// time, in the middle, or as late as can be.
    pub(super) fn choose_deadline(
        &mut self,
        run: RunRef,
        armed: u64,
        calm: Timestamp,
        [soonest, latest]: [Timestamp; 2],
    ) {
        let middle = soonest + latest.since(soonest) / 2;
        let others = [soonest, middle, latest].into_iter().filter(|other| *other != calm);
        let others: Vec<Timestamp> = others.collect();
        let nth = self.asked.count.get(&ChoiceKind::Late).copied().unwrap_or_default();
        let answer = self.ask(ChoiceKind::Late, others.len() + 1);
        let Some(&at) = answer.checked_sub(1).and_then(|other| others.get(other)) else { return };
        let since = |time: Timestamp| time.since(self.record.began);
        let shift = Shift { nth, at: since(at), calm: since(calm) };
        self.record.shifts.push(shift);
        if let Err(error) = self.call(Input::Shift { run, armed, at }) {
            self.bug(&format!("the service refused to move a deadline: {error}"));
        }
    }

    /// What is due, by its index among all that is.
    fn due(&self, index: usize) -> Due {
        let next = self.agenda.get_due(index).map_or(Next::Elapsed, Next::Entry);
        let what = name(Some(next));
        let Next::Entry(entry) = next else { return self.deadline() };
        let (who, workflow_id) = match entry {
            Entry::LateSignal(late) => (None, Some(late.signal.target.workflow_id.clone())),
            Entry::HostStarts(host)
            | Entry::HostEnds(host)
            | Entry::HostBack(host)
            | Entry::HostGivesUp(host)
            | Entry::LocalDue { host, .. } => (Some(self.hosts[*host].identity.clone()), None),
            Entry::Query { query, .. }
            | Entry::QueryLeaves { query, .. }
            | Entry::QueryAgain(query) => (None, Some(self.workflow_id(query.run))),
            Entry::WorkflowTask { task, .. } => (None, Some(self.workflow_id(task.run))),
            Entry::Activate { delivery, .. } => (None, Some(delivery.token.workflow_id.clone())),
            Entry::Respond { response, .. } => (None, Some(response.token.workflow_id.clone())),
            Entry::ActivityTask { task, .. } => {
                (self.activity_type(task.run, task.scheduled), Some(self.workflow_id(task.run)))
            }
            Entry::Poll(key)
            | Entry::Deadline(key)
            | Entry::Silence { key, .. }
            | Entry::Throttle(key)
            | Entry::Heartbeat { key, .. }
            | Entry::Request { key, .. }
            | Entry::Report(key)
            | Entry::LocalTold(key) => self.attempt(*key),
            Entry::Transfer { run, .. } => (None, Some(self.workflow_id(*run))),
        };
        Due { what, who, workflow_id }
    }

    /// The deadline of the service that comes next.
    fn deadline(&self) -> Due {
        let run = self.service.next_to_elapse();
        let activity = |scheduled| self.activity_type(run?, scheduled);
        let (what, who) = match self.service.next_deadline() {
            None => (name(Some(Next::Elapsed)), None),
            Some(DeadlineOf::FirstTask) => ("a delayed start begins", None),
            Some(DeadlineOf::Run) => ("the time of a run is over", None),
            Some(DeadlineOf::FastForward) => ("a fast-forward is over", None),
            Some(DeadlineOf::WorkflowTask) => ("a workflow task times out", None),
            Some(DeadlineOf::WaitingTask) => ("a workflow task leaves its queue", None),
            Some(DeadlineOf::Timer { id }) => ("a timer fires", Some(format_smolstr!("id {id}"))),
            Some(DeadlineOf::Activity { scheduled, timeout }) => {
                (timeout_passes(&timeout), activity(scheduled))
            }
            Some(DeadlineOf::Heartbeats) => ("the service looks for heartbeats", None),
            Some(DeadlineOf::Retry { scheduled }) => {
                ("an activity is tried again", activity(scheduled))
            }
        };
        Due { what, who, workflow_id: run.map(|run| self.workflow_id(run)) }
    }

    fn workflow_id(&self, run: RunRef) -> SmolStr {
        self.service.run(run).workflow_id.clone()
    }

    fn activity_type(&self, run: RunRef, scheduled: EventId) -> Option<SmolStr> {
        let event = self.service.history(run).iter().find(|event| event.id == scheduled)?;
        match &event.kind {
            EventKind::ActivityTaskScheduled(scheduled) => {
                Some(scheduled.activity_type.name.clone())
            }
            _ => None,
        }
    }

    /// The activity of an attempt, and its workflow.
    fn attempt(&self, key: AttemptKey) -> (Option<SmolStr>, Option<SmolStr>) {
        let info = self.executor.info(key);
        (info.map(|info| info.activity_type.clone()), info.map(|info| info.workflow_id.clone()))
    }
}

/// What happens when this timeout of an activity passes.
const fn timeout_passes(timeout: &TimeoutType) -> &'static str {
    match timeout {
        TimeoutType::ScheduleToStart => "an activity has waited too long for a worker",
        TimeoutType::ScheduleToClose => "the time of an activity is over",
        TimeoutType::StartToClose => "an attempt times out",
        TimeoutType::Heartbeat => "a heartbeat is missing",
        _ => "a timeout passes",
    }
}
