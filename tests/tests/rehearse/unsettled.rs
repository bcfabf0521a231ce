//! Runs that cannot be made again exactly: what is found in them is told apart.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rehearsal::{Choices, Code, Outcome};
use rehearsal_engine::WhyUnsettled;
use rehearsal_explore::Observer;
use rehearsal_history::{Payloads, Timestamp};
use rehearsal_remote::{Activities, ActivityDone, Bell, Rehearse, Wall};
use rehearsal_tests::outside::{House, StoppedClock};

use super::{Code as ActivityCode, SHIP, careless, checked, order_of, result, scenario_of};

/// What is seen of a run.
struct Seen {
    shipped: bool,
    why: Option<WhyUnsettled>,
    findings: Vec<Code>,
    apart: Vec<Code>,
}

/// Keeps what is seen of all runs.
#[derive(Default)]
struct Keep(Mutex<Vec<Seen>>);

impl Observer for Keep {
    fn ended(&self, _: &Choices, outcome: &Outcome) {
        let unsettled = outcome.record.unsettled.as_ref();
        self.0.lock().unwrap().push(Seen {
            shipped: outcome.calls(SHIP).next().is_some(),
            why: unsettled.map(|unsettled| unsettled.why),
            findings: outcome.findings.iter().map(|finding| finding.code).collect(),
            apart: unsettled.map_or(Vec::new(), |unsettled| {
                unsettled.findings.iter().map(|finding| finding.code).collect()
            }),
        });
    }
}

/// The runs of a sweep of the careless workflow, whose activities have this code.
fn swept(code: ActivityCode, wall: Arc<dyn Wall>) -> Vec<Seen> {
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let kept = Keep::default();
        let failure = checked(rehearsal, Activities::Real).try_sweep_told(&kept).unwrap_err();
        assert!(failure.report().starts_with("RH201"), "{failure}");
        tell.send(kept.0.into_inner().unwrap()).unwrap();
        None
    });
    let house = House::of(order_of(&scenario_of(careless)), code, wall, Some(rehearse));
    let _started = house.start();
    drop(result(&house));
    let _report = house.close();
    told.recv().unwrap()
}

/// Runs in which the activity was done are unsettled, and what is found in them is none of their findings. In the others
/// it is one.
#[track_caller]
fn assert_apart(seen: &[Seen], why: WhyUnsettled) {
    for run in seen {
        assert_eq!(run.why, run.shipped.then_some(why));
        if run.shipped {
            assert_eq!(run.findings, []);
        } else {
            assert_eq!(run.findings, [Code::CleanupMissing]);
        }
    }
    assert!(seen.iter().any(|run| run.apart.contains(&Code::CleanupMissing)));
    assert!(seen.iter().any(|run| !run.shipped));
}

fn answered(value: Option<u32>) -> ActivityDone {
    let result = value.map_or_else(|| Payloads::encode(&()), |value| Payloads::encode(&value));
    ActivityDone::Completed(result.unwrap())
}

/// An activity that answers something else each time: no run is as it was.
#[test]
fn a_run_that_is_another_when_it_is_made_again_is_unsettled() {
    let calls = AtomicU32::new(0);
    let code: ActivityCode = Box::new(move |attempt| {
        let ships = attempt.work.task.activity_type == SHIP.name();
        answered(ships.then(|| calls.fetch_add(1, Ordering::SeqCst)))
    });
    let seen = swept(code, Arc::new(StoppedClock::default()));
    assert_apart(&seen, WhyUnsettled::Unlike);
}

/// A clock on which the time that an activity has to settle passes at once, and which counts the longer waits.
#[derive(Default)]
struct Hasty {
    now: Mutex<Timestamp>,
    longer: Mutex<u64>,
    waited: Condvar,
}

/// Longer than an activity has to settle.
const LONGER: Duration = Duration::from_secs(1);

impl Hasty {
    /// Returns when somebody has waited longer, from now on.
    fn waits_longer(&self) {
        let mut longer = self.longer.lock().unwrap();
        let before = *longer;
        while *longer == before {
            longer = self.waited.wait(longer).unwrap();
        }
    }
}

impl Wall for Hasty {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn wait(&self, bell: &Bell, at_most: Option<Duration>) {
        if let Some(short) = at_most.filter(|at_most| *at_most < LONGER) {
            let mut now = self.now.lock().unwrap();
            *now = *now + short;
            return;
        }
        *self.longer.lock().unwrap() += 1;
        self.waited.notify_all();
        // Somebody may have begun to look behind that.
        bell.wait(Some(Duration::from_millis(10)));
    }
}

/// An activity that says nothing for longer than it has to settle: real time decides whether it is done.
#[test]
fn a_run_in_which_an_activity_is_silent_is_unsettled() {
    let wall = Arc::new(Hasty::default());
    let waits = Arc::clone(&wall);
    let code: ActivityCode = Box::new(move |attempt| {
        waits.waits_longer();
        answered((attempt.work.task.activity_type == SHIP.name()).then_some(2))
    });
    let seen = swept(code, wall);
    assert_apart(&seen, WhyUnsettled::Silent);
}
