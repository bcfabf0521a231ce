//! Plays activations to an instance, twice, and prints what it asks for.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    Activation, ActivityResolution, Completion, Definition, Initialize, Job, ScheduleActivity, Seq,
    Signal, WorkflowCommand,
};
use rehearsal_history::{
    ActivityFailureInfo, EventId, Failure, FailureInfo, Payload, Payloads, RetryState, Timestamp,
};

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The first activation is told that the run begins; then each of `later` is one more. Played twice, which must give
/// the same.
#[track_caller]
pub(crate) fn play<D: Definition>(
    definition: &Arc<D>,
    first: &[Job],
    later: &[Vec<Job>],
) -> String {
    play_input(definition, "null", first, later)
}

#[track_caller]
pub(crate) fn play_input<D: Definition>(
    definition: &Arc<D>,
    input: &str,
    first: &[Job],
    later: &[Vec<Job>],
) -> String {
    let once = || {
        let mut instance = definition.instantiate();
        let mut log = Vec::new();
        let input = (input != "null").then(|| json(input));
        let first: Vec<Job> =
            std::iter::once(initialize("run-1", input)).chain(first.iter().cloned()).collect();
        for (index, jobs) in std::iter::once(first).chain(later.iter().cloned()).enumerate() {
            log.push(jobs.iter().map(Job::name).collect::<Vec<_>>().join(", "));
            show(&mut log, &instance.activate(&activation(index as u64, jobs)));
            log.extend(instance.pending().iter().map(|line| format!("  waits for {line}")));
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

pub(crate) fn initialize(run_id: &str, input: Option<Payloads>) -> Job {
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

pub(crate) fn json(text: &str) -> Payloads {
    Payloads::one(Payload::json(text))
}

pub(crate) fn cancel() -> Job {
    Job::CancelWorkflow { reason: "enough".into() }
}

pub(crate) fn fire(seq: u32) -> Job {
    Job::FireTimer { seq: Seq(seq) }
}

pub(crate) fn signal(name: &str, text: &str) -> Job {
    let input = Some(json(text));
    let signal = Signal { name: name.into(), input, header: None, event: EventId(5) };
    Job::SignalWorkflow(Box::new(signal))
}

pub(crate) fn completed(seq: u32, text: &str) -> Job {
    resolved(seq, ActivityResolution::Completed(Some(json(text))))
}

pub(crate) fn failed(seq: u32, cause: Failure) -> Job {
    resolved(seq, ActivityResolution::Failed(Box::new(activity_error(cause))))
}

/// As core resolves an activity that was canceled before it was sent (C-36).
pub(crate) fn canceled(seq: u32) -> Job {
    let failure = activity_error(Failure::canceled("Activity cancelled", None));
    resolved(seq, ActivityResolution::Canceled(Box::new(failure)))
}

fn resolved(seq: u32, resolution: ActivityResolution) -> Job {
    Job::ResolveActivity { seq: Seq(seq), resolution }
}

fn activity_error(cause: Failure) -> Failure {
    Failure {
        message: "Activity task failed".into(),
        cause: Some(Box::new(cause)),
        info: Some(FailureInfo::Activity(ActivityFailureInfo {
            activity_type: "Acts::work".into(),
            activity_id: "1".into(),
            retry_state: RetryState::NonRetryableFailure,
            ..ActivityFailureInfo::default()
        })),
        ..Failure::default()
    }
}

fn show(log: &mut Vec<String>, completion: &Completion) {
    match completion {
        Completion::Commands(commands) if commands.is_empty() => log.push("  nothing".to_owned()),
        Completion::Commands(commands) => {
            log.extend(commands.iter().map(|command| format!("  {}", show_command(command))));
        }
        Completion::Failed(failed) => {
            log.push(format!("  task failed: {}", failed.cause.as_str()));
            log.push(format!("  {}", show_failure(&failed.failure)));
            log.push(format!("  {:?}", failed.trouble));
        }
    }
}

fn show_command(command: &WorkflowCommand) -> String {
    match command {
        WorkflowCommand::ScheduleActivity(activity) => show_activity(activity),
        WorkflowCommand::RequestCancelActivity { seq } => format!("RequestCancelActivity {seq}"),
        WorkflowCommand::StartTimer(timer) => {
            let summary = timer.summary.as_ref().and_then(Payload::as_json);
            let summary = summary.map(|text| format!(" {text}")).unwrap_or_default();
            format!("StartTimer {} {:?}{summary}", timer.seq, timer.after)
        }
        WorkflowCommand::CancelTimer { seq } => format!("CancelTimer {seq}"),
        WorkflowCommand::CompleteWorkflow { result } => {
            format!("CompleteWorkflow {}", show_payloads(result.as_ref()))
        }
        WorkflowCommand::FailWorkflow { failure } => {
            format!("FailWorkflow {}", show_failure(failure))
        }
        WorkflowCommand::CancelWorkflow { details } => {
            format!("CancelWorkflow {}", show_payloads(details.as_ref()))
        }
        other => format!("{other:?}"),
    }
}

fn show_activity(activity: &ScheduleActivity) -> String {
    let ScheduleActivity { seq, activity_id, activity_type, input, cancellation_type, .. } =
        activity;
    let id = activity_id.as_deref().unwrap_or("none");
    let input = show_payloads(input.as_ref());
    format!("ScheduleActivity {seq} {activity_type} id {id}, {cancellation_type:?}, {input}")
}

pub(crate) fn show_payloads(payloads: Option<&Payloads>) -> String {
    let Some(payloads) = payloads else { return "none".to_owned() };
    let one = |payload: &Payload| {
        let data = String::from_utf8_lossy(&payload.data.0).into_owned();
        format!("{}:{data}", payload.encoding().unwrap_or("none"))
    };
    payloads.as_slice().iter().map(one).collect::<Vec<_>>().join(", ")
}

fn show_failure(failure: &Failure) -> String {
    let one = |failure: &Failure| {
        let kind = match &failure.info {
            None => "no kind".to_owned(),
            Some(FailureInfo::Application(info)) => {
                format!("application {:?} {}", info.kind, info.non_retryable)
            }
            Some(FailureInfo::Activity(_)) => "activity".to_owned(),
            Some(FailureInfo::Canceled(_)) => "canceled".to_owned(),
            Some(other) => format!("{other:?}"),
        };
        format!("{:?} ({kind})", failure.message)
    };
    failure.chain().map(one).collect::<Vec<_>>().join(" <- ")
}
