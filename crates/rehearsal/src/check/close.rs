//! When a workflow closes, as what, and what it leaves behind.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{
    Check, EndsWithin, NoActivityOutlivesClose, NoChildOrphanedAtClose, NoRoundSkipped,
    NoTimerLeftAtClose, NoWorkLostAtClose, NothingPendingAtClose, StatusIn,
};
use rehearsal_history::Status;

/// Every workflow ends at most `limit` after its cancel was accepted, or after its start if there was none (RH207).
///
/// An end at exactly `limit` is in time; of several requests the first counts. Each run of a chain is looked at by
/// itself; one that is held back, by a start delay or a cron schedule, starts when that is over. A workflow that is open
/// when the run is over is RH301, or the horizon of a sweep, and not judged here.
///
/// ```
/// use rehearsal::{Scenario, check, mins};
///
/// let scenario = Scenario::new("order").check(check::ends_within(mins(30)));
/// ```
#[must_use]
pub fn ends_within(limit: Duration) -> Arc<dyn Check> {
    Arc::new(EndsWithin { limit })
}

/// Every workflow that ends, ends in one of these ways (RH208).
///
/// A run that went on as new, or is tried again, is no end of its workflow: that of the last run of a chain counts. Each
/// round of a cron schedule is an end. A workflow that is open when the run is over is RH301, or the horizon of a sweep,
/// and not judged here.
///
/// ```
/// use rehearsal::{Scenario, Status, check};
///
/// let scenario = Scenario::new("order").check(check::status_in([Status::Completed, Status::Canceled]));
/// ```
#[must_use]
pub fn status_in(allowed: impl IntoIterator<Item = Status>) -> Arc<dyn Check> {
    Arc::new(StatusIn { allowed: allowed.into_iter().collect() })
}

/// No code of an activity still runs when its workflow is closed (RH205).
///
/// Nobody hears of what it does then: its heartbeats, its result and its failure are refused. An attempt that ends at
/// the very nanosecond of the close is in time. Code that runs on after its attempt timed out counts as well; it must
/// look at its context.
///
/// An attempt that died with its worker (`WorkerSpec::crash`) before the close runs no longer.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Workflow, WorkflowError, check, secs};
///
/// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
/// const PACK: Activity<(), ()> = Activity::new("Pack");
///
/// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     // Without `with_wait_for_cancellation` the workflow closes while somebody still packs.
///     let options = ActivityOptions::start_to_close(secs(60));
///     ctx.with_activity_options(options).execute(PACK, ()).await
/// }
///
/// let failure = Scenario::new("ship")
///     .workflow(SHIP, ship)
///     .stub(PACK, Stub::returns(()).after(secs(5)))
///     .client(|world| {
///         world.start(SHIP, "order-7", ());
///     })
///     .check(check::no_activity_outlives_close())
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::ActivityOutlivesClose);
/// ```
#[must_use]
pub fn no_activity_outlives_close() -> Arc<dyn Check> {
    Arc::new(NoActivityOutlivesClose)
}

/// Nothing that was asked for is lost because the workflow returned: every activity that was scheduled has ended at the
/// close, and every handler of a signal; every child is started, and none is terminated by its parent close policy; every
/// signal to another workflow and every cancel of it is sent (RH214).
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`. An activity that the workflow
/// canceled is not lost, whether or not it waited for the answer; see [`no_activity_outlives_close`]. Handlers are
/// those of the official SDK: the native API starts none by itself.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Tape, Workflow, WorkflowError, check, secs};
///
/// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
/// const NOTIFY: Activity<(), ()> = Activity::new("Notify");
///
/// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)));
///     drop(ctx.execute(NOTIFY, ())); // the mistake: nobody awaits it
///     Ok(())
/// }
///
/// let failure = Scenario::new("ship")
///     .workflow(SHIP, ship)
///     .stub(NOTIFY, Stub::returns(()))
///     .client(|world| {
///         world.start(SHIP, "order-7", ());
///     })
///     .check(check::no_work_lost_at_close())
///     .try_run(&Tape::calm())
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::WorkLost);
/// ```
#[must_use]
pub fn no_work_lost_at_close() -> Arc<dyn Check> {
    Arc::new(NoWorkLostAtClose)
}

/// No timer still runs when its workflow closes: each has fired or was canceled (RH217).
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`. The server drops the timers of
/// a closed workflow, so one that is left does no harm by itself: it shows a deadline that somebody forgot, and that may
/// go off while the workflow still works.
///
/// ```
/// use rehearsal::{Scenario, check};
///
/// let scenario = Scenario::new("order").check(check::no_timer_left_at_close());
/// ```
#[must_use]
pub fn no_timer_left_at_close() -> Arc<dyn Check> {
    Arc::new(NoTimerLeftAtClose)
}

/// No round of a cron schedule is skipped because the one before was not over when it was due (RH218).
///
/// Temporal never has two rounds of a workflow at once. What falls due while a round runs, waits for its next attempt, or
/// ends, is left out without a word.
///
/// # Examples
///
/// ```
/// use rehearsal::{Code, Context, Scenario, StartOptions, Workflow, WorkflowError, check, hours, mins};
///
/// const BACK_UP: Workflow<(), ()> = Workflow::new("BackUp");
///
/// async fn back_up(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     ctx.sleep(mins(90)).await
/// }
///
/// let failure = Scenario::new("back up")
///     .workflow(BACK_UP, back_up)
///     .client(|world| {
///         let mut options = StartOptions::new("BackUp", "back-up");
///         options.cron_schedule = Some("@hourly".into());
///         let back_up = world.start_workflow(options).expect("its id is free");
///         world.advance(hours(4));
///         // Refused if it was canceled before.
///         let _answer = world.terminate(&back_up, "enough");
///     })
///     .check(check::no_round_skipped())
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::RoundSkipped);
/// ```
#[must_use]
pub fn no_round_skipped() -> Arc<dyn Check> {
    Arc::new(NoRoundSkipped)
}

/// No child goes on when its parent closes: each has ended, or its parent close policy ends it (RH219).
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`. A child that is meant to outlive
/// its parent is found too: leave this check out then.
///
/// ```
/// use rehearsal::{Scenario, check};
///
/// let scenario = Scenario::new("order").check(check::no_child_orphaned_at_close());
/// ```
#[must_use]
pub fn no_child_orphaned_at_close() -> Arc<dyn Check> {
    Arc::new(NoChildOrphanedAtClose)
}

/// Nothing is pending when a workflow closes: [`no_activity_outlives_close`] (RH205), [`no_work_lost_at_close`] (RH214),
/// [`no_timer_left_at_close`] (RH217) and [`no_child_orphaned_at_close`] (RH219) as one.
///
/// Each finding has the code of the check that it comes from.
///
/// # Examples
///
/// ```
/// use rehearsal::{Code, Context, Scenario, Workflow, WorkflowError, check, hours, secs, select};
///
/// const WATCH: Workflow<(), ()> = Workflow::new("Watch");
///
/// async fn watch(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     select(ctx.timer(secs(5)), ctx.timer(hours(1))).await; // the mistake: the second one runs on
///     ctx.err().map_or(Ok(()), Err)
/// }
///
/// let failure = Scenario::new("watch")
///     .workflow(WATCH, watch)
///     .client(|world| drop(world.start(WATCH, "watch-7", ())))
///     .check(check::nothing_pending_at_close())
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::TimerLeft);
/// ```
#[must_use]
pub fn nothing_pending_at_close() -> Arc<dyn Check> {
    Arc::new(NothingPendingAtClose)
}
