//! Entities by their keys: those of a run, and those of a plan beside it.

use alloc::collections::BTreeMap;

/// What can be done with many entities.
pub(crate) trait Table<K, V> {
    /// The entity under `key`.
    fn find(&self, key: &K) -> Option<&V>;
    /// The same, to change it.
    fn change(&mut self, key: &K) -> Option<&mut V>;
    /// Puts an entity under `key`, in the place of what is there.
    fn put(&mut self, key: K, entity: V);
    /// Takes out what is under `key`.
    fn drop(&mut self, key: &K);
    /// All entities.
    fn all<'a>(&'a self) -> impl Iterator<Item = &'a V>
    where
        K: 'a,
        V: 'a;
}

impl<K: Ord, V> Table<K, V> for BTreeMap<K, V> {
    fn find(&self, key: &K) -> Option<&V> {
        self.get(key)
    }

    fn change(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, entity: V) {
        self.insert(key, entity);
    }

    fn drop(&mut self, key: &K) {
        self.remove(key);
    }

    fn all<'a>(&'a self) -> impl Iterator<Item = &'a V>
    where
        K: 'a,
        V: 'a,
    {
        self.values()
    }
}

/// The entities of a run as they will be; the run itself stays as it is.
#[derive(Debug)]
pub(crate) struct Overlay<'a, K, V> {
    base: &'a BTreeMap<K, V>,
    /// What is another than in the run; `None` for what is gone.
    touched: BTreeMap<K, Option<V>>,
}

impl<'a, K, V> Overlay<'a, K, V> {
    /// Those of a run, untouched.
    pub(crate) const fn new(base: &'a BTreeMap<K, V>) -> Self {
        Self { base, touched: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> for Overlay<'_, K, V> {
    fn find(&self, key: &K) -> Option<&V> {
        self.touched.get(key).map_or_else(|| self.base.get(key), Option::as_ref)
    }

    fn change(&mut self, key: &K) -> Option<&mut V> {
        let base = self.base;
        let touched = self.touched.entry(key.clone()).or_insert_with(|| base.get(key).cloned());
        touched.as_mut()
    }

    fn put(&mut self, key: K, entity: V) {
        self.touched.insert(key, Some(entity));
    }

    fn drop(&mut self, key: &K) {
        self.touched.insert(key.clone(), None);
    }

    fn all<'a>(&'a self) -> impl Iterator<Item = &'a V>
    where
        K: 'a,
        V: 'a,
    {
        let untouched = self.base.iter().filter(|(key, _)| !self.touched.contains_key(key));
        untouched.map(|(_, entity)| entity).chain(self.touched.values().flatten())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn pairs<T: Table<u8, char>>(table: &T) -> Vec<char> {
        let mut all: Vec<char> = table.all().copied().collect();
        all.sort_unstable();
        all
    }

    /// A plan agrees with the obvious slow version, a copy of the run; and the run stays as it is.
    #[test]
    fn an_overlay_does_what_a_copy_does() {
        fn changed<T: Table<u8, char>>(table: &mut T) -> (Option<char>, Option<char>, Vec<char>) {
            table.put(4, 'd');
            table.drop(&2);
            *table.change(&1).unwrap() = 'x';
            table.put(2, 'y');
            table.drop(&3);
            table.drop(&4);
            assert!(table.change(&3).is_none() && table.change(&9).is_none());
            (table.find(&1).copied(), table.find(&4).copied(), pairs(table))
        }
        let base = BTreeMap::from([(1, 'a'), (2, 'b'), (3, 'c')]);
        let mut overlay = Overlay::new(&base);
        assert_eq!(pairs(&overlay), ['a', 'b', 'c']);

        assert_eq!(changed(&mut overlay), changed(&mut base.clone()));
        assert_eq!(pairs(&base), ['a', 'b', 'c']);
    }
}
