//! What a run is given at its start to be searched by, and its notes.
//!
//! `common/searchattribute/validator.go` and `common/payload/payload.go` of server 1.32. The server goes through attributes
//! in random order, here the first one in the alphabet that does not hold is named.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use rehearsal_history::{Bytes, Memo, Payload, SearchAttributes, SearchType, SmolStr};

use crate::refusal::BadSearchAttribute;

/// How many attributes one request may name.
const KEYS: usize = 100;

/// The attributes with their types, as histories show them: the type that a client has given stays, also where the namespace
/// has another one that reads the value (`ApplyTypeMap`).
///
/// # Errors
///
/// [`BadSearchAttribute`] if one is not known, cannot be set, or has a value of another type.
pub(crate) fn checked(
    mut attributes: SearchAttributes,
    custom: &BTreeMap<SmolStr, SearchType>,
) -> Result<SearchAttributes, BadSearchAttribute> {
    let known = |name: &SmolStr| settable(name).or_else(|| custom.get(name).copied());
    let unknown = |name: &&SmolStr| known(name).is_none() && !is_reserved(name);
    if let Some(name) = attributes.indexed_fields.keys().find(unknown) {
        return Err(BadSearchAttribute::Unknown { name: name.clone() });
    }
    let count = attributes.indexed_fields.len();
    if count > KEYS {
        return Err(BadSearchAttribute::TooMany { count, limit: KEYS });
    }
    for (name, value) in &mut attributes.indexed_fields {
        let Some(kind) = known(name) else {
            return Err(BadSearchAttribute::Reserved { name: name.clone() });
        };
        if !kind.reads(value) {
            let (name, found) = (name.clone(), SearchType::printed(value));
            return Err(BadSearchAttribute::WrongType { name, kind, found });
        }
        let metadata = Arc::make_mut(&mut value.metadata);
        let named = metadata.entry(SmolStr::new_static("type"));
        named.or_insert_with(|| Bytes(kind.name().into()));
    }
    Ok(attributes)
}

/// Those that have a value; `None` if none has (`FilterNilSearchAttributes`).
pub(crate) fn given(mut attributes: SearchAttributes) -> Option<SearchAttributes> {
    attributes.indexed_fields.retain(|_, value| !is_nil(value));
    (!attributes.indexed_fields.is_empty()).then_some(attributes)
}

/// The notes that have a value; `None` if none has (`FilterNilMemo`).
pub(crate) fn given_memo(mut memo: Memo) -> Option<Memo> {
    memo.fields.retain(|_, value| !is_nil(value));
    (!memo.fields.is_empty()).then_some(memo)
}

/// An attribute of the server's own.
#[derive(Debug)]
struct Own {
    name: &'static str,
    kind: SearchType,
    settable: bool,
}

/// What every run has (`system` of `sadefs/constants.go`), and what SDKs and parts of the server note of some (`predefined`):
/// those of `predefinedWhiteList` may be set.
const OWN: &[Own] = &[
    own("WorkflowId", SearchType::Keyword, false),
    own("RunId", SearchType::Keyword, false),
    own("WorkflowType", SearchType::Keyword, false),
    own("StartTime", SearchType::Datetime, false),
    own("ExecutionTime", SearchType::Datetime, false),
    own("CloseTime", SearchType::Datetime, false),
    own("ExecutionStatus", SearchType::Keyword, false),
    own("TaskQueue", SearchType::Keyword, false),
    own("HistoryLength", SearchType::Int, false),
    own("ExecutionDuration", SearchType::Int, false),
    own("StateTransitionCount", SearchType::Int, false),
    own("HistorySizeBytes", SearchType::Int, false),
    own("ParentWorkflowId", SearchType::Keyword, false),
    own("ParentRunId", SearchType::Keyword, false),
    own("RootWorkflowId", SearchType::Keyword, false),
    own("RootRunId", SearchType::Keyword, false),
    own("TemporalChangeVersion", SearchType::KeywordList, true),
    own("BinaryChecksums", SearchType::KeywordList, true),
    own("BuildIds", SearchType::KeywordList, true),
    own("BatcherNamespace", SearchType::Keyword, true),
    own("BatcherUser", SearchType::Keyword, true),
    own("TemporalScheduledStartTime", SearchType::Datetime, true),
    own("TemporalScheduledById", SearchType::Keyword, true),
    own("TemporalSchedulePaused", SearchType::Bool, true),
    own("TemporalNamespaceDivision", SearchType::Keyword, true),
    own("TemporalPauseInfo", SearchType::KeywordList, true),
    own("TemporalReportedProblems", SearchType::KeywordList, true),
    own("TemporalWorkerDeploymentVersion", SearchType::Keyword, false),
    own("TemporalWorkflowVersioningBehavior", SearchType::Keyword, false),
    own("TemporalWorkerDeployment", SearchType::Keyword, false),
    own("TemporalUsedWorkerDeploymentVersions", SearchType::KeywordList, false),
    own("TemporalExternalPayloadCount", SearchType::Int, false),
    own("TemporalExternalPayloadSizeBytes", SearchType::Int, false),
];

const fn own(name: &'static str, kind: SearchType, settable: bool) -> Own {
    Own { name, kind, settable }
}

/// The attributes of the server's own, with their types.
pub(crate) fn system() -> impl Iterator<Item = (&'static str, SearchType)> {
    OWN.iter().map(|own| (own.name, own.kind))
}

/// The type of one that may be set.
fn settable(name: &str) -> Option<SearchType> {
    OWN.iter().find(|own| own.name == name && own.settable).map(|own| own.kind)
}

/// Whether it is one that may not be set.
fn is_reserved(name: &str) -> bool {
    OWN.iter().any(|own| own.name == name && !own.settable)
}

/// Whether an attribute is one of the server's own.
pub(crate) fn is_servers(name: &str) -> bool {
    OWN.iter().any(|own| own.name == name)
}

/// Whether nobody may add an attribute of this name (`IsReserved` of `sadefs/constants.go`).
pub(crate) fn cannot_be_added(name: &str) -> bool {
    const FIELDS: &[&str] = &["NamespaceId", "MemoEncoding", "Memo", "VisibilityTaskKey"];

    is_servers(name) || FIELDS.contains(&name) || name.starts_with("Temporal")
}

/// Whether the server takes a value for none (`isNilPayload`).
pub(crate) fn is_nil(value: &Payload) -> bool {
    matches!(&value.data.0[..], b"" | b"null" | b"[]")
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
    use alloc::string::String;

    use rehearsal_history::{SearchAttribute, SearchType};

    use super::*;

    /// Java's typed attributes name a type, and those of a map name none.
    #[test]
    fn the_type_that_a_client_gives_stays() {
        const PLACE: SearchAttribute<String> = SearchAttribute::keyword("Place");
        let custom = [("Place".into(), SearchType::Text)].into();
        let given = SearchAttributes::of([PLACE.set("Rome".to_owned())]);
        let mut untyped = given.clone();
        for value in untyped.indexed_fields.values_mut() {
            Arc::make_mut(&mut value.metadata).remove("type");
        }
        let shown = |given| {
            let checked = checked(given, &custom).unwrap();
            checked.indexed_fields["Place"].metadata["type"].clone()
        };
        assert_eq!(shown(given), Bytes("Keyword".into()));
        assert_eq!(shown(untyped), Bytes("Text".into()));
    }
}
