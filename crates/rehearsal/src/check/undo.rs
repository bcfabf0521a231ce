//! What must come after something that began.

use std::sync::Arc;

use rehearsal_engine::{Check, Compensated, Finally};

use crate::names::ActivityName;

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
/// If the workflow completed, the code of the compensation did not run, unless the workflow was canceled before its work
/// was done, as [`cleanup_iff_canceled`](crate::check::cleanup_iff_canceled) has it: then the step may be undone. One that was terminated, timed out or is open
/// cannot undo anything any more, or not yet: there the compensation must only not come too often. The attempts of an
/// activity are one step together, and a step that was scheduled three times is undone three times.
///
/// It does not fit a workflow that returns a value after it has undone its steps for another reason; return the error.
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
    Arc::new(Compensated::exactly_once(step.activity_name(), compensation.activity_name()))
}

/// A step that took place is undone if its workflow does not complete (RH211), by an undo that is harmless where nothing
/// was done.
///
/// As [`compensated_exactly_once`], but the compensation may also run if the step failed, was skipped or was never
/// begun, and more often than once. In a workflow that completed it must not run if the step took place (RH212).
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const LOCK: Activity<u64, ()> = Activity::new("Lock");
/// const UNLOCK: Activity<u64, ()> = Activity::new("UnlockIfLocked");
///
/// let scenario = Scenario::new("order").check(check::compensated_at_least_once(LOCK, UNLOCK));
/// ```
#[must_use]
pub fn compensated_at_least_once<K, L>(
    step: impl ActivityName<K>,
    compensation: impl ActivityName<L>,
) -> Arc<dyn Check> {
    Arc::new(Compensated::at_least_once(step.activity_name(), compensation.activity_name()))
}

/// Whenever `begins` began, `follows` ran to its end before the workflow closed, however it closed (RH213).
///
/// `begins` began when its code was entered, whatever became of it then. `follows` must have been scheduled after the
/// last one that began; it ran to its end as in [`cleanup_iff_canceled`](crate::check::cleanup_iff_canceled): it completed before the close, or it failed
/// for good and the workflow closed as Failed. That it may also run where nothing began is not looked at.
///
/// A workflow that times out is judged, since a lock stays locked all the same. One that was terminated is not, and one
/// that is open when the run is over is another finding.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Workflow, WorkflowError, check, secs};
///
/// const PRINT: Workflow<(), ()> = Workflow::new("Print");
/// const LOCK: Activity<(), ()> = Activity::new("Lock");
/// const PAGES: Activity<(), ()> = Activity::new("Pages");
/// const UNLOCK: Activity<(), ()> = Activity::new("Unlock");
///
/// async fn print(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)));
///     ctx.execute(LOCK, ()).await?;
///     ctx.execute(PAGES, ()).await?; // the mistake: `?` leaves with the lock
///     ctx.disconnected().execute(UNLOCK, ()).await
/// }
///
/// let failure = Scenario::new("print")
///     .workflow(PRINT, print)
///     .stub(LOCK, Stub::returns(()))
///     .stub(PAGES, Stub::returns(()).after(secs(5)))
///     .stub(UNLOCK, Stub::returns(()))
///     .client(|world| {
///         world.start(PRINT, "print-1", ());
///     })
///     .check(check::finally(LOCK, UNLOCK))
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::NotFollowed);
/// ```
#[must_use]
pub fn finally<K, L>(
    begins: impl ActivityName<K>,
    follows: impl ActivityName<L>,
) -> Arc<dyn Check> {
    Arc::new(Finally {
        begins: begins.activity_name().into(),
        follows: follows.activity_name().into(),
    })
}
