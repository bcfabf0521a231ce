//! Payloads that the code of a workflow cannot read, since the codec that encoded them is not given.

use rehearsal_engine::Dialect;
use rehearsal_history::History;

use super::error::ReplayError;

/// The encodings of payloads that code can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encodings {
    /// These, by the default data converter.
    These(&'static [&'static str]),
    /// Whatever the user's converter reads.
    #[cfg(feature = "temporal")]
    Any,
}

/// Members of events that workflow code is not told.
const UNTOLD: &[&str] = &["header", "memo", "userMetadata", "prevAutoResetPoints"];

impl Encodings {
    /// Those that the native API reads.
    pub(super) const DEFAULT: Self = Self::These(&["json/plain", "json/protobuf", "binary/null"]);
    /// Those that the official SDK reads.
    #[cfg(feature = "temporal")]
    pub(super) const OFFICIAL: Self = Self::These(&[
        "json/plain",
        "json/protobuf",
        "binary/null",
        "binary/plain",
        "binary/protobuf",
    ]);

    /// Those that code of this API may read.
    pub(crate) const fn of(dialect: Dialect) -> Self {
        match dialect {
            #[cfg(feature = "temporal")]
            Dialect::Official => Self::Any,
            _ => Self::DEFAULT,
        }
    }

    /// The first payload of another encoding among those that workflow code is told, or asks for.
    pub(super) fn unread(&self, history: &History) -> Option<ReplayError> {
        let readable = match self {
            Self::These(readable) => *readable,
            #[cfg(feature = "temporal")]
            Self::Any => return None,
        };
        let read = history.map_payloads(|path, payload| {
            let encoding = payload.encoding().unwrap_or_default().trim();
            let told = !UNTOLD.iter().any(|member| path.starts_with(member));
            if told && !readable.contains(&encoding) {
                return Err(format!("`{encoding}`"));
            }
            Ok(payload)
        });
        read.err().map(|bad| ReplayError::undecodable(bad, "it has the encoding"))
    }
}
