//! Activities written with the macros of the official SDK, run by a small engine in virtual time.

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self,
    reason = "the macros of the SDK say what an activity looks like"
)]
mod acts;
mod clock;
mod data;
mod ends;
mod engine;
mod heartbeats;
mod registration;
mod threads;
