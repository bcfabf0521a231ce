//! The future of a timer.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use crate::error::WorkflowError;
use crate::operation::{Operation, poll};
use crate::state::Shared;

/// A timer that was started: resolves when its time is up, or to a canceled error.
///
/// It may be awaited any number of times, also through clones. Dropping it does not cancel it.
#[must_use = "a timer does not stop the workflow unless it is awaited"]
#[derive(Clone)]
pub struct TimerFuture {
    shared: Shared,
    operation: Rc<Operation>,
}

impl TimerFuture {
    pub(crate) fn new(shared: Shared, operation: Rc<Operation>) -> Self {
        Self { shared, operation }
    }

    pub(crate) const fn operation(&self) -> &Rc<Operation> {
        &self.operation
    }

    /// Whether its time is up, or it was canceled.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.operation.is_ready()
    }
}

impl Future for TimerFuture {
    type Output = Result<(), WorkflowError>;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        poll(&self.shared, &self.operation).map(|outcome| outcome.map(drop))
    }
}

impl fmt::Debug for TimerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimerFuture").field(&self.operation).finish()
    }
}
