//! What user code logs, in the report of a failure: through `tracing` and through `log`, at virtual time, once.
//!
//! One logger for `log` serves a process, so these tests are a binary of their own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Exploration, Failure,
    LogLevel, Scenario, Stub, Tape, WorkerSpec, Workflow, WorkflowError, check, millis, secs,
};
use tracing::{Level, Subscriber, span};

const SHIP: Workflow<u32, ()> = Workflow::new("Ship");
const PACK: Activity<u32, u32> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");

/// Cleans up on the canceled context, and says what it does.
async fn ship(ctx: Context, order: u32) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_heartbeat(secs(2));
    let ctx = ctx.with_activity_options(options.with_wait_for_cancellation());
    tracing::info!(target: "shop::ship", order, "shipping");
    ctx.sleep(millis(1500)).await?;
    let packed = ctx.execute(PACK, order).await;
    log::warn!(target: "shop::ship", "packed: {}", packed.is_ok());
    if ctx.is_canceled() {
        tracing::error!(target: "shop::ship", customer = "Ada", order, "giving the money back");
        ctx.execute(REFUND, ()).await?;
    }
    packed.map(drop)
}

async fn pack(ctx: ActivityContext, order: u32) -> Result<u32, ActivityError> {
    let span = span!(Level::INFO, "pack", order);
    for parcel in 0..3_u32 {
        span.in_scope(|| tracing::debug!(target: "shop::pack", parcel, "into the box"));
        ctx.heartbeat(parcel);
        if ctx.sleep_or_canceled(secs(1)).await {
            log::info!(target: "shop::pack", "out of the box again");
            return Err(ActivityError::canceled());
        }
    }
    Ok(order)
}

fn scenario(name: &str) -> Scenario {
    Scenario::new(name)
        .workflow(SHIP, ship)
        .activity(PACK, pack)
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            tracing::info!(target: "shop::client", "ordering");
            world.start(SHIP, "order-7", 7);
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

fn logged(failure: &Failure) -> String {
    let line = |line: &rehearsal::LogLine| {
        format!("{:?} {} {} {line}\n", line.at, line.level, line.target)
    };
    failure.logs().iter().map(line).collect()
}

/// The workflow is canceled while `Pack` runs, and has been replayed from a cold cache.
fn canceled_late() -> Failure {
    let tape: Tape = "cancel.0.12=1,evict.0.0=1,evict.0.1=1".parse().expect("a tape");
    scenario("ship").try_run(&tape).expect_err("it has a mistake")
}

#[test]
fn a_run_shows_what_was_logged() {
    let failure = canceled_late();
    assert!(failure.report().lines().count() < 40);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn each_line_is_there_once_at_its_virtual_time() {
    insta::assert_snapshot!(logged(&canceled_late()));
}

#[test]
fn a_line_is_data() {
    let failure = canceled_late();
    let error = failure.logs().iter().find(|line| line.level == LogLevel::Error).unwrap();
    insta::assert_snapshot!(serde_json::to_string(error).unwrap());
}

#[test]
fn a_sweep_shows_what_was_logged_in_the_run_that_it_explains() {
    let failure = scenario("ship").try_sweep().unwrap_err();
    let page = failure.report().split("\n\n  where").next().unwrap();
    assert!(page.lines().count() < 40, "{page}");
    insta::assert_snapshot!(page);
}

#[test]
fn an_exploration_shows_what_was_logged_in_the_shrunk_run() {
    let failure = scenario("ship").try_explore(Exploration::new(100).with_threads(2)).unwrap_err();
    assert!(failure.report().lines().count() < 40, "{failure}");
    insta::assert_snapshot!(failure.report());
}

#[test]
fn a_case_shows_what_was_logged() {
    let failure = canceled_late();
    let again = scenario("ship").try_case(failure.case().unwrap()).unwrap_err();
    assert_eq!(again.logs(), failure.logs());
}

#[test]
fn what_is_hidden_is_counted_and_no_line_breaks_the_page() {
    async fn chatty(ctx: Context, _: u32) -> Result<(), WorkflowError> {
        for nth in 0..1_200 {
            tracing::trace!(target: "shop", nth, "{}", "long ".repeat(40));
        }
        log::info!(target: "shop", "two\nlines and \u{1b}[31mred");
        ctx.sleep(secs(1)).await?;
        panic!("the box is too small")
    }
    let tape = Tape::calm();
    let failure = scenario("ship").workflow(SHIP, chatty).try_run(&tape).unwrap_err();
    assert_eq!(failure.logs().len(), 1_000);
    insta::assert_snapshot!(failure.report());
}

/// Thirty seconds of lines; the finding is made at the cancel, wherever that is.
#[test]
fn a_page_stays_short_and_shows_the_lines_around_the_finding() {
    async fn counts(ctx: Context, _: u32) -> Result<(), WorkflowError> {
        let ctx = ctx.disconnected();
        for second in 0..30 {
            tracing::info!(target: "shop", second, "still here");
            ctx.sleep(secs(1)).await?;
        }
        Ok(())
    }
    let scenario = Scenario::new("counts").workflow(SHIP, counts).client(|world| {
        let order = world.start(SHIP, "order-7", 7);
        world.advance(millis(12_500));
        world.cancel(&order).expect("it is open");
    });
    let overlooked = scenario.check(check::cancel_observed_or_completed_first());
    let failure = overlooked.try_sweep().unwrap_err();
    let page = failure.report();
    assert!(page.lines().count() < 40, "{page}");
    insta::assert_snapshot!(page);
}

#[test]
fn a_logged_line_break_is_escaped() {
    async fn two_lines(ctx: Context, _: u32) -> Result<(), WorkflowError> {
        log::info!(target: "shop", "two\nlines and \u{1b}[31mred");
        ctx.wait(|| false).await
    }
    let failure = scenario("ship").workflow(SHIP, two_lines).try_sweep().unwrap_err();
    let shown = r"INFO  shop          two\nlines and \u{1b}[31mred";
    assert!(failure.report().contains(shown), "{failure}");
}

#[test]
fn a_run_that_is_not_repeatable_is_said_to_be_another() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    async fn unlike(ctx: Context, _: u32) -> Result<(), WorkflowError> {
        let nth = RUNS.fetch_add(1, Ordering::Relaxed);
        tracing::info!("once more");
        ctx.sleep(secs(10 + nth)).await
    }
    let tape = Tape::calm();
    let failure = scenario("ship").workflow(SHIP, unlike).try_run(&tape).unwrap_err();
    assert!(failure.report().contains("\n  logged when this run was made again:\n"), "{failure}");
}

/// A worker that dies takes its code with it: what that code would say while it is dropped is not said.
#[test]
fn code_that_is_dropped_with_its_process_says_nothing() {
    struct Says;
    impl Drop for Says {
        fn drop(&mut self) {
            tracing::info!(target: "shop::drop", "dropped");
        }
    }
    async fn pack(ctx: ActivityContext, order: u32) -> Result<u32, ActivityError> {
        let _says = Says;
        ctx.sleep(secs(2)).await;
        Ok(order)
    }
    let of = |worker: WorkerSpec| {
        let again = WorkerSpec::new("main").from(secs(20));
        let scenario = scenario("ship").activity(PACK, pack).worker(worker).worker(again);
        let failure = scenario.check(check::ends_within(secs(1))).try_run(&Tape::calm());
        let failure = failure.unwrap_err();
        let calls = failure.outcome().unwrap().calls(PACK).count();
        (logged(&failure).matches("dropped").count(), calls)
    };
    let (lives, dies) = (WorkerSpec::new("main"), WorkerSpec::new("main").until(secs(2)).crash());
    assert_eq!(of(lives), (1, 1));
    // Only the second attempt comes to its end.
    assert_eq!(of(dies), (1, 2));
}

/// Counts what reaches it, whatever it is.
struct Counts(&'static AtomicU64);

impl Subscriber for Counts {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        self.0.fetch_add(1, Ordering::Relaxed);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn the_subscriber_of_the_test_hears_what_is_outside_of_runs_and_nothing_else() {
    static HEARD: AtomicU64 = AtomicU64::new(0);
    tracing::subscriber::with_default(Counts(&HEARD), || {
        tracing::info!("before");
        let _failure = canceled_late();
        let _report = scenario("ship").client(|_| {}).try_run(&Tape::calm());
        tracing::info!("after");
    });
    assert_eq!(HEARD.load(Ordering::Relaxed), 2);
}

/// What formats a field is run only if the line is kept: a passing run formats nothing.
#[test]
fn a_run_in_which_nothing_is_found_formats_nothing() {
    static FORMATTED: AtomicU64 = AtomicU64::new(0);
    #[derive(Debug)]
    struct Order;
    impl std::fmt::Display for Order {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            FORMATTED.fetch_add(1, Ordering::Relaxed);
            f.write_str("order 7")
        }
    }
    async fn ship(ctx: Context, _: u32) -> Result<(), WorkflowError> {
        tracing::info!(order = %Order, "shipping");
        log::info!("shipping {Order}");
        ctx.sleep(secs(1)).await
    }
    let passes = Scenario::new("passes").workflow(SHIP, ship).client(|world| {
        world.start(SHIP, "order-7", 7);
    });
    passes.sweep();
    passes.explore(20);
    assert_eq!(FORMATTED.load(Ordering::Relaxed), 0);

    let fails = passes.check(check::ends_within(millis(1)));
    let failure = fails.try_run(&Tape::calm()).unwrap_err();
    assert_eq!((failure.logs().len(), FORMATTED.load(Ordering::Relaxed)), (2, 2), "{failure}");
}

/// A record of `log` that reaches `tracing` through a bridge keeps its own target.
#[test]
fn a_bridged_record_is_told_from_an_event() {
    async fn ship(_: Context, _: u32) -> Result<(), WorkflowError> {
        tracing::info!(
            target: "log",
            { log.target = "shop::bridge", log.line = 7 },
            "over the bridge"
        );
        let outer = span!(Level::INFO, "outer", left = tracing::field::Empty).entered();
        outer.record("left", 2);
        let inner = span!(parent: None, Level::INFO, "inner");
        tracing::info!(target: "shop", "in one");
        inner.in_scope(|| tracing::info!(target: "shop", "in both"));
        tracing::info!(target: "shop", parent: &inner, "in its own");
        tracing::info!(target: "shop", parent: None, "in none");
        drop(outer);
        tracing::info!(target: "shop", "outside");
        Ok(())
    }
    let scenario = scenario("ship").workflow(SHIP, ship).client(|world| {
        world.start(SHIP, "order-7", 7);
    });
    let scenario = scenario.check(check::status_in([rehearsal::Status::Failed]));
    insta::assert_snapshot!(logged(&scenario.try_run(&Tape::calm()).unwrap_err()));
}

/// A run inside of a run, as a client script may make one: the outer one is heard on.
#[test]
fn a_run_inside_of_a_run_is_silent() {
    static INNER: Mutex<Option<Scenario>> = Mutex::new(None);
    *INNER.lock().unwrap() = Some(scenario("inner").check(check::ends_within(millis(1))));
    let outer = scenario("outer").check(check::ends_within(millis(1))).client(|world| {
        let inner = INNER.lock().unwrap().clone().unwrap();
        assert_eq!(inner.try_run(&Tape::calm()).unwrap_err().logs().len(), 6);
        tracing::info!(target: "shop::client", "outer");
        world.start(SHIP, "order-7", 7);
    });
    let failure = outer.try_run(&Tape::calm()).unwrap_err();
    assert_eq!(failure.logs()[0].message, "outer");
    assert_eq!(failure.logs().len(), 6);
}
