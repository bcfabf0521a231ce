//! A house with the native workers of a scenario in front of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rehearsal_engine::Scenario;
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_remote::{Bell, Door, House, Options, Wall, open};
use rehearsal_worker::{Profile, WorkerOptions};

use super::{Cache, Native, work};

/// A clock on the wall that stands until it is moved: nothing depends on how fast the machine is. Whoever waits, waits for the
/// bell.
#[derive(Debug, Default)]
pub struct StoppedClock(Mutex<Timestamp>);

impl StoppedClock {
    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by);
    }
}

impl Wall for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, bell: &Bell, _at_most: Option<Duration>) {
        bell.wait(None);
    }
}

/// A house and its workers.
#[derive(Debug)]
pub struct Stage {
    door: Door,
    _house: House,
    workers: Vec<JoinHandle<Result<(), String>>>,
    cache: Cache,
}

impl Stage {
    /// Sends the workers of a scenario outside: each is a thread that has its workflows, and polls. Activities stay.
    ///
    /// # Panics
    ///
    /// Panics if no thread can be made.
    #[must_use]
    pub fn of(scenario: Scenario, profile: Profile) -> (Self, Scenario) {
        let options = Options::new(Timestamp::EPOCH);
        let (door, house) = open(options, Arc::new(StoppedClock::default()));
        let scenario = scenario.with_workers_outside().with_remote(house.hands());
        let (mut workers, cache) = (Vec::new(), Cache::default());
        for (identity, spec) in scenario.workers() {
            let keeps = spec.cache() != Some(0);
            let sticky = if keeps { format!("{identity}:sticky-0") } else { String::new() };
            let options = WorkerOptions {
                identity: identity.clone(),
                sticky_queue: sticky.into(),
                task_queue: spec.queue().clone(),
                sticky_timeout: profile.sticky_timeout(),
                profile,
            };
            let types = scenario.workflow_types();
            let code = types.filter_map(|of| {
                let code = scenario.definition(spec.code_of(of))?;
                Some((of.clone(), Arc::clone(code)))
            });
            let code: BTreeMap<SmolStr, _> = code.collect();
            let native = Native { cache: cache.clone(), options, code };
            let door = door.clone();
            let thread = Builder::new().name(identity.to_string());
            let thread = thread.spawn(move || work(&door, native)).expect("a thread can be made");
            workers.push(thread);
        }
        (Self { door, _house: house, workers, cache }, scenario)
    }

    /// The door of the house.
    #[must_use]
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// The cache that its workers share.
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.cache.clone()
    }

    /// Closes the house.
    ///
    /// # Errors
    ///
    /// What a worker could not do.
    pub fn close(self) -> Result<(), String> {
        self.door.close();
        let end = |worker: JoinHandle<Result<(), String>>| {
            worker.join().unwrap_or_else(|_| Err("a worker panicked".to_owned()))
        };
        self.workers.into_iter().try_for_each(end)
    }
}
