//! Taking updates: handlers that workflow code sets, and the routine that an update becomes.
//!
//! The order is Go's (`defaultUpdateHandler` in `internal/internal_update.go`, `setUpdateHandler` and
//! `dispatcherImpl.newState` in `internal/internal_workflow.go` of Go SDK 1.47, with its flag 4): the routine of an update
//! is polled before all others; as long as no handler at all is set, updates wait for theirs. By the rules from before that
//! flag it is polled after all others, and waits for one round if no handler is set when it begins.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use rehearsal_activation::quiet;
use rehearsal_activation::{Flag, RespondUpdate, Update as Told, UpdateResponse, WorkflowCommand};
use rehearsal_history::{Failure, Payloads, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::names::Update;
use crate::operation::{Outcome, Waiting};
use crate::state::{Routine, Shared};

/// What a validator panics with that asks for something: what Go says to whoever uses a context outside of a routine.
const ILLEGAL: &str = "getState: illegal access from outside of workflow context";

/// What the handler of an update comes to.
type Running = Pin<Box<dyn Future<Output = Outcome>>>;

/// A handler without its types.
type Handler = Rc<dyn Fn(&Context, Option<&Payloads>, bool) -> Result<Running, WorkflowError>>;

/// The handlers of one run, and what waits for them.
#[derive(Default)]
pub(crate) struct Updates {
    handlers: BTreeMap<SmolStr, Handler>,
    /// Those that came before any handler was set, in the order in which they came.
    waiting: Vec<Told>,
    /// Those whose handler runs: the names, by ids.
    running: BTreeMap<SmolStr, SmolStr>,
    /// Whether a handler was set since the commands were taken.
    pub(crate) touched: bool,
}

impl Updates {
    /// What Go says to an update without a handler. It names the handlers in the order of a map; here they are sorted.
    fn unknown(&self, name: &str) -> WorkflowError {
        let known: Vec<&str> = self.handlers.keys().map(SmolStr::as_str).collect();
        let known = known.join(" ");
        WorkflowError::new(format_args!("unknown update {name}. KnownUpdates=[{known}]"))
    }

    /// The handlers that run, one short line each.
    pub(crate) fn running(&self) -> Vec<String> {
        self.running.values().map(|name| format!("update {name}")).collect()
    }

    /// Whether none runs.
    pub(crate) fn all_finished(&self) -> bool {
        self.running.is_empty()
    }
}

impl Context {
    /// Sets who takes an update, as `workflow.SetUpdateHandler` does; a handler of the same name is replaced. Await what it
    /// returns: updates that came before are looked at meanwhile, as in Go.
    ///
    /// The handler runs as a routine of its own, with a context that is canceled with the workflow, and may do all that
    /// the workflow may. What it returns is what the client gets. It is polled before the routines that are there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    ///
    /// use rehearsal::{Context, Scenario, Update, Workflow, WorkflowError};
    ///
    /// const CART: Workflow<(), u64> = Workflow::new("Cart");
    /// const ADD: Update<u64, u64> = Update::new("add");
    ///
    /// async fn cart(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    ///     let sum = Rc::new(Cell::new(0));
    ///     let total = Rc::clone(&sum);
    ///     ctx.on_update(ADD, move |_ctx, price| {
    ///         total.set(total.get() + price);
    ///         let total = total.get();
    ///         async move { Ok(total) }
    ///     })
    ///     .await;
    ///     ctx.wait(|| sum.get() >= 10).await?;
    ///     Ok(sum.get())
    /// }
    ///
    /// let mut world = Scenario::new("cart").workflow(CART, cart).world();
    /// let cart = world.start(CART, "cart-1", ());
    /// assert_eq!(world.update(&cart, ADD, 4)?, 4);
    /// assert_eq!(world.update(&cart, ADD, 6)?, 10);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[track_caller]
    pub fn on_update<I, O, F, Fut>(&self, update: Update<I, O>, handler: F) -> HandlerSet
    where
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
        F: Fn(Self, I) -> Fut + 'static,
        Fut: Future<Output = Result<O, WorkflowError>> + 'static,
    {
        self.on_update_if(update, |_input| Ok(()), handler)
    }

    /// As [`on_update`](Self::on_update), but `validator` is asked first, and refuses an update with its error: then nothing
    /// of it is recorded. It may look at what it shares with the workflow, and must not change it. No replay asks it again.
    #[track_caller]
    pub fn on_update_if<I, O, V, F, Fut>(
        &self,
        update: Update<I, O>,
        validator: V,
        handler: F,
    ) -> HandlerSet
    where
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
        V: Fn(&I) -> Result<(), WorkflowError> + 'static,
        F: Fn(Self, I) -> Fut + 'static,
        Fut: Future<Output = Result<O, WorkflowError>> + 'static,
    {
        self.seen(Location::caller());
        set(self, update, validator, handler);
        let missing = self.shared.borrow().missing_flags;
        HandlerSet {
            at_once: missing.contains(Flag::PriorityUpdateHandling),
            ..HandlerSet::new(self)
        }
    }

    /// Whether no handler of an update runs: what a workflow waits for before it returns, as with Go's
    /// `AllHandlersFinished`.
    #[must_use]
    pub fn all_handlers_finished(&self) -> bool {
        self.shared.borrow().updates.all_finished()
    }
}

/// Sets the handler of an update; those that have waited for it are started.
fn set<I, O, V, F, Fut>(context: &Context, update: Update<I, O>, validator: V, handler: F)
where
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
    V: Fn(&I) -> Result<(), WorkflowError> + 'static,
    F: Fn(Context, I) -> Fut + 'static,
    Fut: Future<Output = Result<O, WorkflowError>> + 'static,
{
    let name = update.into_name();
    let of = name.clone();
    let handler = move |context: &Context, input: Option<&Payloads>, validates: bool| {
        let input: I = codec::decode(input).map_err(|error| {
            WorkflowError::new(format_args!(
                "unable to decode the input for update \"{of}\": {error}"
            ))
        })?;
        if validates {
            look_only(&context.shared, || validator(&input))?;
        }
        let running = handler(context.clone(), input);
        Ok(Box::pin(async move {
            let output = running.await?;
            codec::encode_result(&output).map_err(|error| {
                WorkflowError::new(format_args!("unable to encode the result: {error}"))
            })
        }) as Running)
    };
    let mut state = context.shared.borrow_mut();
    state.updates.touched = true;
    state.updates.handlers.insert(name.clone(), Rc::new(handler));
    let (waited, rest) =
        std::mem::take(&mut state.updates.waiting).into_iter().partition(|it| it.name == name);
    state.updates.waiting = rest;
    let waited: Vec<Told> = waited;
    let routines: Vec<Routine> =
        waited.into_iter().map(|told| routine(&context.shared, told)).collect();
    state.spawn_first(routines);
}

/// An update has come. No workflow code runs here.
pub(crate) fn receive(shared: &Shared, told: &Told) {
    let mut state = shared.borrow_mut();
    if state.missing_flags.contains(Flag::PriorityUpdateHandling) {
        state.spawn(late(shared, told.clone()));
    } else if state.updates.handlers.is_empty() {
        state.updates.waiting.push(told.clone());
    } else {
        state.spawn_first(vec![routine(shared, told.clone())]);
    }
}

/// Nothing gets any further: updates that still wait for a handler will not get one. Says whether there were any.
pub(crate) fn give_up(shared: &Shared) -> bool {
    let mut state = shared.borrow_mut();
    let waiting = std::mem::take(&mut state.updates.waiting);
    if waiting.is_empty() {
        return false;
    }
    let routines = waiting.into_iter().map(|told| routine(shared, told)).collect();
    state.spawn_first(routines);
    true
}

/// What an update runs as by the rules from before flag 4.
fn late(shared: &Shared, told: Told) -> Routine {
    let routine = routine(shared, told);
    let context = Context::root(Rc::clone(shared));
    Box::pin(async move {
        if context.shared.borrow().updates.handlers.is_empty() {
            HandlerSet::new(&context).await;
        }
        // It holds the state, as all routines do; not longer than they.
        drop(context);
        routine.await;
    })
}

/// What an update runs as.
fn routine(shared: &Shared, told: Told) -> Routine {
    let shared = Rc::clone(shared);
    Box::pin(async move {
        let respond = |response| {
            let protocol_instance_id = told.protocol_instance_id.clone();
            let respond = RespondUpdate { protocol_instance_id, response };
            shared.borrow_mut().ask(WorkflowCommand::RespondUpdate(Box::new(respond)));
        };
        let handler = shared.borrow().updates.handlers.get(&told.name).cloned();
        let context = Context::root(Rc::clone(&shared));
        let running = match handler {
            None => Err(shared.borrow().updates.unknown(&told.name)),
            Some(handler) => handler(&context, told.input.as_ref(), told.validates),
        };
        let running = match running {
            Ok(running) => running,
            Err(error) => return respond(UpdateResponse::Rejected(recorded(error))),
        };
        respond(UpdateResponse::Accepted);
        let (id, name) = (told.id.clone(), told.name.clone());
        shared.borrow_mut().updates.running.insert(id, name);
        let outcome = running.await;
        shared.borrow_mut().updates.running.remove(&told.id);
        respond(match outcome {
            Ok(result) => UpdateResponse::Completed(result),
            Err(error) => UpdateResponse::Failed(recorded(error)),
        });
    })
}

fn recorded(error: WorkflowError) -> Box<Failure> {
    Box::new(error.into_recorded())
}

/// Runs a validator, which may look at the workflow and no more. One that panics refuses the update
/// (`updateHandler.validate`).
fn look_only(
    shared: &Shared,
    validate: impl FnOnce() -> Result<(), WorkflowError>,
) -> Result<(), WorkflowError> {
    let before = shared.borrow_mut().forbidden.replace(ILLEGAL);
    let validated = quiet::catch(validate);
    shared.borrow_mut().forbidden = before;
    validated.unwrap_or_else(|panic| {
        // Go lets this one through: it fails the workflow task.
        assert!(panic.message != ILLEGAL, "{ILLEGAL}");
        Err(WorkflowError::new(format_args!("update validator panic: {}", panic.message)))
    })
}

/// Ends when updates that have waited for a handler have been looked at; made by [`Context::on_update`].
#[must_use = "updates that came before the handler was set run when it is awaited, as in Go"]
#[derive(Debug)]
pub struct HandlerSet {
    context: Context,
    ticket: u64,
    yielded: bool,
    /// By the rules from before flag 4 nothing has waited for the handler.
    at_once: bool,
}

impl HandlerSet {
    fn new(context: &Context) -> Self {
        let ticket = context.shared.borrow_mut().ticket();
        Self { context: context.clone(), ticket, yielded: false, at_once: false }
    }
}

impl Future for HandlerSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<()> {
        let shared = Rc::clone(&self.context.shared);
        let mut state = shared.borrow_mut();
        state.advance();
        if self.yielded || self.at_once {
            return Poll::Ready(());
        }
        self.yielded = true;
        state.wait(self.ticket, || Waiting::Condition);
        Poll::Pending
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("running", &self.running).finish_non_exhaustive()
    }
}
