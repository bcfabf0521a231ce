//! Strategies for property tests: where cancels strike, and what a client does.
//!
//! Every strategy shrinks towards the calm run: fewer cancels and actions first, then earlier ones.

use std::time::Duration;

use proptest::collection::vec;
use proptest::strategy::Strategy;
use rehearsal_activation::names::Signal;
use rehearsal_engine::{ChoiceKey, ChoiceKind, Handle, Injection, Patience, Scenario, Tape, World};
use rehearsal_history::{Payloads, SmolStr};
use serde::Serialize;

/// The most cancels of one run: a request, and a second one.
const CANCELS: usize = 2;

/// Tapes that cancel the workflow nowhere, once or twice, at any points of the calm run, each alone or together with
/// the step that follows.
///
/// The calm run is made once, when the strategy is. A run shrinks to the calm one, or to a single cancel at the earliest
/// point that still fails.
pub fn cancellation_points(scenario: &Scenario) -> impl Strategy<Value = Tape> + use<> {
    let calm = scenario.run(Box::new(Tape::calm()), Patience::MayStayOpen);
    let points = u32::try_from(calm.record.points.len()).unwrap_or(u32::MAX);
    let injection = Injection::Alone.answer()..=Injection::WithNext.answer();
    vec((0..points.max(1), injection), 0..=CANCELS).prop_map(|cancels| {
        let key = |nth| ChoiceKey { kind: ChoiceKind::Cancel, execution: 0, nth };
        cancels.into_iter().map(|(nth, answer)| (key(nth), answer)).collect()
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
    /// Requests the cancel.
    Cancel,
    /// Terminates it.
    Terminate,
}

impl ClientAction {
    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    pub fn signal<T: Serialize>(signal: Signal<T>, value: T) -> Self {
        let name = signal.name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::Signal { name: name.into(), input }
    }
}

/// What a client does and when, in the order of time; actions of the same time in any order.
pub type ClientActions = Vec<(Duration, ClientAction)>;

/// Scripts of at most `most` of these actions, each any number of times and at any millisecond up to and with `within`.
///
/// A script shrinks to fewer actions, to earlier ones, and to those that come first in `actions`. Without actions every
/// script is empty. [`play`] does what a script says.
pub fn client_scripts(
    actions: impl IntoIterator<Item = ClientAction>,
    within: Duration,
    most: usize,
) -> impl Strategy<Value = ClientActions> {
    let actions: Vec<ClientAction> = actions.into_iter().collect();
    let last = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    let most = if actions.is_empty() { 0 } else { most };
    vec((0..=last, 0..actions.len().max(1)), 0..=most).prop_map(move |steps| {
        let mut script: ClientActions = steps
            .into_iter()
            .map(|(at, action)| (Duration::from_millis(at), actions[action].clone()))
            .collect();
        script.sort_by_key(|(at, _)| *at);
        script
    })
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
            ClientAction::Cancel => world.cancel(handle),
            ClientAction::Terminate => world.terminate(handle, "rehearsal"),
        };
    }
}
