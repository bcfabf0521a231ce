//! The real clock and the real hash order, for which the mutations have stand-ins that make their reports repeatable.

use std::time::Duration;

use rehearsal::{Activity, ActivityOptions, Context, Scenario, Stub, Workflow, secs};

const ORDER: Workflow<(), ()> = Workflow::new("Order");
const PACK: Activity<Vec<u32>, ()> = Activity::new("Pack");

/// Waits for as long as the clock of the machine says.
#[must_use]
pub fn clock() -> Scenario {
    scenario("real-clock")
        .workflow(ORDER, |ctx: Context, ()| async move { ctx.sleep(time_of_the_machine()).await })
}

/// Packs in the order in which a hash map gives things out.
#[must_use]
pub fn hash_order() -> Scenario {
    scenario("real-hash-order").workflow(ORDER, |ctx: Context, ()| async move {
        let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
        ctx.execute(PACK, hashed()).await
    })
}

fn scenario(name: &str) -> Scenario {
    Scenario::new(name).stub(PACK, Stub::returns(())).client(|world| {
        world.start(ORDER, "order-7", ());
    })
}

#[expect(clippy::disallowed_types, reason = "the mistake is to read it")]
fn time_of_the_machine() -> Duration {
    let now = std::time::SystemTime::now();
    let of_day = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // A whole number of nanoseconds that is small enough for a timer.
    Duration::from_nanos(1 + u64::from(of_day.subsec_nanos()))
}

#[expect(clippy::disallowed_types, reason = "the mistake is to go through it")]
fn hashed() -> Vec<u32> {
    let things: std::collections::HashSet<u32> = (0..32).collect();
    things.into_iter().collect()
}
