//! The client that the code of an activity has: it starts other executions, signals, cancels, and waits for them.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use futures::FutureExt as _;
use rehearsal_activation::names::{Signal, Update, Workflow};
use rehearsal_history::{Payloads, SmolStr, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Attempt;
use crate::world::{ClientError, Handle, StartOptions, decoded};

/// A client of the service in the hands of an activity: that of its worker, under whose identity it acts.
///
/// Its requests are made in the order in which they are awaited first, and take no virtual time. What else is due at that
/// moment may come before them or between them, as for everything that an activity does. One whose future is dropped
/// before it was awaited is never made; one that was awaited once is made all the same, unless the attempt ends first.
///
/// # Examples
///
/// ```
/// use rehearsal::{
///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Status, Workflow, WorkflowError, mins,
/// };
///
/// const ORDER: Workflow<(), ()> = Workflow::new("Order");
/// const INVOICE: Workflow<u32, ()> = Workflow::new("Invoice");
/// const BILL: Activity<u32, bool> = Activity::new("Bill");
///
/// /// Starts an execution of its own for the invoice, and waits until it is through.
/// async fn bill(ctx: ActivityContext, amount: u32) -> Result<bool, ActivityError> {
///     let client = ctx.client();
///     let invoice = client.start(INVOICE, "invoice-7", amount).await?;
///     Ok(client.wait(&invoice).await == Status::Completed)
/// }
///
/// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)));
///     let paid = ctx.execute(BILL, 30).await?;
///     if paid { Ok(()) } else { Err(WorkflowError::new("not paid")) }
/// }
///
/// async fn invoice(ctx: Context, _amount: u32) -> Result<(), WorkflowError> {
///     ctx.sleep(mins(3)).await
/// }
///
/// let outcome = Scenario::new("order")
///     .workflow(ORDER, order)
///     .workflow(INVOICE, invoice)
///     .activity(BILL, bill)
///     .client(|world| drop(world.start(ORDER, "order-7", ())))
///     .run();
/// assert_eq!(outcome.main().unwrap().status, Status::Completed);
/// assert_eq!(outcome.executions[1].workflow_id, "invoice-7");
/// ```
#[derive(Debug, Clone)]
pub struct ActivityClient(pub(super) Rc<Attempt>);

impl ActivityClient {
    /// Starts an execution on the queue `main`, with the default options.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service refuses it: another execution with this id is open.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON, which fails the attempt.
    #[expect(clippy::needless_pass_by_value, reason = "a constant is passed")]
    pub fn start<I: Serialize, O>(
        &self,
        workflow: Workflow<I, O>,
        workflow_id: &str,
        input: I,
    ) -> impl Future<Output = Result<Handle, ClientError>> + Unpin + use<I, O> {
        let options = StartOptions::of(&workflow, workflow_id, &input)
            .unwrap_or_else(|error| panic!("{}: {error}", workflow.name()));
        self.start_workflow(options)
    }

    /// Starts an execution with options.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service refuses it.
    pub fn start_workflow(
        &self,
        options: StartOptions,
    ) -> impl Future<Output = Result<Handle, ClientError>> + Unpin + use<> {
        self.call(Request::Start(Box::new(options)), |reply| match reply {
            Reply::Started(handle) => handle,
            Reply::Done | Reply::Closed(_) | Reply::Updated(..) => {
                unreachable!("a start is answered with a handle")
            }
        })
    }

    /// Sends a signal to an execution, which is started first if none with this id is running: in one request, so that the
    /// signal is the first thing that it is told.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service refuses it, as
    /// [`World::signal_with_start`](crate::World::signal_with_start) does.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON, which fails the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Signal, StartOptions, Workflow,
    ///     WorkflowError, mins,
    /// };
    ///
    /// const CART: Workflow<(), u32> = Workflow::new("Cart");
    /// const ADD: Signal<u32> = Signal::new("add");
    /// const SHOP: Workflow<(), ()> = Workflow::new("Shop");
    /// const PUT: Activity<u32, ()> = Activity::new("Put");
    ///
    /// async fn put(ctx: ActivityContext, item: u32) -> Result<(), ActivityError> {
    ///     let cart = StartOptions::new("Cart", "cart-7");
    ///     ctx.client().signal_with_start(cart, ADD, item).await?;
    ///     Ok(())
    /// }
    ///
    /// async fn shop(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    ///     ctx.execute(PUT, 3).await?;
    ///     ctx.execute(PUT, 4).await
    /// }
    ///
    /// async fn cart(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     let added = ctx.signals(ADD);
    ///     Ok(added.recv().await + added.recv().await)
    /// }
    ///
    /// let scenario = Scenario::new("shop").workflow(SHOP, shop).workflow(CART, cart).activity(PUT, put);
    /// let outcome = scenario.client(|world| drop(world.start(SHOP, "shop-1", ()))).run();
    /// assert_eq!(outcome.executions[1].workflow_id, "cart-7");
    /// assert_eq!(outcome.executions.len(), 2);
    /// ```
    pub fn signal_with_start<T: Serialize>(
        &self,
        options: StartOptions,
        signal: Signal<T>,
        value: T,
    ) -> impl Future<Output = Result<Handle, ClientError>> + Unpin + use<T> {
        let name = signal.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let options = Box::new(options);
        self.call(Request::SignalWithStart { options, name, input }, |reply| match reply {
            Reply::Started(handle) => handle,
            Reply::Done | Reply::Closed(_) | Reply::Updated(..) => {
                unreachable!("a start is answered with a handle")
            }
        })
    }

    /// Updates an execution, which is started first if none with this id is running, and waits for the result.
    /// [`StartOptions::id_conflict_policy`] must be given.
    ///
    /// # Errors
    ///
    /// The future gives what [`World::update_with_start`](crate::World::update_with_start) gives.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON, which fails the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, StartOptions, Update, Workflow,
    ///     WorkflowError, WorkflowIdConflictPolicy, mins,
    /// };
    ///
    /// const CART: Workflow<(), ()> = Workflow::new("Cart");
    /// const ADD: Update<u32, u32> = Update::new("add");
    /// const SHOP: Workflow<(), u32> = Workflow::new("Shop");
    /// const PUT: Activity<u32, u32> = Activity::new("Put");
    ///
    /// async fn put(ctx: ActivityContext, item: u32) -> Result<u32, ActivityError> {
    ///     let cart = StartOptions {
    ///         id_conflict_policy: WorkflowIdConflictPolicy::UseExisting,
    ///         ..StartOptions::new("Cart", "cart-7")
    ///     };
    ///     let (_cart, items) = ctx.client().update_with_start(cart, ADD, item).await?;
    ///     Ok(items)
    /// }
    ///
    /// async fn shop(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    ///     ctx.execute(PUT, 3).await
    /// }
    ///
    /// async fn cart(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.on_update(ADD, |_ctx, items| async move { Ok(items) }).await;
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let scenario = Scenario::new("shop").workflow(SHOP, shop).workflow(CART, cart).activity(PUT, put);
    /// let outcome = scenario.client(|world| drop(world.start(SHOP, "shop-1", ()))).run();
    /// let result = outcome.main().unwrap().result().unwrap();
    /// assert_eq!(result.as_slice()[0].as_json(), Some("3"));
    /// ```
    pub fn update_with_start<I: Serialize, O: DeserializeOwned>(
        &self,
        options: StartOptions,
        update: Update<I, O>,
        input: I,
    ) -> impl Future<Output = Result<(Handle, O), ClientError>> + Unpin + use<I, O> {
        let name = update.into_name();
        let input = Payloads::encode(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        let request = Request::UpdateWithStart {
            options: Box::new(options),
            name,
            update_id: SmolStr::default(),
            input,
        };
        let sent = self.call(request, |reply| match reply {
            Reply::Updated(handle, result) => (handle, result),
            Reply::Started(_) | Reply::Done | Reply::Closed(_) => {
                unreachable!("an update is answered with its result")
            }
        });
        sent.map(|answer| {
            let (handle, result) = answer?;
            Ok((handle, decoded(result.as_ref())?))
        })
    }

    /// Sends a signal to the current run of an execution.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service refuses it: the execution is closed, or closes.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON, which fails the attempt.
    pub fn signal<T: Serialize>(
        &self,
        handle: &Handle,
        signal: Signal<T>,
        value: T,
    ) -> impl Future<Output = Result<(), ClientError>> + Unpin + use<T> {
        let name = signal.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.signal_workflow(&handle.workflow_id, None, &name, input)
    }

    /// Sends a signal by name to an execution that is known by its id; `run_id` is `None` for its current run.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service refuses it.
    pub fn signal_workflow(
        &self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        input: Option<Payloads>,
    ) -> impl Future<Output = Result<(), ClientError>> + Unpin + use<> {
        let (name, to) = (name.into(), To::new(workflow_id, run_id));
        self.call(Request::Signal { to, name, input }, done)
    }

    /// Requests the cancel of the current run of an execution.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service does not know the execution. One that is closed is no error (C-3).
    pub fn cancel(
        &self,
        handle: &Handle,
    ) -> impl Future<Output = Result<(), ClientError>> + Unpin + use<> {
        self.cancel_workflow(&handle.workflow_id, None, "")
    }

    /// Requests the cancel of an execution that is known by its id; `run_id` is `None` for its current run.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the service does not know the execution or its run.
    pub fn cancel_workflow(
        &self,
        workflow_id: &str,
        run_id: Option<&str>,
        reason: &str,
    ) -> impl Future<Output = Result<(), ClientError>> + Unpin + use<> {
        let (to, reason) = (To::new(workflow_id, run_id), reason.into());
        self.call(Request::Cancel { to, reason }, done)
    }

    /// Ends the current run of an execution by force.
    ///
    /// # Errors
    ///
    /// The future gives [`ClientError`] if the execution is closed.
    pub fn terminate(
        &self,
        handle: &Handle,
        reason: &str,
    ) -> impl Future<Output = Result<(), ClientError>> + Unpin + use<> {
        let to = To::new(&handle.workflow_id, None);
        self.call(Request::Terminate { to, reason: reason.into() }, done)
    }

    /// Waits until the execution of a handle is closed, and says how it ended. One that goes on in another run is not
    /// closed: the last run of its chain is waited for, as the clients of both SDKs do.
    ///
    /// It does not end early when the activity is canceled, nor when its time is over; race it against
    /// [`canceled`](super::ActivityContext::canceled) for that.
    pub fn wait(&self, handle: &Handle) -> impl Future<Output = Status> + Unpin + use<> {
        let closed = self.call(Request::Wait(handle.clone()), |reply| match reply {
            Reply::Closed(status) => status,
            Reply::Started(_) | Reply::Done | Reply::Updated(..) => {
                unreachable!("a wait is answered with a status")
            }
        });
        Wait(closed)
    }

    fn call<T>(&self, request: Request, read: fn(Reply) -> T) -> Call<T> {
        Call { attempt: Rc::clone(&self.0), request: Some(request), slot: Slot::default(), read }
    }
}

fn done(_: Reply) {}

/// What is asked of the service.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Start(Box<StartOptions>),
    SignalWithStart {
        options: Box<StartOptions>,
        name: SmolStr,
        input: Option<Payloads>,
    },
    /// `update_id` is empty until it is sent for the first time.
    UpdateWithStart {
        options: Box<StartOptions>,
        name: SmolStr,
        update_id: SmolStr,
        input: Option<Payloads>,
    },
    Signal {
        to: To,
        name: SmolStr,
        input: Option<Payloads>,
    },
    Cancel {
        to: To,
        reason: SmolStr,
    },
    Terminate {
        to: To,
        reason: SmolStr,
    },
    Wait(Handle),
}

/// The execution that is meant.
#[derive(Debug, Clone)]
pub(crate) struct To {
    pub(crate) workflow_id: SmolStr,
    pub(crate) run_id: Option<SmolStr>,
}

impl To {
    fn new(workflow_id: &str, run_id: Option<&str>) -> Self {
        Self { workflow_id: workflow_id.into(), run_id: run_id.map(Into::into) }
    }
}

/// What the service answers.
#[derive(Debug)]
pub(crate) enum Reply {
    Started(Handle),
    Done,
    Closed(Status),
    Updated(Handle, Option<Payloads>),
}

/// Where an answer is put, for the code that waits for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Rc<RefCell<Option<Result<Reply, ClientError>>>>);

impl Slot {
    pub(crate) fn put(&self, answer: Result<Reply, ClientError>) {
        *self.0.borrow_mut() = Some(answer);
    }

    fn take(&self) -> Option<Result<Reply, ClientError>> {
        self.0.borrow_mut().take()
    }
}

/// A request that the code of an attempt has made.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) request: Request,
    pub(crate) slot: Slot,
}

/// The engine polls an attempt whenever a request of it is answered, so nothing is registered.
struct Call<T> {
    attempt: Rc<Attempt>,
    request: Option<Request>,
    slot: Slot,
    read: fn(Reply) -> T,
}

impl<T> Future for Call<T> {
    type Output = Result<T, ClientError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Self::Output> {
        if let Some(answer) = self.slot.take() {
            return Poll::Ready(answer.map(self.read));
        }
        if let Some(request) = self.request.take() {
            let sent = Sent { request, slot: self.slot.clone() };
            self.attempt.requests.borrow_mut().push(sent);
        }
        self.attempt.waits();
        Poll::Pending
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A wait is never refused.
struct Wait(Call<Status>);

impl Future for Wait {
    type Output = Status;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Status> {
        Pin::new(&mut self.0).poll(cx).map(|answer| match answer {
            Ok(status) => status,
            Err(error) => unreachable!("a wait is not refused: {error}"),
        })
    }
}
