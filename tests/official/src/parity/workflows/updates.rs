//! A tally that updates add to, each by an activity, until it is full. One is refused by the validator, and queries ask for
//! the sum in between.

#![expect(
    clippy::must_use_candidate,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "the macros of the SDK want handlers to look like this"
)]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions as NativeActivityOptions, Context, OfficialWorld as _, Payloads,
    Profile, Query, Scenario, Stub, Takes, Update, Workflow, WorkflowError, World, secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, WorkflowContext, WorkflowContextView, WorkflowResult,
};

const TALLY: Workflow<u32, u32> = Workflow::new("Tally");
const WEIGH: Activity<u32, u32> = Activity::new("Scales::weigh");
const ADD: Update<u32, u32> = Update::new("add");
const SUM: Query<(), u32> = Query::new("sum");

async fn tally(ctx: Context, full: u32) -> Result<u32, WorkflowError> {
    let sum = Rc::new(Cell::new(0));
    let asked = Rc::clone(&sum);
    ctx.on_query(SUM, move |()| Ok(asked.get()));
    let something = |n: &u32| if *n == 0 { Err(WorkflowError::new("nothing")) } else { Ok(()) };
    let adding = Rc::clone(&sum);
    ctx.on_update_if(ADD, something, move |ctx, n| {
        let adding = Rc::clone(&adding);
        async move {
            let options =
                NativeActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
            let weight = ctx.with_activity_options(options).execute(WEIGH, n).await;
            adding.set(adding.get() + weight.unwrap_or_default());
            Ok(adding.get())
        }
    })
    .await;
    ctx.wait(|| sum.get() >= full).await?;
    Ok(sum.get())
}

#[workflow]
#[derive(Default)]
pub struct Tally {
    sum: u32,
}

#[workflow_methods]
impl Tally {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, full: u32) -> WorkflowResult<u32> {
        ctx.wait_condition(|tally| tally.sum >= full).await?;
        Ok(ctx.state(|tally| tally.sum))
    }

    #[update]
    pub async fn add(ctx: &mut WorkflowContext<Self>, n: u32) -> u32 {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        let weight = ctx.execute_activity(Scales::weigh, n, options).await;
        ctx.state_mut(|tally| {
            tally.sum += weight.unwrap_or_default();
            tally.sum
        })
    }

    #[update_validator(add)]
    fn validate_add(
        &self,
        _ctx: &WorkflowContextView,
        n: &u32,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if *n == 0 { Err("nothing".into()) } else { Ok(()) }
    }

    #[query]
    pub fn sum(&self, _ctx: &WorkflowContextView) -> u32 {
        self.sum
    }
}

#[derive(Default)]
pub struct Scales;

#[activities]
impl Scales {
    #[activity]
    pub async fn weigh(_ctx: ActivityContext, n: u32) -> Result<u32, ActivityError> {
        Ok(n)
    }
}

fn weighed() -> Stub<u32, Takes<u32>> {
    Stub::computes(Ok::<u32, rehearsal::ActivityError>).after(secs(2))
}

/// What is refused, because the tally has closed by then, has no effect.
fn add(world: &mut World) {
    for (id, n) in [("u1", 10_u32), ("u2", 0), ("u3", 20)] {
        world.advance(secs(3));
        let input = Payloads::encode(&n).expect("a number");
        let _refused = world.send_update("tally-1", None, "add", id, input.as_ref());
        let _refused = world.query_workflow("tally-1", None, "sum", None, secs(1));
    }
}

pub(crate) fn native() -> Scenario {
    Scenario::new("updates")
        .profile(Profile::Core)
        .workflow(TALLY, tally)
        .stub(WEIGH, weighed())
        .client(|world| {
            world.start(TALLY, "tally-1", 30);
            add(world);
        })
}

pub(crate) fn official() -> Scenario {
    Scenario::new("updates")
        .official::<Tally>()
        .activities(Scales::default)
        .stub(Scales::weigh, weighed())
        .client(|world| {
            world.start_official::<Tally>("tally-1", 30);
            add(world);
        })
}
