//! What a client waits for is rehearsed before it is answered.
//!
//! The world that clients live in stands meanwhile. The same workers, still connected, do the tasks of other worlds, one
//! after another, each made of what clients have asked in the first.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rehearsal_engine::Scenario;
use rehearsal_history::{Event, Failure, SmolStr};

use crate::inbox::Shared;
use crate::left::Left;
use crate::recorded::Recorded;

/// Rehearses, and returns when it is done. What it returns is answered in place of the result; none for the result itself.
///
/// It is called on the thread of the house.
pub type Rehearse = Box<dyn FnMut(&Rehearsal) -> Option<Failure> + Send>;

/// Who does the activities of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activities {
    /// What they did outside of the rehearsal they do again, by their types and arguments, in the order of their calls. What
    /// was not called then the workers do.
    #[default]
    Recorded,
    /// The workers, always.
    Real,
}

/// What is to be rehearsed.
pub struct Rehearsal {
    pub(crate) real: Scenario,
    pub(crate) recorded: Recorded,
    /// What the SDKs of the workers call themselves that do workflow tasks; an empty name of one that does not say it.
    pub sdks: BTreeSet<SmolStr>,
    /// The workflow that a client waits for.
    pub workflow_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// What it has come to outside of the rehearsal, as far as it has.
    pub history: Vec<Arc<Event>>,
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal")
            .field("scenario", &self.real)
            .field("workflow_id", &self.workflow_id)
            .finish_non_exhaustive()
    }
}

impl Rehearsal {
    /// What was asked, for the workers that are connected. Its runs may be made on this thread alone, one at a time. What is
    /// found in those that are unsettled is set apart ([`Record::unsettled`](rehearsal_engine::Record::unsettled)).
    #[must_use]
    pub fn scenario(&self, activities: Activities) -> Scenario {
        match activities {
            Activities::Recorded => self.recorded.clone().play(self.real.clone()),
            Activities::Real => self.real.clone(),
        }
    }

    /// Why it makes no sense to go on: a worker is gone, or the server ends. None as long as all is well.
    #[must_use]
    pub fn stopped_by(&self) -> Option<String> {
        if self.shared.inbox().closing {
            return Some("the server ends".to_owned());
        }
        let left = self.left();
        if left.silent.is_empty() {
            return None;
        }
        Some(left.findings.into_iter().next().unwrap_or_else(|| "a worker is gone".to_owned()))
    }

    /// What went wrong outside so far, a line each.
    #[must_use]
    pub fn findings(&self) -> BTreeSet<String> {
        self.left().findings
    }

    /// What all worlds have left so far.
    fn left(&self) -> Left {
        let inbox = self.shared.inbox();
        let mut sum = inbox.paused.as_ref().map(|paused| paused.sum.clone()).unwrap_or_default();
        sum.add(inbox.left.clone());
        sum
    }
}
