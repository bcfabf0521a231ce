//! What all rehearsals of the order share: a gateway, an order, and two checks of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use rehearsal::{Check, EventKind, Outcome, Scenario, Status, Stub, check, mins, secs};
use rehearsal_example_official::{Gateway, GatewayError, Order, Payment, Shop};

/// A gateway at which everything works. The courier has been there when he is asked for the fourth time.
#[derive(Debug, Default)]
pub(crate) struct FakeGateway {
    asked: AtomicU32,
}

#[async_trait]
impl Gateway for FakeGateway {
    async fn charge(&self, order: &Order) -> Result<Payment, GatewayError> {
        Ok(Payment::of(order))
    }

    async fn refund(&self, _: &Order) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn book_courier(&self, order: &Order) -> Result<String, GatewayError> {
        Ok(format!("parcel of {}", order.id))
    }

    async fn is_collected(&self, _: &str) -> Result<bool, GatewayError> {
        Ok(self.asked.fetch_add(1, Ordering::Relaxed) >= 3)
    }

    async fn cancel_courier(&self, _: &Order) -> Result<(), GatewayError> {
        Ok(())
    }
}

/// The order that is rehearsed.
pub(crate) fn sample() -> Order {
    Order { id: "order-7".to_owned(), article: "a lamp".to_owned(), cents: 4_900 }
}

/// Adds the shop, and what must hold of every order. Charging is stubbed and takes two seconds; the rest is real.
pub(crate) fn in_shop(scenario: Scenario) -> Scenario {
    let charge = Stub::computes(|order: Order| Ok(Payment::of(&order))).after(secs(2));
    scenario
        .activities(|| Shop::new(FakeGateway::default()))
        .real(Shop::refund)
        .real(Shop::ship)
        .real(Shop::cancel_shipment)
        .stub(Shop::charge, charge)
        .check(check::compensated_exactly_once(Shop::charge, Shop::refund))
        .check(check::compensated_exactly_once(Shop::ship, Shop::cancel_shipment))
        .check(check::skipped_reported_as_canceled())
        .check(check::no_activity_outlives_close())
        .check(no_timer_is_left())
        .check(a_cancel_is_soon_over())
}

/// Every timer has fired or is canceled when its workflow closes.
fn no_timer_is_left() -> Arc<dyn Check> {
    check::always("no timer is left", |outcome| {
        let closed = outcome.executions.iter().filter(|order| order.status != Status::Running);
        for event in closed.flat_map(|order| &order.history) {
            let started = event.id;
            if matches!(event.kind, EventKind::TimerStarted(_)) && !has_ended(outcome, started) {
                return Err(format!("the timer of event {started} still runs"));
            }
        }
        Ok(())
    })
}

fn has_ended(outcome: &Outcome, timer: rehearsal::EventId) -> bool {
    let mut events = outcome.executions.iter().flat_map(|order| &order.history);
    events.any(|event| match &event.kind {
        EventKind::TimerFired(end) => end.started_event_id == timer,
        EventKind::TimerCanceled(end) => end.started_event_id == timer,
        _ => false,
    })
}

/// A canceled order is over within a minute: nobody waits for an approval any more.
fn a_cancel_is_soon_over() -> Arc<dyn Check> {
    check::always("a cancel is over within a minute", |outcome| {
        let canceled = outcome.record.cancels.first().map(|cancel| cancel.at);
        let end = outcome.main().and_then(|order| order.history.last());
        let (Some(canceled), Some(end)) = (canceled, end) else { return Ok(()) };
        let took = end.time.since(outcome.record.began).saturating_sub(canceled);
        if took <= mins(1) { Ok(()) } else { Err(format!("it took {} s", took.as_secs())) }
    })
}
