//! What the attempts of one activity keep to, and of one activity before another.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{ActivityHeartbeatsWithin, Check, OneAttemptAtATime, OverBefore};

use crate::names::ActivityName;

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

/// No attempt of `activity` begins while the code of an earlier one still runs (RH215).
///
/// The server tries an activity again as soon as an attempt has timed out. If the worker is alive, its code goes on until
/// it looks at its context, and two attempts do the same work at once. The attempts of one scheduled activity are
/// compared; one may begin at the very nanosecond at which the one before ends. An attempt that died with its worker runs
/// no longer.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, RetryPolicy, Scenario};
/// use rehearsal::{Tape, Workflow, WorkflowError, check, secs};
///
/// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
/// const PACK: Activity<(), ()> = Activity::new("Pack");
///
/// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let twice = RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() };
///     let options = ActivityOptions::start_to_close(secs(5)).with_retry_policy(twice);
///     ctx.with_activity_options(options).execute(PACK, ()).await
/// }
///
/// /// The first attempt takes longer than it may, and does not look at its context.
/// async fn pack(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
///     let takes = if ctx.attempt() == 1 { secs(20) } else { secs(1) };
///     ctx.sleep(takes).await;
///     Ok(())
/// }
///
/// let failure = Scenario::new("ship")
///     .workflow(SHIP, ship)
///     .activity(PACK, pack)
///     .client(|world| {
///         world.start(SHIP, "order-7", ());
///     })
///     .check(check::one_attempt_at_a_time(PACK))
///     .try_run(&Tape::calm())
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::AttemptsOverlap);
/// ```
#[must_use]
pub fn one_attempt_at_a_time<K>(activity: impl ActivityName<K>) -> Arc<dyn Check> {
    Arc::new(OneAttemptAtATime { activity: activity.activity_name().into() })
}

/// When the code of `then` begins, that of `first` is over, if `first` was asked for before (RH221).
///
/// All attempts of `first` count, whether the service still waits for them or not. A workflow is told that an attempt has
/// timed out while its code may run on, so what it frees then is still written to. One may end at the very nanosecond at
/// which `then` begins. An attempt that died with its worker runs no longer, and one of which a fault has lost a heartbeat
/// is not judged. That `first` has run at all, and what came of it, is not looked at; local activities are not either.
///
/// # Examples
///
/// ```
/// use rehearsal::{Activity, ActivityOptions, Code, Context, Scenario, Stub, Workflow, WorkflowError, check, secs};
///
/// const COPY: Workflow<(), ()> = Workflow::new("Copy");
/// const WRITE: Activity<(), ()> = Activity::new("Write");
/// const UNLOCK: Activity<(), ()> = Activity::new("Unlock");
///
/// async fn copy(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     // Without `with_wait_for_cancellation` the disk is unlocked while somebody still writes.
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)));
///     let written = ctx.execute(WRITE, ()).await;
///     ctx.disconnected().execute(UNLOCK, ()).await?;
///     written
/// }
///
/// let failure = Scenario::new("copy")
///     .workflow(COPY, copy)
///     .stub(WRITE, Stub::returns(()).after(secs(5)))
///     .stub(UNLOCK, Stub::returns(()))
///     .client(|world| {
///         world.start(COPY, "copy-7", ());
///     })
///     .check(check::over_before(WRITE, UNLOCK))
///     .try_sweep()
///     .unwrap_err();
/// assert_eq!(failure.findings()[0].code, Code::OrderBroken);
/// ```
#[must_use]
pub fn over_before<K, L>(
    first: impl ActivityName<K>,
    then: impl ActivityName<L>,
) -> Arc<dyn Check> {
    Arc::new(OverBefore { first: first.activity_name().into(), then: then.activity_name().into() })
}
