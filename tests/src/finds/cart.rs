//! A cart: each thing that is added is looked up, somebody asks for the total, and checks out.

use std::cell::Cell;
use std::rc::Rc;

use rehearsal::{
    Activity, Code, Context, Either, Query, Scenario, Signal, Status, Stub, Update, Workflow,
    WorkflowError, check, mins, secs, select,
};

use super::{Bug, Needs, Twin, careful, going_on};
use crate::mutations::later;

const CART: Workflow<(), u64> = Workflow::new("Cart");
const ADD: Update<u64, u64> = Update::new("add");
const TOTAL: Query<(), u64> = Query::new("total");
const CHECK_OUT: Signal<()> = Signal::new("check-out");
const LOOK_UP: Activity<u64, u64> = Activity::new("LookUp");

const TWIN: Twin = Twin { name: "cart with look-ups", scenario: twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "update handler unfinished at the close",
        scenario: || base().workflow(CART, leaves_its_handlers),
        twin: TWIN,
        code: Code::WorkLost,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "cancel that leaves the handlers three seconds",
        scenario: || base().workflow(CART, leaves_its_handlers_three_seconds),
        twin: TWIN,
        code: Code::WorkLost,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "query that mutates",
        scenario: || base().workflow(CART, takes_what_is_looked_up),
        twin: TWIN,
        code: Code::QueryMeddled,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "unbiased select",
        scenario: || base().workflow(CART, selects_at_random),
        twin: TWIN,
        code: Code::Nondeterminism,
        needs: Needs::One,
        known: None,
    },
];

/// The cart as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(CART, cart)
}

fn base() -> Scenario {
    Scenario::new("finds-cart")
        .stub(LOOK_UP, Stub::computes(Ok).after(secs(1)))
        .client(|world| {
            let cart = world.start(CART, "cart-7", ());
            // Each is refused once the cart is closed.
            let _accepted = world.start_update(&cart, ADD, 40);
            world.advance(secs(5));
            let _total = world.query(&cart, TOTAL, ());
            let _answer = world.signal(&cart, CHECK_OUT, ());
        })
        .check(check::no_work_lost_at_close())
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// What is in the cart.
#[derive(Debug, Default)]
struct Cart {
    total: Cell<u64>,
    /// What is looked up and not in the total yet.
    looked_up: Cell<u64>,
}

async fn take_updates(ctx: &Context) -> Rc<Cart> {
    let cart = Rc::new(Cart::default());
    let all = Rc::clone(&cart);
    ctx.on_update(ADD, move |ctx, thing| {
        let cart = Rc::clone(&all);
        async move {
            cart.looked_up.set(cart.looked_up.get() + thing);
            let price = careful(&ctx.disconnected()).execute(LOOK_UP, thing).await?;
            cart.looked_up.set(cart.looked_up.get().saturating_sub(thing));
            cart.total.set(cart.total.get() + price);
            Ok(cart.total.get())
        }
    })
    .await;
    cart
}

/// The cart, which takes updates and shows its total.
async fn opened(ctx: &Context) -> Rc<Cart> {
    let cart = take_updates(ctx).await;
    let shown = Rc::clone(&cart);
    ctx.on_query(TOTAL, move |()| Ok(shown.total.get()));
    cart
}

/// Until somebody checks out, or the cart is canceled.
async fn checked_out(ctx: &Context) -> Result<(), WorkflowError> {
    select(ctx.signals(CHECK_OUT).recv(), ctx.done()).await;
    going_on(ctx)
}

async fn handlers_finished(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.disconnected().wait(|| ctx.all_handlers_finished()).await
}

async fn cart(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let cart = opened(&ctx).await;
    let outcome = checked_out(&ctx).await;
    handlers_finished(&ctx).await?;
    outcome.map(|()| cart.total.get())
}

async fn leaves_its_handlers(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let cart = opened(&ctx).await;
    let outcome = checked_out(&ctx).await;
    if outcome.is_err() {
        handlers_finished(&ctx).await?;
    }
    outcome.map(|()| cart.total.get())
}

/// A look-up takes a second.
async fn leaves_its_handlers_three_seconds(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let cart = opened(&ctx).await;
    let outcome = checked_out(&ctx).await;
    if outcome.is_err() {
        ctx.disconnected().sleep(secs(3)).await?;
    } else {
        handlers_finished(&ctx).await?;
    }
    outcome.map(|()| cart.total.get())
}

/// What is looked up is counted as if it were in the total already, once.
async fn takes_what_is_looked_up(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let cart = take_updates(&ctx).await;
    let shown = Rc::clone(&cart);
    ctx.on_query(TOTAL, move |()| Ok(shown.total.get() + shown.looked_up.take()));
    let outcome = checked_out(&ctx).await;
    handlers_finished(&ctx).await?;
    outcome.map(|()| cart.total.get())
}

/// Where both have come it takes either, as Go's `select` and an unbiased `tokio::select!` do.
async fn selects_at_random(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let cart = opened(&ctx).await;
    let check_out = ctx.signals(CHECK_OUT);
    let canceled = if later(&ctx) {
        matches!(select(ctx.done(), check_out.recv()).await, Either::Left(()))
    } else {
        matches!(select(check_out.recv(), ctx.done()).await, Either::Right(()))
    };
    handlers_finished(&ctx).await?;
    if canceled { Err(WorkflowError::canceled()) } else { Ok(cart.total.get()) }
}
