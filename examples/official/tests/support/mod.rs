//! What all rehearsals of the order share: a gateway, an order, and what must hold of every order.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use rehearsal::{Scenario, Stub, check, mins, secs};
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
        .check(check::recommended())
        .check(check::no_activity_outlives_close())
        .check(check::no_timer_left_at_close())
        // Nobody waits for an approval any more.
        .check(check::cancel_is_over_within(mins(1)))
}
