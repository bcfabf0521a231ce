//! A wallet: what is paid in by signals is credited, and goes back if the wallet is canceled before it is full.

use std::collections::BTreeSet;

use rehearsal::{
    Activity, Code, Context, Either, EventKind, Outcome, Payloads, Scenario, Signal, SignalChannel,
    Status, Stub, Workflow, WorkflowError, check, secs, select,
};

use super::{Bug, Needs, Twin, careful, input_of, was_done};

const WALLET: Workflow<(Vec<u64>, bool), usize> = Workflow::new("Wallet").with_several_arguments();
const TOP_UP: Signal<u64> = Signal::new("top-up");
const CREDIT: Activity<u64, ()> = Activity::new("Credit");
const PAY_BACK: Activity<u64, ()> = Activity::new("PayBack");

/// With so many payments a wallet is full.
const FULL: usize = 3;

const TWIN: Twin = Twin { name: "wallet", scenario: twin };
const IN_A_RUN_OF_ITS_OWN: Twin =
    Twin { name: "wallet that is closed in a run of its own", scenario: closing_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "signal lost across continue-as-new",
        scenario: || base().workflow(WALLET, leaves_signals),
        twin: TWIN,
        code: Code::SignalLeftBehind,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "cancel in the same activation as the wake of a condition",
        scenario: || base().workflow(WALLET, leaves_what_woke_it),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "signal that comes twice is credited twice",
        scenario: || base().workflow(WALLET, credits_all),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "signal that comes twice is paid back twice",
        scenario: || base().workflow(WALLET, pays_all_back),
        twin: TWIN,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "second cancel ends what the first has begun",
        scenario: || base().workflow(WALLET, closes_on_its_context),
        twin: IN_A_RUN_OF_ITS_OWN,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
];

/// The wallet as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(WALLET, wallet)
}

/// The wallet that goes on as new to be closed, as it should be.
#[must_use]
pub fn closing_twin() -> Scenario {
    base().workflow(WALLET, closes_in_a_run_of_its_own)
}

fn base() -> Scenario {
    Scenario::new("finds-wallet")
        .stub(CREDIT, Stub::returns(()).after(secs(1)))
        .stub(PAY_BACK, Stub::returns(()).after(secs(1)))
        .client(|world| {
            let wallet = world.start(WALLET, "wallet-7", (Vec::new(), false));
            for payment in 1..=3 {
                // Refused when the wallet is closed by now.
                let _answer = world.signal(&wallet, TOP_UP, payment);
                world.advance(secs(10));
            }
        })
        .check(check::always("each payment is credited once, or goes back once", accounted_for))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// In a wallet that is closed: each payment that came was credited, and nobody was credited twice; in one that is
/// canceled each went back, and none twice.
fn accounted_for(outcome: &Outcome) -> Result<(), String> {
    let calls = match outcome.main_status() {
        Status::Completed => CREDIT,
        Status::Canceled => PAY_BACK,
        _ => return Ok(()),
    };
    let calls: Vec<_> = outcome.calls(calls).filter(|call| was_done(call)).collect();
    let done: BTreeSet<_> = calls.iter().map(|call| (call.token.run, call.scheduled)).collect();
    let paid: BTreeSet<u64> = calls.iter().filter_map(|call| input_of(call)).collect();
    if done.len() > paid.len() {
        return Err(format!("{} payments, {} times", paid.len(), done.len()));
    }
    let lacks = payments(outcome).into_iter().find(|payment| !paid.contains(payment));
    lacks.map_or(Ok(()), |payment| Err(format!("payment {payment} is lost")))
}

/// The payments that came, each once.
fn payments(outcome: &Outcome) -> BTreeSet<u64> {
    let events = outcome.executions.iter().flat_map(|run| &run.history);
    let came = events.filter_map(|event| match &event.kind {
        EventKind::WorkflowExecutionSignaled(signal) => {
            Payloads::decode(signal.input.as_ref()).ok()
        }
        _ => None,
    });
    came.collect()
}

/// Credits a payment, unless it was.
async fn credit(ctx: &Context, credited: &mut Vec<u64>, payment: u64) -> Result<(), WorkflowError> {
    if !credited.contains(&payment) {
        ctx.disconnected().execute(CREDIT, payment).await?;
        credited.push(payment);
    }
    Ok(())
}

/// Takes payments until the wallet is full, or canceled.
async fn filled(
    ctx: &Context,
    top_ups: &SignalChannel<u64>,
    credited: &mut Vec<u64>,
) -> Result<(), WorkflowError> {
    let begun = credited.len();
    while credited.len() < FULL {
        match select(top_ups.recv(), ctx.done()).await {
            Either::Left(payment) => credit(ctx, credited, payment).await?,
            Either::Right(()) => return Err(WorkflowError::canceled()),
        }
        if credited.len() == 2 && begun < 2 {
            while let Some(payment) = top_ups.try_recv() {
                credit(ctx, credited, payment).await?;
            }
            if !ctx.is_canceled() && credited.len() < FULL {
                return Err(ctx.continue_as_new(WALLET, (credited.clone(), false)));
            }
        }
    }
    Ok(())
}

/// All payments go back: those that were credited, and those that come meanwhile.
async fn paid_back(
    ctx: &Context,
    top_ups: &SignalChannel<u64>,
    mut credited: Vec<u64>,
) -> Result<(), WorkflowError> {
    let mut back = BTreeSet::new();
    while let Some(payment) = credited.pop().or_else(|| top_ups.try_recv()) {
        if back.insert(payment) {
            ctx.execute(PAY_BACK, payment).await?;
        }
    }
    Ok(())
}

async fn wallet(ctx: Context, (mut credited, _): (Vec<u64>, bool)) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let top_ups = ctx.signals(TOP_UP);
    let filled = filled(&ctx, &top_ups, &mut credited).await;
    if filled.as_ref().is_err_and(WorkflowError::is_canceled) {
        paid_back(&ctx.disconnected(), &top_ups, credited).await?;
        return Err(WorkflowError::canceled());
    }
    filled.map(|()| credited.len())
}

/// Goes on as new as soon as it is half full.
async fn leaves_signals(
    ctx: Context,
    (mut credited, _): (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let (top_ups, begun) = (ctx.signals(TOP_UP), credited.len());
    while credited.len() < FULL {
        match select(top_ups.recv(), ctx.done()).await {
            Either::Left(payment) => credit(&ctx, &mut credited, payment).await?,
            Either::Right(()) => {
                paid_back(&ctx.disconnected(), &top_ups, credited).await?;
                return Err(WorkflowError::canceled());
            }
        }
        if credited.len() == 2 && begun < 2 && !ctx.is_canceled() {
            return Err(ctx.continue_as_new(WALLET, (credited, false)));
        }
    }
    Ok(credited.len())
}

/// Looks at the cancel first, and not at what came with it.
async fn leaves_what_woke_it(
    ctx: Context,
    (mut credited, _): (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let top_ups = ctx.signals(TOP_UP);
    while credited.len() < FULL {
        let woken = ctx.wait(|| ctx.is_canceled() || !top_ups.is_empty()).await;
        if woken.is_err() || ctx.is_canceled() {
            while let Some(payment) = credited.pop() {
                ctx.disconnected().execute(PAY_BACK, payment).await?;
            }
            return Err(WorkflowError::canceled());
        }
        while let Some(payment) = top_ups.try_recv() {
            credit(&ctx, &mut credited, payment).await?;
        }
    }
    Ok(credited.len())
}

/// Does not look whether it has a payment already.
async fn credits_all(
    ctx: Context,
    (mut credited, _): (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let top_ups = ctx.signals(TOP_UP);
    while credited.len() < FULL {
        match select(top_ups.recv(), ctx.done()).await {
            Either::Left(payment) => {
                ctx.disconnected().execute(CREDIT, payment).await?;
                credited.push(payment);
            }
            Either::Right(()) => {
                paid_back(&ctx.disconnected(), &top_ups, credited).await?;
                return Err(WorkflowError::canceled());
            }
        }
    }
    Ok(credited.len())
}

/// Credits each payment once, and pays back what came.
async fn pays_all_back(
    ctx: Context,
    (mut credited, _): (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let top_ups = ctx.signals(TOP_UP);
    let mut came = Vec::new();
    while credited.len() < FULL {
        match select(top_ups.recv(), ctx.done()).await {
            Either::Left(payment) => {
                came.push(payment);
                credit(&ctx, &mut credited, payment).await?;
            }
            Either::Right(()) => {
                while let Some(payment) = came.pop().or_else(|| top_ups.try_recv()) {
                    ctx.disconnected().execute(PAY_BACK, payment).await?;
                }
                return Err(WorkflowError::canceled());
            }
        }
    }
    Ok(credited.len())
}

/// When it is canceled it goes on in a run that pays back, on `of_closing`.
async fn closes(
    ctx: Context,
    (mut credited, closing): (Vec<u64>, bool),
    of_closing: fn(&Context) -> Context,
) -> Result<usize, WorkflowError> {
    let ctx = careful(&ctx);
    let top_ups = ctx.signals(TOP_UP);
    if closing {
        // Whatever has become of it, the wallet was canceled.
        let _back = paid_back(&of_closing(&ctx), &top_ups, credited).await;
        return Err(WorkflowError::canceled());
    }
    let filled = filled(&ctx, &top_ups, &mut credited).await;
    if filled.as_ref().is_err_and(WorkflowError::is_canceled) {
        credited.extend(std::iter::from_fn(|| top_ups.try_recv()));
        return Err(ctx.continue_as_new(WALLET, (credited, true)));
    }
    filled.map(|()| credited.len())
}

async fn closes_in_a_run_of_its_own(
    ctx: Context,
    state: (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    closes(ctx, state, Context::disconnected).await
}

/// The run that pays back is canceled like any other.
async fn closes_on_its_context(
    ctx: Context,
    state: (Vec<u64>, bool),
) -> Result<usize, WorkflowError> {
    closes(ctx, state, Context::clone).await
}
