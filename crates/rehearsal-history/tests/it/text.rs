//! The text notation.

use std::time::Duration;

use rehearsal_history::{Failure, HistoryBuilder, Payloads, TimeoutType, WorkflowTaskFailedCause};

#[test]
fn a_history_is_printed_one_event_a_line() {
    let mut builder = HistoryBuilder::new("order");
    builder.fail_task(WorkflowTaskFailedCause::UnhandledCommand);
    builder.complete_task();
    let charge = builder.schedule_activity("charge");
    let timer = builder.start_timer(Duration::from_secs(5400));
    builder.at(Duration::from_millis(3500)).signal("pay", Payloads::encode(&(7, "a b")).unwrap());
    builder.request_cancel("no longer wanted");
    builder.complete_task();
    builder.request_cancel_activity(charge);
    builder.cancel_timer(timer);
    builder.at(Duration::from_millis(1)).start_activity(charge);
    let mut failure = Failure::application("a \"bad\" day", "Bad");
    failure.cause = Some(Box::new(Failure::timeout("too late", TimeoutType::Heartbeat)));
    builder.at(Duration::from_secs(90_000)).fail_activity(charge, failure);
    builder.complete_task();
    builder.complete(Payloads::encode(&"x".repeat(100)).unwrap());
    insta::assert_snapshot!(builder.build(), @r#"
     1  0s      WorkflowExecutionStarted          type=order id=workflow
     2  0s      WorkflowTaskScheduled
     3  0s      WorkflowTaskStarted
     4  0s      WorkflowTaskFailed                cause=UnhandledCommand
     5  0s      WorkflowTaskScheduled
     6  0s      WorkflowTaskStarted
     7  0s      WorkflowTaskCompleted
     8  0s      ActivityTaskScheduled             type=charge id=8
     9  0s      TimerStarted                      id=9 after=1h30m
    10  3.5s    WorkflowExecutionSignaled         name=pay input=[7,"a b"]
    11  3.5s    WorkflowExecutionCancelRequested  reason="no longer wanted"
    12  3.5s    WorkflowTaskScheduled
    13  3.5s    WorkflowTaskStarted
    14  3.5s    WorkflowTaskCompleted
    15  3.5s    ActivityTaskCancelRequested       activity=charge scheduled=8
    16  3.5s    TimerCanceled                     started=9
    17  0.001s  ActivityTaskStarted               activity=charge scheduled=8
    18  1d1h    ActivityTaskFailed                activity=charge scheduled=8 failure="a \"bad\" day" type=Bad cause="too late" timeout=Heartbeat retry=MaximumAttemptsReached
    19  1d1h    WorkflowTaskScheduled
    20  1d1h    WorkflowTaskStarted
    21  1d1h    WorkflowTaskCompleted
    22  1d1h    WorkflowExecutionCompleted        result="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    "#);
}
