//! Mutations: small mistakes, each made on purpose in a workflow that is right without it, and the code each gives.
//!
//! Thirteen workflows: the cancellation sample, a saga, an approval, a print job, a bakery whose code changes, an order that is
//! confirmed from outside, a cart, a sale, a till, a backup, a desk, an import, and a purchase. Each stands in a scenario with more checks than a test would have; the
//! unmutated twin passes all of them, a mutant fails with one code and no other.
//!
//! A mistake that shows only between two versions of the code, or between two times at which it runs, is replayed: the
//! history is recorded with one and replayed with the other. [`later`] tells which is which.

pub mod approval;
pub mod ask;
pub mod cart;
pub mod chain;
pub mod deployment;
pub mod desk;
pub mod family;
pub mod local;
pub mod print;
pub mod real;
pub mod retried;
pub mod saga;
pub mod sample;

use rehearsal::{Code, Context, Scenario};

/// A workflow without a mistake.
#[derive(Debug, Clone, Copy)]
pub struct Twin {
    /// Which of the workflows.
    pub name: &'static str,
    /// The scenario that its mutants share.
    pub scenario: fn() -> Scenario,
}

/// A mistake, and what it must give.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// What was done wrong.
    pub name: &'static str,
    /// The workflow with the mistake in it.
    pub scenario: fn() -> Scenario,
    /// The one code that everything that is found must have.
    pub code: Code,
    /// The kind of point at which it shows first, as a report calls it; [`CALM`] if it shows without any cancel.
    pub at: &'static str,
}

/// Where a mistake shows that needs no cancel.
pub const CALM: &str = "without a cancel";

/// The mistakes that no cancel shows: random runs do, as they have faults.
pub const BY_FAULTS: &[Mutation] = retried::MUTATIONS;

/// The workflows as they should be.
pub const TWINS: [Twin; 17] = [
    Twin { name: "sample", scenario: sample::twin },
    Twin { name: "saga", scenario: saga::twin },
    Twin { name: "saga whose cleanup fails", scenario: saga::failing_twin },
    Twin { name: "approval", scenario: approval::twin },
    Twin { name: "approval that nobody gives", scenario: approval::unattended_twin },
    Twin { name: "print job", scenario: print::twin },
    Twin { name: "deployment", scenario: deployment::twin },
    Twin { name: "deployment of a loop", scenario: deployment::looping_twin },
    Twin { name: "patch that is phased out", scenario: deployment::patching_twin },
    Twin { name: "order that is confirmed from outside", scenario: ask::twin },
    Twin { name: "cart", scenario: cart::twin },
    Twin { name: "sale", scenario: local::twin },
    Twin { name: "till", scenario: chain::twin },
    Twin { name: "backup", scenario: chain::scheduled_twin },
    Twin { name: "desk", scenario: desk::twin },
    Twin { name: "import", scenario: family::twin },
    Twin { name: "purchase", scenario: retried::twin },
];

/// All mutations.
#[must_use]
pub fn all() -> Vec<Mutation> {
    let [sample, saga] = [sample::MUTATIONS, saga::MUTATIONS];
    let [approval, print] = [approval::MUTATIONS, print::MUTATIONS];
    let [deployment, ask] = [deployment::MUTATIONS, ask::MUTATIONS];
    let [cart, local, chain] = [cart::MUTATIONS, local::MUTATIONS, chain::MUTATIONS];
    let [desk, family] = [desk::MUTATIONS, family::MUTATIONS];
    [sample, saga, approval, print, deployment, ask, cart, local, chain, desk, family].concat()
}

/// Whether workflow code runs later than when its history was recorded: in a replay, after a deployment.
///
/// No workflow may ask this. It stands here for what a test cannot have: another day, another process, another version
/// of the code.
#[must_use]
pub fn later(ctx: &Context) -> bool {
    ctx.is_replaying()
}

const BEFORE_FIRST_TASK: &str = "before the first workflow task";
const TASK_RUNNING: &str = "while a workflow task is running";
const JOB_AFTER: &str = "in one workflow task with another job, after it";
