//! Hears what user code logs through `tracing` (feature `tracing`) and through `log` (feature `log`).
//!
//! Only the run that a report explains is heard: it is made once more for that. In all others `tracing` goes nowhere,
//! since a sweep would print the same lines hundreds of times; what goes through `log` cannot be held back, because
//! there is one logger for a process.

#[cfg(feature = "log")]
mod records;
#[cfg(feature = "tracing")]
mod subscriber;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rehearsal_engine::{Journal, Listener, Scenario};

thread_local! {
    /// Where the lines of the run that goes on on this thread go; `None` if they are not wanted.
    static JOURNAL: RefCell<Option<Rc<Journal>>> = const { RefCell::new(None) };
}

/// This scenario with somebody who listens.
pub(crate) fn heard(scenario: Scenario) -> Scenario {
    scenario.with_listener(Arc::new(Ear))
}

#[derive(Debug)]
struct Ear;

impl Listener for Ear {
    fn listen(&self, journal: Option<Rc<Journal>>) -> Box<dyn Any> {
        #[cfg(feature = "log")]
        if journal.is_some() {
            records::install();
        }
        #[cfg(feature = "tracing")]
        let subscriber = subscriber::install(journal.is_some());
        #[cfg(not(feature = "tracing"))]
        let subscriber = ();
        Box::new((Listening(JOURNAL.replace(journal)), subscriber))
    }
}

/// Puts back what was there before: a run may be made inside of a run.
struct Listening(Option<Rc<Journal>>);

impl Drop for Listening {
    fn drop(&mut self) {
        JOURNAL.set(self.0.take());
    }
}

/// The journal of this thread, if there is one. A thread that is being torn down has none.
fn journal() -> Option<Rc<Journal>> {
    JOURNAL.try_with(|journal| journal.borrow().clone()).ok().flatten()
}
