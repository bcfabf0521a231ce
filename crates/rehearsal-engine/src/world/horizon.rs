//! The horizon of a run that never ends by itself: when does it only repeat what it did before?
//!
//! At every rest the world has a *signature*: which operations are pending and in which state, and what the code of
//! running activities waits for, and for how long. A pair of a kind of point and a signature is *new* if it has not
//! been seen in this run. When the signature that the world rested in when the last new pair came has come again
//! twice, two full cycles have brought nothing new: that is the horizon. Whether the run ends by itself all the same,
//! as a loop with a count does, is found out by going on for [`PATIENCE`] more steps.
//!
//! What came last that was new may never come again: a worker that is away once, say. So a signature that has not come
//! again for long gives way to the present one, and the next has twice as long, as in the algorithm of Brent.

use std::collections::BTreeMap;
use std::time::Duration;

use super::World;

/// How many steps a run that repeats itself is given to end all the same.
const PATIENCE: u64 = 1_000;

/// How many rests the first signature is waited for.
const FIRST_WAIT: u32 = 1_000;

/// What has been seen so far.
#[derive(Debug)]
pub(super) struct Cycles {
    /// Which places each signature was seen at, a bit each.
    seen: BTreeMap<Signature, u32>,
    /// The signature that must come again.
    awaited: Option<Awaited>,
    /// How many rests it is waited for.
    wait: u32,
    /// How many points have been looked at.
    looked_at: usize,
    horizon: Option<Found>,
}

/// The signature at the last rest after something new, or one that has taken its place.
#[derive(Debug)]
struct Awaited {
    signature: Signature,
    /// How often it has come again.
    again: u32,
    /// How many rests ago it came last.
    rests: u32,
}

impl Default for Cycles {
    fn default() -> Self {
        Self { seen: BTreeMap::new(), awaited: None, wait: FIRST_WAIT, looked_at: 0, horizon: None }
    }
}

/// What the world looks like at a rest, in two numbers that are kept up to date as things happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    /// Kind, name and state of what is pending. Ids are new in every round of a loop; what is pending is not.
    pending: u64,
    /// For how long the code of running activities waits.
    waits: u64,
}

/// Where the horizon is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) at: Duration,
    /// How many points lie before it.
    pub(super) points: usize,
    step: u64,
}

impl Cycles {
    /// The points that were looked at are no more.
    pub(super) const fn start_over(&mut self) {
        self.looked_at = 0;
    }
}

impl World {
    /// Where the run began to do nothing but repeat itself, if it still has not ended long after that.
    pub(super) fn repeats(&mut self) -> Option<Found> {
        if self.cycles.horizon.is_none() {
            self.look_for_horizon();
        }
        self.cycles.horizon.filter(|found| self.record.steps - found.step >= PATIENCE)
    }

    fn look_for_horizon(&mut self) {
        if self.agenda.count_due() > 0 {
            return;
        }
        let signature =
            Signature { pending: self.service.fingerprint(), waits: self.agenda.waits() };
        let points = &self.record.points;
        let mut new = false;
        let places = self.cycles.seen.entry(signature).or_default();
        for point in &points[self.cycles.looked_at..] {
            let bit = 1 << point.place as u32;
            new |= *places & bit == 0;
            *places |= bit;
        }
        self.cycles.looked_at = points.len();
        let wait = self.cycles.wait;
        match &mut self.cycles.awaited {
            Some(awaited) if !new && awaited.signature == signature => {
                awaited.again += 1;
                awaited.rests = 0;
                if awaited.again >= 2 {
                    let (at, points, step) = (self.elapsed(), points.len(), self.record.steps);
                    self.cycles.horizon = Some(Found { at, points, step });
                }
            }
            Some(awaited) if !new && awaited.rests < wait => awaited.rests += 1,
            last => {
                if last.is_some() && !new {
                    self.cycles.wait = wait.saturating_mul(2);
                }
                *last = Some(Awaited { signature, again: 0, rests: 0 });
            }
        }
    }
}
