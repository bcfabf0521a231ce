//! What a user of the official SDK meets in the facade: what is refused, what is found, what is replayed.

#![expect(
    missing_docs,
    missing_debug_implementations,
    unnameable_types,
    unreachable_pub,
    clippy::missing_errors_doc,
    clippy::unused_async,
    reason = "what the SDK asks of workflows and activities, and what its macros make of them"
)]

mod activities;
mod defects;
mod family;
mod payloads;
mod replays;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use rehearsal::{History, OfficialWorld as _, Outcome, Scenario, Stub};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ActivityOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult};

/// Packs parcels.
#[derive(Debug)]
pub struct Packer {
    parcels: u64,
}

#[activities]
impl Packer {
    #[activity]
    async fn pack(
        self: Arc<Self>,
        ctx: ActivityContext,
        order: String,
    ) -> Result<String, ActivityError> {
        for parcel in 0..self.parcels {
            ctx.record_heartbeat(parcel).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(format!("{} parcels for {order}", self.parcels))
    }

    #[activity]
    async fn unpack(_ctx: ActivityContext, _order: String) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    async fn number(_ctx: ActivityContext, _order: String) -> Result<u64, ActivityError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Ok(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[activity]
    async fn calls_a_thread(_ctx: ActivityContext, _order: String) -> Result<(), ActivityError> {
        let mut called = false;
        std::future::poll_fn(|cx| {
            if called {
                return Poll::Ready(());
            }
            called = true;
            let waker = cx.waker().clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the mistake that is to be found"
            )]
            let thread = std::thread::spawn(move || waker.wake());
            thread.join().ok();
            Poll::Pending
        })
        .await;
        Ok(())
    }
}

fn options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1))
        .heartbeat_timeout(Duration::from_secs(5))
        .build()
}

/// Packs an order and undoes that if it is canceled.
#[workflow]
#[derive(Debug, Default)]
pub struct Pack;

#[workflow_methods]
impl Pack {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<String> {
        let packed = ctx.execute_activity(Packer::pack, order.clone(), options()).await;
        if ctx.cancellation_token().is_cancelled() {
            let detached = ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1))
                .cancellation_token(WorkflowCancellationToken::new())
                .build();
            ctx.execute_activity(Packer::unpack, order, detached).await?;
        }
        Ok(packed?)
    }
}

fn packer() -> Packer {
    Packer { parcels: 3 }
}

fn packing() -> Scenario {
    Scenario::new("packing")
        .official::<Pack>()
        .activities(packer)
        .real(Packer::pack)
        .real(Packer::unpack)
        .stub(Packer::number, Stub::returns(7))
        .stub(Packer::calls_a_thread, Stub::returns(()))
        .client(|world| {
            world.start_official::<Pack>("order-7", "7".to_owned());
        })
}

fn json(outcome: &Outcome) -> String {
    let main = outcome.main().expect("a workflow was started");
    History::new(main.history.clone()).expect("its history is one").to_json()
}
