//! Sets that hold at most one entry of each of many things.

use alloc::collections::BTreeSet;

/// Puts `after` into `set`, in the place of `before`.
pub(crate) fn replace<T: Ord>(set: &mut BTreeSet<T>, before: Option<T>, after: Option<T>) {
    if before == after {
        return;
    }
    if let Some(before) = before {
        set.remove(&before);
    }
    set.extend(after);
}
