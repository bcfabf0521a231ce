//! Shards: which runs of a campaign are made here.
//!
//! A campaign has [`LANES`] lanes, each of which learns from its own runs alone. A run belongs to one lane, and a shard has
//! some of the lanes. So a shard needs to know nothing of what another one saw, and all shards together make exactly the
//! runs of the whole, however many there are.

use std::fmt;
use std::str::FromStr;

/// How many lanes a campaign has, and so the most shards.
pub(crate) const LANES: u32 = 16;

/// How many runs of a lane follow one another before it learns from them: two of each chooser.
pub(crate) const TURNS: u32 = 8;

/// How many runs all lanes make before they learn from them.
pub(crate) const GENERATION: u32 = LANES * TURNS;

/// The lane of a run, from 0.
pub(crate) const fn lane_of(nth: u32) -> usize {
    (nth / TURNS % LANES) as usize
}

/// A part of a campaign. Displays, and is read, as `3/16`.
///
/// # Examples
///
/// ```
/// use rehearsal_explore::Shard;
///
/// let shard: Shard = "3/16".parse()?;
/// assert_eq!(shard.to_string(), "3/16");
/// let runs = |shard: Shard| (0..10_000).filter(move |nth| shard.has(*nth)).count();
/// assert_eq!(runs(Shard::WHOLE), 10_000);
/// assert_eq!(["1/3", "2/3", "3/3"].map(|of| runs(of.parse().unwrap())).iter().sum::<usize>(), 10_000);
/// # Ok::<(), rehearsal_explore::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// From 0.
    nth: u32,
    of: u32,
}

impl Shard {
    /// The whole campaign.
    pub const WHOLE: Self = Self { nth: 0, of: 1 };

    /// Whether the run of this number, from 0, is made in it.
    #[must_use]
    pub const fn has(self, nth: u32) -> bool {
        lane_of(nth) % self.of as usize == self.nth as usize
    }

    /// Whether it is the whole campaign.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.of == 1
    }

    /// How many shards there are.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of
    }

    /// How many of the first so many runs are made in it.
    #[must_use]
    pub(crate) fn part_of(self, runs: u32) -> u32 {
        let whole = runs / GENERATION;
        let count = |runs: u32| {
            u32::try_from((0..runs).filter(|nth| self.has(*nth)).count()).unwrap_or(u32::MAX)
        };
        // A generation more or less makes the same.
        whole.saturating_mul(count(GENERATION)).saturating_add(count(runs % GENERATION))
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.nth + 1, self.of)
    }
}

/// Why a text is no shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a shard such as `3/16`, with a first number from 1 to the second, and that at most {LANES}"
)]
pub struct ShardError;

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (nth, of) = text.split_once('/').ok_or(ShardError)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ShardError);
        let (nth, of) = (number(nth)?, number(of)?);
        let fits = (1..=of).contains(&nth) && of <= LANES;
        fits.then(|| Self { nth: nth - 1, of }).ok_or(ShardError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shards_together_are_the_whole_and_none_overlap() {
        for of in 1..=LANES {
            let shards: Vec<Shard> =
                (1..=of).map(|nth| format!("{nth}/{of}").parse().expect("a shard")).collect();
            for nth in 0..3 * GENERATION + 5 {
                let having = shards.iter().filter(|shard| shard.has(nth)).count();
                assert_eq!(having, 1, "run {nth} of {of} shards");
            }
            for runs in [0, 1, 60, GENERATION, 5_000] {
                let parts: u32 = shards.iter().map(|shard| shard.part_of(runs)).sum();
                assert_eq!(parts, runs);
                for shard in &shards {
                    let made = (0..runs).filter(|nth| shard.has(*nth)).count();
                    assert_eq!(shard.part_of(runs) as usize, made);
                }
            }
        }
    }

    #[test]
    fn a_lane_is_in_one_shard() {
        let shard: Shard = "2/3".parse().expect("a shard");
        for nth in 0..GENERATION {
            assert_eq!(shard.has(nth), lane_of(nth) % 3 == 1);
            assert_eq!(lane_of(nth), lane_of(nth + GENERATION));
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "3", "0/3", "4/3", "1/0", "1/17", "a/b", "1/2/3", "-1/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }
}
