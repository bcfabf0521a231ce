//! How a run ends: every workflow is closed, or hangs, or repeats itself, or a limit is reached.

use std::time::Duration;

use rehearsal_activation::Instance;
use rehearsal_history::{SmolStr, Timestamp, duration_text};
use rehearsal_service::RunView;

use super::World;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::{Horizon, Record};
use crate::run::Patience;

/// Notes what only the code of a run tells, before it is gone.
pub(super) fn note_told(record: &mut Record, run_id: &SmolStr, instance: &dyn Instance) {
    // Appending would make all of them anew.
    record.asked_at.extend(instance.asked());
    record.misread.extend(instance.misread().into_iter().map(|misread| (run_id.clone(), misread)));
}

impl World {
    /// What the run has come to.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// world.wait(&nap);
    /// let outcome = world.finish();
    /// assert_eq!(outcome.main().unwrap().status, Status::Completed);
    /// assert_eq!(outcome.findings, []);
    /// ```
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        let _over = self.tell_chooser();
        if let Some(surroundings) = &mut self.surroundings {
            self.findings.extend(surroundings.findings());
        }
        self.note_signals();
        for host in &self.hosts {
            for run_id in self.service.runs().map(|run| &self.service.run(run).run_id) {
                if let Some(instance) = host.instances.get(run_id) {
                    note_told(&mut self.record, run_id, instance.as_ref());
                }
            }
        }
        if let Some(journal) = &self.journal {
            (self.record.logs, self.record.logs_dropped) = journal.take();
        }
        self.record.asked = self.asked.count;
        let execution = |(view, history): (RunView, _)| Execution {
            workflow_id: view.workflow_id,
            run_id: view.run_id,
            workflow_type: view.workflow_type,
            history,
            status: view.status,
        };
        Outcome {
            executions: self.service.into_runs().map(execution).collect(),
            record: self.record,
            findings: self.findings,
            tape: self.asked.tape,
            patience: Patience::MustEnd,
            dialect: self.scenario.dialect,
            fakes: match &self.surroundings {
                Some(surroundings) => self.executor.fakes.and(&surroundings.fakes()),
                None => self.executor.fakes,
            },
        }
    }

    /// Notes what became of the signals of runs that are open and have got none.
    fn note_signals(&mut self) {
        for run in self.service.runs() {
            let run_id = &self.service.run(run).run_id;
            let known = self.noted.has_signals(run_id);
            let instance = self.hosts.iter().find_map(|host| host.instances.get(run_id));
            if let Some(instance) = instance.filter(|_| !known) {
                self.noted.signals(&mut self.record, run_id, instance.signals());
            }
        }
    }

    /// Runs until every workflow is closed, or nothing can happen any more, or a limit is reached.
    ///
    /// An open workflow at rest is a hang (RH301), unless it is the baseline of a sweep that no cancel was requested
    /// of: that one is left at its horizon. So is one that runs again and again by its cron schedule.
    pub(crate) fn run_to_end(&mut self, baseline: bool) {
        while self.service.has_open() && !self.stopped {
            if self.step(Timestamp::MAX) {
                if let Some(found) = self.repeats() {
                    // No cron schedule ends by itself (C-14).
                    if (baseline && !self.cancel_requested()) || self.all_by_schedule() {
                        self.record.horizon = Some(Horizon::Repeats(found.at));
                        self.record.points.truncate(found.points);
                        for points in self.record.others.values_mut() {
                            points.retain(|point| point.at <= found.at);
                        }
                        return;
                    }
                    return self.hang("it goes round in circles", true);
                }
            } else if !self.stopped {
                if baseline && !self.cancel_requested() {
                    self.record.horizon = Some(Horizon::AtRest(self.elapsed()));
                    return;
                }
                return self.hang("nothing can happen any more", false);
            }
        }
        self.drain();
        if !self.stopped {
            self.points(None);
        }
        // A cancel ends a workflow whenever it likes, whatever its activities wait for.
        if !self.stopped
            && !self.cancel_requested()
            && let Some(key) = self.adrift()
        {
            self.stop_outside(key);
        }
    }

    /// Lets what is under way at the close come to its end: heartbeats and reports that the service refuses.
    fn drain(&mut self) {
        const LONGEST: Duration = Duration::from_secs(60);
        let target = self.clock.now() + LONGEST;
        while (!self.agenda.is_empty() || self.passes_around()) && self.step(target) {}
    }

    /// Every open workflow waits for something that will not come.
    fn hang(&mut self, why: &str, circles: bool) {
        if let Some(key) = self.adrift() {
            return self.stop_outside(key);
        }
        self.stop(self.hanging(why, circles));
    }

    /// Ends the run if a limit is reached.
    pub(super) fn check_limits(&mut self) {
        let limits = self.scenario.limits;
        let reached = if self.record.steps >= limits.steps {
            format!("{} steps", limits.steps)
        } else if self.service.longest_history() >= limits.events {
            format!("{} events in one history", limits.events)
        } else if self.elapsed() >= limits.virtual_time {
            format!("{} of virtual time", duration_text(limits.virtual_time))
        } else {
            return;
        };
        let finding = Finding::new(Code::Limit, format!("the run was stopped after {reached}"));
        self.stop(self.with_waits(finding));
    }
}
