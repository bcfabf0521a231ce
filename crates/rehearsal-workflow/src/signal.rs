//! Reading signals.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use serde::de::DeserializeOwned;

use crate::codec;
use crate::names::Signal;
use crate::operation::Waiting;
use crate::state::Shared;

/// The signals of one name, oldest first.
///
/// A signal that is no `T` is dropped when its turn comes, as Go drops what it calls corrupted signals. A cancel does
/// not end the wait for one.
///
/// # Examples
///
/// ```
/// use rehearsal_workflow::{Context, Signal, WorkflowError};
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
    shared: Shared,
    signal: Signal<T>,
}

impl<T: DeserializeOwned> SignalChannel<T> {
    pub(crate) fn new(shared: Shared, signal: Signal<T>) -> Self {
        Self { shared, signal }
    }

    /// Waits for the next signal and takes it.
    pub fn recv(&self) -> impl Future<Output = T> + use<'_, T> {
        let ticket = self.shared.borrow_mut().ticket();
        poll_fn(move |_| {
            if let Some(value) = self.try_recv() {
                return Poll::Ready(value);
            }
            let waiting = || Waiting::Signal(self.signal.name().into());
            self.shared.borrow_mut().wait(ticket, waiting);
            Poll::Pending
        })
    }

    /// Takes the next signal, if one is there.
    #[must_use]
    pub fn try_recv(&self) -> Option<T> {
        loop {
            let unread = self.shared.borrow_mut().take_signal(self.signal.name())?;
            if let Ok(value) = codec::decode(unread.input.as_ref()) {
                return Some(value);
            }
        }
    }

    /// How many signals are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.borrow().signals(self.signal.name())
    }

    /// Whether no signal is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for SignalChannel<T> {
    fn clone(&self) -> Self {
        Self { shared: Shared::clone(&self.shared), signal: self.signal }
    }
}

impl<T> fmt::Debug for SignalChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignalChannel").field(&self.signal).finish()
    }
}
