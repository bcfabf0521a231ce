//! Who is blocked on what: receivers of signals and selectors, in the order in which they blocked.
//!
//! Go hands what comes to whoever waits for it at the moment it comes, before any routine runs (`channelImpl` and
//! `selectorImpl`, `internal/internal_workflow.go` of Go SDK 1.47): a signal to the first that is blocked on its channel,
//! an operation that ends and a context that is canceled to all. A selector is woken once, by what comes first; what
//! comes after that passes it by.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

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

/// Something that is blocked: a receiver, or a selector with all its cases.
#[derive(Debug)]
pub(crate) struct Slot {
    is_selector: bool,
    /// The case that woke it; set once.
    woken: Cell<Option<usize>>,
    /// The signal that woke it, until it is taken.
    signal: RefCell<Option<(SmolStr, Queued)>>,
}

impl Slot {
    fn new(is_selector: bool) -> Self {
        Self { is_selector, woken: Cell::new(None), signal: RefCell::new(None) }
    }
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
    /// A signal came. It is given back if nobody waits for it.
    pub(crate) fn receive(&mut self, name: &SmolStr, signal: Queued) -> Option<Queued> {
        let waits = |case: &&Case| {
            matches!(&case.source, Source::Signal(signal) if signal == name)
                && case.slot.woken.get().is_none()
        };
        let Some(case) = self.cases.iter().find(waits) else { return Some(signal) };
        case.slot.woken.set(Some(case.index));
        case.slot.signal.replace(Some((name.clone(), signal)));
        self.selector_received |= case.slot.is_selector;
        None
    }

    /// The operation with this ticket ended.
    pub(crate) fn ended(&self, ticket: u64) {
        for case in &self.cases {
            if case.source == Source::Operation(ticket) && case.slot.woken.get().is_none() {
                case.slot.woken.set(Some(case.index));
            }
        }
    }

    /// The tickets of those that wait for a scope to be canceled, oldest first.
    pub(crate) fn waiting_for(&self, scope: ScopeId) -> Vec<u64> {
        let of_scope = self.cases.iter().filter(|case| case.source == Source::Scope(scope));
        of_scope.map(|case| case.ticket).collect()
    }

    /// A scope was canceled, and it is the turn of whoever waits for that with this ticket.
    pub(crate) fn canceled(&mut self, ticket: u64) {
        let case = self.cases.iter().find(|case| case.ticket == ticket);
        if let Some(case) = case.filter(|case| case.slot.woken.get().is_none()) {
            case.slot.woken.set(Some(case.index));
            self.selector_received |= case.slot.is_selector;
        }
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
        Self::new(shared, false, [(0, Source::Signal(name))])
    }

    /// Blocks a selector on its cases, by their indices.
    pub(crate) fn selector(
        shared: &Shared,
        cases: impl IntoIterator<Item = (usize, Source)>,
    ) -> Self {
        Self::new(shared, true, cases)
    }

    fn new(
        shared: &Shared,
        is_selector: bool,
        cases: impl IntoIterator<Item = (usize, Source)>,
    ) -> Self {
        let slot = Rc::new(Slot::new(is_selector));
        let mut state = shared.borrow_mut();
        let mut on = Vec::new();
        for (index, source) in cases {
            let ticket = state.ticket();
            on.push((ticket, source.clone(), index));
            state.blocked.cases.push(Case { ticket, source, index, slot: Rc::clone(&slot) });
        }
        drop(state);
        Self { shared: Rc::clone(shared), slot, on }
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
        let mut state = self.shared.borrow_mut();
        if let Some((name, signal)) = state.blocked.leave(&self.slot) {
            state.put_back(name, signal);
        }
    }
}
