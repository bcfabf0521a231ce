//! What an open workflow waits for, and why it does not come.

use std::fmt::{self, Write as _};

use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{EventKind, Failure, FailureInfo, SmolStr, TaskQueueKind, duration_text};
use rehearsal_service::{PendingKind, PendingOp, PendingState, RunRef, Standing, TaskState};

use super::World;
use crate::cause::Cause;
use crate::finding::{Code, Finding};

impl World {
    /// Every open workflow waits for something that will not come.
    pub(super) fn hanging(&self, why: &str, circles: bool) -> Finding {
        let mut finding = Finding::new(Code::Hang, format!("the workflow is open, and {why}"));
        let mut subject = Vec::new();
        let mut cause = self.record.cancels.is_empty().then_some(Cause::NoCancel);
        for &run in self.runs.iter().filter(|&&run| self.is_open(run)) {
            let pending = self.service.pending(run);
            let failed = |op: &PendingOp| {
                let standing = self.service.standing(run, op.scheduled);
                standing.is_some_and(|standing| standing.last_failure.is_some())
            };
            if circles && pending.iter().any(failed) {
                cause = Some(Cause::EndlessRetries);
            }
            if self.unpolled(run, &pending) {
                cause = Some(Cause::NoPoller);
            }
            let id = self.service.run(run).workflow_id.clone();
            for wait in self.waits(run, &pending) {
                subject.push(wait.what.clone());
                finding = finding.with_detail(format!("{id} waits for {wait}"));
            }
        }
        finding = finding.about(subject.join(", "));
        cause.into_iter().fold(finding, Finding::with_cause)
    }

    /// `finding` with what each open workflow waits for.
    pub(super) fn with_waits(&self, finding: Finding) -> Finding {
        let open = self.runs.iter().filter(|&&run| self.is_open(run));
        open.fold(finding, |finding, &run| {
            let id = self.service.run(run).workflow_id.clone();
            let waits = self.waits(run, &self.service.pending(run));
            waits.into_iter().fold(finding, |finding, wait| {
                finding.with_detail(format!("{id} waits for {wait}"))
            })
        })
    }

    /// What a run waits for: a worker, or what its code says, each activity with where it stands.
    fn waits(&self, run: RunRef, pending: &[PendingOp]) -> Vec<Wait> {
        if let Some(queue) = self.waiting_queue(run) {
            let why = self.nobody_polls(&queue, true);
            return vec![Wait { what: format!("a worker on queue \"{queue}\""), why }];
        }
        let instance = self.hosts.iter().find_map(|host| {
            let run_id = &self.service.run(run).run_id;
            host.instances.get(run_id)
        });
        let said = instance.map(|instance| instance.pending()).unwrap_or_default();
        let mut waits = Vec::new();
        if said.is_empty() {
            // No worker has it in its cache, so only what the service knows of can be told.
            waits.extend(pending.iter().map(|op| self.awaited(run, op)));
        }
        let mut told: Vec<&str> = Vec::new();
        for line in said {
            let named = |op: &&PendingOp| {
                op.kind == PendingKind::Activity
                    && line.starts_with(&format!("{} (activity ", op.name))
            };
            let same: Vec<&PendingOp> = pending.iter().filter(named).collect();
            match same.first() {
                // The instance has numbers of its own, so all of one name are told at once.
                Some(first) if !told.contains(&&*first.name) => {
                    told.push(&first.name);
                    waits.extend(same.into_iter().map(|op| self.awaited(run, op)));
                }
                Some(_) => {}
                None => waits.push(Wait { what: line, why: None }),
            }
        }
        if waits.is_empty() {
            waits.push(Wait { what: "a signal or a condition".to_owned(), why: None });
        }
        waits
    }

    fn awaited(&self, run: RunRef, op: &PendingOp) -> Wait {
        match self.service.standing(run, op.scheduled) {
            Some(standing) => {
                let why = self.standing(op.state, &standing);
                Wait { what: op.name.to_string(), why: Some(why) }
            }
            None => Wait { what: format!("timer {}", op.id), why: None },
        }
    }

    /// Where an activity stands: its attempt, what the last one failed with, what is to come.
    fn standing(&self, state: PendingState, standing: &Standing<'_>) -> String {
        let Standing { attributes, attempt, last_failure, retry, heartbeats } = standing;
        // In backoff the attempt that is counted is the one to come.
        let attempt = if retry.is_some() { attempt.saturating_sub(1) } else { *attempt };
        let limit = match attributes.retry_policy.as_ref().map(|policy| policy.maximum_attempts) {
            None | Some(0) => "no limit".to_owned(),
            Some(limit) => limit.to_string(),
        };
        let mut text = format!("attempt {attempt} of {limit}, ");
        if let Some(failure) = last_failure {
            let _ = write!(text, "last failure {}, ", failed_with(failure, attributes));
        }
        match state {
            PendingState::Backoff => {
                let next = retry.unwrap_or_default().since(self.clock.now());
                let _ = write!(text, "next attempt in {}", duration_text(next));
            }
            PendingState::Scheduled => {
                let queue = &attributes.task_queue.name;
                let _ = write!(text, "waits for a worker on queue \"{queue}\"");
                if let Some(why) = self.nobody_polls(queue, false) {
                    let _ = write!(text, ": {why}");
                }
            }
            PendingState::CancelRequested if *heartbeats => {
                text.push_str("was asked to cancel, and runs on");
            }
            PendingState::CancelRequested => {
                text.push_str("was asked to cancel, and without a heartbeat does not learn of it");
            }
            PendingState::Started => text.push_str("runs, without a heartbeat"),
            PendingState::Heartbeating | PendingState::Running => {
                text.push_str("runs and heartbeats");
            }
        }
        text
    }

    /// The queue in which the workflow task of a run waits, if it waits for a worker.
    fn waiting_queue(&self, run: RunRef) -> Option<SmolStr> {
        match self.service.workflow_task(run) {
            TaskState::Scheduled { queue, .. } if queue.kind == TaskQueueKind::Sticky => {
                Some(queue.normal_name.clone())
            }
            TaskState::Scheduled { queue, .. } => Some(queue.name.clone()),
            TaskState::Started { .. } | TaskState::None => None,
        }
    }

    /// Whether something of a run waits in a queue that nobody polls.
    fn unpolled(&self, run: RunRef, pending: &[PendingOp]) -> bool {
        let task = self.waiting_queue(run);
        task.is_some_and(|queue| self.nobody_polls(&queue, true).is_some())
            || pending.iter().any(|op| {
                op.kind == PendingKind::Activity
                    && op.state == PendingState::Scheduled
                    && self.service.standing(run, op.scheduled).is_some_and(|standing| {
                        self.nobody_polls(&standing.attributes.task_queue.name, false).is_some()
                    })
            })
    }

    /// Why nobody takes what waits in a queue; `None` if somebody does.
    fn nobody_polls(&self, queue: &str, workflows: bool) -> Option<String> {
        let polls = |host: &&crate::host::Host| {
            let takes = if workflows { host.spec.workflows } else { host.spec.activities };
            host.is_polling() && takes
        };
        let mut polled: Vec<&str> =
            self.hosts.iter().filter(polls).map(|host| &*host.spec.queue).collect();
        if polled.contains(&queue) {
            return None;
        }
        polled.sort_unstable();
        polled.dedup();
        let polled = if polled.is_empty() { "none".to_owned() } else { polled.join(", ") };
        Some(format!("nobody polls it; polled queues: {polled}"))
    }

    /// A workflow task fails again and again, and workflow code got nothing wrong that could be named.
    pub(super) fn stuck(&self, run_id: &str, workflow_id: &str, times: u32) -> Finding {
        let run = self.runs.iter().find(|&&run| self.service.run(run).run_id == run_id);
        let history = run.map(|&run| self.service.history(run)).unwrap_or_default();
        // Attempts after the first fail in silence (W-6), and one that timed out was nobody's fault.
        let last = history.iter().rev().find_map(|event| match &event.kind {
            EventKind::WorkflowTaskFailed(failed) => {
                let said = failed.failure.as_ref().map(|failure| failure.message.as_str());
                let why = said.filter(|said| !said.is_empty()).map(ToOwned::to_owned);
                Some((event.id.0, why.unwrap_or_else(|| format!("{:?}", failed.cause))))
            }
            _ => None,
        });
        let headline =
            format!("a workflow task of {workflow_id} failed {times} times one after another");
        match last {
            Some((event, why)) => {
                Finding::new(Code::StuckTask, format!("{headline}: {why}")).with_events([event])
            }
            None => Finding::new(Code::StuckTask, headline),
        }
    }
}

/// Something that is waited for.
struct Wait {
    what: String,
    why: Option<String>,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.why.iter().try_for_each(|why| write!(f, ": {why}"))
    }
}

/// What an attempt failed with: its message and its type, or which timeout it ran into.
fn failed_with(failure: &Failure, attributes: &ActivityTaskScheduled) -> String {
    match &failure.info {
        Some(FailureInfo::Timeout(info)) => {
            let kind = &info.timeout_type;
            match attributes.timeout(kind) {
                Some(limit) => format!("{kind:?} timeout of {}", duration_text(limit)),
                None => format!("{kind:?} timeout"),
            }
        }
        Some(FailureInfo::Application(info)) if !info.kind.is_empty() => {
            format!("{:?} ({})", failure.message, info.kind)
        }
        _ => format!("{:?}", failure.message),
    }
}
