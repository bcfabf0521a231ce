//! Cancellation points: where they are, of which kind, and what is done there.

use rehearsal_history::{EventId, SmolStr, Status};
use rehearsal_service::{Across, PendingState, RunRef, Target, TaskState};

use super::{Entry, Next, World};
use crate::choice::{ChoiceKey, ChoiceKind, Injection, Options, StepName};
use crate::record::{Place, Point};

impl World {
    /// Asks at which of the executions a cancel strikes here, the first one first, and cancels it there. `next` is the index
    /// of what is about to happen, or `None` at rest.
    pub(super) fn points(&mut self, next: Option<usize>) -> Injection {
        self.executions.asked.clear();
        // Behind a rest the client script may go on.
        if next.is_none() {
            self.executions.stir();
        }
        let injection = self.point(next);
        if injection != Injection::None {
            return injection;
        }
        let mut others = self.others_to_ask(next).into_iter();
        while let Some(execution) = others.next() {
            let injection = self.point_of(execution, next);
            if injection != Injection::None {
                others.for_each(|other| self.executions.touch(other));
                return injection;
            }
        }
        Injection::None
    }

    /// Asks whether the first execution is canceled here, and cancels it if so: the run of its chain that is the last
    /// now.
    pub(super) fn point(&mut self, next: Option<usize>) -> Injection {
        let Some((main, run)) = self.main_run() else { return Injection::None };
        let alike = self.is_alike(0, main, next);
        let next = self.next_of(next);
        let requested = self.cancel_requested();
        let point = self.point_at(main, run, requested, next, next);
        if let Some(last) = self.record.points.last_mut().filter(|_| alike) {
            last.alike = true;
        }
        self.record.points.push(point);
        let injection = Injection::of(self.ask(ChoiceKind::Cancel, 3));
        if injection != Injection::None {
            self.watch_cancel();
            self.inject_cancel(main);
            self.note_step(Some(StepName::cancel_of(0)));
        }
        injection
    }

    /// Whether a cancel of the first execution was accepted, by whichever run of its chain.
    pub(super) const fn cancel_requested(&self) -> bool {
        self.main_canceled
    }

    /// The same of another execution.
    fn point_of(&mut self, execution: u32, next: Option<usize>) -> Injection {
        let Some((last, run)) = self.executions.last(execution) else { return Injection::None };
        let alike = self.is_alike(execution, last, next);
        let next = self.next_of(next);
        let own = next.filter(|next| self.is_about(*next, execution));
        let requested = self.service.run(last).cancel_requested;
        let point = self.point_at(last, run, requested, own, next);
        let had_task = self.service.workflow_task(last) != TaskState::None;
        self.executions.asked.insert(execution, had_task);
        let points = self.record.others.entry(execution).or_default();
        if let Some(last) = points.last_mut().filter(|_| alike) {
            last.alike = true;
        }
        points.push(point);
        let nth = self.executions.next_point(execution);
        let key = ChoiceKey { kind: ChoiceKind::Cancel, execution, nth };
        let answer = self.asked.answer(self.chooser.as_mut(), key, Options::alike(3));
        let injection = Injection::of(answer);
        if injection != Injection::None {
            self.watch_cancel();
            self.inject_cancel(last);
            self.note_step(Some(StepName::cancel_of(execution)));
        }
        injection
    }

    pub(super) fn next_of(&self, index: Option<usize>) -> Option<Next<'_>> {
        index.map(|index| self.agenda.get_due(index).map_or(Next::Elapsed, Next::Entry))
    }

    /// The point of a run, `next` of which is its own.
    fn point_at(
        &self,
        of: RunRef,
        run: u32,
        requested: bool,
        own: Option<Next<'_>>,
        next: Option<Next<'_>>,
    ) -> Point {
        Point {
            at: self.elapsed(),
            run,
            place: self.place(of, requested, own),
            before: name(next),
            joins: false,
            after_event: EventId(self.service.history(of).len() as u64),
            alike: false,
        }
    }

    /// Whether a cancel at the last point of an execution comes to the same as one now. Before the clock moves it does not.
    fn is_alike(&mut self, execution: u32, last: RunRef, next: Option<usize>) -> bool {
        let runs = matches!(self.service.workflow_task(last), TaskState::Started { .. });
        self.executions.is_undisturbed(execution, runs && next.is_some())
    }

    /// Requests the cancel by workflow id alone, as a client that knows no run id does (C-1).
    pub(super) fn inject_cancel(&mut self, run: RunRef) {
        let target = Target::current(self.service.run(run).workflow_id.clone());
        if let Err(error) = self.request_cancel(target, SmolStr::default(), "rehearsal".into()) {
            self.bug(&format!("a cancel of the workflow was refused: {error}"));
        }
        self.moved = true;
    }

    /// What kind of point it is.
    fn place(&self, main: RunRef, requested: bool, next: Option<Next<'_>>) -> Place {
        if self.service.run(main).status != Status::Running {
            return Place::AfterClose;
        }
        if requested {
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

    /// Notes at the last point of each execution that was asked about before this step that it made a workflow task
    /// necessary.
    pub(super) fn note_joints(&mut self, had_task: bool) {
        self.note_joint(had_task);
        for (execution, had_task) in core::mem::take(&mut self.executions.asked) {
            let Some((last, _)) = self.executions.last(execution) else { continue };
            let open = self.service.run(last).status == Status::Running;
            let waits = self.service.workflow_task(last) != TaskState::None;
            let point = self.record.others.get_mut(&execution).and_then(|of| of.last_mut());
            if let Some(point) = point.filter(|_| !had_task && open && waits) {
                point.joins = true;
            }
        }
    }

    fn note_joint(&mut self, had_task: bool) {
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
            Entry::HostBack(_) => "a worker polls again",
            Entry::LateSignal(_) => "a signal comes late",
            Entry::HostGivesUp(_) => "a worker waits for its activities no longer",
            Entry::WorkflowTask { .. } => "a worker takes a workflow task",
            Entry::Activate { .. } => "workflow code runs",
            Entry::Respond { .. } => "a workflow task is answered",
            Entry::Query { .. } => "a worker answers a query",
            Entry::QueryLeaves { .. } => "a query waits no longer for a worker",
            Entry::QueryAgain(_) => "a query is asked again",
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
