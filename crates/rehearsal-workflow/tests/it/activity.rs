//! Every cell of the Go columns of semantics §3.4.4, from the side of the workflow.

use rehearsal_activation::{CancellationType, Completion, ScheduleActivity, Seq, WorkflowCommand};
use rehearsal_history::{Failure, Priority, RetryPolicy, TimeoutType};
use rehearsal_workflow::ActivityOptions;

use crate::play::{
    OTHER, WORK, activation, cancel, canceled, completed, failed, fire, go_t, go_w, initialize,
    play, secs, v, workflow,
};

/// Awaits an activity of `$options`, then a timer that no cancel reaches, and returns how the activity ended.
macro_rules! awaits_work {
    ($options:ident) => {
        workflow(async |ctx| {
            let result = $options(&ctx).execute(WORK, ()).await;
            let _fired = ctx.disconnected().timer(secs(1)).await;
            Ok(format!("{} {}", result.as_deref().unwrap_or("-"), v(&result)))
        })
    };
}

#[test]
fn scheduled_in_the_same_task_without_waiting() {
    let code = workflow(async |ctx| {
        let (ctx, handle) = go_t(&ctx).with_cancel();
        let work = ctx.execute(WORK, ());
        handle.cancel();
        Ok(v(&work.await))
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      CompleteWorkflow "canceled"
    "#);
}

#[test]
fn scheduled_in_the_same_task_with_waiting() {
    let code = workflow(async |ctx| {
        let (ctx, handle) = go_w(&ctx).with_cancel();
        let work = ctx.execute(WORK, ());
        handle.cancel();
        Ok(v(&work.await))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![canceled(1)]]), @r#"
    Initialize
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      waits for Work (activity 1)
    Failed 1
      CompleteWorkflow "activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    "#);
}

#[test]
fn in_a_context_that_is_canceled_already() {
    let code = workflow(async |ctx| {
        let skipped = go_t(&ctx).execute(WORK, ());
        let waited_for = go_w(&ctx).execute(OTHER, ());
        let (skipped, waited_for) = (skipped.await, waited_for.await);
        Ok(format!("{}; {}", v(&skipped), v(&waited_for)))
    });
    insta::assert_snapshot!(play(&code, &[cancel()], &[vec![canceled(2)]]), @r#"
    Initialize, CancelWorkflow
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      ScheduleActivity 2 Other
      RequestCancelActivity 2
      waits for Other (activity 2)
    Failed 2
      CompleteWorkflow "canceled; activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    "#);
}

#[test]
fn pending_without_waiting_ends_at_the_cancel() {
    let code = awaits_work!(go_t);
    let log = play(&code, &[], &[vec![cancel()], vec![completed(1, r#""late""#)], vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      StartTimer 1 1s
      waits for timer 1 of 1s
    Completed 1
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "- canceled"
    "#);
}

#[test]
fn pending_with_waiting_ends_as_the_server_says() {
    let code = awaits_work!(go_w);
    let log = play(&code, &[], &[vec![cancel()], vec![canceled(1)], vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      waits for Work (activity 1)
    Failed 1
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "- activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    "#);
    let log = play(&code, &[], &[vec![cancel()], vec![completed(1, r#""done""#)], vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      waits for Work (activity 1)
    Completed 1
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "done \u003cnil\u003e"
    "#);
}

#[test]
fn its_end_after_the_cancel_in_one_batch() {
    let batch = || vec![cancel(), completed(1, r#""done""#)];
    let log = play(&awaits_work!(go_t), &[], &[batch(), vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    CancelWorkflow, Completed 1
      RequestCancelActivity 1
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "- canceled"
    "#);
    let log = play(&awaits_work!(go_w), &[], &[batch(), vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    CancelWorkflow, Completed 1
      RequestCancelActivity 1
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "done \u003cnil\u003e"
    "#);
}

#[test]
fn its_end_before_the_cancel_in_one_batch() {
    let batch = || vec![completed(1, r#""done""#), cancel()];
    let log = play(&awaits_work!(go_t), &[], &[batch(), vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Completed 1, CancelWorkflow
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "done \u003cnil\u003e"
    "#);
    let log = play(&awaits_work!(go_w), &[], &[batch(), vec![fire(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Completed 1, CancelWorkflow
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "done \u003cnil\u003e"
    "#);
}

#[test]
fn a_second_cancel_changes_nothing() {
    let code = workflow(async |ctx| {
        let (ctx, handle) = go_w(&ctx).with_cancel();
        let work = ctx.execute(WORK, ());
        handle.cancel();
        handle.cancel();
        Ok(v(&work.await))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()], vec![cancel(), canceled(1)]]), @r#"
    Initialize
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      waits for Work (activity 1)
    CancelWorkflow
      waits for Work (activity 1)
    CancelWorkflow, Failed 1
      CompleteWorkflow "activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    "#);
}

#[test]
fn may_be_awaited_again_and_need_not_be_awaited_at_all() {
    let code = workflow(async |ctx| {
        let ctx = go_t(&ctx);
        drop(ctx.execute(OTHER, ()));
        let mut work = ctx.execute(WORK, ());
        let before = work.is_ready();
        let first = (&mut work).await?;
        let second = work.clone().await?;
        Ok(format!("{before} {first} {second} {}", work.is_ready()))
    });
    let log = play(&code, &[], &[vec![completed(2, r#""done""#)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Other
      ScheduleActivity 2 Work
      waits for Work (activity 2)
    Completed 2
      CompleteWorkflow "false done done true"
    "#);
}

#[test]
fn a_result_of_another_type_is_an_error() {
    let code = workflow(async |ctx| go_t(&ctx).execute(WORK, ()).await);
    insta::assert_snapshot!(play(&code, &[], &[vec![completed(1, "7")]]), @"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Completed 1
      FailWorkflow unable to decode the result of Work (activity 1): cannot decode a value of type `String` from `7`: invalid type: integer `7`, expected a string at line 1 column 1
    ");
}

#[test]
fn its_failure_comes_with_its_cause() {
    let code = workflow(async |ctx| {
        let error = go_t(&ctx).execute(WORK, ()).await.unwrap_err();
        Ok(format!("{:?}: {error}", error.timeout_type()))
    });
    let timeout = Failure::timeout("activity Heartbeat timeout", TimeoutType::Heartbeat);
    insta::assert_snapshot!(play(&code, &[], &[vec![failed(1, timeout)]]), @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Failed 1
      CompleteWorkflow "Some(Heartbeat): activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): activity Heartbeat timeout (type: Heartbeat)"
    "#);
}

#[test]
fn an_end_of_one_that_was_never_scheduled_fails_the_task() {
    let code = workflow(async |ctx| go_t(&ctx).execute(WORK, ()).await);
    insta::assert_snapshot!(play(&code, &[], &[vec![completed(2, "7")], vec![cancel()]]), @r#"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Completed 2
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: activity 2 ended, which was never scheduled
      Nondeterminism { message: "activity 2 ended, which was never scheduled" }
    CancelWorkflow
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: activity 2 ended, which was never scheduled
      Nondeterminism { message: "activity 2 ended, which was never scheduled" }
    "#);
}

#[test]
fn every_option_reaches_the_command() {
    let policy = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
    let options = ActivityOptions::schedule_to_close(secs(4))
        .with_start_to_close(secs(3))
        .with_schedule_to_start(secs(2))
        .with_heartbeat(secs(1))
        .with_retry_policy(policy.clone())
        .with_priority(Priority::of_key(2))
        .with_id("mine")
        .with_task_queue("other");
    let code = workflow(move |ctx| {
        let options = options.clone();
        async move { ctx.with_activity_options(options).execute(WORK, ()).await }
    });
    let expected = ScheduleActivity {
        seq: Seq(1),
        activity_id: Some("mine".into()),
        activity_type: "Work".into(),
        task_queue: Some("other".into()),
        input: None,
        header: None,
        schedule_to_close: Some(secs(4)),
        schedule_to_start: Some(secs(2)),
        start_to_close: Some(secs(3)),
        heartbeat: Some(secs(1)),
        retry_policy: Some(policy),
        priority: Some(Priority::of_key(2)),
        cancellation_type: CancellationType::TryCancel,
        summary: None,
    };
    assert_eq!(
        code.instantiate().activate(&activation(0, vec![initialize("run-1")])),
        Completion::Commands(vec![WorkflowCommand::ScheduleActivity(Box::new(expected))])
    );
}

#[test]
fn options_and_queue_are_inherited() {
    let code = workflow(async |ctx| {
        let ctx = go_t(&ctx.with_task_queue("nobody"));
        let _one = ctx.execute(WORK, ());
        let _two = ctx.disconnected().with_task_queue("other").execute(WORK, ());
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      ScheduleActivity 1 Work queue=nobody
      ScheduleActivity 2 Work queue=other
      CompleteWorkflow ""
    "#);
}
