//! Which attributes of each type of event the text notation shows.

use super::Details;
use crate::event::EventKind;
use crate::event::WorkflowExecutionStarted;
use crate::skipping::TimeSkippingConfig;

pub(super) fn print(kind: &EventKind, out: &mut Details<'_>) {
    match kind {
        EventKind::WorkflowExecutionStarted(e) => started(e, out),
        EventKind::WorkflowExecutionCompleted(e) => out.payloads("result", e.result.as_ref()),
        EventKind::WorkflowExecutionFailed(e) => {
            out.failure(e.failure.as_ref());
            out.value("retry", &e.retry_state);
        }
        EventKind::WorkflowExecutionTimedOut(e) => out.value("retry", &e.retry_state),
        EventKind::WorkflowExecutionCancelRequested(e) => {
            out.string("reason", &e.cause);
            if let Some(execution) = &e.external_workflow_execution {
                out.execution(execution);
            }
        }
        EventKind::WorkflowExecutionCanceled(e) => out.payloads("details", e.details.as_ref()),
        EventKind::WorkflowExecutionSignaled(e) => {
            out.string("name", &e.signal_name);
            out.payloads("input", e.input.as_ref());
        }
        EventKind::WorkflowExecutionTerminated(e) => {
            out.string("reason", &e.reason);
            out.payloads("details", e.details.as_ref());
        }
        EventKind::WorkflowExecutionContinuedAsNew(e) => {
            out.string("type", &e.workflow_type.name);
            out.string("run", &e.new_execution_run_id);
            out.payloads("input", e.input.as_ref());
            out.value("initiator", &e.initiator);
            out.failure(e.failure.as_ref());
        }
        EventKind::WorkflowExecutionOptionsUpdated(e) => {
            out.string("request", &e.attached_request_id);
            if e.time_skipping_config_updated {
                print_skipping(e.time_skipping_config.as_deref(), out);
            }
        }
        EventKind::WorkflowExecutionTimeSkippingTransitioned(e) => {
            let skipped = e.target_time.zip(e.wall_clock_time);
            out.duration("by", skipped.map(|(target, wall)| target.since(wall)));
            out.flag("last", e.disabled_after_fast_forward);
        }
        EventKind::UpsertWorkflowSearchAttributes(e) => {
            let fields =
                e.search_attributes.iter().flat_map(|attributes| &attributes.indexed_fields);
            fields.for_each(|(name, value)| out.raw(name, &super::payload_text(value)));
        }
        EventKind::WorkflowPropertiesModified(e) => {
            let fields = e.upserted_memo.iter().flat_map(|memo| &memo.fields);
            fields.for_each(|(name, value)| out.raw(name, &super::payload_text(value)));
        }
        EventKind::MarkerRecorded(e) => {
            out.string("name", &e.marker_name);
            e.details.iter().for_each(|(name, value)| out.payloads(name, Some(value)));
            out.failure(e.failure.as_ref());
        }
        EventKind::Other(_) => {}
        task @ (EventKind::WorkflowTaskScheduled(_)
        | EventKind::WorkflowTaskStarted(_)
        | EventKind::WorkflowTaskCompleted(_)
        | EventKind::WorkflowTaskTimedOut(_)
        | EventKind::WorkflowTaskFailed(_)) => print_task(task, out),
        other => print_operation(other, out),
    }
}

fn started(e: &WorkflowExecutionStarted, out: &mut Details<'_>) {
    out.string("type", &e.workflow_type.name);
    out.string("id", &e.workflow_id);
    out.payloads("input", e.input.as_ref());
    out.attempt(e.attempt);
    out.value("initiator", &e.initiator);
    out.duration("backoff", e.first_workflow_task_backoff);
    out.duration("run_timeout", e.workflow_run_timeout);
    out.duration("execution_timeout", e.workflow_execution_timeout);
}

fn print_task(kind: &EventKind, out: &mut Details<'_>) {
    match kind {
        EventKind::WorkflowTaskScheduled(e) => {
            if e.task_queue.kind == crate::policy::TaskQueueKind::Sticky {
                out.queue(&e.task_queue);
            }
            out.attempt(e.attempt);
        }
        EventKind::WorkflowTaskTimedOut(e) => out.value("timeout", &e.timeout_type),
        EventKind::WorkflowTaskFailed(e) => {
            out.value("cause", &e.cause);
            out.failure(e.failure.as_ref());
        }
        _ => {}
    }
}

/// Activities, timers, other workflows, updates.
fn print_operation(kind: &EventKind, out: &mut Details<'_>) {
    match kind {
        EventKind::ActivityTaskScheduled(e) => {
            out.string("type", &e.activity_type.name);
            out.string("id", &e.activity_id);
            out.payloads("input", e.input.as_ref());
        }
        EventKind::ActivityTaskStarted(e) => {
            out.activity(e.scheduled_event_id);
            out.attempt(e.attempt);
            out.failure(e.last_failure.as_ref());
        }
        EventKind::ActivityTaskCompleted(e) => {
            out.activity(e.scheduled_event_id);
            out.payloads("result", e.result.as_ref());
        }
        EventKind::ActivityTaskFailed(e) => {
            out.activity(e.scheduled_event_id);
            out.failure(e.failure.as_ref());
            out.value("retry", &e.retry_state);
        }
        EventKind::ActivityTaskTimedOut(e) => {
            out.activity(e.scheduled_event_id);
            out.failure(e.failure.as_ref());
            out.value("retry", &e.retry_state);
        }
        EventKind::ActivityTaskCancelRequested(e) => out.activity(e.scheduled_event_id),
        EventKind::ActivityTaskCanceled(e) => {
            out.activity(e.scheduled_event_id);
            out.payloads("details", e.details.as_ref());
        }
        EventKind::TimerStarted(e) => {
            out.string("id", &e.timer_id);
            out.duration("after", Some(e.start_to_fire_timeout.unwrap_or_default()));
        }
        EventKind::TimerFired(e) => out.event("started", e.started_event_id),
        EventKind::TimerCanceled(e) => out.event("started", e.started_event_id),
        EventKind::WorkflowExecutionUpdateAccepted(e) => {
            let input = e.accepted_request.as_ref().and_then(|request| request.input.as_ref());
            out.string("name", input.map_or("", |input| &input.name));
            out.string("id", &e.protocol_instance_id);
            out.payloads("args", input.and_then(|input| input.args.as_ref()));
        }
        EventKind::WorkflowExecutionUpdateRejected(e) => {
            out.string("id", &e.protocol_instance_id);
            out.failure(e.failure.as_ref());
        }
        EventKind::WorkflowExecutionUpdateCompleted(e) => {
            out.event("accepted", e.accepted_event_id);
            let outcome = e.outcome.as_ref();
            out.payloads("result", outcome.and_then(|outcome| outcome.success.as_ref()));
            out.failure(outcome.and_then(|outcome| outcome.failure.as_ref()));
        }
        EventKind::WorkflowExecutionUpdateAdmitted(e) => {
            let input = e.request.as_ref().and_then(|request| request.input.as_ref());
            out.string("name", input.map_or("", |input| &input.name));
        }
        other => print_external(other, out),
    }
}

/// Children, and cancels and signals to other workflows.
fn print_external(kind: &EventKind, out: &mut Details<'_>) {
    match kind {
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(e) => {
            out.execution(&e.workflow_execution);
            out.flag("child_only", e.child_workflow_only);
            out.string("reason", &e.reason);
        }
        EventKind::RequestCancelExternalWorkflowExecutionFailed(e) => {
            out.event("initiated", e.initiated_event_id);
            out.value("cause", &e.cause);
        }
        EventKind::ExternalWorkflowExecutionCancelRequested(e) => {
            out.event("initiated", e.initiated_event_id);
        }
        EventKind::SignalExternalWorkflowExecutionInitiated(e) => {
            out.string("name", &e.signal_name);
            out.execution(&e.workflow_execution);
            out.payloads("input", e.input.as_ref());
        }
        EventKind::SignalExternalWorkflowExecutionFailed(e) => {
            out.event("initiated", e.initiated_event_id);
            out.value("cause", &e.cause);
        }
        EventKind::ExternalWorkflowExecutionSignaled(e) => {
            out.event("initiated", e.initiated_event_id);
        }
        EventKind::StartChildWorkflowExecutionInitiated(e) => {
            out.string("type", &e.workflow_type.name);
            out.string("id", &e.workflow_id);
            out.payloads("input", e.input.as_ref());
        }
        EventKind::StartChildWorkflowExecutionFailed(e) => {
            out.event("initiated", e.initiated_event_id);
            out.value("cause", &e.cause);
        }
        EventKind::ChildWorkflowExecutionStarted(e) => out.event("initiated", e.initiated_event_id),
        EventKind::ChildWorkflowExecutionCompleted(e) => {
            out.event("initiated", e.initiated_event_id);
            out.payloads("result", e.result.as_ref());
        }
        EventKind::ChildWorkflowExecutionFailed(e) => {
            out.event("initiated", e.initiated_event_id);
            out.failure(e.failure.as_ref());
        }
        EventKind::ChildWorkflowExecutionCanceled(e) => {
            out.event("initiated", e.initiated_event_id);
            out.payloads("details", e.details.as_ref());
        }
        EventKind::ChildWorkflowExecutionTimedOut(e) => {
            out.event("initiated", e.initiated_event_id);
        }
        EventKind::ChildWorkflowExecutionTerminated(e) => {
            out.event("initiated", e.initiated_event_id);
        }
        _ => {}
    }
}

fn print_skipping(config: Option<&TimeSkippingConfig>, out: &mut Details<'_>) {
    out.raw("skips", if config.is_some_and(|config| config.enabled) { "true" } else { "false" });
    let forward = config.and_then(|config| config.fast_forward_config.as_ref());
    out.duration("forward", forward.and_then(|forward| forward.duration));
}
