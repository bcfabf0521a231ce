//! Instances that follow a script, and short ways to write commands.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    Activation, Completion, Definition, Instance, Job, ScheduleActivity, Seq, ServerCommand,
    StartTimer, TaskDelivery, TaskOutcome, TaskToken, WorkflowCommand,
};
use rehearsal_history::{Event, EventId, EventKind, History, HistoryBuilder, Payload, Payloads};
use rehearsal_worker::{
    Grade, Profile, ReplayOptions, ReplayVerdict, Worker, WorkerInput, WorkerOptions, WorkerOutput,
    replay,
};

/// A workflow that asks for the same, activation after activation, whatever it is told.
#[derive(Debug, Clone)]
pub(crate) struct Script(pub(crate) Vec<Completion>);

impl Script {
    pub(crate) fn of(tasks: impl IntoIterator<Item = Vec<WorkflowCommand>>) -> Self {
        Self(tasks.into_iter().map(Completion::Commands).collect())
    }
}

impl Definition for Script {
    fn workflow_type(&self) -> &'static str {
        "scripted"
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        Box::new(Running(self.0.clone().into()))
    }
}

/// One run of a [`Script`]; behind its end it asks for nothing.
struct Running(VecDeque<Completion>);

impl Instance for Running {
    fn activate(&mut self, _: &Activation) -> Completion {
        self.0.pop_front().unwrap_or(Completion::Commands(Vec::new()))
    }

    fn pending(&self) -> Vec<String> {
        Vec::new()
    }
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// One value of JSON.
pub(crate) fn json(text: &str) -> Payloads {
    Payloads::one(Payload::json(text))
}

/// The activity that `HistoryBuilder::schedule_activity` records.
pub(crate) fn activity(seq: u32, name: &str) -> WorkflowCommand {
    WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(seq),
        activity_type: name.into(),
        start_to_close: Some(secs(60)),
        ..ScheduleActivity::default()
    }))
}

pub(crate) fn cancel_activity(seq: u32) -> WorkflowCommand {
    WorkflowCommand::RequestCancelActivity { seq: Seq(seq) }
}

pub(crate) fn timer(seq: u32, after: u64) -> WorkflowCommand {
    WorkflowCommand::StartTimer(StartTimer { seq: Seq(seq), after: secs(after), summary: None })
}

pub(crate) fn cancel_timer(seq: u32) -> WorkflowCommand {
    WorkflowCommand::CancelTimer { seq: Seq(seq) }
}

pub(crate) fn complete() -> WorkflowCommand {
    WorkflowCommand::CompleteWorkflow { result: None }
}

/// A history that `tell` builds.
pub(crate) fn history(tell: impl FnOnce(&mut HistoryBuilder)) -> History {
    let mut builder = HistoryBuilder::new("scripted");
    tell(&mut builder);
    builder.build()
}

/// Replays `history` against `script`, twice; returns the verdict if both agree.
#[track_caller]
pub(crate) fn verdict(history: &History, script: &Script) -> ReplayVerdict {
    let once = || replay(history.events(), script, ReplayOptions::default());
    let verdict = once();
    assert_eq!(verdict, once(), "two replays of one history differ");
    verdict
}

/// The text of what a replay found: the difference that breaks production, or the verdict and the others.
#[track_caller]
pub(crate) fn report(history: &History, script: &Script) -> String {
    match verdict(history, script) {
        Ok(replayed) => {
            let mut lines = vec![format!("{} tasks, {:?}", replayed.tasks, replayed.end)];
            for difference in replayed.differences {
                assert!(
                    difference.grade < Grade::BreaksProduction,
                    "graded as {}",
                    difference.grade
                );
                lines.push(difference.to_string());
            }
            lines.join("\n")
        }
        Err(mismatch) => mismatch.to_string(),
    }
}

/// A worker called `worker-1` with the rules of Go.
pub(crate) fn worker() -> Worker {
    worker_of(Profile::Go)
}

/// A worker called `worker-1` with these rules.
pub(crate) fn worker_of(profile: Profile) -> Worker {
    Worker::new(WorkerOptions {
        identity: "worker-1".into(),
        sticky_queue: "sticky".into(),
        task_queue: "main".into(),
        sticky_timeout: profile.sticky_timeout(),
        profile,
    })
}

/// The delivery of the task that `events` end with, beginning at `first`, as this attempt.
#[track_caller]
pub(crate) fn delivery(events: &[Arc<Event>], first: u64, attempt: u32) -> WorkerInput {
    let last = events.last().unwrap();
    let EventKind::WorkflowTaskStarted(started) = &last.kind else { panic!("no task is open") };
    let previous = events.iter().rev().find_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => Some(completed.started_event_id),
        _ => None,
    });
    WorkerInput::Task(Box::new(TaskDelivery {
        token: TaskToken {
            workflow_id: "workflow".into(),
            run_id: "run".into(),
            scheduled: started.scheduled_event_id,
            started: last.id,
            attempt,
        },
        workflow_type: "scripted".into(),
        previous_started: previous.unwrap_or_default(),
        first_event: EventId(first),
        events: events[usize::try_from(first).unwrap() - 1..].to_vec(),
        messages: Vec::new(),
        queries: Vec::new(),
    }))
}

/// Gives `input` to the worker, and `answers` in turn to its activations; returns all that it put out.
pub(crate) fn drive(
    worker: &mut Worker,
    input: WorkerInput,
    answers: Vec<Vec<WorkflowCommand>>,
) -> Vec<WorkerOutput> {
    let mut answers = answers.into_iter();
    let (mut log, mut inputs) = (Vec::new(), vec![input]);
    while let Some(input) = inputs.pop() {
        let mut out = Vec::new();
        worker.handle(input, &mut out);
        for output in &out {
            if let WorkerOutput::Activate(activation) = output {
                let completion = Completion::Commands(answers.next().unwrap_or_default());
                inputs
                    .push(WorkerInput::Completed { run_id: activation.run_id.clone(), completion });
            }
        }
        log.append(&mut out);
    }
    log
}

/// What the last response sends, one command a line.
#[track_caller]
pub(crate) fn sent(log: &[WorkerOutput]) -> Vec<ServerCommand> {
    let response = log.iter().rev().find_map(|output| match output {
        WorkerOutput::Respond(response) => Some(&response.outcome),
        _ => None,
    });
    match response {
        Some(TaskOutcome::Completed { commands, .. }) => commands.clone(),
        other => panic!("not completed: {other:?}"),
    }
}

/// What a worker put out, one line each.
pub(crate) fn lines(log: &[WorkerOutput]) -> String {
    let line = |output: &WorkerOutput| match output {
        WorkerOutput::Instantiate { run_id, .. } => format!("instantiate {run_id}"),
        WorkerOutput::Activate(activation) => {
            let jobs: Vec<&str> = activation.jobs.iter().map(Job::name).collect();
            let replaying = if activation.replaying { " replaying" } else { "" };
            format!("activate at {}{replaying}: {}", activation.started, jobs.join(", "))
        }
        WorkerOutput::Evict { run_id } => format!("evict {run_id}"),
        WorkerOutput::Respond(response) => match &response.outcome {
            TaskOutcome::Completed { commands, sdk_metadata, .. } => format!(
                "respond to {}: {} commands, flags {:?}, sdk {:?}",
                response.token.started,
                commands.len(),
                sdk_metadata.lang_used_flags,
                sdk_metadata.sdk_name,
            ),
            TaskOutcome::Failed(failed) => {
                format!(
                    "respond to {}: {}: {}",
                    response.token.started,
                    failed.cause.as_str(),
                    failed.failure.message
                )
            }
        },
        WorkerOutput::Silent { token } => format!("silent on {}", token.started),
        WorkerOutput::NeedFullHistory { token } => {
            format!("need full history for {}", token.started)
        }
        WorkerOutput::Answer(answer) => format!("answer {}", answer.query_id),
        WorkerOutput::NeedWholeHistory { query_id } => format!("need all for {query_id}"),
        WorkerOutput::Mismatch(mismatch) => format!("mismatch: {}", mismatch.grade),
        WorkerOutput::Trouble { trouble, .. } => format!("trouble: {trouble}"),
        WorkerOutput::Local(request) => format!("{request:?}"),
    };
    log.iter().map(line).collect::<Vec<_>>().join("\n")
}
