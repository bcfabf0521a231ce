//! A booking: something is reserved and paid for, and all of it is undone if it does not come about.

use rehearsal::{
    Activity, Code, Context, Scenario, Status, Stub, Workflow, WorkflowError, check, mins, secs,
};

use super::{Bug, Needs, Twin, careful, end_of, going_on, once};

const BOOK: Workflow<String, ()> = Workflow::new("Book");
const RESERVE: Activity<String, ()> = Activity::new("Reserve");
const RELEASE: Activity<String, ()> = Activity::new("Release");
const CHARGE: Activity<String, ()> = Activity::new("Charge");
const REFUND: Activity<String, ()> = Activity::new("Refund");

const TWIN: Twin = Twin { name: "booking", scenario: twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "`?` before the compensation is registered",
        scenario: || base().workflow(BOOK, registers_late),
        twin: TWIN,
        code: Code::CompensationMissing,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "cancel during the compensation",
        scenario: || base().workflow(BOOK, undoes_as_it_is),
        twin: TWIN,
        code: Code::CompensationMissing,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "compensation that is tried once",
        scenario: || base().workflow(BOOK, undoes_perhaps),
        twin: TWIN,
        code: Code::CompensationMissing,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "compensation twice, as the step completed although it was canceled",
        scenario: || base().workflow(BOOK, undoes_twice),
        twin: TWIN,
        code: Code::CompensationUncalled,
        needs: Needs::One,
        known: None,
    },
];

/// The booking as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(BOOK, book)
}

fn base() -> Scenario {
    Scenario::new("finds-booking")
        .stub(RESERVE, Stub::returns(()).after(secs(1)))
        .stub(RELEASE, Stub::returns(()).after(secs(1)))
        .stub(CHARGE, Stub::returns(()).after(secs(1)))
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(BOOK, "booking-7", "a room".to_owned());
        })
        .check(check::compensated_exactly_once(RESERVE, RELEASE))
        .check(check::compensated_exactly_once(CHARGE, REFUND))
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Completed, Status::Canceled, Status::Failed]))
}

/// What is to be undone, the last first.
type Undo = Vec<Activity<String, ()>>;

async fn book(ctx: Context, room: String) -> Result<(), WorkflowError> {
    booked(ctx, room, Context::disconnected).await
}

/// Books, and undoes on `of_undo` what was begun if it does not come about.
async fn booked(
    ctx: Context,
    room: String,
    of_undo: fn(&Context) -> Context,
) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let mut undo = Undo::new();
    let booked = steps(&ctx, &room, &mut undo).await;
    if booked.is_err() {
        undone(&of_undo(&ctx), &room, undo).await?;
    }
    end_of(&ctx, booked)
}

/// Each step is registered before it begins.
async fn steps(ctx: &Context, room: &str, undo: &mut Undo) -> Result<(), WorkflowError> {
    going_on(ctx)?;
    undo.push(RELEASE);
    ctx.execute(RESERVE, room.to_owned()).await?;
    paid(ctx, room, undo).await
}

/// Nobody is charged twice because a word was lost: there is one attempt.
async fn paid(ctx: &Context, room: &str, undo: &mut Undo) -> Result<(), WorkflowError> {
    going_on(ctx)?;
    undo.push(REFUND);
    let once = ctx.with_activity_options(once());
    once.execute(CHARGE, room.to_owned()).await?;
    going_on(ctx)
}

async fn undone(ctx: &Context, room: &str, mut undo: Undo) -> Result<(), WorkflowError> {
    while let Some(step) = undo.pop() {
        ctx.execute(step, room.to_owned()).await?;
    }
    Ok(())
}

/// A step that is given up when it was done, since nobody heard of it, is not undone.
async fn registers_late(ctx: Context, room: String) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let mut undo = Undo::new();
    let booked = async {
        going_on(&ctx)?;
        ctx.execute(RESERVE, room.clone()).await?;
        undo.push(RELEASE);
        paid(&ctx, &room, &mut undo).await
    };
    let booked = booked.await;
    if booked.is_err() {
        undone(&ctx.disconnected(), &room, undo).await?;
    }
    end_of(&ctx, booked)
}

/// Takes a context that is disconnected only if it is canceled by then.
async fn undoes_as_it_is(ctx: Context, room: String) -> Result<(), WorkflowError> {
    let of_undo = |ctx: &Context| if ctx.is_canceled() { ctx.disconnected() } else { ctx.clone() };
    booked(ctx, room, of_undo).await
}

async fn undoes_perhaps(ctx: Context, room: String) -> Result<(), WorkflowError> {
    booked(ctx, room, |ctx| ctx.disconnected().with_activity_options(once())).await
}

/// The reservation is released where it is seen that it was made too late, and once more with all others.
async fn undoes_twice(ctx: Context, room: String) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let mut undo = Undo::new();
    let booked = async {
        going_on(&ctx)?;
        undo.push(RELEASE);
        ctx.execute(RESERVE, room.clone()).await?;
        if ctx.is_canceled() {
            ctx.disconnected().execute(RELEASE, room.clone()).await?;
        }
        paid(&ctx, &room, &mut undo).await
    };
    let booked = booked.await;
    if booked.is_err() {
        undone(&ctx.disconnected(), &room, undo).await?;
    }
    end_of(&ctx, booked)
}
