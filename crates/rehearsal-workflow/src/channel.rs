//! Channels of workflow code, as Go's `workflow.NewChannel` and `workflow.NewBufferedChannel` make them.
//!
//! What a channel does with a value is in [`Inner`], which follows Go's `channelImpl` line by line; here is what workflow
//! code holds of it, and what waits.

mod case;
mod inner;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::rc::Rc;
use std::task::Poll;

use rehearsal_history::SmolStr;

pub(crate) use self::case::{Case, Receiving, Sending, Taken};
use self::inner::{Inner, Place, Received};
use crate::blocked::{Blocking, Leaves, Slot, Who};
use crate::context::Context;
use crate::operation::Waiting;
use crate::state::Shared;

/// A channel between the routines of one workflow, in Go's manner; made by [`Context::channel`] and
/// [`Context::buffered_channel`].
///
/// Clones are the same channel. Values come out in the order in which they went in, each once; of several routines that wait
/// to receive, the one that has waited longest gets the next value, and of several that wait to send, it is its value
/// that goes next. Nothing of it is recorded, and a cancel ends no wait for it: let a [`Selector`](crate::Selector) wait
/// for the cancel too.
///
/// - [`send`](Self::send) waits until somebody receives the value or the buffer has a place for it.
/// - [`recv`](Self::recv) waits for a value. Of a channel that is closed it gives what is left in the buffer, and then
///   `None`.
/// - To wait with a timeout, as Go's `ReceiveWithTimeout` does: `ctx.wait_timeout(after, || !channel.is_empty())`, and then
///   [`try_recv`](Self::try_recv).
///
/// # Examples
///
/// A pool of two workers. The channel takes one order at a time, so none is taken that nobody has time for.
///
/// ```
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// use rehearsal::{Activity, ActivityOptions, Context, Payloads, Scenario, Stub, Workflow, WorkflowError, mins, secs};
///
/// const BAKERY: Workflow<u32, Vec<u32>> = Workflow::new("Bakery");
/// const BAKE: Activity<u32, ()> = Activity::new("Bake");
///
/// async fn bakery(ctx: Context, orders: u32) -> Result<Vec<u32>, WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(5)));
///     let (queue, done) = (ctx.channel::<u32>(), ctx.channel::<Option<u32>>());
///     for _ in 0..2 {
///         let (ctx, queue, done) = (ctx.clone(), queue.clone(), done.clone());
///         ctx.clone().spawn(async move {
///             while let Some(order) = queue.recv().await {
///                 if ctx.execute(BAKE, order).await.is_ok() {
///                     done.send(Some(order)).await;
///                 }
///             }
///             done.send(None).await;
///         });
///     }
///     ctx.spawn(async move {
///         for order in 1..=orders {
///             queue.send(order).await;
///         }
///         queue.close();
///     });
///     let (mut baked, mut working) = (Vec::new(), 2);
///     while working > 0 {
///         match done.recv().await.flatten() {
///             Some(order) => baked.push(order),
///             None => working -= 1,
///         }
///     }
///     Ok(baked)
/// }
///
/// let outcome = Scenario::new("bakery")
///     .workflow(BAKERY, bakery)
///     .stub(BAKE, Stub::returns(()).after(secs(60)))
///     .client(|world| {
///         world.start(BAKERY, "bakery-1", 4);
///     })
///     .run();
/// let baked: Vec<u32> = Payloads::decode(outcome.main().unwrap().result()).unwrap();
/// assert_eq!(baked, [1, 2, 3, 4]);
/// ```
pub struct Channel<T> {
    shared: Shared,
    inner: Rc<RefCell<Inner<T>>>,
    /// What reports call it.
    name: SmolStr,
}

impl Context {
    /// A channel that holds nothing: a value goes from hand to hand, so whoever sends waits for whoever receives, as with
    /// `workflow.NewChannel`.
    #[must_use]
    #[track_caller]
    pub fn channel<T: 'static>(&self) -> Channel<T> {
        self.buffered_channel(0)
    }

    /// A channel that holds up to `size` values which nobody has received yet, as `workflow.NewBufferedChannel` does. With 0
    /// it is a [`channel`](Self::channel).
    #[must_use]
    #[track_caller]
    pub fn buffered_channel<T: 'static>(&self, size: usize) -> Channel<T> {
        self.seen(Location::caller());
        let mut state = self.shared.borrow_mut();
        state.channels += 1;
        let name = SmolStr::from(format!("channel {}", state.channels));
        drop(state);
        let inner = Rc::new(RefCell::new(Inner::new(size)));
        Channel { shared: Rc::clone(&self.shared), inner, name }
    }
}

impl<T: 'static> Channel<T> {
    /// Sends a value: waits until it is received, or has a place in the buffer. Dropped before that, it sends nothing.
    ///
    /// # Panics
    ///
    /// Panics with `Closed channel`, as Go does, if the channel is closed, before or meanwhile. That fails the workflow
    /// task.
    pub async fn send(&self, value: T) {
        let Err(value) = self.try_send(value) else {
            return self.shared.borrow_mut().advance();
        };
        let blocking = Blocking::new(&self.shared, Who::Alone);
        let ticket = self.shared.borrow_mut().ticket();
        self.inner.borrow_mut().block_sender(blocking.slot(), 0, value);
        blocking.slot().leaves(Rc::new(Blocked { channel: self.clone(), place: Place::default() }));
        poll_fn(|_| {
            if blocking.slot().woken().is_some() {
                self.shared.borrow_mut().advance();
                return Poll::Ready(());
            }
            self.inner.borrow().assert_open();
            self.shared.borrow_mut().wait(ticket, || Waiting::Send(self.name.clone()));
            Poll::Pending
        })
        .await;
    }

    /// Sends a value if that need not wait; it is given back if it would have to. This is Go's `SendAsync`.
    ///
    /// # Errors
    ///
    /// Gives the value back if nobody waits for it and the buffer is full.
    ///
    /// # Panics
    ///
    /// Panics with `Closed channel` if the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, WorkflowError};
    /// async fn latest(ctx: Context, (): ()) -> Result<Option<u32>, WorkflowError> {
    ///     let latest = ctx.buffered_channel::<u32>(1);
    ///     assert_eq!(latest.try_send(1), Ok(()));
    ///     assert_eq!(latest.try_send(2), Err(2));
    ///     Ok(latest.try_recv())
    /// }
    /// ```
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), T> {
        self.inner.borrow().assert_open();
        let mut lost = Vec::new();
        let sent = self.inner.borrow_mut().send(value, &mut self.shared.borrow_mut(), &mut lost);
        // Dropped here, where nothing is borrowed: they are values of workflow code.
        drop(lost);
        sent
    }

    /// Waits for the next value and takes it; `None` if the channel is closed and nothing is left in it.
    pub async fn recv(&self) -> Option<T> {
        if let Some(received) = self.take() {
            self.shared.borrow_mut().advance();
            return received;
        }
        let blocking = Blocking::new(&self.shared, Who::Alone);
        let ticket = self.shared.borrow_mut().ticket();
        let place = Place::default();
        self.inner.borrow_mut().block_receiver(blocking.slot(), 0, &place);
        blocking.slot().leaves(Rc::new(Blocked { channel: self.clone(), place: place.clone() }));
        poll_fn(|_| {
            if let Some(received) = place.take() {
                self.shared.borrow_mut().advance();
                return Poll::Ready(received);
            }
            self.shared.borrow_mut().wait(ticket, || Waiting::Receive(self.name.clone()));
            Poll::Pending
        })
        .await
    }

    /// Takes the next value, if one is there; that of whoever waits to send is. This is Go's `ReceiveAsync`.
    #[must_use]
    pub fn try_recv(&self) -> Option<T> {
        self.take().flatten()
    }

    /// How many values are there: in the buffer, and with those who wait to send.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.borrow().len()
    }

    /// Whether no value is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it was closed and nothing is left in it: what [`recv`](Self::recv) answers with `None`.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.borrow().is_exhausted()
    }

    /// Closes it: nothing more can be sent, and whoever waits for a value is told. Who waits to send panics when it is their
    /// turn, as in Go, unless what makes room for them comes first. A second time changes nothing.
    pub fn close(&self) {
        let mut lost = Vec::new();
        self.inner.borrow_mut().close(&mut self.shared.borrow_mut(), &mut lost);
        drop(lost);
    }

    fn take(&self) -> Option<Received<T>> {
        self.inner.borrow_mut().take(&mut self.shared.borrow_mut())
    }
}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Rc::clone(&self.shared),
            inner: Rc::clone(&self.inner),
            name: self.name.clone(),
        }
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.name).finish()
    }
}

/// Something that is blocked on a channel, and where it is given what it waits for.
struct Blocked<T> {
    channel: Channel<T>,
    place: Place<T>,
}

impl<T> Leaves for Blocked<T> {
    fn leave(&self, slot: &Rc<Slot>) {
        let gone = self.channel.inner.borrow_mut().leave(slot, &self.place);
        drop(gone);
    }
}
