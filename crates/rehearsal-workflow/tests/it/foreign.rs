//! Futures that are not ours are refused: nothing that is recorded could ever wake them (R-15).

use std::future::{pending, poll_fn};
use std::sync::Mutex;
use std::task::{Poll, Waker};

use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, StreamExt};
use rehearsal_activation::{Completion, Trouble};
use rehearsal_workflow::select;

use crate::play::{WORK, activation, fire, go_t, initialize, play, secs, workflow};

#[test]
fn one_that_is_never_woken() {
    let code = workflow(async |ctx| {
        let _work = go_t(&ctx).execute(WORK, ());
        pending::<()>().await;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: workflow code awaits something that is not a workflow operation
      ForeignFuture { pending: ["Work (activity 1)"], last_completed: None, woken_at: None, seen_at: Some("it/foreign.rs:17:32") }
    "#);
}

#[test]
fn one_of_another_library() {
    let code = workflow(async |ctx| {
        ctx.timer(secs(1)).await?;
        let other = ctx.clone();
        ctx.spawn(async move {
            let _fired = other.timer(secs(2)).await;
        });
        let (_sender, receiver) = oneshot::channel::<()>();
        let _canceled = receiver.await;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: workflow code awaits something that is not a workflow operation
      ForeignFuture { pending: ["timer 2 of 2s"], last_completed: Some("timer 1 of 1s"), woken_at: None, seen_at: Some("it/foreign.rs:34:32") }
    FireTimer 2
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: workflow code awaits something that is not a workflow operation
      ForeignFuture { pending: ["timer 2 of 2s"], last_completed: Some("timer 1 of 1s"), woken_at: None, seen_at: Some("it/foreign.rs:34:32") }
    "#);
}

/// Combinators that poll only what was woken do not work here, and say so at once.
#[test]
fn one_that_polls_only_what_was_woken() {
    let code = workflow(async |ctx| {
        let mut timers: FuturesUnordered<_> = (1..=3).map(|after| ctx.timer(secs(after))).collect();
        while timers.next().await.is_some() {}
        Ok(String::new())
    });
    let mut instance = code.instantiate();
    let completion = instance.activate(&activation(0, vec![initialize("run-1")]));
    let Completion::Failed(failure) = completion else { panic!("the task did not fail") };
    let Trouble::ForeignFuture { pending, .. } = failure.trouble else {
        panic!("{:?}", failure.trouble);
    };
    assert_eq!(pending, ["timer 1 of 1s", "timer 2 of 2s", "timer 3 of 3s"]);
}

/// A channel between two routines is foreign too: it wakes the routine that reads.
#[test]
fn one_that_another_routine_wakes() {
    let code = workflow(async |ctx| {
        let (sender, receiver) = oneshot::channel::<()>();
        let other = ctx.clone();
        ctx.spawn(async move {
            let _fired = other.timer(secs(2)).await;
            let _received = sender.send(());
        });
        // Beside something of ours it goes unnoticed until it is woken.
        select(receiver, ctx.timer(secs(9))).await;
        Ok(String::new())
    });
    let mut instance = code.instantiate();
    instance.activate(&activation(0, vec![initialize("run-1")]));
    let Completion::Failed(failure) = instance.activate(&activation(1, vec![fire(2)])) else {
        panic!("the task did not fail");
    };
    let Trouble::ForeignFuture { pending, last_completed, woken_at, .. } = failure.trouble else {
        panic!("{:?}", failure.trouble);
    };
    assert_eq!(pending, ["timer 1 of 9s"]);
    assert_eq!(last_completed.as_deref(), Some("timer 2 of 2s"));
    let woken_at = woken_at.unwrap();
    assert!(woken_at.contains("it/foreign.rs:"), "{woken_at}");
}

#[test]
fn one_that_is_woken_between_two_tasks() {
    static STORED: Mutex<Option<Waker>> = Mutex::new(None);
    let code = workflow(async |ctx| {
        let foreign = poll_fn(|cx| {
            *STORED.lock().unwrap() = Some(cx.waker().clone());
            Poll::<()>::Pending
        });
        select(ctx.timer(secs(1)), foreign).await;
        Ok(String::new())
    });
    let mut instance = code.instantiate();
    let first = instance.activate(&activation(0, vec![initialize("run-1")]));
    assert!(matches!(first, Completion::Commands(_)));
    wake_by_accident(STORED.lock().unwrap().take().unwrap());
    let Completion::Failed(failure) = instance.activate(&activation(1, vec![])) else {
        panic!("the task did not fail");
    };
    let Trouble::ForeignFuture { woken_at: Some(woken_at), .. } = failure.trouble else {
        panic!("{:?}", failure.trouble);
    };
    assert!(woken_at.contains("wake_by_accident"), "{woken_at}");
}

/// Drops the waker last: a call in the last place leaves no frame once it is optimized.
#[inline(never)]
fn wake_by_accident(waker: Waker) {
    waker.wake_by_ref();
    drop(waker);
}

/// A waker that is kept and dropped without a call harms nobody.
#[test]
fn one_that_is_never_called_goes_unnoticed() {
    let code = workflow(async |ctx| {
        poll_fn(|cx| {
            let _waker = cx.waker().clone();
            Poll::Ready(())
        })
        .await;
        ctx.timer(secs(1)).await?;
        Ok("done".to_owned())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "done"
    "#);
}
