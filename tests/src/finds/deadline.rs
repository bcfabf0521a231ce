//! Deadlines: what is not there in time is given up, and what comes after all must fit.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use rehearsal::{
    Activity, Code, Context, Either, Outcome, Scenario, Signal, Status, Stub, Workflow,
    WorkflowError, check, hours, mins, secs, select,
};

use super::{Bug, Needs, Twin, careful, careful_options, end_of, going_on, once, was_done};

const ORDER: Workflow<(), ()> = Workflow::new("Order");
const PLACE: Activity<(), ()> = Activity::new("Place");
const WITHDRAW: Activity<(), ()> = Activity::new("Withdraw");
const PLACE_ELSEWHERE: Activity<(), ()> = Activity::new("PlaceElsewhere");

const TRIP: Workflow<(), ()> = Workflow::new("Trip");
const TRAIN: Activity<(), ()> = Activity::new("Train");
const FERRY: Activity<(), ()> = Activity::new("Ferry");

const ARTICLE: Workflow<(), ()> = Workflow::new("Article");
const APPROVE: Signal<()> = Signal::new("approve");
const PUBLISH: Activity<(), ()> = Activity::new("Publish");
const DISCARD: Activity<(), ()> = Activity::new("Discard");

const NEWS: Workflow<(), ()> = Workflow::new("News");
const FETCH: Activity<(), ()> = Activity::new("Fetch");

const IN_TIME: Twin = Twin { name: "order with a deadline", scenario: order_twin };
const TRAVELED: Twin = Twin { name: "trip with a deadline", scenario: trip_twin };
const APPROVED: Twin = Twin { name: "article with a deadline", scenario: article_twin };
const FETCHED: Twin = Twin { name: "news that are fetched again", scenario: news_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "deadline that beats the result at the same instant",
        scenario: || orders().workflow(ORDER, gives_up_at_once),
        twin: IN_TIME,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "deadline that has room for one delay",
        scenario: || trips().workflow(TRIP, leaves_the_ferry),
        twin: TRAVELED,
        code: Code::WorkLost,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "approval that comes while the article is discarded",
        scenario: || articles().workflow(ARTICLE, publishes_whenever),
        twin: APPROVED,
        code: Code::Custom,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "pause between two attempts that no cancel ends",
        scenario: || news().workflow(NEWS, rests_undisturbed),
        twin: FETCHED,
        code: Code::CancelOverLate,
        needs: Needs::More,
        known: None,
    },
];

/// The order as it should be.
#[must_use]
pub fn order_twin() -> Scenario {
    orders().workflow(ORDER, withdraws_first)
}

/// The trip as it should be.
#[must_use]
pub fn trip_twin() -> Scenario {
    trips().workflow(TRIP, waits_for_the_ferry)
}

/// The article as it should be.
#[must_use]
pub fn article_twin() -> Scenario {
    articles().workflow(ARTICLE, publishes_in_time)
}

/// The news as they should be.
#[must_use]
pub fn news_twin() -> Scenario {
    news().workflow(NEWS, rests)
}

/// The shop takes as long as it may.
fn orders() -> Scenario {
    Scenario::new("finds-order")
        .stub(PLACE, Stub::returns(()).after(secs(10)))
        .stub(WITHDRAW, Stub::returns(()))
        .stub(PLACE_ELSEWHERE, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
        .check(check::always("one shop has the order", |outcome| {
            let done = |activity: Activity<(), ()>| outcome.calls(activity).any(was_done);
            if done(PLACE) && done(PLACE_ELSEWHERE) && !done(WITHDRAW) {
                return Err("two shops have it".to_owned());
            }
            Ok(())
        }))
        .check(check::ends_within(mins(10)))
}

/// Places the order, and waits for it until the deadline; then it is canceled, and waited for or not.
async fn placed_in_time(ctx: &Context, waits: bool) -> Result<(), WorkflowError> {
    let (scope, give_up) = ctx.with_cancel();
    let options = careful_options().with_start_to_close(secs(30));
    let mut placed = scope.with_activity_options(options).execute(PLACE, ());
    // Somebody may still think better of it.
    let _thought = ctx.sleep(secs(4)).await;
    let (timing, stop) = ctx.with_cancel();
    let late = match select(&mut placed, timing.timer(secs(6))).await {
        Either::Left(placed) => {
            stop.cancel();
            return placed;
        }
        Either::Right(_) => WorkflowError::application("too late", "TooLate"),
    };
    give_up.cancel();
    if waits { placed.await } else { Err(late) }
}

/// What the first shop may have is taken back before the second one is asked.
async fn withdraws_first(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    if placed_in_time(&ctx, true).await.is_ok() {
        return Ok(());
    }
    ctx.disconnected().execute(WITHDRAW, ()).await?;
    going_on(&ctx)?;
    end_of(&ctx, ctx.execute(PLACE_ELSEWHERE, ()).await)
}

/// What has not come when the timer fires does not come.
async fn gives_up_at_once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    if placed_in_time(&ctx, false).await.is_ok() {
        return Ok(());
    }
    going_on(&ctx)?;
    end_of(&ctx, ctx.execute(PLACE_ELSEWHERE, ()).await)
}

fn trips() -> Scenario {
    Scenario::new("finds-trip")
        .stub(TRAIN, Stub::returns(()).after(secs(2)))
        .stub(FERRY, Stub::returns(()).after(secs(2)))
        .client(|world| {
            world.start(TRIP, "trip-7", ());
        })
        .check(check::no_work_lost_at_close())
        .check(check::ends_within(mins(10)))
}

async fn by_train_and_ferry(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.execute(TRAIN, ()).await?;
    ctx.execute(FERRY, ()).await
}

async fn waits_for_the_ferry(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let (scope, give_up) = careful(&ctx).with_cancel();
    let (timing, stop) = ctx.with_cancel();
    let mut trip = pin!(by_train_and_ferry(&scope));
    let traveled = match select(trip.as_mut(), timing.timer(secs(29))).await {
        Either::Left(traveled) => traveled,
        Either::Right(_) => {
            give_up.cancel();
            trip.await
        }
    };
    stop.cancel();
    end_of(&ctx, traveled)
}

/// At the deadline it is too late, wherever one is.
async fn leaves_the_ferry(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let travels = careful(&ctx);
    let (timing, stop) = ctx.with_cancel();
    let mut trip = pin!(by_train_and_ferry(&travels));
    let traveled = match select(trip.as_mut(), timing.timer(secs(29))).await {
        Either::Left(traveled) => traveled,
        Either::Right(Ok(())) => return Err(WorkflowError::application("too late", "TooLate")),
        Either::Right(Err(_)) => trip.await,
    };
    stop.cancel();
    end_of(&ctx, traveled)
}

fn articles() -> Scenario {
    Scenario::new("finds-article")
        .stub(PUBLISH, Stub::returns(()).after(secs(1)))
        .stub(DISCARD, Stub::returns(()).after(secs(5)))
        .client(|world| {
            let article = world.start(ARTICLE, "article-7", ());
            world.advance(secs(8));
            // Refused when it has been canceled.
            let _answer = world.signal(&article, APPROVE, ());
        })
        .check(check::always("it is published or discarded", |outcome: &Outcome| {
            let published = outcome.calls(PUBLISH).any(was_done);
            let discarded = outcome.calls(DISCARD).any(was_done);
            if published && discarded { Err("it is both".to_owned()) } else { Ok(()) }
        }))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// Publishes when the approval comes, if nobody has decided by then; decides at the deadline otherwise.
async fn article(ctx: &Context, looks: bool) -> Result<(), WorkflowError> {
    let ctx = careful(ctx);
    let (decided, published) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let (desk, first, out) = (ctx.clone(), Rc::clone(&decided), Rc::clone(&published));
    ctx.spawn(async move {
        desk.signals(APPROVE).recv().await;
        if !looks || !first.get() {
            first.set(true);
            if desk.disconnected().execute(PUBLISH, ()).await.is_ok() {
                out.set(true);
            }
        }
    });
    if let Err(canceled) = ctx.wait_timeout(secs(10), || decided.get()).await
        && !decided.replace(true)
    {
        return Err(canceled);
    }
    if !decided.replace(true) {
        return ctx.disconnected().execute(DISCARD, ()).await;
    }
    ctx.disconnected().wait(|| published.get()).await
}

async fn publishes_in_time(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    article(&ctx, true).await
}

/// Whoever takes the approval does not know of the deadline.
async fn publishes_whenever(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    article(&ctx, false).await
}

fn news() -> Scenario {
    Scenario::new("finds-news")
        .stub(FETCH, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(NEWS, "news-7", ());
        })
        .check(check::cancel_is_over_within(mins(5)))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// Fetches; an hour later once more if it was in vain, and so on.
async fn fetched(ctx: &Context, of_rest: &Context) -> Result<(), WorkflowError> {
    let once = ctx.with_activity_options(once());
    while once.execute(FETCH, ()).await.is_err() {
        going_on(ctx)?;
        of_rest.sleep(hours(1)).await?;
    }
    Ok(())
}

async fn rests(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    fetched(&ctx, &ctx).await
}

async fn rests_undisturbed(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    fetched(&ctx, &ctx.disconnected()).await
}
