//! What every history of a server keeps to, each rule broken once.

use std::time::Duration;

use rehearsal_history::event::{
    ActivityTaskCanceled, ChildWorkflowExecutionCompleted, ChildWorkflowExecutionStarted,
    ExternalWorkflowExecutionSignaled, SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionInitiated, TimerFired, TimerStarted, WorkflowTaskCompleted,
    WorkflowTaskStarted,
};
use rehearsal_history::{EventId, Execution, Failure, HistoryBuilder, WorkflowTaskFailedCause};

/// What is wrong with the history of a run that has completed one task and then does what `build` says.
fn wrong(build: impl FnOnce(&mut HistoryBuilder)) -> String {
    let mut builder = HistoryBuilder::new("order");
    builder.complete_task();
    build(&mut builder);
    builder.build().check_well_formed().unwrap_err().to_string()
}

#[test]
fn a_long_run_is_well_formed() {
    let mut builder = HistoryBuilder::new("order");
    builder.signal("pay", None);
    builder.fail_task(WorkflowTaskFailedCause::UnhandledCommand);
    builder.time_out_task();
    builder.complete_task();
    let canceled = builder.schedule_activity("canceled");
    let failed = builder.schedule_activity("failed");
    let late = builder.schedule_activity("late");
    let fired = builder.start_timer(Duration::ZERO);
    let stopped = builder.start_timer(Duration::ZERO);
    builder.fire_timer(fired);
    builder.complete_task();
    builder.cancel_timer(stopped);
    builder.request_cancel_activity(canceled);
    builder.request_cancel_activity(failed);
    builder.cancel_activity(canceled, None);
    builder.fail_activity(failed, Failure::application("m", "T"));
    builder.time_out_activity(late);
    builder.complete_task();
    builder.cancel(None);
    builder.build().check_well_formed().unwrap();
}

#[test]
fn a_task_that_is_open_at_the_end_is_fine() {
    let mut builder = HistoryBuilder::new("order");
    builder.fail_task(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure);
    builder.start_task();
    builder.build().check_well_formed().unwrap();
}

#[test]
fn nothing_follows_the_close() {
    let text = wrong(|builder| {
        builder.complete(None);
        builder.signal("pay", None);
    });
    insta::assert_snapshot!(text, @"event 6: expected nothing after the run was closed by event 5");
}

#[test]
fn commands_stand_after_their_task_and_name_it() {
    let text = wrong(|builder| {
        builder.signal("pay", None);
        builder.start_timer(Duration::ZERO);
    });
    insta::assert_snapshot!(text, @"event 6: expected it directly after the task whose command it is, found `TimerStarted`");
    let mut builder = HistoryBuilder::new("order");
    builder.start_task();
    let completed = WorkflowTaskCompleted {
        scheduled_event_id: EventId(2),
        started_event_id: EventId(3),
        ..Default::default()
    };
    builder.push(Box::new(completed));
    builder.complete(None);
    let text = builder.build().check_well_formed().unwrap_err().to_string();
    insta::assert_snapshot!(text, @"event 5: workflowTaskCompletedEventId: expected the task completed just before, found event 0");
}

#[test]
fn tasks_follow_their_order() {
    let text = wrong(|builder| {
        builder.schedule_task();
        builder.schedule_task();
    });
    insta::assert_snapshot!(text, @"event 6: expected no task while one is pending, found `WorkflowTaskScheduled`");
    let text = wrong(|builder| {
        builder.push(WorkflowTaskStarted::default());
    });
    insta::assert_snapshot!(text, @"event 5: expected a task in the state before this, found `WorkflowTaskStarted`");
    let text = wrong(|builder| {
        builder.schedule_task();
        builder.push(WorkflowTaskStarted { scheduled_event_id: EventId(2), ..Default::default() });
    });
    insta::assert_snapshot!(text, @"event 6: scheduledEventId: expected the scheduled task, found event 2");
    let text = wrong(|builder| {
        builder.start_task();
        builder.signal("pay", None);
    });
    insta::assert_snapshot!(text, @"event 7: expected the end of the task that is running, found `WorkflowExecutionSignaled`");
}

#[test]
fn what_closes_names_something_open_once() {
    let text = wrong(|builder| {
        let timer = builder.start_timer(Duration::ZERO);
        builder.fire_timer(timer);
        builder.fire_timer(timer);
    });
    insta::assert_snapshot!(text, @"event 7: startedEventId: expected a timer that is open, found event 5");
    let text = wrong(|builder| {
        let timer = builder.start_timer(Duration::ZERO);
        builder.push(TimerFired {
            timer_id: "x".into(),
            started_event_id: timer,
            ..Default::default()
        });
    });
    insta::assert_snapshot!(text, @"event 6: timerId: expected `5` as in event 5, found `x`");
    let text = wrong(|builder| {
        let activity = builder.schedule_activity("charge");
        builder.complete_activity(activity, None);
        builder.complete_activity(activity, None);
    });
    insta::assert_snapshot!(text, @"event 8: scheduledEventId: expected an activity that is open, found event 5");
    let text = wrong(|builder| {
        let activity = builder.schedule_activity("charge");
        builder.start_activity(activity);
        builder.start_activity(activity);
    });
    insta::assert_snapshot!(text, @"event 7: expected one start of each activity, found `ActivityTaskStarted`");
}

#[test]
fn children_and_other_workflows_answer_once() {
    let child = |builder: &mut HistoryBuilder| {
        builder.push(Box::new(StartChildWorkflowExecutionInitiated {
            workflow_id: "child".into(),
            workflow_task_completed_event_id: EventId(4),
            ..Default::default()
        }))
    };
    let started = |initiated: EventId, workflow_id: &str| {
        let workflow_execution =
            Execution { workflow_id: workflow_id.into(), ..Default::default() };
        Box::new(ChildWorkflowExecutionStarted {
            initiated_event_id: initiated,
            workflow_execution,
            ..Default::default()
        })
    };
    let text = wrong(|builder| {
        let initiated = child(builder);
        builder.push(started(initiated, "other"));
    });
    insta::assert_snapshot!(text, @"event 6: workflowExecution.workflowId: expected `child` as in event 5, found `other`");
    let text = wrong(|builder| {
        let initiated_event_id = child(builder);
        builder.push(Box::new(ChildWorkflowExecutionCompleted {
            initiated_event_id,
            ..Default::default()
        }));
    });
    insta::assert_snapshot!(text, @"event 6: expected a start before it, found `ChildWorkflowExecutionCompleted`");
    let text = wrong(|builder| {
        let initiated_event_id = child(builder);
        builder.push(started(initiated_event_id, "child"));
        builder.push(Box::new(ChildWorkflowExecutionCompleted {
            initiated_event_id,
            ..Default::default()
        }));
    });
    insta::assert_snapshot!(text, @"event 7: startedEventId: expected its start, found event 0");
    let text = wrong(|builder| {
        let initiated_event_id = builder.push(Box::new(SignalExternalWorkflowExecutionInitiated {
            workflow_task_completed_event_id: EventId(4),
            ..Default::default()
        }));
        for _ in 0..2 {
            builder.push(Box::new(ExternalWorkflowExecutionSignaled {
                initiated_event_id,
                ..Default::default()
            }));
        }
    });
    insta::assert_snapshot!(text, @"event 7: initiatedEventId: expected a request that is open, found event 5");
}

#[test]
fn an_activity_is_canceled_only_on_request() {
    let text = wrong(|builder| {
        let activity = builder.schedule_activity("charge");
        builder.cancel_activity(activity, None);
    });
    insta::assert_snapshot!(text, @"event 6: expected a cancel request before the activity is canceled, found `ActivityTaskCanceled`");
    let text = wrong(|builder| {
        let activity = builder.schedule_activity("charge");
        builder.request_cancel_activity(activity);
        builder.push(ActivityTaskCanceled { scheduled_event_id: activity, ..Default::default() });
    });
    insta::assert_snapshot!(text, @"event 7: latestCancelRequestedEventId: expected its cancel request, found event 0");
}

#[test]
fn names_are_not_used_twice_at_a_time() {
    let text = wrong(|builder| {
        for _ in 0..2 {
            builder.push(TimerStarted {
                timer_id: "x".into(),
                workflow_task_completed_event_id: EventId(4),
                ..Default::default()
            });
        }
    });
    insta::assert_snapshot!(text, @"event 6: timerId: expected a new name, found `x` as in event 5, which is open");
}

/// A run whose second task answers with a timer of the id that the first task's timer has, at events 5 and 10.
fn timer_id_used_again() -> HistoryBuilder {
    let mut builder = HistoryBuilder::new("order");
    for task in [EventId(4), EventId(9)] {
        builder.complete_task();
        builder.push(TimerStarted {
            timer_id: "2".into(),
            workflow_task_completed_event_id: task,
            ..Default::default()
        });
        if task == EventId(4) {
            builder.signal("pay", None);
        }
    }
    builder
}

#[test]
fn a_timer_id_may_be_used_again_while_the_first_has_fired_in_the_buffer() {
    let mut builder = timer_id_used_again();
    builder.push(TimerFired {
        timer_id: "2".into(),
        started_event_id: EventId(5),
        ..Default::default()
    });
    builder.schedule_task();
    let history = builder.build();
    assert_eq!(history.check_well_formed(), Ok(()), "{history}");

    let mut builder = timer_id_used_again();
    builder.schedule_task();
    let text = builder.build().check_well_formed().unwrap_err().to_string();
    insta::assert_snapshot!(text, @"event 10: timerId: expected a new name, found `2` as in event 5, which is open");
}

/// A run that asks an activity to cancel at event 10, and again at event 15.
fn cancel_requested_again() -> HistoryBuilder {
    let mut builder = HistoryBuilder::new("order");
    builder.complete_task();
    let activity = builder.schedule_activity("charge");
    for _ in 0..2 {
        builder.signal("stop", None);
        builder.complete_task();
        builder.request_cancel_activity(activity);
    }
    builder
}

#[test]
fn a_cancel_may_be_requested_again_while_the_end_is_in_the_buffer() {
    let mut builder = cancel_requested_again();
    builder.complete_activity(EventId(5), None);
    builder.schedule_task();
    let history = builder.build();
    assert_eq!(history.check_well_formed(), Ok(()), "{history}");

    let mut builder = cancel_requested_again();
    builder.schedule_task();
    let text = builder.build().check_well_formed().unwrap_err().to_string();
    insta::assert_snapshot!(text, @"event 15: expected one cancel request of each activity, found `ActivityTaskCancelRequested`");
}
