//! The one queue that everything waits in: what is to happen, and when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rehearsal_history::Timestamp;
use slab::Slab;

use crate::distances::{Distances, Weight};

/// What an agenda must know of its entries.
pub(crate) trait Planned {
    /// Whom it belongs to, if all that belongs to them can be dropped together.
    fn owner(&self) -> Option<u64>;

    /// Whether it is code that waits for its time, which [`Agenda::waits`] tells apart.
    fn is_wait(&self) -> bool;
}

/// Entries by due time; those due at the same time in the order in which they were put in.
///
/// What is due stands in a line, so that any of it can be looked at by its place; what lies ahead is sorted. So each call
/// costs the same however many things wait, but for taking out of the middle of the line.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    now: Timestamp,
    entries: Slab<Slot<T>>,
    /// What is due, in order.
    due: VecDeque<usize>,
    /// What lies ahead.
    ahead: BTreeMap<Place, usize>,
    /// What has an owner.
    owned: BTreeSet<(u64, Place, usize)>,
    /// When code that waits goes on, as far as that lies ahead.
    waits: Distances,
    pushed: u64,
}

/// When an entry is due, and how many were put in before it.
type Place = (Timestamp, u64);

#[derive(Debug)]
struct Slot<T> {
    place: Place,
    /// What it adds to the waits, if it is one that lies ahead.
    weight: Option<Weight>,
    entry: T,
}

impl<T: Planned> Agenda<T> {
    /// An agenda without entries, at this time.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            entries: Slab::new(),
            due: VecDeque::new(),
            ahead: BTreeMap::new(),
            owned: BTreeSet::new(),
            waits: Distances::default(),
            pushed: 0,
        }
    }

    /// Time has come to `now`: what was ahead until then is due.
    pub(crate) fn advance_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some(first) = self.ahead.first_entry().filter(|first| first.key().0 <= now) {
            let key = first.remove();
            self.due.push_back(key);
            if let Some(weight) = self.entries[key].weight.take() {
                self.waits.take(weight);
            }
        }
    }

    pub(crate) fn push(&mut self, due: Timestamp, entry: T) {
        self.pushed += 1;
        let place = (due, self.pushed);
        let owner = entry.owner();
        let weight = (due > self.now && entry.is_wait()).then(|| self.waits.put(due));
        let key = self.entries.insert(Slot { place, weight, entry });
        if let Some(owner) = owner {
            self.owned.insert((owner, place, key));
        }
        if due <= self.now {
            let index = self.index_of(place);
            self.due.insert(index, key);
        } else {
            self.ahead.insert(place, key);
        }
    }

    /// When the first entry is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let first = self.due.front().map(|&key| self.entries[key].place.0);
        first.or_else(|| self.ahead.first_key_value().map(|(place, _)| place.0))
    }

    /// How many entries are due.
    pub(crate) fn count_due(&self) -> usize {
        self.due.len()
    }

    /// The `index`th of what is due.
    pub(crate) fn get_due(&self, index: usize) -> Option<&T> {
        self.due.get(index).map(|&key| &self.entries[key].entry)
    }

    /// What is due, in order.
    pub(crate) fn iter_due(&self) -> impl Iterator<Item = &T> {
        self.due.iter().map(|&key| &self.entries[key].entry)
    }

    /// Takes out the `index`th of what is due.
    pub(crate) fn take_due(&mut self, index: usize) -> Option<T> {
        let key = self.due.remove(index)?;
        Some(self.forget(key))
    }

    /// Drops the entries that `keep` refuses; it is asked in order, soonest first.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let line = self.due.iter().chain(self.ahead.values());
        let refused: Vec<usize> =
            line.copied().filter(|&key| !keep(&self.entries[key].entry)).collect();
        for key in refused {
            self.drop_entry(key);
        }
    }

    /// Drops all that belongs to `owner`.
    pub(crate) fn drop_all_of(&mut self, owner: u64) {
        let from = (owner, (Timestamp::EPOCH, 0), 0);
        let of = |first: &&(u64, Place, usize)| first.0 == owner;
        while let Some(&(_, _, key)) = self.owned.range(from..).next().filter(of) {
            self.drop_entry(key);
        }
    }

    /// A number for how long code still waits: the same for the same times, whenever it is. Nothing must be due.
    pub(crate) fn waits(&self) -> u64 {
        self.waits.from(self.now)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where an entry stands in the line of what is due, or is to stand.
    fn index_of(&self, place: Place) -> usize {
        if self.due.back().is_none_or(|&last| self.entries[last].place < place) {
            return self.due.len();
        }
        self.due.partition_point(|&other| self.entries[other].place < place)
    }

    fn drop_entry(&mut self, key: usize) {
        let place = self.entries[key].place;
        if self.ahead.remove(&place).is_none() {
            let index = self.index_of(place);
            self.due.remove(index);
        }
        self.forget(key);
    }

    fn forget(&mut self, key: usize) -> T {
        let Slot { place, weight, entry } = self.entries.remove(key);
        if let Some(owner) = entry.owner() {
            self.owned.remove(&(owner, place, key));
        }
        if let Some(weight) = weight {
            self.waits.take(weight);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Belongs to its first number.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Errand(u64, &'static str);

    impl Planned for Errand {
        fn owner(&self) -> Option<u64> {
            Some(self.0)
        }

        fn is_wait(&self) -> bool {
            true
        }
    }

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn agenda(entries: &[(u64, u64, &'static str)]) -> Agenda<Errand> {
        let mut agenda = Agenda::new(at(0));
        for &(due, owner, name) in entries {
            agenda.push(at(due), Errand(owner, name));
        }
        agenda
    }

    fn due(agenda: &Agenda<Errand>) -> String {
        agenda.iter_due().map(|errand| errand.1).collect()
    }

    #[test]
    fn same_instant_keeps_order_of_asking() {
        let mut agenda = agenda(&[(2, 0, "b"), (1, 0, "a"), (2, 0, "c"), (3, 0, "d")]);
        assert_eq!(agenda.next_due(), Some(at(1)));

        agenda.advance_to(at(2));
        assert_eq!(due(&agenda), "abc");
        assert_eq!(agenda.take_due(1), Some(Errand(0, "b")));
        assert_eq!(agenda.take_due(2), None);
        assert_eq!(due(&agenda), "ac");
        assert_eq!(agenda.get_due(1), Some(&Errand(0, "c")));
    }

    #[test]
    fn what_is_pushed_late_stands_where_it_was_due() {
        let mut agenda = agenda(&[(2, 0, "b")]);
        agenda.advance_to(at(2));
        agenda.push(at(1), Errand(0, "a"));
        agenda.push(at(2), Errand(0, "c"));
        assert_eq!(due(&agenda), "abc");
    }

    /// The obvious slow version keeps a sorted list and looks at all of it.
    #[test]
    fn what_is_dropped_is_dropped_wherever_it_stands() {
        let names = ["a", "b", "c", "d", "e", "f"];
        for now in 0..5 {
            for gone in 0..3 {
                let entries: Vec<(u64, u64, &str)> = names
                    .iter()
                    .zip(0_u64..)
                    .map(|(&name, n)| (n * 7 % 5, n * 2 % 3, name))
                    .collect();
                let mut model = entries.clone();
                model.sort_by_key(|entry| entry.0);
                model.retain(|entry| entry.1 != gone);

                let [mut by_owner, mut by_look] = [agenda(&entries), agenda(&entries)];
                by_owner.advance_to(at(now));
                by_owner.drop_all_of(gone);
                by_look.retain(|errand| errand.0 != gone);
                by_look.advance_to(at(now));

                let line: String =
                    model.iter().filter(|entry| entry.0 <= now).map(|entry| entry.2).collect();
                assert_eq!([due(&by_owner), due(&by_look)], [line.clone(), line]);
                assert_eq!(by_owner.waits(), by_look.waits());
                by_owner.advance_to(at(9));
                assert_eq!(due(&by_owner).len(), model.len());
            }
        }
    }
}
