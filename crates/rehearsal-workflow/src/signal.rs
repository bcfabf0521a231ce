//! Reading signals.

use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

use rehearsal_history::SmolStr;
use serde::de::DeserializeOwned;

use crate::blocked::Blocking;
use crate::codec;
use crate::names::Signal;
use crate::operation::Waiting;
use crate::state::{Queued, Shared};

/// The signals of one name, oldest first.
///
/// A signal that is no `T` is dropped when its turn comes, as Go drops what it calls corrupted signals; in a rehearsal
/// that is a finding, RH108. A cancel does not end the wait for one. If several routines wait for signals of one name, each
/// goes to the one that has waited longest when it comes.
///
/// # Examples
///
/// ```
/// use rehearsal::{Context, Signal, WorkflowError};
///
/// const ADD: Signal<u64> = Signal::new("add");
///
/// async fn sum(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
///     let additions = ctx.signals(ADD);
///     let mut sum = additions.recv().await;
///     // Those that came with the first one.
///     while let Some(more) = additions.try_recv() {
///         sum += more;
///     }
///     Ok(sum)
/// }
/// ```
pub struct SignalChannel<T> {
    pub(crate) shared: Shared,
    signal: Signal<T>,
}

impl<T: DeserializeOwned> SignalChannel<T> {
    pub(crate) fn new(shared: Shared, signal: Signal<T>) -> Self {
        shared.borrow_mut().listen(signal.name());
        Self { shared, signal }
    }

    /// Waits for the next signal and takes it.
    pub fn recv(&self) -> impl Future<Output = T> + use<'_, T> {
        let mut next = Receive::new(&self.shared, self.name().into());
        async move {
            loop {
                let signal = (&mut next).await;
                if let Some(value) = Self::taken(&self.shared, self.name(), &signal) {
                    return value;
                }
            }
        }
    }

    /// Takes the next signal, if one is there.
    #[must_use]
    pub fn try_recv(&self) -> Option<T> {
        loop {
            let unread = self.shared.borrow_mut().take_signal(self.name())?;
            if let Some(value) = Self::taken(&self.shared, self.name(), &unread) {
                return Some(value);
            }
        }
    }

    /// Looks at the next signal, if one is there, and leaves it where it is: what [`try_recv`](Self::try_recv) would
    /// take. One that is no `T` is dropped, as `try_recv` would drop it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Payloads, Scenario, Signal, Workflow, WorkflowError, secs};
    ///
    /// const BATCH: Workflow<(), Vec<u64>> = Workflow::new("Batch");
    /// const ADD: Signal<u64> = Signal::new("add");
    ///
    /// /// Takes numbers until the next one would be too much.
    /// async fn batch(ctx: Context, (): ()) -> Result<Vec<u64>, WorkflowError> {
    ///     let additions = ctx.signals(ADD);
    ///     let mut taken = vec![additions.recv().await];
    ///     ctx.sleep(secs(60)).await?;
    ///     while additions.peek().is_some_and(|next| taken.iter().sum::<u64>() + next <= 10) {
    ///         taken.extend(additions.try_recv());
    ///     }
    ///     assert_eq!(additions.len(), 1);
    ///     Ok(taken)
    /// }
    ///
    /// let outcome = Scenario::new("batch")
    ///     .workflow(BATCH, batch)
    ///     .client(|world| {
    ///         let batch = world.start(BATCH, "batch-1", ());
    ///         for number in [5, 3, 2, 1] {
    ///             world.signal(&batch, ADD, number).unwrap();
    ///         }
    ///     })
    ///     .run();
    /// let result: Vec<u64> = Payloads::decode(outcome.main().unwrap().result()).unwrap();
    /// assert_eq!(result, [5, 3, 2]);
    /// ```
    #[must_use]
    pub fn peek(&self) -> Option<T> {
        loop {
            let next = self.shared.borrow().peek(self.name());
            if next.is_some() {
                return next;
            }
            let corrupted = self.shared.borrow_mut().take_signal(self.name())?;
            let _none: Option<T> = Self::taken(&self.shared, self.name(), &corrupted);
        }
    }

    /// The value of a signal that was taken. One that is no `T` is dropped: Go logs "Corrupted signal received" and goes on
    /// with the next (`channelImpl.assignValue` and `Receive` in `internal/internal_workflow.go`, Go SDK 1.47).
    pub(crate) fn taken(shared: &Shared, name: &str, signal: &Queued) -> Option<T> {
        match codec::decode(signal.input.as_ref()) {
            Ok(value) => Some(value),
            Err(why) => {
                shared.borrow_mut().drop_signal(name, signal, why);
                None
            }
        }
    }
}

impl<T: DeserializeOwned> SignalChannel<T> {
    /// How many signals are there. One that is no `T` counts too, as in Go; in a rehearsal that is a finding, RH108.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.borrow().count::<T>(self.name())
    }

    /// Whether no signal is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> SignalChannel<T> {
    /// The name of the signals.
    #[must_use]
    pub fn name(&self) -> &str {
        self.signal.name()
    }
}

impl<T> Clone for SignalChannel<T> {
    fn clone(&self) -> Self {
        Self { shared: Shared::clone(&self.shared), signal: self.signal.clone() }
    }
}

impl<T> fmt::Debug for SignalChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignalChannel").field(&self.signal).finish()
    }
}

/// Waits for the next signal of a name, whatever it carries. It may be awaited again, for the one after that.
pub(crate) struct Receive {
    shared: Shared,
    name: SmolStr,
    ticket: u64,
    /// Once it has been polled in vain.
    blocking: Option<Blocking>,
}

impl Receive {
    pub(crate) fn new(shared: &Shared, name: SmolStr) -> Self {
        let ticket = shared.borrow_mut().ticket();
        Self { shared: Shared::clone(shared), name, ticket, blocking: None }
    }
}

impl Future for Receive {
    type Output = Queued;

    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Queued> {
        let signal = match &self.blocking {
            None => self.shared.borrow_mut().take_signal(&self.name),
            Some(blocking) => blocking.woken().and_then(|(_, signal)| signal),
        };
        if let Some(signal) = signal {
            if self.blocking.take().is_some() {
                self.shared.borrow_mut().advance();
            }
            return Poll::Ready(signal);
        }
        if self.blocking.is_none() {
            self.blocking = Some(Blocking::receiver(&self.shared, self.name.clone()));
        }
        let waiting = || Waiting::Signal(self.name.clone());
        self.shared.borrow_mut().wait(self.ticket, waiting);
        Poll::Pending
    }
}
