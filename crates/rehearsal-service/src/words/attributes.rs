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

/// The attributes with their types, as histories show them (`ApplyTypeMap`).
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
        metadata.insert(SmolStr::new_static("type"), Bytes(kind.name().into()));
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

/// The type of an attribute of the server's own that may be set (`predefinedWhiteList` of `sadefs/constants.go`).
fn settable(name: &str) -> Option<SearchType> {
    Some(match name {
        "TemporalChangeVersion"
        | "BinaryChecksums"
        | "BuildIds"
        | "TemporalPauseInfo"
        | "TemporalReportedProblems" => SearchType::KeywordList,
        "BatcherNamespace"
        | "BatcherUser"
        | "TemporalScheduledById"
        | "TemporalNamespaceDivision" => SearchType::Keyword,
        "TemporalScheduledStartTime" => SearchType::Datetime,
        "TemporalSchedulePaused" => SearchType::Bool,
        _ => return None,
    })
}

/// Whether it is one of the server's own that may not be set (`system` and `predefined` of `sadefs/constants.go`).
fn is_reserved(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "WorkflowId",
        "RunId",
        "WorkflowType",
        "StartTime",
        "ExecutionTime",
        "CloseTime",
        "ExecutionStatus",
        "TaskQueue",
        "HistoryLength",
        "ExecutionDuration",
        "StateTransitionCount",
        "HistorySizeBytes",
        "ParentWorkflowId",
        "ParentRunId",
        "RootWorkflowId",
        "RootRunId",
        "TemporalWorkerDeploymentVersion",
        "TemporalWorkflowVersioningBehavior",
        "TemporalWorkerDeployment",
        "TemporalUsedWorkerDeploymentVersions",
        "TemporalExternalPayloadCount",
        "TemporalExternalPayloadSizeBytes",
    ];

    RESERVED.contains(&name)
}

/// Whether an attribute is one of the server's own.
pub(crate) fn is_servers(name: &str) -> bool {
    is_reserved(name) || settable(name).is_some()
}

/// Whether the server takes a value for none (`isNilPayload`).
pub(crate) fn is_nil(value: &Payload) -> bool {
    matches!(&value.data.0[..], b"" | b"null" | b"[]")
}
