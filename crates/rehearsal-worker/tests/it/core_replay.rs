//! What core compares in a replay, in which words it fails, and how it cuts a history (R-8, R-9, R-12).

use std::sync::Arc;

use rehearsal_activation::{Job, RecordVersion, TaskOutcome, WorkflowCommand};
use rehearsal_history::event::{
    ActivityTaskScheduled, MarkerRecorded, SdkMetadata, TimerFired, TimerStarted,
};
use rehearsal_history::{
    Event, EventId, EventKind, Failure, History, HistoryBuilder, WorkflowTaskFailedCause,
};
use rehearsal_worker::{
    Profile, ReplayEnd, ReplayOptions, ReplayVerdict, WorkerOutput, replay, slice,
};

use crate::support::{
    Script, activity, cancel_activity, cancel_timer, complete, delivery, drive, history, lines,
    secs, timer, worker_of,
};

pub(crate) fn verdict(history: &History, answers: Vec<Vec<WorkflowCommand>>) -> ReplayVerdict {
    let options = ReplayOptions { profile: Profile::Core, cold_at: None };
    replay(history.events(), &Script::of(answers), options)
}

/// `history`, the first completion of which says that core used these flags.
fn with_flags(history: &History, flags: &[u32]) -> History {
    let mut events = history.events().to_vec();
    let first =
        events.iter().position(|event| matches!(event.kind, EventKind::WorkflowTaskCompleted(_)));
    let event = Arc::make_mut(&mut events[first.unwrap()]);
    let EventKind::WorkflowTaskCompleted(completed) = &mut event.kind else { unreachable!() };
    completed.sdk_metadata = Some(SdkMetadata {
        core_used_flags: flags.to_vec(),
        sdk_name: "temporal-rust".into(),
        sdk_version: "1.1.1".into(),
        ..SdkMetadata::default()
    });
    History::new(events).unwrap()
}

/// A history that a worker of the Rust SDK has driven.
pub(crate) fn driven(tell: impl FnOnce(&mut HistoryBuilder)) -> History {
    with_flags(&history(tell), &[1, 2, 3])
}

/// Event 5 is timer 5, event 6 is activity 6, which is asked to cancel in event 10; then the timer fires.
fn told() -> History {
    driven(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(1));
        let work = h.schedule_activity("Work");
        h.request_cancel("enough");
        h.schedule_task();
        h.complete_task();
        h.request_cancel_activity(work);
        h.fire_timer(nap);
        h.start_task();
    })
}

/// The message and the cause of the task failure that the worker sends.
fn failed(told: &History, answers: Vec<Vec<WorkflowCommand>>) -> String {
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    let message = log.iter().find_map(|output| match output {
        WorkerOutput::Respond(response) => match &response.outcome {
            TaskOutcome::Failed(failed) => {
                assert_eq!(failed.failure.source, "");
                Some(format!("{}: {}", failed.cause.as_str(), failed.failure.message))
            }
            TaskOutcome::Completed { .. } => None,
        },
        _ => None,
    });
    message.unwrap_or_else(|| panic!("{}", lines(&log)))
}

#[test]
fn what_breaks_is_told_in_the_words_of_core() {
    let told = told();
    let failed = |answers| failed(&told, answers);
    let work = || activity(6, "Work");
    let first = || vec![timer(5, 1), work()];
    insta::assert_snapshot!(failed(vec![vec![work(), timer(5, 1)]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Activity machine does not handle this event: HistoryEvent(id: 5, TimerStarted)");
    insta::assert_snapshot!(failed(vec![vec![timer(5, 1), activity(7, "Work")]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Activity id of scheduled event '6' does not match activity id of activity command '7'");
    insta::assert_snapshot!(failed(vec![vec![timer(5, 1), activity(6, "Rest")]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Activity type of scheduled event 'Work' does not match activity type of activity command 'Rest'");
    insta::assert_snapshot!(failed(vec![vec![timer(5, 1), complete()]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: HistoryEvent(id: 6, ActivityTaskScheduled)");
    insta::assert_snapshot!(failed(vec![vec![timer(5, 1)]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 6, ActivityTaskScheduled)");
    insta::assert_snapshot!(failed(vec![vec![timer(5, 1), work(), timer(7, 1)]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: 11, ActivityTaskCancelRequested)");
    insta::assert_snapshot!(failed(vec![first(), vec![cancel_timer(5)]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: 11, ActivityTaskCancelRequested)");
    // R-8: the right machine in the wrong state is fatal, not nondeterminism.
    insta::assert_snapshot!(failed(vec![first(), vec![activity(7, "Work")]]), @"WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: Fatal error in workflow machines: ActivityMachine in state ScheduleCommandCreated says the transition is invalid during event EventInfo { event_id: 11, event_type: ActivityTaskCancelRequested }");
    insta::assert_snapshot!(failed(vec![first(), vec![cancel_activity(8)]]), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Missing associated machine for Activity(8)");
}

/// R-9: a timer is found by the event that started it, and its id is looked at when it fires.
#[test]
fn the_id_of_a_timer_counts_when_it_fires() {
    let told = told();
    let answers = vec![vec![timer(4, 1), activity(6, "Work")], vec![cancel_activity(6)]];
    insta::assert_snapshot!(failed(&told, answers.clone()), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Timer fired event did not have expected timer id 4, it was 5!");
    // A timer that does not fire before the history ends is not looked at.
    let cut = History::new(told.events()[..11].to_vec()).unwrap();
    let differences = verdict(&cut, answers).unwrap().differences;
    assert_eq!(differences.len(), 1);
    insta::assert_snapshot!(differences[0].to_string(), @"
    workflow task 1, event 5: changes behavior
      recorded:  TimerStarted id=5 after=1s
      attempted: StartTimer id=4 after=1s
    ");
}

/// R-9: histories of a core without the flag are read less strictly.
#[test]
fn ids_and_types_of_activities_count_if_the_history_says_so() {
    let told = history(|h| {
        h.complete_task();
        h.push(Box::new(ActivityTaskScheduled {
            activity_id: "1".into(),
            activity_type: "acts.work".into(),
            ..ActivityTaskScheduled::default()
        }));
    });
    let told = |flags| with_flags(&told, flags);
    // Go would take this one: it compares what follows the last dot only.
    let other_type = || vec![vec![activity(1, "other.work")]];
    assert!(verdict(&told(&[1]), other_type()).is_err());
    assert!(verdict(&told(&[]), other_type()).is_ok());
    assert!(verdict(&told(&[1]), vec![vec![activity(2, "acts.work")]]).is_err());
    assert!(verdict(&told(&[]), vec![vec![activity(2, "acts.work")]]).is_ok());
}

/// Unlike Go, core looks how a run closed (R-8).
#[test]
fn how_a_run_closed_counts() {
    let told = driven(|h| {
        h.complete_task();
        h.fail(Failure::application("broken", ""));
    });
    let close = |command| verdict(&told, vec![vec![command]]);
    let failed = |message| WorkflowCommand::FailWorkflow {
        failure: Box::new(Failure::application(message, "")),
    };
    assert_eq!(close(failed("broken")).map(|replayed| replayed.differences), Ok(vec![]));
    assert_eq!(close(failed("other")).map(|replayed| replayed.differences.len()), Ok(1));
    assert!(close(complete()).is_err());
    assert!(close(WorkflowCommand::CancelWorkflow { details: None }).is_err());
    assert!(verdict(&told, vec![vec![]]).is_err());
}

/// What an older core recorded has nothing behind a close command.
#[test]
fn commands_behind_a_close_are_dropped_if_they_were_then() {
    let told = history(|h| {
        h.complete_task();
        h.complete(None);
    });
    let told = |flags| with_flags(&told, flags);
    let answers = || vec![vec![complete(), timer(1, 1)]];
    assert!(verdict(&told(&[]), answers()).is_ok());
    assert!(verdict(&told(&[3]), answers()).is_err());
}

/// Two tasks in a row that asked for nothing, then one that starts a timer.
fn heartbeats() -> History {
    driven(|h| {
        h.complete_task();
        h.at(secs(4));
        h.schedule_task();
        h.complete_task();
        h.at(secs(8));
        h.schedule_task();
        h.complete_task();
        let nap = h.start_timer(secs(1));
        h.fire_timer(nap);
        h.start_task();
    })
}

#[test]
fn heartbeats_of_a_task_are_taken_together_in_replay() {
    let told = heartbeats();
    assert_eq!(slice(told.events()).tasks.len(), 3, "Go does not");
    let answers = vec![vec![timer(11, 1)], vec![complete()]];
    let replayed = verdict(&told, answers.clone()).unwrap();
    assert_eq!((replayed.tasks, replayed.differences), (1, vec![]));
    let mut worker = worker_of(Profile::Core);
    let log = drive(&mut worker, delivery(told.events(), 1, 1), answers);
    // What the SDK said of itself in the first of them is known.
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 9 replaying: Initialize
    activate at 14: FireTimer
    respond to 14: 1 commands, flags [], sdk ""
    evict run
    "#);
    let told_at = log.iter().find_map(|output| match output {
        WorkerOutput::Activate(activation) => Some(activation.time),
        _ => None,
    });
    assert_eq!(told_at, Some(told.events()[8].time));
}

#[test]
fn a_task_behind_commands_is_no_heartbeat() {
    let told = driven(|h| {
        h.complete_task();
        h.start_timer(secs(9));
        h.signal("go", None);
        h.schedule_task();
        h.complete_task();
        h.schedule_task();
        h.signal("again", None);
        h.complete_task();
        h.complete(None);
    });
    let replayed = verdict(&told, vec![vec![timer(5, 9)], vec![], vec![complete()]]).unwrap();
    assert_eq!((replayed.tasks, replayed.end), (3, ReplayEnd::Closed(told.close().unwrap().id)));
}

#[test]
fn attempts_that_failed_leave_no_trace() {
    let told = history(|h| {
        h.fail_task(WorkflowTaskFailedCause::UnhandledCommand);
        h.signal("go", None);
        h.start_task();
    });
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), vec![vec![]]);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 7: Initialize, SignalWorkflow
    respond to 7: 0 commands, flags [], sdk "temporal-rust"
    "#);
}

/// R-20: workflow time does not go back, whatever the clock of the server did.
#[test]
fn time_never_goes_back() {
    let told = driven(|h| {
        h.at(secs(5));
        h.complete_task();
        h.at(secs(3));
        h.signal("go", None);
        h.start_task();
    });
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), vec![]);
    let times: Vec<_> = log
        .iter()
        .filter_map(|output| match output {
            WorkerOutput::Activate(activation) => Some(activation.time),
            _ => None,
        })
        .collect();
    assert_eq!(times, [told.events()[2].time; 2]);
}

#[test]
fn events_of_nothing_that_was_asked_for_are_refused() {
    let with = |event: fn(&mut HistoryBuilder)| {
        let told = driven(|h| {
            h.complete_task();
            h.start_timer(secs(1));
            h.signal("go", None);
            event(h);
            h.start_task();
        });
        failed(&told, vec![vec![timer(5, 1)], vec![]])
    };
    let fired = |h: &mut HistoryBuilder| {
        h.push(TimerFired {
            timer_id: "5".into(),
            started_event_id: EventId(4),
            ..TimerFired::default()
        });
    };
    insta::assert_snapshot!(with(fired), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: During event handling, this event had an initial command ID but we could not find a matching command for it: HistoryEvent(id: 7, TimerFired)");
    insta::assert_snapshot!(with(|h| _ = h.complete_activity(EventId(5), None)), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: During event handling, this event had an initial command ID but we could not find a matching command for it: HistoryEvent(id: 7, ActivityTaskStarted)");
    insta::assert_snapshot!(with(|h| _ = h.push(TimerStarted::default())), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 7, TimerStarted)");
    insta::assert_snapshot!(with(|h| _ = h.push(Box::new(MarkerRecorded::default()))), @"WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 7, MarkerRecorded)");
}

#[test]
fn what_is_not_simulated_is_refused_by_name() {
    let told = history(|h| _ = h.start_task());
    let command = WorkflowCommand::RecordVersion(RecordVersion::default());
    insta::assert_snapshot!(failed(&told, vec![vec![command]]), @"WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: not simulated: versions by the rules of core");
}

/// The first task begins with the start of the run, whatever came before it was taken (R-16).
#[test]
fn the_start_is_told_first() {
    let told = history(|h| {
        h.request_cancel("enough");
        h.signal("go", None);
        h.start_task();
    });
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), vec![]);
    let jobs: Vec<&str> = log
        .iter()
        .filter_map(|output| match output {
            WorkerOutput::Activate(activation) => Some(&activation.jobs),
            _ => None,
        })
        .flatten()
        .map(Job::name)
        .collect();
    assert_eq!(jobs, ["Initialize", "SignalWorkflow", "CancelWorkflow"]);
}

/// The verdict on a history does not depend on where its replay turns live.
#[test]
fn a_cold_cache_changes_nothing() {
    let told = told();
    let cut: Vec<Arc<Event>> = told.events()[..11].to_vec();
    let answers = vec![vec![timer(5, 1), activity(6, "Work")], vec![cancel_activity(6)], vec![]];
    for cold_at in [None, Some(1), Some(2)] {
        let options = ReplayOptions { profile: Profile::Core, cold_at };
        let replayed = replay(&cut, &Script::of(answers.clone()), options);
        assert_eq!(
            replayed.map(|replayed| (replayed.tasks, replayed.differences)),
            Ok((2, vec![]))
        );
    }
}
