//! The ready checks. Each holds in every run of a sweep, or the report says in which it does not.
//!
//! All times are virtual. A check that names an activity which the scenario does not know is itself a finding, RH502.
//!
//! [`recommended`] is what to start with: it names nothing and fits every workflow. Then say what yours is for:
//!
//! | what must hold | check |
//! |---|---|
//! | a cancel is cleaned up after | [`cleanup_iff_canceled`] |
//! | a step is undone if the workflow does not complete | [`compensated_exactly_once`], [`compensated_at_least_once`] |
//! | whatever happens, this comes after that | [`finally`] |
//! | a cancel's cleanup has completed, whatever else fails | [`cleanup_iff_canceled`] with [`completed()`](CleanupIffCanceled::completed) |
//! | a cancel is heard, and soon over | [`cancel_observed_or_completed_first`], [`cancel_is_over_within`] |
//! | a partial result is not taken for a whole one | [`canceled_must_not_complete`] |
//! | one activity is over before another begins | [`over_before`] |
//! | nothing runs on behind the close | [`no_activity_outlives_close`], [`no_work_lost_at_close`], [`no_timer_left_at_close`], [`no_child_orphaned_at_close`]; all as one: [`nothing_pending_at_close`] |
//! | an activity keeps to its part | [`activity_heartbeats_within`], [`one_attempt_at_a_time`] |
//! | a cron schedule is kept | [`no_round_skipped`] |
//! | the workflow ends as it may | [`ends_within`], [`status_in`] |
//! | something of your own | [`always`], [`never`](fn@never), [`eventually`], [`sometimes`] |
//! | any of these, where a cancel was seen | [`if_canceled`] |

mod attempts;
mod cancel;
mod close;
mod own;
mod undo;

use std::sync::Arc;

pub use rehearsal_engine::CleanupIffCanceled;
use rehearsal_engine::{Check, Recommended};

pub use self::attempts::{activity_heartbeats_within, one_attempt_at_a_time, over_before};
pub use self::cancel::{
    cancel_is_over_within, cancel_observed_or_completed_first, canceled_must_not_complete,
    cleanup_iff_canceled, skipped_reported_as_canceled,
};
pub use self::close::{
    ends_within, no_activity_outlives_close, no_child_orphaned_at_close, no_round_skipped,
    no_timer_left_at_close, no_work_lost_at_close, nothing_pending_at_close, status_in,
};
pub use self::own::{always, eventually, if_canceled, never, sometimes};
pub use self::undo::{compensated_at_least_once, compensated_exactly_once, finally};

/// What to start with: checks that hold of every workflow that is right, whatever it does.
///
/// They are [`skipped_reported_as_canceled`] and [`no_work_lost_at_close`]; more may follow. In every run Rehearsal also
/// checks by itself what holds of every workflow, such as that it replays.
///
/// # Examples
///
/// ```
/// use rehearsal::{Context, Scenario, Workflow, WorkflowError, check, secs};
///
/// const NAP: Workflow<(), ()> = Workflow::new("Nap");
///
/// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     ctx.sleep(secs(60)).await
/// }
///
/// Scenario::new("nap")
///     .workflow(NAP, nap)
///     .client(|world| {
///         world.start(NAP, "nap-1", ());
///     })
///     .check(check::recommended())
///     .sweep();
/// ```
#[must_use]
pub fn recommended() -> Arc<dyn Check> {
    Arc::new(Recommended)
}
