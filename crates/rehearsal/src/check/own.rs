//! Checks in words of the user's own.

use std::sync::Arc;

use rehearsal_engine::{Always, Check, Eventually, Finding, IfCanceled, Never, Outcome, Sometimes};

/// Something of your own that must hold in each run (RH900): `holds` says in one line what is wrong.
///
/// It sees the whole run: histories, what was called when, signals, timers, children, how each workflow stands, and the
/// fakes as the run has left them; `docs/checks.md` shows what can be asked. It is asked when the run is over, which for a
/// baseline that never ends is its horizon. An `assert!` in it that fails is a finding as well. [`never`](fn@never) can point at what
/// is wrong.
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

/// Something of your own that must be in no run (RH900): `finds` gives what is there, none if it is not.
///
/// As [`always`], but what is wrong is a [`Finding`]: it points at events, says what became of a call, names an operation, and
/// gives a hint, as those of the ready checks do. An `Option` is given back, so that `?` leaves where there is nothing, or a
/// `Vec`.
///
/// ```
/// use rehearsal::{Activity, Finding, Scenario, check};
///
/// const CHARGE: Activity<u64, String> = Activity::new("Charge");
///
/// let scenario = Scenario::new("order").check(check::never("a second charge", |outcome| {
///     let mut done = outcome.calls(CHARGE).filter(|call| call.returned::<String>().is_some());
///     let (_first, again) = (done.next()?, done.next()?);
///     let cents: u64 = again.argument().ok()?;
///     Some(Finding::from(format!("{cents} cents were charged again"))
///         .at_call(again, outcome)
///         .with_hint("give the bank a key that is the same in each attempt, such as the activity id"))
/// }));
/// ```
#[must_use]
pub fn never<F: IntoIterator<Item = Finding>>(
    name: &str,
    finds: impl Fn(&Outcome) -> F + Send + Sync + 'static,
) -> Arc<dyn Check> {
    Arc::new(Never::new(name, finds))
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

/// Another check, of those runs only in which a workflow saw a cancel: a workflow task that was accepted told it of one
/// ([`Execution::saw_cancel`](rehearsal_engine::Execution::saw_cancel)).
///
/// ```
/// use rehearsal::{Activity, Scenario, check};
///
/// const CHARGE: Activity<u64, String> = Activity::new("Charge");
/// const REFUND: Activity<String, ()> = Activity::new("Refund");
///
/// // Nothing is kept of somebody who withdrew.
/// let nothing_kept = check::always("nothing is kept", |outcome| {
///     let charged = outcome.calls(CHARGE).filter(|call| call.returned::<String>().is_some()).count();
///     let refunded = outcome.calls(REFUND).filter(|call| call.returned::<()>().is_some()).count();
///     if refunded < charged { Err(format!("{charged} charges, {refunded} refunds")) } else { Ok(()) }
/// });
/// let scenario = Scenario::new("order").check(check::if_canceled(nothing_kept));
/// ```
#[must_use]
pub fn if_canceled(check: impl Check + 'static) -> Arc<dyn Check> {
    Arc::new(IfCanceled::new(check))
}
