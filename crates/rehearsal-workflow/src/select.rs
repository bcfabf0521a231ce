//! Waiting for several things at once, in an order that never varies.
//!
//! All of these poll in the order in which the futures are given, in every pass, without wakers of their own. Of several
//! that are ready the first one given wins. Macros and combinators that choose at random, or that poll only what was
//! woken (`FuturesUnordered`, `join_all` of the `futures` crate beyond 30 futures), do not work in workflow code.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

pub use futures::future::Either;

/// Waits for the first of two futures; if both are ready, for `left`. The other one is dropped.
///
/// To go on waiting for the loser, pass a clone of it, or `&mut`: futures of operations allow both.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::{Activity, Context, Either, WorkflowError, select};
///
/// const WORK: Activity<(), String> = Activity::new("Work");
///
/// async fn at_most_a_minute(ctx: Context, (): ()) -> Result<String, WorkflowError> {
///     let (scope, cancel) = ctx.with_cancel();
///     match select(scope.execute(WORK, ()), ctx.timer(Duration::from_secs(60))).await {
///         Either::Left(result) => result,
///         Either::Right(_) => {
///             cancel.cancel();
///             Err(WorkflowError::application("took too long", "TooLong"))
///         }
///     }
/// }
/// ```
pub async fn select<L: Future, R: Future>(left: L, right: R) -> Either<L::Output, R::Output> {
    let mut left = pin!(left);
    let mut right = pin!(right);
    poll_fn(|cx| {
        if let Poll::Ready(output) = left.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(output));
        }
        right.as_mut().poll(cx).map(Either::Right)
    })
    .await
}

/// Waits for the first of many futures; if several are ready, for the one given first. Gives its index and output.
///
/// Without any futures it never ends, which counts as waiting for nothing that a workflow can wait for.
pub async fn select_all<F: Future>(futures: impl IntoIterator<Item = F>) -> (usize, F::Output) {
    let mut futures: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    poll_fn(|cx| {
        for (index, future) in futures.iter_mut().enumerate() {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready((index, output));
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits for both futures.
pub async fn join<L: Future, R: Future>(left: L, right: R) -> (L::Output, R::Output) {
    let mut left = pin!(left);
    let mut right = pin!(right);
    let mut outputs = (None, None);
    poll_fn(|cx| {
        if outputs.0.is_none()
            && let Poll::Ready(output) = left.as_mut().poll(cx)
        {
            outputs.0 = Some(output);
        }
        if outputs.1.is_none()
            && let Poll::Ready(output) = right.as_mut().poll(cx)
        {
            outputs.1 = Some(output);
        }
        match (outputs.0.take(), outputs.1.take()) {
            (Some(left), Some(right)) => Poll::Ready((left, right)),
            unfinished => {
                outputs = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits for all futures; gives their outputs in the order of the futures.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<Result<F::Output, Pin<Box<F>>>> =
        futures.into_iter().map(|future| Err(Box::pin(future))).collect();
    poll_fn(|cx| {
        for slot in &mut futures {
            if let Err(future) = slot
                && let Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = Ok(output);
            }
        }
        if futures.iter().any(Result::is_err) {
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut futures).into_iter().filter_map(Result::ok).collect())
    })
    .await
}
