//! Stubs: what an activity does when its code is left out.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Fault;
use rehearsal_engine::{ActivityContext, ActivityError, ActivityResult};
use rehearsal_history::Payloads;
use serde::de::DeserializeOwned;

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

type Answer<O> = Arc<dyn Fn(Option<&Payloads>) -> Result<O, ActivityError> + Send + Sync>;

impl<O, K> Clone for Stub<O, K> {
    fn clone(&self) -> Self {
        let attempts = self
            .attempts
            .iter()
            .map(|attempt| Attempt { after: attempt.after, answer: Arc::clone(&attempt.answer) })
            .collect();
        Self { attempts, takes: PhantomData }
    }
}

impl<O, K> fmt::Debug for Stub<O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub").field("attempts", &self.attempts.len()).finish()
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
        Self { attempts, takes: PhantomData }
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
        Stub { attempts: self.attempts, takes: PhantomData }
    }

    /// Does what the stub says; `encode` writes its answer.
    pub(crate) async fn run(
        self,
        ctx: ActivityContext,
        input: Option<Payloads>,
        encode: fn(&O) -> Result<Option<Payloads>, String>,
    ) -> ActivityResult {
        let nth = usize::try_from(ctx.attempt()).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(attempt) = self.attempts.get(nth).or(self.attempts.last()) else {
            return Err(ActivityError::from("a stub without attempts"));
        };
        if !attempt.after.is_zero() {
            ctx.sleep(attempt.after).await;
        }
        let value = (attempt.answer)(input.as_ref())?;
        encode(&value).map_err(|why| ActivityError::from(why).with_fault(Fault::Result))
    }
}

/// An error that a test asks for.
fn declared(error: ActivityError) -> ActivityError {
    error.with_fault(Fault::Declared)
}
