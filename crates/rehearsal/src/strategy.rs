//! Strategies for tests with `proptest`, with the feature `proptest`: where cancels and faults strike, and what a client does.
//!
//! What fails shrinks towards the calm run: fewer cancels, faults and actions first, then earlier ones. [`explore_inputs`] makes
//! random runs, with faults, of random inputs, and shrinks both.
//!
//! ```
//! use proptest::prelude::*;
//! use proptest::test_runner::TestRunner;
//! use rehearsal::strategy::{cancellation_points, client_scripts, play, ClientAction};
//! use rehearsal::{secs, Context, Scenario, Signal, Workflow, WorkflowError};
//!
//! const ORDER: Workflow<(), ()> = Workflow::new("Order");
//! const GO: Signal<u32> = Signal::new("go");
//!
//! /// Waits a minute at most.
//! async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
//!     let signals = ctx.signals(GO);
//!     ctx.wait_timeout(secs(60), || !signals.is_empty()).await.map(drop)
//! }
//!
//! fn scenario() -> Scenario {
//!     Scenario::new("order").workflow(ORDER, order)
//! }
//!
//! // In a test these are the arguments of a `proptest!` function.
//! let calm = scenario().client(|world| {
//!     world.start(ORDER, "order-7", ());
//! });
//! let scripts = client_scripts(&calm, [ClientAction::signal(GO, 1)], secs(90), 3);
//! let mut runner = TestRunner::deterministic();
//! runner.run(&(cancellation_points(&calm), scripts), |(tape, script)| {
//!     let run = scenario().client(move |world| {
//!         let order = world.start(ORDER, "order-7", ());
//!         play(world, &order, &script);
//!     });
//!     run.try_run(&tape).map_err(|failure| TestCaseError::fail(failure.report().to_owned()))?;
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod inputs;

use std::time::Duration;

use proptest::strategy::Strategy;
use rehearsal_engine::{ChoiceKind, Tape};
pub use rehearsal_explore::strategy::{ClientAction, ClientActions, play};

pub use self::inputs::{InputFailure, explore_inputs};
use crate::scenario::Scenario;

/// Tapes that cancel the workflow nowhere, once or twice, at any points of the calm run, each alone or together with
/// the step that follows: [`Scenario::try_run`] takes them.
///
/// The tapes are [loose](Tape::loose): a run that ends before its second cancel is no mistake of theirs.
///
/// The calm run is made once, when the strategy is. A run shrinks to the calm one, or to a single cancel at the earliest
/// point that still fails.
pub fn cancellation_points(scenario: &Scenario) -> impl Strategy<Value = Tape> + use<> {
    rehearsal_explore::strategy::cancellation_points(&scenario.inner)
}

/// Tapes in which at most `most` faults of these kinds strike, at any of the questions of the calm run, such as
/// [`ChoiceKind::FAULTS`]: [`Scenario::try_run`] takes them.
///
/// The tapes are [loose](Tape::loose): where one fault keeps another from being asked for, that is no mistake of theirs. Without
/// such a question in the calm run every tape is calm. That run is made once, when the strategy is. What is asked for only
/// because of a fault is not struck; [`Scenario::explore`] strikes there too.
///
/// A tape shrinks to fewer faults, to earlier ones in the order of the run, and to those of a smaller answer.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use proptest::test_runner::TestRunner;
/// use rehearsal::strategy::fault_plans;
/// use rehearsal::{secs, Activity, ActivityOptions, ChoiceKind, Context, Scenario, Stub, Workflow, WorkflowError};
///
/// const ORDER: Workflow<(), ()> = Workflow::new("Order");
/// const PACK: Activity<(), ()> = Activity::new("Pack");
///
/// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
///     ctx.execute(PACK, ()).await
/// }
///
/// let scenario = Scenario::new("order")
///     .workflow(ORDER, order)
///     .stub(PACK, Stub::returns(()).after(secs(2)))
///     .client(|world| drop(world.start(ORDER, "order-7", ())));
/// let mut runner = TestRunner::deterministic();
/// runner.run(&fault_plans(&scenario, ChoiceKind::FAULTS, 2), |tape| {
///     scenario.try_run(&tape).map_err(|failure| TestCaseError::fail(failure.report().to_owned()))?;
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fault_plans<K: IntoIterator<Item = ChoiceKind>>(
    scenario: &Scenario,
    kinds: K,
    most: usize,
) -> impl Strategy<Value = Tape> + use<K> {
    rehearsal_explore::strategy::fault_plans(&scenario.inner, kinds, most)
}

/// Scripts of at most `most` of these actions, each any number of times and at any millisecond up to and with `within`.
///
/// Times are drawn where things happen: at the start, at the instants of the calm run of `scenario`, or at the action that
/// was drawn before, and from there on or back by a gap of any magnitude, a millisecond as likely as an hour. The calm run
/// is made once, when the strategy is; its client must start the workflow. So what is open for seconds in a run of days is
/// found, if it opens at something that happens in the calm run or some time after an action.
///
/// A script shrinks to fewer actions, to earlier ones, and to those that come first in `actions`. Without actions every
/// script is empty. [`play`] does what a script says.
pub fn client_scripts<A: IntoIterator<Item = ClientAction>>(
    scenario: &Scenario,
    actions: A,
    within: Duration,
    most: usize,
) -> impl Strategy<Value = ClientActions> + use<A> {
    rehearsal_explore::strategy::client_scripts(&scenario.inner, actions, within, most)
}

/// The same with actions from a strategy of the user: signals and updates with any arguments, for example. What they shrink
/// to is what that strategy makes smaller, after their number and their times.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use rehearsal::strategy::{ClientAction, client_scripts_of};
/// use rehearsal::{secs, Context, Scenario, Signal, Workflow, WorkflowError};
/// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
/// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(secs(60)).await }
/// # let calm = Scenario::new("nap").workflow(NAP, nap).client(|world| drop(world.start(NAP, "nap-1", ())));
///
/// const ADD: Signal<u32> = Signal::new("add");
///
/// let action = prop_oneof![
///     (0..100_u32).prop_map(|count| ClientAction::signal(ADD, count)),
///     Just(ClientAction::Cancel),
/// ];
/// let _scripts = client_scripts_of(&calm, action, secs(90), 3);
/// ```
pub fn client_scripts_of<A: Strategy<Value = ClientAction>>(
    scenario: &Scenario,
    action: A,
    within: Duration,
    most: usize,
) -> impl Strategy<Value = ClientActions> + use<A> {
    rehearsal_explore::strategy::client_scripts_of(&scenario.inner, action, within, most)
}
