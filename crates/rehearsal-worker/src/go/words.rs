//! Events and commands as Go prints them when they differ: all of their attributes, in the order of their declaration
//! (`HistoryEventToString` and `CommandToString` in `internal/common/util/stringer.go` of Go SDK 1.47; recorded:
//! `version-forgotten`).
//!
//! What Go prints by its address in memory, or as the text of protobuf, is not the same in two processes: there is no
//! text for what holds headers, markers and failures, or that Go prints as a whole, such as children.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::Display;
use core::time::Duration;

use rehearsal_activation::{ScheduleActivityTask, ServerCommand};
use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{Event, EventKind, Header, Payloads, RetryPolicy};

/// An event, if its text is always the same.
pub(super) fn event(event: &Event) -> Option<String> {
    use EventKind as E;
    let all = match &event.kind {
        E::ActivityTaskScheduled(of) => scheduled(of)?,
        E::ActivityTaskCancelRequested(of) => Fields::default()
            .with("ScheduledEventId", of.scheduled_event_id)
            .with("WorkflowTaskCompletedEventId", of.workflow_task_completed_event_id),
        E::TimerStarted(of) => Fields::default()
            .with("TimerId", &of.timer_id)
            .span("StartToFireTimeout", of.start_to_fire_timeout)
            .with("WorkflowTaskCompletedEventId", of.workflow_task_completed_event_id),
        E::TimerCanceled(of) => Fields::default()
            .with("TimerId", &of.timer_id)
            .with("StartedEventId", of.started_event_id)
            .with("WorkflowTaskCompletedEventId", of.workflow_task_completed_event_id)
            .with("Identity", &of.identity),
        E::WorkflowExecutionCompleted(of) => Fields::default()
            .payloads("Result", of.result.as_ref())
            .with("WorkflowTaskCompletedEventId", of.workflow_task_completed_event_id)
            .with("NewExecutionRunId", &of.new_execution_run_id),
        _ => return None,
    };
    Some(format!("{}: {}", event.kind.name(), all.end()))
}

/// A command, if its text is always the same.
pub(super) fn command(command: &ServerCommand) -> Option<String> {
    use ServerCommand as C;
    let (name, all) = match command {
        C::ScheduleActivityTask(of) => ("ScheduleActivityTask", to_schedule(of)?),
        C::RequestCancelActivityTask { scheduled, .. } => {
            ("RequestCancelActivityTask", Fields::default().with("ScheduledEventId", scheduled))
        }
        C::StartTimer { timer_id, after, .. } => {
            let all = Fields::default().with("TimerId", timer_id);
            ("StartTimer", all.span("StartToFireTimeout", Some(*after)))
        }
        C::CancelTimer { timer_id, .. } => {
            ("CancelTimer", Fields::default().with("TimerId", timer_id))
        }
        C::CompleteWorkflow { result } => {
            ("CompleteWorkflowExecution", Fields::default().payloads("Result", result.as_ref()))
        }
        C::FailWorkflow { .. }
        | C::CancelWorkflow { .. }
        | C::ContinueAsNew(_)
        | C::RecordMarker(_)
        | C::UpsertSearchAttributes(_)
        | C::UpsertMemo(_)
        | C::StartChildWorkflow(_)
        | C::SignalExternalWorkflow(_)
        | C::RequestCancelExternalWorkflow(_)
        | C::AnswerUpdate(_) => return None,
    };
    Some(format!("{name}: {}", all.end()))
}

fn scheduled(of: &ActivityTaskScheduled) -> Option<Fields> {
    let queue = Fields::default()
        .with("Name", &of.task_queue.name)
        .with("Kind", "Normal")
        .with("NormalName", &of.task_queue.normal_name);
    let all = Fields::default()
        .with("ActivityId", &of.activity_id)
        .with("ActivityType", Fields::default().with("Name", &of.activity_type.name).end())
        .with("TaskQueue", queue.end())
        .header(of.header.as_ref())?
        .payloads("Input", of.input.as_ref())
        .span("ScheduleToCloseTimeout", of.schedule_to_close_timeout)
        .span("ScheduleToStartTimeout", of.schedule_to_start_timeout)
        .span("StartToCloseTimeout", of.start_to_close_timeout)
        .span("HeartbeatTimeout", of.heartbeat_timeout)
        .with("WorkflowTaskCompletedEventId", of.workflow_task_completed_event_id)
        .policy(of.retry_policy.as_ref())
        .with("UseWorkflowBuildId", of.use_workflow_build_id);
    Some(all)
}

/// Go sends each timeout, and wants the start at once if the worker allows it.
fn to_schedule(of: &ScheduleActivityTask) -> Option<Fields> {
    let queue = Fields::default().with("Name", &of.task_queue).with("Kind", "Normal");
    let span = |span: Option<Duration>| Some(span.unwrap_or_default());
    let all = Fields::default()
        .with("ActivityId", &of.activity_id)
        .with("ActivityType", Fields::default().with("Name", &of.activity_type).end())
        .with("TaskQueue", queue.end())
        .header(Some(of.header.as_ref().unwrap_or(&Header::default())))?
        .payloads("Input", of.input.as_ref())
        .span("ScheduleToCloseTimeout", span(of.schedule_to_close))
        .span("ScheduleToStartTimeout", span(of.schedule_to_start))
        .span("StartToCloseTimeout", span(of.start_to_close))
        .span("HeartbeatTimeout", span(of.heartbeat))
        .policy(of.retry_policy.as_ref())
        .with("RequestEagerExecution", true)
        .with("UseWorkflowBuildId", of.use_workflow_build_id);
    Some(all)
}

/// Attributes in parentheses. What is empty is left out; numbers and truth values never are.
#[derive(Default)]
struct Fields(String);

impl Fields {
    fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            if !self.0.is_empty() {
                self.0.push_str(", ");
            }
            self.0.extend([name, ":", &value]);
        }
        self
    }

    fn span(self, name: &str, span: Option<Duration>) -> Self {
        let printed = span.map(|span| {
            Self::default().with("Seconds", span.as_secs()).with("Nanos", span.subsec_nanos()).end()
        });
        self.with(name, printed.unwrap_or_default())
    }

    fn payloads(self, name: &str, payloads: Option<&Payloads>) -> Self {
        let printed = payloads.map(|payloads| {
            let count = format!("[len={}]", payloads.as_slice().len());
            Self::default().with("Payloads", count).end()
        });
        self.with(name, printed.unwrap_or_default())
    }

    /// `None` if it holds anything.
    fn header(self, header: Option<&Header>) -> Option<Self> {
        match header {
            None => Some(self),
            Some(header) if header.fields.is_empty() => {
                Some(self.with("Header", Self::default().with("Fields", "map[]").end()))
            }
            Some(_) => None,
        }
    }

    fn policy(self, policy: Option<&RetryPolicy>) -> Self {
        let printed = policy.map(|policy| {
            Self::default()
                .span("InitialInterval", policy.initial_interval)
                .with("BackoffCoefficient", policy.backoff_coefficient)
                .span("MaximumInterval", policy.maximum_interval)
                .with("MaximumAttempts", policy.maximum_attempts)
                .with(
                    "NonRetryableErrorTypes",
                    format!("[len={}]", policy.non_retryable_error_types.len()),
                )
                .end()
        });
        self.with("RetryPolicy", printed.unwrap_or_default())
    }

    fn end(self) -> String {
        format!("({})", self.0)
    }
}
