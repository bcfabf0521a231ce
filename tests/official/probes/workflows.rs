//! Small workflows, each made to show one rule of the official SDK. The histories beside this file name them.
//!
//! Those at the end were changed after their histories were recorded. What the code was before stands above each.

use std::time::Duration;

use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, CancellableFuture, TimerOptions, TimerResult,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination,
};

pub struct Acts;

#[activities]
impl Acts {
    #[activity]
    pub async fn act(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
    #[activity]
    pub async fn cleanup(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

fn opts(ct: ActivityCancellationType) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(100))
        .cancellation_type(ct)
        .build()
}

fn detached_timer(s: u64) -> TimerOptions {
    TimerOptions::builder(Duration::from_secs(s))
        .cancellation_token(WorkflowCancellationToken::new())
        .build()
}

#[workflow]
#[derive(Default)]
pub struct TimerWf;
#[workflow_methods]
impl TimerWf {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        match ctx.timer(Duration::from_secs(10)).await {
            TimerResult::Fired => Ok("fired".into()),
            TimerResult::Cancelled => Err(WorkflowTermination::cancelled()),
        }
    }
}

macro_rules! actwf {
    ($n:ident, $ct:expr) => {
        #[workflow]
        #[derive(Default)]
        pub struct $n;
        #[workflow_methods]
        impl $n {
            #[run]
            pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
                let r = ctx.execute_activity(Acts::act, (), opts($ct)).await;
                let s = match r {
                    Ok(_) => "ok".to_string(),
                    Err(e) => format!("err {e}"),
                };
                ctx.timer(detached_timer(60)).await;
                Ok(s)
            }
        }
    };
}
actwf!(ActTry, ActivityCancellationType::TryCancel);
actwf!(ActWait, ActivityCancellationType::WaitCancellationCompleted);
actwf!(ActAbandon, ActivityCancellationType::Abandon);

#[workflow]
#[derive(Default)]
pub struct Skipped;
#[workflow_methods]
impl Skipped {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        ctx.cancellation_token().cancelled().await;
        let r = ctx
            .execute_activity(
                Acts::act,
                (),
                opts(ActivityCancellationType::WaitCancellationCompleted),
            )
            .await;
        let _ = ctx.timer(Duration::from_secs(5)).await;
        let mut o = opts(ActivityCancellationType::TryCancel);
        o.cancellation_token = Some(WorkflowCancellationToken::new());
        ctx.execute_activity(Acts::cleanup, (), o).await?;
        r?;
        Ok("done".into())
    }
}

/// Cancels its own timer.
#[workflow]
#[derive(Default)]
pub struct SelfCancelTimer;
#[workflow_methods]
impl SelfCancelTimer {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let t = ctx.timer(Duration::from_secs(100));
        ctx.timer(Duration::from_secs(1)).await;
        t.cancel();
        let r = t.await;
        Ok(format!("{r:?}"))
    }
}

/// Returns the activity error directly.
#[workflow]
#[derive(Default)]
pub struct ActPropagate;
#[workflow_methods]
impl ActPropagate {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        ctx.execute_activity(
            Acts::act,
            (),
            opts(ActivityCancellationType::WaitCancellationCompleted),
        )
        .await?;
        Ok("done".into())
    }
}

#[workflow]
#[derive(Default)]
pub struct SigCancel {
    sig: Vec<String>,
}
#[workflow_methods]
impl SigCancel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let _ = ctx.wait_condition(|s: &Self| !s.sig.is_empty()).await;
        Ok("done".into())
    }
    #[signal]
    fn sig(&mut self, _ctx: &mut temporalio_sdk::SyncWorkflowContext<Self>) {
        self.sig.push("s".into());
    }
    #[signal]
    async fn asig(ctx: &mut WorkflowContext<Self>) {
        ctx.state_mut(|s| s.sig.push("a".into()));
    }
}

/// Returns `canceled` although nobody has canceled it.
#[workflow]
#[derive(Default)]
pub struct SelfCanceled;
#[workflow_methods]
impl SelfCanceled {
    #[run]
    pub async fn run(_ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        Err(WorkflowTermination::cancelled())
    }
}

/// A timer races the cancel.
#[workflow]
#[derive(Default)]
pub struct SelectRace;
#[workflow_methods]
impl SelectRace {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let tok = ctx.cancellation_token();
        let w = temporalio_sdk::workflows::select! {
            r = ctx.timer(detached_timer(10)) => format!("timer {r:?}"),
            _ = tok.cancelled() => "canceled".to_string(),
        };
        Ok(w)
    }
}

/// The shape of the SDK's own cancellation example.
#[workflow]
#[derive(Default)]
pub struct RustSample;
#[workflow_methods]
impl RustSample {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let result =
            ctx.execute_activity(Acts::act, (), opts(ActivityCancellationType::TryCancel)).await;
        match result {
            Ok(_) => Ok("ok".into()),
            Err(temporalio_sdk::ActivityExecutionError::Cancelled(_)) => {
                let reason = ctx.cancellation_token().reason().unwrap_or_default();
                let mut o = opts(ActivityCancellationType::TryCancel);
                o.cancellation_token = Some(WorkflowCancellationToken::new());
                ctx.execute_activity(Acts::cleanup, (), o).await?;
                Ok(format!("canceled {reason}"))
            }
            Err(e) => Err(e.into()),
        }
    }
}

/// Two timers and two activities, all canceled at once: the order counts.
#[workflow]
#[derive(Default)]
pub struct ManyOps;
#[workflow_methods]
impl ManyOps {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let t1 = ctx.timer(Duration::from_secs(100));
        let a1 = ctx.execute_activity(
            Acts::act,
            (),
            opts(ActivityCancellationType::WaitCancellationCompleted),
        );
        let t2 = ctx.timer(Duration::from_secs(100));
        let a2 = ctx.execute_activity(Acts::act, (), opts(ActivityCancellationType::TryCancel));
        let _ = futures::join!(t1, a1, t2, a2);
        Err(WorkflowTermination::cancelled())
    }
}

/// Drops a timer future (loser of a select) then gets canceled.
#[workflow]
#[derive(Default)]
pub struct DropTimer;
#[workflow_methods]
impl DropTimer {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        {
            let _t = ctx.timer(Duration::from_secs(100));
        }
        ctx.timer(detached_timer(1)).await;
        ctx.timer(detached_timer(2)).await;
        Ok("x".into())
    }
}

macro_rules! actprop {
    ($n:ident, $ct:expr) => {
        #[workflow]
        #[derive(Default)]
        pub struct $n;
        #[workflow_methods]
        impl $n {
            #[run]
            pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
                ctx.execute_activity(Acts::act, (), opts($ct)).await?;
                Ok("done".into())
            }
        }
    };
}
actprop!(PropTry, ActivityCancellationType::TryCancel);
actprop!(PropAbandon, ActivityCancellationType::Abandon);

/// Cancels a private scope: error is a cancellation although the workflow was not canceled.
#[workflow]
#[derive(Default)]
pub struct PrivateScope;
#[workflow_methods]
impl PrivateScope {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let tok = WorkflowCancellationToken::new();
        let mut o = opts(ActivityCancellationType::TryCancel);
        o.cancellation_token = Some(tok.clone());
        let a = ctx.execute_activity(Acts::act, (), o);
        ctx.timer(Duration::from_secs(1)).await;
        tok.cancel();
        a.await?;
        Ok("done".into())
    }
}

#[workflow]
#[derive(Default)]
pub struct PrivateWait {
    x: bool,
}
#[workflow_methods]
impl PrivateWait {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let tok = WorkflowCancellationToken::new();
        tok.cancel();
        ctx.wait_condition_with_options(
            |s: &Self| s.x,
            temporalio_sdk::WaitConditionOptions::builder().cancellation_token(tok).build(),
        )
        .await?;
        Ok("done".into())
    }
}

/// Timer canceled in the same task as the activity is scheduled, then completes.
#[workflow]
#[derive(Default)]
pub struct SameTaskCancel;
#[workflow_methods]
impl SameTaskCancel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let t = ctx.timer(Duration::from_secs(10));
        let a = ctx.execute_activity(
            Acts::act,
            (),
            opts(ActivityCancellationType::WaitCancellationCompleted),
        );
        a.cancel();
        t.cancel();
        let _ = a.await;
        let _ = t.await;
        ctx.timer(Duration::from_secs(1)).await;
        Ok("x".into())
    }
}

#[workflow]
#[derive(Default)]
pub struct SleepThenDone;
#[workflow_methods]
impl SleepThenDone {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        ctx.timer(detached_timer(10)).await;
        Ok("x".into())
    }
}

/// Was `TimerWf`: the timer, then the return. Now there is no timer.
#[workflow]
#[derive(Default)]
pub struct NoTimer;
#[workflow_methods]
impl NoTimer {
    #[run]
    pub async fn run(_ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        Ok("fired".into())
    }
}

/// Was `TimerWf`. Now it returns as soon as the timer is started.
#[workflow]
#[derive(Default)]
pub struct ReturnsEarly;
#[workflow_methods]
impl ReturnsEarly {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        drop(ctx.timer(Duration::from_secs(10)));
        Ok("fired".into())
    }
}

/// Was one timer of 1 s, then another of 1 s. Now both run at the same time.
#[workflow]
#[derive(Default)]
pub struct Parallel;
#[workflow_methods]
impl Parallel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let first = ctx.timer(Duration::from_secs(1));
        let second = ctx.timer(Duration::from_secs(1));
        let _ = futures::join!(first, second);
        Ok("fired".into())
    }
}

/// Was a timer of 1 s.
#[workflow]
#[derive(Default)]
pub struct Slow;
#[workflow_methods]
impl Slow {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        ctx.timer(Duration::from_secs(999)).await;
        Ok("fired".into())
    }
}
