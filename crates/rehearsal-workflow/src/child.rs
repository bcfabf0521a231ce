//! Child workflows: asking for one, its start and its end.

mod options;

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use rehearsal_activation::StartChild;
use rehearsal_history::SmolStr;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::options::ChildOptions;
use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::names::{Signal, Workflow};
use crate::operation::{Operation, Outcome, poll};
use crate::state::Shared;

impl Context {
    /// Starts a child workflow with the [child options](Self::with_child_options) of this context. It is asked for now,
    /// whether or not it is awaited.
    ///
    /// As in Go, a context that is canceled already asks for nothing: both the [start](ChildFuture::started) and the
    /// result are canceled at once. Canceled later, the child is asked to cancel as soon as it is known to run, and the
    /// result comes when the child has ended, in whatever way (C-42, C-44).
    ///
    /// A child that shares its id with one of this run that has not ended fails at once; nothing is sent.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON; inside of a workflow this fails the workflow task.
    #[track_caller]
    pub fn execute_child<I: Serialize, O: DeserializeOwned>(
        &self,
        workflow: Workflow<I, O>,
        input: I,
    ) -> ChildFuture<O> {
        self.seen(Location::caller());
        let several = workflow.has_several_arguments();
        let workflow_type = workflow.into_name();
        let input = codec::must_encode_arguments(
            format_args!("the input of child workflow `{workflow_type}`"),
            &input,
            several,
        );
        let command = StartChild { workflow_type, input, ..self.child_options().command() };
        let child = self.shared.borrow_mut().start_child(self.scope, command);
        ChildFuture { shared: Rc::clone(&self.shared), child, result: PhantomData }
    }
}

/// A child as the instance keeps it: its start and its end.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) start: Rc<Operation>,
    pub(crate) end: Rc<Operation>,
    /// Which execution it is, once it runs.
    pub(crate) execution: RefCell<Option<ChildExecution>>,
}

/// The execution of a child workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildExecution {
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its run: the first one if it is a chain of them.
    pub run_id: SmolStr,
}

impl ChildExecution {
    pub(crate) const fn new(workflow_id: SmolStr, run_id: SmolStr) -> Self {
        Self { workflow_id, run_id }
    }
}

/// A child workflow that was asked for: resolves to its result, or to what went wrong.
///
/// It may be awaited any number of times, also through clones, and gives the same each time. Dropping it changes
/// nothing: the child goes on, until its [parent close policy](ChildOptions::parent_close_policy) says otherwise.
///
/// A parent that closes before its child is known to run never starts it, whatever the policy says. So wait for
/// [`started`](Self::started) before you leave a child behind.
///
/// # Examples
///
/// ```
/// use rehearsal::{
///     ChildOptions, Context, ParentClosePolicy, Scenario, Status, Workflow, WorkflowError, mins,
/// };
///
/// const ORDER: Workflow<String, String> = Workflow::new("Order");
/// const SHIP: Workflow<String, String> = Workflow::new("Ship");
/// const THANK: Workflow<(), ()> = Workflow::new("Thank");
///
/// async fn order(ctx: Context, what: String) -> Result<String, WorkflowError> {
///     let shipping = ctx.with_child_options(ChildOptions::new().with_id("shipping-of-7"));
///     let parcel = shipping.execute_child(SHIP, what).await?;
///
///     // It is to outlive the order.
///     let left = ChildOptions::new().with_parent_close_policy(ParentClosePolicy::Abandon);
///     let thanks = ctx.with_child_options(left).execute_child(THANK, ());
///     thanks.started().await?;
///     Ok(parcel)
/// }
///
/// async fn ship(ctx: Context, what: String) -> Result<String, WorkflowError> {
///     ctx.timer(mins(30)).await?;
///     Ok(format!("parcel with {what}"))
/// }
///
/// async fn thank(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     ctx.timer(mins(60)).await
/// }
///
/// let outcome = Scenario::new("order")
///     .workflow(ORDER, order)
///     .workflow(SHIP, ship)
///     .workflow(THANK, thank)
///     .client(|world| drop(world.start(ORDER, "order-7", "a lamp".to_owned())))
///     .run();
/// let statuses: Vec<&Status> = outcome.executions.iter().map(|of| &of.status).collect();
/// assert_eq!(statuses, [&Status::Completed; 3]);
/// assert_eq!(outcome.executions[1].workflow_id, "shipping-of-7");
/// ```
#[must_use = "the result of a child workflow, or its failure, is lost if it is not awaited"]
pub struct ChildFuture<O> {
    shared: Shared,
    child: Rc<Child>,
    result: PhantomData<fn() -> O>,
}

impl<O> ChildFuture<O> {
    /// Resolves when the child runs, to its execution, or to why it could not be started.
    pub fn started(&self) -> ChildStarted {
        ChildStarted { shared: Rc::clone(&self.shared), child: Rc::clone(&self.child) }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.child.end.is_ready()
    }

    pub(crate) fn operation(&self) -> &Rc<Operation> {
        &self.child.end
    }

    /// Signals the child: waits until it runs, sends the signal, and waits until the child has it.
    ///
    /// Unlike most of what a context offers nothing is asked for before it is polled. `ctx` is any context of the
    /// workflow; its cancel changes nothing.
    ///
    /// # Errors
    ///
    /// The child could not be started, or has ended.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON; inside of a workflow this fails the workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Signal, Workflow, WorkflowError};
    ///
    /// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
    /// const HURRY: Signal<u32> = Signal::new("hurry");
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let shipping = ctx.execute_child(SHIP, ());
    ///     shipping.signal(&ctx, HURRY, 7).await?;
    ///     shipping.await
    /// }
    /// ```
    pub async fn signal<T: Serialize>(
        &self,
        ctx: &Context,
        signal: Signal<T>,
        value: T,
    ) -> Result<(), WorkflowError> {
        let execution = self.started().await?;
        ctx.signal_child(&execution, signal, value).await
    }
}

impl<O: DeserializeOwned> ChildFuture<O> {
    /// How the child ended, as workflow code sees it.
    pub(crate) fn decode(operation: &Operation, outcome: Outcome) -> Result<O, WorkflowError> {
        codec::decode(outcome?.as_ref()).map_err(|error| {
            WorkflowError::new(format_args!("unable to decode the result of {operation}: {error}"))
        })
    }
}

impl<O: DeserializeOwned> Future for ChildFuture<O> {
    type Output = Result<O, WorkflowError>;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        let end = &self.child.end;
        poll(&self.shared, end).map(|outcome| Self::decode(end, outcome))
    }
}

impl<O> Clone for ChildFuture<O> {
    fn clone(&self) -> Self {
        let (shared, child) = (Rc::clone(&self.shared), Rc::clone(&self.child));
        Self { shared, child, result: PhantomData }
    }
}

impl<O> fmt::Debug for ChildFuture<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildFuture").field(&self.child).finish()
    }
}

/// The start of a child workflow: resolves when it runs, to its execution; made by [`ChildFuture::started`].
#[must_use = "waits for nothing unless it is awaited"]
#[derive(Clone)]
pub struct ChildStarted {
    shared: Shared,
    child: Rc<Child>,
}

impl ChildStarted {
    /// Whether the child runs or has run, or could not be started.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.child.start.is_ready()
    }

    pub(crate) fn operation(&self) -> &Rc<Operation> {
        &self.child.start
    }

    /// What it gives, once it has ended in this way.
    pub(crate) fn decode(&self, outcome: Outcome) -> Result<ChildExecution, WorkflowError> {
        outcome?;
        match &*self.child.execution.borrow() {
            Some(execution) => Ok(execution.clone()),
            None => unreachable!("a child that was started has an execution"),
        }
    }
}

impl Future for ChildStarted {
    type Output = Result<ChildExecution, WorkflowError>;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        poll(&self.shared, &self.child.start).map(|outcome| self.decode(outcome))
    }
}

impl fmt::Debug for ChildStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildStarted").field(&self.child).finish()
    }
}
