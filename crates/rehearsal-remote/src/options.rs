//! How a house is kept.

use std::time::Duration;

use std::collections::BTreeMap;

use rehearsal_history::{SearchType, SmolStr, Timestamp};
use rehearsal_service::ServiceConfig;

/// When virtual time moves while no waiter wants it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// With the wall clock, while an activity is in hand or time is locked, as a drop-in.
    #[default]
    Wall,
    /// Never.
    Strict,
}

/// How a house is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// When the first world begins, which must not be behind the clock of any worker.
    pub begins: Timestamp,
    /// When virtual time moves.
    pub pace: Pace,
    /// Whether time is locked at first, so that it does not leap until somebody unlocks it: a test server without
    /// `--enable-time-skipping`.
    pub locked: bool,
    /// How long an activity may be silent until it counts as parked, in real time.
    pub settle: Duration,
    /// How long nothing leaps when somebody who waited was answered, and may speak, in real time.
    pub hush: Duration,
    /// How long a worker may take for a task, or to poll again, in real time.
    pub patience: Duration,
    /// How long time does not leap because of a task that nobody polls for, and how long what is to be rehearsed waits for
    /// workers that poll for workflow tasks or for activities alone so far, in real time.
    pub unpolled: Duration,
    /// A number that no other house has whose workers may be in the same process: by it they tell its runs from those of
    /// another house.
    pub house: u64,
    /// What the namespace is called in events that name it.
    pub namespace: SmolStr,
    /// The search attributes that the namespace has, beside the server's own.
    pub search_attributes: BTreeMap<SmolStr, SearchType>,
    /// How many requests may wait at once.
    pub most_waiting: usize,
    /// How many closed runs are kept in the world of the clients: of more, those that closed first are deleted, as a server
    /// deletes what has outlived its retention.
    pub most_closed: usize,
}

impl Options {
    /// A drop-in whose first world begins then, with time that leaps for whoever waits.
    #[must_use]
    pub const fn new(begins: Timestamp) -> Self {
        Self {
            begins,
            pace: Pace::Wall,
            locked: false,
            settle: Duration::from_millis(200),
            hush: Duration::from_millis(200),
            patience: Duration::from_secs(30),
            unpolled: Duration::from_secs(2),
            house: 0,
            namespace: SmolStr::new_static("default"),
            search_attributes: BTreeMap::new(),
            most_waiting: 10_000,
            most_closed: 10_000,
        }
    }

    /// The service of each world.
    pub(crate) fn service_config(&self) -> ServiceConfig {
        ServiceConfig {
            namespace: self.namespace.clone(),
            search_attributes: self.search_attributes.clone(),
            ..ServiceConfig::default()
        }
    }
}
