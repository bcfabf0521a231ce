//! Finding power with workflows of the official SDK: seeded bugs, found by the default settings; their twins are silent.
//!
//! As `tests/tests/finds.rs`, which has the native ones and says what a run of it measures. An unbiased `tokio::select!` is
//! not among them: what it does is another thing each time, so no figure of it holds.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    clippy::unused_async,
    reason = "what the SDK asks of workflows and activities, what its macros make of them, and the figure"
)]

mod basket;
mod disk;
mod eject;
mod import;
mod order;
mod payment;
mod spool;

use std::time::Duration;

use rehearsal_tests::finds::measure::{alarms, runs, search, seeds};
use rehearsal_tests::finds::{Bug, Needs, twins_of};
use temporalio_common::RetryPolicy;
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, TimerOptions, WorkflowCancellationToken,
    WorkflowContext, WorkflowResult, WorkflowTermination,
};

/// With so many seeds `cargo test` searches.
const SEEDS: u32 = 1;

/// How many runs of a twin it makes.
const RUNS: u32 = 60;

fn all() -> Vec<Bug> {
    let parts = [
        disk::BUGS,
        eject::BUGS,
        spool::BUGS,
        basket::BUGS,
        import::BUGS,
        payment::BUGS,
        order::BUGS,
    ];
    parts.concat()
}

#[test]
fn seeded_bugs_are_found() {
    let (table, wrong) = search("seeded bugs, official", &all(), seeds(SEEDS));
    println!("{table}");
    assert!(wrong.is_empty(), "not found as they should be:\n{}", wrong.join("\n"));
}

#[test]
fn at_least_eight_and_four_that_one_choice_does_not_show() {
    let (all, more) = (all(), all().iter().filter(|bug| bug.needs == Needs::More).count());
    assert!(
        all.len() >= 8 && more >= 4,
        "{} bugs, {more} that one choice does not show",
        all.len()
    );
}

#[test]
fn twins_are_silent() {
    let (line, alarms) = alarms("twins, official", &twins_of(&all()), runs(RUNS));
    println!("{line}");
    assert!(alarms.is_empty(), "{}", alarms.join("\n\n"));
}

/// Activities have ten seconds, and are waited for when they are canceled.
fn options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(10))
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .build()
}

/// The same with one attempt.
fn once() -> ActivityOptions {
    let mut options = options();
    options.retry_policy = Some(RetryPolicy::builder().maximum_attempts(1).build());
    options
}

/// The same for what no cancel of the workflow reaches.
fn detached() -> ActivityOptions {
    let mut options = options();
    options.cancellation_token = Some(WorkflowCancellationToken::new());
    options
}

/// A pause that no cancel of the workflow ends.
fn pause(length: Duration) -> TimerOptions {
    TimerOptions::builder(length).cancellation_token(WorkflowCancellationToken::new()).build()
}

/// Waits for so long; that it is canceled, if it is before.
///
/// The timer is on a token of its own: on that of the workflow the SDK panics when both come in one task (C-39a).
async fn waits<W>(ctx: &WorkflowContext<W>, length: Duration) -> WorkflowResult<()> {
    let token = WorkflowCancellationToken::new();
    let timer = TimerOptions::builder(length).cancellation_token(token.clone()).build();
    let canceled = temporalio_sdk::workflows::select! {
        _ = ctx.timer(timer) => false,
        _ = ctx.cancelled() => true,
    };
    token.cancel();
    if canceled { Err(WorkflowTermination::cancelled()) } else { Ok(()) }
}

/// The canceled error if the workflow is canceled.
fn going_on<W>(ctx: &WorkflowContext<W>) -> WorkflowResult<()> {
    if ctx.cancellation_token().is_cancelled() {
        return Err(WorkflowTermination::cancelled());
    }
    Ok(())
}

/// What a workflow ends with: if it is canceled that it is, whatever its activities have failed with since.
fn end_of<W>(ctx: &WorkflowContext<W>, outcome: WorkflowResult<()>) -> WorkflowResult<()> {
    outcome.or_else(|error| going_on(ctx).and(Err(error)))
}
