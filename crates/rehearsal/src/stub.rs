//! Stubs: what an activity does when its code is left out.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Fault;
use rehearsal_engine::{
    ActivityCode, ActivityContext, ActivityError, ActivityFuture, ActivityResult,
};
use rehearsal_history::{Payloads, SmolStr, duration_text};
use serde::de::DeserializeOwned;

use crate::scenario::caught;

/// Stands in for the code of an activity that returns an `O`; `K` says what the activity must take: [`Anything`], or what
/// the stub [computes](Stub::computes) from, [`Takes`].
///
/// ```
/// use rehearsal::{ActivityError, Stub, secs};
///
/// let slow = Stub::returns("receipt 7".to_owned()).after(secs(2));
/// let flaky = Stub::fails(ActivityError::from("busy")).then(Stub::returns("receipt 7".to_owned()));
/// ```
pub struct Stub<O, K = Anything> {
    attempts: Vec<Attempt<O>>,
    others: Vec<Other>,
    takes: PhantomData<fn(K)>,
}

/// Marks a stub that looks at no arguments, so that it fits every activity.
#[derive(Debug, Clone, Copy)]
pub enum Anything {}

/// Marks a stub that computes from an `I`, so that it fits activities that take one.
pub struct Takes<I>(PhantomData<fn(I)>, Infallible);

impl<I> fmt::Debug for Takes<I> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {}
    }
}

/// Marks of stubs that fit an activity that takes an `I`.
#[diagnostic::on_unimplemented(
    message = "the stub computes from something else than the activity takes",
    label = "the activity takes `{I}`, the stub is marked `{Self}`",
    note = "give `Stub::computes` a closure that takes `{I}`"
)]
pub trait Fits<I> {}

impl<I> Fits<I> for Anything {}

impl<I> Fits<I> for Takes<I> {}

/// Marks of stubs that can be chained with [`Stub::then`], and the mark of both together.
#[diagnostic::on_unimplemented(
    message = "two stubs in a row compute from different arguments",
    label = "`{Self}`, then `{Next}`"
)]
pub trait Join<Next> {
    /// The mark of both.
    type Both;
}

impl Join<Self> for Anything {
    type Both = Self;
}

impl<I> Join<Takes<I>> for Anything {
    type Both = Takes<I>;
}

impl<I> Join<Anything> for Takes<I> {
    type Both = Self;
}

impl<I> Join<Self> for Takes<I> {
    type Both = Self;
}

struct Attempt<O> {
    after: Duration,
    answer: Answer<O>,
}

/// What any attempt may do besides what it is described with.
#[derive(Debug, Clone)]
enum Other {
    /// It fails with this where it would answer.
    Fails(ActivityError),
    /// It takes this long.
    Takes(Duration),
}

type Answer<O> = Arc<dyn Fn(Option<&Payloads>) -> Result<O, ActivityError> + Send + Sync>;

impl<O, K> Clone for Stub<O, K> {
    fn clone(&self) -> Self {
        let attempts = self
            .attempts
            .iter()
            .map(|attempt| Attempt { after: attempt.after, answer: Arc::clone(&attempt.answer) })
            .collect();
        Self { attempts, others: self.others.clone(), takes: PhantomData }
    }
}

impl<O, K> fmt::Debug for Stub<O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub").field("attempts", &self.attempts.len()).finish_non_exhaustive()
    }
}

impl<O: 'static> Stub<O> {
    /// Returns `value` at once, at every attempt.
    #[must_use]
    pub fn returns(value: O) -> Self
    where
        O: Clone + Send + Sync,
    {
        Self::answers(move |_| Ok(value.clone()))
    }

    /// Fails with `error` at once, at every attempt.
    #[must_use]
    pub fn fails(error: ActivityError) -> Self {
        Self::answers(move |_| Err(declared(error.clone())))
    }
}

impl<O: 'static, I: DeserializeOwned> Stub<O, Takes<I>> {
    /// Computes the answer from the arguments, at every attempt.
    ///
    /// It fits activities that take an `I`. Arguments that cannot be read as one, of a workflow that has another type for
    /// the activity, fail the attempt, as they would fail the code of the activity; if that is all that ever happens, it
    /// is a finding (RH601).
    ///
    /// ```
    /// use rehearsal::{Activity, ActivityError, Scenario, Stub};
    ///
    /// const CHARGE: Activity<u64, String> = Activity::new("Charge");
    ///
    /// let charge = Stub::computes(|amount: u64| match amount {
    ///     0 => Err(ActivityError::from("nothing to charge")),
    ///     _ => Ok(format!("receipt for {amount}")),
    /// });
    /// let flaky = Stub::fails(ActivityError::from("busy")).then(charge);
    /// let scenario = Scenario::new("order").stub(CHARGE, flaky);
    /// ```
    ///
    /// One that takes something else does not compile:
    ///
    /// ```compile_fail,E0277
    /// use rehearsal::{Activity, Scenario, Stub};
    ///
    /// const CHARGE: Activity<u64, String> = Activity::new("Charge");
    ///
    /// let charge = Stub::computes(|amount: String| Ok(format!("receipt for {amount}")));
    /// let scenario = Scenario::new("order").stub(CHARGE, charge);
    /// ```
    #[must_use]
    pub fn computes(
        answer: impl Fn(I) -> Result<O, ActivityError> + Send + Sync + 'static,
    ) -> Self {
        Self::answers(move |input| {
            let input = Payloads::decode_arguments(input).map_err(|error| {
                ActivityError::from(error.to_string()).with_fault(Fault::Arguments)
            })?;
            answer(input).map_err(declared)
        })
    }
}

impl<O: 'static, K> Stub<O, K> {
    fn answers(
        answer: impl Fn(Option<&Payloads>) -> Result<O, ActivityError> + Send + Sync + 'static,
    ) -> Self {
        let attempts = vec![Attempt { after: Duration::ZERO, answer: Arc::new(answer) }];
        Self { attempts, others: Vec::new(), takes: PhantomData }
    }

    /// The last attempt described so far takes this long in virtual time. It ignores a cancel.
    #[must_use]
    pub fn after(mut self, by: Duration) -> Self {
        if let Some(last) = self.attempts.last_mut() {
            last.after = by;
        }
        self
    }

    /// What the attempts after those described so far do. The last one described stands for all that follow.
    #[must_use]
    pub fn then<L>(mut self, next: Stub<O, L>) -> Stub<O, K::Both>
    where
        K: Join<L>,
    {
        self.attempts.extend(next.attempts);
        self.others.extend(next.others);
        Stub { attempts: self.attempts, others: self.others, takes: PhantomData }
    }

    /// Any attempt may also fail with `error`, when it would have answered.
    ///
    /// Whether one does is a choice, `stub` on the tape: never in the calm run nor in a sweep, now and then in an
    /// [exploration](crate::Scenario::explore), as one of its faults; `docs/fault-model.md` says how often. A
    /// scenario [without faults](crate::Scenario::without_faults) has none of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Activity, ActivityError, ActivityOptions, Code, Context, Exploration, Scenario, Status, Stub};
    /// use rehearsal::{Workflow, WorkflowError, check, mins, secs};
    ///
    /// const BUY: Workflow<(), ()> = Workflow::new("Buy");
    /// const CHARGE: Activity<(), ()> = Activity::new("Charge");
    ///
    /// async fn buy(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.with_activity_options(ActivityOptions::start_to_close(mins(1))).execute(CHARGE, ()).await
    /// }
    ///
    /// let empty = ActivityError::application("the card is empty", "NoMoney").non_retryable();
    /// let failure = Scenario::new("buy")
    ///     .workflow(BUY, buy)
    ///     .stub(CHARGE, Stub::returns(()).or_fails(empty).or_takes(secs(1)..mins(5)))
    ///     .client(|world| drop(world.start(BUY, "order-7", ())))
    ///     .check(check::status_in([Status::Completed, Status::Canceled]))
    ///     .try_explore(Exploration::new(500))
    ///     .unwrap_err();
    /// assert_eq!(failure.findings()[0].code, Code::WrongStatus);
    /// assert_eq!(failure.tape().to_string(), "stub.0.0=1");
    /// assert!(failure.report().contains("failed with \"the card is empty\""), "{failure}");
    /// ```
    #[must_use]
    pub fn or_fails(mut self, error: ActivityError) -> Self {
        self.others.push(Other::Fails(error));
        self
    }

    /// Any attempt may also take another time than it is described with: one of four, from the shortest of `times` to the
    /// longest, a millisecond before its end. It ignores a cancel, and what it answers stays.
    ///
    /// As [`or_fails`](Self::or_fails) this is a choice; the shorter of the times has the lower number on the tape.
    ///
    /// # Panics
    ///
    /// Panics if `times` is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Stub, mins, secs};
    ///
    /// let charge = Stub::returns("receipt 7".to_owned()).after(secs(2)).or_takes(secs(1)..mins(5));
    /// ```
    #[must_use]
    pub fn or_takes(mut self, times: Range<Duration>) -> Self {
        assert!(!times.is_empty(), "a stub takes some time of {times:?}");
        let longest = times.end.saturating_sub(Duration::from_millis(1)).max(times.start);
        let third = longest.saturating_sub(times.start).as_millis() / 3;
        let third = Duration::from_millis(u64::try_from(third).unwrap_or(u64::MAX));
        let takes = [times.start, times.start + third, longest.saturating_sub(third), longest];
        self.others.extend(takes.map(Other::Takes));
        self
    }

    /// The code that does what the stub says; `encode` writes its answer.
    pub(crate) fn into_code(self, encode: Encode<O>) -> StubCode<O, K> {
        StubCode { stub: self, encode }
    }

    /// Does what the stub says; `encode` writes its answer.
    async fn run(
        self,
        ctx: ActivityContext,
        input: Option<Payloads>,
        other: Option<Other>,
        encode: Encode<O>,
    ) -> ActivityResult {
        let nth = usize::try_from(ctx.attempt()).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(attempt) = self.attempts.get(nth).or(self.attempts.last()) else {
            return Err(ActivityError::from("a stub without attempts"));
        };
        let (after, fails) = match other {
            None => (attempt.after, None),
            Some(Other::Fails(error)) => (attempt.after, Some(error)),
            Some(Other::Takes(time)) => (time, None),
        };
        if !after.is_zero() {
            ctx.sleep(after).await;
        }
        if let Some(error) = fails {
            return Err(declared(error));
        }
        let value = (attempt.answer)(input.as_ref())?;
        encode(&value).map_err(|why| ActivityError::from(why).with_fault(Fault::Result))
    }
}

/// What writes the answer of a stub.
type Encode<O> = fn(&O) -> Result<Option<Payloads>, String>;

/// A stub as the code of an activity.
pub(crate) struct StubCode<O, K> {
    stub: Stub<O, K>,
    encode: Encode<O>,
}

impl<O: 'static, K: 'static> StubCode<O, K> {
    /// What an attempt does that goes this way, from 1.
    fn other(&self, way: usize) -> Option<&Other> {
        self.stub.others.get(way.checked_sub(1)?)
    }
}

impl<O: 'static, K: 'static> ActivityCode for StubCode<O, K> {
    fn start(&self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture {
        self.start_other(0, ctx, input)
    }

    fn other_ways(&self) -> usize {
        self.stub.others.len()
    }

    fn start_other(
        &self,
        way: usize,
        ctx: ActivityContext,
        input: Option<Payloads>,
    ) -> ActivityFuture {
        let other = self.other(way).cloned();
        caught(&ctx.clone(), self.stub.clone().run(ctx, input, other, self.encode))
    }

    fn other_way(&self, way: usize) -> SmolStr {
        match self.other(way) {
            None => SmolStr::default(),
            Some(Other::Fails(error)) => format!("failed with \"{error}\"").into(),
            Some(Other::Takes(time)) => format!("took {}", duration_text(*time)).into(),
        }
    }
}

/// An error that a test asks for.
fn declared(error: ActivityError) -> ActivityError {
    error.with_fault(Fault::Declared)
}
