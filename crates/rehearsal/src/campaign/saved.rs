//! Where a campaign stands, for those who start campaigns and look after them.

use std::fmt;
use std::str::FromStr;

use rehearsal_explore::{Saved, SavedError};

/// Where one campaign, or a shard of one, stands: the text of a `.campaign` file in the folder that `REHEARSAL_CAMPAIGN` names.
///
/// It is read with `parse`, and displays as the same text. What several shards came to together, [`merge_campaigns`] says.
///
/// [`merge_campaigns`]: crate::merge_campaigns
///
/// # Examples
///
/// ```
/// use rehearsal::SavedCampaign;
///
/// let text = "\
/// rehearsal campaign 1
/// harness 0.1.0
/// scenario order
/// seed 7
/// shard 3/16
/// next 256
/// made 16
/// quiet 3
/// spent 1500
/// corpus cancel.0.3=1
/// mark activity Pack run once
/// goes on
/// ";
/// let campaign: SavedCampaign = text.parse()?;
/// assert_eq!(campaign.to_string(), text);
/// assert_eq!((campaign.scenario(), campaign.made()), ("order", 16));
/// assert_eq!((campaign.coverage(), campaign.findings()), (1, 0));
/// assert!(!campaign.has_ended());
/// # Ok::<(), rehearsal::SavedCampaignError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCampaign(Saved);

/// Why a text is not where a campaign stands. It names the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct SavedCampaignError(#[from] SavedError);

impl SavedCampaign {
    /// The name of the scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.0.scenario
    }

    /// How many runs it has made.
    #[must_use]
    pub const fn made(&self) -> u32 {
        self.0.made
    }

    /// How many different things its runs did in which nothing was found.
    #[must_use]
    pub fn coverage(&self) -> usize {
        self.0.marks.len()
    }

    /// How many different things are wrong.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.0.found.len()
    }

    /// Whether it has come to its end. One that was stopped has not: it goes on when it is started again.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.0.ended.is_some()
    }

    /// This without the runs that it began with, which going on takes and a merge does not.
    #[must_use]
    pub fn without_corpus(mut self) -> Self {
        self.0.corpus.clear();
        self
    }
}

impl FromStr for SavedCampaign {
    type Err = SavedCampaignError;

    fn from_str(text: &str) -> Result<Self, SavedCampaignError> {
        Ok(Self(text.parse()?))
    }
}

impl fmt::Display for SavedCampaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
