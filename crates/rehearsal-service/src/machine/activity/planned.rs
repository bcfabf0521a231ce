//! The activities of a plan: which ids are taken, and how many there are, without looking at all of them.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use rehearsal_history::{EventId, SmolStr};

use super::Activity;
use crate::words::{Overlay, Table};

/// The activities of a run as a plan will leave them, and the ids of those that will be pending.
#[derive(Debug)]
pub(crate) struct Planned<'a> {
    activities: Overlay<'a, EventId, Box<Activity>>,
    /// The ids of those that are pending in the run.
    ids: &'a BTreeSet<SmolStr>,
    /// Those that the plan adds.
    added: BTreeSet<SmolStr>,
    /// Those of the run that the plan sets free.
    freed: BTreeSet<SmolStr>,
    /// The activity that was changed last and was pending before, of which nobody has looked what became of it.
    changed: Option<EventId>,
}

impl<'a> Planned<'a> {
    /// Those of a run, untouched.
    pub(crate) const fn new(
        activities: Overlay<'a, EventId, Box<Activity>>,
        ids: &'a BTreeSet<SmolStr>,
    ) -> Self {
        Self { activities, ids, added: BTreeSet::new(), freed: BTreeSet::new(), changed: None }
    }

    /// How many will be pending.
    pub(crate) fn count(&self) -> usize {
        (self.ids.len() + self.added.len()).saturating_sub(self.freed.len())
    }

    /// Whether one with this id will be pending.
    pub(crate) fn has(&self, id: &SmolStr) -> bool {
        self.added.contains(id) || (self.ids.contains(id) && !self.freed.contains(id))
    }

    /// Looks what became of the activity that was changed last.
    pub(crate) fn look(&mut self) {
        let changed = self.changed.take().and_then(|key| self.activities.find(&key));
        if let Some(activity) = changed.filter(|activity| !activity.is_pending()) {
            let id = activity.attributes().activity_id.clone();
            self.free(id);
        }
    }

    fn free(&mut self, id: SmolStr) {
        if !self.added.remove(&id) && self.ids.contains(&id) {
            self.freed.insert(id);
        }
    }
}

impl Table<EventId, Box<Activity>> for Planned<'_> {
    fn find(&self, key: &EventId) -> Option<&Box<Activity>> {
        self.activities.find(key)
    }

    fn change(&mut self, key: &EventId) -> Option<&mut Box<Activity>> {
        self.look();
        self.changed = self.activities.find(key).filter(|it| it.is_pending()).map(|_| *key);
        self.activities.change(key)
    }

    fn put(&mut self, key: EventId, activity: Box<Activity>) {
        self.added.insert(activity.attributes().activity_id.clone());
        self.activities.put(key, activity);
    }

    fn drop(&mut self, key: &EventId) {
        self.look();
        self.activities.drop(key);
    }

    fn all<'a>(&'a self) -> impl Iterator<Item = &'a Box<Activity>>
    where
        EventId: 'a,
        Box<Activity>: 'a,
    {
        self.activities.all()
    }
}
