//! How values of user code compare: payloads, headers, failures.

use alloc::collections::BTreeMap;

use rehearsal_history::{Failure, Header, Payload, Payloads, SmolStr};

use crate::mismatch::Grade;

/// How two lists of values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// They are the same.
    Same,
    /// They are the same values of JSON, spelled in another way, as SDKs of other languages do.
    Respelled,
    Other,
}

impl Values {
    /// How `attempted` compares with `recorded`; no values and none at all are the same.
    pub(super) fn of(recorded: Option<&Payloads>, attempted: Option<&Payloads>) -> Self {
        let (recorded, attempted) = (values(recorded), values(attempted));
        if recorded == attempted {
            return Self::Same;
        }
        let same = |(recorded, attempted): (&Payload, &Payload)| recorded.is_same_value(attempted);
        if recorded.len() == attempted.len() && recorded.iter().zip(attempted).all(same) {
            Self::Respelled
        } else {
            Self::Other
        }
    }

    /// How bad that is.
    pub(super) const fn grade(self) -> Option<Grade> {
        match self {
            Self::Same => None,
            Self::Respelled => Some(Grade::Cosmetic),
            Self::Other => Some(Grade::ChangesBehavior),
        }
    }
}

/// The values, none if there are none.
fn values(payloads: Option<&Payloads>) -> &[Payload] {
    payloads.map(Payloads::as_slice).unwrap_or_default()
}

/// The fields; none and no header are the same.
pub(super) fn fields(header: Option<&Header>) -> Option<&BTreeMap<SmolStr, Payload>> {
    header.map(|header| &header.fields).filter(|fields| !fields.is_empty())
}

/// Whether two failures are the same but for stack traces.
pub(super) fn same_failure(recorded: &Failure, attempted: &Failure) -> bool {
    let link =
        |failure: &Failure| (failure.message.clone(), failure.source.clone(), failure.info.clone());
    recorded.chain().map(link).eq(attempted.chain().map(link))
}
