//! A saga: three steps, each with one that undoes it, and somebody to be told if the trip is canceled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Outcome, Scenario,
    Status, Stub, Workflow, WorkflowError, check, mins, secs,
};
use rehearsal_history::{EventId, EventKind};

use super::{BEFORE_FIRST_TASK, CALM, Mutation, TASK_RUNNING, later};

const BOOK: Workflow<String, ()> = Workflow::new("BookTrip");
const FLIGHT: Activity<String, u64> = Activity::new("BookFlight");
const HOTEL: Activity<String, u64> = Activity::new("BookHotel");
const PAY: Activity<String, u64> = Activity::new("Pay");
const CANCEL_FLIGHT: Activity<String, ()> = Activity::new("CancelFlight");
const CANCEL_HOTEL: Activity<String, ()> = Activity::new("CancelHotel");
const REFUND: Activity<String, ()> = Activity::new("Refund");
const NOTIFY: Activity<String, ()> = Activity::new("Notify");
const INSURE: Activity<String, u64> = Activity::new("Insure");

/// Each step with what undoes it.
const STEPS: [Step; 3] = [(FLIGHT, CANCEL_FLIGHT), (HOTEL, CANCEL_HOTEL), (PAY, REFUND)];

type Step = (Activity<String, u64>, Activity<String, ()>);

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "cleanup always",
        scenario: || base().workflow(BOOK, notified_always),
        code: Code::CleanupUncalled,
        at: CALM,
    },
    Mutation {
        name: "cleanup's own error swallowed",
        scenario: || failing(base()).workflow(BOOK, error_swallowed),
        code: Code::CleanupMissing,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "one step not undone",
        scenario: || base().workflow(BOOK, one_step_not_undone),
        code: Code::Custom,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "unwrap of a canceled activity",
        scenario: || base().workflow(BOOK, unwrapped),
        code: Code::Panicked,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "two activities swapped on replay",
        scenario: || base().workflow(BOOK, swapped_later),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "timer added",
        scenario: || base().workflow(BOOK, timer_added_later),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "activity input changed",
        scenario: || base().workflow(BOOK, input_changed_later),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "hash order",
        scenario: || base().workflow(BOOK, hash_order),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "a global",
        scenario: || twin().activity(FLIGHT, numbered),
        code: Code::ActivityNotRepeatable,
        at: CALM,
    },
    Mutation {
        name: "activity panics in every attempt",
        scenario: || twin().activity(HOTEL, broken),
        code: Code::NeverSucceeded,
        at: CALM,
    },
    Mutation {
        name: "deadline that nothing reaches",
        scenario: || base().workflow(BOOK, with_a_deadline),
        code: Code::NeverPassed,
        at: CALM,
    },
    Mutation {
        name: "check about what is never called",
        scenario: || {
            twin()
                .stub(INSURE, Stub::returns(4))
                .check(check::compensated_exactly_once(INSURE, INSURE))
        },
        code: Code::NeverJudged,
        at: CALM,
    },
];

/// The saga as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(BOOK, book)
}

/// The saga as it should be, in a world where nobody can be told.
#[must_use]
pub fn failing_twin() -> Scenario {
    let ends = check::status_in([Status::Completed, Status::Failed]);
    failing(base()).workflow(BOOK, book).check(ends)
}

/// All but the workflow. Whatever no run sees is found too.
fn base() -> Scenario {
    let booked = |number: u64| Stub::returns(number).after(secs(1));
    Scenario::new("mutations-saga")
        .strict()
        .stub(FLIGHT, booked(1))
        .stub(HOTEL, booked(2))
        .stub(PAY, booked(3))
        .stub(CANCEL_FLIGHT, Stub::returns(()))
        .stub(CANCEL_HOTEL, Stub::returns(()))
        .stub(REFUND, Stub::returns(()))
        .stub(NOTIFY, Stub::returns(()))
        .client(|world| {
            world.start(BOOK, "trip-7", "Oslo".to_owned());
        })
        .check(check::cleanup_iff_canceled(NOTIFY))
        .check(check::no_activity_outlives_close())
        .check(check::cancel_observed_or_completed_first())
        .check(check::ends_within(mins(10)))
        .check(check::always("what was booked is undone once", undone_once))
        .check(check::sometimes("money goes back", |outcome| outcome.calls(REFUND).count() > 0))
}

/// A cancel that was seen then fails the workflow, since nobody could be told.
fn failing(scenario: Scenario) -> Scenario {
    scenario.stub(NOTIFY, Stub::fails(ActivityError::from("no such address").non_retryable()))
}

/// In a trip that did not come about, each step that was done was undone once.
fn undone_once(outcome: &Outcome) -> Result<(), String> {
    let Some(main) = outcome.main() else { return Ok(()) };
    if matches!(main.status, Status::Running | Status::Completed) {
        return Ok(());
    }
    let mut names: BTreeMap<EventId, &str> = BTreeMap::new();
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &main.history {
        match &event.kind {
            EventKind::ActivityTaskScheduled(scheduled) => {
                names.insert(event.id, &scheduled.activity_type.name);
            }
            EventKind::ActivityTaskCompleted(completed) => {
                let name = names.get(&completed.scheduled_event_id).copied().unwrap_or_default();
                *done.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }
    let count = |name: &str| done.get(name).copied().unwrap_or_default();
    for (step, undo) in STEPS {
        let (made, undone) = (count(step.name()), count(undo.name()));
        if made != undone {
            return Err(format!("{}: {made}, {}: {undone}", step.name(), undo.name()));
        }
    }
    Ok(())
}

fn with_options(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    ctx.with_activity_options(options)
}

async fn book(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    saga(&with_options(&ctx), &trip, STEPS).await
}

/// Does the steps; undoes those that were done if one does not work out; tells whoever waits if it was canceled.
async fn saga(ctx: &Context, trip: &str, steps: [Step; 3]) -> Result<(), WorkflowError> {
    let mut done = Vec::new();
    let outcome = go_through(ctx, trip, steps, &mut done).await;
    if outcome.is_err() {
        undo(ctx, trip, done).await?;
    }
    if ctx.is_canceled() {
        ctx.disconnected().execute(NOTIFY, trip.to_owned()).await?;
    }
    outcome
}

async fn go_through(
    ctx: &Context,
    trip: &str,
    steps: [Step; 3],
    done: &mut Vec<Activity<String, ()>>,
) -> Result<(), WorkflowError> {
    for (step, undo) in steps {
        ctx.execute(step, trip.to_owned()).await?;
        done.push(undo);
        // The step was done all the same, so it must be undone.
        if let Some(canceled) = ctx.err() {
            return Err(canceled);
        }
    }
    Ok(())
}

async fn undo(
    ctx: &Context,
    trip: &str,
    done: Vec<Activity<String, ()>>,
) -> Result<(), WorkflowError> {
    for step in done.into_iter().rev() {
        ctx.disconnected().execute(step, trip.to_owned()).await?;
    }
    Ok(())
}

async fn notified_always(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    let mut done = Vec::new();
    let outcome = go_through(&ctx, &trip, STEPS, &mut done).await;
    if outcome.is_err() {
        undo(&ctx, &trip, done).await?;
    }
    ctx.disconnected().execute(NOTIFY, trip).await?;
    outcome
}

async fn error_swallowed(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    let mut done = Vec::new();
    let outcome = go_through(&ctx, &trip, STEPS, &mut done).await;
    if outcome.is_err() {
        undo(&ctx, &trip, done).await?;
    }
    if ctx.is_canceled() {
        let _ignored = ctx.disconnected().execute(NOTIFY, trip).await;
    }
    outcome
}

async fn one_step_not_undone(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    let mut done = Vec::new();
    let outcome = go_through(&ctx, &trip, STEPS, &mut done).await;
    if outcome.is_err() {
        // As if the step that failed were in the list.
        done.pop();
        undo(&ctx, &trip, done).await?;
    }
    if ctx.is_canceled() {
        ctx.disconnected().execute(NOTIFY, trip).await?;
    }
    outcome
}

async fn unwrapped(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    let mut done = Vec::new();
    let outcome = go_through(&ctx, &trip, STEPS, &mut done).await;
    assert!(outcome.is_ok(), "a booking always works out");
    Ok(())
}

async fn swapped_later(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let [flight, hotel, pay] = STEPS;
    let steps = if later(&ctx) { [hotel, flight, pay] } else { STEPS };
    saga(&with_options(&ctx), &trip, steps).await
}

async fn timer_added_later(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    if later(&ctx) {
        ctx.sleep(secs(1)).await?;
    }
    saga(&with_options(&ctx), &trip, STEPS).await
}

async fn input_changed_later(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let trip = if later(&ctx) { trip.to_uppercase() } else { trip };
    saga(&with_options(&ctx), &trip, STEPS).await
}

/// Keeps the steps in a map whose order is another in each process, as that of `std`'s is.
async fn hash_order(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let seed = if later(&ctx) { 3 } else { 1 };
    let hash = |index: usize| (index * 5 + 1) * seed % 7;
    let by_hash: BTreeMap<usize, Step> =
        STEPS.into_iter().enumerate().map(|(index, step)| (hash(index), step)).collect();
    let mut steps = STEPS;
    for (place, step) in steps.iter_mut().zip(by_hash.into_values()) {
        *place = step;
    }
    saga(&with_options(&ctx), &trip, steps).await
}

/// Counts its calls in a static, which outlives the run.
async fn numbered(_: ActivityContext, _: String) -> Result<u64, ActivityError> {
    static BOOKINGS: AtomicU64 = AtomicU64::new(1);
    Ok(BOOKINGS.fetch_add(1, Ordering::Relaxed))
}

/// Has a mistake of its own, which no test of the workflow is about.
async fn broken(_: ActivityContext, trip: String) -> Result<u64, ActivityError> {
    let (_, nights) = trip.split_once(", ").expect("a trip names its nights");
    Ok(nights.len() as u64)
}

/// Means to give up after five minutes, and never comes to that: every step takes a second.
async fn with_a_deadline(ctx: Context, trip: String) -> Result<(), WorkflowError> {
    let (scope, cancel) = ctx.with_cancel();
    let _deadline = scope.timer(mins(5));
    let outcome = saga(&with_options(&ctx), &trip, STEPS).await;
    cancel.cancel();
    outcome
}
