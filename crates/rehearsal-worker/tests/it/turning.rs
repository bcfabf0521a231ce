//! What a worker keeps, drops, asks for and keeps silent about.

use rehearsal_activation::TaskOutcome;
use rehearsal_history::{EventId, History, WorkflowTaskFailedCause};
use rehearsal_worker::{WorkerInput, WorkerOutput};

use crate::support::{
    activity, cancel_activity, cancel_timer, complete, delivery, drive, history, lines, secs,
    timer, worker,
};

/// A timer, a signal, and a task that is open.
fn signaled() -> History {
    history(|h| {
        h.complete_task();
        h.start_timer(secs(10));
        h.signal("go", None);
        h.start_task();
    })
}

#[test]
fn a_cold_run_is_replayed_and_then_live() {
    let mut worker = worker();
    let log = drive(
        &mut worker,
        delivery(signaled().events(), 1, 1),
        vec![vec![timer(1, 10)], vec![complete()]],
    );
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 8: SignalWorkflow
    respond to 8: 1 commands, flags [], sdk "temporal-go"
    evict run
    "#);
    assert!(!worker.is_cached("run"));
}

#[test]
fn a_cached_run_gets_only_what_is_new() {
    let mut worker = worker();
    drive(&mut worker, delivery(&signaled().events()[..3], 1, 1), vec![vec![timer(1, 10)]]);
    assert!(worker.is_cached("run"));
    let log = drive(&mut worker, delivery(signaled().events(), 4, 1), vec![vec![cancel_timer(1)]]);
    insta::assert_snapshot!(lines(&log), @r#"
    activate at 8: SignalWorkflow
    respond to 8: 1 commands, flags [], sdk ""
    "#);
}

#[test]
fn a_part_of_a_history_without_the_run_needs_the_rest() {
    let mut worker = worker();
    insta::assert_snapshot!(lines(&drive(&mut worker, delivery(signaled().events(), 4, 1), vec![])), @"need full history for 8");
}

#[test]
fn a_delivery_that_does_not_continue_the_cache_starts_over() {
    let mut worker = worker();
    drive(&mut worker, delivery(&signaled().events()[..3], 1, 1), vec![vec![timer(1, 10)]]);
    insta::assert_snapshot!(lines(&drive(&mut worker, delivery(signaled().events(), 5, 1), vec![])), @"
    evict run
    need full history for 8
    ");
    // The response to the first task was lost: the task comes again, with the full history.
    drive(&mut worker, delivery(&signaled().events()[..3], 1, 1), vec![vec![timer(1, 10)]]);
    let log =
        drive(&mut worker, delivery(&signaled().events()[..3], 1, 2), vec![vec![timer(1, 10)]]);
    insta::assert_snapshot!(lines(&log), @r#"
    evict run
    instantiate run
    activate at 3: Initialize
    respond to 3: 1 commands, flags [3], sdk "temporal-go"
    "#);
}

#[test]
fn a_task_that_comes_while_another_is_worked_on_starts_over() {
    let mut worker = worker();
    let mut out = Vec::new();
    worker.handle(delivery(&signaled().events()[..3], 1, 1), &mut out);
    worker.handle(delivery(&signaled().events()[..3], 1, 2), &mut out);
    insta::assert_snapshot!(lines(&out), @"
    instantiate run
    activate at 3: Initialize
    evict run
    instantiate run
    activate at 3: Initialize
    ");
}

#[test]
fn a_refused_response_evicts_the_run() {
    let mut worker = worker();
    drive(&mut worker, delivery(&signaled().events()[..3], 1, 1), vec![vec![timer(1, 10)]]);
    assert_eq!(drive(&mut worker, WorkerInput::Accepted { run_id: "run".into() }, vec![]), []);
    assert!(worker.is_cached("run"));
    let log = drive(&mut worker, WorkerInput::Rejected { run_id: "run".into() }, vec![]);
    insta::assert_snapshot!(lines(&log), @"evict run");
    assert_eq!(drive(&mut worker, WorkerInput::Rejected { run_id: "run".into() }, vec![]), []);
}

#[test]
fn what_comes_too_late_is_dropped() {
    let mut worker = worker();
    let mut out = Vec::new();
    worker.handle(delivery(signaled().events(), 1, 1), &mut out);
    worker.evict("run");
    out.clear();
    let completion = rehearsal_activation::Completion::Commands(vec![complete()]);
    worker.handle(WorkerInput::Completed { run_id: "run".into(), completion }, &mut out);
    assert_eq!(out, []);
}

#[test]
fn a_replay_that_breaks_fails_the_first_attempt_and_silences_the_others() {
    for attempt in [1, 2] {
        let log = drive(
            &mut worker(),
            delivery(signaled().events(), 1, attempt),
            vec![vec![activity(1, "Work")]],
        );
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines(&log[..3]), @"
            instantiate run
            activate at 3 replaying: Initialize
            mismatch: breaks production
            ");
        }
        match attempt {
            1 => insta::assert_snapshot!(lines(&log[3..]), @"
            respond to 8: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] During replay, a matching Timer command was expected in history event position 5. However, the replayed code did not produce that. Possible causes are nondeterministic workflow definition code, or an incompatible change in the workflow definition.
            evict run
            "),
            _ => insta::assert_snapshot!(lines(&log[3..]), @"
            silent on 8
            evict run
            "),
        }
    }
}

#[test]
fn a_replay_that_only_changes_behavior_goes_on() {
    let log =
        drive(&mut worker(), delivery(signaled().events(), 1, 1), vec![vec![timer(1, 11)], vec![]]);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    mismatch: changes behavior
    activate at 8: SignalWorkflow
    respond to 8: 0 commands, flags [], sdk "temporal-go"
    "#);
}

#[test]
fn what_breaks_is_told_in_the_words_of_go() {
    let told = |fires_again: bool| {
        history(|h| {
            h.complete_task();
            let nap = h.start_timer(secs(1));
            let work = h.schedule_activity("Work");
            h.fire_timer(nap);
            h.complete_task();
            h.request_cancel_activity(work);
            if fires_again {
                h.fire_timer(nap);
            }
            h.start_task();
        })
    };
    let failed_of = |told: History, first, second| {
        let log = drive(&mut worker(), delivery(told.events(), 1, 1), vec![first, second]);
        let message = log.iter().find_map(|output| match output {
            WorkerOutput::Respond(response) => match &response.outcome {
                TaskOutcome::Failed(failed) => Some(failed.failure.message.to_string()),
                TaskOutcome::Completed { .. } => None,
            },
            _ => None,
        });
        // Of long ones the first sentence.
        message.unwrap().split_inclusive(". ").next().unwrap().to_owned()
    };
    // A panic comes when its event does; what is compared is compared at last.
    let failed = |first, second| failed_of(told(true), first, second);
    let compared = |first, second| failed_of(told(false), first, second);
    let work = || activity(1, "Work");
    insta::assert_snapshot!(failed(vec![timer(1, 1), timer(2, 1)], vec![]), @"[TMPRL1100] lookup failed for scheduledEventID to activityID: scheduleEventID: 6, activityID: 6");
    insta::assert_snapshot!(failed(vec![work(), timer(1, 1)], vec![]), @"[TMPRL1100] During replay, a matching Timer command was expected in history event position 5.");
    insta::assert_snapshot!(compared(vec![timer(1, 1), activity(1, "Rest")], vec![]), @"[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled: (ActivityId:6, ActivityType:(Name:Work), TaskQueue:(Name:main, Kind:Normal), StartToCloseTimeout:(Seconds:60, Nanos:0), WorkflowTaskCompletedEventId:4, UseWorkflowBuildId:false), replay command is ScheduleActivityTask: (ActivityId:6, ActivityType:(Name:Rest), TaskQueue:(Name:main, Kind:Normal), Header:(Fields:map[]), ScheduleToCloseTimeout:(Seconds:0, Nanos:0), ScheduleToStartTimeout:(Seconds:0, Nanos:0), StartToCloseTimeout:(Seconds:60, Nanos:0), HeartbeatTimeout:(Seconds:0, Nanos:0), RequestEagerExecution:true, UseWorkflowBuildId:true)");
    insta::assert_snapshot!(compared(vec![timer(1, 1), work()], vec![]), @"[TMPRL1100] nondeterministic workflow: missing replay command for ActivityTaskCancelRequested: (ScheduledEventId:6, WorkflowTaskCompletedEventId:10)");
    insta::assert_snapshot!(compared(vec![timer(1, 1), work(), work()], vec![]), @"[TMPRL1100] nondeterministic workflow: history event is ActivityTaskCancelRequested: (ScheduledEventId:6, WorkflowTaskCompletedEventId:10), replay command is ScheduleActivityTask: (ActivityId:7, ActivityType:(Name:Work), TaskQueue:(Name:main, Kind:Normal), Header:(Fields:map[]), ScheduleToCloseTimeout:(Seconds:0, Nanos:0), ScheduleToStartTimeout:(Seconds:0, Nanos:0), StartToCloseTimeout:(Seconds:60, Nanos:0), HeartbeatTimeout:(Seconds:0, Nanos:0), RequestEagerExecution:true, UseWorkflowBuildId:true)");
    insta::assert_snapshot!(failed(vec![timer(1, 1), work()], vec![cancel_activity(1)]), @"[TMPRL1100] During replay, a matching Timer command was expected in history event position 5.");
}

/// Attempts that failed leave events, but the run is the same to the workflow.
#[test]
fn failed_attempts_are_skipped_in_a_cold_run() {
    let told = history(|h| {
        h.fail_task(WorkflowTaskFailedCause::UnhandledCommand);
        h.signal("go", None);
        h.start_task();
    });
    assert_eq!(told.events().last().unwrap().id, EventId(7));
    let log = drive(&mut worker(), delivery(told.events(), 1, 1), vec![vec![complete()]]);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 7: Initialize, SignalWorkflow
    respond to 7: 1 commands, flags [3], sdk "temporal-go"
    evict run
    "#);
}
