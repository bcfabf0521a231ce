//! The entities of a run, with those that have changed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Deref;

use super::Table;

/// Entities by their keys, which remembers those that may have changed until somebody asks.
#[derive(Debug, Clone)]
pub(crate) struct Tracked<K, V> {
    all: BTreeMap<K, V>,
    changed: Vec<K>,
}

impl<K, V> Default for Tracked<K, V> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), changed: Vec::new() }
    }
}

impl<K: Ord + Clone, V> Tracked<K, V> {
    /// The entity under `key`, to change it.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let entity = self.all.get_mut(key);
        if entity.is_some() {
            self.changed.push(key.clone());
        }
        entity
    }

    /// All entities, to change them.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.changed.extend(self.all.keys().cloned());
        self.all.values_mut()
    }

    /// The keys of those that may have changed since the last time, some of them more than once.
    pub(crate) fn take_changed(&mut self) -> Vec<K> {
        core::mem::take(&mut self.changed)
    }
}

/// What can be done without changing anything.
impl<K, V> Deref for Tracked<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.all
    }
}

impl<K: Ord + Clone, V> Table<K, V> for Tracked<K, V> {
    fn find(&self, key: &K) -> Option<&V> {
        self.all.get(key)
    }

    fn change(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, entity: V) {
        self.changed.push(key.clone());
        self.all.insert(key, entity);
    }

    fn drop(&mut self, key: &K) {
        self.changed.push(key.clone());
        self.all.remove(key);
    }

    fn all<'a>(&'a self) -> impl Iterator<Item = &'a V>
    where
        K: 'a,
        V: 'a,
    {
        self.all.values()
    }
}
