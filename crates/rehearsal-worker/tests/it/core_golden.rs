//! The recordings of a real server with the Rust SDK: an instance that asks for what is recorded is sent as recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use rehearsal_activation::{
    ActivityResolution, CancellationType, Completion, ContinueAsNewWorkflow, Job, Message,
    ScheduleActivity, Seq, ServerCommand, TaskOutcome, Trouble, UpdateMessage, WorkflowCommand,
};
use rehearsal_history::event::{SdkMetadata, WorkflowExecutionContinuedAsNew};
use rehearsal_history::{Event, EventKind, History};
use rehearsal_worker::{Profile, ReplayEnd, Worker, WorkerInput, WorkerOutput, replay, slice};

use crate::core_recorded::{asked_for, command, is_told, options, recording, recordings, updates};
use crate::support::{
    Script, cancel_activity, cancel_timer, delivery, drive, lines, timer, worker_of,
};

#[test]
fn every_recording_replays_against_itself_without_a_difference() {
    for (name, history) in recordings() {
        let tasks = slice(history.events()).tasks;
        let told = tasks.iter().filter(|task| is_told(&history, task));
        let answers = told.map(|task| Completion::Commands(asked_for(&history, task)));
        let script = Script(answers.collect());
        // What core takes for a heartbeat is none.
        let least = script.0.len();
        for cold_at in [None, Some(1), Some(2)] {
            let replayed = replay(history.events(), &script, options(cold_at))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!((least..=tasks.len()).contains(&replayed.tasks), "{name}: {}", replayed.tasks);
            assert_eq!(replayed.differences, [], "{name}");
            let closed = history.close().map(|event| ReplayEnd::Closed(event.id));
            assert!(closed.is_none_or(|closed| closed == replayed.end), "{name}");
        }
    }
}

/// Each recorded task, delivered live to a worker in whose cache the run is and to one where it is not, is answered
/// with what is recorded behind it, headers and flags included.
#[test]
fn every_recorded_task_is_answered_as_recorded() {
    let mut answered = 0;
    for (name, history) in recordings() {
        let mut warm = worker_of(Profile::Core);
        let tasks = slice(history.events()).tasks;
        for (index, task) in tasks.iter().enumerate() {
            let events = &history.events()[..usize::try_from(task.started.0).unwrap()];
            let first = if index == 0 { 1 } else { tasks[index - 1].started.next().0 };
            let mut cold = worker_of(Profile::Core);
            // With an update behind it, a task that asked for nothing is told together with the next.
            let beats =
                index > 0 && !updates(task).is_empty() && tasks[index - 1].commands.is_empty();
            let workers = [(&mut warm, first, index), (&mut cold, 1, 0)];
            for (worker, first, from) in workers.into_iter().take(if beats { 1 } else { 2 }) {
                let told = tasks[from..=index].iter().filter(|task| is_told(&history, task));
                let answers = told.map(|task| asked_for(&history, task)).collect();
                let (commands, said) = answer(worker, events, first, updates(task), answers);
                let where_ = format!("{name}, task {}", task.number);
                assert_commands(&where_, &task.commands, &commands);
                let EventKind::WorkflowTaskCompleted(completed) =
                    &task.completed.as_ref().unwrap().kind
                else {
                    panic!()
                };
                assert_eq!(flags(completed.sdk_metadata.clone().unwrap()), flags(said), "{where_}");
                answered += 1;
            }
        }
    }
    assert!(answered > 150, "answered only {answered}");
}

fn answer(
    worker: &mut Worker,
    events: &[Arc<Event>],
    first: u64,
    messages: Vec<Message>,
    answers: Vec<Vec<WorkflowCommand>>,
) -> (Vec<ServerCommand>, SdkMetadata) {
    let mut input = delivery(events, first, 1);
    if let WorkerInput::Task(task) = &mut input {
        task.messages = messages;
    }
    let log = drive(worker, input, answers);
    let response = log.iter().find_map(|output| match output {
        WorkerOutput::Respond(response) => Some(&response.outcome),
        WorkerOutput::Mismatch(mismatch) => panic!("{mismatch}"),
        _ => None,
    });
    let Some(TaskOutcome::Completed { commands, sdk_metadata, .. }) = response else {
        panic!("{log:?}")
    };
    (commands.clone(), sdk_metadata.clone())
}

/// Core prints a set.
fn flags(metadata: SdkMetadata) -> (BTreeSet<u32>, Vec<u32>, String, String) {
    let SdkMetadata { core_used_flags, lang_used_flags, sdk_name, sdk_version, .. } = metadata;
    let core = core_used_flags.into_iter().collect();
    (core, lang_used_flags, sdk_name.to_string(), sdk_version.to_string())
}

#[track_caller]
fn assert_commands(where_: &str, recorded: &[Arc<Event>], sent: &[ServerCommand]) {
    assert_eq!(recorded.len(), sent.len(), "{where_}");
    for (event, command) in recorded.iter().zip(sent) {
        let same = match (&event.kind, command) {
            (
                EventKind::StartChildWorkflowExecutionInitiated(recorded),
                ServerCommand::StartChildWorkflow(sent),
            ) => {
                recorded.workflow_id == sent.workflow_id
                    && recorded.workflow_type.name == sent.workflow_type
                    && recorded.inherit_build_id == sent.inherit_build_id
                    && recorded.parent_close_policy == sent.parent_close_policy
            }
            (
                EventKind::RequestCancelExternalWorkflowExecutionInitiated(recorded),
                ServerCommand::RequestCancelExternalWorkflow(sent),
            ) => {
                let run_id = sent.target.run_id.clone().unwrap_or_default();
                recorded.workflow_execution.workflow_id == sent.target.workflow_id
                    && recorded.workflow_execution.run_id == run_id
                    && recorded.child_workflow_only == sent.target.child_only
                    && recorded.namespace.is_empty() != sent.names_namespace
                    && recorded.reason == sent.reason
                    && recorded.control == sent.control
            }
            (
                EventKind::SignalExternalWorkflowExecutionInitiated(recorded),
                ServerCommand::SignalExternalWorkflow(sent),
            ) => {
                recorded.workflow_execution.workflow_id == sent.target.workflow_id
                    && recorded.signal_name == sent.name
                    && recorded.input == sent.input
                    && recorded.header == sent.header
                    && recorded.control == sent.control
            }
            (
                EventKind::ActivityTaskScheduled(scheduled),
                ServerCommand::ScheduleActivityTask(schedule),
            ) => {
                scheduled.activity_id == schedule.activity_id
                    && scheduled.task_queue.name == schedule.task_queue
                    && scheduled.use_workflow_build_id == schedule.use_workflow_build_id
                    && scheduled.header == schedule.header
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
            (
                EventKind::WorkflowExecutionContinuedAsNew(next),
                ServerCommand::ContinueAsNew(sent),
            ) => goes_on_alike(next, sent),
            (EventKind::WorkflowExecutionCompleted(_), ServerCommand::CompleteWorkflow { .. })
            | (EventKind::WorkflowExecutionFailed(_), ServerCommand::FailWorkflow { .. })
            | (EventKind::WorkflowExecutionCanceled(_), ServerCommand::CancelWorkflow { .. }) => {
                true
            }
            _ => records(event, command),
        };
        assert!(same, "{where_}: {:?} is recorded, {command:?} is sent", event.kind);
    }
}

/// Whether this is what the command left behind, if it is a marker, an answer to an update, or changes the search attributes or the memo.
fn records(event: &Event, command: &ServerCommand) -> bool {
    match (&event.kind, command) {
        (EventKind::MarkerRecorded(recorded), ServerCommand::RecordMarker(sent)) => {
            recorded.marker_name == sent.name && recorded.details == sent.details
        }
        (
            EventKind::UpsertWorkflowSearchAttributes(recorded),
            ServerCommand::UpsertSearchAttributes(sent),
        ) => recorded.search_attributes.as_ref() == Some(sent),
        (EventKind::WorkflowPropertiesModified(recorded), ServerCommand::UpsertMemo(sent)) => {
            recorded.upserted_memo.as_ref() == Some(sent)
        }
        (
            EventKind::WorkflowExecutionUpdateAccepted(recorded),
            ServerCommand::AnswerUpdate(sent),
        ) => matches!(&**sent, UpdateMessage::Accept { update_id, sequencing, .. }
            if *update_id == recorded.protocol_instance_id
                && *sequencing == recorded.accepted_request_sequencing_event_id),
        (
            EventKind::WorkflowExecutionUpdateCompleted(recorded),
            ServerCommand::AnswerUpdate(sent),
        ) => matches!(&**sent, UpdateMessage::Complete { update_id, outcome }
            if *update_id == recorded.meta.as_ref().unwrap().update_id
                && outcome.is_err() == recorded.outcome.as_ref().unwrap().failure.is_some()),
        _ => false,
    }
}

fn goes_on_alike(next: &WorkflowExecutionContinuedAsNew, sent: &ContinueAsNewWorkflow) -> bool {
    next.workflow_type.name == sent.workflow_type
        && next.task_queue.name == sent.task_queue
        && next.input == sent.input
        && next.workflow_run_timeout == sent.run_timeout
        && next.workflow_task_timeout == sent.task_timeout
        && next.initiator == sent.initiator
        && next.inherit_build_id == sent.inherit_build_id
}

/// Replays a recording with answers of which each is one activation.
#[track_caller]
fn replays(history: &History, answers: &[Vec<WorkflowCommand>]) {
    for cold_at in [None, Some(1), Some(2)] {
        let script = Script::of(answers.to_owned());
        let replayed = replay(history.events(), &script, options(cold_at));
        assert_eq!(replayed.map(|replayed| replayed.differences), Ok(vec![]));
    }
}

/// The recorded command at `id`, the activity canceled in this way.
fn at(history: &History, id: u64, cancellation: CancellationType) -> WorkflowCommand {
    let event = &history.events()[usize::try_from(id).unwrap() - 1];
    command(history.events(), event, cancellation)
}

#[test]
fn what_is_skipped_is_told_in_a_further_activation_of_the_same_task() {
    let wait = CancellationType::WaitCancellationCompleted;
    let history = recording("cancel-before-first-task");
    let skipped = WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(1),
        cancellation_type: wait,
        ..ScheduleActivity::default()
    }));
    let answers = vec![
        vec![skipped, cancel_activity(1)],
        vec![at(&history, 6, wait)],
        vec![at(&history, 12, wait)],
    ];
    replays(&history, &answers);
    let mut worker = worker_of(Profile::Core);
    let log = drive(&mut worker, delivery(&history.events()[..10], 1, 1), answers);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 4 replaying: Initialize, CancelWorkflow
    activate at 4 replaying: ResolveActivity
    activate at 10: ResolveActivity
    respond to 10: 1 commands, flags [], sdk ""
    evict run
    "#);
}

#[test]
fn try_cancel_goes_on_in_the_same_task_and_the_late_event_wakes_nobody() {
    let (history, try_cancel) = (recording("try-cancel-running"), CancellationType::TryCancel);
    let answers = vec![
        vec![at(&history, 5, try_cancel)],
        vec![cancel_activity(1)],
        vec![at(&history, 11, try_cancel)],
        vec![at(&history, 21, try_cancel)],
    ];
    replays(&history, &answers);
    let mut worker = worker_of(Profile::Core);
    let log = drive(&mut worker, delivery(&history.events()[..19], 1, 1), answers.clone());
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 8 replaying: CancelWorkflow
    activate at 8 replaying: ResolveActivity
    activate at 19: FireTimer
    respond to 19: 1 commands, flags [], sdk ""
    evict run
    "#);
    // Live too: the task of `ActivityTaskCanceled` is completed without an activation.
    let mut worker = worker_of(Profile::Core);
    drive(&mut worker, delivery(&history.events()[..3], 1, 1), answers[..1].to_vec());
    drive(&mut worker, delivery(&history.events()[..8], 4, 1), answers[1..3].to_vec());
    let log = drive(&mut worker, delivery(&history.events()[..15], 9, 1), vec![]);
    insta::assert_snapshot!(lines(&log), @r#"respond to 15: 0 commands, flags [], sdk """#);
}

#[test]
fn ten_activities_are_asked_to_cancel_in_order_and_told_together() {
    let history = recording("parallel-ten-activities");
    let scheduled = (5..=14).map(|id| at(&history, id, CancellationType::TryCancel)).collect();
    let close = at(&history, 29, CancellationType::TryCancel);
    replays(&history, &[scheduled, (1..=10).map(cancel_activity).collect(), vec![close]]);
}

#[test]
fn what_is_abandoned_may_complete() {
    let (history, abandon) = (recording("abandon-running"), CancellationType::Abandon);
    let tasks = slice(history.events()).tasks;
    let mut answers: Vec<Vec<_>> = tasks
        .iter()
        .filter(|task| !task.commands.is_empty())
        .map(|task| task.commands.iter().map(|event| at(&history, event.id.0, abandon)).collect())
        .collect();
    answers.insert(1, vec![cancel_activity(1)]);
    replays(&history, &answers);
}

/// C-37, as it is recorded: the failure, its cause, all attempts.
#[test]
fn what_is_abandoned_must_not_fail() {
    let history = recording("abandon-activity-fails-late");
    let abandon = CancellationType::Abandon;
    let answers = || {
        vec![
            vec![at(&history, 5, abandon)],
            vec![cancel_activity(1)],
            vec![at(&history, 10, abandon)],
        ]
    };
    for (started, failed) in [(14, 15), (17, 18)] {
        let mut worker = worker_of(Profile::Core);
        let log = drive(&mut worker, delivery(&history.events()[..started], 1, 1), answers());
        let response = log.iter().find_map(|output| match output {
            WorkerOutput::Respond(response) => Some(&response.outcome),
            _ => None,
        });
        let Some(TaskOutcome::Failed(sent)) = response else { panic!("{log:?}") };
        let EventKind::WorkflowTaskFailed(recorded) = &history.events()[failed - 1].kind else {
            panic!()
        };
        assert_eq!(sent.cause, recorded.cause);
        assert_eq!(Some(&sent.failure), recorded.failure.as_ref());
        let defect = |output: &WorkerOutput| match output {
            WorkerOutput::Trouble { trouble: Trouble::SdkDefect { id, .. }, .. } => Some(*id),
            WorkerOutput::Trouble { .. } | WorkerOutput::Mismatch(_) => panic!("{output:?}"),
            _ => None,
        };
        assert_eq!(log.iter().filter_map(defect).collect::<Vec<_>>(), ["C-37"]);
    }
}

#[test]
fn a_timer_that_is_canceled_before_it_is_sent_leaves_only_its_number() {
    let history = recording("two-timers-one-canceled-same-task");
    let close = at(&history, 10, CancellationType::TryCancel);
    replays(&history, &[vec![timer(1, 10), timer(2, 2), cancel_timer(1)], vec![close]]);
}

/// What workflow code was told last in a recording.
fn told(name: &str, started: usize) -> Vec<Job> {
    let history = recording(name);
    let tasks = slice(history.events()).tasks;
    let answers = tasks.iter().map(|task| asked_for(&history, task)).collect();
    let mut worker = worker_of(Profile::Core);
    let log = drive(&mut worker, delivery(&history.events()[..started], 1, 1), answers);
    log.iter()
        .rev()
        .find_map(|output| match output {
            WorkerOutput::Activate(activation) => Some(activation.jobs.clone()),
            _ => None,
        })
        .unwrap()
}

/// R-16: signals come first, and all else as it happened.
#[test]
fn jobs_are_told_in_the_order_of_core() {
    let names = |jobs: Vec<Job>| jobs.iter().map(Job::name).collect::<Vec<_>>();
    assert_eq!(names(told("signal-then-cancel", 8)), ["SignalWorkflow", "CancelWorkflow"]);
    assert_eq!(names(told("cancel-then-signal", 8)), ["SignalWorkflow", "CancelWorkflow"]);
    assert_eq!(
        names(told("cancel-arrives-with-activity-completion", 15)),
        ["CancelWorkflow", "ResolveActivity"]
    );
    assert_eq!(
        names(told("timer-fires-after-cancel-in-one-batch", 14)),
        ["CancelWorkflow", "FireTimer"]
    );
}

/// C-36, T-3b: the errors of activities closed these runs, as core had made them.
#[test]
fn the_error_of_an_activity_is_the_one_that_closed_the_run() {
    for (name, started) in [("saga", 21), ("schedule-to-close-not-started", 8)] {
        let failure = told(name, started).into_iter().find_map(|job| match job {
            Job::ResolveActivity { resolution: ActivityResolution::Failed(failure), .. } => {
                Some(*failure)
            }
            _ => None,
        });
        let history = recording(name);
        let EventKind::WorkflowExecutionFailed(failed) = &history.close().unwrap().kind else {
            panic!("{name} is not failed")
        };
        assert_eq!(failure, failed.failure, "{name}");
    }
}
