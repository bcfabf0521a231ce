//! Waiting for something that is no operation: a condition of workflow code, or the cancel of a context.
//!
//! The order of the questions is Go's (C-17, `internal/workflow.go`: `Await`, `awaitWithOptions` of Go SDK 1.47).

use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use rehearsal_activation::Asked;

use crate::context::Context;
use crate::error::WorkflowError;
use crate::operation::Waiting;
use crate::scope::Look;
use crate::timer::TimerFuture;

/// What Go calls a wait with a timeout, in histories and errors.
const NAME: &str = "AwaitWithTimeout";

/// Ends when its context is canceled; made by [`Context::done`].
#[must_use = "futures do nothing unless they are awaited"]
#[derive(Debug, Clone)]
pub struct Done {
    context: Context,
    ticket: u64,
}

impl Done {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone(), ticket: context.shared.borrow_mut().ticket() }
    }
}

impl Future for Done {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut state = self.context.shared.borrow_mut();
        if state.scopes.look(self.context.scope) != Look::Open {
            state.advance();
            return Poll::Ready(());
        }
        state.wait(self.ticket, || Waiting::Cancellation);
        Poll::Pending
    }
}

/// Ends when its condition is true or its context is canceled; made by [`Context::wait`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Wait<C> {
    context: Context,
    ticket: u64,
    condition: C,
}

/// The ticket of a condition that workflow code waits for.
fn ticket(context: &Context) -> u64 {
    let mut state = context.shared.borrow_mut();
    state.note_asked(Asked::Condition);
    state.ticket()
}

impl<C> Wait<C> {
    pub(crate) fn new(context: &Context, condition: C) -> Self {
        Self { context: context.clone(), ticket: ticket(context), condition }
    }
}

// Nothing in it is ever pinned: the condition is called through `&mut`.
impl<C> Unpin for Wait<C> {}

impl<C: FnMut() -> bool> Future for Wait<C> {
    type Output = Result<(), WorkflowError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        let result = if (self.condition)() {
            Ok(())
        } else if self.context.finds_cancel() {
            Err(WorkflowError::canceled_with_details(&"Await context canceled"))
        } else {
            self.context.shared.borrow_mut().wait(self.ticket, || Waiting::Condition);
            return Poll::Pending;
        };
        self.context.shared.borrow_mut().advance();
        Poll::Ready(result)
    }
}

impl<C> fmt::Debug for Wait<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("context", &self.context).finish_non_exhaustive()
    }
}

/// Ends when its condition is true, its time is up or its context is canceled; made by [`Context::wait_timeout`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitTimeout<C> {
    context: Context,
    ticket: u64,
    timer: TimerFuture,
    condition: C,
    /// Go asks the condition only after it has yielded once.
    yielded: bool,
}

impl<C> WaitTimeout<C> {
    pub(crate) fn new(context: &Context, timeout: Duration, condition: C) -> Self {
        let ticket = ticket(context);
        let timer = context.start_timer(timeout, Some(NAME));
        Self { context: context.clone(), ticket, timer, condition, yielded: false }
    }
}

// Nothing in it is ever pinned: the condition is called through `&mut`, and a timer is a pair of pointers.
impl<C> Unpin for WaitTimeout<C> {}

impl<C: FnMut() -> bool> Future for WaitTimeout<C> {
    type Output = Result<bool, WorkflowError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let result = if self.yielded && (self.condition)() {
            Ok(true)
        } else if self.context.finds_cancel() {
            // Go means to fill the name into the text, but passes both as details; so both are recorded.
            Err(WorkflowError::canceled_with_all(["%s context canceled", NAME]))
        } else if self.timer.is_ready() {
            Ok(false)
        } else {
            // Names the timer among what is waited for.
            let _pending = Pin::new(&mut self.timer).poll(cx);
            let mut state = self.context.shared.borrow_mut();
            state.wait(self.ticket, || Waiting::Condition);
            if !self.yielded {
                state.advance();
                drop(state);
                self.yielded = true;
            }
            return Poll::Pending;
        };
        self.context.shared.borrow_mut().advance();
        Poll::Ready(result)
    }
}

impl<C> fmt::Debug for WaitTimeout<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitTimeout").field("timer", &self.timer).finish_non_exhaustive()
    }
}
