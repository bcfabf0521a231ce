//! What the shop needs of its payment provider and its courier.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::order::Order;

/// The payment provider and the courier.
///
/// Every call names the order, and a call that is made twice for one order acts once: Temporal tries activities again.
/// What was never done is undone by doing nothing.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Takes the money.
    async fn charge(&self, order: &Order) -> Result<Payment, GatewayError>;

    /// Gives the money back.
    async fn refund(&self, order: &Order) -> Result<(), GatewayError>;

    /// Tells the courier to come; returns the number of the parcel.
    async fn book_courier(&self, order: &Order) -> Result<String, GatewayError>;

    /// Whether the courier has collected the parcel.
    async fn is_collected(&self, parcel: &str) -> Result<bool, GatewayError>;

    /// Calls the courier off, or the parcel back.
    async fn cancel_courier(&self, order: &Order) -> Result<(), GatewayError>;
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The order it was taken for.
    pub order: String,
    /// How much.
    pub cents: u64,
}

impl Payment {
    /// The payment that settles an order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        Self { order: order.id.clone(), cents: order.cents }
    }
}

/// Why the gateway did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It will not, however often it is asked.
    #[error("declined: {0}")]
    Declined(String),
    /// It cannot now.
    #[error("unavailable: {0}")]
    Unavailable(String),
}
