//! Events and commands in one short line each, for reports.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{
    Event, EventKind, Failure, Header, Payload, Payloads, RetryPolicy, UserMetadata, duration_text,
};

/// The longest value that a line quotes.
pub(crate) const LONGEST: usize = 48;

/// An event: its type and what names it.
pub(crate) fn event(event: &Event) -> String {
    let name = event.kind.name();
    match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled) => {
            format!("{name} {} id={}", scheduled.activity_type.name, scheduled.activity_id)
        }
        EventKind::ActivityTaskCancelRequested(request) => {
            format!("{name} scheduled={}", request.scheduled_event_id)
        }
        EventKind::ActivityTaskCompleted(completed) => {
            format!("{name} scheduled={}", completed.scheduled_event_id)
        }
        EventKind::ActivityTaskFailed(failed) => {
            format!("{name} scheduled={}", failed.scheduled_event_id)
        }
        EventKind::ActivityTaskTimedOut(timed_out) => {
            format!("{name} scheduled={}", timed_out.scheduled_event_id)
        }
        EventKind::ActivityTaskCanceled(canceled) => {
            format!("{name} scheduled={}", canceled.scheduled_event_id)
        }
        EventKind::TimerStarted(timer) => {
            format!(
                "{name} id={} after={}",
                timer.timer_id,
                duration_text(timer.start_to_fire_timeout.unwrap_or_default())
            )
        }
        EventKind::TimerCanceled(timer) => format!("{name} id={}", timer.timer_id),
        EventKind::TimerFired(timer) => format!("{name} id={}", timer.timer_id),
        EventKind::WorkflowExecutionCompleted(completed) => {
            format!("{name} result={}", payloads(completed.result.as_ref()))
        }
        EventKind::WorkflowExecutionFailed(failed) => {
            format!(
                "{name} {}",
                failed.failure.as_ref().map_or_else(|| "without a failure".into(), failure)
            )
        }
        EventKind::WorkflowExecutionCanceled(canceled) => {
            format!("{name} details={}", payloads(canceled.details.as_ref()))
        }
        _ => name.into(),
    }
}

/// A command: what is asked for and what names it.
pub(crate) fn command(command: &ServerCommand) -> String {
    match command {
        ServerCommand::ScheduleActivityTask(schedule) => {
            format!("ScheduleActivityTask {} id={}", schedule.activity_type, schedule.activity_id)
        }
        ServerCommand::RequestCancelActivityTask { scheduled, .. } => {
            format!("RequestCancelActivityTask scheduled={scheduled}")
        }
        ServerCommand::StartTimer { timer_id, after, .. } => {
            format!("StartTimer id={timer_id} after={}", duration_text(*after))
        }
        ServerCommand::CancelTimer { timer_id, .. } => format!("CancelTimer id={timer_id}"),
        ServerCommand::CompleteWorkflow { result } => {
            format!("CompleteWorkflow result={}", payloads(result.as_ref()))
        }
        ServerCommand::FailWorkflow { failure: reason } => {
            format!("FailWorkflow {}", failure(reason))
        }
        ServerCommand::CancelWorkflow { details } => {
            format!("CancelWorkflow details={}", payloads(details.as_ref()))
        }
        ServerCommand::RecordMarker(marker) => format!("RecordMarker {}", marker.name),
        ServerCommand::StartChildWorkflow(child) => {
            format!("StartChildWorkflow {} id={}", child.workflow_type, child.workflow_id)
        }
        ServerCommand::SignalExternalWorkflow(signal) => {
            format!("SignalExternalWorkflow {} id={}", signal.name, signal.target.workflow_id)
        }
        ServerCommand::RequestCancelExternalWorkflow(cancel) => {
            format!("RequestCancelExternalWorkflow id={}", cancel.target.workflow_id)
        }
        ServerCommand::ContinueAsNew(next) => {
            format!("ContinueAsNew input={}", payloads(next.input.as_ref()))
        }
        ServerCommand::UpsertSearchAttributes(_) => "UpsertSearchAttributes".into(),
        ServerCommand::UpsertMemo(_) => "UpsertMemo".into(),
    }
}

/// Values, cut if they are long; `none` if there are none.
fn payloads(values: Option<&Payloads>) -> String {
    shortened(whole(values))
}

/// Values, however long they are; `none` if there are none.
pub(crate) fn whole(values: Option<&Payloads>) -> String {
    let values = values.map(Payloads::as_slice).unwrap_or_default();
    if values.is_empty() {
        return "none".into();
    }
    let mut text = String::new();
    for value in values {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&payload(value));
    }
    text
}

/// One value.
fn payload(value: &Payload) -> String {
    match (value.as_json(), value.encoding()) {
        (Some(json), _) => json.into(),
        (None, Some("binary/null")) => "null".into(),
        (None, encoding) => {
            format!("<{}, {} bytes>", encoding.unwrap_or("no encoding"), value.data.0.len())
        }
    }
}

/// The names of the fields.
pub(crate) fn header(header: Option<&Header>) -> String {
    let mut names = String::new();
    for name in header.into_iter().flat_map(|header| header.fields.keys()) {
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(name);
    }
    if names.is_empty() { "none".into() } else { shortened(names) }
}

/// The line that a person reads beside an event.
pub(crate) fn summary(user_metadata: Option<&UserMetadata>) -> String {
    let summary = user_metadata.and_then(|metadata| metadata.summary.as_ref());
    summary.map_or_else(|| "none".into(), payload)
}

/// A failure with its causes, messages only, cut if it is long.
fn failure(failure: &Failure) -> String {
    shortened(whole_failure(failure))
}

/// A failure with its causes, messages only.
pub(crate) fn whole_failure(failure: &Failure) -> String {
    let mut text = String::new();
    for link in failure.chain() {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&link.message);
    }
    format!("\"{text}\"")
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// A retry policy: name and text of each attribute.
pub(crate) fn retry_policy(policy: &RetryPolicy) -> [(&'static str, String); 5] {
    let interval = |interval: Option<Duration>| duration_text(interval.unwrap_or_default());
    [
        ("initial interval", interval(policy.initial_interval)),
        ("backoff coefficient", format!("{}", policy.backoff_coefficient)),
        ("maximum interval", interval(policy.maximum_interval)),
        ("maximum attempts", format!("{}", policy.maximum_attempts)),
        ("non-retryable error types", format!("{:?}", policy.non_retryable_error_types)),
    ]
}

/// A duration; `none` for zero.
pub(crate) fn timeout(timeout: Duration) -> String {
    if timeout.is_zero() { "none".into() } else { duration_text(timeout) }
}
