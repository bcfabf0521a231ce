//! Checks in the words of the user: a name and a closure.

use std::fmt;
use std::sync::Arc;

use rehearsal_history::{SmolStr, Status};

use super::Check;
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;

/// Something that must hold in each run (RH900).
#[derive(Clone)]
pub struct Always {
    name: SmolStr,
    holds: Arc<Holds>,
}

type Holds = dyn Fn(&Outcome) -> Result<(), String> + Send + Sync;

/// Something that at least one run must reach (RH210).
#[derive(Clone)]
pub struct Sometimes {
    name: SmolStr,
    reached: Arc<Reaches>,
}

/// Something that must be so at the end of each run that ends (RH900).
#[derive(Clone)]
pub struct Eventually {
    name: SmolStr,
    reached: Arc<Reaches>,
}

type Reaches = dyn Fn(&Outcome) -> bool + Send + Sync;

impl Always {
    /// `holds` says what is wrong, in one line; the name stands before it in the report.
    pub fn new(
        name: impl Into<SmolStr>,
        holds: impl Fn(&Outcome) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), holds: Arc::new(holds) }
    }
}

impl Sometimes {
    /// `reached` is asked of each run.
    pub fn new(
        name: impl Into<SmolStr>,
        reached: impl Fn(&Outcome) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), reached: Arc::new(reached) }
    }
}

impl Eventually {
    /// `reached` is asked of each run that came to its end.
    pub fn new(
        name: impl Into<SmolStr>,
        reached: impl Fn(&Outcome) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), reached: Arc::new(reached) }
    }
}

impl Check for Always {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let wrong = (self.holds)(outcome).err();
        wrong
            .map(|wrong| Finding::new(Code::Custom, format!("{}: {wrong}", self.name)))
            .into_iter()
            .collect()
    }
}

impl Check for Sometimes {
    fn check(&self, _: &Outcome) -> Vec<Finding> {
        Vec::new()
    }

    fn must_be_reached(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn reached(&self, outcome: &Outcome) -> bool {
        (self.reached)(outcome)
    }
}

impl Check for Eventually {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let ended = outcome.executions.iter().all(|execution| execution.status != Status::Running);
        if !ended || (self.reached)(outcome) {
            return Vec::new();
        }
        vec![Finding::new(
            Code::Custom,
            format!("{}: it had not come when the run was over", self.name),
        )]
    }
}

impl fmt::Debug for Always {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Always").field(&self.name).finish()
    }
}

impl fmt::Debug for Sometimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sometimes").field(&self.name).finish()
    }
}

impl fmt::Debug for Eventually {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Eventually").field(&self.name).finish()
    }
}
