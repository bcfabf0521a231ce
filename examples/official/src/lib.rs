//! An order: payment, approval, shipping, and the way back if it does not come to that.
//!
//! Production code as a user of Temporal's Rust SDK writes it: nothing here knows that it is rehearsed. `tests/` does.

pub mod gateway;
#[expect(
    missing_debug_implementations,
    missing_docs,
    unnameable_types,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "the SDK calls the methods, and its macros make items of them"
)]
pub mod order;
pub mod saga;
#[expect(
    missing_debug_implementations,
    missing_docs,
    unnameable_types,
    clippy::missing_errors_doc,
    reason = "the SDK calls the methods, and its macros make items of them"
)]
pub mod shop;

pub use crate::gateway::{Gateway, GatewayError, Payment};
pub use crate::order::{Order, OrderWorkflow, Receipt};
pub use crate::shop::Shop;
