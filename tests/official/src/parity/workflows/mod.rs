//! The workflows, each written natively and for the official SDK, side by side.

#![expect(
    missing_docs,
    missing_debug_implementations,
    unnameable_types,
    clippy::missing_errors_doc,
    reason = "the SDK calls the methods, and its macros make items of them"
)]
#![expect(clippy::unused_async, reason = "stubs stand in for these activities")]

pub mod chain;
pub mod family;
pub mod order;
pub mod parallel;
pub mod race;
pub mod retry;
pub mod sample;
pub mod scale;
pub mod signals;
pub mod updates;
