//! A payment: a customer is charged, the parcel is on its way for an hour, and until then the money can go back.

use std::collections::BTreeSet;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, Code, Context, LocalActivityOptions, Outcome,
    Scenario, Status, Workflow, WorkflowError, check, hours, mins, secs,
};

use super::{Bug, Needs, Twin, attempts, careful, careful_options, end_of, result_of, was_done};

const PAY: Workflow<(), ()> = Workflow::new("Pay");
const CHARGE: Activity<(), String> = Activity::new("Charge");
const REFUND: Activity<(), String> = Activity::new("Refund");
const VOID: Activity<(), String> = Activity::new("VoidCharge");
const CHARGE_ELSEWHERE: Activity<(), String> = Activity::new("ChargeElsewhere");

const TWIN: Twin = Twin { name: "payment", scenario: twin };
const WITH_FALLBACK: Twin = Twin { name: "payment with two banks", scenario: fallback_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "charge that is not idempotent, tried again after a lost completion",
        scenario: || one_bank().workflow(PAY, pay).activity(CHARGE, each_time),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "refund that is not idempotent",
        scenario: || one_bank().workflow(PAY, pay).activity(REFUND, each_time),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "refund inside of a workflow task that is lost",
        scenario: || base().workflow(PAY, refunds_locally).activity(REFUND, each_time),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "cancel plus a worker's death closes as Failed",
        scenario: || one_bank().workflow(PAY, fails_when_canceled),
        twin: TWIN,
        code: Code::WrongStatus,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "cleanup only for a canceled error",
        scenario: || one_bank().workflow(PAY, refunds_if_told),
        twin: TWIN,
        code: Code::CleanupMissing,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "time-outs that never fit the retry policy",
        scenario: || one_bank().workflow(PAY, leaves_no_time),
        twin: TWIN,
        code: Code::WrongStatus,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "time for one retry of the five that are asked for",
        scenario: || one_bank().workflow(PAY, leaves_time_for_one),
        twin: TWIN,
        code: Code::WrongStatus,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "fallback although the first bank has charged",
        scenario: || two_banks().workflow(PAY, charges_elsewhere),
        twin: WITH_FALLBACK,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
];

/// The payment as it should be.
#[must_use]
pub fn twin() -> Scenario {
    one_bank().workflow(PAY, pay)
}

/// The payment with a second bank as it should be.
#[must_use]
pub fn fallback_twin() -> Scenario {
    two_banks().workflow(PAY, one_of_two)
}

fn base() -> Scenario {
    Scenario::new("finds-payment")
        .activity(CHARGE, keyed)
        .activity(REFUND, keyed)
        .client(|world| {
            world.start(PAY, "payment-7", ());
        })
        .check(check::always("money is taken once, and goes back once", once_each))
        .check(check::ends_within(hours(2)))
}

fn one_bank() -> Scenario {
    base()
        .check(check::status_in([Status::Completed, Status::Canceled]))
        .check(check::cleanup_iff_canceled(REFUND))
}

fn two_banks() -> Scenario {
    base()
        .activity(VOID, keyed)
        .activity(CHARGE_ELSEWHERE, keyed)
        .check(check::always("one bank charges", one_bank_charges))
}

/// Under one key the bank does the same once, however often it is asked.
async fn keyed(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    ctx.sleep(secs(1)).await;
    Ok(format!("{}/{}", ctx.info().run_id, ctx.info().activity_id))
}

/// The key has the time in it.
async fn each_time(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    ctx.sleep(secs(1)).await;
    Ok(format!("{}/{:?}", ctx.info().run_id, ctx.now()))
}

fn once_each(outcome: &Outcome) -> Result<(), String> {
    for activity in [CHARGE, REFUND] {
        let name = activity.name();
        let keys: BTreeSet<String> = outcome.calls_named(name).filter_map(result_of).collect();
        if keys.len() > 1 {
            return Err(format!("{name} went through under {} keys", keys.len()));
        }
    }
    Ok(())
}

fn one_bank_charges(outcome: &Outcome) -> Result<(), String> {
    let [charged, voided] =
        [outcome.calls(CHARGE).any(was_done), outcome.calls(VOID).any(was_done)];
    let elsewhere = outcome.calls(CHARGE_ELSEWHERE).any(was_done);
    if charged && elsewhere && !voided { Err("both banks have charged".to_owned()) } else { Ok(()) }
}

/// The options of a charge: all its attempts together have `patience`.
fn charging(ctx: &Context, patience: Duration) -> Context {
    ctx.with_activity_options(careful_options().with_schedule_to_close(patience))
}

async fn pay(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    paid(&ctx, mins(10)).await
}

/// Whatever has kept the payment from coming about, the money goes back.
async fn paid(ctx: &Context, patience: Duration) -> Result<(), WorkflowError> {
    let ctx = charging(ctx, patience);
    let paid = shipped(&ctx).await;
    if paid.is_err() {
        careful(&ctx.disconnected()).execute(REFUND, ()).await?;
    }
    end_of(&ctx, paid)
}

async fn shipped(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.execute(CHARGE, ()).await?;
    ctx.sleep(hours(1)).await
}

async fn refunds_locally(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = charging(&ctx, mins(10));
    let paid = shipped(&ctx).await;
    if paid.is_err() {
        let options = LocalActivityOptions::start_to_close(secs(5));
        let ctx = ctx.disconnected().with_local_activity_options(options);
        ctx.execute_local(REFUND, ()).await?;
    }
    end_of(&ctx, paid)
}

/// What is canceled and then lost with its worker is not tried again, and fails.
async fn fails_when_canceled(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = charging(&ctx, mins(10));
    let paid = shipped(&ctx).await;
    if paid.is_err() {
        careful(&ctx.disconnected()).execute(REFUND, ()).await?;
    }
    paid
}

/// Takes an activity that is canceled for one that fails with the canceled error.
async fn refunds_if_told(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = charging(&ctx, mins(10));
    let paid = shipped(&ctx).await;
    if paid.as_ref().is_err_and(WorkflowError::is_canceled) {
        careful(&ctx.disconnected()).execute(REFUND, ()).await?;
    }
    end_of(&ctx, paid)
}

/// The first attempt may take all the time that there is.
async fn leaves_no_time(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    paid(&ctx, secs(10)).await
}

async fn leaves_time_for_one(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    paid(&ctx, secs(23)).await
}

/// What the first bank may have taken is given back before the second one is asked.
async fn one_of_two(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let Err(error) = charged_here(&ctx).await else { return Ok(()) };
    ctx.disconnected().execute(VOID, ()).await?;
    if ctx.is_canceled() {
        return end_of(&ctx, Err(error));
    }
    end_of(&ctx, ctx.execute(CHARGE_ELSEWHERE, ()).await).map(drop)
}

/// At the first bank, with two attempts.
async fn charged_here(ctx: &Context) -> Result<(), WorkflowError> {
    let twice = careful_options().with_retry_policy(attempts(2));
    ctx.with_activity_options(twice).execute(CHARGE, ()).await.map(drop)
}

/// What the workflow does not know of was not done.
async fn charges_elsewhere(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let Err(error) = charged_here(&ctx).await else { return Ok(()) };
    if ctx.is_canceled() {
        return end_of(&ctx, Err(error));
    }
    end_of(&ctx, ctx.execute(CHARGE_ELSEWHERE, ()).await).map(drop)
}
