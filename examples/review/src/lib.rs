//! An order: stock is reserved, somebody approves, then the customer is charged and the goods are shipped. Whatever goes
//! wrong, what was done is undone.
//!
//! There are two versions of the workflow, before a change and after it, so that the tests can show what a reviewer
//! sees of the change. In a project of your own there is one, and the version before it is in the committed snapshots.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions, Context, Outcome, Scenario, Signal, Status, Stub, Workflow,
    WorkflowError, check, hours, mins, secs,
};

pub mod v1;
pub mod v2;

/// The workflow: takes the number of an order, returns that of a parcel.
pub const FULFILL_ORDER: Workflow<String, String> = Workflow::new("FulfillOrder");
/// Puts the goods aside.
pub const RESERVE_STOCK: Activity<String, ()> = Activity::new("ReserveStock");
/// Puts them back; does nothing if none are put aside.
pub const RELEASE_STOCK: Activity<String, ()> = Activity::new("ReleaseStock");
/// Asks whether the customer can be trusted; new in version 2.
pub const CHECK_FRAUD: Activity<String, ()> = Activity::new("CheckFraud");
/// Takes the money.
pub const CHARGE: Activity<String, ()> = Activity::new("Charge");
/// Gives it back; does nothing if none was taken.
pub const REFUND: Activity<String, ()> = Activity::new("Refund");
/// Hands the goods to the carrier, who gives the parcel a number.
pub const SHIP: Activity<String, String> = Activity::new("Ship");
/// Somebody approves the order.
pub const APPROVE: Signal<String> = Signal::new("approve");

/// How long an approval is waited for.
pub const DEADLINE: Duration = hours(24);

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(1)).with_wait_for_cancellation()
}

/// What has to be undone if the order fails.
///
/// A step is noted before it is done: if it is canceled half way, nobody knows whether it was done. So what undoes it
/// must be harmless if it was not.
#[derive(Debug, Default)]
struct Undo(Vec<Activity<String, ()>>);

impl Undo {
    fn note(&mut self, undo: Activity<String, ()>) {
        self.0.push(undo);
    }

    /// Undoes the last step first. `ctx` may be canceled, so each is started on a context of its own.
    async fn run(self, ctx: &Context, order: &str) -> Result<(), WorkflowError> {
        for undo in self.0.into_iter().rev() {
            ctx.disconnected().execute(undo, order.to_owned()).await?;
        }
        Ok(())
    }
}

/// Waits until the order is approved.
///
/// # Errors
///
/// At the deadline, and when the workflow is canceled.
async fn approved(ctx: &Context) -> Result<(), WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    if ctx.wait_timeout(DEADLINE, || !approvals.is_empty()).await? {
        Ok(())
    } else {
        Err(WorkflowError::new("nobody approved the order"))
    }
}

/// An order that nobody approves: all but the workflow.
#[must_use]
pub fn unattended(name: &str) -> Scenario {
    Scenario::new(name)
        .stub(RESERVE_STOCK, Stub::returns(()).after(secs(1)))
        .stub(RELEASE_STOCK, Stub::returns(()))
        .stub(CHECK_FRAUD, Stub::returns(()).after(secs(3)))
        .stub(CHARGE, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .stub(SHIP, Stub::returns("parcel 12".to_owned()).after(secs(30)))
        .client(|world| {
            world.start(FULFILL_ORDER, "order-7", "order 7".to_owned());
        })
        .check(check::no_activity_outlives_close())
        .check(check::always("an order is shipped or undone", shipped_or_undone))
}

/// An order that is approved after an hour: all but the workflow.
#[must_use]
pub fn attended(name: &str) -> Scenario {
    unattended(name).client(|world| {
        let order = world.start(FULFILL_ORDER, "order-7", "order 7".to_owned());
        world.advance(hours(1));
        // Refused if the workflow has been canceled and is closed by now.
        let _answer = world.signal(&order, APPROVE, "ada".to_owned());
    })
}

/// If the workflow completed nothing was undone; if it closed otherwise the stock was released.
fn shipped_or_undone(outcome: &Outcome) -> Result<(), String> {
    let status = outcome.main().map_or(Status::Running, |main| main.status);
    let released = outcome.calls(RELEASE_STOCK).count();
    let refunded = outcome.calls(REFUND).count();
    match status {
        Status::Running => Ok(()),
        Status::Completed if (released, refunded) == (0, 0) => Ok(()),
        Status::Completed => Err("the goods are on their way, and the order was undone".to_owned()),
        _ if released != 1 => Err(format!("stock was released {released} times")),
        _ if outcome.calls(CHARGE).count() > refunded => {
            Err("the customer was charged for nothing".to_owned())
        }
        _ => Ok(()),
    }
}
