//! Futures that are not the SDK's (R-15).

use std::future::{pending, poll_fn};
use std::sync::Mutex;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures::channel::oneshot;
use rehearsal_activation::{Completion, Definition, Trouble};
use rehearsal_temporal::workflow;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflows::select;
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::play::{activation, fire, initialize, play, signal};

#[workflow]
#[derive(Default)]
pub struct Never;

#[workflow_methods]
impl Never {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        ctx.timer(Duration::from_secs(1)).await;
        drop(ctx.timer(Duration::from_secs(9)));
        pending::<()>().await;
        Ok(())
    }
}

/// The SDK itself would hang. An operation that is kept and not awaited would hide it: the SDK polls every operation
/// once when it is made.
#[test]
fn one_that_is_never_woken() {
    insta::assert_snapshot!(play(&workflow::<Never>(), &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer
      task failed: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
      "workflow code awaits something that is not a workflow operation" (application "" false)
      ForeignFuture { pending: ["timer 2 of 9s"], last_completed: Some("timer 1 of 1s"), woken_at: None, seen_at: None }
    "#);
}

#[workflow]
#[derive(Default)]
pub struct Sleeps;

#[workflow_methods]
impl Sleeps {
    #[run]
    pub async fn run(_ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

#[test]
fn one_of_tokio() {
    insta::assert_snapshot!(play(&workflow::<Sleeps>(), &[], &[]), @r#"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Workflow function panicked: there is no reactor running, must be called from the context of a Tokio 1.x runtime" (application "" false)
      ForeignFuture { pending: [], last_completed: None, woken_at: None, seen_at: Some("it/foreign.rs:55:9") }
    "#);
}

/// A handler wakes the main routine through a channel of another library.
#[workflow]
#[derive(Default)]
pub struct Channel {
    sender: Option<oneshot::Sender<()>>,
}

#[workflow_methods]
impl Channel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let (sender, receiver) = oneshot::channel();
        ctx.state_mut(|it| it.sender = Some(sender));
        let _received = receiver.await;
        Ok(())
    }

    #[signal]
    pub async fn poke(ctx: &mut WorkflowContext<Self>, _text: String) {
        let sender = ctx.state_mut(|it| it.sender.take());
        let _sent = sender.map(|sender| sender.send(()));
    }
}

#[test]
fn one_that_another_routine_wakes() {
    let mut instance = workflow::<Channel>().instantiate();
    let first = instance.activate(&activation(0, vec![initialize("run-1", None)]));
    assert_eq!(first, Completion::Commands(Vec::new()));
    assert_eq!(instance.pending(), ["a condition, or something that is not an operation"]);

    let second = instance.activate(&activation(1, vec![signal("poke", r#""now""#)]));
    let Completion::Failed(failed) = second else { panic!("{second:?}") };
    assert!(
        failed.failure.message.starts_with("[TMPRL1100] Nondeterministic future detected: a waker")
    );
    assert_eq!(failed.cause.as_str(), "WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR");
    let Trouble::ForeignFuture { woken_at: Some(at), .. } = failed.trouble else {
        panic!("{:?}", failed.trouble);
    };
    assert!(at.contains("it/foreign.rs:"), "{at}");
}

static STORED: Mutex<Option<Waker>> = Mutex::new(None);

#[workflow]
#[derive(Default)]
pub struct Stored;

#[workflow_methods]
impl Stored {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let mut foreign = futures::FutureExt::fuse(poll_fn(|cx| {
            *STORED.lock().expect("no test panics with it") = Some(cx.waker().clone());
            Poll::<()>::Pending
        }));
        select! {
            _ = ctx.timer(Duration::from_secs(1)) => {}
            () = foreign => {}
        }
        Ok(())
    }
}

#[inline(never)]
fn wake_by_accident(waker: Waker) {
    waker.wake();
}

#[test]
fn one_that_is_woken_between_two_tasks() {
    let mut instance = workflow::<Stored>().instantiate();
    let first = instance.activate(&activation(0, vec![initialize("run-1", None)]));
    assert!(matches!(first, Completion::Commands(_)));
    wake_by_accident(STORED.lock().unwrap().take().unwrap());

    let second = instance.activate(&activation(1, vec![fire(1)]));
    let Completion::Failed(failed) = second else { panic!("{second:?}") };
    let Trouble::ForeignFuture { pending, woken_at: Some(at), .. } = failed.trouble else {
        panic!("{:?}", failed.trouble);
    };
    assert!(pending.is_empty(), "{pending:?}");
    assert!(at.contains("wake_by_accident"), "{at}");
}
