//! Channels as cases of a selector: `AddReceive` and `AddSend` of Go's `selectorImpl`.

use std::pin::Pin;
use std::rc::Rc;

use super::inner::{Place, Received};
use super::{Blocked, Channel};
use crate::blocked::Slot;
use crate::operation::Waiting;

/// A case that is a channel, whatever goes through it.
pub(crate) trait Case<R> {
    /// Whether it could be taken now (`HasPending`).
    fn is_ready(&self) -> bool;

    /// Takes it if it can be taken now, and says what it gives; else the slot waits for it.
    fn take_or_block(&mut self, slot: &Rc<Slot>, case: usize) -> Option<Taken<R>>;

    /// It has woken the slot: what it gives.
    fn woken<'s>(&'s mut self) -> Pin<Box<dyn Future<Output = Taken<R>> + 's>>;

    /// What it was given is lost: another case of the same selector is taken.
    fn forget(&self);

    /// What it waits for, as reports name it.
    fn waiting(&self) -> Waiting;
}

/// What a case gives.
pub(crate) struct Taken<R> {
    pub(crate) output: R,
    /// Whether it can be taken again. That of a closed channel cannot.
    pub(crate) again: bool,
}

/// Receives.
pub(crate) struct Receiving<T, F> {
    channel: Channel<T>,
    place: Place<T>,
    then: F,
}

impl<T: 'static, F> Receiving<T, F> {
    pub(crate) fn new(channel: &Channel<T>, then: F) -> Self {
        Self { channel: channel.clone(), place: Place::default(), then }
    }

    fn give<R>(&mut self, received: Received<T>) -> Taken<R>
    where
        F: FnMut(Option<T>) -> R,
    {
        let again = received.is_some();
        Taken { output: (self.then)(received), again }
    }
}

impl<T: 'static, R, F: FnMut(Option<T>) -> R> Case<R> for Receiving<T, F> {
    fn is_ready(&self) -> bool {
        self.channel.inner.borrow().can_receive()
    }

    fn take_or_block(&mut self, slot: &Rc<Slot>, case: usize) -> Option<Taken<R>> {
        if let Some(received) = self.channel.take() {
            slot.shut();
            return Some(self.give(received));
        }
        self.channel.inner.borrow_mut().block_receiver(slot, case, &self.place);
        let (channel, place) = (self.channel.clone(), self.place.clone());
        slot.leaves(Rc::new(Blocked { channel, place }));
        None
    }

    fn woken<'s>(&'s mut self) -> Pin<Box<dyn Future<Output = Taken<R>> + 's>> {
        Box::pin(async move {
            let received = match self.place.take() {
                Some(received) => received,
                // It was put into the channel, and may be gone by now.
                None => self.channel.recv().await,
            };
            self.give(received)
        })
    }

    fn forget(&self) {
        drop(self.place.take());
    }

    fn waiting(&self) -> Waiting {
        Waiting::Receive(self.channel.name.clone())
    }
}

/// Sends the same value each time it is taken.
pub(crate) struct Sending<T, F> {
    channel: Channel<T>,
    value: T,
    then: F,
}

impl<T: Clone + 'static, F> Sending<T, F> {
    pub(crate) fn new(channel: &Channel<T>, value: T, then: F) -> Self {
        Self { channel: channel.clone(), value, then }
    }
}

impl<T: Clone + 'static, R, F: FnMut() -> R> Case<R> for Sending<T, F> {
    fn is_ready(&self) -> bool {
        self.channel.inner.borrow().can_send()
    }

    fn take_or_block(&mut self, slot: &Rc<Slot>, case: usize) -> Option<Taken<R>> {
        match self.channel.try_send(self.value.clone()) {
            Ok(()) => {
                slot.shut();
                Some(Taken { output: (self.then)(), again: true })
            }
            Err(value) => {
                self.channel.inner.borrow_mut().block_sender(slot, case, value);
                let (channel, place) = (self.channel.clone(), Place::default());
                slot.leaves(Rc::new(Blocked { channel, place }));
                None
            }
        }
    }

    fn woken<'s>(&'s mut self) -> Pin<Box<dyn Future<Output = Taken<R>> + 's>> {
        Box::pin(async move { Taken { output: (self.then)(), again: true } })
    }

    fn forget(&self) {}

    fn waiting(&self) -> Waiting {
        Waiting::Send(self.channel.name.clone())
    }
}
