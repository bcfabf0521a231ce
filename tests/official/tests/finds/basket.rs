//! A basket that takes updates, each of which looks a price up, until somebody checks out.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Scenario, Stub, Update, check, mins, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    SyncWorkflowContext, WaitConditionOptions, WorkflowCancellationToken, WorkflowContext,
    WorkflowResult, WorkflowTermination,
};

use crate::{detached, pause};

const TWIN: Twin = Twin { name: "official: basket", scenario: || basket(UNTIL_ALL_IS_DONE) };

pub const BUGS: &[Bug] = &[
    Bug {
        name: "official: update handler unfinished at the close",
        scenario: || basket(NOT_AT_ALL),
        twin: TWIN,
        code: Code::WorkLost,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "official: cancel that leaves the handlers three seconds",
        scenario: || basket(THREE_SECONDS),
        twin: TWIN,
        code: Code::WorkLost,
        needs: Needs::More,
        known: None,
    },
];

/// The update as a client knows it that does not wait for its result.
const ADD: Update<u64, u64> = Update::new("add");

#[derive(Debug, Default)]
pub struct Prices;

#[activities]
impl Prices {
    #[activity]
    pub async fn look_up(_ctx: ActivityContext, thing: u64) -> Result<u64, ActivityError> {
        Ok(thing)
    }
}

/// How long a basket waits for its handlers.
const UNTIL_ALL_IS_DONE: u8 = 0;
const NOT_AT_ALL: u8 = 1;
/// That is, once it is canceled; a look-up takes one.
const THREE_SECONDS: u8 = 2;

#[workflow]
#[derive(Default)]
pub struct Basket {
    total: u64,
    checked_out: bool,
}

#[workflow_methods]
impl Basket {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, waits: u8) -> WorkflowResult<u64> {
        let outcome = ctx.wait_condition(|basket| basket.checked_out).await;
        let canceled = outcome.is_err();
        match waits {
            NOT_AT_ALL if !canceled => {}
            THREE_SECONDS if canceled => {
                ctx.timer(pause(Duration::from_secs(3))).await;
            }
            _ => {
                let handlers = ctx.clone();
                let options = WaitConditionOptions::builder()
                    .cancellation_token(WorkflowCancellationToken::new())
                    .build();
                let done = move |_: &Self| handlers.all_handlers_finished();
                ctx.wait_condition_with_options(done, options).await?;
            }
        }
        outcome.map_err(WorkflowTermination::from)?;
        Ok(ctx.state(|basket| basket.total))
    }

    #[update]
    pub async fn add(ctx: &mut WorkflowContext<Self>, thing: u64) -> u64 {
        let price = ctx.execute_activity(Prices::look_up, thing, detached()).await;
        ctx.state_mut(|basket| {
            basket.total += price.unwrap_or_default();
            basket.total
        })
    }

    #[signal]
    pub fn check_out(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {
        self.checked_out = true;
    }
}

fn basket(waits: u8) -> Scenario {
    Scenario::new("finds-official-basket")
        .official::<Basket>()
        .activities(Prices::default)
        .stub(Prices::look_up, Stub::returns(7).after(secs(1)))
        .client(move |world| {
            let basket = world.start_official::<Basket>("basket-7", waits);
            // Each is refused once the basket is closed.
            let _accepted = world.start_update(&basket, ADD, 40);
            world.advance(secs(5));
            let _answer = world.signal_official(&basket, Basket::check_out, ());
        })
        .check(check::no_work_lost_at_close())
        .check(check::ends_within(mins(10)))
}
