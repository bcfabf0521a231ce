//! What steps touch, for a chooser that wants to know which of them commute.
//!
//! Whatever is not named here touches everything: a new kind of entry is safe until somebody has proved what it touches.
//! What two steps may share although they touch different runs, attempts and slots are the numbers of requests, which are
//! in no line of a history, the order of the record, and the agenda, which offers what is due in any order.

use std::collections::BTreeSet;

use rehearsal_service::{RunRef, Service};

use super::{Entry, Next, World};
use crate::choice::{Step, StepName, Touched};
use crate::executor::AttemptKey;

/// What is kept of the step that goes on, and of the one before that the chooser has not been told of.
#[derive(Debug, Default)]
pub(super) struct Watch {
    touched: BTreeSet<Touched>,
    step: Option<Step>,
}

impl World {
    /// The step that goes on touches this.
    pub(super) fn touch(&mut self, what: Touched) {
        if let Some(watch) = &mut self.watch {
            watch.touched.insert(what);
        }
    }

    pub(super) fn touch_run(&mut self, run: RunRef) {
        self.touch(Touched::Run(run.index()));
    }

    /// It comes to nothing: what was due is due as before.
    pub(super) fn touch_nothing(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.touched.clear();
        }
    }

    /// It touches the slots for activities, if any worker has a number of them.
    pub(super) fn touch_slots(&mut self) {
        if self.watch.is_some() && self.hosts.iter().any(|host| host.spec.activity_slots.is_some())
        {
            self.touch(Touched::Slots);
        }
    }

    /// Which task it is may make it slow: then the order of all of them counts.
    pub(super) fn touch_holds(&mut self) {
        if !self.scenario.holds.is_empty() || !self.scenario.holds_of.is_empty() {
            self.touch(Touched::Everything);
        }
    }

    /// Tells the chooser of the last step. Returns whether it wants the run to go on.
    pub(super) fn tell_chooser(&mut self) -> bool {
        let Some(watch) = &mut self.watch else { return true };
        if let Some(step) = watch.step.take() {
            self.chooser.stepped(&step);
        }
        !self.chooser.is_over()
    }

    /// Whoever acts now is none of the choices: the client, or the clock. Nothing commutes with that, nor with the step
    /// that it follows on.
    pub(super) fn bound(&mut self) {
        if let Some(watch) = &mut self.watch {
            let step = watch.step.get_or_insert_with(Step::unknown);
            step.touched.insert(Touched::Everything);
        }
    }

    /// A step begins. Returns its name.
    pub(super) fn watch_step(&mut self, index: usize) -> Option<StepName> {
        self.watch.as_ref()?;
        let _goes_on = self.tell_chooser();
        let next = self.next_of(Some(index))?;
        let (name, touches) = match next {
            Next::Elapsed => (None, vec![Touched::Everything]),
            Next::Entry(entry) => (step_name(&self.service, entry), self.named_touches(entry)),
        };
        let watch = self.watch.as_mut()?;
        watch.touched = touches.into_iter().collect();
        let all = self.surroundings.is_some() || self.scenario.has_deployment();
        if all {
            self.touch(Touched::Everything);
        }
        name
    }

    /// A cancel begins.
    pub(super) fn watch_cancel(&mut self) {
        if self.watch.is_some() {
            let _goes_on = self.tell_chooser();
            if let Some(watch) = &mut self.watch {
                watch.touched.clear();
            }
        }
    }

    /// A step has ended, or a cancel.
    pub(super) fn note_step(&mut self, name: Option<StepName>) {
        if self.stopped {
            self.touch(Touched::Everything);
        }
        if let Some(watch) = &mut self.watch {
            let touched = core::mem::take(&mut watch.touched);
            watch.step = Some(Step { name, touched });
        }
    }

    /// What an entry touches that no request to the service tells: the runs that these touch are noted as they do.
    fn named_touches(&self, entry: &Entry) -> Vec<Touched> {
        let of_run = |run: Option<RunRef>| {
            let caches = self.hosts.iter().any(|host| host.spec.cache.is_some());
            let run = run.map_or(Touched::Everything, |run| Touched::Run(run.index()));
            [Some(run), caches.then_some(Touched::Caches)].into_iter().flatten().collect()
        };
        let of_attempt = |key: &AttemptKey, more: Option<Touched>| {
            let is_local = self.executor.info(*key).is_none_or(|info| info.is_local);
            let local = is_local.then_some(Touched::Everything);
            let attempt = Some(Touched::Attempt(key.number()));
            [attempt, more, local].into_iter().flatten().collect()
        };
        match entry {
            Entry::WorkflowTask { task, .. } => of_run(Some(task.run)),
            Entry::Activate { delivery, .. } => {
                let token = &delivery.token;
                of_run(self.service.run_by_id(&token.workflow_id, &token.run_id))
            }
            Entry::Respond { response, .. } => {
                let token = &response.token;
                of_run(self.service.run_by_id(&token.workflow_id, &token.run_id))
            }
            Entry::ActivityTask { task, .. } => {
                vec![Touched::ActivityCode, Touched::Run(task.run.index())]
            }
            Entry::Poll(key) => of_attempt(key, Some(Touched::ActivityCode)),
            Entry::Throttle(key) => of_attempt(key, None),
            Entry::Report(key) | Entry::Heartbeat { key, .. } => {
                let info = self.executor.info(*key);
                let run =
                    info.and_then(|info| self.service.run_by_id(&info.workflow_id, &info.run_id));
                of_attempt(
                    key,
                    Some(run.map_or(Touched::Everything, |run| Touched::Run(run.index()))),
                )
            }
            Entry::HostStarts(_)
            | Entry::HostEnds(_)
            | Entry::HostGivesUp(_)
            | Entry::HostBack(_)
            | Entry::LateSignal(_)
            | Entry::Query { .. }
            | Entry::QueryLeaves { .. }
            | Entry::QueryAgain(_)
            | Entry::Deadline(_)
            | Entry::Silence { .. }
            | Entry::Request { .. }
            | Entry::LocalTold(_)
            | Entry::LocalDue { .. }
            | Entry::Transfer { .. } => vec![Touched::Everything],
        }
    }
}

/// What an entry is called wherever it is met; `None` if that is not sure.
pub(super) fn step_name(service: &Service, entry: &Entry) -> Option<StepName> {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    match entry {
        Entry::WorkflowTask { host, task, .. } => {
            let of = [number(*host), number(task.run.index()), task.scheduled.0];
            Some(StepName::new("take", [of[0], of[1], of[2], task.attempt.into()]))
        }
        Entry::Activate { host, delivery, .. } => {
            let token = &delivery.token;
            let run = service.run_by_id(&token.workflow_id, &token.run_id)?;
            let of = [number(*host), number(run.index()), token.scheduled.0];
            Some(StepName::new("activate", [of[0], of[1], of[2], token.attempt.into()]))
        }
        Entry::Respond { host, response } => {
            let token = &response.token;
            let run = service.run_by_id(&token.workflow_id, &token.run_id)?;
            let of = [number(*host), number(run.index()), token.scheduled.0];
            Some(StepName::new("respond", [of[0], of[1], of[2], token.attempt.into()]))
        }
        Entry::Poll(key) => Some(StepName::new("poll", [key.number(), 0, 0, 0])),
        Entry::Report(key) => Some(StepName::new("report", [key.number(), 0, 0, 0])),
        Entry::HostStarts(_)
        | Entry::HostEnds(_)
        | Entry::HostGivesUp(_)
        | Entry::HostBack(_)
        | Entry::LateSignal(_)
        | Entry::Query { .. }
        | Entry::QueryLeaves { .. }
        | Entry::QueryAgain(_)
        | Entry::ActivityTask { .. }
        | Entry::Deadline(_)
        | Entry::Silence { .. }
        | Entry::Throttle(_)
        | Entry::Heartbeat { .. }
        | Entry::Request { .. }
        | Entry::LocalTold(_)
        | Entry::LocalDue { .. }
        | Entry::Transfer { .. } => None,
    }
}
