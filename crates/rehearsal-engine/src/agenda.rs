//! The one queue that everything waits in: what is to happen, and when.

use std::collections::BTreeMap;

use rehearsal_history::Timestamp;

/// Entries by due time; those due at the same time in the order in which they were put in.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(Timestamp, u64), T>,
    asked: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), asked: 0 }
    }
}

impl<T> Agenda<T> {
    pub(crate) fn push(&mut self, due: Timestamp, entry: T) {
        self.asked += 1;
        self.entries.insert((due, self.asked), entry);
    }

    /// When the first entry is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((due, _), _)| *due)
    }

    /// What is due at `now`, in order.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &T> {
        self.entries.range(..=(now, u64::MAX)).map(|(_, entry)| entry)
    }

    /// Takes out the `index`th of what is due at `now`.
    pub(crate) fn take_due(&mut self, now: Timestamp, index: usize) -> Option<T> {
        let key = *self.entries.range(..=(now, u64::MAX)).nth(index)?.0;
        self.entries.remove(&key)
    }

    /// All entries, soonest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, &T)> {
        self.entries.iter().map(|((due, _), entry)| (*due, entry))
    }

    /// Drops the entries that `keep` refuses.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries.retain(|_, entry| keep(entry));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_instant_keeps_order_of_asking() {
        let mut agenda = Agenda::default();
        for (due, name) in [(2, "b"), (1, "a"), (2, "c")] {
            agenda.push(Timestamp::from_nanos(due), name);
        }

        let now = Timestamp::from_nanos(2);
        assert_eq!(agenda.due(now).copied().collect::<String>(), "abc");
        assert_eq!(agenda.take_due(now, 1), Some("b"));
        assert_eq!(agenda.take_due(now, 2), None);
        assert_eq!(agenda.due(now).copied().collect::<String>(), "ac");
    }
}
