//! An order: paid, approved before a deadline, shipped; on failure, after the deadline and when it is canceled the money
//! goes back.
//!
//! The deadline is out of reach of the cancel of the workflow, as it must be with SDK 1.1.1 (C-39a).

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext as NativeActivityContext, ActivityError as NativeActivityError,
    ActivityOptions as NativeActivityOptions, Context, Either, Handle, OfficialWorld as _, Profile,
    Scenario, Signal, Stub, Workflow, WorkflowError, World, mins, secs, select,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ApplicationFailure, SyncWorkflowContext,
    TimerOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult, workflows,
};

const ORDER: Workflow<String, String> = Workflow::new("Order");
const CHARGE: Activity<String, String> = Activity::new("Shop::charge");
const SHIP: Activity<String, String> = Activity::new("Shop::ship");
const REFUND: Activity<String, String> = Activity::new("Shop::refund");
const APPROVE: Signal<String> = Signal::new("approve");

async fn order(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let options = NativeActivityOptions::start_to_close(secs(60))
        .with_heartbeat(secs(4))
        .with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    match fulfill(&ctx, &order).await {
        Ok(parcel) => Ok(parcel),
        Err(error) => {
            ctx.disconnected().execute(REFUND, order).await?;
            Err(error)
        }
    }
}

async fn fulfill(ctx: &Context, order: &str) -> Result<String, WorkflowError> {
    ctx.execute(CHARGE, order.to_owned()).await?;
    let approvals = ctx.signals(APPROVE);
    let (deadline, passed) = ctx.disconnected_with_cancel();
    let approved = ctx.wait(|| !approvals.is_empty());
    let waited = match select(approved, deadline.timer(mins(1))).await {
        Either::Left(waited) => waited,
        Either::Right(_) => Ok(()),
    };
    passed.cancel();
    waited?;
    let Some(name) = approvals.try_recv() else {
        return Err(WorkflowError::new("nobody approved").non_retryable());
    };
    let parcel = ctx.execute(SHIP, order.to_owned()).await?;
    Ok(format!("{parcel}, approved by {name}"))
}

async fn ship(ctx: NativeActivityContext, order: String) -> Result<String, NativeActivityError> {
    for step in 1..4 {
        ctx.heartbeat(step);
        if ctx.sleep_or_canceled(secs(2)).await {
            return Err(NativeActivityError::canceled());
        }
    }
    Ok(format!("parcel of {order}"))
}

#[workflow]
#[derive(Default)]
pub struct Order {
    approved_by: Option<String>,
}

#[workflow_methods]
impl Order {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<String> {
        match Self::fulfill(ctx, &order).await {
            Ok(parcel) => Ok(parcel),
            Err(error) => {
                let options = options(WorkflowCancellationToken::new());
                ctx.execute_activity(Shop::refund, order, options).await?;
                Err(error)
            }
        }
    }

    #[signal]
    pub fn approve(&mut self, _ctx: &mut SyncWorkflowContext<Self>, name: String) {
        self.approved_by.get_or_insert(name);
    }

    async fn fulfill(ctx: &WorkflowContext<Self>, order: &str) -> WorkflowResult<String> {
        let token = || ctx.cancellation_token();
        ctx.execute_activity(Shop::charge, order.to_owned(), options(token())).await?;
        let deadline = WorkflowCancellationToken::new();
        let timer = TimerOptions::builder(Duration::from_mins(1))
            .cancellation_token(deadline.clone())
            .build();
        let waited = workflows::select! {
            waited = ctx.wait_condition(|order: &Self| order.approved_by.is_some()) => waited,
            _ = ctx.timer(timer) => Ok(()),
        };
        deadline.cancel();
        waited?;
        let Some(name) = ctx.state(|order| order.approved_by.clone()) else {
            return Err(ApplicationFailure::non_retryable("nobody approved").into());
        };
        let parcel = ctx.execute_activity(Shop::ship, order.to_owned(), options(token())).await?;
        Ok(format!("{parcel}, approved by {name}"))
    }
}

fn options(token: WorkflowCancellationToken) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1))
        .heartbeat_timeout(Duration::from_secs(4))
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .cancellation_token(token)
        .build()
}

#[derive(Default)]
pub struct Shop;

#[activities]
impl Shop {
    #[activity]
    pub async fn charge(_ctx: ActivityContext, order: String) -> Result<String, ActivityError> {
        Ok(order)
    }

    #[activity]
    pub async fn ship(ctx: ActivityContext, order: String) -> Result<String, ActivityError> {
        for step in 1..4 {
            ctx.record_heartbeat(step).await?;
            tokio::select! {
                biased;
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
                () = tokio::time::sleep(Duration::from_secs(2)) => {}
            }
        }
        Ok(format!("parcel of {order}"))
    }

    #[activity]
    pub async fn refund(_ctx: ActivityContext, order: String) -> Result<String, ActivityError> {
        Ok(order)
    }
}

fn charged() -> Stub<String> {
    Stub::returns("paid".to_owned()).after(secs(2))
}

fn refunded() -> Stub<String> {
    Stub::returns("refunded".to_owned()).after(secs(1))
}

fn native_shop(name: &str) -> Scenario {
    Scenario::new(name)
        .profile(Profile::Core)
        .workflow(ORDER, order)
        .activity(SHIP, ship)
        .stub(CHARGE, charged())
        .stub(REFUND, refunded())
}

fn official_shop(name: &str) -> Scenario {
    Scenario::new(name)
        .official::<Order>()
        .activities(Shop::default)
        .real(Shop::ship)
        .stub(Shop::charge, charged())
        .stub(Shop::refund, refunded())
}

fn start_native(world: &mut World) -> Handle {
    world.start(ORDER, "order-7", "a lamp".to_owned())
}

fn start_official(world: &mut World) -> Handle {
    world.start_official::<Order>("order-7", "a lamp".to_owned())
}

/// Approves ten seconds after the start.
fn approve(world: &mut World, order: &Handle) {
    world.advance(secs(10));
    // An order that was canceled before takes no signal any more.
    let _ = world.signal(order, APPROVE, "ada".to_owned());
}

pub(crate) fn native() -> Scenario {
    native_shop("order").client(|world| {
        let order = start_native(world);
        approve(world, &order);
    })
}

pub(crate) fn official() -> Scenario {
    official_shop("order").client(|world| {
        let order = start_official(world);
        approve(world, &order);
    })
}

pub(crate) fn native_forgotten() -> Scenario {
    native_shop("order-forgotten").client(|world| drop(start_native(world)))
}

pub(crate) fn official_forgotten() -> Scenario {
    official_shop("order-forgotten").client(|world| drop(start_official(world)))
}
