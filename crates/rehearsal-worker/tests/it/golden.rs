//! The recordings of a real server: an instance that asks for what is recorded is sent as recorded.
//!
//! The instance is made from the recording itself, each command event turned back into the command that left it behind.
//! So what is tested is all that the worker does on its own: slicing, jobs, numbers, ids, failures, what the SDK says of
//! itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rehearsal_activation::{
    Completion, ScheduleActivity, Seq, ServerCommand, StartTimer, TaskOutcome, WorkflowCommand,
};
use rehearsal_history::{Event, EventId, EventKind, History};
use rehearsal_worker::{
    Grade, Profile, ReplayEnd, ReplayOptions, Task, Worker, WorkerOptions, WorkerOutput, replay,
    slice,
};

use crate::support::{Script, delivery, drive, secs};

/// All recordings that hold nothing but what is simulated, by name.
fn recordings() -> BTreeMap<String, History> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/go");
    let mut recordings = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let text = fs::read_to_string(folder.join("history.json")).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let history = History::from_json(&text).unwrap();
        if slice(history.events())
            .tasks
            .iter()
            .flat_map(|task| &task.commands)
            .all(|event| command(event).is_some())
        {
            recordings.insert(name, history);
        }
    }
    assert!(recordings.len() > 20, "found only {}", recordings.len());
    recordings
}

/// The commands that left these events behind; numbers are the ids of the events.
fn asked_for(commands: &[Arc<Event>]) -> Vec<WorkflowCommand> {
    commands.iter().map(|event| command(event).unwrap()).collect()
}

/// What was asked for in a task, with what shows in the flags of its completion only.
fn asked_in(task: &Task) -> Vec<WorkflowCommand> {
    let metadata = task.completed.as_ref().and_then(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => completed.sdk_metadata.as_ref(),
        _ => None,
    });
    let received = metadata.is_some_and(|metadata| metadata.lang_used_flags.contains(&5));
    let received = received.then_some(WorkflowCommand::SelectorReceived);
    asked_for(&task.commands).into_iter().chain(received).collect()
}

/// Whether workflow code has handled updates in this task, for the first time.
fn takes_updates(task: &Task) -> bool {
    task.completed.as_ref().is_some_and(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => completed
            .sdk_metadata
            .as_ref()
            .is_some_and(|metadata| metadata.lang_used_flags.contains(&4)),
        _ => false,
    })
}

fn seq(event: EventId) -> Seq {
    Seq(u32::try_from(event.0).unwrap())
}

fn command(event: &Event) -> Option<WorkflowCommand> {
    let command = match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled) => {
            WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
                seq: seq(event.id),
                activity_id: (scheduled.activity_id != event.id.to_string())
                    .then(|| scheduled.activity_id.clone()),
                activity_type: scheduled.activity_type.name.clone(),
                // Only an activity on the queue of its workflow asks for the same build.
                task_queue: (!scheduled.use_workflow_build_id)
                    .then(|| scheduled.task_queue.name.clone()),
                input: scheduled.input.clone(),
                header: scheduled.header.clone(),
                schedule_to_close: scheduled.schedule_to_close_timeout,
                schedule_to_start: scheduled.schedule_to_start_timeout,
                start_to_close: scheduled.start_to_close_timeout,
                heartbeat: scheduled.heartbeat_timeout,
                retry_policy: scheduled.retry_policy.clone(),
                priority: scheduled.priority.clone(),
                ..ScheduleActivity::default()
            }))
        }
        EventKind::ActivityTaskCancelRequested(request) => {
            WorkflowCommand::RequestCancelActivity { seq: seq(request.scheduled_event_id) }
        }
        EventKind::TimerStarted(timer) => {
            let summary =
                event.user_metadata.as_ref().and_then(|metadata| metadata.summary.as_ref());
            let summary = summary.cloned();
            let after = timer.start_to_fire_timeout.unwrap();
            WorkflowCommand::StartTimer(StartTimer { seq: seq(event.id), after, summary })
        }
        EventKind::TimerCanceled(timer) => {
            WorkflowCommand::CancelTimer { seq: seq(timer.started_event_id) }
        }
        EventKind::WorkflowExecutionCompleted(completed) => {
            WorkflowCommand::CompleteWorkflow { result: completed.result.clone() }
        }
        EventKind::WorkflowExecutionFailed(failed) => {
            WorkflowCommand::FailWorkflow { failure: Box::new(failed.failure.clone().unwrap()) }
        }
        EventKind::WorkflowExecutionCanceled(canceled) => {
            WorkflowCommand::CancelWorkflow { details: canceled.details.clone() }
        }
        _ => return None,
    };
    Some(command)
}

#[test]
fn every_recording_replays_against_itself_without_a_difference() {
    for (name, history) in recordings() {
        let tasks = slice(history.events()).tasks;
        let script = Script(
            tasks.iter().map(|task| Completion::Commands(asked_for(&task.commands))).collect(),
        );
        for cold_at in [None, Some(1), Some(2)] {
            let options = ReplayOptions { cold_at, ..ReplayOptions::default() };
            let replayed = replay(history.events(), &script, options)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(replayed.tasks, tasks.len(), "{name}");
            assert_eq!(replayed.differences, [], "{name}");
            let closed = history.close().map(|event| ReplayEnd::Closed(event.id));
            assert!(
                closed.is_none_or(|closed| closed == replayed.end),
                "{name}: {:?}",
                replayed.end
            );
        }
    }
}

#[test]
fn recordings_are_cut_into_the_tasks_that_were_answered() {
    let recordings = recordings();
    let names = [
        "busy-workflow",
        "cancel-before-first-task",
        "start-and-cancel-in-one-task",
        "terminate",
        "timer-canceled",
        "unhandled-command",
        "worker-crash",
        "worker-restart",
        "workflow-panic",
    ];
    let line = |name: &str| {
        let slices = slice(recordings[name].events());
        let shape =
            |task: &Task| format!("{}>{}>{}", task.events.len(), task.started, task.commands.len());
        let tasks: Vec<_> = slices.tasks.iter().map(shape).collect();
        let open = slices.open.as_ref().map_or_else(|| "none".into(), shape);
        format!("{name}: {} open {open} rest {}", tasks.join(" "), slices.rest.len())
    };
    let table = names.map(line).join("\n");
    // Each task: how many events it is told, its WorkflowTaskStarted, and how many commands it records.
    insta::assert_snapshot!(table, @"
    busy-workflow: 2>7>1 open none rest 0
    cancel-before-first-task: 2>4>2 1>10>2 1>16>1 2>22>1 open none rest 0
    start-and-cancel-in-one-task: 1>3>4 1>11>1 open none rest 0
    terminate: 1>3>1 open none rest 1
    timer-canceled: 1>3>1 1>8>2 open none rest 0
    unhandled-command: 2>7>1 open none rest 0
    worker-crash: 1>3>1 2>11>1 open none rest 0
    worker-restart: 1>3>1 2>9>1 1>14>1 2>20>1 open none rest 0
    workflow-panic: 1>3>1 open 2>15>0 rest 0
    ");
}

/// The recordings of workers whose cache is so small that they begin each task anew.
const KEEPS_NONE: [&str; 3] =
    ["worker-cache-of-one", "worker-without-cache", "worker-without-cache-canceled"];

/// Each recorded task, delivered live to the worker that took it, is answered with what is recorded behind it.
#[test]
fn every_recorded_task_is_answered_as_recorded() {
    for (name, history) in recordings() {
        let mut workers: BTreeMap<String, Worker> = BTreeMap::new();
        let tasks = slice(history.events()).tasks;
        // Updates come in messages, of which a history holds those that were accepted; of one that is refused it may hold
        // a task and no more. The golden suite has them.
        if name.contains("update") || tasks.iter().any(takes_updates) {
            continue;
        }
        for (index, task) in tasks.iter().enumerate() {
            let at = usize::try_from(task.started.0).unwrap();
            let EventKind::WorkflowTaskStarted(started) = &history.events()[at - 1].kind else {
                panic!()
            };
            let worker = workers
                .entry(started.identity.to_string())
                .or_insert_with(|| worker(&started.identity));
            if KEEPS_NONE.contains(&name.as_str()) {
                worker.evict("run");
            }
            // The service sends only what is new where the sticky queue is.
            let sticky = worker.is_cached("run") && index > 0;
            let first = if sticky { tasks[index - 1].started.next().0 } else { 1 };
            let from = if sticky { index } else { 0 };
            let answers = tasks[from..=index].iter().map(asked_in).collect();
            let log = drive(worker, delivery(&history.events()[..at], first, 1), answers);
            let where_ = format!("{name}, task {}", task.number);
            let response = log.iter().find_map(|output| match output {
                WorkerOutput::Respond(response) => Some(response),
                WorkerOutput::Mismatch(mismatch) => panic!("{where_}: {mismatch}"),
                _ => None,
            });
            let Some(TaskOutcome::Completed { commands, sdk_metadata, .. }) =
                response.map(|response| &response.outcome)
            else {
                panic!("{where_}: {log:?}")
            };
            assert_commands(&where_, &task.commands, commands);
            let EventKind::WorkflowTaskCompleted(completed) =
                &task.completed.as_ref().unwrap().kind
            else {
                panic!()
            };
            assert_eq!(completed.sdk_metadata.as_ref(), Some(sdk_metadata), "{where_}");
        }
    }
}

/// What names an operation is as recorded, and so is all that the worker adds.
#[track_caller]
fn assert_commands(where_: &str, recorded: &[Arc<Event>], sent: &[ServerCommand]) {
    assert_eq!(recorded.len(), sent.len(), "{where_}");
    for (event, command) in recorded.iter().zip(sent) {
        let same = match (&event.kind, command) {
            (
                EventKind::ActivityTaskScheduled(scheduled),
                ServerCommand::ScheduleActivityTask(schedule),
            ) => {
                scheduled.activity_id == schedule.activity_id
                    && scheduled.task_queue.name == schedule.task_queue
                    && scheduled.use_workflow_build_id == schedule.use_workflow_build_id
            }
            (
                EventKind::ActivityTaskCancelRequested(request),
                ServerCommand::RequestCancelActivityTask { scheduled, user_metadata },
            ) => request.scheduled_event_id == *scheduled && event.user_metadata == *user_metadata,
            (
                EventKind::TimerStarted(timer),
                ServerCommand::StartTimer { timer_id, user_metadata, .. },
            ) => timer.timer_id == *timer_id && event.user_metadata == *user_metadata,
            (
                EventKind::TimerCanceled(timer),
                ServerCommand::CancelTimer { timer_id, user_metadata },
            ) => timer.timer_id == *timer_id && event.user_metadata == *user_metadata,
            (EventKind::WorkflowExecutionCompleted(_), ServerCommand::CompleteWorkflow { .. })
            | (EventKind::WorkflowExecutionFailed(_), ServerCommand::FailWorkflow { .. })
            | (EventKind::WorkflowExecutionCanceled(_), ServerCommand::CancelWorkflow { .. }) => {
                true
            }
            _ => false,
        };
        assert!(same, "{where_}: {:?} is recorded, {command:?} is sent", event.kind);
    }
}

/// A cancel of what ends in the batch is withdrawn (C-18): asked for on top in each task, it changes nothing.
#[test]
fn cancels_of_what_ended_meanwhile_leave_no_trace() {
    let mut withdrawn = 0;
    for (name, history) in recordings() {
        let cancel_timer = |id| WorkflowCommand::CancelTimer { seq: seq(id) };
        let cancel_activity = |id| WorkflowCommand::RequestCancelActivity { seq: seq(id) };
        let answer = |task: &Task| {
            let ended = task.events.iter().filter_map(|event| match &event.kind {
                EventKind::TimerFired(fired) => Some(cancel_timer(fired.started_event_id)),
                EventKind::ActivityTaskCompleted(completed) => {
                    Some(cancel_activity(completed.scheduled_event_id))
                }
                EventKind::ActivityTaskFailed(failed) => {
                    Some(cancel_activity(failed.scheduled_event_id))
                }
                EventKind::ActivityTaskTimedOut(timed_out) => {
                    Some(cancel_activity(timed_out.scheduled_event_id))
                }
                _ => None,
            });
            let ended: Vec<_> = ended.collect();
            withdrawn += ended.len();
            ended.into_iter().chain(asked_for(&task.commands)).collect::<Vec<_>>()
        };
        let answers: Vec<_> = slice(history.events()).tasks.iter().map(answer).collect();
        let script = Script(answers.into_iter().map(Completion::Commands).collect());
        let replayed = replay(history.events(), &script, ReplayOptions::default());
        assert_eq!(replayed.map(|replayed| replayed.differences), Ok(vec![]), "{name}");
    }
    assert!(withdrawn > 20, "withdrew only {withdrawn}");
}

/// The error that workflow code sees is the one that it returned in `saga-compensates`.
#[test]
fn the_error_of_an_activity_is_the_one_that_closed_the_run() {
    use rehearsal_activation::{ActivityResolution, Job};
    let history = recordings().remove("saga-compensates").unwrap();
    let tasks = slice(history.events()).tasks;
    let mut worker = worker("worker-1");
    let answers = tasks.iter().map(|task| asked_for(&task.commands)).collect();
    let log = drive(&mut worker, delivery(&history.events()[..39], 1, 1), answers);
    let seen = log.iter().find_map(|output| match output {
        WorkerOutput::Activate(activation) => activation.jobs.iter().find_map(|job| match job {
            Job::ResolveActivity { resolution: ActivityResolution::Failed(failure), .. } => {
                Some((**failure).clone())
            }
            _ => None,
        }),
        _ => None,
    });
    let EventKind::WorkflowExecutionFailed(failed) = &history.close().unwrap().kind else {
        panic!("not failed")
    };
    assert_eq!(seen, failed.failure);
}

/// Leaving out any one recorded command is noticed, and breaks production unless Go does not look there.
#[test]
fn every_command_that_is_left_out_is_noticed() {
    let mut tried = 0;
    for (name, history) in recordings() {
        let tasks = slice(history.events()).tasks;
        for (broken, index) in tasks
            .iter()
            .enumerate()
            .flat_map(|(at, task)| (0..task.commands.len()).map(move |i| (at, i)))
        {
            let mut answers: Vec<_> = tasks.iter().map(|task| asked_for(&task.commands)).collect();
            answers[broken].remove(index);
            let script = Script(answers.into_iter().map(Completion::Commands).collect());
            let verdict = replay(history.events(), &script, ReplayOptions::default());
            let worst = match &verdict {
                Ok(replayed) => {
                    replayed.differences.iter().map(|difference| difference.grade).max()
                }
                Err(mismatch) => Some(mismatch.grade),
            };
            assert!(
                worst >= Some(Grade::ChangesBehavior),
                "{name}, task {}: {verdict:?}",
                broken + 1
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "tried only {tried}");
}

fn worker(identity: &str) -> Worker {
    Worker::new(WorkerOptions {
        identity: identity.into(),
        sticky_queue: "sticky".into(),
        task_queue: "main".into(),
        sticky_timeout: secs(5),
        profile: Profile::Go,
    })
}
