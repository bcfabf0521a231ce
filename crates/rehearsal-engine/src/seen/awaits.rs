//! Operations that were asked for, and which of them ended well in any run.
//!
//! The histories tell: an activity that completed, a timer that went off, a signal that was read, a child that came to an end
//! of its own. What was asked for on a
//! canceled context is left out: the workflow did not wait for it in earnest (C-35, C-39).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rehearsal_activation::{Asked, Fault, Signals};
use rehearsal_history::{EventId, EventKind, SmolStr, Status, duration_text};

use super::Unseen;
use crate::finding::Code;
use crate::outcome::{Execution, Outcome, summary};
use crate::rehearsed::succeeded;
use crate::scenario::Scenario;

/// What was asked for in some run, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Awaits {
    activities: BTreeMap<SmolStr, Activity>,
    /// Where workflow code asked for it, as far as that is known.
    places: BTreeMap<Asked, BTreeSet<String>>,
    /// Whether a timer went off, by what was asked for.
    timers: BTreeMap<Timer, bool>,
    signals: BTreeMap<SmolStr, Signal>,
    /// By their types.
    children: BTreeMap<SmolStr, Child>,
}

#[derive(Debug, Default)]
struct Activity {
    started: bool,
    succeeded: bool,
    /// Whether a stub said that it fails.
    declared: bool,
}

/// Timers of one length and one summary are the same await.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    after: Duration,
    summary: Option<SmolStr>,
}

#[derive(Debug, Default)]
struct Child {
    started: bool,
    ended: bool,
}

#[derive(Debug, Default)]
struct Signal {
    listened: bool,
    came: bool,
    read: bool,
}

impl Awaits {
    pub(super) fn note(&mut self, outcome: &Outcome) {
        for call in &outcome.record.calls {
            let activity = self.activities.entry(call.activity.clone()).or_default();
            activity.started = true;
            activity.succeeded = activity.succeeded || succeeded(call, outcome);
            if let Some(Err(error)) = &call.result {
                activity.declared |= *error.fault() == Fault::Declared;
            }
        }
        for at in &outcome.record.asked_at {
            let places = self.places.entry(at.asked.clone()).or_default();
            if !places.contains(&at.place) {
                places.insert(at.place.clone());
            }
        }
        for execution in &outcome.executions {
            self.note_operations(execution);
            self.note_children(execution);
            let of = outcome.record.signals.iter().find(|of| of.run_id == execution.run_id);
            if let Some(of) = of {
                self.note_signals(execution, &of.signals);
            }
        }
    }

    fn note_operations(&mut self, execution: &Execution) {
        let skipped = execution.skipped();
        let mut timers: BTreeMap<EventId, Timer> = BTreeMap::new();
        for event in &execution.history {
            match &event.kind {
                EventKind::ActivityTaskScheduled(scheduled) if !skipped.contains(&event.id) => {
                    self.activities.entry(scheduled.activity_type.name.clone()).or_default();
                }
                EventKind::TimerStarted(started) if !skipped.contains(&event.id) => {
                    let after = started.start_to_fire_timeout.unwrap_or_default();
                    timers.insert(event.id, Timer { after, summary: summary(event) });
                }
                EventKind::TimerFired(fired) => {
                    if let Some(timer) = timers.remove(&fired.started_event_id) {
                        self.timers.insert(timer, true);
                    }
                }
                _ => {}
            }
        }
        for timer in timers.into_values() {
            self.timers.entry(timer).or_default();
        }
    }

    /// That a child was canceled, terminated or timed out is no end of its own. One that was left behind has ended when its
    /// own history says so.
    fn note_children(&mut self, execution: &Execution) {
        for event in &execution.history {
            match &event.kind {
                EventKind::StartChildWorkflowExecutionInitiated(asked) => {
                    self.child(&asked.workflow_type.name);
                }
                EventKind::ChildWorkflowExecutionStarted(it) => {
                    self.child(&it.workflow_type.name).started = true;
                }
                EventKind::ChildWorkflowExecutionCompleted(it) => {
                    self.child(&it.workflow_type.name).ended = true;
                }
                EventKind::ChildWorkflowExecutionFailed(it) => {
                    self.child(&it.workflow_type.name).ended = true;
                }
                _ => {}
            }
        }
        let left = match execution.history.first().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionStarted(it)) => it.parent_workflow_execution.is_some(),
            _ => false,
        };
        if left && matches!(execution.status, Status::Completed | Status::Failed) {
            self.child(&execution.workflow_type).ended = true;
        }
    }

    fn child(&mut self, workflow_type: &SmolStr) -> &mut Child {
        self.children.entry(workflow_type.clone()).or_default()
    }

    fn note_signals(&mut self, execution: &Execution, signals: &Signals) {
        for name in &signals.listened {
            self.signals.entry(name.clone()).or_default().listened = true;
        }
        for event in &execution.history {
            let EventKind::WorkflowExecutionSignaled(signaled) = &event.kind else { continue };
            let lost = signals.unread.iter().any(|unread| unread.event == event.id)
                || signals.dropped.iter().any(|dropped| dropped.event == event.id);
            let signal = self.signals.entry(signaled.signal_name.clone()).or_default();
            signal.came = true;
            signal.read |= !lost;
        }
    }

    pub(super) fn unseen(&self, scenario: &Scenario) -> Vec<Unseen> {
        let unseen = |code, what, asked| Unseen { code, what, at: self.places_of(&asked) };
        let meant = |name: &SmolStr, activity: &Activity| {
            activity.declared || scenario.failing.contains(name)
        };
        let activities = self.activities.iter();
        let activities = activities
            .filter(|(name, activity)| !activity.succeeded && !meant(name, activity))
            .map(|(name, activity)| {
                let what = if activity.started { "succeeds" } else { "is taken by a worker" };
                let what = format!("activity {name} {what}");
                unseen(Code::NeverPassed, what, Asked::Activity(name.clone()))
            });
        let timers = self.timers.iter().filter(|(_, fired)| !**fired).map(|(timer, _)| {
            let length = duration_text(timer.after);
            let what = match &timer.summary {
                Some(summary) => format!("a timer of {length} goes off ({summary})"),
                None => format!("a timer of {length} goes off"),
            };
            let asked = Asked::Timer { after: timer.after, summary: timer.summary.clone() };
            unseen(Code::NeverPassed, what, asked)
        });
        let signals = self.signals.iter().filter_map(|(name, signal)| {
            let (code, what) = match signal {
                Signal { came: false, .. } => (Code::NeverPassed, "comes"),
                Signal { read: false, .. } if !scenario.unread.contains(name) => {
                    (Code::SignalUnread, "is read")
                }
                Signal { .. } => return None,
            };
            Some(unseen(code, format!("signal `{name}` {what}"), Asked::Signal(name.clone())))
        });
        let never_came = scenario.unread.iter().filter(|name| !self.signals.contains_key(*name));
        let expected = never_came.map(|name| {
            let what = format!("signal `{name}` comes, which `expect_unread` names");
            unseen(Code::NeverPassed, what, Asked::Signal(name.clone()))
        });
        let children = self.children.iter().filter(|(_, child)| !child.ended);
        let children = children.map(|(name, child)| {
            let what = if child.started { "ends" } else { "starts" };
            unseen(Code::NeverPassed, format!("child {name} {what}"), Asked::Child(name.clone()))
        });
        activities.chain(timers).chain(signals).chain(expected).chain(children).collect()
    }

    /// The lines of workflow code that ask for it.
    fn places_of(&self, asked: &Asked) -> Option<String> {
        let places: Vec<&str> = self.places.get(asked)?.iter().map(String::as_str).collect();
        Some(places.join(", "))
    }
}
