//! Checks in words of the user's own.

use std::sync::Arc;

use rehearsal_engine::{Always, Check, Eventually, Outcome, Sometimes};

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
