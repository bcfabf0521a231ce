//! What an open workflow waits for, and why it does not come.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use rehearsal_activation::{Awaited, Fault, Instance};
use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{EventKind, Failure, FailureInfo, SmolStr, TaskQueueKind, duration_text};
use rehearsal_service::{PendingKind, PendingOp, PendingState, RunRef, Standing, TaskState};

use super::World;
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::host::Host;
use crate::record::Call;

impl World {
    /// Every open workflow waits for something that will not come.
    pub(super) fn hanging(&self, why: &str, circles: bool) -> Finding {
        let mut subject = Vec::new();
        let mut cause = self.record.cancels.is_empty().then_some(Cause::NoCancel);
        for run in self.service.runs().filter(|&run| self.is_open(run)) {
            let pending = self.service.pending(run);
            let failed = |op: &PendingOp| {
                let standing = self.service.standing(run, op.scheduled);
                standing.is_some_and(|standing| standing.last_failure.is_some())
            };
            if circles && pending.iter().any(failed) {
                cause = Some(Cause::EndlessRetries);
            }
            cause = self.unpolled(run, &pending).or(cause);
            subject.extend(self.waits(run, &pending).into_iter().map(|wait| wait.what));
        }
        let finding =
            self.with_waits(Finding::new(Code::Hang, format!("the workflow is open, and {why}")));
        let finding = finding.about(subject.join(", "));
        cause.into_iter().fold(finding, Finding::with_cause)
    }

    /// `finding` with what each open workflow waits for, and what it was told and has not looked at.
    pub(super) fn with_waits(&self, mut finding: Finding) -> Finding {
        for run in self.service.runs().filter(|&run| self.is_open(run)) {
            let id = self.service.run(run).workflow_id.clone();
            for wait in self.waits(run, &self.service.pending(run)) {
                finding = finding.with_detail(format!("{id} waits for {wait}"));
            }
            for line in self.unread(run) {
                finding = finding.with_detail(line);
            }
        }
        finding
    }

    /// The signals of a run that were delivered and are not read, and not meant to be, a line for each name.
    fn unread(&self, run: RunRef) -> Vec<String> {
        let Some(instance) = self.instance(run) else { return Vec::new() };
        let signals = instance.signals();
        let listens: Vec<String> =
            signals.listened.iter().map(|name| format!("`{name}`")).collect();
        let listens = match listens.as_slice() {
            [] => "the workflow listens for no signal".to_owned(),
            names => format!("the workflow listens for {}", names.join(", ")),
        };
        let mut counts: BTreeMap<SmolStr, u32> = BTreeMap::new();
        for signal in signals.unread {
            if !self.scenario.unread.contains(&signal.name) {
                *counts.entry(signal.name).or_default() += 1;
            }
        }
        let id = &self.service.run(run).workflow_id;
        let line = |(name, count)| match count {
            1 => format!("signal `{name}` of {id} was delivered and never read; {listens}"),
            count => {
                format!(
                    "signal `{name}` of {id} was delivered {count} times and never read; {listens}"
                )
            }
        };
        counts.into_iter().map(line).collect()
    }

    /// The code of a run, if a worker has it in its cache.
    pub(super) fn instance(&self, run: RunRef) -> Option<&dyn Instance> {
        let run_id = &self.service.run(run).run_id;
        self.hosts.iter().find_map(|host| host.instances.get(run_id)).map(AsRef::as_ref)
    }

    /// What a run waits for: a worker, or what its code says, each activity with where it stands.
    fn waits(&self, run: RunRef, pending: &[PendingOp]) -> Vec<Wait> {
        if let Some(queue) = self.waiting_queue(run) {
            let why = self.nobody_polls(&queue, Takes::Workflows);
            return vec![Wait { what: format!("a worker on queue \"{queue}\""), why }];
        }
        let said = self.instance(run).map(Instance::awaited).unwrap_or_default();
        let mut waits = Vec::new();
        if said.is_empty() {
            // No worker has it in its cache, so only what the service knows of can be told.
            waits.extend(pending.iter().map(|op| self.awaited(run, op)));
        }
        let mut told: BTreeSet<SmolStr> = BTreeSet::new();
        for Awaited { what, activity, child, .. } in said {
            let is_child =
                |op: &&PendingOp| op.kind == PendingKind::Child && child.as_ref() == Some(&op.id);
            if let Some(op) = pending.iter().find(is_child) {
                let why = Some(self.child_standing(op));
                waits.push(Wait { what, why });
                continue;
            }
            let of_type = |op: &&PendingOp| {
                op.kind == PendingKind::Activity && activity.as_ref() == Some(&op.name)
            };
            let mut same = pending.iter().filter(of_type).peekable();
            if let Some(first) = same.peek() {
                // The instance has numbers of its own, so all of one type are told at once.
                if told.insert(first.name.clone()) {
                    waits.extend(same.map(|op| self.awaited(run, op)));
                }
            } else {
                waits.push(Wait { what, why: None });
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
                let outside = self
                    .calls(run, op)
                    .next()
                    .is_some_and(|call| call.outside && call.attempt == standing.attempt);
                let why = self.standing(op.state, &standing, self.panicked(run, op), outside);
                Wait { what: op.name.to_string(), why: Some(why) }
            }
            None => match op.kind {
                PendingKind::Activity | PendingKind::Timer => {
                    Wait { what: format!("timer {}", op.id), why: None }
                }
                PendingKind::Child => {
                    let why = Some(self.child_standing(op));
                    Wait { what: format!("child `{}`", op.id), why }
                }
                PendingKind::External => {
                    let what = if op.name.is_empty() {
                        format!("cancel of workflow `{}`", op.id)
                    } else {
                        format!("signal `{}` to workflow `{}`", op.name, op.id)
                    };
                    Wait { what, why: Some("it is under way".to_owned()) }
                }
            },
        }
    }

    /// The attempts of an activity that workers took, the last one first.
    fn calls(&self, run: RunRef, op: &PendingOp) -> impl Iterator<Item = &Call> {
        let (run_id, scheduled) = (&self.service.run(run).run_id, op.scheduled);
        let of = move |call: &&Call| call.run_id == *run_id && call.scheduled == scheduled;
        self.record.calls.iter().rev().filter(of)
    }

    /// The panic that its last attempt ended with, which the service knows as a failure like any other.
    fn panicked(&self, run: RunRef, op: &PendingOp) -> Option<&Fault> {
        let ended = self.calls(run, op).find_map(|call| call.result.as_ref());
        let fault = ended?.as_ref().err()?.fault();
        matches!(fault, Fault::Panicked { at: Some(_) }).then_some(fault)
    }

    /// Where an activity stands: its attempt, what the last one failed with, what is to come. `outside` says whether its
    /// worker has left it to somebody outside.
    fn standing(
        &self,
        state: PendingState,
        standing: &Standing<'_>,
        panicked: Option<&Fault>,
        outside: bool,
    ) -> String {
        let Standing { attributes, attempt, last_failure, retry, heartbeats, .. } = standing;
        // In backoff the attempt that is counted is the one to come.
        let attempt = if retry.is_some() { attempt.saturating_sub(1) } else { *attempt };
        let limit = match attributes.retry_policy.as_ref().map(|policy| policy.maximum_attempts) {
            None | Some(0) => "no limit".to_owned(),
            Some(limit) => limit.to_string(),
        };
        let mut text = format!("attempt {attempt} of {limit}, ");
        if let Some(failure) = last_failure {
            let _ = write!(text, "last failure {}, ", failed_with(failure, attributes));
            let _ = panicked.map_or(Ok(()), |fault| write!(text, "it {fault}, "));
        }
        match state {
            PendingState::Backoff => {
                let next = retry.unwrap_or_default().since(self.clock.now());
                let _ = write!(text, "next attempt in {}", duration_text(next));
            }
            PendingState::Scheduled => {
                let queue = &attributes.task_queue.name;
                let _ = write!(text, "waits for a worker on queue \"{queue}\"");
                if let Some(why) = self.nobody_polls(queue, Takes::Activities) {
                    let _ = write!(text, ": {why}");
                }
            }
            PendingState::CancelRequested if outside => {
                text.push_str("was asked to cancel, and is to be completed from outside");
            }
            PendingState::Started | PendingState::Heartbeating if outside => {
                text.push_str("to be completed from outside");
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

    /// What is behind it if something of a run waits in a queue that nobody polls.
    fn unpolled(&self, run: RunRef, pending: &[PendingOp]) -> Option<Cause> {
        let task = self.waiting_queue(run).filter(|queue| !self.is_polled(queue, Takes::Workflows));
        let cause = |queue: &str, takes| match self.polled_before(queue, takes) {
            Some(_) => Cause::PollerGone,
            None => Cause::NoPoller,
        };
        if let Some(queue) = task {
            return Some(cause(&queue, Takes::Workflows));
        }
        let waits = |op: &&PendingOp| {
            op.kind == PendingKind::Activity && op.state == PendingState::Scheduled
        };
        pending.iter().filter(waits).find_map(|op| {
            let queue = &self.service.standing(run, op.scheduled)?.attributes.task_queue.name;
            (!self.is_polled(queue, Takes::Activities)).then(|| cause(queue, Takes::Activities))
        })
    }

    fn is_polled(&self, queue: &str, takes: Takes) -> bool {
        self.takers(takes).any(|host| host.is_polling() && host.spec.queue == queue)
    }

    /// The last worker that polled a queue which nobody polls now.
    fn polled_before(&self, queue: &str, takes: Takes) -> Option<&Host> {
        self.takers(takes).filter(|host| host.spec.queue == queue && host.is_gone()).last()
    }

    fn takers(&self, takes: Takes) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(move |host| match takes {
            Takes::Workflows => host.spec.workflows,
            Takes::Activities => host.spec.activities,
        })
    }

    /// Why nobody takes what waits in a queue; `None` if somebody does.
    fn nobody_polls(&self, queue: &str, takes: Takes) -> Option<String> {
        if self.is_polled(queue, takes) {
            return None;
        }
        let polling = self.takers(takes).filter(|host| host.is_polling());
        let polled: BTreeSet<&str> = polling.map(|host| &*host.spec.queue).collect();
        let polled = Vec::from_iter(polled);
        let polled = if polled.is_empty() { "none".to_owned() } else { polled.join(", ") };
        let gone = self.polled_before(queue, takes).map(|host| {
            let how = if host.spec.crash { "died" } else { "stopped" };
            let at = duration_text(host.spec.until.unwrap_or_default());
            format!(" any more, {} {how} at {at}", host.identity)
        });
        Some(format!("nobody polls it{}; polled queues: {polled}", gone.unwrap_or_default()))
    }

    /// A workflow task fails again and again, and workflow code got nothing wrong that could be named.
    pub(super) fn stuck(&self, run_id: &str, workflow_id: &str, times: u32) -> Finding {
        let run = self.service.runs().find(|&run| self.service.run(run).run_id == run_id);
        let history = run.map(|run| self.service.history(run)).unwrap_or_default();
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

/// What a worker takes from its queue.
#[derive(Debug, Clone, Copy)]
enum Takes {
    Workflows,
    Activities,
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
