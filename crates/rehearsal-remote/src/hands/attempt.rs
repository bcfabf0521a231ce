//! Attempts of activities in the hands of workers.

use std::collections::VecDeque;
use std::time::Duration;

use rehearsal_engine::SeenByRemote;
use rehearsal_history::Timestamp;
use rehearsal_service::ActivityToken;

use crate::answer::ActivityHeard;
use crate::door::Slot;
use crate::token::Token;

/// An attempt of an activity in the hands of a worker.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) host: usize,
    pub(super) wire: Token,
    /// Heartbeats that are not answered.
    pub(super) beats: VecDeque<Slot<ActivityHeard>>,
    pub(super) end: Option<Slot<ActivityHeard>>,
    /// Whether it has heartbeated.
    pub(super) heartbeats: bool,
    /// When it is over by itself, as far as its start and its task tell, and how often it must heartbeat.
    pub(super) limit: Option<Timestamp>,
    pub(super) between: Option<Duration>,
    pub(super) heard: Timestamp,
}

impl Attempt {
    /// When the first of its own timeouts passes.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let beat = self.between.map(|between| self.heard + between);
        [self.limit, beat].into_iter().flatten().min()
    }

    /// Whether it has not ended.
    pub(super) const fn is_live(&self) -> bool {
        self.end.is_none()
    }
}

/// Whether the service still waits for this attempt.
pub(super) fn is_awaited(seen: SeenByRemote<'_>, token: ActivityToken) -> bool {
    let standing = seen.service.standing(token.run, token.scheduled);
    standing.is_some_and(|it| it.attempt == token.attempt && it.retry.is_none())
}
