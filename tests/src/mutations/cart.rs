//! A cart: updates whose handlers take their time, and a query.

use std::cell::Cell;
use std::rc::Rc;

use rehearsal::{
    Code, Context, Query, Scenario, Signal, Status, Update, Workflow, WorkflowError, check, mins,
    secs, select,
};

use super::{CALM, Mutation};

const CART: Workflow<(), u64> = Workflow::new("Cart");
const ADD: Update<u64, u64> = Update::new("add");
const TOTAL: Query<(), u64> = Query::new("total");
const CHECKOUT: Signal<()> = Signal::new("checkout");

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "update unfinished at the close",
        scenario: || base().workflow(CART, hasty),
        code: Code::WorkLost,
        at: CALM,
    },
    Mutation {
        name: "query that changes state",
        scenario: || base().workflow(CART, counts_its_queries),
        code: Code::QueryMeddled,
        at: CALM,
    },
    Mutation {
        name: "query that starts a timer",
        scenario: || base().workflow(CART, answers_with_a_timer),
        code: Code::QueryMeddled,
        at: CALM,
    },
];

/// The cart as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(CART, cart)
}

/// All but the workflow; somebody adds something, asks for the total, and checks out at once.
fn base() -> Scenario {
    Scenario::new("mutations-cart")
        .client(|world| {
            let cart = world.start(CART, "cart-7", ());
            // Each is refused once the workflow has been canceled and is closed.
            let _added = world.update(&cart, ADD, 40);
            let _total = world.query(&cart, TOTAL, ());
            let _accepted = world.start_update(&cart, ADD, 2);
            let _answer = world.signal(&cart, CHECKOUT, ());
        })
        .check(check::no_work_lost_at_close())
        .check(check::ends_within(mins(3)))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// Takes updates; each has to be looked up.
async fn take_updates(ctx: &Context, total: &Rc<Cell<u64>>) {
    let total = Rc::clone(total);
    ctx.on_update(ADD, move |ctx, price| {
        let total = Rc::clone(&total);
        async move {
            ctx.disconnected().sleep(secs(2)).await?;
            total.set(total.get() + price);
            Ok(total.get())
        }
    })
    .await;
}

/// Until somebody checks out, or the workflow is canceled.
async fn checked_out(ctx: &Context) -> Result<(), WorkflowError> {
    let checkout = ctx.signals(CHECKOUT);
    select(checkout.recv(), ctx.done()).await;
    ctx.err().map_or(Ok(()), Err)
}

async fn cart(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let total = Rc::new(Cell::new(0));
    let shown = Rc::clone(&total);
    ctx.on_query(TOTAL, move |()| Ok(shown.get()));
    take_updates(&ctx, &total).await;
    let outcome = checked_out(&ctx).await;
    ctx.disconnected().wait(|| ctx.all_handlers_finished()).await?;
    outcome.map(|()| total.get())
}

async fn hasty(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let total = Rc::new(Cell::new(0));
    let shown = Rc::clone(&total);
    ctx.on_query(TOTAL, move |()| Ok(shown.get()));
    take_updates(&ctx, &total).await;
    checked_out(&ctx).await.map(|()| total.get())
}

async fn counts_its_queries(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let (total, asked) = (Rc::new(Cell::new(0)), Cell::new(0));
    ctx.on_query(TOTAL, move |()| {
        asked.set(asked.get() + 1);
        Ok(asked.get())
    });
    take_updates(&ctx, &total).await;
    let outcome = checked_out(&ctx).await;
    ctx.disconnected().wait(|| ctx.all_handlers_finished()).await?;
    outcome.map(|()| total.get())
}

async fn answers_with_a_timer(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let (total, asked) = (Rc::new(Cell::new(0)), ctx.clone());
    ctx.on_query(TOTAL, move |()| {
        let _timer = asked.timer(secs(1));
        Ok(1)
    });
    take_updates(&ctx, &total).await;
    let outcome = checked_out(&ctx).await;
    ctx.disconnected().wait(|| ctx.all_handlers_finished()).await?;
    outcome.map(|()| total.get())
}
