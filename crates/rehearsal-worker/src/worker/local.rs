//! Tasks that wait for local activities (C-45, W-18).

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_activation::{Query, TaskDelivery};
use rehearsal_history::EventId;

use super::{Run, Step, Work, Worker, WorkerOutput};
use crate::local::{LocalEvent, LocalKey, LocalRequest, LocalWhat};
use crate::profile::Profile;

impl Worker {
    /// The live task waits for local activities, up to its heartbeat: at 0.8 of its timeout
    /// (`ratioToForceCompleteWorkflowTaskComplete`; `WFT_HEARTBEAT_TIMEOUT_FRACTION` of core).
    pub(super) fn wait(&mut self, run: Box<Run>, mut work: Work, out: &mut Vec<WorkerOutput>) {
        // What differs is noticed before that.
        if let Some(late) = work.late.take() {
            return self.halt(&work.token, *late, out);
        }
        if let Some(query) = work.direct.take() {
            return self.ask_over_waits(run, work, query, out);
        }
        if self.options.profile == Profile::Core && !work.queries.is_empty() {
            // Core answers what rides on a task before it waits, and asks for the next task
            // (`_check_more_activations` and `process_completion` in `managed_run.rs`).
            return self.beat(run, work, out);
        }
        work.waits = true;
        if !core::mem::replace(&mut work.beats, true) {
            let key = heartbeat_key(&run, &work);
            let due = self.now.saturating_add(run.session.task_timeout().saturating_mul(4) / 5);
            out.push(WorkerOutput::Local(LocalRequest::Wake { key, due }));
        }
        self.keep(run, work);
    }

    /// Whether the run is in the cache and waits for local activities: in the task that it has, or beyond its last one, which
    /// was answered with a heartbeat.
    #[must_use]
    pub fn waits_on(&self, run_id: &str) -> bool {
        let run = self.cache.get(run_id);
        run.is_some_and(|run| run.work.as_ref().map_or(run.beaten, |work| work.waits))
    }

    /// A delivery without what the run that it is for has seen. Core goes on with a run that it has where it is given the
    /// whole history too (`instantiate_or_update` in `run_cache.rs`), so one that waits for local activities waits on.
    pub(super) fn without_seen(&self, mut delivery: TaskDelivery, run: &Run) -> TaskDelivery {
        let waits = run.beaten && run.work.is_none();
        if waits && self.options.profile == Profile::Core && delivery.first_event == EventId::FIRST
        {
            let events = &mut delivery.events;
            let seen = events.partition_point(|event| event.id <= run.seen);
            if events.get(seen).is_some_and(|event| event.id == run.seen.next()) {
                events.drain(..seen);
                delivery.first_event = run.seen.next();
            }
        }
        delivery
    }

    /// Something happened to a local activity, or to a task that waits for those.
    pub(super) fn happened(&mut self, happened: LocalEvent, out: &mut Vec<WorkerOutput>) {
        let LocalKey { run_id, life, what } = happened.key().clone();
        let Some(mut run) = self.cache.remove(&run_id) else { return };
        let earlier = run.life != life;
        if earlier && !self.options.profile.outlives(what) {
            self.cache.insert(run_id, run);
            return;
        }
        let work = run.work.take_if(|work| work.waits);
        match (work, what) {
            (Some(work), LocalWhat::Attempt(_) | LocalWhat::Loose(..)) => {
                self.turn(run, work, Step::Local(happened), out);
            }
            (Some(work), LocalWhat::Task(started))
                if earlier || work.current.started == started =>
            {
                self.beat(run, work, out);
            }
            (None, LocalWhat::Attempt(_) | LocalWhat::Loose(..)) => {
                run.happened.push_back(happened);
                self.cache.insert(run_id, run);
            }
            (work, LocalWhat::Task(_)) => {
                run.work = run.work.or(work);
                self.cache.insert(run_id, run);
            }
        }
    }

    /// A task that waits is answered, and the next is wanted at once.
    fn beat(&mut self, mut run: Box<Run>, mut work: Work, out: &mut Vec<WorkerOutput>) {
        run.session.at(self.now);
        let commands = run.session.heartbeat();
        (work.waits, work.beating) = (false, true);
        self.respond(run, work, commands, out);
    }

    /// A query needs no local activity to end, and none is run for it (`hasPendingLocalActivityWork`): it is asked. What
    /// was replayed for it is no good for a workflow task.
    fn ask_over_waits(
        &mut self,
        run: Box<Run>,
        work: Work,
        query: Query,
        out: &mut Vec<WorkerOutput>,
    ) {
        let run_id = work.token.run_id.clone();
        self.ask_direct(run, work, query, out);
        if let Some(run) = self.cache.get_mut(&run_id) {
            run.seen = EventId::NONE;
        }
    }

    /// A task that has waited is answered: its heartbeat is not wanted any more.
    pub(super) fn forget_heartbeat(run: &Run, work: &Work, out: &mut Vec<WorkerOutput>) {
        if work.beats {
            let key = heartbeat_key(run, work);
            out.push(WorkerOutput::Local(LocalRequest::Forget { key }));
        }
    }
}

/// What names the heartbeat of a task.
fn heartbeat_key(run: &Run, work: &Work) -> LocalKey {
    let what = LocalWhat::Task(work.current.started);
    LocalKey { run_id: work.token.run_id.clone(), life: run.life, what }
}
