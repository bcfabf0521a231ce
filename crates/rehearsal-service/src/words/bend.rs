//! The door for Rehearsal's own controls: what was decided can be bent before it happens.

use alloc::boxed::Box;

use rehearsal_history::{Event, EventId, EventKind, Failure, Timestamp};

use super::note::ActivityNote;
use super::step::{Decision, Step};

/// Bends what is decided, before it happens. Two are the same if their names are.
#[derive(Debug, Clone, Copy)]
pub struct Bend {
    /// What it is called.
    pub name: &'static str,
    /// Bends what was decided at a time.
    pub bend: fn(Timestamp, &mut Decision),
}

impl PartialEq for Bend {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Bend {}

impl Decision {
    /// The events that are to be recorded, in their order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.steps.iter().filter_map(|step| match step {
            Step::Event(event) => Some(&**event),
            Step::Unbuffer { .. } | Step::Note(_) | Step::Transfer(_) => None,
        })
    }

    /// Whether the workflow is to hear of it.
    #[must_use]
    pub const fn needs_task(&self) -> bool {
        self.needs_task
    }

    /// Takes out the events of a kind.
    pub fn drop_events(&mut self, is: impl Fn(&EventKind) -> bool) {
        self.steps.retain(|step| !matches!(step, Step::Event(event) if is(&event.kind)));
    }

    /// The workflow is not to hear of it.
    pub const fn silence(&mut self) {
        self.needs_task = false;
    }

    /// Puts one more attempt of an activity, from then on, in the place of everything that was decided at `at`.
    pub fn retry_instead(
        &mut self,
        scheduled: EventId,
        (at, until): (Timestamp, Timestamp),
        failure: Box<Failure>,
    ) {
        self.steps.clear();
        self.silence();
        self.note_activity(scheduled, ActivityNote::Retried { at, until, failure });
    }
}
