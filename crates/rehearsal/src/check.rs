//! The ready checks. Each holds in every run of a sweep, or the report says in which it does not.
//!
//! All times are virtual. A check that names an activity which the scenario does not know is itself a finding, RH502.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{
    ActivityHeartbeatsWithin, Always, CancelObservedOrCompletedFirst, Check, CleanupIffCanceled,
    CompensatedExactlyOnce, EndsWithin, Eventually, NoActivityOutlivesClose, Outcome,
    SkippedReportedAsCanceled, Sometimes, StatusIn,
};
use rehearsal_history::Status;

use crate::names::ActivityName;

/// Cleanup runs if and only if the workflow was canceled.
///
/// The activity must be scheduled, and its code entered, exactly when a workflow task that was accepted delivered the
/// cancel request. A cancel that comes too late for the workflow to see it calls for no cleanup.
#[must_use]
pub fn cleanup_iff_canceled<K>(activity: impl ActivityName<K>) -> Arc<dyn Check> {
    Arc::new(CleanupIffCanceled { activity: activity.activity_name().into() })
}

/// Every activity that is started on a canceled context is reported as canceled, and its code is never entered.
#[must_use]
pub fn skipped_reported_as_canceled() -> Arc<dyn Check> {
    Arc::new(SkippedReportedAsCanceled)
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

/// A workflow that was told of its cancel does not complete as if nothing had been (RH206).
///
/// One of these must be so:
///
/// - no workflow task that was accepted delivered the request: the workflow was over before;
/// - the task that delivered it asked for something: it canceled an operation, started cleanup, or closed the workflow;
/// - a later task started an operation on a canceled context, and so was told;
/// - the workflow closed as Canceled, or with an error of its own.
///
/// Only the history is looked at. A workflow that waits on a disconnected context, looks at its cancel later and then
/// only returns a value is taken for one that overlooked it; returning the canceled error shows that it did not.
///
/// ```
/// use rehearsal::{Scenario, check};
///
/// let scenario = Scenario::new("order").check(check::cancel_observed_or_completed_first());
/// ```
#[must_use]
pub fn cancel_observed_or_completed_first() -> Arc<dyn Check> {
    Arc::new(CancelObservedOrCompletedFirst)
}

/// A step that took place is undone exactly once if its workflow does not complete, and only then (RH211, RH212).
///
/// In each execution that closed as Failed or Canceled:
///
/// | the step | the compensation |
/// |---|---|
/// | completed; or its code ran, and it was canceled, timed out or was still open at the close | completed exactly once |
/// | failed, or its code never ran | completed once or not at all |
/// | was never scheduled, or skipped | its code did not run |
///
/// If the workflow completed, the code of the compensation did not run. One that was terminated, timed out or is open
/// cannot undo anything any more, or not yet: there the compensation must only not come too often. The attempts of an
/// activity are one step together, and a step that was scheduled three times is undone three times.
///
/// It does not fit a workflow that returns a value after it has undone its steps; return the error.
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
/// const REFUND: Activity<u64, ()> = Activity::new("Refund");
///
/// let scenario = Scenario::new("order").check(check::compensated_exactly_once(CHARGE, REFUND));
/// ```
#[must_use]
pub fn compensated_exactly_once<K, L>(
    step: impl ActivityName<K>,
    compensation: impl ActivityName<L>,
) -> Arc<dyn Check> {
    Arc::new(CompensatedExactlyOnce {
        step: step.activity_name().into(),
        compensation: compensation.activity_name().into(),
    })
}

/// Every workflow ends at most `limit` after its cancel was accepted, or after its start if there was none (RH207).
///
/// An end at exactly `limit` is in time; of several requests the first counts. A workflow that is open when the run is
/// over is RH301, or the horizon of a sweep, and not judged here.
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
/// A workflow that is open when the run is over is RH301, or the horizon of a sweep, and not judged here.
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

/// No attempt of `activity` is silent for longer than `limit`: from its start to its first heartbeat, from one to the
/// next, and from the last one to its end (RH209).
///
/// Heartbeats are how an activity learns that it is canceled, so this bounds how late it does. Those count that reach
/// the service: the worker holds them back for 0.8 of the heartbeat timeout, or 30 s without one. The heartbeat timeout
/// itself is a good `limit`.
///
/// ```
/// use rehearsal::{Activity, Scenario, check, secs};
///
/// const SHIP: Activity<(), ()> = Activity::new("Ship");
///
/// let scenario = Scenario::new("order").check(check::activity_heartbeats_within(SHIP, secs(5)));
/// ```
#[must_use]
pub fn activity_heartbeats_within<K>(
    activity: impl ActivityName<K>,
    limit: Duration,
) -> Arc<dyn Check> {
    Arc::new(ActivityHeartbeatsWithin { activity: activity.activity_name().into(), limit })
}

/// Something of your own that must hold in each run (RH900): `holds` says in one line what is wrong.
///
/// It sees the whole run: histories, what was called when, how each workflow stands. It is asked when the run is over,
/// which for a baseline that never ends is its horizon.
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const CHARGE: Activity<(), ()> = Activity::new("Charge");
///
/// let scenario = Scenario::new("order").check(check::always("charged once", |outcome| {
///     match outcome.calls(CHARGE).count() {
///         0 | 1 => Ok(()),
///         calls => Err(format!("{} was called {calls} times", CHARGE.name())),
///     }
/// }));
/// ```
#[must_use]
pub fn always(
    name: &str,
    holds: impl Fn(&Outcome) -> Result<(), String> + Send + Sync + 'static,
) -> Arc<dyn Check> {
    Arc::new(Always::new(name, holds))
}

/// Something that at least one run must reach (RH210): that the runs go where you think they go.
///
/// Judged over all runs of a sweep or of an exploration together, the one in which nothing strikes included, if nothing
/// else is found. One run by itself is not judged.
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const REFUND: Activity<(), ()> = Activity::new("Refund");
///
/// let scenario = Scenario::new("order")
///     .check(check::sometimes("money goes back", |outcome| outcome.calls(REFUND).count() > 0));
/// ```
#[must_use]
pub fn sometimes(
    name: &str,
    reached: impl Fn(&Outcome) -> bool + Send + Sync + 'static,
) -> Arc<dyn Check> {
    Arc::new(Sometimes::new(name, reached))
}

/// Something that must be so at the end of each run that ends (RH900).
///
/// It is asked when every workflow is closed and what was under way then has come to rest. A run that is left at its
/// horizon has not ended, and is not judged: that is the difference to [`always`].
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const NOTIFY: Activity<(), ()> = Activity::new("Notify");
///
/// let scenario = Scenario::new("order")
///     .check(check::eventually("the customer hears of it", |outcome| {
///         outcome.calls(NOTIFY).any(|call| call.ended.is_some())
///     }));
/// ```
#[must_use]
pub fn eventually(
    name: &str,
    reached: impl Fn(&Outcome) -> bool + Send + Sync + 'static,
) -> Arc<dyn Check> {
    Arc::new(Eventually::new(name, reached))
}
