//! The logger of a process: ours is not set before a run is explained, and never in the place of another.
//!
//! One test, since a process has one logger.

use std::sync::atomic::{AtomicU64, Ordering};

use log::{LevelFilter, Log, Metadata, Record};
use rehearsal::{Context, Scenario, Tape, Workflow, WorkflowError, check, millis, secs};

const NAP: Workflow<(), ()> = Workflow::new("Nap");

async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    log::info!("good night");
    tracing::info!("asleep");
    ctx.sleep(secs(60)).await
}

static HEARD: AtomicU64 = AtomicU64::new(0);

struct Counts;

impl Log for Counts {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &Record<'_>) {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }

    fn flush(&self) {}
}

#[test]
fn a_logger_that_is_there_stays() {
    let scenario = Scenario::new("nap").workflow(NAP, nap).client(|world| {
        world.start(NAP, "nap-1", ());
    });
    scenario.sweep();
    assert_eq!(log::max_level(), LevelFilter::Off);

    log::set_logger(&Counts).expect("a sweep in which nothing is found sets no logger");
    log::set_max_level(LevelFilter::Info);
    let late = scenario.check(check::ends_within(millis(1)));
    let failure = late.try_run(&Tape::calm()).unwrap_err();
    let said: Vec<&str> = failure.logs().iter().map(|line| line.message.as_str()).collect();
    assert_eq!(said, ["asleep"], "what goes to another logger is not heard");
    assert!(HEARD.load(Ordering::Relaxed) > 0);
    assert_eq!(log::max_level(), LevelFilter::Info);
}
