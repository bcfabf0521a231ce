//! The worlds that are played: many executions, many activities at a time, many events in a run.

#![expect(clippy::disallowed_types, reason = "the real clock is what this program is for")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Handle, Limits, Scenario,
    Tape, Workflow, WorkflowError, World, millis, mins, secs,
};
use rehearsal_history::Event;

/// Executions of one size are as many as this, in as many worlds as that takes, so that all sizes do the same.
const IN_ALL: usize = 10_000;

/// The same for a profiler.
const BARE: usize = 1_000;

/// A world to play, and how often.
pub(crate) struct Size {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// What it is called on the command line.
    pub(crate) word: &'static str,
    /// The size that it is compared with.
    pub(crate) base: &'static str,
    /// How many executions there are in a world.
    pub(crate) executions: usize,
    /// How many worlds are played.
    worlds: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Two activities, a timer, a child, a cancel at a random moment.
    Orders,
    /// The same, an order a second; what is closed is deleted soon.
    Passing,
    /// So many activities at a time.
    Parallel(u64),
    /// So many rounds of an activity and a timer.
    Rounds(u64),
}

/// What a size took.
pub(crate) struct Played {
    /// For each event of a history, in picoseconds.
    pub(crate) picos: u64,
    /// For each order that is open, with all that the world keeps of it and its child; of orders that pass, for each that has
    /// passed.
    pub(crate) bytes: u64,
}

const fn orders(name: &'static str, word: &'static str, executions: usize) -> Size {
    let worlds = IN_ALL / executions;
    Size { name, word, base: "10", executions, worlds, kind: Kind::Orders }
}

const fn passing(name: &'static str, word: &'static str, executions: usize) -> Size {
    let worlds = IN_ALL / executions;
    Size { name, word, base: "s1000", executions, worlds, kind: Kind::Passing }
}

const fn one(
    name: &'static str,
    word: &'static str,
    base: &'static str,
    worlds: usize,
    kind: Kind,
) -> Size {
    Size { name, word, base, executions: 1, worlds, kind }
}

/// All sizes.
pub(crate) const SIZES: [Size; 10] = [
    orders("10 executions in a world", "10", 10),
    orders("100 executions in a world", "100", 100),
    orders("1,000 executions in a world", "1000", 1_000),
    orders("10,000 executions in a world", "10000", 10_000),
    passing("1,000 executions, one a second", "s1000", 1_000),
    passing("10,000 executions, one a second", "s10000", 10_000),
    one("100 activities at a time", "p100", "p100", 57, Kind::Parallel(100)),
    one("1,900 activities at a time", "p1900", "p100", 3, Kind::Parallel(1_900)),
    one("500 events in a run", "e500", "e500", 200, Kind::Rounds(45)),
    one("50,000 events in a run", "e50000", "e500", 2, Kind::Rounds(4_540)),
];

const ORDER: Workflow<u64, ()> = Workflow::new("Order");
const BILL: Workflow<u64, ()> = Workflow::new("Bill");
const FAN_OUT: Workflow<u64, ()> = Workflow::new("FanOut");
const ROUNDS: Workflow<u64, ()> = Workflow::new("Rounds");
const PACK: Activity<u64, u64> = Activity::new("Pack");
const SHIP: Activity<u64, u64> = Activity::new("Ship");

async fn order(ctx: Context, number: u64) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)));
    let bill = ctx.execute_child(BILL, number);
    ctx.execute(PACK, number).await?;
    ctx.sleep(secs(60)).await?;
    ctx.execute(SHIP, number).await?;
    bill.await
}

async fn bill(ctx: Context, number: u64) -> Result<(), WorkflowError> {
    ctx.sleep(millis(30_000 + scattered(number) % 30_000)).await
}

async fn fan_out(ctx: Context, width: u64) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)));
    let packed: Vec<_> = (0..width).map(|number| ctx.execute(PACK, number)).collect();
    for packed in packed {
        packed.await?;
    }
    Ok(())
}

async fn rounds(ctx: Context, count: u64) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)));
    for number in 0..count {
        ctx.execute(PACK, number).await?;
        ctx.sleep(secs(1)).await?;
    }
    Ok(())
}

/// Takes some time between 5 s and 35 s, another for each number.
async fn work(ctx: ActivityContext, number: u64) -> Result<u64, ActivityError> {
    ctx.sleep(millis(5_000 + scattered(number) % 30_000)).await;
    Ok(number)
}

/// A number that looks as if it had nothing to do with `number`.
const fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}

fn scenario(size: &Size) -> Scenario {
    let scenario = Scenario::new("many")
        .workflow(ORDER, order)
        .workflow(BILL, bill)
        .workflow(FAN_OUT, fan_out)
        .workflow(ROUNDS, rounds)
        .activity(PACK, work)
        .activity(SHIP, work)
        .limits(Limits { steps: u64::MAX, ..Limits::default() });
    if matches!(size.kind, Kind::Passing) { scenario.retention(secs(10)) } else { scenario }
}

/// Starts all executions of a world.
fn start(world: &mut World, size: &Size) -> Vec<Handle> {
    match size.kind {
        Kind::Orders => {
            let start = |number| world.start(ORDER, &format!("order-{number}"), number as u64);
            (0..size.executions).map(start).collect()
        }
        Kind::Passing => Vec::new(),
        Kind::Parallel(width) => vec![world.start(FAN_OUT, "fan-out", width)],
        Kind::Rounds(count) => vec![world.start(ROUNDS, "rounds", count)],
    }
}

/// Cancels each order at a moment of its own within two minutes, and waits for all that was started.
fn go_on(world: &mut World, size: &Size, started: &[Handle]) {
    if matches!(size.kind, Kind::Passing) {
        return pass(world, size.executions);
    }
    if matches!(size.kind, Kind::Orders) {
        let moment = |number: usize| millis(scattered(!(number as u64)) % 120_000);
        let mut cancels: Vec<(Duration, &Handle)> =
            started.iter().enumerate().map(|(number, order)| (moment(number), order)).collect();
        cancels.sort_by_key(|(at, _)| *at);
        for (at, order) in cancels {
            world.advance(at.saturating_sub(world.elapsed()));
            world.cancel(order).expect("a cancel of a workflow that is there is accepted");
        }
    }
    for started in started {
        world.wait(started);
    }
}

/// Starts an order a second, cancels each at a moment of its own, and goes on to the end of the last one.
fn pass(world: &mut World, orders: usize) {
    let mut cancels: BTreeSet<(Duration, usize)> = BTreeSet::new();
    for number in 0..orders {
        while let Some(&(at, order)) = cancels.first() {
            if at > world.elapsed() + secs(1) {
                break;
            }
            cancels.pop_first();
            world.advance(at.saturating_sub(world.elapsed()));
            // It may be closed, and deleted.
            let _ = world.cancel_workflow(&format!("order-{order}"), None, "");
        }
        world.advance(secs(number as u64).saturating_sub(world.elapsed()));
        world.start(ORDER, &format!("order-{number}"), number as u64);
        let moment = millis(scattered(!(number as u64)) % 120_000);
        cancels.insert((world.elapsed() + moment, number));
    }
    world.advance(mins(10));
}

/// Plays all worlds of a size.
pub(crate) fn play(size: &Size) -> Played {
    let scenario = scenario(size);
    let bytes = bytes_of_one(&scenario, size);
    let began = CpuTime::now();
    let events = play_worlds(&scenario, size, size.worlds);
    let picos = began.elapsed().saturating_mul(1_000) / events.max(1);
    Played { picos, bytes }
}

/// Plays a size and nothing else, for a profiler, under which all is slow: worlds with a thousand executions in all, or one
/// world. Returns how many events there were.
pub(crate) fn play_bare(size: &Size) -> u64 {
    let worlds = (BARE / size.executions).max(1);
    play_worlds(&scenario(size), size, worlds.min(size.worlds))
}

/// Plays so many worlds. Returns how many events there were.
fn play_worlds(scenario: &Scenario, size: &Size, worlds: usize) -> u64 {
    let mut events = 0;
    for _ in 0..worlds {
        let mut world = scenario.world();
        let started = start(&mut world, size);
        go_on(&mut world, size, &started);
        let outcome = world.finish();
        assert_eq!(outcome.findings, [], "nothing is found in these worlds");
        events += outcome.executions.iter().map(|run| run.history.len() as u64).sum::<u64>();
        events += outcome.record.forgotten.events;
    }
    events
}

/// The histories of an order and of its child.
pub(crate) fn histories_of_one() -> Vec<Vec<Arc<Event>>> {
    let size = &SIZES[0];
    let mut world = scenario(size).world();
    let order = world.start(ORDER, "order", 0);
    world.wait(&order);
    world.finish().executions.into_iter().map(|run| run.history).collect()
}

/// What one open execution takes, while all of a size are open at the same time: each has its first activity running.
fn bytes_of_one(scenario: &Scenario, size: &Size) -> u64 {
    if size.executions == 1 {
        return 0;
    }
    if matches!(size.kind, Kind::Passing) {
        // A tenth of them fills the world.
        let mut world = scenario.world();
        pass(&mut world, size.executions / 10);
        let before = resident();
        let mut more = scenario.world();
        pass(&mut more, size.executions);
        return resident().saturating_sub(before) / size.executions as u64;
    }
    let before = resident();
    let worlds: Vec<World> = (0..size.worlds)
        .map(|_| {
            let mut world = scenario.world();
            start(&mut world, size);
            world.advance(secs(4));
            world
        })
        .collect();
    let bytes = resident().saturating_sub(before) / (size.worlds * size.executions) as u64;
    drop(worlds);
    bytes
}

/// When something began, by the time that this thread was given by a processor: on a busy machine the clock on the wall
/// says little. Where Linux does not tell that, it is the clock on the wall.
pub(crate) struct CpuTime {
    given: Option<u64>,
    wall: Instant,
}

impl CpuTime {
    pub(crate) fn now() -> Self {
        Self { given: Self::given(), wall: Instant::now() }
    }

    /// In nanoseconds.
    pub(crate) fn elapsed(&self) -> u64 {
        match (self.given, Self::given()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => u64::try_from(self.wall.elapsed().as_nanos()).unwrap_or(u64::MAX),
        }
    }

    fn given() -> Option<u64> {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        told.split(' ').next()?.parse().ok()
    }
}

/// The memory that this process has, where Linux tells it; else 0.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(PAGE)
}

/// Runs a world with all that is checked in a run. Returns how many executions and events there are, with those
/// of runs that were deleted.
pub(crate) fn check(size: &'static Size) -> Result<(u64, u64), String> {
    let scenario = scenario(size).client(|world| {
        let started = start(world, size);
        go_on(world, size, &started);
    });
    let outcome = scenario.try_run(&Tape::calm()).map_err(|failure| failure.to_string())?;
    let forgotten = &outcome.record.forgotten;
    let events = outcome.executions.iter().map(|run| run.history.len() as u64).sum::<u64>();
    let executions = outcome.executions.len() as u64 + forgotten.executions.values().sum::<u64>();
    Ok((executions, events + forgotten.events))
}
