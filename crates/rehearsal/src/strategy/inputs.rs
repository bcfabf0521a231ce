//! Random runs with random inputs: what fails is shrunk on both sides, the tape and the input.

use std::fmt::{self, Debug};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rehearsal_engine::{ChoiceKey, Finding, Outcome, Tape};
use rehearsal_explore::{Again, Choices, Unobserved, run_choices, seed_of};

use crate::explore::Exploration;
use crate::failure::Failure;
use crate::scenario::Scenario;

/// How many inputs are tried at most to find a smaller one.
const STEPS: u32 = 256;

/// How far an answer is moved to find it again in the run of a smaller input, where questions are others.
const REACH: u32 = 4;

/// What is found with an input, and the input. Displays as both, so that `?` and `unwrap` in a test read well.
pub struct InputFailure<V> {
    /// The smallest input that was found.
    pub input: V,
    /// What is found with it: the run is shrunk too.
    pub failure: Failure,
}

impl<V: Debug> fmt::Display for InputFailure<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  With the input:  {:?}\n", self.failure.report().trim_end(), self.input)
    }
}

impl<V: Debug> Debug for InputFailure<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<V: Debug> std::error::Error for InputFailure<V> {}

/// Explores the scenarios of `inputs` random inputs, which `make` makes of them, each as [`Scenario::try_explore`] does.
///
/// The input may be what the workflow is started with, what its stubs return, when the client does what. What fails is
/// shrunk on both sides: the tape, then the input for as long as the same is found with that tape, then the tape again. Of the
/// input it is what its strategy makes smaller, in at most 256 steps. Where a smaller input makes the run ask its questions
/// elsewhere, an answer is also tried four questions before and behind.
///
/// Inputs follow from the seed of `exploration` alone; without one they are the same every time.
///
/// # Errors
///
/// An [`InputFailure`] with the smallest input and the report of its run.
///
/// # Panics
///
/// Panics if the strategy gives no value, as one that filters out everything does.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use rehearsal::strategy::explore_inputs;
/// use rehearsal::{
///     Activity, ActivityOptions, Context, Exploration, Scenario, Stub, Workflow, WorkflowError, check, secs,
/// };
///
/// const SHIP: Workflow<Vec<u32>, ()> = Workflow::new("Ship");
/// const PACK: Activity<u32, ()> = Activity::new("Pack");
/// const UNPACK: Activity<u32, ()> = Activity::new("Unpack");
///
/// /// The mistake: of several parcels only the first is unpacked.
/// async fn ship(ctx: Context, parcels: Vec<u32>) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation());
///     let mut packed = Ok(());
///     for parcel in &parcels {
///         packed = packed.and(ctx.execute(PACK, *parcel).await);
///     }
///     if ctx.is_canceled() {
///         for parcel in parcels.iter().take(1) {
///             ctx.disconnected().execute(UNPACK, *parcel).await?;
///         }
///     }
///     packed
/// }
///
/// let found = explore_inputs(&prop::collection::vec(1..9_u32, 0..5), 20, Exploration::new(50), |parcels| {
///     Scenario::new("ship")
///         .workflow(SHIP, ship)
///         .stub(PACK, Stub::returns(()).after(secs(1)))
///         .stub(UNPACK, Stub::returns(()))
///         .client(move |world| drop(world.start(SHIP, "ship-1", parcels.clone())))
///         .check(check::compensated_at_least_once(PACK, UNPACK))
/// });
/// let found = found.unwrap_err();
/// assert_eq!(found.input, [1, 1, 1]);
/// assert_eq!(found.failure.tape().len(), 1);
/// ```
pub fn explore_inputs<S: Strategy>(
    strategy: &S,
    inputs: u32,
    exploration: Exploration,
    make: impl Fn(S::Value) -> Scenario,
) -> Result<(), InputFailure<S::Value>>
where
    S::Value: Clone,
{
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(exploration.seed));
    for _ in 0..inputs {
        let tree = strategy.new_tree(&mut runner);
        let tree = tree.unwrap_or_else(|why| panic!("the strategy gives no input: {why}"));
        if let Err(failure) = make(tree.current()).try_explore(exploration) {
            return Err(smallest(tree, failure, &make));
        }
    }
    Ok(())
}

/// A generator that follows from a seed.
fn rng(seed: Option<u64>) -> TestRng {
    let seed = seed.unwrap_or_else(|| seed_of("inputs")).to_le_bytes();
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed, seed, seed, seed].concat())
}

/// The smallest input with which the same is found, and its run, shrunk.
fn smallest<T: ValueTree<Value: Clone>>(
    mut tree: T,
    failure: Failure,
    make: &impl Fn(T::Value) -> Scenario,
) -> InputFailure<T::Value> {
    let input = tree.current();
    // What is found before anything is run has no run that could be shrunk.
    let (Some(finding), Some(first)) = (failure.findings().first(), failure.outcome()) else {
        return InputFailure { input, failure };
    };
    let mut best = (input, first.clone());
    let mut steps = 0;
    let mut more = tree.simplify();
    while more && steps < STEPS {
        steps += 1;
        let input = tree.current();
        more = match shown(&make(input.clone()), &best.1.tape, finding) {
            Some(outcome) => {
                best = (input, outcome);
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    let (input, outcome) = best;
    let scenario = make(input.clone());
    let patience = outcome.patience;
    let (inner, checks) = (&scenario.inner, scenario.checks.as_slice());
    let again = Again { scenario: inner, checks, patience, observer: &Unobserved };
    let outcome = again.minimal(outcome, finding).outcome;
    let nearest = again.nearest_passing(&outcome);
    InputFailure { input, failure: Failure::of_input(inner, outcome, nearest.as_ref()) }
}

/// A run in which the same is found, with these answers or with one of them a little elsewhere.
fn shown(scenario: &Scenario, tape: &Tape, finding: &Finding) -> Option<Outcome> {
    let moved = tape.iter().flat_map(|(key, answer)| {
        let near =
            (1..=REACH).flat_map(move |by| [key.nth.checked_sub(by), key.nth.checked_add(by)]);
        near.flatten()
            .map(move |nth| tape.clone().with(key, 0).with(ChoiceKey { nth, ..key }, answer))
    });
    let tapes = [Tape::calm(), tape.clone()].into_iter().chain(moved);
    tapes
        .map(|tape| run_choices(&scenario.inner, &Choices::Tape(tape), &scenario.checks).outcome)
        .find(|outcome| outcome.findings.iter().any(|other| other.is_like(finding)))
}
