//! What workers name what they were handed with.

use rehearsal_history::{EventId, SmolStr};

/// What was handed out: of which world, and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    /// The world.
    pub(crate) world: u32,
    /// What it is: that order is the one in which answers are taken, whenever they come.
    pub(crate) what: What,
}

/// What was handed out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A workflow task: the run, the attempt, and which delivery it is of this world.
    Task { run: u32, started: EventId, nth: u32 },
    /// A query: which one of this world.
    Query { nth: u32 },
    /// An attempt of an activity.
    Activity { token: [u8; 16] },
}

const MARK: u8 = b'R';

impl Token {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![MARK];
        bytes.extend(self.world.to_be_bytes());
        match &self.what {
            What::Task { run, started, nth } => {
                bytes.push(1);
                bytes.extend(run.to_be_bytes());
                bytes.extend(started.0.to_be_bytes());
                bytes.extend(nth.to_be_bytes());
            }
            What::Query { nth } => {
                bytes.push(2);
                bytes.extend(nth.to_be_bytes());
            }
            What::Activity { token } => {
                bytes.push(3);
                bytes.extend(token);
            }
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&mark, rest) = bytes.split_first()?;
        let (world, rest) = rest.split_first_chunk::<4>()?;
        let (&kind, rest) = rest.split_first()?;
        let world = u32::from_be_bytes(*world);
        let what = match (mark, kind, rest.len()) {
            (MARK, 1, 16) => {
                let (run, rest) = rest.split_first_chunk::<4>()?;
                let (started, nth) = rest.split_first_chunk::<8>()?;
                What::Task {
                    run: u32::from_be_bytes(*run),
                    started: EventId(u64::from_be_bytes(*started)),
                    nth: u32::from_be_bytes(nth.try_into().ok()?),
                }
            }
            (MARK, 2, 4) => What::Query { nth: u32::from_be_bytes(rest.try_into().ok()?) },
            (MARK, 3, 16) => What::Activity { token: rest.try_into().ok()? },
            _ => return None,
        };
        Some(Self { world, what })
    }
}

/// By which ids workers know the runs of a world: others in each world of each house, so that nothing in a cache is of another
/// run. A worker may keep one cache for several servers. Those of the first world are the runs' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) world: u32,
    pub(crate) house: u64,
}

/// How many digits of a UUID, at its end, tell worlds and houses apart. Those before them say the version, and when it was
/// made.
const DIGITS: usize = 12;

impl Alias {
    /// The run's own id.
    pub(crate) fn run_id_of(self, wire: &SmolStr) -> SmolStr {
        self.changed(wire, |number| number.wrapping_sub(self.world.into()) ^ (self.house >> 16))
    }

    /// The id that a worker knows the run by.
    pub(crate) fn wire_id(self, run_id: &SmolStr) -> SmolStr {
        self.changed(run_id, |number| (number ^ (self.house >> 16)).wrapping_add(self.world.into()))
    }

    /// With other last digits. The first world has the run's own ids, and so has what is no UUID.
    fn changed(self, id: &SmolStr, change: impl FnOnce(u64) -> u64) -> SmolStr {
        let changed = || {
            let (front, number) = id.split_at_checked(id.len().checked_sub(DIGITS)?)?;
            let number = change(u64::from_str_radix(number, 16).ok()?) & 0xffff_ffff_ffff;
            Some(format!("{front}{number:012x}").into())
        };
        if self.world == 0 { id.clone() } else { changed().unwrap_or_else(|| id.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_known_by_another_id_in_each_world_of_each_house() {
        let own: SmolStr = "b585f767-a79a-4b6c-b746-a55fbad8c037".into();
        let of = |world, house| Alias { world, house };
        assert_eq!(of(0, u64::MAX).wire_id(&own), own);
        let all = [of(1, 0), of(2, 0), of(1, 1 << 16), of(1, u64::MAX)];
        let ids = all.map(|alias| alias.wire_id(&own));
        assert_eq!(ids[0], "b585f767-a79a-4b6c-b746-a55fbad8c038");
        assert_eq!(ids[3], "b585f767-a79a-4b6c-b746-5aa045273fc9");
        for (alias, wire) in all.iter().zip(&ids) {
            assert_eq!(ids.iter().filter(|id| *id == wire).count(), 1);
            assert_eq!(alias.run_id_of(wire), own);
        }
        assert_eq!(of(1, 1).wire_id(&"no uuid".into()), "no uuid");
    }
}
