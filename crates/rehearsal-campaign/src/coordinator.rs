//! The workflow: one activity for each shard, so many at once, and one that merges.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflows::join_all;
use temporalio_sdk::{
    ActivityCancellationType, ActivityExecutionError, ActivityOptions, ApplicationFailure,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
    WorkflowTermination,
};

use crate::request::{Campaign, End, Part, Report, ShardTask, Standing};
use crate::shards::{MergeTask, Shards};

/// A shard of which nothing is heard for so long is taken from its worker.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a shard is tried before it is lost.
pub const ATTEMPTS: u32 = 5;

/// How far a campaign is: the answer to the query `standings`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standings {
    /// How many shards there are.
    pub shards: u32,
    /// How many are under way.
    pub under_way: u32,
    /// How many have ended, in whichever way.
    pub over: u32,
}

/// A campaign on its way.
#[workflow]
#[derive(Debug, Default)]
pub struct CampaignWorkflow {
    standings: Standings,
}

#[workflow_methods]
impl CampaignWorkflow {
    /// Has all shards made, and merges them. A shard that is lost keeps no other one from its end. On a cancel no further shard
    /// is begun, those under way are stopped and waited for, and what is there is merged: the report is then the details of the
    /// cancel.
    #[run]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        campaign: Campaign,
    ) -> WorkflowResult<Report> {
        let tasks = campaign.tasks().map_err(ApplicationFailure::non_retryable)?;
        ctx.state_mut(|state| state.standings.shards = campaign.shards);
        let next = Cell::new(0);
        let lanes = (0..campaign.at_once.clamp(1, campaign.shards))
            .map(|_| Self::one_after_another(ctx, &tasks, &next));
        let mut parts: Vec<(usize, Part)> = join_all(lanes).await.concat();
        parts.sort_by_key(|(nth, _)| *nth);
        let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();

        let cut_short =
            parts.iter().any(|part| matches!(part.end, End::Stopped | End::NotUnderWay));
        let report =
            ctx.execute_activity(Shards::merge, MergeTask { campaign, parts }, merging()).await?;
        // A cancel that comes when all shards are over cuts nothing short, and takes nothing back.
        if cut_short {
            Err(WorkflowTermination::cancelled_with_details(report))
        } else {
            Ok(report)
        }
    }

    /// How far it is.
    #[query]
    pub fn standings(&self, _ctx: &WorkflowContextView) -> Standings {
        self.standings.clone()
    }

    /// Makes shards one after another, each the next that nobody has taken.
    async fn one_after_another(
        ctx: &WorkflowContext<Self>,
        tasks: &[ShardTask],
        next: &Cell<usize>,
    ) -> Vec<(usize, Part)> {
        let mut parts = Vec::new();
        while let Some(task) = tasks.get(next.get()) {
            let nth = next.replace(next.get() + 1);
            ctx.state_mut(|state| state.standings.under_way += 1);
            // Where the workflow is canceled already, the activity does not begin, and the answer is that it is canceled.
            let made = ctx.execute_activity(Shards::run, task.clone(), shard(&task.campaign)).await;
            ctx.state_mut(|state| {
                state.standings.under_way -= 1;
                state.standings.over += 1;
            });
            let is_canceled = ctx.cancellation_token().is_cancelled();
            parts.push((nth, part(task, made, is_canceled)));
        }
        parts
    }
}

/// What became of a shard, of a campaign that is canceled or is not.
///
/// An activity that is canceled is not tried again: if it then fails, or its worker dies, it was stopped, and is not lost.
fn part(
    task: &ShardTask,
    made: Result<Standing, ActivityExecutionError>,
    is_canceled: bool,
) -> Part {
    let shard = task.shard();
    let error = match made {
        Ok(standing) => {
            return Part { shard, end: End::Ended, standing: standing.without_corpus() };
        }
        Err(error) => error,
    };
    let canceled = error.as_cancelled().and_then(|canceled| canceled.details().ok().flatten());
    let last =
        error.as_timeout().and_then(|timeout| timeout.last_heartbeat_details().ok().flatten());
    let standing: Option<Standing> = canceled.or(last);
    let end = match (&standing, error.as_cancelled()) {
        (None, Some(_)) => End::NotUnderWay,
        (Some(_), Some(_)) => End::Stopped,
        (_, None) if is_canceled => End::Stopped,
        (_, None) => {
            let why = error.reason().map_or_else(|| error.to_string(), ToString::to_string);
            End::Lost(why)
        }
    };
    Part { shard, end, standing: standing.unwrap_or_default().without_corpus() }
}

/// A cancel waits until the process has ended and it is known where it stood.
fn shard(campaign: &Campaign) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(campaign.limit.max(1)))
        .heartbeat_timeout(HEARTBEAT_TIMEOUT)
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_secs(1))
                .maximum_attempts(ATTEMPTS)
                .build(),
        )
        .build()
}

/// A token of its own: what is there is merged also if the campaign is canceled.
fn merging() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(5))
        .cancellation_token(WorkflowCancellationToken::new())
        .build()
}
