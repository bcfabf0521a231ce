//! Checks in the words of the user: a name and a closure.

use std::fmt;
use std::sync::Arc;

use rehearsal_history::{SmolStr, Status, duration_text};

use super::{Check, closed};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// Something that must hold in each run (RH900).
#[derive(Clone)]
pub struct Always {
    name: SmolStr,
    holds: Arc<Holds>,
}

type Holds = dyn Fn(&Outcome) -> Result<(), String> + Send + Sync;

/// Something that must be in no run, and is pointed at where it is (RH900).
#[derive(Clone)]
pub struct Never {
    name: SmolStr,
    finds: Arc<Finds>,
}

type Finds = dyn Fn(&Outcome) -> Vec<Finding> + Send + Sync;

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

impl Never {
    /// `finds` gives what is there, if it is; the name stands before each headline in the report.
    pub fn new<F: IntoIterator<Item = Finding>>(
        name: impl Into<SmolStr>,
        finds: impl Fn(&Outcome) -> F + Send + Sync + 'static,
    ) -> Self {
        let finds = move |outcome: &Outcome| finds(outcome).into_iter().collect();
        Self { name: name.into(), finds: Arc::new(finds) }
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
        let named = |wrong| Finding::new(Code::Custom, format!("{}: {wrong}", self.name));
        wrong.map(named).into_iter().collect()
    }
}

impl Check for Never {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let mut findings = (self.finds)(outcome);
        for finding in &mut findings {
            finding.headline = format!("{}: {}", self.name, finding.headline);
        }
        findings
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
        let headline = format!("{}: it had not come when the run was over", self.name);
        let finding =
            outcome.first_runs().fold(Finding::new(Code::Custom, headline), stands_for(outcome));
        vec![match outcome.main() {
            Some(main) => finding.at_close(main, outcome),
            None => finding,
        }]
    }
}

/// With how the workflow stands that began so.
fn stands_for(outcome: &Outcome) -> impl Fn(Finding, &Execution) -> Finding + '_ {
    move |finding, first| {
        let last = outcome.chain(first).last().unwrap_or(first);
        let at = closed(last, outcome).map(|(_, at)| format!(" at {}", duration_text(at)));
        let (workflow, id) = (&last.workflow_type, &last.workflow_id);
        let at = at.unwrap_or_default();
        finding.with_detail(format!("{workflow} ({id}) closed as {:?}{at}", last.status))
    }
}

impl fmt::Debug for Always {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Always").field(&self.name).finish()
    }
}

impl fmt::Debug for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Never").field(&self.name).finish()
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
