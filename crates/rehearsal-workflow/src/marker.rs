//! What a run notes for itself, so that a replay finds it again: results of side effects, versions, patches.
//!
//! The worker tells what is recorded of a task before code runs in it. By Go's rules a side effect and a version leave a
//! marker; by core's rules a patch does. Which of them a worker takes is its business: it refuses the others by name.

mod patch;
mod side_effect;
mod version;

use std::panic::Location;

use rehearsal_activation::Recalled;
use rehearsal_history::{EventId, Payloads};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::patch::Patches;
pub(crate) use self::side_effect::{MutableSideEffects, SideEffects};
pub use self::version::DEFAULT_VERSION;
pub(crate) use self::version::Versions;
use crate::codec;
use crate::context::Context;

/// What a side effect fails with that asks for something.
const ILLEGAL: &str = "a side effect may not use its context: it asked for something, or waited";

/// What a run has noted.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    pub(crate) side_effects: SideEffects,
    pub(crate) mutable: MutableSideEffects,
    pub(crate) versions: Versions,
    pub(crate) patches: Patches,
    /// Whether the task is recorded, be it told as replayed or not: then nothing new is noted in it.
    pub(crate) recorded: bool,
    /// The `WorkflowTaskStarted` of that task. It can be told in several activations, one for each local activity that ends
    /// in it, and the first says whether it is recorded.
    task: EventId,
}

impl Markers {
    /// Something of this task is told.
    pub(crate) fn begin(&mut self, started: EventId) {
        if started != self.task {
            self.task = started;
            self.recorded = false;
        }
    }

    /// The task that is told is recorded, with this.
    pub(crate) fn recall(&mut self, recalled: &Recalled) {
        self.recorded = true;
        recalled.side_effects.iter().for_each(|it| self.side_effects.recall(it));
        recalled.mutable.iter().for_each(|it| self.mutable.recall(it));
        recalled.versions.iter().for_each(|(id, version)| self.versions.recall(id, *version));
    }
}

impl Context {
    /// Workflow code calls something that leaves a note: something got further, and where it is is known.
    ///
    /// # Panics
    ///
    /// Panics within a side effect, as all that asks for something does.
    fn notes(&self, place: &'static Location<'static>) {
        self.seen(place);
        self.shared.borrow_mut().advance();
    }

    /// Runs code that may ask for nothing.
    fn read_only<T>(&self, code: impl FnOnce() -> T) -> T {
        /// Ends it, also if the code panics.
        struct Guard<'a>(&'a Context);

        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                self.0.shared.borrow_mut().forbidden = None;
            }
        }

        self.shared.borrow_mut().forbidden = Some(ILLEGAL);
        let _guard = Guard(self);
        code()
    }

    /// Fails the workflow task with what Go's `panicIllegalState` says.
    fn illegal(&self, message: &str) -> ! {
        self.shared.borrow_mut().illegal = Some(message.to_owned());
        panic!("{message}")
    }
}

/// A value as it is recorded.
fn encode<T: Serialize>(what: &str, value: &T) -> Payloads {
    codec::must_encode(what, value).unwrap_or_default()
}

/// A value as it was recorded.
fn decode<T: DeserializeOwned>(what: &str, value: &Payloads) -> T {
    codec::decode(Some(value)).unwrap_or_else(|error| panic!("unable to decode {what}: {error}"))
}
