//! Who is blocked on what: receivers of signals and selectors, in the order in which they blocked. Who is blocked on a
//! channel of workflow code is known to that channel; a selector is one [`Slot`] in both.
//!
//! Go hands what comes to whoever waits for it at the moment it comes, before any routine runs (`channelImpl` and
//! `selectorImpl`, `internal/internal_workflow.go` of Go SDK 1.47): a signal to the first that is blocked on its channel,
//! an operation that ends and a context that is canceled to all. A selector is woken once, by what comes first; what
//! comes after that passes it by.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use rehearsal_activation::{Flag, MissingFlags};
use rehearsal_history::SmolStr;

use crate::scope::ScopeId;
use crate::state::{Queued, Shared};

/// What one can be blocked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The end of the operation with this ticket.
    Operation(u64),
    /// A signal of this name.
    Signal(SmolStr),
    /// The cancel of a scope.
    Scope(ScopeId),
}

/// Who is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Somebody who sends or receives.
    Alone,
    /// A selector.
    Selector,
    /// A selector that has taken its default, which may wait.
    Default,
}

/// Where a value goes that wakes somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// To whom it wakes.
    Itself,
    /// To the front of the channel, where whoever receives next finds it.
    Channel,
    /// It is lost.
    Nobody,
}

/// What a slot is registered with, besides [`Blocked`].
pub(crate) trait Leaves {
    /// The slot waits no more.
    fn leave(&self, slot: &Rc<Slot>);
}

/// Something that is blocked: somebody who sends or receives, or a selector with all its cases.
pub(crate) struct Slot {
    who: Who,
    /// The case that woke it; set once.
    woken: Cell<Option<usize>>,
    /// The signal that woke it, until it is taken.
    signal: RefCell<Option<(SmolStr, Queued)>>,
    /// Channels of workflow code that it waits for.
    channels: RefCell<Vec<Rc<dyn Leaves>>>,
}

impl Slot {
    fn new(who: Who) -> Self {
        Self {
            who,
            woken: Cell::default(),
            signal: RefCell::default(),
            channels: RefCell::default(),
        }
    }

    /// This case wakes it, unless another one has.
    pub(crate) fn wake(&self, case: usize) -> bool {
        let first = self.woken.get().is_none();
        if first {
            self.woken.set(Some(case));
        }
        first
    }

    /// From now on nothing wakes it.
    pub(crate) fn shut(&self) {
        self.wake(usize::MAX);
    }

    /// The case that woke it.
    pub(crate) fn woken(&self) -> Option<usize> {
        self.woken.get()
    }

    /// It waits for a channel as well.
    pub(crate) fn leaves(&self, channel: Rc<dyn Leaves>) {
        self.channels.borrow_mut().push(channel);
    }

    /// A channel has woken it: where its value goes (the callback of `AddReceive` in `selectorImpl.Select`).
    fn given(&self, missing: MissingFlags) -> Given {
        let lost = missing.contains(Flag::BlockedSelectorSignalReceive);
        match self.who {
            Who::Default if lost => Given::Nobody,
            Who::Default => Given::Channel,
            Who::Selector if !lost && missing.contains(Flag::WorkflowNewChannelLostMessages) => {
                Given::Channel
            }
            Who::Alone | Who::Selector => Given::Itself,
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("who", &self.who).finish_non_exhaustive()
    }
}

/// Where a signal is kept.
pub(crate) enum Kept {
    /// Behind those that are there.
    Last(Queued),
    /// Before them.
    First(Queued),
}

/// One thing that a slot is blocked on.
#[derive(Debug)]
struct Case {
    /// Orders it among all things that the run asked for.
    ticket: u64,
    source: Source,
    index: usize,
    slot: Rc<Slot>,
}

/// All that is blocked, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    cases: Vec<Case>,
    /// Whether a channel has woken a selector since this was asked for.
    selector_received: bool,
}

impl Blocked {
    /// A signal came: where it is to be kept, if somewhere. Nobody may wait for it.
    pub(crate) fn receive(
        &mut self,
        name: &SmolStr,
        signal: Queued,
        missing: MissingFlags,
    ) -> Option<Kept> {
        let waits = |case: &&Case| {
            matches!(&case.source, Source::Signal(signal) if signal == name)
                && case.slot.woken.get().is_none()
        };
        let Some(case) = self.cases.iter().find(waits) else { return Some(Kept::Last(signal)) };
        case.slot.wake(case.index);
        self.selector_received |= case.slot.who != Who::Alone;
        match (case.slot.who, case.slot.given(missing)) {
            // Of signals none is lost, whatever several selectors do.
            (Who::Alone | Who::Selector, _) => {
                case.slot.signal.replace(Some((name.clone(), signal)));
                None
            }
            (Who::Default, Given::Nobody) => None,
            (Who::Default, Given::Itself | Given::Channel) => Some(Kept::First(signal)),
        }
    }

    /// A channel of workflow code has woken this slot: where its value goes.
    pub(crate) fn given(&mut self, slot: &Slot, missing: MissingFlags) -> Given {
        self.selector_received |= slot.who != Who::Alone;
        slot.given(missing)
    }

    /// The operation with this ticket ended.
    pub(crate) fn ended(&self, ticket: u64) {
        for case in &self.cases {
            if case.source == Source::Operation(ticket) {
                case.slot.wake(case.index);
            }
        }
    }

    /// The tickets of those that wait for a scope to be canceled, oldest first.
    pub(crate) fn waiting_for(&self, scope: ScopeId) -> Vec<u64> {
        let of_scope = self.cases.iter().filter(|case| case.source == Source::Scope(scope));
        of_scope.map(|case| case.ticket).collect()
    }

    /// A scope was canceled, and it is the turn of whoever waits for that with this ticket. Says whether that leaves a value
    /// behind at once, as it does when a default waits.
    pub(crate) fn canceled(&mut self, ticket: u64, missing: MissingFlags) -> bool {
        let case = self.cases.iter().find(|case| case.ticket == ticket);
        let Some(case) = case.filter(|case| case.slot.wake(case.index)) else { return false };
        self.selector_received |= case.slot.who != Who::Alone;
        case.slot.who == Who::Default && case.slot.given(missing) == Given::Channel
    }

    /// Whether a channel, which signals and the cancel of a context are, has woken a selector since this was asked for.
    pub(crate) fn take_selector_received(&mut self) -> bool {
        std::mem::take(&mut self.selector_received)
    }

    /// Forgets a slot; returns a signal that it was given and did not take.
    fn leave(&mut self, slot: &Rc<Slot>) -> Option<(SmolStr, Queued)> {
        self.cases.retain(|case| !Rc::ptr_eq(&case.slot, slot));
        slot.signal.take()
    }
}

/// A slot for as long as it is blocked. Dropping it leaves; a signal that it was given goes back to where it was.
pub(crate) struct Blocking {
    shared: Shared,
    slot: Rc<Slot>,
    /// What it is blocked on, with the tickets, by case.
    on: Vec<(u64, Source, usize)>,
}

impl Blocking {
    /// Blocks a receiver on the signals of one name.
    pub(crate) fn receiver(shared: &Shared, name: SmolStr) -> Self {
        let mut blocking = Self::new(shared, Who::Alone);
        blocking.wait_for([(0, Source::Signal(name))]);
        blocking
    }

    /// Blocks on nothing yet.
    pub(crate) fn new(shared: &Shared, who: Who) -> Self {
        Self { shared: Rc::clone(shared), slot: Rc::new(Slot::new(who)), on: Vec::new() }
    }

    /// Waits for these as well, by the indices of the cases.
    pub(crate) fn wait_for(&mut self, cases: impl IntoIterator<Item = (usize, Source)>) {
        let mut state = self.shared.borrow_mut();
        for (index, source) in cases {
            let ticket = state.ticket();
            self.on.push((ticket, source.clone(), index));
            let slot = Rc::clone(&self.slot);
            state.blocked.cases.push(Case { ticket, source, index, slot });
        }
    }

    /// Who is blocked.
    pub(crate) const fn slot(&self) -> &Rc<Slot> {
        &self.slot
    }

    /// What woke it, if anything did: the case, and the signal if it was one.
    pub(crate) fn woken(&self) -> Option<(usize, Option<Queued>)> {
        let index = self.slot.woken.get()?;
        Some((index, self.slot.signal.take().map(|(_, signal)| signal)))
    }

    /// What it is blocked on, with tickets.
    pub(crate) fn on(&self) -> impl Iterator<Item = (u64, &Source, usize)> {
        self.on.iter().map(|(ticket, source, index)| (*ticket, source, *index))
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let left =
            (!self.on.is_empty()).then(|| self.shared.borrow_mut().blocked.leave(&self.slot));
        if let Some((name, signal)) = left.flatten() {
            self.shared.borrow_mut().put_back(name, signal);
        }
        for channel in self.slot.channels.take() {
            channel.leave(&self.slot);
        }
    }
}
