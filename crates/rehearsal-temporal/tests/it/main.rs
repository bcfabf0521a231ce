//! The host of the official SDK's workflows, activation by activation.

#![expect(
    unreachable_pub,
    clippy::unused_async,
    clippy::needless_pass_by_value,
    reason = "workflows and activities stand here as users of the SDK write them; its macros want it so"
)]

mod converter;
mod foreign;
mod life;
mod outcome;
mod play;
mod random;
mod signal;
mod workflows;
