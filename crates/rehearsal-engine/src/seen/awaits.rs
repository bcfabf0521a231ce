//! Operations that were asked for, and which of them ended well in any run.
//!
//! The histories tell: an activity that completed, a timer that went off, a signal that was read. What was asked for on a
//! canceled context is left out: the workflow did not wait for it in earnest (C-35, C-39).

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_activation::{Fault, Signals};
use rehearsal_history::{EventId, EventKind, SmolStr, duration_text};

use super::Unseen;
use crate::finding::Code;
use crate::outcome::{Execution, Outcome};
use crate::rehearsed::succeeded;
use crate::scenario::Scenario;

/// What was asked for in some run, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Awaits {
    activities: BTreeMap<SmolStr, Activity>,
    /// Whether a timer went off, by what was asked for.
    timers: BTreeMap<Timer, bool>,
    signals: BTreeMap<SmolStr, Signal>,
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
    summary: Option<String>,
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
            activity.succeeded |= succeeded(call, outcome);
            if let Some(Err(error)) = &call.result {
                activity.declared |= *error.fault() == Fault::Declared;
            }
        }
        for execution in &outcome.executions {
            self.note_operations(execution);
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
                    let summary = event.user_metadata.as_ref();
                    let summary = summary.and_then(|metadata| metadata.summary.as_ref()?.as_json());
                    let summary = summary.map(|text| text.trim_matches('"').to_owned());
                    let after = started.start_to_fire_timeout.unwrap_or_default();
                    timers.insert(event.id, Timer { after, summary });
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
        let await_of = |what| Unseen { code: Code::NeverPassed, what };
        let meant = |name: &SmolStr, activity: &Activity| {
            activity.declared || scenario.failing.contains(name)
        };
        let activities = self.activities.iter();
        let activities = activities
            .filter(|(name, activity)| !activity.succeeded && !meant(name, activity))
            .map(|(name, activity)| {
                let what = if activity.started { "succeeds" } else { "is taken by a worker" };
                format!("activity {name} {what}")
            });
        let timers = self.timers.iter().filter(|(_, fired)| !**fired).map(|(timer, _)| {
            let length = duration_text(timer.after);
            match timer.summary.as_deref() {
                Some(summary) => format!("a timer of {length} goes off ({summary})"),
                None => format!("a timer of {length} goes off"),
            }
        });
        let awaits = activities.chain(timers).map(await_of);
        let signals = self.signals.iter().filter_map(|(name, signal)| match signal {
            Signal { came: false, .. } => Some(await_of(format!("signal `{name}` comes"))),
            Signal { read: false, .. } if !scenario.unread.contains(name) => {
                let what = format!("signal `{name}` is read");
                Some(Unseen { code: Code::SignalUnread, what })
            }
            Signal { .. } => None,
        });
        awaits.chain(signals).collect()
    }
}
