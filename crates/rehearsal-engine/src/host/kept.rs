//! Which workflows a worker keeps that keeps no more than so many.

use std::collections::BTreeMap;

use rehearsal_history::{ById, SmolStr};

/// The runs in a worker's cache by when they were used last, if it keeps no more than so many.
#[derive(Debug)]
pub(crate) struct Kept {
    /// How many there may be that have nothing to do; `None` for any number.
    room: Option<usize>,
    by_use: BTreeMap<u64, SmolStr>,
    last_use: ById<u64>,
    uses: u64,
}

impl Kept {
    pub(super) const fn new(room: Option<usize>) -> Self {
        Self { room, by_use: BTreeMap::new(), last_use: ById::new(), uses: 0 }
    }

    /// A task of this run begins.
    pub(super) fn touch(&mut self, run_id: &SmolStr) {
        if self.room.is_none() {
            return;
        }
        self.forget(run_id);
        self.uses += 1;
        self.by_use.insert(self.uses, run_id.clone());
        self.last_use.insert(run_id.clone(), self.uses);
    }

    pub(super) fn forget(&mut self, run_id: &str) {
        if let Some(last) = self.last_use.remove(run_id) {
            self.by_use.remove(&last);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.room);
    }

    /// Whether one run more has a place. There is one even for a worker that keeps none: it works on it.
    pub(super) fn has_room_for(&self, run_id: &str) -> bool {
        self.last_use.contains(run_id)
            || self.room.is_none_or(|room| self.by_use.len() < room.max(1))
    }

    /// Whether there are more than may be kept.
    pub(super) fn is_over(&self) -> bool {
        self.room.is_some_and(|room| self.by_use.len() > room)
    }

    /// The runs, from the one whose last use is longest ago.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = &SmolStr> {
        self.by_use.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kept: &Kept) -> Vec<&str> {
        kept.oldest_first().map(SmolStr::as_str).collect()
    }

    #[test]
    fn the_run_that_was_used_last_goes_last() {
        let mut kept = Kept::new(Some(2));
        for run_id in ["a", "b", "a", "c"] {
            kept.touch(&run_id.into());
        }
        assert_eq!(line(&kept), ["b", "a", "c"]);
        assert!(kept.is_over() && kept.has_room_for("b") && !kept.has_room_for("d"));

        kept.forget("b");
        assert!(!kept.is_over() && !kept.has_room_for("d"));
        kept.forget("c");
        assert!(kept.has_room_for("d"));
    }

    #[test]
    fn a_worker_that_keeps_none_works_on_one() {
        let mut kept = Kept::new(Some(0));
        assert!(kept.has_room_for("a"));
        kept.touch(&"a".into());
        assert!(kept.is_over() && !kept.has_room_for("b"));
    }

    #[test]
    fn a_worker_that_keeps_all_counts_none() {
        let mut kept = Kept::new(None);
        kept.touch(&"a".into());
        assert!(line(&kept).is_empty() && !kept.is_over() && kept.has_room_for("b"));
    }
}
