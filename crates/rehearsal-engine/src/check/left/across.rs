//! What a workflow asked of other workflows, and lost when its main routine returned; the children that it leaves.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_history::event::StartChildWorkflowExecutionInitiated;
use rehearsal_history::{EventId, EventKind, ParentClosePolicy, SmolStr, Status};

use super::{Check, of_returned};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// A child that had not ended at the close.
struct Child<'a> {
    initiated: EventId,
    of: &'a StartChildWorkflowExecutionInitiated,
    /// Its start was recorded.
    started: bool,
}

/// What was open at the close.
#[derive(Default)]
struct Open<'a> {
    children: BTreeMap<EventId, Child<'a>>,
    /// Signals to other workflows and cancels of them that had not been sent.
    requests: BTreeMap<EventId, &'a EventKind>,
    /// The workflows that were asked to cancel, sent or not.
    asked: BTreeSet<&'a SmolStr>,
    /// The children that have ended, by their ids.
    ended: BTreeSet<&'a SmolStr>,
}

impl<'a> Open<'a> {
    fn of(execution: &'a Execution) -> Self {
        let mut open = Self::default();
        for event in &execution.history {
            match &event.kind {
                EventKind::StartChildWorkflowExecutionInitiated(of) => {
                    let child = Child { initiated: event.id, of, started: false };
                    open.children.insert(event.id, child);
                }
                EventKind::ChildWorkflowExecutionStarted(started) => {
                    if let Some(child) = open.children.get_mut(&started.initiated_event_id) {
                        child.started = true;
                    }
                }
                kind @ EventKind::SignalExternalWorkflowExecutionInitiated(_) => {
                    open.requests.insert(event.id, kind);
                }
                kind @ EventKind::RequestCancelExternalWorkflowExecutionInitiated(cancel) => {
                    open.asked.insert(&cancel.workflow_execution.workflow_id);
                    open.requests.insert(event.id, kind);
                }
                EventKind::ExternalWorkflowExecutionSignaled(sent) => {
                    open.requests.remove(&sent.initiated_event_id);
                }
                EventKind::SignalExternalWorkflowExecutionFailed(failed) => {
                    open.requests.remove(&failed.initiated_event_id);
                }
                EventKind::ExternalWorkflowExecutionCancelRequested(sent) => {
                    open.requests.remove(&sent.initiated_event_id);
                }
                EventKind::RequestCancelExternalWorkflowExecutionFailed(failed) => {
                    open.requests.remove(&failed.initiated_event_id);
                }
                kind => {
                    let child = kind.opener().and_then(|opener| open.children.remove(&opener));
                    open.ended.extend(child.map(|child| &child.of.workflow_id));
                }
            }
        }
        open
    }

    /// Whether nothing is lost if what is meant for this child does not reach it: it has ended, or the close itself ends it.
    fn needs_nothing(&self, workflow_id: &SmolStr) -> bool {
        if self.ended.contains(workflow_id) {
            return true;
        }
        let mut children = self.children.values();
        children.any(|child| {
            child.of.workflow_id == *workflow_id
                && child.of.parent_close_policy != ParentClosePolicy::Abandon
        })
    }
}

/// What was asked of other workflows and lost at the close: a child that was never started or is terminated, a signal or a
/// cancel that was never sent (W-16).
pub(super) fn lost(execution: &Execution) -> Vec<Finding> {
    let Execution { workflow_type: workflow, status, .. } = execution;
    let open = Open::of(execution);
    let mut findings = Vec::new();
    for child in open.children.values() {
        let id = &child.of.workflow_id;
        let terminated = !matches!(
            child.of.parent_close_policy,
            ParentClosePolicy::Abandon | ParentClosePolicy::RequestCancel
        );
        // A cancel that comes before the start may be recorded nowhere.
        let detail = match child.started {
            _ if open.asked.contains(id) => continue,
            false if *status != Status::Canceled => {
                "it had not been started, and the server starts no child of a closed workflow, whatever the parent close policy"
            }
            true if terminated => "it still ran, and its parent close policy terminates it",
            _ => continue,
        };
        let headline = format!("child `{id}` was not over when {workflow} closed as {status:?}");
        let finding = Finding::new(Code::WorkLost, headline).with_detail(detail);
        findings.push(finding.with_events([child.initiated.0]));
    }
    for (event, request) in &open.requests {
        let what = match request {
            EventKind::SignalExternalWorkflowExecutionInitiated(signal) => {
                let of = &signal.workflow_execution.workflow_id;
                if open.ended.contains(of) {
                    continue;
                }
                format!("signal `{}` to `{of}`", signal.signal_name)
            }
            EventKind::RequestCancelExternalWorkflowExecutionInitiated(cancel) => {
                let of = &cancel.workflow_execution.workflow_id;
                if open.needs_nothing(of) {
                    continue;
                }
                format!("the cancel of `{of}`")
            }
            _ => continue,
        };
        let headline = format!("{what} had not been sent when {workflow} closed as {status:?}");
        findings.push(Finding::new(Code::WorkLost, headline).with_events([event.0]));
    }
    findings
}

/// No child goes on when its parent closes (RH219): each has ended, or is ended by its parent close policy.
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoChildOrphanedAtClose;

impl Check for NoChildOrphanedAtClose {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        of_returned(outcome, orphans)
    }
}

fn orphans(execution: &Execution) -> Vec<Finding> {
    let open = Open::of(execution);
    let orphans = open.children.values().filter(|child| {
        child.started && child.of.parent_close_policy == ParentClosePolicy::Abandon
    });
    let finding = |child: &Child<'_>| {
        let headline = format!(
            "child `{}` goes on although {} closed as {:?}",
            child.of.workflow_id, execution.workflow_type, execution.status
        );
        Finding::new(Code::ChildOrphaned, headline).with_events([child.initiated.0])
    };
    orphans.map(finding).collect()
}
