//! Looks for the run that fails.
//!
//! The [`sweep()`] goes over every cancellation point of a baseline and leaves none out; [`sweep_faults`] adds a run for
//! each single fault, and [`sweep_pairs`] one for each two things that can strike one after another. [`explore`] makes runs
//! in which anything strikes anywhere, some of each [chooser](ChosenBy); [`exhaust`] makes every run that its bounds allow.
//! The sweep of an [`upgrade()`] has new code take over at every workflow task. What fails is [shrunk](shrink()) to the
//! calmest run that fails in the same way, and can be kept as a [`Case`]. With the feature `proptest`, `strategy` gives the same injections to property tests.

mod accepted;
mod campaign;
mod case;
mod corpus;
mod coverage;
mod exhaustive;
mod faults;
mod instead;
mod kinds;
mod lanes;
mod map;
mod minimal;
mod mutate;
mod observe;
mod pairs;
mod points;
mod portfolio;
mod questions;
mod saved;
mod search;
mod seed;
mod shard;
mod shrink;
#[cfg(feature = "proptest")]
pub mod strategy;
mod sweep;
mod threads;
mod upgrade;

pub use accepted::Accepted;
pub use campaign::{
    Campaign, End, Explored, ExploredRun, Found, Start, explore, explore_from, run_choices,
    run_chosen,
};
pub use case::{Case, CaseError, Difference};
pub use coverage::Coverage;
pub use exhaustive::{Beaten, Bounds, Exhausted, exhaust};
pub use faults::{FaultRow, FaultRun, sweep_faults};
pub use map::{AwaitMap, AwaitPlace, ReachedAwait};
pub use minimal::{Again, Minimal, Passing};
pub use observe::{Choices, Observer, Progress, Shrinking, Unobserved};
pub use pairs::{FailedPair, PairKind, PairRow, PairSweep, Pairs, sweep_pairs};
pub use points::{Target, targets};
pub use portfolio::ChosenBy;
pub use saved::{BEYOND, Saved, SavedError, SavedFinding, WITH_FINDING};
pub use seed::seed_of;
pub use shard::{Shard, ShardError};
pub use shrink::{Shrunk, shrink};
pub use sweep::{Block, Row, Sweep, Swept, Twice, sweep};
pub use upgrade::{OldRun, Origin, Stood, TakenOver, Upgrade, Verdict, upgrade, upgrade_recorded};
