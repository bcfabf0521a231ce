//! A map by ids such as those of runs, in which an id is found at once however many there are.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use crate::SmolStr;

/// Values by ids that are long and have no order that means anything.
///
/// It cannot be iterated, as that order would mean nothing.
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
pub struct ById<T>(Entries<T>);

#[expect(
    clippy::disallowed_types,
    reason = "the same in every run, since its numbers are, and nobody sees the order of its entries"
)]
type Entries<T> = std::collections::HashMap<SmolStr, T, BuildHasherDefault<Mixed>>;

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> ById<T> {
    /// A map with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self(Entries::with_hasher(BuildHasherDefault::new()))
    }

    /// The value of `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&T> {
        self.0.get(id)
    }

    /// The value of `id`, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.0.get_mut(id)
    }

    /// Whether there is a value of `id`.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Puts in the value of `id`, and returns the one that was there.
    pub fn insert(&mut self, id: SmolStr, value: T) -> Option<T> {
        self.0.insert(id, value)
    }

    /// Takes out the value of `id`.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        self.0.remove(id)
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<T: fmt::Debug> fmt::Debug for ById<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of an id: eight bytes at a time, multiplied and mixed. That of `std` differs from run to run, and takes longer.
#[derive(Clone, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0 ^ u64::from_le_bytes(eight)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 ^= self.0 >> 32;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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

    /// It agrees with the obvious slow version, also where it has grown, is full of gaps or nearly empty.
    #[test]
    fn does_what_a_sorted_map_does() {
        let (mut map, mut model) = (ById::new(), BTreeMap::new());
        let mut random = 7_u64;
        for step in 0..20_000_u32 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let id = SmolStr::from(format!("order-{}", (random >> 33) % 300));
            if (random >> 20) % 5 < 2 + u64::from(step / 10_000) {
                assert_eq!(map.remove(&id), model.remove(&id));
            } else {
                assert_eq!(map.insert(id.clone(), step), model.insert(id.clone(), step));
            }
            let other = format!("order-{}", (random >> 45) % 300);
            assert_eq!(map.get(&other), model.get(other.as_str()));
            assert_eq!(map.get_mut(&other).copied(), model.get(other.as_str()).copied());
        }
        assert!(!model.is_empty());
        map.clear();
        assert!(model.keys().all(|id| !map.contains(id)));
    }
}
