//! Stubs: what an activity does when its code is left out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Fault;
use rehearsal_engine::{ActivityContext, ActivityError, ActivityResult};
use rehearsal_history::Payloads;
use serde::de::DeserializeOwned;

/// Stands in for the code of an activity that returns an `O`.
///
/// ```
/// use rehearsal::{ActivityError, Stub, secs};
///
/// let slow = Stub::returns("receipt 7".to_owned()).after(secs(2));
/// let flaky = Stub::fails(ActivityError::from("busy")).then(Stub::returns("receipt 7".to_owned()));
/// ```
pub struct Stub<O> {
    attempts: Vec<Attempt<O>>,
}

struct Attempt<O> {
    after: Duration,
    answer: Answer<O>,
}

type Answer<O> = Arc<dyn Fn(Option<&Payloads>) -> Result<O, ActivityError> + Send + Sync>;

impl<O> Clone for Stub<O> {
    fn clone(&self) -> Self {
        let attempts = self
            .attempts
            .iter()
            .map(|attempt| Attempt { after: attempt.after, answer: Arc::clone(&attempt.answer) })
            .collect();
        Self { attempts }
    }
}

impl<O> fmt::Debug for Stub<O> {
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

    /// Computes the answer from the arguments, at every attempt.
    ///
    /// Arguments that cannot be read as an `I` fail the attempt, as they would fail the code of the activity.
    ///
    /// ```
    /// use rehearsal::{ActivityError, Stub};
    ///
    /// let charge = Stub::computes(|amount: u64| match amount {
    ///     0 => Err(ActivityError::from("nothing to charge")),
    ///     _ => Ok(format!("receipt for {amount}")),
    /// });
    /// ```
    #[must_use]
    pub fn computes<I: DeserializeOwned>(
        answer: impl Fn(I) -> Result<O, ActivityError> + Send + Sync + 'static,
    ) -> Self {
        Self::answers(move |input| {
            let input = Payloads::decode(input).map_err(|error| {
                ActivityError::from(error.to_string()).with_fault(Fault::Arguments)
            })?;
            answer(input).map_err(declared)
        })
    }

    /// Fails with `error` at once, at every attempt.
    #[must_use]
    pub fn fails(error: ActivityError) -> Self {
        Self::answers(move |_| Err(declared(error.clone())))
    }

    fn answers(
        answer: impl Fn(Option<&Payloads>) -> Result<O, ActivityError> + Send + Sync + 'static,
    ) -> Self {
        Self { attempts: vec![Attempt { after: Duration::ZERO, answer: Arc::new(answer) }] }
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
    pub fn then(mut self, next: Self) -> Self {
        self.attempts.extend(next.attempts);
        self
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
