//! Rehearses the order: canceled at every point, approved, not approved in time, and with five mistakes.

mod mistakes;
mod support;

use rehearsal::{
    ActivityError, OfficialWorld as _, Scenario, Status, Stub, World, check, hours, timeline,
};
use rehearsal_example_official::{OrderWorkflow, Shop};

use crate::support::{in_shop, sample};

/// An order that is approved after an hour.
fn approved() -> Scenario {
    in_shop(Scenario::new("order").official::<OrderWorkflow>()).client(|world| {
        let order = world.start_official::<OrderWorkflow>("order-7", sample());
        world.advance(hours(1));
        // An order that was canceled before takes no signal any more.
        let _ = world.signal_official(&order, OrderWorkflow::approve, "ada".to_owned());
    })
}

/// An order that nobody approves.
fn forgotten() -> Scenario {
    in_shop(Scenario::new("order-forgotten").official::<OrderWorkflow>()).client(start)
}

fn start(world: &mut World) {
    world.start_official::<OrderWorkflow>("order-7", sample());
}

#[test]
fn an_order_can_be_canceled_at_any_point() {
    let report = approved()
        .check(check::cancel_observed_or_completed_first())
        .check(check::status_in([Status::Completed, Status::Canceled]))
        .check(check::sometimes("the courier is called off", |outcome| {
            outcome.calls(Shop::cancel_shipment).count() > 0
        }))
        .sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn an_order_that_is_approved_is_shipped() {
    let outcome = approved().check(check::status_in([Status::Completed])).run();
    insta::assert_snapshot!(timeline(&outcome));
}

#[test]
fn an_order_that_nobody_approves_is_refunded_after_a_day() {
    let outcome = forgotten().check(check::status_in([Status::Failed])).run();
    insta::assert_snapshot!(timeline(&outcome));
}

#[test]
fn an_order_that_nobody_approves_can_be_canceled_at_any_point() {
    let report = forgotten().check(check::status_in([Status::Failed, Status::Canceled])).sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn an_order_that_cannot_be_paid_is_not_shipped() {
    let declined = ActivityError::from("declined: no credit").non_retryable();
    let report = forgotten()
        .stub(Shop::charge, Stub::fails(declined))
        .check(check::status_in([Status::Failed, Status::Canceled]))
        .check(check::always("nothing is shipped", |outcome| {
            match outcome.calls(Shop::ship).count() {
                0 => Ok(()),
                calls => Err(format!("Shop::ship was called {calls} times")),
            }
        }))
        .sweep();
    insta::assert_snapshot!(report.table());
}
