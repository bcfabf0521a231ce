//! Strategies for property tests: where cancels and faults strike, and what a client does.
//!
//! Every strategy shrinks towards the calm run: fewer cancels, faults and actions first, then earlier ones.

use std::time::Duration;

use proptest::collection::vec;
use proptest::strategy::Strategy;
use rehearsal_activation::names::{Query, Signal, Update};
use rehearsal_engine::{ChoiceKey, ChoiceKind, Handle, Injection, Patience, Scenario, Tape, World};
use rehearsal_history::{Payloads, SmolStr};
use serde::Serialize;

/// The most cancels of one run: a request, and a second one.
const CANCELS: usize = 2;

/// Tapes that cancel executions nowhere, once or twice, at any points of the calm run, each alone or together with the step
/// that follows: the one that is started first, its children, and all that activities and clients start besides.
///
/// The tapes are [loose](Tape::loose): a run that ends before its second cancel is no mistake of theirs.
///
/// The calm run is made once, when the strategy is. A run shrinks to the calm one, or to a single cancel, of the execution
/// that was started first if that fails too, at the earliest point that still does.
pub fn cancellation_points(scenario: &Scenario) -> impl Strategy<Value = Tape> + use<> {
    let calm = scenario.run(Box::new(Tape::calm()), Patience::MayStayOpen);
    let count = |points: &Vec<_>| u32::try_from(points.len()).unwrap_or(u32::MAX);
    // How many points each execution has, in the order of their starts.
    let others = calm.record.others.iter().map(|(execution, points)| (*execution, count(points)));
    let points: Vec<(u32, u32)> =
        core::iter::once((0, count(&calm.record.points).max(1))).chain(others).collect();
    let all = points.iter().fold(0, |all: u32, (_, points)| all.saturating_add(*points));
    let injection = Injection::Alone.answer()..=Injection::WithNext.answer();
    vec((0..all, injection), 0..=CANCELS).prop_map(move |cancels| {
        let key = |mut nth: u32| {
            for &(execution, points) in &points {
                match nth.checked_sub(points) {
                    Some(left) => nth = left,
                    None => return ChoiceKey { kind: ChoiceKind::Cancel, execution, nth },
                }
            }
            ChoiceKey { kind: ChoiceKind::Cancel, execution: 0, nth: 0 }
        };
        cancels.into_iter().map(|(nth, answer)| (key(nth), answer)).collect::<Tape>().loose()
    })
}

/// Tapes in which at most `most` faults of these kinds strike, at any of the questions of the calm run.
///
/// The tapes are [loose](Tape::loose): where one fault keeps another from being asked for, that is no mistake of theirs. Without
/// such a question in the calm run every tape is calm. That run is made once, when the strategy is.
///
/// A tape shrinks to fewer faults, to earlier ones in the order of the run, and to those that say less: a result that is lost
/// comes before one that is late.
pub fn fault_plans<K: IntoIterator<Item = ChoiceKind>>(
    scenario: &Scenario,
    kinds: K,
    most: usize,
) -> impl Strategy<Value = Tape> + use<K> {
    let kinds: Vec<ChoiceKind> = kinds.into_iter().collect();
    let (_, asked) = scenario.run_and_list(&Tape::calm(), Patience::MayStayOpen);
    let asked: Vec<_> =
        asked.into_iter().filter(|question| kinds.contains(&question.key.kind)).collect();
    let most = if asked.is_empty() { 0 } else { most };
    // No question has more answers.
    let answers = asked.iter().map(|question| question.options - 1).max().unwrap_or(1).max(1);
    vec((0..asked.len().max(1), 0..answers), 0..=most).prop_map(move |faults| {
        let strike = |(at, answer): (usize, usize)| {
            asked.get(at).map(|of| (of.key, 1 + answer % (of.options - 1).max(1)))
        };
        faults.into_iter().filter_map(strike).collect::<Tape>().loose()
    })
}

/// One thing that a client does to a workflow.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClientAction {
    /// Sends a signal.
    Signal {
        /// Its name.
        name: SmolStr,
        /// What it carries.
        input: Option<Payloads>,
    },
    /// Sends an update, and does not wait for what becomes of it.
    Update {
        /// Its name.
        name: SmolStr,
        /// What it carries.
        input: Option<Payloads>,
    },
    /// Asks a query, and does not wait for the answer.
    Query {
        /// Its name.
        name: SmolStr,
        /// What it carries.
        input: Option<Payloads>,
    },
    /// Requests the cancel.
    Cancel,
    /// Requests the cancel of another workflow, by its id: a child's, for example.
    CancelOf {
        /// The id.
        workflow_id: SmolStr,
    },
    /// Terminates it.
    Terminate,
}

impl ClientAction {
    /// Requests the cancel of another workflow than the one that the script is played to: of a child, for example. One that
    /// does not exist by then is none.
    pub fn cancel_of(workflow_id: impl Into<SmolStr>) -> Self {
        Self::CancelOf { workflow_id: workflow_id.into() }
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    pub fn signal<T: Serialize>(signal: Signal<T>, value: T) -> Self {
        let name = signal.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::Signal { name, input }
    }

    /// Sends an update, and does not wait for what becomes of it.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    pub fn update<I: Serialize, O>(update: Update<I, O>, value: I) -> Self {
        let name = update.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::Update { name, input }
    }

    /// Asks a query, and does not wait for the answer.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    pub fn query<I: Serialize, O>(query: Query<I, O>, value: I) -> Self {
        let name = query.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::Query { name, input }
    }
}

/// What a client does and when, in the order of time; actions of the same time in any order.
pub type ClientActions = Vec<(Duration, ClientAction)>;

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
    let actions: Vec<ClientAction> = actions.into_iter().collect();
    let most = if actions.is_empty() { 0 } else { most };
    let which = (0..actions.len().max(1)).prop_map(move |at| actions.get(at).cloned());
    scripts_of(scenario, which, within, most)
}

/// The same with actions from a strategy of the user: with any arguments, for example. What they shrink to is what that strategy
/// makes smaller, after their number and their times.
pub fn client_scripts_of<A: Strategy<Value = ClientAction>>(
    scenario: &Scenario,
    action: A,
    within: Duration,
    most: usize,
) -> impl Strategy<Value = ClientActions> + use<A> {
    scripts_of(scenario, action.prop_map(Some), within, most)
}

fn scripts_of<A: Strategy<Value = Option<ClientAction>>>(
    scenario: &Scenario,
    action: A,
    within: Duration,
    most: usize,
) -> impl Strategy<Value = ClientActions> + use<A> {
    let last = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    let instants = instants(scenario, last);
    let anchors = 0..=instants.len();
    let gap = (0..=last.checked_ilog2().map_or(0, |log| log + 1), 0..=u64::MAX);
    let step = (anchors, gap, proptest::bool::ANY, action);
    vec(step, 0..=most).prop_map(move |steps| {
        let mut before = 0;
        let mut script: ClientActions = Vec::with_capacity(steps.len());
        for (anchor, (bits, fraction), back, action) in steps {
            // The last anchor is the action before.
            let from = instants.get(anchor).copied().unwrap_or(before);
            let gap = of_bits(bits, fraction);
            let at = if back { from.saturating_sub(gap) } else { from.saturating_add(gap) };
            before = at.min(last);
            script.extend(action.map(|action| (Duration::from_millis(before), action)));
        }
        script.sort_by_key(|(at, _)| *at);
        script
    })
}

/// The milliseconds, from the start of the first workflow on, in or right after which something happens in the calm run,
/// up to and with `last`. The first is 0.
fn instants(scenario: &Scenario, last: u64) -> Vec<u64> {
    let calm = scenario.run(Box::new(Tape::calm()), Patience::MayStayOpen);
    let history = calm.main().map(|main| main.history.as_slice()).unwrap_or_default();
    let start = history.first().map_or(calm.record.began, |event| event.time);
    let points = calm.record.points.iter().map(|point| calm.record.began + point.at);
    let times = history.iter().map(|event| event.time).chain(points);
    let mut instants: Vec<u64> = times
        .filter_map(|time| u64::try_from(time.since(start).as_nanos().div_ceil(1_000_000)).ok())
        .filter(|instant| *instant <= last)
        .chain([0])
        .collect();
    instants.sort_unstable();
    instants.dedup();
    instants
}

/// A number of exactly so many bits, as far from the smallest to the greatest of them as `fraction` is; 0 of no bits.
fn of_bits(bits: u32, fraction: u64) -> u64 {
    if bits == 0 {
        return 0;
    }
    let smallest = 1_u64 << (bits - 1).min(63);
    let above = (u128::from(smallest) * u128::from(fraction)) >> 64;
    smallest + u64::try_from(above).unwrap_or(u64::MAX - smallest)
}

/// Does what a script says to the workflow of `handle`; times count from now. What the service refuses, because the
/// workflow is closed by then, has no effect.
pub fn play(world: &mut World, handle: &Handle, script: &[(Duration, ClientAction)]) {
    let begin = world.elapsed();
    for (at, action) in script {
        world.advance((begin + *at).saturating_sub(world.elapsed()));
        let id = &handle.workflow_id;
        let _refused = match action {
            ClientAction::Signal { name, input } => {
                world.signal_workflow(id, None, name, input.as_ref())
            }
            ClientAction::Update { name, input } => {
                world.send_update(id, None, name, "", input.as_ref()).map(drop)
            }
            ClientAction::Query { name, input } => {
                world.send_query(id, None, name, input.as_ref()).map(drop)
            }
            ClientAction::Cancel => world.cancel(handle),
            ClientAction::CancelOf { workflow_id } => world.cancel_workflow(workflow_id, None, ""),
            ClientAction::Terminate => world.terminate(handle, "rehearsal"),
        };
    }
}
