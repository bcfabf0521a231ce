//! A table of a history for snapshots: what happened, to what, and how much later.
//!
//! It is made to be compared. A line says nothing that depends on the lines before it, as far as that can be: one event
//! more is one line more, and no other line changes. So there are no ids of events, an event tells how much time has
//! passed before it and not when it was, and columns are as wide as they are, whatever stands in them. A line begins
//! with the type, so that snapshots in the source, which are indented as little as possible, stay where they are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{cut, duration_text};
use crate::event::{Event, EventKind};
use crate::id::EventId;
use crate::scrub::Uuids;
use crate::time::Timestamp;

/// The width of a type: that of `WorkflowExecutionCancelRequested`. A longer one moves its own line alone.
const NAME: usize = 32;
/// The width of what an event is about. A longer one moves its own line alone.
const SUBJECT: usize = 20;

/// The table of these events.
pub(crate) fn print(events: &[Arc<Event>]) -> String {
    let mut uuids = Uuids::default();
    let mut opened = Opened::default();
    let mut latest = events.first().map(|event| event.time).unwrap_or_default();
    let mut text = String::new();
    for event in events {
        let subject = opened.subject(event);
        let subject = uuids.replace(&subject).map_or_else(|| subject.clone(), Cow::from);
        let (name, subject) = (cut(event.kind.name()), cut(&subject));
        let time = passed(latest, event.time);
        let line = format!("{name:<NAME$}  {subject:<SUBJECT$}  {time}");
        writeln!(text, "{}", line.trim_end()).expect("a string takes any text");
        latest = latest.max(event.time);
    }
    text
}

/// How much later than all events before it an event is, or by how much earlier than the latest of them, which happens
/// as well (H-8). Empty for the same time.
fn passed(latest: Timestamp, time: Timestamp) -> String {
    let whole = |duration: Duration| {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    };
    let start = Timestamp::default();
    let (latest, time) = (whole(latest.since(start)), whole(time.since(start)));
    match time.checked_sub(latest) {
        Some(Duration::ZERO) => String::new(),
        Some(later) => format!("+{}", duration_text(later)),
        None => format!("-{}", duration_text(latest.saturating_sub(time))),
    }
}

/// What was opened so far, by the event that did: later events name what they are about by it.
#[derive(Default)]
struct Opened<'a> {
    labels: BTreeMap<EventId, Cow<'a, str>>,
    /// How many of a type and a name.
    counts: BTreeMap<(&'a str, Cow<'a, str>), usize>,
}

impl<'a> Opened<'a> {
    /// What an event is about, by its name: a workflow, an activity, a signal; empty if nothing has one. A timer has no
    /// name, only an id that depends on all commands before it, and so it is told by how long it runs.
    ///
    /// The second of a name is `name #2`.
    fn subject(&mut self, event: &'a Event) -> Cow<'a, str> {
        match &event.kind {
            EventKind::ActivityTaskScheduled(e) => {
                self.open(event, (&*e.activity_type.name).into())
            }
            EventKind::TimerStarted(e) => {
                self.open(event, duration_text(e.start_to_fire_timeout.unwrap_or_default()).into())
            }
            EventKind::StartChildWorkflowExecutionInitiated(e) => {
                self.open(event, (&*e.workflow_type.name).into())
            }
            kind => match kind.opener() {
                Some(opener) => self.labels.get(&opener).cloned().unwrap_or_default(),
                None => name(kind).into(),
            },
        }
    }

    fn open(&mut self, event: &'a Event, name: Cow<'a, str>) -> Cow<'a, str> {
        let count = self.counts.entry((event.kind.name(), name.clone())).or_default();
        *count += 1;
        let label = if *count == 1 { name } else { format!("{name} #{count}").into() };
        self.labels.insert(event.id, label.clone());
        label
    }
}

/// The name of what an event is about that neither opens anything nor is about something opened.
fn name(kind: &EventKind) -> &str {
    match kind {
        EventKind::WorkflowExecutionStarted(e) => &e.workflow_type.name,
        EventKind::WorkflowExecutionContinuedAsNew(e) => &e.workflow_type.name,
        EventKind::WorkflowExecutionSignaled(e) => &e.signal_name,
        EventKind::MarkerRecorded(e) => &e.marker_name,
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(e) => {
            &e.workflow_execution.workflow_id
        }
        EventKind::RequestCancelExternalWorkflowExecutionFailed(e) => {
            &e.workflow_execution.workflow_id
        }
        EventKind::ExternalWorkflowExecutionCancelRequested(e) => &e.workflow_execution.workflow_id,
        EventKind::SignalExternalWorkflowExecutionInitiated(e) => &e.signal_name,
        EventKind::SignalExternalWorkflowExecutionFailed(e) => &e.workflow_execution.workflow_id,
        EventKind::ExternalWorkflowExecutionSignaled(e) => &e.workflow_execution.workflow_id,
        EventKind::WorkflowExecutionUpdateAccepted(e) => {
            let input = e.accepted_request.as_ref().and_then(|request| request.input.as_ref());
            input.map_or("", |input| &input.name)
        }
        _ => "",
    }
}
