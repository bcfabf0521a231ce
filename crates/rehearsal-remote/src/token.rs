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

/// The run's own id.
pub(crate) fn run_id_of(wire: &SmolStr, world: u32) -> SmolStr {
    shifted(wire, world.wrapping_neg())
}

/// The id that a worker knows a run by in a world: another one in each, so that nothing in its cache is of another world.
/// That of the first world is the run's own.
pub(crate) fn wire_id(run_id: &SmolStr, world: u32) -> SmolStr {
    shifted(run_id, world)
}

fn shifted(run_id: &SmolStr, by: u32) -> SmolStr {
    if by == 0 {
        return run_id.clone();
    }
    // The first eight digits are numbered through.
    let Some(digits) = run_id.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok())
    else {
        return run_id.clone();
    };
    format!("{:08x}{}", digits.wrapping_add(by), &run_id[8..]).into()
}
