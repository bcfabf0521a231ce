//! Conditions, with and without a timeout (C-17).

use std::cell::Cell;
use std::rc::Rc;

use rehearsal_workflow::Signal;

use crate::play::{cancel, fire, play, secs, signal, v, workflow};

const GO: Signal<u8> = Signal::new("go");

#[test]
fn a_condition_that_is_true_wins_over_a_cancel() {
    let code = workflow(async |ctx| {
        let channel = ctx.signals(GO);
        let result = ctx.wait(|| !channel.is_empty()).await;
        Ok(v(&result))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel(), signal("go", "1")]]), @r#"
    Initialize
      waits for a condition
    CancelWorkflow, SignalWorkflow
      CompleteWorkflow "\u003cnil\u003e"
    "#);
}

#[test]
fn a_wait_in_a_canceled_context_says_so() {
    let code = workflow(async |ctx| {
        ctx.wait(|| false).await?;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      waits for a condition
    CancelWorkflow
      CancelWorkflow "Await context canceled"
    "#);
}

#[test]
fn a_condition_is_asked_again_when_another_routine_got_further() {
    let code = workflow(async |ctx| {
        let flag = Rc::new(Cell::new(false));
        let (other, set) = (ctx.clone(), Rc::clone(&flag));
        ctx.spawn(async move {
            if other.timer(secs(1)).await.is_ok() {
                set.set(true);
            }
        });
        ctx.wait(|| flag.get()).await?;
        Ok("set".to_owned())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for a condition
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "set"
    "#);
}

/// Waits for the signal for at most ten seconds, then for another timer.
macro_rules! waits {
    () => {
        workflow(async |ctx| {
            let channel = ctx.signals(GO);
            let result = ctx.wait_timeout(secs(10), || !channel.is_empty()).await;
            let _fired = ctx.disconnected().timer(secs(60)).await;
            Ok(format!("{:?} {}", result.as_ref().ok(), v(&result)))
        })
    };
}

#[test]
fn the_time_is_up() {
    insta::assert_snapshot!(play(&waits!(), &[], &[vec![fire(1)], vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    FireTimer 1
      StartTimer 2 60s
      waits for timer 2 of 1m
    FireTimer 2
      CompleteWorkflow "Some(false) \u003cnil\u003e"
    "#);
}

#[test]
fn a_condition_that_comes_true_leaves_its_timer_running() {
    insta::assert_snapshot!(play(&waits!(), &[], &[vec![signal("go", "1")], vec![fire(1), fire(2)]]), @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    SignalWorkflow
      StartTimer 2 60s
      waits for timer 2 of 1m
    FireTimer 1, FireTimer 2
      CompleteWorkflow "Some(true) \u003cnil\u003e"
    "#);
}

#[test]
fn one_that_is_canceled_cancels_its_timer() {
    insta::assert_snapshot!(play(&waits!(), &[], &[vec![cancel()], vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    CancelWorkflow
      CancelTimer 1
      StartTimer 2 60s
      waits for timer 2 of 1m
    FireTimer 2
      CompleteWorkflow "None canceled"
    "#);
}

#[test]
fn the_condition_wins_over_cancel_and_timer_once_it_was_waited_for() {
    let log = play(&waits!(), &[], &[vec![cancel(), signal("go", "1")], vec![fire(2)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    CancelWorkflow, SignalWorkflow
      CancelTimer 1
      StartTimer 2 60s
      waits for timer 2 of 1m
    FireTimer 2
      CompleteWorkflow "Some(true) \u003cnil\u003e"
    "#);
    let log = play(&waits!(), &[], &[vec![fire(1), signal("go", "1")], vec![fire(2)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    FireTimer 1, SignalWorkflow
      StartTimer 2 60s
      waits for timer 2 of 1m
    FireTimer 2
      CompleteWorkflow "Some(true) \u003cnil\u003e"
    "#);
}

#[test]
fn at_the_start_the_cancel_and_then_the_timer_win_over_the_condition() {
    let code = workflow(async |ctx| Ok(v(&ctx.wait_timeout(secs(10), || true).await)));
    insta::assert_snapshot!(play(&code, &[cancel()], &[]), @r#"
    Initialize, CancelWorkflow
      StartTimer 1 10s (AwaitWithTimeout)
      CancelTimer 1
      CompleteWorkflow "canceled"
    "#);
    let code = workflow(async |ctx| Ok(format!("{:?}", ctx.wait_timeout(secs(0), || true).await?)));
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CompleteWorkflow "false"
    "#);
}

#[test]
fn a_condition_that_is_true_at_once_has_its_timer_started() {
    let code =
        workflow(async |ctx| Ok(format!("{:?}", ctx.wait_timeout(secs(10), || true).await?)));
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      CompleteWorkflow "true"
    "#);
}

#[test]
fn the_error_has_the_details_of_go() {
    let code = workflow(async |ctx| {
        ctx.wait_timeout(secs(10), || false).await?;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      StartTimer 1 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 10s
    CancelWorkflow
      CancelTimer 1
      CancelWorkflow "%s context canceled" "AwaitWithTimeout"
    "#);
}

#[test]
fn done_ends_with_the_cancel() {
    let code = workflow(async |ctx| {
        ctx.done().await;
        Ok("done".to_owned())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![], vec![cancel()]]), @r#"
    Initialize
      waits for cancellation

      waits for cancellation
    CancelWorkflow
      CompleteWorkflow "done"
    "#);
}
