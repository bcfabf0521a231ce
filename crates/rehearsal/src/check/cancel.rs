//! What a cancel asks for: that it is heard, cleaned up after, and soon over.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{
    CancelObservedOrCompletedFirst, CancelOverWithin, CanceledMustNotComplete, Check,
    CleanupIffCanceled, SkippedReportedAsCanceled,
};

use crate::names::ActivityName;

/// Cleanup runs if and only if the workflow was canceled (RH201, RH202).
///
/// A workflow was canceled if a workflow task that was accepted delivered the cancel request. One that comes too late
/// for the workflow to see it calls for no cleanup, nor does one that comes when the work is done: if the first task that
/// delivers it closes the workflow as Completed or `ContinuedAsNew`, and neither cancels nor starts an activity, Temporal
/// does not call the workflow canceled. [`even_if_completed()`](CleanupIffCanceled::even_if_completed) asks for cleanup
/// there too. [`compensated_exactly_once`](crate::check::compensated_exactly_once) has the same notion of canceled.
///
/// *Ran* means, by default, that the code of the activity was entered and that it ended before the workflow closed: it
/// completed; or it failed or timed out for good and the workflow closed as Failed, so that somebody is told. A cleanup
/// that was skipped, that nobody waited for, that no worker took in time or whose failure was swallowed did not run.
/// What is returned can be asked for another reading:
///
/// | | cleanup must |
/// |---|---|
/// | [`scheduled()`](CleanupIffCanceled::scheduled) | have been scheduled, on a context that is not canceled |
/// | [`started()`](CleanupIffCanceled::started) | have been entered |
/// | by default | have ended before the close: completed, or the workflow closed as Failed |
/// | [`completed()`](CleanupIffCanceled::completed) | have completed, however the workflow closed |
///
/// A workflow that is told of its cancel in its first workflow task has begun nothing, so it may leave the cleanup out;
/// [`even_if_nothing_began()`](CleanupIffCanceled::even_if_nothing_began) asks for it there too. What undoes one step,
/// and must not run where that step was not begun, is a case for [`compensated_exactly_once`](crate::check::compensated_exactly_once).
///
/// Not judged are workflows that are open when the run is over, which is another finding, and those that were
/// terminated: their code is not told.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Workflow, WorkflowError, check, hours, secs};
///
/// const RESERVE: Workflow<(), ()> = Workflow::new("Reserve");
/// const HOLD: Activity<(), ()> = Activity::new("Hold");
/// const RELEASE: Activity<(), ()> = Activity::new("Release");
///
/// async fn reserve(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)));
///     let held = async {
///         ctx.execute(HOLD, ()).await?;
///         ctx.sleep(hours(1)).await
///     };
///     let held = held.await;
///     if ctx.is_canceled() {
///         // The mistake: it is scheduled, and nobody waits for it.
///         drop(ctx.disconnected().execute(RELEASE, ()));
///     }
///     held
/// }
///
/// let scenario = |cleanup| {
///     Scenario::new("reserve")
///         .workflow(RESERVE, reserve)
///         .stub(HOLD, Stub::returns(()))
///         .stub(RELEASE, Stub::returns(()))
///         .client(|world| {
///             world.start(RESERVE, "table-7", ());
///         })
///         .check(cleanup)
/// };
/// let failure = scenario(check::cleanup_iff_canceled(RELEASE)).try_sweep().unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::CleanupMissing);
/// assert!(scenario(check::cleanup_iff_canceled(RELEASE).scheduled()).try_sweep().is_ok());
/// ```
#[must_use]
pub fn cleanup_iff_canceled<K>(activity: impl ActivityName<K>) -> CleanupIffCanceled {
    CleanupIffCanceled::new(activity.activity_name())
}

/// Every activity that is started on a canceled context is reported as canceled, and its code is never entered.
#[must_use]
pub fn skipped_reported_as_canceled() -> Arc<dyn Check> {
    Arc::new(SkippedReportedAsCanceled)
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

/// A workflow that is canceled is closed at most `limit` after its cancel was accepted (RH216).
///
/// A close at exactly `limit` is in time; of several requests the first counts. How long a workflow takes that is not
/// canceled is not looked at: [`ends_within`](crate::check::ends_within) does. One that is open when the run is over is RH301.
///
/// ```
/// use rehearsal::{Scenario, check, mins};
///
/// let scenario = Scenario::new("order").check(check::cancel_is_over_within(mins(1)));
/// ```
#[must_use]
pub fn cancel_is_over_within(limit: Duration) -> Arc<dyn Check> {
    Arc::new(CancelOverWithin { limit })
}

/// A workflow that was canceled does not close as Completed: a partial result is not taken for a whole one (RH220).
///
/// It was canceled as [`cleanup_iff_canceled`] has it: a workflow task that was accepted delivered the request, and the
/// work was not done by then. It may close as Canceled, or as Failed with an error of its own. A run that goes on as new is
/// not judged; the last run of its chain is. Leave this check out if a cancel means "stop here, and return what there is".
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Workflow, WorkflowError, check, secs};
///
/// const COUNT: Workflow<(), u32> = Workflow::new("Count");
/// const PAGE: Activity<u32, u32> = Activity::new("Page");
///
/// async fn count(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)));
///     let mut lines = 0;
///     for page in 0..3 {
///         match ctx.execute(PAGE, page).await {
///             Ok(more) => lines += more,
///             Err(_) => break, // the mistake: a cancel ends the loop, and what there is looks like all
///         }
///     }
///     Ok(lines)
/// }
///
/// let failure = Scenario::new("count")
///     .workflow(COUNT, count)
///     .stub(PAGE, Stub::returns(40).after(secs(1)))
///     .client(|world| {
///         world.start(COUNT, "count-1", ());
///     })
///     .check(check::canceled_must_not_complete())
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::CanceledCompleted);
/// ```
#[must_use]
pub fn canceled_must_not_complete() -> Arc<dyn Check> {
    Arc::new(CanceledMustNotComplete)
}
