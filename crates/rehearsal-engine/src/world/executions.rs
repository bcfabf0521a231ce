//! The executions of a world: which run belongs to which, and which of them a step touches.
//!
//! The first one is canceled at every step. Of the others only such steps count as have to do with them, so that a world
//! may be full of them: one has a point before each step that touches it, and another one behind it.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_history::{ById, SmolStr};
use rehearsal_service::RunRef;

use super::{Entry, Next, World};
use crate::choice::Touched;

/// All executions, in the order of their starts; the runs of a chain are one.
#[derive(Debug, Default)]
pub(super) struct Executions {
    /// The execution of each run.
    of_run: Vec<u32>,
    /// The last run of each, and which one of its chain it is, from 0.
    last: Vec<(RunRef, u32)>,
    /// Each by the id of the first run of its chain.
    of_first: ById<u32>,
    /// How often each was asked about.
    points: Vec<u32>,
    /// Those that were touched since they were asked about.
    touched: BTreeSet<u32>,
    /// Those that were asked about before this step, and whether a workflow task was pending then.
    pub(super) asked: BTreeMap<u32, bool>,
    /// How often the service was asked something, or the client script may have done something.
    stirred: u64,
    /// The same, as it was at the last point of each at which its workflow task was running.
    undisturbed: BTreeMap<u32, u64>,
}

impl Executions {
    /// A run was started: another one of an execution, or the first of a new one.
    fn started(&mut self, run: RunRef, first_run_id: &SmolStr) {
        let known = self.of_first.get(first_run_id).copied();
        let execution = known.unwrap_or_else(|| u32::try_from(self.last.len()).unwrap_or(u32::MAX));
        self.of_first.insert(first_run_id.clone(), execution);
        self.of_run.push(execution);
        if let Some(last) = usize::try_from(execution).ok().and_then(|at| self.last.get_mut(at)) {
            *last = (run, last.1.saturating_add(1));
        } else {
            self.last.push((run, 0));
            self.points.push(0);
        }
    }

    /// Which of the points of an execution the next one is.
    pub(super) fn next_point(&mut self, execution: u32) -> u32 {
        let at = usize::try_from(execution).ok();
        let Some(points) = at.and_then(|at| self.points.get_mut(at)) else { return 0 };
        let nth = *points;
        *points = nth.saturating_add(1);
        nth
    }

    /// Another run of this chain will not come.
    pub(super) fn forget(&mut self, first_run_id: &str) {
        self.of_first.remove(first_run_id);
    }

    /// The last run of an execution, and which one of its chain it is.
    pub(super) fn last(&self, execution: u32) -> Option<(RunRef, u32)> {
        self.last.get(usize::try_from(execution).ok()?).copied()
    }

    /// Something was asked of the service, or the client script may do something.
    pub(super) const fn stir(&mut self) {
        self.stirred += 1;
    }

    /// Whether an execution has had a workflow task running since its last point, and nobody has asked anything of the
    /// service. `runs` says whether it has one now, at another point.
    pub(super) fn is_undisturbed(&mut self, execution: u32, runs: bool) -> bool {
        let before = if runs {
            self.undisturbed.insert(execution, self.stirred)
        } else {
            self.undisturbed.remove(&execution)
        };
        runs && before == Some(self.stirred)
    }

    /// Puts back one that was not asked about.
    pub(super) fn touch(&mut self, execution: u32) {
        self.touched.insert(execution);
    }
}

impl World {
    /// Takes note of the runs that a request has touched.
    pub(super) fn note_touched(&mut self) {
        self.executions.stir();
        let mut touched = core::mem::take(&mut self.outbox.touched);
        for run in touched.drain(..) {
            if run.index() >= self.executions.of_run.len() {
                self.know_runs();
            }
            self.touch_run(run);
            let execution = self.executions.of_run[run.index()];
            self.executions.touched.insert(execution);
        }
        // Only its room is put back.
        self.outbox.touched = touched;
    }

    /// Takes note of the runs that are new.
    fn know_runs(&mut self) {
        self.touch(Touched::Everything);
        let known = self.executions.of_run.len();
        let new: Vec<RunRef> = self.service.runs_from(known).collect();
        for run in new {
            self.executions.started(run, self.service.first_run_id(run));
        }
    }

    /// The executions but the first that are to be asked about now: those that were touched since they were, and those that
    /// the next step touches. One whose id another has by now is none: no client could cancel it.
    pub(super) fn others_to_ask(&mut self, next: Option<usize>) -> BTreeSet<u32> {
        let mut others = core::mem::take(&mut self.executions.touched);
        if self.executions.last.len() > 1 {
            let next = self.next_of(next);
            let touches = next.map(|next| self.touches(next)).unwrap_or_default();
            others.extend(touches.into_iter().flatten().map(|run| self.execution_of(run)));
        }
        others.retain(|&execution| {
            let last = self.executions.last(execution);
            execution > 0
                && last.is_some_and(|(run, _)| {
                    self.service.run_of(&self.service.run(run).workflow_id) == Some(run)
                })
        });
        others
    }

    pub(super) fn execution_of(&self, run: RunRef) -> u32 {
        self.executions.of_run.get(run.index()).copied().unwrap_or_default()
    }

    /// Whether what is about to happen touches an execution.
    pub(super) fn is_about(&self, next: Next<'_>, execution: u32) -> bool {
        let touched = self.touches(next).into_iter().flatten();
        touched.map(|run| self.execution_of(run)).any(|of| of == execution)
    }

    /// The runs that have to do with what is about to happen.
    fn touches(&self, next: Next<'_>) -> [Option<RunRef>; 2] {
        let entry = match next {
            Next::Entry(entry) => entry,
            Next::Elapsed => return [self.service.next_to_elapse(), None],
        };
        let run = match entry {
            Entry::HostStarts(_)
            | Entry::HostEnds(_)
            | Entry::HostBack(_)
            | Entry::HostGivesUp(_)
            | Entry::LocalDue { .. } => None,
            Entry::WorkflowTask { task, .. } | Entry::ActivityTask { task, .. } => Some(task.run),
            Entry::Query { query, .. }
            | Entry::QueryLeaves { query, .. }
            | Entry::QueryAgain(query) => Some(query.run),
            Entry::LateSignal(late) => self.service.run_of(&late.signal.target.workflow_id),
            Entry::Activate { delivery, .. } => {
                let token = &delivery.token;
                self.service.run_by_id(&token.workflow_id, &token.run_id)
            }
            Entry::Respond { response, .. } => {
                let token = &response.token;
                self.service.run_by_id(&token.workflow_id, &token.run_id)
            }
            Entry::Poll(key)
            | Entry::Deadline(key)
            | Entry::Silence { key, .. }
            | Entry::Throttle(key)
            | Entry::Heartbeat { key, .. }
            | Entry::Request { key, .. }
            | Entry::Report(key)
            | Entry::LocalTold(key) => self
                .executor
                .info(*key)
                .and_then(|info| self.service.run_by_id(&info.workflow_id, &info.run_id)),
            Entry::Transfer { run, across } => {
                return [Some(*run), self.service.other_side(*run, *across)];
            }
        };
        [run, None]
    }
}
