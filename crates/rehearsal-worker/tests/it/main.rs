//! The worker's half, from outside.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod attempts;
mod core_cancel;
mod core_golden;
mod core_recorded;
mod core_replay;
mod core_surplus;
mod golden;
mod moved;
mod numbering;
mod replaying;
mod slicing;
mod support;
mod throttle;
mod turning;
mod withdrawal;
