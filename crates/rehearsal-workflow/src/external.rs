//! Signals and cancels of other workflows.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use rehearsal_activation::{CancelExternal, ExternalTarget, SignalExternal};
use rehearsal_history::SmolStr;
use serde::Serialize;

use crate::child::ChildExecution;
use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::names::Signal;
use crate::operation::{Operation, poll};
use crate::state::Shared;

/// Another workflow: by its id, or by its id and the id of a run.
///
/// # Examples
///
/// ```
/// use rehearsal::ExternalWorkflow;
///
/// let current = ExternalWorkflow::from("order-7");
/// assert_eq!(current.run_id, None);
/// let certain = ExternalWorkflow::from("order-7").with_run("f3a1");
/// assert_eq!(certain.run_id.as_deref(), Some("f3a1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalWorkflow {
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its run; `None` for the current one.
    pub run_id: Option<SmolStr>,
}

impl ExternalWorkflow {
    /// This workflow, but the run with this id.
    #[must_use]
    pub fn with_run(mut self, run_id: impl Into<SmolStr>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    fn into_target(self) -> ExternalTarget {
        let run_id = self.run_id.filter(|run_id| !run_id.is_empty());
        ExternalTarget { workflow_id: self.workflow_id, run_id, child_only: false }
    }
}

impl<T: Into<SmolStr>> From<T> for ExternalWorkflow {
    fn from(workflow_id: T) -> Self {
        Self { workflow_id: workflow_id.into(), run_id: None }
    }
}

impl Context {
    /// Signals another workflow, now, whether or not that is awaited. A cancel of this context changes nothing (C-46).
    ///
    /// It is lost if this workflow closes in the same workflow task, or before the server has sent it on (W-16).
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON; inside of a workflow this fails the workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Signal, WorkflowError};
    ///
    /// const PAID: Signal<u64> = Signal::new("paid");
    ///
    /// async fn pay(ctx: Context, order: String) -> Result<bool, WorkflowError> {
    ///     // No such workflow, or it has ended.
    ///     Ok(ctx.signal_external(order, PAID, 700).await.is_ok())
    /// }
    /// ```
    #[track_caller]
    pub fn signal_external<T: Serialize>(
        &self,
        workflow: impl Into<ExternalWorkflow>,
        signal: Signal<T>,
        value: T,
    ) -> ExternalFuture {
        self.send_signal(workflow.into().into_target(), signal, &value)
    }

    /// Signals a child of this workflow: the current run of it, as in Go.
    ///
    /// # Panics
    ///
    /// As [`signal_external`](Self::signal_external).
    #[track_caller]
    pub fn signal_child<T: Serialize>(
        &self,
        child: &ChildExecution,
        signal: Signal<T>,
        value: T,
    ) -> ExternalFuture {
        let workflow_id = child.workflow_id.clone();
        let target = ExternalTarget { workflow_id, run_id: None, child_only: true };
        self.send_signal(target, signal, &value)
    }

    #[track_caller]
    fn send_signal<T: Serialize>(
        &self,
        target: ExternalTarget,
        signal: Signal<T>,
        value: &T,
    ) -> ExternalFuture {
        self.seen(Location::caller());
        let name = signal.into_name();
        let input = codec::must_encode(format_args!("signal `{name}`"), value);
        let command = SignalExternal { target, name, input, ..SignalExternal::default() };
        let operation = self.shared.borrow_mut().signal_external(command);
        ExternalFuture { shared: Rc::clone(&self.shared), operation }
    }

    /// Asks another workflow to cancel, now, whether or not that is awaited. A cancel of this context changes nothing
    /// (C-46).
    ///
    /// It resolves when the other workflow has the request, not when it has ended. One that has ended already is no
    /// error. As [`signal_external`](Self::signal_external), it is lost if this workflow closes before it was sent on.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, WorkflowError};
    ///
    /// async fn recall(ctx: Context, order: String) -> Result<(), WorkflowError> {
    ///     ctx.cancel_external(order).await
    /// }
    /// ```
    #[track_caller]
    pub fn cancel_external(&self, workflow: impl Into<ExternalWorkflow>) -> ExternalFuture {
        self.seen(Location::caller());
        let target = workflow.into().into_target();
        let command = CancelExternal { target, ..CancelExternal::default() };
        let operation = self.shared.borrow_mut().cancel_external(command);
        ExternalFuture { shared: Rc::clone(&self.shared), operation }
    }
}

/// A signal to another workflow or a cancel of it: resolves when that workflow has it, or to why it has not.
///
/// It may be awaited any number of times, also through clones. Dropping it changes nothing.
#[must_use = "whether it arrived is lost if it is not awaited"]
#[derive(Clone)]
pub struct ExternalFuture {
    shared: Shared,
    operation: Rc<Operation>,
}

impl ExternalFuture {
    /// Whether it is known whether it arrived.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.operation.is_ready()
    }

    pub(crate) const fn operation(&self) -> &Rc<Operation> {
        &self.operation
    }
}

impl Future for ExternalFuture {
    type Output = Result<(), WorkflowError>;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        poll(&self.shared, &self.operation).map(|outcome| outcome.map(drop))
    }
}

impl fmt::Debug for ExternalFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExternalFuture").field(&self.operation).finish()
    }
}
