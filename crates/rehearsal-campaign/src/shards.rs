//! The activities: a shard, and the merge of all.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use crate::machine::{Look, Machine, MachineError};
use crate::request::{Campaign, Part, Report, ShardTask, Standing};

/// How often it is looked where a shard stands.
pub const LOOK: Duration = Duration::from_secs(1);

/// What is to be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeTask {
    /// Of this campaign.
    pub campaign: Campaign,
    /// What became of its shards, in their order.
    pub parts: Vec<Part>,
}

/// The activities of a campaign.
pub struct Shards {
    machine: Arc<dyn Machine>,
}

impl Shards {
    /// Shards that are made on this machine.
    #[must_use]
    pub fn new(machine: impl Machine + 'static) -> Self {
        Self { machine: Arc::new(machine) }
    }
}

impl std::fmt::Debug for Shards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shards").finish_non_exhaustive()
    }
}

#[activities]
impl Shards {
    /// Makes a shard, from where an earlier attempt was left. Its heartbeats say where it stands.
    #[activity]
    pub async fn run(
        self: Arc<Self>,
        ctx: ActivityContext,
        task: ShardTask,
    ) -> Result<Standing, ActivityError> {
        let before: Option<Standing> = ctx.heartbeat_details().deserialize()?;
        let first = ctx.info().attempt == 1;
        let id = ctx.info().workflow_id.clone().unwrap_or_default();
        let started = self.machine.start(&id, &task, before.clone(), first).await;
        let mut running = started.map_err(refused)?;
        // Before the first look, too: a worker that dies early must not make the next one begin anew.
        if let Some(before) = before {
            ctx.record_heartbeat(before).await?;
        }
        loop {
            tokio::select! {
                // Without `biased`, which branch is looked at first is random.
                biased;
                () = ctx.cancelled() => {
                    let standing = running.stop().await;
                    return Err(ActivityError::cancelled_with_details(standing));
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            match running.look().await.map_err(refused)? {
                Look::GoesOn(standing) => ctx.record_heartbeat(standing).await?,
                Look::Ended(standing) => return Ok(standing),
            }
        }
    }

    /// Puts together what the shards came to.
    #[activity]
    pub async fn merge(
        self: Arc<Self>,
        ctx: ActivityContext,
        task: MergeTask,
    ) -> Result<Report, ActivityError> {
        let id = ctx.info().workflow_id.clone().unwrap_or_default();
        self.machine.merge(&id, &task).await.map_err(refused)
    }
}

/// Files that cannot be read do not get better; everything else is tried again.
fn refused(error: MachineError) -> ActivityError {
    ActivityError::application(match error {
        MachineError::Unreadable(_) => ApplicationFailure::non_retryable(error),
        MachineError::System(..) | MachineError::Ended { .. } => ApplicationFailure::new(error),
    })
}
