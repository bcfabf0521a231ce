//! What is in a channel, and who is blocked on it: Go's `channelImpl` (`internal/internal_workflow.go` of Go SDK 1.47),
//! with its order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::blocked::{Given, Slot};
use crate::state::State;

/// What a receiver is given: a value, or that the channel is closed and empty.
pub(super) type Received<T> = Option<T>;

/// Where a receiver is given what it waits for.
pub(crate) struct Place<T>(Rc<RefCell<Option<Received<T>>>>);

impl<T> Place<T> {
    /// What was given, if anything was.
    pub(super) fn take(&self) -> Option<Received<T>> {
        self.0.borrow_mut().take()
    }
}

impl<T> Default for Place<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

struct Receiver<T> {
    slot: Rc<Slot>,
    /// Which of its cases this is.
    case: usize,
    place: Place<T>,
}

struct Sender<T> {
    slot: Rc<Slot>,
    case: usize,
    value: T,
}

/// A channel.
pub(super) struct Inner<T> {
    size: usize,
    /// A value that a selector was given, and that whoever receives next gets before all others (`recValue`).
    given: Option<T>,
    buffer: VecDeque<T>,
    senders: VecDeque<Sender<T>>,
    receivers: VecDeque<Receiver<T>>,
    closed: bool,
}

impl<T> Inner<T> {
    pub(super) const fn new(size: usize) -> Self {
        Self {
            size,
            given: None,
            buffer: VecDeque::new(),
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
            closed: false,
        }
    }

    /// # Panics
    ///
    /// Panics if it is closed, as Go does.
    #[track_caller]
    pub(super) fn assert_open(&self) {
        assert!(!self.closed, "Closed channel");
    }

    /// `Len`.
    pub(super) fn len(&self) -> usize {
        self.buffer.len() + self.senders.len() + usize::from(self.given.is_some())
    }

    /// Whether it is closed and empty.
    pub(super) fn is_exhausted(&self) -> bool {
        self.closed && self.given.is_none() && self.buffer.is_empty()
    }

    /// `CanReceiveWithoutBlocking`.
    pub(super) fn can_receive(&self) -> bool {
        self.len() > 0 || self.closed
    }

    /// `CanSendWithoutBlocking`.
    pub(super) fn can_send(&self) -> bool {
        self.buffer.len() < self.size || !self.receivers.is_empty()
    }

    /// What a receiver gets now; nothing if it must wait (`receiveAsyncImpl`).
    pub(super) fn take(&mut self, state: &mut State) -> Option<Received<T>> {
        if let Some(value) = self.given.take() {
            return Some(Some(value));
        }
        if let Some(value) = self.buffer.pop_front() {
            let next = self.next_sent(state);
            self.buffer.extend(next);
            return Some(Some(value));
        }
        if self.closed {
            return Some(None);
        }
        self.next_sent(state).map(Some)
    }

    /// The value of whoever has waited longest to send and still does.
    fn next_sent(&mut self, state: &mut State) -> Option<T> {
        while let Some(sender) = self.senders.pop_front() {
            if sender.slot.wake(sender.case) {
                state.progress += 1;
                return Some(sender.value);
            }
        }
        None
    }

    /// Sends to whoever has waited longest, or into the buffer; gives the value back if that must wait (`sendAsyncImpl`).
    /// Values that Go loses are put on `lost`.
    pub(super) fn send(
        &mut self,
        mut value: T,
        state: &mut State,
        lost: &mut Vec<T>,
    ) -> Result<(), T> {
        while let Some(receiver) = self.receivers.pop_front() {
            match self.give(&receiver, Some(value), state, lost) {
                Ok(()) => return Ok(()),
                Err(Some(back)) => value = back,
                Err(None) => unreachable!("what is given back is what was given"),
            }
        }
        if self.buffer.len() < self.size {
            self.buffer.push_back(value);
            state.progress += 1;
            return Ok(());
        }
        Err(value)
    }

    /// `Close`.
    pub(super) fn close(&mut self, state: &mut State, lost: &mut Vec<T>) {
        self.closed = true;
        state.progress += 1;
        for receiver in std::mem::take(&mut self.receivers) {
            // One that was woken by something else passes it by.
            let _passed = self.give(&receiver, None, state, lost);
        }
    }

    /// Gives this to a receiver; it comes back if the receiver was woken before.
    fn give(
        &mut self,
        to: &Receiver<T>,
        received: Received<T>,
        state: &mut State,
        lost: &mut Vec<T>,
    ) -> Result<(), Received<T>> {
        if !to.slot.wake(to.case) {
            return Err(received);
        }
        state.progress += 1;
        let missing = state.missing_flags;
        match state.blocked.given(&to.slot, missing) {
            Given::Itself => drop(to.place.0.replace(Some(received))),
            Given::Channel => {
                lost.extend(self.given.take());
                self.given = received;
            }
            Given::Nobody => lost.extend(received),
        }
        Ok(())
    }

    /// Somebody waits for a value.
    pub(super) fn block_receiver(&mut self, slot: &Rc<Slot>, case: usize, place: &Place<T>) {
        self.receivers.push_back(Receiver { slot: Rc::clone(slot), case, place: place.clone() });
    }

    /// Somebody waits to send.
    pub(super) fn block_sender(&mut self, slot: &Rc<Slot>, case: usize, value: T) {
        self.senders.push_back(Sender { slot: Rc::clone(slot), case, value });
    }

    /// Whoever is in this slot waits no more. What was given to its place and not taken goes back to the front; what it
    /// would have sent is returned.
    pub(super) fn leave(&mut self, slot: &Rc<Slot>, place: &Place<T>) -> Vec<T> {
        self.receivers.retain(|receiver| !Rc::ptr_eq(&receiver.slot, slot));
        let (gone, stay): (VecDeque<_>, _) = std::mem::take(&mut self.senders)
            .into_iter()
            .partition(|sender| Rc::ptr_eq(&sender.slot, slot));
        self.senders = stay;
        if let Some(value) = place.take().flatten()
            && let Some(given) = self.given.replace(value)
        {
            self.buffer.push_front(given);
        }
        gone.into_iter().map(|sender| sender.value).collect()
    }
}
