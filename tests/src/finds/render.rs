//! A film: one activity makes its frames, tells how far it is, and goes on there when it is tried again.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Outcome, Payloads,
    Scenario, Status, Workflow, WorkflowError, check, mins, secs,
};

use super::{Bug, Needs, Twin, end_of, going_on};

const FILM: Workflow<(), u32> = Workflow::new("Film");
const FRAMES: Activity<(), u32> = Activity::new("Frames");

/// How many frames a film has.
const LENGTH: u32 = 24;

/// How long one frame takes.
const FRAME: Duration = secs(10);

/// How many frames are made, and what they cost.
type Progress = (u32, u32);

const TWIN: Twin = Twin { name: "film", scenario: twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "heartbeat details of an earlier attempt ignored",
        scenario: || base().workflow(FILM, film).activity(FRAMES, begins_anew),
        twin: TWIN,
        code: Code::EndsTooLate,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "heartbeat details off by one",
        scenario: || base().workflow(FILM, film).activity(FRAMES, tells_too_early),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "heartbeat details reset by the next attempt",
        scenario: || base().workflow(FILM, film).activity(FRAMES, says_hello),
        twin: TWIN,
        code: Code::EndsTooLate,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "activity that never learns of the cancel",
        scenario: || whenever().workflow(FILM, film_in_silence).activity(FRAMES, silent),
        twin: TWIN,
        code: Code::CancelOverLate,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "activity that goes on where it was, deaf to its cancel",
        scenario: || base().workflow(FILM, film).activity(FRAMES, deaf_the_second_time),
        twin: TWIN,
        code: Code::ActivityOutlivesClose,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "partial result taken for a whole one",
        scenario: || base().workflow(FILM, whatever_there_is).activity(FRAMES, part_of_it),
        twin: TWIN,
        code: Code::CanceledCompleted,
        needs: Needs::One,
        known: None,
    },
];

/// The film as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(FILM, film).activity(FRAMES, frames)
}

fn base() -> Scenario {
    whenever().check(check::ends_within(mins(8)))
}

/// However long it takes.
fn whenever() -> Scenario {
    Scenario::new("finds-film")
        .client(|world| {
            world.start(FILM, "film-7", ());
        })
        .check(check::canceled_must_not_complete())
        .check(check::cancel_is_over_within(mins(2)))
        .check(check::no_activity_outlives_close())
        .check(check::always("all frames are paid for", paid_for))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

async fn film(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(options());
    let cost = end_of(&ctx, ctx.execute(FRAMES, ()).await)?;
    going_on(&ctx)?;
    Ok(cost)
}

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(30)).with_heartbeat(secs(30)).with_wait_for_cancellation()
}

/// What a frame costs.
const fn cost(frame: u32) -> u32 {
    10 + frame
}

/// A film that was made costs what its frames cost.
fn paid_for(outcome: &Outcome) -> Result<(), String> {
    let Some(main) = outcome.main().filter(|main| main.status == Status::Completed) else {
        return Ok(());
    };
    let paid: u32 = Payloads::decode(main.result()).map_err(|error| error.to_string())?;
    let all: u32 = (0..LENGTH).map(cost).sum();
    if paid == all {
        return Ok(());
    }
    Err(format!("the frames cost {all}, and {paid} is paid"))
}

async fn frames(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    let progress = ctx.heartbeat_details().unwrap_or((0, 0));
    rest(&ctx, progress).await
}

/// Makes what is left, and tells of each frame when it is made.
async fn rest(ctx: &ActivityContext, (made, mut sum): Progress) -> Result<u32, ActivityError> {
    for frame in made..LENGTH {
        if ctx.sleep_or_canceled(FRAME).await {
            return Err(ActivityError::canceled());
        }
        sum += cost(frame);
        ctx.heartbeat((frame + 1, sum));
    }
    Ok(sum)
}

async fn begins_anew(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    rest(&ctx, (0, 0)).await
}

/// Tells of a frame when it is begun.
async fn tells_too_early(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    let (made, mut sum): Progress = ctx.heartbeat_details().unwrap_or((0, 0));
    for frame in made..LENGTH {
        ctx.heartbeat((frame + 1, sum));
        if ctx.sleep_or_canceled(FRAME).await {
            return Err(ActivityError::canceled());
        }
        sum += cost(frame);
    }
    Ok(sum)
}

/// Its first heartbeat says that it is there, and that nothing is made.
async fn says_hello(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    let progress = ctx.heartbeat_details().unwrap_or((0, 0));
    ctx.heartbeat((0, 0));
    rest(&ctx, progress).await
}

/// Looks whether it is canceled, and never learns of it: its worker is told in answer to a heartbeat.
async fn silent(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    let mut sum = 0;
    for frame in 0..LENGTH {
        if ctx.sleep_or_canceled(FRAME).await {
            return Err(ActivityError::canceled());
        }
        sum += cost(frame);
    }
    Ok(sum)
}

async fn film_in_silence(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(5)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let cost = end_of(&ctx, ctx.execute(FRAMES, ()).await)?;
    going_on(&ctx)?;
    Ok(cost)
}

async fn rest_without_looking(
    ctx: &ActivityContext,
    (made, mut sum): Progress,
) -> Result<u32, ActivityError> {
    for frame in made..LENGTH {
        ctx.sleep(FRAME).await;
        sum += cost(frame);
        ctx.heartbeat((frame + 1, sum));
    }
    Ok(sum)
}

/// Has two loops, one for each way to begin.
async fn deaf_the_second_time(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    match ctx.heartbeat_details() {
        Some(progress) => rest_without_looking(&ctx, progress).await,
        None => rest(&ctx, (0, 0)).await,
    }
}

/// Answers its cancel with the sum so far.
async fn part_of_it(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    let (made, mut sum): Progress = ctx.heartbeat_details().unwrap_or((0, 0));
    for frame in made..LENGTH {
        if ctx.sleep_or_canceled(FRAME).await {
            break;
        }
        sum += cost(frame);
        ctx.heartbeat((frame + 1, sum));
    }
    Ok(sum)
}

async fn whatever_there_is(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(options());
    end_of(&ctx, ctx.execute(FRAMES, ()).await)
}
