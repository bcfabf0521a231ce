//! The golden suite: scenarios that were recorded from a real server, rehearsed in simulation and compared.
//!
//! The scenarios are in `fixtures/golden`, or in the folder that the environment names in `REHEARSAL_GOLDEN` when the
//! suite is built. fixtures/README.md says what is in a scenario and how to add one.

mod alarms;
mod answers;
mod compare;
mod ended;
mod flips;
mod leaves;
mod look;
mod outside;
mod played;
mod queries;
mod recording;
mod run;
mod script;
mod suite;
mod updates;

use std::path::{Path, PathBuf};

use rehearsal::Scenario;

pub use self::alarms::{Alarms, Expected, false_alarms, false_alarms_and, is_expected};
pub use self::compare::divergence;
pub use self::flips::{Flips, flip_all};
pub use self::played::compare_all;
pub use self::recording::Recording;
pub use self::run::{Simulated, scenario, simulate, simulate_in};
pub use self::script::{
    Action, ConflictPolicy, Expect, Hold, Place, Retry, ReusePolicy, Script, Span, Step, Worker,
};
pub use self::suite::{Report, differences, run_all};

/// What a `native.rs` does, and what is generated for a `workflow.rs`: registers its workflow and activities.
pub type Register = fn(Scenario) -> Scenario;

/// One scenario as it stands on disk.
#[derive(Debug, Clone, Copy)]
pub struct Folder {
    /// Which SDK it was recorded with: `go` or `rust`.
    pub sdk: &'static str,
    /// The name of the folder.
    pub name: &'static str,
    /// The folder.
    pub path: &'static str,
    /// What registers its code, if it has any that can be rehearsed.
    pub register: Option<Register>,
}

impl Folder {
    /// A file of the scenario.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(self.path).join(name)
    }
}

/// The ports of the Go scenarios, as they were found, and the table of all of them.
pub mod ports {
    use super::Folder;

    include!(concat!(env!("OUT_DIR"), "/golden.rs"));
}
