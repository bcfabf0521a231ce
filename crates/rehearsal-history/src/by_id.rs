//! A map by ids such as those of runs, in which an id is found at once however many there are.

use std::collections::BTreeMap;
use std::fmt;

use crate::SmolStr;

/// Values by ids that are long and have no order that means anything.
///
/// It sorts numbers that are made of the ids, so that looking for one does not look at the texts of many others. It cannot
/// be iterated, as that order would mean nothing either.
///
/// # Examples
///
/// ```
/// use rehearsal_history::ById;
///
/// let mut runs = ById::new();
/// assert_eq!(runs.insert("b585f767".into(), 1), None);
/// assert_eq!(runs.insert("b585f767".into(), 2), Some(1));
/// assert_eq!(runs.get("b585f767"), Some(&2));
/// assert_eq!(runs.remove("b585f767"), Some(2));
/// assert!(!runs.contains("b585f767"));
/// ```
#[derive(Clone)]
pub struct ById<T> {
    entries: BTreeMap<u64, Bucket<T>>,
}

/// What has one number: as good as always one.
#[derive(Clone)]
struct Bucket<T> {
    first: (SmolStr, T),
    others: Vec<(SmolStr, T)>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> ById<T> {
    /// A map with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// The value of `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&T> {
        let bucket = self.entries.get(&number(id))?;
        bucket.iter().find(|(other, _)| other == id).map(|(_, value)| value)
    }

    /// The value of `id`, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let bucket = self.entries.get_mut(&number(id))?;
        bucket.iter_mut().find(|(other, _)| other == id).map(|(_, value)| value)
    }

    /// Whether there is a value of `id`.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// Puts in the value of `id`, and returns the one that was there.
    pub fn insert(&mut self, id: SmolStr, value: T) -> Option<T> {
        use std::collections::btree_map::Entry;
        match self.entries.entry(number(&id)) {
            Entry::Vacant(vacant) => {
                vacant.insert(Bucket { first: (id, value), others: Vec::new() });
                None
            }
            Entry::Occupied(mut occupied) => occupied.get_mut().insert(id, value),
        }
    }

    /// Takes out the value of `id`.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        use std::collections::btree_map::Entry;
        let Entry::Occupied(mut occupied) = self.entries.entry(number(id)) else { return None };
        if occupied.get().others.is_empty() {
            let matches = occupied.get().first.0 == id;
            return matches.then(|| occupied.remove().first.1);
        }
        occupied.get_mut().remove(id)
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

impl<T> Bucket<T> {
    fn iter(&self) -> impl Iterator<Item = &(SmolStr, T)> {
        core::iter::once(&self.first).chain(&self.others)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut (SmolStr, T)> {
        core::iter::once(&mut self.first).chain(&mut self.others)
    }

    fn insert(&mut self, id: SmolStr, value: T) -> Option<T> {
        if let Some((_, before)) = self.iter_mut().find(|(other, _)| *other == id) {
            return Some(core::mem::replace(before, value));
        }
        self.others.push((id, value));
        None
    }

    /// Takes out one of several.
    fn remove(&mut self, id: &str) -> Option<T> {
        if self.first.0 == id {
            let last = self.others.pop()?;
            return Some(core::mem::replace(&mut self.first, last).1);
        }
        let place = self.others.iter().position(|(other, _)| other == id)?;
        Some(self.others.swap_remove(place).1)
    }
}

impl<T: fmt::Debug> fmt::Debug for ById<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries.values().flat_map(Bucket::iter);
        f.debug_map().entries(entries.map(|(id, value)| (id, value))).finish()
    }
}

/// The number of an id: eight bytes at a time, multiplied and mixed.
fn number(id: &str) -> u64 {
    let mut number = id.len() as u64;
    for chunk in id.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        number = (number ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        number ^= number >> 32;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ids_are_told_apart() {
        let mut map = ById::new();
        let ids: Vec<SmolStr> = (0..1000).map(|n| format!("order-{n}").into()).collect();
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(map.insert(id.clone(), n), None);
        }
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(map.get(id), Some(&n));
            assert_eq!(map.remove(id), Some(n));
            assert_eq!(map.remove(id), None);
        }
    }

    #[test]
    fn ids_of_one_number_share_a_bucket() {
        let mut bucket = Bucket { first: ("a".into(), 1), others: Vec::new() };
        assert_eq!(bucket.insert("b".into(), 2), None);
        assert_eq!(bucket.insert("c".into(), 3), None);
        assert_eq!(bucket.insert("b".into(), 4), Some(2));
        assert_eq!(bucket.remove("a"), Some(1));
        assert_eq!(bucket.remove("a"), None);
        assert_eq!(bucket.iter().map(|(_, value)| *value).sum::<i32>(), 7);
        assert_eq!(bucket.remove("b"), Some(4));
    }
}
