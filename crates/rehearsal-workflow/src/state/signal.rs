//! Signals: kept until somebody reads them.

use std::cell::{Cell, RefCell};

use rehearsal_activation::{Asked, Dropped, Signal, Signals};
use rehearsal_history::SmolStr;
use serde::de::DeserializeOwned;

use super::{Queued, State};
use crate::blocked::Kept;

impl State {
    /// A signal came: for whoever waits for it, or else it is kept until it is read.
    pub(crate) fn receive(&mut self, signal: &Signal) {
        self.progress += 1;
        let unread = Queued {
            input: signal.input.clone(),
            event: signal.event,
            noticed: Cell::default(),
            misfit: RefCell::default(),
        };
        match self.blocked.receive(&signal.name, unread, self.missing_flags) {
            None => {}
            Some(Kept::First(unread)) => self.put_back(signal.name.clone(), unread),
            Some(Kept::Last(unread)) => {
                self.signals.entry(signal.name.clone()).or_default().push_back(unread);
            }
        }
    }

    /// Workflow code asks for the signals of this name.
    pub(crate) fn listen(&mut self, name: &str) {
        if !self.listened.contains(name) {
            self.listened.insert(name.into());
        }
        self.note_asked(Asked::Signal(name.into()));
    }

    /// Workflow code asks for something, where it was seen last.
    pub(crate) fn note_asked(&mut self, asked: Asked) {
        if let Some(place) = self.seen {
            self.asked.insert((asked, place));
        }
    }

    /// A signal that was taken cannot be read.
    pub(crate) fn drop_signal(&mut self, name: &str, signal: &Queued, why: String) {
        self.dropped.push(Dropped { name: name.into(), event: signal.event, why });
    }

    /// What became of the signals so far.
    pub(crate) fn told_signals(&self) -> Signals {
        let queues = self.signals.iter();
        let mut unread: Vec<_> = queues
            .flat_map(|(name, queue)| queue.iter().map(move |signal| (signal, name)))
            .filter(|(signal, _)| !signal.noticed.get())
            .map(|(signal, name)| rehearsal_activation::Unread {
                name: name.clone(),
                event: signal.event,
                misfit: signal.misfit.borrow().clone(),
            })
            .collect();
        unread.sort_by_key(|signal| signal.event);
        let listened = self.listened.iter().cloned().collect();
        Signals { listened, unread, dropped: self.dropped.clone() }
    }

    /// The oldest signal of this name that was not read.
    pub(crate) fn take_signal(&mut self, name: &str) -> Option<Queued> {
        let signal = self.signals.get_mut(name)?.pop_front()?;
        self.advance();
        Some(signal)
    }

    /// Somebody was given a signal and went away without it.
    pub(crate) fn put_back(&mut self, name: SmolStr, signal: Queued) {
        self.progress += 1;
        self.signals.entry(name).or_default().push_front(signal);
    }

    /// Looks at the oldest signal of this name that was not read; `None` if there is none, or if it is no `T`.
    pub(crate) fn peek<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.signals.get(name)?.front()?.look()
    }

    /// How many signals of this name were not read, for somebody who would read each as a `T`.
    pub(crate) fn count<T: DeserializeOwned>(&self, name: &str) -> usize {
        let Some(queue) = self.signals.get(name) else { return 0 };
        for signal in queue.iter().filter(|signal| !signal.noticed.get()) {
            let _value: Option<T> = signal.look();
        }
        queue.len()
    }

    /// The names of which there are signals that were not read, in the order of the alphabet.
    pub(crate) fn unread_names(&self) -> Vec<SmolStr> {
        let unread = self.signals.iter().filter(|(_, signals)| !signals.is_empty());
        unread.map(|(name, _)| name.clone()).collect()
    }
}
