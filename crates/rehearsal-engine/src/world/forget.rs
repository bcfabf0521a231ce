//! Deletes executions that have been closed for as long as a scenario keeps them, as a server does at the end of the
//! retention of their namespace: a world may see any number of them, and holds those that are open.
//!
//! What ends such an execution is looked at before: that its history is well formed, and that it replays. The first
//! execution is kept, as reports tell of it.

use std::collections::{BTreeSet, VecDeque};

use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::RunRef;

use super::World;
use crate::examine::examine_closed;
use crate::journal::Pause;
use crate::outcome::Execution;

/// How many points at which nothing was canceled are kept when executions are not.
const POINTS: usize = 4_096;

/// How many notes are kept of a world that nobody examines.
const NOTES: usize = 4_096;

/// The closed runs that are to be deleted, and what is left of those that were.
#[derive(Debug, Default)]
pub(super) struct Forgetting {
    /// When each is due, in that order.
    due: VecDeque<(Timestamp, RunRef)>,
    /// The ids of those that were deleted and of which the record still has notes.
    unswept: BTreeSet<SmolStr>,
}

impl World {
    /// A run is closed: it is deleted in due time, unless it is one of the first execution.
    pub(super) fn forget_later(&mut self, run: RunRef) {
        match (self.scenario.retention, self.scenario.most_closed) {
            (Some(after), _) => self.forgetting.due.push_back((self.clock.now() + after, run)),
            (None, Some(_)) => self.forgetting.due.push_back((Timestamp::MAX, run)),
            (None, None) => {}
        }
    }

    /// Deletes the runs that closed first, if there are more of them than are kept. Nobody examines such a world, so what they
    /// did is not looked at.
    fn forget_what_is_too_much(&mut self) {
        let Some(most) = self.scenario.most_closed else { return };
        while self.forgetting.due.len() > most
            && let Some((_, run)) = self.forgetting.due.pop_front()
        {
            if let Some((view, _)) = self.service.forget(run) {
                self.drop_traces(run, &view.run_id, &view.first_run_id);
            }
        }
    }

    /// Deletes what is due by now.
    pub(super) fn forget_due(&mut self) {
        if self.scenario.retention.is_none() {
            return;
        }
        let now = self.clock.now();
        while let Some(&(due, run)) = self.forgetting.due.front()
            && due <= now
        {
            self.forgetting.due.pop_front();
            if self.execution_of(run) != 0 {
                self.forget_run(run);
            }
        }
        if self.forgetting.unswept.len() > self.record.calls.len() / 4 + 16 {
            self.sweep_record();
        }
        if self.record.points.len() > POINTS {
            self.record.points.clear();
            self.cycles.start_over();
        }
    }

    /// Drops what is noted of the world beside its histories, once that is much: nobody examines it. Only the attempts of
    /// activities that run keep their notes. Of closed executions as many are kept as the scenario says.
    pub fn drop_notes(&mut self) {
        self.forget_what_is_too_much();
        let others = self.record.others.values().map(Vec::len).sum::<usize>();
        let record = &self.record;
        let notes = [record.points.len(), record.calls.len(), record.troubles.len(), others];
        if notes.into_iter().sum::<usize>() <= NOTES {
            return;
        }
        let running: BTreeSet<usize> = self.executor.calls().collect();
        let mut places = Vec::with_capacity(self.record.calls.len());
        let mut calls = Vec::new();
        for (place, call) in core::mem::take(&mut self.record.calls).into_iter().enumerate() {
            places.push(calls.len());
            if running.contains(&place) {
                calls.push(call);
            }
        }
        self.executor.move_calls(&places);
        let record = &mut self.record;
        record.calls = calls;
        record.points.clear();
        record.others.clear();
        record.troubles.clear();
        record.heartbeats.clear();
        record.too_late.clear();
        record.cancels.clear();
        self.cycles.start_over();
    }

    fn forget_run(&mut self, run: RunRef) {
        let Some((view, history)) = self.service.forget(run) else { return };
        let execution = Execution {
            workflow_id: view.workflow_id,
            run_id: view.run_id,
            workflow_type: view.workflow_type,
            history,
            status: view.status,
        };
        let pause = Pause::new(self.journal.as_ref());
        self.findings.extend(examine_closed(&self.scenario, &execution));
        drop(pause);
        let forgotten = &mut self.record.forgotten;
        *forgotten.executions.entry(execution.status).or_default() += 1;
        forgotten.events += execution.history.len() as u64;
        self.drop_traces(run, &execution.run_id, &view.first_run_id);
        self.forgetting.unswept.insert(execution.run_id);
    }

    /// Drops what is kept of a run beside its history and the record.
    fn drop_traces(&mut self, run: RunRef, run_id: &SmolStr, first_run_id: &SmolStr) {
        self.drop_deleted(run_id);
        self.begun.remove(&run);
        self.failed_tasks.remove(run_id);
        let number = self.execution_of(run);
        if self.executions.last(number).is_some_and(|(last, _)| last == run) {
            self.record.others.remove(&number);
            self.executions.forget(first_run_id);
        }
    }

    /// Takes the notes of runs that were deleted out of the record.
    fn sweep_record(&mut self) {
        let gone = core::mem::take(&mut self.forgetting.unswept);
        let kept = |run_id: &SmolStr| !gone.contains(run_id);
        let record = &mut self.record;
        // An activity may go on after its workflow, and has a place in the list.
        let running: BTreeSet<usize> = self.executor.calls().collect();
        let mut places = Vec::with_capacity(record.calls.len());
        let mut calls = Vec::new();
        for (place, call) in core::mem::take(&mut record.calls).into_iter().enumerate() {
            places.push(calls.len());
            if kept(&call.run_id) || running.contains(&place) {
                calls.push(call);
            }
        }
        record.calls = calls;
        self.executor.move_calls(&places);
        record.heartbeats.retain(|beat| kept(&beat.run_id));
        record.too_late.retain(|late| kept(&late.run_id));
        record.cancels.retain(|cancel| kept(&cancel.run_id));
        record.unfinished.retain(|handler| kept(&handler.run_id));
        record.misread.retain(|(run_id, _)| kept(run_id));
        self.noted.forget(record, &gone);
    }
}
