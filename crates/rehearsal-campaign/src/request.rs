//! What is asked of a campaign, and what becomes of it: the data that workflow and activities hand each other.

use std::collections::BTreeMap;

use rehearsal::SavedCampaign;
use serde::{Deserialize, Serialize};

/// The most shards of a campaign: it has so many lanes.
const MOST_SHARDS: u32 = 16;

/// A campaign, as a client asks for it.
///
/// # Examples
///
/// ```
/// use rehearsal_campaign::Campaign;
///
/// let campaign = Campaign::new(["cargo", "test", "orders::explored", "--", "--exact"], 4, "10m");
/// assert_eq!(campaign.tasks()?.last().map(|task| task.shard()), Some("4/4".to_owned()));
/// assert!(Campaign::new(["cargo", "test"], 17, "10m").tasks().is_err());
/// # Ok::<(), rehearsal_campaign::CampaignError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// What makes the runs of a shard: a program and its arguments, as `cargo test NAME -- --exact`. It is started where the
    /// worker was, with the variables of `docs/campaigns.md` set.
    pub command: Vec<String>,
    /// How many shards, from 1 to 16.
    pub shards: u32,
    /// How many shards are under way at once; 0 counts as 1.
    pub at_once: u32,
    /// What `REHEARSAL_BUDGET` is set to: the runs of the whole campaign, or the time of each shard.
    pub budget: String,
    /// What `REHEARSAL_SEED` is set to, if anything.
    pub seed: Option<u64>,
    /// The folder of the corpus, on each worker. One that is not absolute is below where the worker was started.
    pub folder: String,
    /// The most seconds that one attempt of a shard may take, building the tests included.
    pub limit: u64,
}

/// Why there is no such campaign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CampaignError {
    /// There is no program.
    #[error("expected a command, found none")]
    NoCommand,
    /// So many shards are not possible.
    #[error("expected 1 to 16 shards, found {0}")]
    Shards(u32),
}

impl Campaign {
    /// A campaign of all its shards at once, in the folder `corpus`, of which no attempt may take more than a day.
    #[must_use]
    pub fn new<S: Into<String>>(
        command: impl IntoIterator<Item = S>,
        shards: u32,
        budget: &str,
    ) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            shards,
            at_once: shards,
            budget: budget.to_owned(),
            seed: None,
            folder: "corpus".to_owned(),
            limit: 24 * 60 * 60,
        }
    }

    /// Its shards, in order.
    ///
    /// # Errors
    ///
    /// [`CampaignError`] if there is no command, or another number of shards than 1 to 16.
    pub fn tasks(&self) -> Result<Vec<ShardTask>, CampaignError> {
        if self.command.is_empty() {
            return Err(CampaignError::NoCommand);
        }
        if !(1..=MOST_SHARDS).contains(&self.shards) {
            return Err(CampaignError::Shards(self.shards));
        }
        Ok((1..=self.shards).map(|nth| ShardTask { campaign: self.clone(), nth }).collect())
    }
}

/// A shard that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardTask {
    /// Of this campaign.
    pub campaign: Campaign,
    /// Its number, from 1.
    pub nth: u32,
}

impl ShardTask {
    /// What `REHEARSAL_SHARD` is set to: `3/16`.
    #[must_use]
    pub fn shard(&self) -> String {
        format!("{}/{}", self.nth, self.campaign.shards)
    }
}

/// Where a shard stands: so much of it that it can go on elsewhere. Heartbeats carry it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// How far it is, in words.
    pub progress: String,
    /// The files that say where its campaigns stand, by their names: one for each exploration of its test.
    pub saved: BTreeMap<String, String>,
}

impl Standing {
    /// This without what a merge does not need: the runs that it began with. A file that is of no campaign stays as it is.
    #[must_use]
    pub fn without_corpus(mut self) -> Self {
        for text in self.saved.values_mut() {
            if let Ok(campaign) = text.parse::<SavedCampaign>() {
                *text = campaign.without_corpus().to_string();
            }
        }
        self
    }
}

/// How a shard ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Its budget is spent.
    Ended,
    /// It was canceled on its way.
    Stopped,
    /// It was not begun, or waited for its next attempt, when the campaign was canceled.
    NotUnderWay,
    /// It failed for good, for this reason.
    Lost(String),
}

/// What became of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which one: `3/16`.
    pub shard: String,
    /// How it ended.
    pub end: End,
    /// Where it stood then, as far as anybody knows.
    pub standing: Standing,
}

/// What a campaign came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// In lines for people.
    pub text: String,
    /// Whether all shards are there, have ended, and found nothing.
    pub clean: bool,
}
