//! Peers: workflows that tell each other how far they are.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, EventKind, Execution,
    LocalActivityOptions, Outcome, Scenario, Signal, Stub, Workflow, WorkflowError, check, hours,
    join_all, mins, secs, select,
};

use super::{Bug, Needs, Twin, careful, end_of};

const SIDE: Workflow<String, ()> = Workflow::new("Side");
const PREPARE: Activity<(), ()> = Activity::new("Prepare");
const PREPARING: Signal<()> = Signal::new("preparing");
const READY: Signal<()> = Signal::new("ready");

const REPORT: Workflow<(), ()> = Workflow::new("Report");
const AUDIT: Workflow<(), ()> = Workflow::new("Audit");
const NOTE: Signal<String> = Signal::new("note");

const FLAT: Workflow<(), ()> = Workflow::new("Flat");
const ROOM: Activity<u32, ()> = Activity::new("Room");
const CLEAN: Activity<(), ()> = Activity::new("Clean");

/// How many rooms a flat has.
const ROOMS: u32 = 8;

const SIDES: Twin = Twin { name: "two sides that make room for each other", scenario: sides_twin };
const REPORTED: Twin = Twin { name: "report that is audited", scenario: report_twin };
const FLATS: Twin = Twin { name: "flat that is cleaned", scenario: flat_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "two workflows that wait for each other",
        scenario: || sides().workflow(SIDE, waits_if_the_other_prepares),
        twin: SIDES,
        code: Code::Hang,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "close with a pending external signal",
        scenario: || reports().workflow(REPORT, tells_in_passing),
        twin: REPORTED,
        code: Code::WorkLost,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "`UnhandledCommand` loop",
        scenario: || flats().workflow(FLAT, cleans_while_it_closes),
        twin: FLATS,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
];

/// The two sides as they should be.
#[must_use]
pub fn sides_twin() -> Scenario {
    sides().workflow(SIDE, the_second_waits)
}

/// The report as it should be.
#[must_use]
pub fn report_twin() -> Scenario {
    reports().workflow(REPORT, tells_and_waits)
}

/// The flat as it should be.
#[must_use]
pub fn flat_twin() -> Scenario {
    flats().workflow(FLAT, cleans_and_closes)
}

/// The second side comes when the first has prepared, as a rule.
fn sides() -> Scenario {
    Scenario::new("finds-sides")
        .stub(PREPARE, Stub::returns(()).after(secs(2)))
        .client(|world| {
            world.start(SIDE, "left", "right".to_owned());
            world.advance(secs(4));
            world.start(SIDE, "right", "left".to_owned());
        })
        .check(check::ends_within(hours(1)))
}

/// Prepares; then goes on, or waits until the other side is ready, as `waits` says of a side that has heard from the other.
async fn side(
    ctx: &Context,
    other: String,
    waits: impl Fn(&str) -> bool,
) -> Result<(), WorkflowError> {
    let ctx = careful(ctx);
    let (preparing, ready) = (ctx.signals(PREPARING), ctx.signals(READY));
    // Refused where the other side is not there yet, or not any more.
    let there = ctx.signal_external(other.clone(), PREPARING, ()).await.is_ok();
    let prepared = ctx.execute(PREPARE, ()).await;
    if prepared.is_ok() && there && preparing.try_recv().is_some() && waits(&other) {
        select(ready.recv(), ctx.done()).await;
    }
    let _told = ctx.signal_external(other, READY, ()).await;
    end_of(&ctx, prepared)
}

async fn the_second_waits(ctx: Context, other: String) -> Result<(), WorkflowError> {
    side(&ctx, other, |other| other == "left").await
}

/// Each side lets the other one go first.
async fn waits_if_the_other_prepares(ctx: Context, other: String) -> Result<(), WorkflowError> {
    side(&ctx, other, |_| true).await
}

fn reports() -> Scenario {
    Scenario::new("finds-report")
        .workflow(AUDIT, audit)
        .client(|world| {
            world.start(AUDIT, "audit", ());
            world.start(REPORT, "report-7", ());
        })
        .check(check::recommended())
}

/// Takes notes for a day.
async fn audit(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let notes = ctx.signals(NOTE);
    let day = ctx.sleep(hours(24)).await;
    while notes.try_recv().is_some() {}
    day
}

async fn tells_and_waits(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let written = ctx.sleep(hours(1)).await;
    let how = if written.is_ok() { "written" } else { "given up" };
    // There may be no audit any more.
    let _told = ctx.signal_external("audit", NOTE, how.to_owned()).await;
    written
}

/// A report that is given up does not wait for anything.
async fn tells_in_passing(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let written = ctx.sleep(hours(1)).await;
    let how = if written.is_ok() { "written" } else { "given up" };
    let told = ctx.signal_external("audit", NOTE, how.to_owned());
    if written.is_ok() {
        let _told = told.await;
    }
    written
}

fn flats() -> Scenario {
    Scenario::new("finds-flat")
        .activity(ROOM, paint)
        .stub(CLEAN, Stub::returns(()).after(secs(2)))
        .client(|world| {
            world.start(FLAT, "flat-7", ());
        })
        .check(check::always("it closes when it asks to", |outcome: &Outcome| {
            match outcome.main().map_or(0, refused) {
                0..=2 => Ok(()),
                times => Err(format!("it was refused {times} times")),
            }
        }))
        .check(check::ends_within(mins(10)))
}

/// How often the server refused what a workflow task asked for, since there was news (W-12).
fn refused(flat: &Execution) -> usize {
    let failed = |kind: &EventKind| matches!(kind, EventKind::WorkflowTaskFailed(_));
    flat.history.iter().filter(|event| failed(&event.kind)).count()
}

/// Each room takes longer than the one before.
async fn paint(ctx: ActivityContext, room: u32) -> Result<(), ActivityError> {
    ctx.sleep(secs(2) * room).await;
    Ok(())
}

/// All rooms at once.
async fn painted(ctx: &Context) -> Result<(), WorkflowError> {
    let rooms = (1..=ROOMS).map(|room| ctx.execute(ROOM, room));
    join_all(rooms).await.into_iter().collect()
}

/// What is canceled is waited for, so that nothing comes in between.
async fn cleans_and_closes(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(
        ActivityOptions::start_to_close(mins(1)).with_wait_for_cancellation(),
    );
    let painted = painted(&ctx).await;
    if painted.is_err() {
        ctx.disconnected().execute(CLEAN, ()).await?;
    }
    end_of(&ctx, painted)
}

/// Cleans in the task in which it closes. A room that is finished meanwhile keeps it from closing, and it cleans once more.
async fn cleans_while_it_closes(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let painting = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    let painted = painted(&painting).await;
    if painted.is_err() {
        let options = LocalActivityOptions::start_to_close(secs(5));
        let ctx = ctx.disconnected().with_local_activity_options(options);
        ctx.execute_local(CLEAN, ()).await?;
    }
    end_of(&ctx, painted)
}
