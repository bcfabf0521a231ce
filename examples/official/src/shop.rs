//! The activities: what the shop does in the world.

use std::sync::Arc;
use std::time::Duration;

use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use crate::gateway::{Gateway, GatewayError, Payment};
use crate::order::Order;

/// How often the courier is asked whether he has been there.
const POLL: Duration = Duration::from_secs(5);

/// The activities of an order.
pub struct Shop {
    gateway: Arc<dyn Gateway>,
}

impl Shop {
    /// A shop that works with `gateway`.
    #[must_use]
    pub fn new(gateway: impl Gateway + 'static) -> Self {
        Self { gateway: Arc::new(gateway) }
    }
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop").finish_non_exhaustive()
    }
}

#[activities]
impl Shop {
    /// Takes the money.
    #[activity]
    pub async fn charge(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: Order,
    ) -> Result<Payment, ActivityError> {
        self.gateway.charge(&order).await.map_err(refused)
    }

    /// Gives the money back.
    #[activity]
    pub async fn refund(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: Order,
    ) -> Result<(), ActivityError> {
        self.gateway.refund(&order).await.map_err(refused)
    }

    /// Sends for the courier and waits until he has collected the parcel; returns its number.
    ///
    /// Heartbeats, so that it learns of a cancel. The courier is then still on his way: `cancel_shipment` calls him off.
    #[activity]
    pub async fn ship(
        self: Arc<Self>,
        ctx: ActivityContext,
        order: Order,
    ) -> Result<String, ActivityError> {
        let parcel = self.gateway.book_courier(&order).await.map_err(refused)?;
        while !self.gateway.is_collected(&parcel).await.map_err(refused)? {
            ctx.record_heartbeat(()).await?;
            tokio::select! {
                // Without `biased`, which branch is looked at first is random.
                biased;
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
                () = tokio::time::sleep(POLL) => {}
            }
        }
        Ok(parcel)
    }

    /// Calls the courier off, or the parcel back.
    #[activity]
    pub async fn cancel_shipment(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: Order,
    ) -> Result<(), ActivityError> {
        self.gateway.cancel_courier(&order).await.map_err(refused)
    }
}

/// What is declined is not tried again; everything else is.
fn refused(error: GatewayError) -> ActivityError {
    ActivityError::application(match error {
        GatewayError::Declined(_) => ApplicationFailure::non_retryable(error),
        GatewayError::Unavailable(_) => ApplicationFailure::new(error),
    })
}
