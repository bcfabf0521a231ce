//! The one queue that everything waits in: what is to happen, and when.

use rehearsal_history::Timestamp;

/// Entries by due time; those due at the same time in the order in which they were put in.
///
/// A sorted list, as few things wait at a time.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: Vec<(Timestamp, T)>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Agenda<T> {
    pub(crate) fn push(&mut self, due: Timestamp, entry: T) {
        let place = self.entries.partition_point(|(other, _)| *other <= due);
        self.entries.insert(place, (due, entry));
    }

    /// When the first entry is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.entries.first().map(|(due, _)| *due)
    }

    /// What is due at `now`, in order.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &T> {
        self.entries.iter().take_while(move |(due, _)| *due <= now).map(|(_, entry)| entry)
    }

    /// Takes out the `index`th of what is due at `now`.
    pub(crate) fn take_due(&mut self, now: Timestamp, index: usize) -> Option<T> {
        self.entries.get(index).filter(|(due, _)| *due <= now)?;
        Some(self.entries.remove(index).1)
    }

    /// All entries, soonest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, &T)> {
        self.entries.iter().map(|(due, entry)| (*due, entry))
    }

    /// Drops the entries that `keep` refuses.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries.retain(|(_, entry)| keep(entry));
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
