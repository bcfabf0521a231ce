//! A selector in Go's manner: cases that are added, and one that is taken.
//!
//! The order is Go's (`selectorImpl.Select`, `internal/internal_workflow.go` of Go SDK 1.47): of what is ready when it is
//! asked the case that was added first; if nothing is, what comes first.

mod channels;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use rehearsal_history::SmolStr;
use serde::de::DeserializeOwned;

use crate::activity::ActivityFuture;
use crate::blocked::{Blocking, Slot, Source, Who};
use crate::channel;
use crate::child::{ChildExecution, ChildFuture, ChildStarted};
use crate::context::Context;
use crate::error::WorkflowError;
use crate::external::ExternalFuture;
use crate::operation::{Operation, Outcome, Waiting};
use crate::scope::{Look, ScopeId};
use crate::signal::{Receive, SignalChannel};
use crate::state::{Queued, Shared, State};
use crate::timer::TimerFuture;

/// Waits for the first of its cases, in the order in which Go's `Selector` would; made by [`Context::selector`].
///
/// Cases are added once, and [`select`](Self::select) is called as often as one likes. What each case gives goes through
/// its closure, so that all give the same type: an enum of yours, as a rule.
///
/// - Of several cases that are ready when it is asked, the one that was added first is taken.
/// - If none is, it gives the [`default`](Self::default), or waits. It is then woken by what comes *first*, whatever the
///   order of the cases: a signal that comes in the same workflow task as the end of an activity, but before it, is taken
///   before it. [`select()`](crate::select()) knows the order of its arguments only.
/// - An activity, timer or child is taken once; then its case is used up. Signals are taken one by one. A canceled context is
///   taken once as well if it was canceled by the time it was asked for; but if its cancel wakes a selector that waits,
///   that case stays ready, as in Go. Stop selecting on it then.
/// - A signal that is no `T` is dropped when its turn comes, and the next one of its name is waited for, as by the
///   `Receive` in the function of a Go selector.
///
/// - A channel of workflow code is taken value by value, until it is closed: that is taken once, as `None`. (In Go the next
///   one who receives finds a zero value first if the close woke a selector.)
///
/// Cases that are [given up](Self::default_async) for a default which itself waits are not quite given up, as in Go.
///
/// # Examples
///
/// ```
/// use rehearsal::{
///     Activity, ActivityOptions, Context, Payloads, Scenario, Signal, Stub, Workflow, WorkflowError, mins, secs,
/// };
///
/// const ORDER: Workflow<(), Vec<String>> = Workflow::new("Order");
/// const PACK: Activity<(), u32> = Activity::new("Pack");
/// const NOTE: Signal<String> = Signal::new("note");
///
/// enum Step {
///     Packed(Result<u32, WorkflowError>),
///     Noted(String),
///     Late,
///     Canceled,
/// }
///
/// async fn order(ctx: Context, (): ()) -> Result<Vec<String>, WorkflowError> {
///     let work = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
///     let mut notes = Vec::new();
///     let mut selector = ctx
///         .selector()
///         .activity(&work.execute(PACK, ()), Step::Packed)
///         .signal(&ctx.signals(NOTE), Step::Noted)
///         .timer(&ctx.timer(secs(30)), |_| Step::Late)
///         .done(&ctx, || Step::Canceled);
///     loop {
///         match selector.select().await {
///             Step::Noted(note) => notes.push(note),
///             Step::Late => notes.push("late".to_owned()),
///             Step::Packed(parcels) => {
///                 notes.push(format!("{} parcels", parcels?));
///                 return Ok(notes);
///             }
///             Step::Canceled => return Err(WorkflowError::canceled()),
///         }
///     }
/// }
///
/// let outcome = Scenario::new("order")
///     .workflow(ORDER, order)
///     .stub(PACK, Stub::returns(3).after(secs(40)))
///     .client(|world| {
///         let order = world.start(ORDER, "order-7", ());
///         world.advance(secs(10));
///         world.signal(&order, NOTE, "fragile".to_owned()).unwrap();
///     })
///     .run();
/// let notes: Vec<String> = Payloads::decode(outcome.main().unwrap().result()).unwrap();
/// assert_eq!(notes, ["fragile", "late", "3 parcels"]);
/// ```
#[must_use = "nothing is selected unless `select` is awaited"]
pub struct Selector<'a, R> {
    shared: Shared,
    cases: Vec<Case<'a, R>>,
    default: Option<Default<'a, R>>,
}

enum Default<'a, R> {
    AtOnce(Box<dyn FnMut() -> R + 'a>),
    Waits(Box<dyn FnMut() -> Boxed<'a, R> + 'a>),
}

type Boxed<'a, R> = Pin<Box<dyn Future<Output = R> + 'a>>;

enum Case<'a, R> {
    Operation(Rc<Operation>, Box<dyn FnMut(Outcome) -> R + 'a>),
    /// The closure gives nothing for a signal that is not of its type.
    Signal(SmolStr, Count, OnSignal<'a, R>),
    Done(ScopeId, Box<dyn FnMut() -> R + 'a>),
    Channel(Box<dyn channel::Case<R> + 'a>),
    UsedUp,
}

/// How many signals are there, for a case of their type.
type Count = fn(&State, &str) -> usize;

type OnSignal<'a, R> = Box<dyn FnMut(&Queued) -> Option<R> + 'a>;

/// What is taken.
enum Taken<R> {
    /// A case, with its signal if it is one of signals.
    Case(usize, Option<Queued>),
    /// The case of a context that was found to be canceled: once.
    Closed(usize),
    /// A channel of workflow code, and what it gave.
    Channel(usize, channel::Taken<R>),
}

impl<'a, R> Selector<'a, R> {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, cases: Vec::new(), default: None }
    }

    /// Adds the end of an activity.
    pub fn activity<O: DeserializeOwned + 'a>(
        mut self,
        activity: &ActivityFuture<O>,
        mut then: impl FnMut(Result<O, WorkflowError>) -> R + 'a,
    ) -> Self {
        let operation = activity.operation();
        let decoded = {
            let (shared, operation) = (Shared::clone(&self.shared), Rc::clone(operation));
            move |outcome| then(ActivityFuture::decode(&shared, &operation, outcome))
        };
        self.cases.push(Case::Operation(Rc::clone(operation), Box::new(decoded)));
        self
    }

    /// Adds the end of a timer.
    pub fn timer(
        mut self,
        timer: &TimerFuture,
        mut then: impl FnMut(Result<(), WorkflowError>) -> R + 'a,
    ) -> Self {
        let then = move |outcome: Outcome| then(outcome.map(drop));
        self.cases.push(Case::Operation(Rc::clone(timer.operation()), Box::new(then)));
        self
    }

    /// Adds the end of a child workflow.
    pub fn child<O: DeserializeOwned + 'a>(
        mut self,
        child: &ChildFuture<O>,
        mut then: impl FnMut(Result<O, WorkflowError>) -> R + 'a,
    ) -> Self {
        let operation = child.operation();
        let decoded = {
            let operation = Rc::clone(operation);
            move |outcome| then(ChildFuture::decode(&operation, outcome))
        };
        self.cases.push(Case::Operation(Rc::clone(operation), Box::new(decoded)));
        self
    }

    /// Adds the start of a child workflow.
    pub fn child_started(
        mut self,
        started: &ChildStarted,
        mut then: impl FnMut(Result<ChildExecution, WorkflowError>) -> R + 'a,
    ) -> Self {
        let operation = Rc::clone(started.operation());
        let started = started.clone();
        let decoded = move |outcome| then(started.decode(outcome));
        self.cases.push(Case::Operation(operation, Box::new(decoded)));
        self
    }

    /// Adds the arrival of a signal to another workflow or of a cancel of it.
    pub fn external(
        mut self,
        external: &ExternalFuture,
        mut then: impl FnMut(Result<(), WorkflowError>) -> R + 'a,
    ) -> Self {
        let then = move |outcome: Outcome| then(outcome.map(drop));
        self.cases.push(Case::Operation(Rc::clone(external.operation()), Box::new(then)));
        self
    }

    /// Adds the signals of a channel.
    pub fn signal<T: DeserializeOwned>(
        mut self,
        signals: &SignalChannel<T>,
        mut then: impl FnMut(T) -> R + 'a,
    ) -> Self {
        let name = SmolStr::from(signals.name());
        let (shared, of) = (Shared::clone(&signals.shared), name.clone());
        let then = move |signal: &Queued| SignalChannel::taken(&shared, &of, signal).map(&mut then);
        self.cases.push(Case::Signal(name, State::count::<T>, Box::new(then)));
        self
    }

    /// Adds the cancel of a context.
    pub fn done(mut self, context: &Context, then: impl FnMut() -> R + 'a) -> Self {
        self.cases.push(Case::Done(context.scope, Box::new(then)));
        self
    }

    /// What is given if no case is ready; it replaces an earlier one. With it nothing is ever waited for.
    pub fn default(mut self, then: impl FnMut() -> R + 'a) -> Self {
        self.default = Some(Default::AtOnce(Box::new(then)));
        self
    }

    /// As [`default`](Self::default), but what is given may be waited for.
    ///
    /// As in Go the cases go on listening meanwhile, though none of them is taken any more: the first signal or value that
    /// comes for one of them is kept, for whoever receives next; a value to be [sent](Self::send) may be received.
    /// In histories that the Go SDK recorded before its flag 5 that first signal or value is lost, as it was then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Signal, WorkflowError, mins};
    /// const URGENT: Signal<String> = Signal::new("urgent");
    ///
    /// /// The order that is urgent, or else one from the list, when there is one.
    /// async fn next(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     let list = ctx.channel::<String>();
    ///     let (writer, written) = (ctx.clone(), list.clone());
    ///     ctx.spawn(async move {
    ///         let _canceled = writer.sleep(mins(1)).await;
    ///         written.send("three loaves".to_owned()).await;
    ///     });
    ///     let next = ctx
    ///         .selector()
    ///         .signal(&ctx.signals(URGENT), Ok)
    ///         .default_async(|| async { list.recv().await.ok_or("no list") })
    ///         .select()
    ///         .await;
    ///     next.map_err(|why| WorkflowError::application(why, "NoOrder"))
    /// }
    /// ```
    pub fn default_async<F: Future<Output = R> + 'a>(
        mut self,
        mut then: impl FnMut() -> F + 'a,
    ) -> Self {
        self.default = Some(Default::Waits(Box::new(move || Box::pin(then()))));
        self
    }

    /// Whether a case is ready.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        let state = self.shared.borrow();
        self.cases.iter().any(|case| match case {
            Case::Operation(operation, _) => operation.is_ready(),
            Case::Signal(name, count, _) => count(&state, name) > 0,
            Case::Done(scope, _) => state.scopes.is_canceled(*scope),
            Case::Channel(case) => case.is_ready(),
            Case::UsedUp => false,
        })
    }

    /// Takes a case: waits for one unless there is a [`default`](Self::default).
    ///
    /// Without cases, or when all are used up, it never ends, as in Go.
    pub async fn select(&mut self) -> R {
        let who = if self.default.is_some() { Who::Default } else { Who::Selector };
        let mut blocking = Blocking::new(&self.shared, who);
        let taken = match (self.ready(blocking.slot()), &mut self.default) {
            (Some(taken), _) => taken,
            (None, Some(Default::AtOnce(then))) => {
                self.shared.borrow_mut().advance();
                return then();
            }
            (None, Some(Default::Waits(_))) => return self.default_waits(blocking).await,
            (None, None) => self.blocked(&mut blocking).await,
        };
        drop(blocking);
        self.shared.borrow_mut().advance();
        match taken {
            Taken::Case(index, signal) => self.take(index, signal).await,
            Taken::Closed(index) => {
                let output = self.take(index, None).await;
                self.cases[index] = Case::UsedUp;
                output
            }
            Taken::Channel(index, taken) => {
                if !taken.again {
                    self.cases[index] = Case::UsedUp;
                }
                taken.output
            }
        }
    }

    /// What is ready now: of the cases the first. Channels of workflow code that are not ready have the slot blocked on
    /// them, in their order.
    fn ready(&mut self, slot: &Rc<Slot>) -> Option<Taken<R>> {
        for index in 0..self.cases.len() {
            let Some(taken) = self.look(index, slot) else { continue };
            // A value that the selector has just sent to itself is lost.
            if let Some(Case::Channel(own)) = slot.woken().and_then(|own| self.cases.get(own)) {
                own.forget();
            }
            slot.shut();
            return Some(taken);
        }
        None
    }

    /// Takes this case, if it is ready.
    fn look(&mut self, index: usize, slot: &Rc<Slot>) -> Option<Taken<R>> {
        match &mut self.cases[index] {
            Case::Operation(operation, _) => {
                operation.is_ready().then_some(Taken::Case(index, None))
            }
            Case::Signal(name, ..) => {
                let signal = self.shared.borrow_mut().take_signal(name)?;
                Some(Taken::Case(index, Some(signal)))
            }
            Case::Done(scope, _) => {
                let scopes = &mut self.shared.borrow_mut().scopes;
                match scopes.look(*scope) {
                    Look::Open => None,
                    Look::LeftOver => {
                        scopes.leave_over(*scope);
                        Some(Taken::Case(index, None))
                    }
                    Look::Closed => Some(Taken::Closed(index)),
                }
            }
            Case::Channel(case) => {
                case.take_or_block(slot, index).map(|taken| Taken::Channel(index, taken))
            }
            Case::UsedUp => None,
        }
    }

    /// What a slot is blocked on besides channels of workflow code.
    fn sources(&self) -> impl Iterator<Item = (usize, Source)> {
        self.cases.iter().enumerate().filter_map(|(index, case)| {
            let source = match case {
                Case::Operation(operation, _) => Source::Operation(operation.ticket),
                Case::Signal(name, ..) => Source::Signal(name.clone()),
                Case::Done(scope, _) => Source::Scope(*scope),
                Case::Channel(_) | Case::UsedUp => return None,
            };
            Some((index, source))
        })
    }

    /// Gives the default, while the cases listen.
    async fn default_waits(&mut self, mut blocking: Blocking) -> R {
        blocking.wait_for(self.sources());
        self.shared.borrow_mut().advance();
        let Some(Default::Waits(then)) = &mut self.default else {
            unreachable!("this is called for a default that waits")
        };
        then().await
    }

    /// Waits for what comes first.
    async fn blocked(&mut self, blocking: &mut Blocking) -> Taken<R> {
        blocking.wait_for(self.sources());
        let channels: Vec<(u64, Waiting)> = {
            let mut state = self.shared.borrow_mut();
            let channels = self.cases.iter().filter_map(|case| match case {
                Case::Channel(case) => Some(case.waiting()),
                Case::Operation(..) | Case::Signal(..) | Case::Done(..) | Case::UsedUp => None,
            });
            channels.map(|waiting| (state.ticket(), waiting)).collect()
        };
        let has_cases = !channels.is_empty() || blocking.on().next().is_some();
        let never = (!has_cases).then(|| self.shared.borrow_mut().ticket());
        let (index, signal) = poll_fn(|_| {
            if let Some(woken) = blocking.woken() {
                return Poll::Ready(woken);
            }
            let mut state = self.shared.borrow_mut();
            if let Some(ticket) = never {
                state.wait(ticket, || Waiting::NoCase);
            }
            for (ticket, waiting) in &channels {
                state.wait(*ticket, || waiting.clone());
            }
            for (ticket, source, index) in blocking.on() {
                match (&self.cases[index], source) {
                    (Case::Operation(operation, _), _) => {
                        let waiting = || Waiting::Operation(Rc::clone(operation));
                        state.wait(operation.ticket, waiting);
                    }
                    (_, Source::Signal(name)) => {
                        state.wait(ticket, || Waiting::Signal(name.clone()));
                    }
                    (_, Source::Operation(_) | Source::Scope(_)) => {
                        state.wait(ticket, || Waiting::Cancellation);
                    }
                }
            }
            Poll::Pending
        })
        .await;
        match &mut self.cases[index] {
            Case::Done(scope, _) => self.shared.borrow_mut().scopes.leave_over(*scope),
            Case::Channel(case) => return Taken::Channel(index, case.woken().await),
            Case::Operation(..) | Case::Signal(..) | Case::UsedUp => {}
        }
        Taken::Case(index, signal)
    }

    /// Gives what a case gives, and uses it up if it can be taken once only.
    async fn take(&mut self, index: usize, signal: Option<Queued>) -> R {
        match (&mut self.cases[index], signal) {
            (Case::Operation(operation, then), _) => {
                let Some(outcome) = operation.outcome() else {
                    unreachable!("an operation is taken once it has ended")
                };
                let output = then(outcome);
                self.cases[index] = Case::UsedUp;
                output
            }
            (Case::Signal(name, _, then), Some(mut signal)) => {
                let mut next = Receive::new(&self.shared, name.clone());
                loop {
                    if let Some(output) = then(&signal) {
                        return output;
                    }
                    signal = (&mut next).await;
                }
            }
            (Case::Done(_, then), _) => then(),
            (Case::Signal(..), None) | (Case::Channel(_) | Case::UsedUp, _) => {
                unreachable!("a case is taken with what made it ready")
            }
        }
    }
}

impl<R> fmt::Debug for Selector<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selector").field("cases", &self.cases.len()).finish_non_exhaustive()
    }
}
