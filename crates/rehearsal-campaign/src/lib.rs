//! Campaigns on Temporal: a coordinator workflow that has one activity for each shard.
//!
//! A shard is a process of its own, a test with `REHEARSAL_SHARD=3/16`, on whichever worker takes its activity. Temporal does the
//! rest: it spreads the shards over the workers, sees that a worker has died and has another one go on, waits for all, and
//! cancels. There is no scheduler of our own.
//!
//! [`CampaignWorkflow`] is code of the official Rust SDK, and is rehearsed by Rehearsal: `tests/coordinator.rs` cancels it at
//! every point and has workers die and heartbeats be lost. The page `docs/campaigns.md` shows a campaign on a real server.

#[expect(
    missing_debug_implementations,
    missing_docs,
    unnameable_types,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "the SDK calls the methods, and its macros make items of them"
)]
pub mod coordinator;
pub mod machine;
pub mod process;
pub mod request;
#[expect(
    missing_debug_implementations,
    missing_docs,
    unnameable_types,
    clippy::missing_errors_doc,
    reason = "the SDK calls the methods, and its macros make items of them"
)]
pub mod shards;

pub use crate::coordinator::{CampaignWorkflow, Standings};
pub use crate::machine::{Look, Machine, MachineError, Running};
pub use crate::process::Processes;
pub use crate::request::{Campaign, CampaignError, End, Part, Report, ShardTask, Standing};
pub use crate::shards::{MergeTask, Shards};
