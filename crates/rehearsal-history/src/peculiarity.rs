//! What is odd in how a history was written, and was understood all the same.

use core::fmt;

/// Something odd in how a history was written. It was read without a guess; a person should know of it all the same.
///
/// # Examples
///
/// ```
/// use rehearsal_history::{History, HistoryBuilder, Peculiarity};
///
/// let mut builder = HistoryBuilder::new("order");
/// builder.complete_task();
/// let json = builder.build().to_json();
/// let mut tree: serde_json::Value = serde_json::from_str(&json)?;
/// tree["events"].as_array_mut().unwrap().reverse(); // as `temporal workflow show --reverse` has them
///
/// let history = History::from_json(&tree.to_string())?;
/// assert_eq!(history.events()[0].id.0, 1);
/// assert_eq!(history.peculiarities(), [Peculiarity::Descending]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Peculiarity {
    /// The events came last first, and were turned round.
    Descending,
    /// The payloads were decoded, as the Web UI downloads them, and were encoded anew: as the same values, perhaps with
    /// other spaces, another order of keys and other spellings of numbers than the bytes that were recorded.
    DecodedPayloads,
    /// Workflow tasks do not say which start they complete, and what they cause may name that start in their place, as the
    /// test server of the Java SDK writes them.
    UnlinkedTasks,
}

impl fmt::Display for Peculiarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descending => "the events came last first, and were turned round",
            Self::DecodedPayloads => {
                "the payloads came decoded, as the Web UI downloads them, and were encoded anew: their bytes may differ \
                 from what was recorded, their values do not"
            }
            Self::UnlinkedTasks => {
                "completed workflow tasks do not say which start they belong to (`startedEventId` is 0), as the test \
                 server of the Java SDK writes them"
            }
        })
    }
}
