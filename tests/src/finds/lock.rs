//! A copy: a disk is locked, written to, and unlocked, whatever comes of it.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, Code, Context, Scenario, Status, Stub, Workflow,
    WorkflowError, check, mins, secs,
};

use super::{Bug, Needs, Twin, careful, careful_options, end_of, once};

const COPY: Workflow<(), ()> = Workflow::new("Copy");
const LOCK: Activity<(), ()> = Activity::new("Lock");
const WRITE: Activity<(), ()> = Activity::new("Write");
const UNLOCK: Activity<(), ()> = Activity::new("Unlock");

const IN_TIME: Twin = Twin { name: "copy that may time out", scenario: twin_in_time };
const PATIENT: Twin = Twin { name: "copy that is waited for", scenario: patient_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "resource freed while a timed-out attempt still writes",
        scenario: || base().workflow(COPY, in_time).activity(WRITE, writes_on),
        twin: IN_TIME,
        code: Code::OrderBroken,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "grace that is shorter than a slow activity",
        scenario: || base().workflow(COPY, gives_it_six_seconds).activity(WRITE, writes_on),
        twin: PATIENT,
        code: Code::OrderBroken,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "cleanup that must begin at once",
        scenario: || base().workflow(COPY, unlocks_in_a_hurry).activity(WRITE, writes_on),
        twin: PATIENT,
        code: Code::NotFollowed,
        needs: Needs::More,
        known: None,
    },
];

/// The copy as it should be; what is written stops when its time is over.
#[must_use]
pub fn twin_in_time() -> Scenario {
    base().workflow(COPY, in_time).activity(WRITE, writes)
}

/// The copy as it should be; what is written has time.
#[must_use]
pub fn patient_twin() -> Scenario {
    base().workflow(COPY, patient).activity(WRITE, writes_on)
}

fn base() -> Scenario {
    Scenario::new("finds-copy")
        .stub(LOCK, Stub::returns(()).after(secs(1)))
        .stub(UNLOCK, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(COPY, "copy-7", ());
        })
        .check(check::over_before(WRITE, UNLOCK))
        .check(check::finally(LOCK, UNLOCK))
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Completed, Status::Canceled, Status::Failed]))
}

/// There is one attempt to write: what is half written must be looked at by somebody.
fn writing(ctx: &Context, limit: Duration) -> Context {
    ctx.with_activity_options(once().with_start_to_close(limit))
}

/// Locks and writes.
async fn written(ctx: &Context, of_write: &Context) -> Result<(), WorkflowError> {
    ctx.execute(LOCK, ()).await?;
    of_write.execute(WRITE, ()).await
}

async fn copied(ctx: &Context, limit: Duration) -> Result<(), WorkflowError> {
    let ctx = careful(ctx);
    let written = written(&ctx, &writing(&ctx, limit)).await;
    ctx.disconnected().execute(UNLOCK, ()).await?;
    end_of(&ctx, written)
}

async fn in_time(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    copied(&ctx, secs(10)).await
}

async fn patient(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    copied(&ctx, mins(1)).await
}

/// Writes six blocks, and stops when its time is over.
async fn writes(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    for _block in 0..6 {
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(())
}

/// Writes six blocks.
async fn writes_on(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ctx.sleep(secs(6)).await;
    Ok(())
}

/// Does not wait for what it canceled, but for as long as that takes, as a rule.
async fn gives_it_six_seconds(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let mut of_write = once().with_start_to_close(mins(1));
    of_write.wait_for_cancellation = false;
    let written = written(&ctx, &ctx.with_activity_options(of_write)).await;
    if ctx.is_canceled() {
        ctx.disconnected().sleep(secs(6)).await?;
    }
    ctx.disconnected().execute(UNLOCK, ()).await?;
    end_of(&ctx, written)
}

/// Whoever cancels does not want to wait: if no worker is there at once, nothing is unlocked.
async fn unlocks_in_a_hurry(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let written = written(&ctx, &writing(&ctx, mins(1))).await;
    let options = if ctx.is_canceled() {
        careful_options().with_schedule_to_start(secs(5))
    } else {
        careful_options()
    };
    ctx.disconnected().with_activity_options(options).execute(UNLOCK, ()).await?;
    end_of(&ctx, written)
}
