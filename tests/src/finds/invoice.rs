//! An invoice that a client has paid, by a signal to its workflow; if that cannot be, by a transfer.

use std::collections::BTreeSet;

use rehearsal::{
    Activity, ClientError, Code, Context, Either, Handle, Outcome, Scenario, Signal, Status, Stub,
    Workflow, WorkflowError, World, check, secs, select,
};

use super::{Bug, Needs, Twin, careful, was_done};

const INVOICE: Workflow<(), ()> = Workflow::new("Invoice");
const TRANSFER: Workflow<(), ()> = Workflow::new("Transfer");
const CHARGE: Activity<(), ()> = Activity::new("Charge");
const PAY: Signal<()> = Signal::new("pay");

const TWIN: Twin =
    Twin { name: "invoice that is looked at before it is paid otherwise", scenario: twin };

/// The mistakes: of a client, that takes no answer for a no.
pub const BUGS: &[Bug] = &[Bug {
    name: "paid otherwise, as the client was not told",
    scenario: || base().client(pays_otherwise),
    twin: TWIN,
    code: Code::Custom,
    needs: Needs::One,
    known: None,
}];

/// The client as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().client(looks_first)
}

fn base() -> Scenario {
    Scenario::new("finds-invoice")
        .workflow(INVOICE, invoice)
        .workflow(TRANSFER, transfer)
        .stub(CHARGE, Stub::returns(()).after(secs(1)))
        .check(check::always("it is paid once", |outcome: &Outcome| {
            let done = outcome.calls(CHARGE).filter(|call| was_done(call));
            let paid: BTreeSet<_> = done.map(|call| (call.token.run, call.scheduled)).collect();
            match paid.len() {
                0 | 1 => Ok(()),
                times => Err(format!("it is paid {times} times")),
            }
        }))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

fn begins(world: &mut World) -> Handle {
    let invoice = world.start(INVOICE, "invoice-7", ());
    world.advance(secs(10));
    invoice
}

fn pays_otherwise(world: &mut World) {
    let invoice = begins(world);
    if world.signal(&invoice, PAY, ()).is_err() {
        world.start(TRANSFER, "transfer-7", ());
    }
}

/// Who is not answered does not know. The workflow does, at its end at the latest.
fn looks_first(world: &mut World) {
    let invoice = begins(world);
    let is_paid = match world.signal(&invoice, PAY, ()) {
        Ok(()) => true,
        Err(ClientError::DeadlineExceeded) => world.wait(&invoice) == Status::Completed,
        Err(_closed) => false,
    };
    if !is_paid {
        world.start(TRANSFER, "transfer-7", ());
    }
}

/// Charges when it is told to, once. Nobody takes that back.
async fn invoice(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let payments = ctx.signals(PAY);
    if let Either::Right(()) = select(payments.recv(), ctx.done()).await {
        return Err(WorkflowError::canceled());
    }
    let charged = careful(&ctx).disconnected().execute(CHARGE, ()).await;
    // Told once more, it is paid already.
    while payments.try_recv().is_some() {}
    charged
}

async fn transfer(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    careful(&ctx).disconnected().execute(CHARGE, ()).await
}
