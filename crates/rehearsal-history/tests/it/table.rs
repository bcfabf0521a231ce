//! The table for snapshots.

use std::time::Duration;

use rehearsal_history::{History, HistoryBuilder};

use crate::fixtures;

const A: &str = "0b6c3dbe-7f9a-4c4e-8a9a-0d9a6a1f0a11";
const B: &str = "5d3f9a52-1b5e-4d0f-9b58-3a9c1f2f7c22";

#[test]
fn what_differs_from_run_to_run_is_not_in_it() {
    let run = |id: &str| {
        let mut builder = HistoryBuilder::new("order");
        builder.signal(&format!("paid-{id}"), None);
        builder.complete_task();
        builder.build().table()
    };
    assert_eq!(run(A), run(B));
    insta::assert_snapshot!(run(A), @"
    WorkflowExecutionStarted          order
    WorkflowExecutionSignaled         paid-00000000-0000-0000-0000-000000000001
    WorkflowTaskScheduled
    WorkflowTaskStarted
    WorkflowTaskCompleted
    ");
}

#[test]
fn a_recorded_history_fits_on_a_screen() {
    let (_, text) = fixtures()
        .into_iter()
        .find(|(path, _)| path.ends_with("seed-cancel-running/history.json"))
        .unwrap();
    insta::assert_snapshot!(History::from_json(&text).unwrap().table(), @"
    WorkflowExecutionStarted          YourWorkflow
    WorkflowTaskScheduled
    WorkflowTaskStarted                                     +0.026s
    WorkflowTaskCompleted                                   +0.003s
    ActivityTaskScheduled             ActivityToBeCanceled
    WorkflowExecutionCancelRequested                        +3.479s
    WorkflowTaskScheduled
    WorkflowTaskStarted                                     +0.011s
    WorkflowTaskCompleted                                   +0.023s
    ActivityTaskCancelRequested       ActivityToBeCanceled
    ActivityTaskStarted               ActivityToBeCanceled  -3.513s
    ActivityTaskCompleted             ActivityToBeCanceled  +1.519s
    WorkflowTaskScheduled
    WorkflowTaskStarted                                     +0.002s
    WorkflowTaskCompleted                                   +0.005s
    ActivityTaskScheduled             ActivityToBeSkipped
    ActivityTaskCancelRequested       ActivityToBeSkipped
    ActivityTaskCanceled              ActivityToBeSkipped
    WorkflowTaskScheduled
    WorkflowTaskStarted
    WorkflowTaskCompleted                                   +0.003s
    ActivityTaskScheduled             CleanupActivity
    ActivityTaskStarted               CleanupActivity
    ActivityTaskCompleted             CleanupActivity       +0.002s
    WorkflowTaskScheduled
    WorkflowTaskStarted                                     +0.002s
    WorkflowTaskCompleted                                   +0.005s
    WorkflowExecutionCanceled
    ");
}

/// Timers have no names, and names may come twice: the timers are told by how long they run, the second by its number.
#[test]
fn what_ends_is_named_as_it_was_when_it_began() {
    let mut builder = HistoryBuilder::new("order");
    builder.complete_task();
    let hour = Duration::from_secs(3600);
    let timers = [hour, 2 * hour, hour].map(|after| builder.start_timer(after));
    let charges = [(); 2].map(|()| builder.schedule_activity("charge"));
    builder.at(hour).fire_timer(timers[2]);
    builder.cancel_timer(timers[0]);
    builder.complete_activity(charges[1], None);
    builder.complete_activity(charges[0], None);
    builder.at(2 * hour).fire_timer(timers[1]);

    insta::assert_snapshot!(builder.build().table(), @"
    WorkflowExecutionStarted          order
    WorkflowTaskScheduled
    WorkflowTaskStarted
    WorkflowTaskCompleted
    TimerStarted                      1h
    TimerStarted                      2h
    TimerStarted                      1h #2
    ActivityTaskScheduled             charge
    ActivityTaskScheduled             charge #2
    TimerFired                        1h #2                 +1h
    TimerCanceled                     1h
    ActivityTaskStarted               charge #2
    ActivityTaskCompleted             charge #2
    ActivityTaskStarted               charge
    ActivityTaskCompleted             charge
    TimerFired                        2h                    +1h
    ");
}

/// One activity more at the front is so many lines more, and every other line stays as it is.
#[test]
fn one_thing_more_changes_no_other_line() {
    let table = |more: bool| {
        let mut builder = HistoryBuilder::new("order");
        let mut now = Duration::ZERO;
        builder.complete_task();
        for name in ["reserve", "check whether the customer can be trusted", "charge"] {
            if !more && name.starts_with("check") {
                continue;
            }
            let activity = builder.schedule_activity(name);
            now += Duration::from_secs(2);
            builder.at(now).complete_activity(activity, None);
            builder.complete_task();
        }
        let timer = builder.start_timer(Duration::from_secs(60));
        builder.request_cancel("");
        builder.complete_task();
        builder.cancel_timer(timer);
        builder.cancel(None);
        builder.build().table()
    };
    let (less, more) = (table(false), table(true));
    let (less, more): (Vec<&str>, Vec<&str>) = (less.lines().collect(), more.lines().collect());
    // Its own events are three, and the workflow task has three.
    assert_eq!(more.len(), less.len() + 6);
    let at = less.iter().zip(&more).take_while(|(less, more)| less == more).count();
    assert_eq!(less[at..], more[at + 6..]);
}
