//! Places among the tasks of a queue: which cannot be meant (`common/priorities/priority_util.go` of server 1.32).

use rehearsal_history::Priority;

/// The key of what says none.
pub(crate) const DEFAULT_PRIORITY_KEY: i32 = 3;

/// The longest fairness key, in bytes.
const LONGEST_KEY: usize = 64;

/// What is wrong with a priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPriority {
    /// Its key is below zero.
    #[error("priority key can't be negative")]
    Negative,
    /// Its fairness key is too long.
    #[error("fairness key length exceeds limit")]
    LongKey,
    /// Its fairness weight is below zero.
    #[error("must be greater than zero")]
    Weight,
}

/// # Errors
///
/// [`BadPriority`] for the first of its fields that cannot be meant.
pub(crate) fn check(priority: Option<&Priority>) -> Result<(), BadPriority> {
    let Some(priority) = priority else { return Ok(()) };
    if priority.priority_key < 0 {
        Err(BadPriority::Negative)
    } else if priority.fairness_key.len() > LONGEST_KEY {
        Err(BadPriority::LongKey)
    } else if priority.fairness_weight < 0.0 {
        Err(BadPriority::Weight)
    } else {
        Ok(())
    }
}
