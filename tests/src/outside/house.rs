//! A house with a worker for workflows and one for activities at its door, and the client of an order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rehearsal_activation::Definition;
use rehearsal_history::{Payloads, SmolStr, Timestamp};
use rehearsal_remote::{
    ActivityDone, Door, Options, Rehearse, Report, Signal, Started, Wall, open,
};
use rehearsal_service::{StartWorkflow, Target};
use rehearsal_worker::{Profile, WorkerOptions};

use super::{Attempt, Cache, Native, ask, attempts, work};

/// A house, kept by a thread, with two more for its workers. Methods panic where the house refuses what they ask for.
#[derive(Debug)]
pub struct House {
    /// Where clients ask.
    pub door: Door,
    kept: JoinHandle<Report>,
    workflows: JoinHandle<Result<(), String>>,
    activities: JoinHandle<()>,
}

impl House {
    /// One whose workers have this code of the workflow `Order` and of its activities. What its client waits for is
    /// rehearsed before, if anybody does that.
    ///
    /// # Panics
    ///
    /// Panics if the system has no threads left.
    #[must_use]
    pub fn of(
        order: Arc<dyn Definition>,
        code: impl Fn(&Attempt<'_>) -> ActivityDone + Send + 'static,
        wall: Arc<dyn Wall>,
        rehearse: Option<Rehearse>,
    ) -> Self {
        let mut options = Options::new(Timestamp::from_nanos(1_767_225_600_000_000_000));
        // The clock on the wall stands, so nobody is given time to speak.
        options.hush = Duration::ZERO;
        let (door, house) = open(options, wall);
        let house = match rehearse {
            Some(rehearse) => house.rehearsing(rehearse),
            None => house,
        };
        let native = Native {
            cache: Cache::default(),
            options: WorkerOptions {
                identity: "worker-1".into(),
                sticky_queue: "sticky".into(),
                task_queue: "main".into(),
                sticky_timeout: Duration::from_secs(5),
                profile: Profile::Go,
            },
            code: BTreeMap::from([("Order".into(), order)]),
        };
        let kept = thread(move || house.run());
        let at_door = door.clone();
        let workflows = thread(move || work(&at_door, native));
        let at_door = door.clone();
        let activities = thread(move || attempts(&at_door, ("worker-1", "main"), code));
        Self { door, kept, workflows, activities }
    }

    /// Starts `order-7`.
    ///
    /// # Panics
    ///
    /// Panics if it is refused.
    #[must_use]
    pub fn start(&self) -> Started {
        let start = StartWorkflow {
            workflow_id: "order-7".into(),
            workflow_type: "Order".into(),
            task_queue: "main".into(),
            header: Profile::Go.client_header(),
            identity: "client".into(),
            execution_timeout: Profile::Go.client_timeout(None),
            run_timeout: Profile::Go.client_timeout(None),
            ..StartWorkflow::default()
        };
        ask(|reply| self.door.start_workflow(start, reply)).expect("it is started")
    }

    /// Sends the signal `approve`.
    ///
    /// # Panics
    ///
    /// Panics if it is refused.
    pub fn approve(&self, target: Target) {
        let signal = Signal {
            name: "approve".into(),
            input: Payloads::encode(&"Ann").expect("a name is JSON"),
            header: Profile::Go.client_header(),
            identity: "client".into(),
            request_id: SmolStr::default(),
        };
        ask(|reply| self.door.signal(target, signal, reply)).expect("it is signaled");
    }

    /// Closes the door, and waits until all have ended in good order.
    ///
    /// # Panics
    ///
    /// Panics if one of the workers has not.
    #[must_use]
    pub fn close(self) -> Report {
        self.door.close();
        self.workflows.join().expect("it ends").expect("it ends well");
        self.activities.join().expect("it ends");
        self.kept.join().expect("the house is kept to its end")
    }

    /// The same where the worker for workflows has died before.
    ///
    /// # Panics
    ///
    /// Panics if it has not.
    #[must_use]
    pub fn close_without_worker(self) -> Report {
        self.door.close();
        assert!(self.workflows.join().is_err(), "the worker has not died");
        self.activities.join().expect("it ends");
        self.kept.join().expect("the house is kept to its end")
    }
}

fn thread<T: Send + 'static>(of: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().spawn(of).expect("the system has threads left")
}
