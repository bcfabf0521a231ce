//! Plays activations to an instance, twice, and prints what it asks for.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    Activation, ActivityResolution, Completion, Definition, ExternalTarget, Initialize, Job,
    MissingFlags, Seq, Signal as SignalJob, TaskFailure, WorkflowCommand,
};
use rehearsal_history::{
    ActivityFailureInfo, EventId, Failure, FailureInfo, Payload, Payloads, RetryState, Timestamp,
};
use rehearsal_workflow::{Activity, ActivityOptions, Context, Workflow, WorkflowError, definition};

pub(crate) const WORKFLOW: Workflow<(), String> = Workflow::new("Workflow");
pub(crate) const WORK: Activity<(), String> = Activity::new("Work");
pub(crate) const OTHER: Activity<(), String> = Activity::new("Other");

/// A workflow that takes nothing and returns text.
pub(crate) fn workflow<F, Fut>(code: F) -> Arc<dyn Definition>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, WorkflowError>> + 'static,
{
    definition(WORKFLOW, move |ctx: Context, (): ()| code(ctx))
}

/// A context whose activities are not waited for when they are canceled: Go T.
pub(crate) fn go_t(ctx: &Context) -> Context {
    ctx.with_activity_options(ActivityOptions::start_to_close(secs(30)))
}

/// A context whose activities are waited for when they are canceled: Go W.
pub(crate) fn go_w(ctx: &Context) -> Context {
    ctx.with_activity_options(
        ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation(),
    )
}

/// What Go prints with `%v`: the error, or `<nil>`.
pub(crate) fn v<T>(result: &Result<T, WorkflowError>) -> String {
    result.as_ref().err().map_or_else(|| "<nil>".to_owned(), ToString::to_string)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The first activation is told this; then each of `later` is one more. Played twice, which must give the same.
#[track_caller]
pub(crate) fn play(definition: &Arc<dyn Definition>, first: &[Job], later: &[Vec<Job>]) -> String {
    play_without(MissingFlags::default(), definition, first, later)
}

/// As [`play`], by the rules from before these flags.
#[track_caller]
pub(crate) fn play_without(
    missing_flags: MissingFlags,
    definition: &Arc<dyn Definition>,
    first: &[Job],
    later: &[Vec<Job>],
) -> String {
    let once = || {
        let mut instance = definition.instantiate();
        let mut log = Vec::new();
        let first: Vec<Job> =
            std::iter::once(initialize("run-1")).chain(first.iter().cloned()).collect();
        for (index, jobs) in std::iter::once(first).chain(later.iter().cloned()).enumerate() {
            log.push(jobs.iter().map(show_job).collect::<Vec<_>>().join(", "));
            let told = Activation { missing_flags, ..activation(index as u64, jobs) };
            let completion = instance.activate(&told);
            show(&mut log, &completion);
            for line in instance.pending() {
                log.push(format!("  waits for {line}"));
            }
        }
        log.join("\n")
    };
    let log = once();
    assert_eq!(log, once(), "two replays of one run differ");
    log
}

pub(crate) fn activation(seconds: u64, jobs: Vec<Job>) -> Activation {
    Activation {
        run_id: "run-1".into(),
        time: Timestamp::EPOCH + secs(seconds),
        started: EventId(3),
        jobs,
        ..Activation::default()
    }
}

pub(crate) fn initialize(run_id: &str) -> Job {
    initialize_with(run_id, None)
}

pub(crate) fn initialize_with(run_id: &str, input: Option<Payloads>) -> Job {
    Job::Initialize(Box::new(Initialize {
        workflow_type: "Workflow".into(),
        workflow_id: "order-7".into(),
        run_id: run_id.into(),
        first_run_id: run_id.into(),
        input,
        header: None,
        task_queue: "main".into(),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        task_timeout: secs(10),
        retry_policy: None,
        started_at: Timestamp::EPOCH,
        ..Initialize::default()
    }))
}

pub(crate) fn cancel() -> Job {
    Job::CancelWorkflow { reason: "".into() }
}

pub(crate) fn fire(seq: u32) -> Job {
    Job::FireTimer { seq: Seq(seq) }
}

pub(crate) fn signal(name: &str, json: &str) -> Job {
    Job::SignalWorkflow(Box::new(SignalJob {
        name: name.into(),
        input: Some(Payloads::one(Payload::json(json))),
        header: None,
        event: EventId(5),
    }))
}

pub(crate) fn completed(seq: u32, json: &str) -> Job {
    let resolution = ActivityResolution::Completed(Some(Payloads::one(Payload::json(json))));
    Job::ResolveActivity { seq: Seq(seq), resolution }
}

pub(crate) fn failed(seq: u32, cause: Failure) -> Job {
    Job::ResolveActivity {
        seq: Seq(seq),
        resolution: ActivityResolution::Failed(Box::new(activity_error(cause))),
    }
}

/// The server canceled it before it was started.
pub(crate) fn canceled(seq: u32) -> Job {
    let details = Payloads::one(Payload::json(r#""ACTIVITY_ID_NOT_STARTED""#));
    failed(seq, Failure::canceled("canceled", Some(details)))
}

pub(crate) fn activity_error(cause: Failure) -> Failure {
    Failure {
        message: "activity error".into(),
        source: "GoSDK".into(),
        cause: Some(Box::new(cause)),
        info: Some(FailureInfo::Activity(ActivityFailureInfo {
            scheduled_event_id: EventId(5),
            identity: "worker-1".into(),
            activity_type: "Work".into(),
            activity_id: "5".into(),
            retry_state: RetryState::NonRetryableFailure,
            ..ActivityFailureInfo::default()
        })),
        ..Failure::default()
    }
}

fn show_job(job: &Job) -> String {
    match job {
        Job::FireTimer { seq } => format!("FireTimer {seq}"),
        Job::ResolveActivity { seq, resolution: ActivityResolution::Completed(_) } => {
            format!("Completed {seq}")
        }
        Job::ResolveActivity { seq, .. } => format!("Failed {seq}"),
        Job::ResolveChildStart { seq, .. }
        | Job::ResolveChild { seq, .. }
        | Job::ResolveSignalExternal { seq, .. }
        | Job::ResolveCancelExternal { seq, .. } => format!("{} {seq}", job.name()),
        job => job.name().to_owned(),
    }
}

fn show(log: &mut Vec<String>, completion: &Completion) {
    match completion {
        Completion::Commands(commands) => {
            for command in commands {
                log.push(format!("  {}", show_command(command)));
            }
        }
        Completion::Failed(failure) => {
            let TaskFailure { cause, failure, trouble } = &**failure;
            log.push(format!("  task failed: {}: {}", cause.as_str(), failure.message));
            log.push(format!("  {trouble:?}"));
        }
    }
}

fn show_command(command: &WorkflowCommand) -> String {
    match command {
        WorkflowCommand::ScheduleActivity(activity) => {
            let id = activity.activity_id.as_deref().map(|id| format!(" id={id}"));
            let queue = activity.task_queue.as_deref().map(|queue| format!(" queue={queue}"));
            format!(
                "ScheduleActivity {} {}{}{}{}",
                activity.seq,
                activity.activity_type,
                text(activity.input.as_ref()),
                id.unwrap_or_default(),
                queue.unwrap_or_default(),
            )
        }
        WorkflowCommand::RequestCancelActivity { seq } => format!("RequestCancelActivity {seq}"),
        WorkflowCommand::StartTimer(timer) => {
            let summary = timer.summary.as_ref().and_then(Payload::as_json).unwrap_or_default();
            let summary = summary.trim_matches('"');
            let summary = if summary.is_empty() { String::new() } else { format!(" ({summary})") };
            format!("StartTimer {} {:?}{summary}", timer.seq, timer.after)
        }
        WorkflowCommand::CancelTimer { seq } => format!("CancelTimer {seq}"),
        WorkflowCommand::StartChildWorkflow(child) => {
            let id = child.workflow_id.as_deref().map(|id| format!(" id={id}")).unwrap_or_default();
            let input = text(child.input.as_ref());
            format!("StartChildWorkflow {} {}{input}{id}", child.seq, child.workflow_type)
        }
        WorkflowCommand::CancelChildWorkflow(cancel) => {
            format!("CancelChildWorkflow {}", cancel.seq)
        }
        WorkflowCommand::SignalExternalWorkflow(signal) => format!(
            "SignalExternalWorkflow {} {}{} to {}",
            signal.seq,
            signal.name,
            text(signal.input.as_ref()),
            target(&signal.target),
        ),
        WorkflowCommand::RequestCancelExternalWorkflow(cancel) => {
            format!("RequestCancelExternalWorkflow {} of {}", cancel.seq, target(&cancel.target))
        }
        WorkflowCommand::CompleteWorkflow { result } => {
            format!("CompleteWorkflow{}", text(result.as_ref()))
        }
        WorkflowCommand::FailWorkflow { failure } => {
            format!("FailWorkflow {}", WorkflowError::from((**failure).clone()))
        }
        WorkflowCommand::CancelWorkflow { details } => {
            format!("CancelWorkflow{}", text(details.as_ref()))
        }
        other => format!("{other:?}"),
    }
}

fn target(target: &ExternalTarget) -> String {
    let run = target.run_id.as_deref().map(|run| format!(" run={run}")).unwrap_or_default();
    let child = if target.child_only { " (child only)" } else { "" };
    format!("{}{run}{child}", target.workflow_id)
}

/// Payloads as JSON, each after a space.
fn text(payloads: Option<&Payloads>) -> String {
    let payloads = payloads.map(Payloads::as_slice).unwrap_or_default();
    payloads.iter().flat_map(|payload| [" ", payload.as_json().unwrap_or("null")]).collect()
}
