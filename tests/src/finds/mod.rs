//! Seeded bugs: small workflows, each with one mistake that the calm run does not show, and the twin without it.
//!
//! They measure the search, not the checks: what must strike so that a mistake shows, and how many runs it takes until
//! it does. A [`Bug`] that needs more than one choice is silent in every run with one choice that is not calm; the suite
//! (`tests/tests/finds.rs`) tries them all, and prints how many choices the smallest run has that shows it. What is found at a single cancel is the matter of [`mutations`](crate::mutations).
//!
//! A twin is silent whatever strikes. So it is written as one has to write for a world in which workers die and words are
//! lost: keys that are the same in every attempt, undo that does no harm where nothing was done, and an end that tells a
//! cancel from what the cancel made fail.

pub mod booking;
pub mod cart;
pub mod deadline;
pub mod family;
pub mod invoice;
pub mod lock;
pub mod measure;
pub mod payment;
pub mod peers;
pub mod relay;
pub mod render;
pub mod versions;
pub mod video;
pub mod wallet;

use rehearsal::{
    ActivityOptions, Call, Code, Context, Payloads, RetryPolicy, Scenario, WorkflowError,
};
use serde::de::DeserializeOwned;

pub use crate::mutations::Twin;

/// A workflow with a mistake.
#[derive(Debug, Clone, Copy)]
pub struct Bug {
    /// What was done wrong.
    pub name: &'static str,
    /// The workflow with the mistake in it.
    pub scenario: fn() -> Scenario,
    /// The workflow without it.
    pub twin: Twin,
    /// The code that is found first.
    pub code: Code,
    /// Whether one choice that is not calm is enough.
    pub needs: Needs,
    /// Why the default settings do not find it within the bound with every seed, or find something else of it first; `None`
    /// if they do.
    pub known: Option<&'static str>,
}

/// Whether a single choice that is not calm shows a mistake. Measured, not only said: all single ones are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Some single choice shows it.
    One,
    /// No single one does: two at least are needed.
    More,
}

/// All bugs.
#[must_use]
pub fn all() -> Vec<Bug> {
    let parts = [
        booking::BUGS,
        render::BUGS,
        lock::BUGS,
        payment::BUGS,
        wallet::BUGS,
        deadline::BUGS,
        cart::BUGS,
        family::BUGS,
        peers::BUGS,
        versions::BUGS,
        video::BUGS,
        relay::BUGS,
        invoice::BUGS,
    ];
    parts.concat()
}

/// All twins, each once.
#[must_use]
pub fn twins() -> Vec<Twin> {
    twins_of(&all())
}

/// The twins of these bugs, each once.
#[must_use]
pub fn twins_of(bugs: &[Bug]) -> Vec<Twin> {
    let mut twins: Vec<Twin> = bugs.iter().map(|bug| bug.twin).collect();
    twins.sort_by_key(|twin| twin.name);
    twins.dedup_by_key(|twin| twin.name);
    twins
}

/// The canceled error if the workflow is canceled.
fn going_on(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.err().map_or(Ok(()), Err)
}

/// What a workflow ends with: if it is canceled that it is, whatever its activities have failed with since.
fn end_of<T>(ctx: &Context, outcome: Result<T, WorkflowError>) -> Result<T, WorkflowError> {
    outcome.map_err(|error| ctx.err().unwrap_or(error))
}

/// A policy that grants so many attempts.
fn attempts(count: i32) -> RetryPolicy {
    RetryPolicy { maximum_attempts: count, ..RetryPolicy::default() }
}

/// This context with activities that take ten seconds at most and are waited for when they are canceled.
fn careful(ctx: &Context) -> Context {
    ctx.with_activity_options(careful_options())
}

/// The options of [`careful`].
fn careful_options() -> ActivityOptions {
    ActivityOptions::start_to_close(rehearsal::secs(10)).with_wait_for_cancellation()
}

/// The same with one attempt.
fn once() -> ActivityOptions {
    careful_options().with_retry_policy(attempts(1))
}

/// Whether the code of a call did its work, whether or not anybody heard of it.
fn was_done(call: &Call) -> bool {
    matches!(call.result, Some(Ok(_)))
}

/// What the code of a call came to, if it did its work.
fn result_of<T: DeserializeOwned>(call: &Call) -> Option<T> {
    let result = call.result.as_ref()?.as_ref().ok()?;
    Payloads::decode(result.as_ref()).ok()
}

/// What a call was given.
fn input_of<T: DeserializeOwned>(call: &Call) -> Option<T> {
    Payloads::decode(call.input.as_ref()).ok()
}
