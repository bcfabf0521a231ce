//! Whether the history of a run gives the state of the run that wrote it.

use alloc::collections::{BTreeMap, BTreeSet};

use super::Run;
use super::state::State;
use crate::machine::update::Update;

impl Run {
    /// What of this run evolving its history does not give, by its name here; `None` if nothing.
    ///
    /// Not looked at is what no history holds: what waits in the buffer, and all that it says; which attempt of an
    /// activity runs, since when, and its heartbeats; a workflow task that is tried again; a speculative one, and updates
    /// that are not accepted; which tasks stand in the timer queue; and of a closed run what was pending, as it may have
    /// ended in the buffer (H-5).
    pub(crate) fn unlike_its_history(&self) -> Option<&'static str> {
        let (first, rest) = self.events.split_first()?;
        if !self.buffer.is_empty() {
            return None;
        }
        let rebuilt = State::rebuilt(first, rest);
        let open = self.is_open();
        let alike = [
            ("view", self.state.view == rebuilt.view),
            ("settings", self.state.settings == rebuilt.settings),
            ("family", self.state.family == rebuilt.family),
            ("signals", self.state.signals == rebuilt.signals),
            ("skipping", self.state.skipping == rebuilt.skipping),
            ("previous started", self.state.previous_started == rebuilt.previous_started),
            ("had task", self.state.had_task == rebuilt.had_task),
            ("task", !open || self.has_task_of(&rebuilt)),
            ("timers", !open || timers(&self.state) == timers(&rebuilt)),
            ("activities", !open || activities(&self.state) == activities(&rebuilt)),
            ("children", !open || children(&self.state) == children(&rebuilt)),
            ("externals", !open || externals(&self.state) == externals(&rebuilt)),
            ("updates", !open || updates(&self.state) == updates(&rebuilt)),
        ];
        alike.into_iter().find(|(_, alike)| !alike).map(|(what, _)| what)
    }

    /// Whether the workflow task is that of the history, if it can be in it: it is a first attempt, and not speculative.
    fn has_task_of(&self, rebuilt: &State) -> bool {
        match self.state.task.slot() {
            Some(slot) if slot.attempt > 1 || slot.scheduled >= self.next_id() => true,
            slot => {
                slot.map(|slot| slot.scheduled) == rebuilt.task.slot().map(|slot| slot.scheduled)
            }
        }
    }
}

fn timers(state: &State) -> BTreeMap<&str, impl PartialEq> {
    state.timers.iter().map(|(id, timer)| (id.as_str(), (timer.started, timer.state))).collect()
}

fn activities(state: &State) -> BTreeMap<u64, impl PartialEq> {
    state.activities.iter().map(|(id, activity)| (id.0, activity.cancel)).collect()
}

fn children(state: &State) -> BTreeMap<u64, impl PartialEq> {
    state.children.iter().map(|(id, child)| (id.0, child.state.clone())).collect()
}

fn externals(state: &State) -> BTreeSet<u64> {
    state.externals.keys().map(|id| id.0).collect()
}

/// Those that are in a history.
fn updates(state: &State) -> BTreeMap<&str, &Update> {
    let recorded = |update: &Update| match update {
        Update::Accepted { .. } | Update::Completed { .. } => true,
        Update::Admitted { .. }
        | Update::Sent { .. }
        | Update::Rejected(_)
        | Update::Aborted(_) => false,
    };
    let all = state.updates.iter().filter(|(_, update)| recorded(update));
    all.map(|(id, update)| (id.as_str(), update)).collect()
}
