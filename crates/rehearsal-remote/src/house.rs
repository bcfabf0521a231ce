//! What stands behind the door: the thread that owns the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_engine::Remote;
use rehearsal_history::SmolStr;

use crate::answer::Refused;
use crate::door::Door;
use crate::hands::Hands;
use crate::inbox::Shared;
use crate::live::Live;
use crate::options::Options;
use crate::rehearse::Rehearse;
use crate::wall::Wall;

/// Makes the workers outside of a run.
pub type MakeHands = Arc<dyn Fn() -> Box<dyn Remote> + Send + Sync>;

/// What a house has come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What was asked for that is not simulated, and how often.
    pub not_simulated: BTreeMap<SmolStr, u64>,
    /// What went wrong, a line each.
    pub findings: Vec<String>,
}

/// The side of a world that faces processes outside. It is kept by one thread.
pub struct House {
    options: Options,
    shared: Arc<Shared>,
    wall: Arc<dyn Wall>,
    rehearse: Option<Rehearse>,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A house, and the door to it. What is asked before [`House::run`] waits for it.
#[must_use]
pub fn open(options: Options, wall: Arc<dyn Wall>) -> (Door, House) {
    let shared = Shared::new(options.most_waiting, options.house);
    let door = Door::new(Arc::clone(&shared));
    (door, House { options, shared, wall, rehearse: None })
}

impl House {
    /// The workers outside, for the runs of a scenario ([`with_remote`](rehearsal_engine::Scenario::with_remote)): each run is
    /// a world of its own, one after another. Its client is that of the scenario, and what another one asks is refused.
    #[must_use]
    pub fn hands(&self) -> MakeHands {
        self.shared.inbox().only_workers = true;
        make_hands(&self.shared, &self.wall, &self.options, true)
    }

    /// Has what a client waits for rehearsed before it is answered: each time that somebody waits for the result of a
    /// workflow, and no workflow is open any more, or nothing can happen any more. What was asked since nothing was open is
    /// rehearsed once.
    #[must_use]
    pub fn rehearsing(mut self, rehearse: Rehearse) -> Self {
        self.rehearse = Some(rehearse);
        self
    }

    /// Keeps the house until the door is closed.
    #[must_use]
    pub fn run(self) -> Report {
        Live::new(&self.shared, &self.wall, &self.options).rehearsing(self.rehearse).run()
    }

    /// Closes the door of a house that nobody keeps: what the runs have left whose workers are [outside](Self::hands).
    #[must_use]
    pub fn close(self) -> Report {
        closed(&self.shared, Vec::new())
    }
}

/// Closes the door; what has been found, after what the world itself has.
pub(crate) fn closed(shared: &Shared, mut findings: Vec<String>) -> Report {
    let (requests, left, not_simulated) = shared.end();
    for request in requests {
        request.refuse(Refused::Closing);
    }
    findings.extend(left.findings);
    Report { not_simulated, findings }
}

/// Makes the workers outside of one world after another. What is in hand of them `settles` where it is handed out, or the
/// world goes on meanwhile.
pub(crate) fn make_hands(
    shared: &Arc<Shared>,
    wall: &Arc<dyn Wall>,
    options: &Options,
    settles: bool,
) -> MakeHands {
    let (shared, wall, options) = (Arc::clone(shared), Arc::clone(wall), options.clone());
    Arc::new(move || Box::new(Hands::of_next_world(&shared, &wall, &options, settles)))
}
