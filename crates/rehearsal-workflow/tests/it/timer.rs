//! The Go column of C-39.

use crate::play::{cancel, fire, play, secs, v, workflow};

#[test]
fn in_a_context_that_is_canceled_already() {
    let code = workflow(async |ctx| Ok(v(&ctx.timer(secs(4)).await)));
    insta::assert_snapshot!(play(&code, &[cancel()], &[]), @r#"
    Initialize, CancelWorkflow
      StartTimer 1 4s
      CancelTimer 1
      CompleteWorkflow "canceled"
    "#);
}

#[test]
fn pending_and_canceled_later() {
    let code = workflow(async |ctx| {
        ctx.sleep(secs(10)).await?;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @"
    Initialize
      StartTimer 1 10s (Sleep)
      waits for timer 1 of 10s
    CancelWorkflow
      CancelTimer 1
      CancelWorkflow
    ");
}

/// Awaits a timer, then one that no cancel reaches.
macro_rules! awaits_timer {
    () => {
        workflow(async |ctx| {
            let result = ctx.timer(secs(4)).await;
            let _fired = ctx.disconnected().timer(secs(1)).await;
            Ok(v(&result))
        })
    };
}

#[test]
fn the_first_of_cancel_and_fire_counts() {
    let log = play(&awaits_timer!(), &[], &[vec![cancel(), fire(1)], vec![fire(2)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 4s
      waits for timer 1 of 4s
    CancelWorkflow, FireTimer 1
      CancelTimer 1
      StartTimer 2 1s
      waits for timer 2 of 1s
    FireTimer 2
      CompleteWorkflow "canceled"
    "#);
    let log = play(&awaits_timer!(), &[], &[vec![fire(1), cancel()], vec![fire(2)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 4s
      waits for timer 1 of 4s
    FireTimer 1, CancelWorkflow
      StartTimer 2 1s
      waits for timer 2 of 1s
    FireTimer 2
      CompleteWorkflow "\u003cnil\u003e"
    "#);
}

#[test]
fn one_of_no_length_leaves_no_trace() {
    let code = workflow(async |ctx| {
        let mut timer = ctx.timer(secs(0));
        let ready = timer.is_ready();
        (&mut timer).await?;
        ctx.sleep(secs(0)).await?;
        let next = ctx.timer(secs(2));
        Ok(format!("{ready} {}", next.is_ready()))
    });
    // Not even in a canceled context; the next timer is the first.
    insta::assert_snapshot!(play(&code, &[cancel()], &[]), @r#"
    Initialize, CancelWorkflow
      StartTimer 1 2s
      CancelTimer 1
      CompleteWorkflow "true true"
    "#);
}

#[test]
fn one_that_was_never_started_cannot_fire() {
    let code = workflow(async |ctx| Ok(v(&ctx.timer(secs(4)).await)));
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 4s
      waits for timer 1 of 4s
    FireTimer 2
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: timer 2 fired, which was never started
      Nondeterminism { message: "timer 2 fired, which was never started" }
    "#);
}
