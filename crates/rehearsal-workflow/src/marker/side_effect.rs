//! Side effects: values that come from outside of workflow code, recorded once and replayed.

use std::collections::BTreeMap;
use std::panic::Location;

use rehearsal_activation::{RecordMutableSideEffect, RecordSideEffect, WorkflowCommand};
use rehearsal_history::{Payloads, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode};
use crate::context::Context;

/// The side effects of a run.
#[derive(Debug, Default)]
pub(crate) struct SideEffects {
    /// How many there were.
    count: u64,
    /// What is recorded of those to come, by their numbers.
    recorded: BTreeMap<u64, Payloads>,
}

impl SideEffects {
    /// The task that is replayed recorded this.
    pub(crate) fn recall(&mut self, recorded: &RecordSideEffect) {
        self.recorded.insert(recorded.id, recorded.result.clone().unwrap_or_default());
    }
}

/// The mutable side effects of a run, by their ids.
#[derive(Debug, Default)]
pub(crate) struct MutableSideEffects(BTreeMap<SmolStr, MutableSideEffect>);

/// A mutable side effect.
#[derive(Debug, Default)]
struct MutableSideEffect {
    /// How often it was asked for.
    calls: u64,
    /// Its values, by the call that recorded them (`mutableSideEffect` of Go's `internal_event_handlers.go`).
    recorded: BTreeMap<u64, Payloads>,
}

impl MutableSideEffects {
    /// The task that is replayed recorded this. A marker of an old SDK does not say which call it belongs to: it then is
    /// the last one.
    pub(crate) fn recall(&mut self, recorded: &RecordMutableSideEffect) {
        let effect = self.0.entry(recorded.id.clone()).or_default();
        let call = if recorded.call == 0 { effect.calls } else { recorded.call };
        effect.recorded.insert(call, recorded.result.clone().unwrap_or_default());
    }

    /// It is asked for once more: which call this is, and the value that it has so far.
    fn call(&mut self, id: &str) -> (u64, Option<Payloads>) {
        let effect = self.0.entry(id.into()).or_default();
        effect.calls += 1;
        let current = effect.recorded.range(..=effect.calls).next_back();
        (effect.calls, current.map(|(_, value)| value.clone()))
    }

    fn record(&mut self, id: &str, call: u64, value: Payloads) {
        self.0.entry(id.into()).or_default().recorded.insert(call, value);
    }
}

impl Context {
    /// A value that comes from outside of workflow code, as `workflow.SideEffect` of Go: `effect` runs once and its value
    /// is recorded; in a replay it does not run, and the recorded value is taken.
    ///
    /// It runs whether or not the context is canceled, and must not fail: what can belongs into an activity. It may not
    /// use its context for anything that is recorded. By the rules of Go only: by those of core it is refused as not
    /// simulated, since no SDK on core has it.
    ///
    /// # Panics
    ///
    /// Inside of a workflow a panic fails the workflow task. It panics if `effect` does or asks for anything, if the value
    /// cannot be written as JSON, if what is recorded is no `T`, and in a replay in which nothing is recorded for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, Workflow, WorkflowError, mins};
    ///
    /// const TOKEN: Workflow<(), String> = Workflow::new("Token");
    ///
    /// async fn token(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     // Reading the environment is not deterministic; so it is recorded.
    ///     let host: String = ctx.side_effect(|| std::env::consts::OS.to_owned());
    ///     ctx.sleep(mins(1)).await?;
    ///     Ok(format!("{host}-1"))
    /// }
    ///
    /// let mut world = Scenario::new("token").workflow(TOKEN, token).world();
    /// let run = world.start(TOKEN, "token-1", ());
    /// assert_eq!(world.wait(&run), Status::Completed);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn side_effect<T>(&self, effect: impl FnOnce() -> T) -> T
    where
        T: Serialize + DeserializeOwned,
    {
        self.notes(Location::caller());
        let (id, recorded) = {
            let mut state = self.shared.borrow_mut();
            let effects = &mut state.markers.side_effects;
            effects.count += 1;
            let id = effects.count;
            let recorded = effects.recorded.remove(&id);
            (id, state.is_recorded().then_some(recorded))
        };
        let result = match recorded {
            Some(Some(result)) => result,
            Some(None) => self.illegal(&self.no_side_effect(id)),
            None => {
                let value = self.read_only(effect);
                encode(&format!("side effect {id}"), &value)
            }
        };
        let value = decode(&format!("side effect {id}"), &result);
        let command = RecordSideEffect { id, result: Some(result) };
        self.shared.borrow_mut().push(WorkflowCommand::RecordSideEffect(Box::new(command)));
        value
    }

    /// In Go's words.
    fn no_side_effect(&self, id: u64) -> String {
        let state = self.shared.borrow();
        let known: Vec<String> =
            state.markers.side_effects.recorded.keys().map(ToString::to_string).collect();
        format!(
            "[TMPRL1100] No cached result found for side effectID={id}. KnownSideEffects=[{}]",
            known.join(" ")
        )
    }

    /// A value that comes from outside of workflow code and may change, as `workflow.MutableSideEffect` of Go: `effect`
    /// runs each time, and its value is recorded only if it is not `equal` to the last one, which is returned otherwise.
    /// In a replay it does not run.
    ///
    /// All else is as with [`side_effect`](Self::side_effect).
    ///
    /// # Panics
    ///
    /// As [`side_effect`](Self::side_effect).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, WorkflowError, mins};
    ///
    /// /// How many are let in each minute; operators may change it while the workflow runs.
    /// async fn doorkeeper(ctx: Context, minutes: u32) -> Result<u64, WorkflowError> {
    ///     let mut admitted = 0;
    ///     for _ in 0..minutes {
    ///         admitted += ctx.mutable_side_effect("limit", limit_of_today, u64::eq);
    ///         ctx.sleep(mins(1)).await?;
    ///     }
    ///     Ok(admitted)
    /// }
    ///
    /// fn limit_of_today() -> u64 {
    ///     100
    /// }
    /// ```
    #[must_use]
    #[track_caller]
    pub fn mutable_side_effect<T>(
        &self,
        id: &str,
        effect: impl FnOnce() -> T,
        equal: impl FnOnce(&T, &T) -> bool,
    ) -> T
    where
        T: Serialize + DeserializeOwned,
    {
        self.notes(Location::caller());
        let what = || format!("mutable side effect `{id}`");
        let ((call, current), recorded) = {
            let mut state = self.shared.borrow_mut();
            (state.markers.mutable.call(id), state.is_recorded())
        };
        let result = match (current, recorded) {
            (Some(current), true) => current,
            (None, true) => self.illegal(&format!(
                "[TMPRL1100] Non deterministic workflow code change detected. MutableSideEffect API call doesn't have a \
                 correspondent event in the workflow history. MutableSideEffect ID: {id}"
            )),
            (Some(current), false) => {
                let new = self.read_only(effect);
                let old: T = decode(&what(), &current);
                if self.read_only(|| equal(&new, &old)) {
                    return old;
                }
                encode(&what(), &new)
            }
            (None, false) => encode(&what(), &self.read_only(effect)),
        };
        let value = decode(&what(), &result);
        // In a replay the worker knows whether this call left a marker, and withdraws the command otherwise.
        let mut state = self.shared.borrow_mut();
        if !recorded {
            state.markers.mutable.record(id, call, result.clone());
        }
        let command = RecordMutableSideEffect { id: id.into(), call, result: Some(result) };
        state.push(WorkflowCommand::RecordMutableSideEffect(Box::new(command)));
        value
    }
}
