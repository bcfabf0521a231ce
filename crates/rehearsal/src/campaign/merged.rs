//! The reports of campaigns, put together from what is kept of them in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use rehearsal_engine::{Code, Finding};
use rehearsal_explore::{BEYOND, Saved, SavedFinding};

use super::folder::Folder;
use crate::explore::counts_by_status;
use crate::failure::Failure;
use crate::rerun::assignment;

/// What the shards of one campaign came to together. Displays as a few lines for people.
///
/// # Examples
///
/// ```no_run
/// for campaign in rehearsal::merge_campaigns("corpus")? {
///     println!("{campaign}");
///     assert!(campaign.is_clean());
/// }
/// # Ok::<(), rehearsal::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedCampaign {
    /// In the order of the shards; all of one campaign, and one at least.
    parts: Vec<Saved>,
}

/// Puts the reports of shards together that are in a folder: the one that `REHEARSAL_CAMPAIGN` names, or into which several
/// of them were copied. One for each campaign, in the order of the names of their scenarios.
///
/// # Errors
///
/// A [`Failure`] that names the first file that cannot be read, and its line (RH502).
pub fn merge_campaigns(folder: impl AsRef<Path>) -> Result<Vec<MergedCampaign>, Failure> {
    let all = Folder::new(folder.as_ref().to_owned()).campaigns().map_err(Failure::of_finding)?;
    let mut campaigns: BTreeMap<(String, u64, u32), Vec<Saved>> = BTreeMap::new();
    for saved in all {
        let key = (saved.scenario.clone(), saved.seed, saved.shard.of());
        campaigns.entry(key).or_default().push(saved);
    }
    let merged = |mut parts: Vec<Saved>| {
        parts.sort_by_key(|part| part.shard);
        MergedCampaign { parts }
    };
    Ok(campaigns.into_values().map(merged).collect())
}

impl MergedCampaign {
    /// The name of the scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        self.parts.first().map_or("", |part| &part.scenario)
    }

    /// How many runs all shards made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.made)).sum()
    }

    /// What all shards did, in words, in the order of the alphabet.
    #[must_use]
    pub fn marks(&self) -> Vec<&str> {
        let marks = self.parts.iter().flat_map(|part| part.marks.iter().map(String::as_str));
        marks.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether all shards are there, have ended, and found nothing.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let ended = |part: &Saved| part.ended.as_deref().is_some_and(|why| !is_bad(why));
        self.missing() == 0 && self.parts.iter().all(|part| ended(part) && part.found.is_empty())
    }

    /// What is wrong, each thing once, with the number of runs of all shards that show it, in the smallest run of all. It is the
    /// same if code and words are, whatever numbers there are in them.
    fn found(&self) -> Vec<SavedFinding> {
        let mut found: Vec<SavedFinding> = Vec::new();
        for one in self.parts.iter().flat_map(|part| &part.found) {
            let same = |other: &&mut SavedFinding| {
                let words = |of: &SavedFinding| Finding::new(Code::Custom, of.headline.clone());
                other.code == one.code && words(other).is_like(&words(one))
            };
            match found.iter_mut().find(same) {
                Some(other) => {
                    let count = other.count + one.count;
                    let size = |of: &SavedFinding| (of.tape.len(), of.nth);
                    if size(one) < size(other) {
                        other.clone_from(one);
                    }
                    other.count = count;
                }
                None => found.push(one.clone()),
            }
        }
        found.sort_by_key(|found| found.nth);
        found
    }

    /// How many shards are not there.
    fn missing(&self) -> usize {
        let of = self.parts.first().map_or(1, |part| part.shard.of() as usize);
        of.saturating_sub(self.parts.len())
    }
}

/// Whether a campaign ended because of something that was found.
fn is_bad(why: &str) -> bool {
    why.ends_with(super::WAS_FOUND) || why == super::CALM_FAILS
}

impl fmt::Display for MergedCampaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.parts.first() else { return Ok(()) };
        let counts = counts_by_status(|what| {
            self.parts.iter().map(|part| part.counted(what) as usize).sum()
        });
        let (there, of) = (self.parts.len(), first.shard.of());
        let shards = if of == 1 { String::new() } else { format!("{there} of {of} shards, ") };
        let (made, seed) = (self.made(), first.seed);
        writeln!(
            f,
            "{}: {shards}{made} runs from seed {seed}: {}",
            self.scenario(),
            counts.join(", ")
        )?;
        writeln!(f, "  coverage {}", self.marks().len())?;
        for SavedFinding { count, code, headline, tape, .. } in self.found() {
            writeln!(
                f,
                "  {code}  {headline}: {count} {}",
                if count == 1 { "run" } else { "runs" }
            )?;
            writeln!(f, "    {}", assignment(&format!("{}/{tape}", self.scenario())))?;
        }
        let beyond: u32 = self.parts.iter().map(|part| part.counted(BEYOND)).sum();
        if beyond > 0 {
            writeln!(f, "  {beyond} findings more, of kinds beyond the first 16 of a shard")?;
        }
        for part in &self.parts {
            let why = part
                .ended
                .as_deref()
                .unwrap_or("was stopped, and goes on when it is started again");
            if of == 1 {
                writeln!(f, "  {why}")?;
            } else if part.ended.is_none() || is_bad(why) {
                writeln!(f, "  shard {}: {why}", part.shard)?;
            }
        }
        if self.missing() > 0 {
            writeln!(f, "  {} shards are not there", self.missing())?;
        }
        Ok(())
    }
}
