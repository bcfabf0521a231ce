//! A map by ids such as those of runs, in which an id is found at once however many there are.

use std::fmt;

use crate::SmolStr;

/// Values by ids that are long and have no order that means anything.
///
/// It finds a place by a number that is made of the id, so that looking for one looks at the texts of no others: a table of
/// its own, as the numbers of a hash map differ from run to run. It cannot be iterated, as that order would mean nothing.
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
    /// As many as a power of two, or none; at least a quarter of them is empty. What belongs to a number is at that slot, or
    /// at one of those that follow without a gap.
    slots: Vec<Slot>,
    entries: Vec<Option<(SmolStr, T)>>,
    /// The places among the entries that hold none.
    free: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Slot {
    /// The number of the id.
    number: u32,
    /// Where the entry is.
    place: u32,
}

/// No slot points at this place.
const NOWHERE: u32 = u32::MAX;

const EMPTY: Slot = Slot { number: 0, place: NOWHERE };

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> ById<T> {
    /// A map with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: Vec::new(), entries: Vec::new(), free: Vec::new() }
    }

    /// The value of `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&T> {
        let slot = self.slots[self.find(id, number(id))?];
        self.entries[slot.place as usize].as_ref().map(|(_, value)| value)
    }

    /// The value of `id`, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let slot = self.slots[self.find(id, number(id))?];
        self.entries[slot.place as usize].as_mut().map(|(_, value)| value)
    }

    /// Whether there is a value of `id`.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.find(id, number(id)).is_some()
    }

    /// Puts in the value of `id`, and returns the one that was there.
    ///
    /// # Panics
    ///
    /// Panics if it would hold more than 4,000 million.
    pub fn insert(&mut self, id: SmolStr, value: T) -> Option<T> {
        let number = number(&id);
        if let Some(at) = self.find(&id, number) {
            let entry = self.entries[self.slots[at].place as usize].as_mut();
            return entry.map(|(_, before)| std::mem::replace(before, value));
        }
        let held = self.entries.len() - self.free.len();
        if (held + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).expect("fewer ids than 4,000 million")
        });
        self.entries[place as usize] = Some((id, value));
        self.occupy(Slot { number, place });
        None
    }

    /// Takes out the value of `id`.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        let at = self.find(id, number(id))?;
        let place = self.slots[at].place;
        self.vacate(at);
        self.free.push(place);
        self.entries[place as usize].take().map(|(_, value)| value)
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The slot of `id`, which has this number.
    fn find(&self, id: &str, number: u32) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = number as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.place == NOWHERE {
                return None;
            }
            if slot.number == number {
                let entry = self.entries[slot.place as usize].as_ref();
                if entry.is_some_and(|(other, _)| other == id) {
                    return Some(at);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Puts this into the first slot that is empty. There is one.
    fn occupy(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.number as usize & mask;
        while self.slots[at].place != NOWHERE {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    /// Empties a slot; those behind it move up, so that there is no gap in front of where they belong.
    fn vacate(&mut self, at: usize) {
        let mask = self.slots.len() - 1;
        let (mut gap, mut next) = (at, (at + 1) & mask);
        while self.slots[next].place != NOWHERE {
            let home = self.slots[next].number as usize & mask;
            let (of_home, of_gap) = (next.wrapping_sub(home) & mask, next.wrapping_sub(gap) & mask);
            if of_home >= of_gap {
                self.slots[gap] = self.slots[next];
                gap = next;
            }
            next = (next + 1) & mask;
        }
        self.slots[gap] = EMPTY;
    }

    /// Twice as many slots.
    fn grow(&mut self) {
        let twice = (self.slots.len() * 2).max(8);
        for slot in std::mem::replace(&mut self.slots, vec![EMPTY; twice]) {
            if slot.place != NOWHERE {
                self.occupy(slot);
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for ById<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries.iter().flatten();
        f.debug_map().entries(entries.map(|(id, value)| (id, value))).finish()
    }
}

/// The number of an id: eight bytes at a time, multiplied and mixed.
fn number(id: &str) -> u32 {
    let mut number = id.len() as u64;
    for chunk in id.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        number = (number ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        number ^= number >> 32;
    }
    (number >> 32) as u32
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
