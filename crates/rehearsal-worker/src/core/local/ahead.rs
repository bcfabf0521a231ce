//! What markers say that were found ahead of workflow code (`LocalActivityData::preresolutions` of core).

use alloc::collections::BTreeMap;

use rehearsal_activation::Seq;

use super::marker::Note;

/// Notes in the order in which they were found, each with a place by its local activity.
#[derive(Debug, Clone, Default)]
pub(super) struct Ahead {
    notes: BTreeMap<u64, Note>,
    places: BTreeMap<Seq, u64>,
    found: u64,
}

impl Ahead {
    /// One more was found. Of several for one local activity the first counts.
    pub(super) fn push(&mut self, note: Note) {
        self.found += 1;
        self.places.entry(note.seq).or_insert(self.found);
        self.notes.insert(self.found, note);
    }

    pub(super) fn first(&self) -> Option<&Note> {
        self.notes.first_key_value().map(|(_, note)| note)
    }

    pub(super) fn get(&self, seq: Seq) -> Option<&Note> {
        self.notes.get(self.places.get(&seq)?)
    }

    pub(super) fn take(&mut self, seq: Seq) -> Option<Note> {
        self.notes.remove(&self.places.remove(&seq)?)
    }
}
