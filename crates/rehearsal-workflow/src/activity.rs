//! The future of an activity.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use rehearsal_activation::Misread;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::error::WorkflowError;
use crate::operation::{Kind, Operation, Outcome, poll};
use crate::state::Shared;

/// An activity that was asked for: resolves to its result, or to what went wrong.
///
/// It may be awaited any number of times, also through clones, and gives the same each time. Dropping it changes
/// nothing: the activity goes on.
#[must_use = "the result of an activity, or its failure, is lost if it is not awaited"]
pub struct ActivityFuture<O> {
    shared: Shared,
    operation: Rc<Operation>,
    result: PhantomData<fn() -> O>,
}

impl<O> ActivityFuture<O> {
    pub(crate) fn new(shared: Shared, operation: Rc<Operation>) -> Self {
        Self { shared, operation, result: PhantomData }
    }

    pub(crate) const fn operation(&self) -> &Rc<Operation> {
        &self.operation
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.operation.is_ready()
    }
}

impl<O: DeserializeOwned> Future for ActivityFuture<O> {
    type Output = Result<O, WorkflowError>;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        poll(&self.shared, &self.operation)
            .map(|outcome| Self::decode(&self.shared, &self.operation, outcome))
    }
}

impl<O: DeserializeOwned> ActivityFuture<O> {
    /// How the activity ended, as workflow code sees it.
    pub(crate) fn decode(
        shared: &Shared,
        operation: &Operation,
        outcome: Outcome,
    ) -> Result<O, WorkflowError> {
        codec::decode(outcome?.as_ref()).map_err(|why| {
            let error = WorkflowError::new(format_args!(
                "unable to decode the result of {operation}: {why}"
            ));
            if let Kind::Activity { name, .. } = &operation.kind {
                let misread = Misread { activity: name.clone(), why };
                shared.borrow_mut().misread.insert(misread);
            }
            error
        })
    }
}

impl<O> Clone for ActivityFuture<O> {
    fn clone(&self) -> Self {
        Self::new(Rc::clone(&self.shared), Rc::clone(&self.operation))
    }
}

impl<O> fmt::Debug for ActivityFuture<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActivityFuture").field(&self.operation).finish()
    }
}
