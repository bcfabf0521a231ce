//! Cancellation points: where they are, of which kind, and what is done there.

use rehearsal_history::{EventId, SmolStr, Status};
use rehearsal_service::{Across, PendingState, RunRef, Target, TaskState};

use super::{Entry, Next, World};
use crate::choice::{ChoiceKind, Injection};
use crate::record::{Place, Point};

impl World {
    /// Asks whether the first execution is canceled here, and cancels it if so: the run of its chain that is the last
    /// now. `next` is the index of what is about to happen, or `None` at rest.
    pub(super) fn point(&mut self, next: Option<usize>) -> Injection {
        let Some((main, run)) = self.main_run() else { return Injection::None };
        let next = next.map(|index| match self.agenda.get_due(index) {
            Some(entry) => Next::Entry(entry),
            None => Next::Elapsed,
        });
        let point = Point {
            at: self.elapsed(),
            run,
            place: self.place(main, next),
            before: name(next),
            joins: false,
            after_event: EventId(self.service.history(main).len() as u64),
        };
        self.record.points.push(point);
        let injection = Injection::of(self.ask(ChoiceKind::Cancel, 3));
        if injection != Injection::None {
            self.inject_cancel(main);
        }
        injection
    }

    /// Requests the cancel by workflow id alone, as a client that knows no run id does (C-1).
    fn inject_cancel(&mut self, main: RunRef) {
        let target = Target::current(self.service.run(main).workflow_id.clone());
        if let Err(error) = self.request_cancel(target, SmolStr::default(), "rehearsal".into()) {
            self.bug(&format!("a cancel of the workflow was refused: {error}"));
        }
        self.moved = true;
    }

    /// What kind of point it is.
    fn place(&self, main: RunRef, next: Option<Next<'_>>) -> Place {
        if self.service.run(main).status != Status::Running {
            return Place::AfterClose;
        }
        if self.cancel_requested() {
            return Place::SecondRequest;
        }
        match self.service.workflow_task(main) {
            TaskState::Started { .. } => return Place::TaskRunning,
            // It may be that none is scheduled yet (H-17).
            TaskState::Scheduled { .. } | TaskState::None if !self.begun.contains(&main) => {
                return Place::BeforeFirstTask;
            }
            TaskState::Scheduled { .. } => return Place::WithJobAfter,
            TaskState::None => {}
        }
        match next {
            Some(Next::Entry(Entry::Poll(_))) => return Place::ActivityWaking,
            Some(Next::Entry(Entry::Report(_))) => return Place::ActivityCompleting,
            Some(_) | None => {}
        }
        let is = |state| self.service.has_activity(main, state);
        if is(PendingState::Heartbeating) {
            Place::ActivityHeartbeating
        } else if is(PendingState::Backoff) {
            Place::ActivityBackoff
        } else if is(PendingState::Scheduled) {
            Place::ActivityScheduled
        } else if is(PendingState::Started) {
            Place::ActivityStarted
        } else {
            Place::BetweenSteps
        }
    }

    /// Whether a workflow task of the first execution is pending.
    pub(super) fn has_workflow_task(&mut self) -> bool {
        let main = self.main_run();
        main.is_some_and(|(main, _)| self.service.workflow_task(main) != TaskState::None)
    }

    /// Notes at the last point that the step after it made a workflow task necessary.
    pub(super) fn note_joint(&mut self, had_task: bool) {
        let Some((main, _)) = self.main_run() else { return };
        let open = self.service.run(main).status == Status::Running;
        let needs = !had_task && open && self.has_workflow_task();
        if needs && let Some(point) = self.record.points.last_mut() {
            point.joins = true;
        }
    }
}

/// What is about to happen, in a word.
pub(super) const fn name(next: Option<Next<'_>>) -> &'static str {
    match next {
        None => "nothing for a while",
        Some(Next::Elapsed) => "a deadline passes",
        Some(Next::Entry(entry)) => match entry {
            Entry::HostStarts(_) => "a worker starts",
            Entry::HostEnds(_) => "a worker ends",
            Entry::HostGivesUp(_) => "a worker waits for its activities no longer",
            Entry::WorkflowTask { .. } => "a worker takes a workflow task",
            Entry::Activate { .. } => "workflow code runs",
            Entry::Respond { .. } => "a workflow task is answered",
            Entry::Query { .. } => "a worker answers a query",
            Entry::ActivityTask { .. } => "a worker takes an activity task",
            Entry::Poll(_) => "activity code runs",
            Entry::Deadline(_) | Entry::Silence { .. } => "an activity's own deadline passes",
            Entry::LocalTold(_) => "a local activity is given up",
            Entry::LocalDue { .. } => "a worker goes on with a local activity",
            Entry::Throttle(_) => "a held heartbeat may go",
            Entry::Heartbeat { .. } => "a heartbeat is sent",
            Entry::Request { .. } => "an activity asks something of the service",
            Entry::Report(_) => "an activity's end is reported",
            Entry::Transfer { across, .. } => match across {
                Across::StartChild { .. } => "a child is started",
                Across::SignalExternal { .. } => "a signal reaches another workflow",
                Across::CancelExternal { .. } => "a cancel reaches another workflow",
                Across::Close => "the close of a workflow is told",
            },
        },
    }
}
