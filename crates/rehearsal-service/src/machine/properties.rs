//! What a run can be searched by, and its notes: what is given at the start, what is upserted, what both come to.
//!
//! `common/searchattribute/validator.go`, `common/payload/payload.go` and `command_attr_validator.go` of server 1.32. The
//! server goes through attributes in random order, here the first one in the alphabet that does not hold is named.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use rehearsal_history::event::{UpsertWorkflowSearchAttributes, WorkflowPropertiesModified};
use rehearsal_history::{
    Bytes, Event, EventKind, Memo, Payload, SearchAttributes, SearchType, SmolStr,
};

use crate::refusal::{BadCommand, BadSearchAttribute};
use crate::view::RunView;
use crate::words::{Decision, Origin};

/// A command about the properties of the run.
#[derive(Debug)]
pub(crate) enum PropertiesCommand {
    /// Change what it can be searched by.
    UpsertSearchAttributes(SearchAttributes),
    /// Change its notes.
    UpsertMemo(Memo),
}

impl PropertiesCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::UpsertSearchAttributes(_) => "UpsertWorkflowSearchAttributes",
            Self::UpsertMemo(_) => "ModifyWorkflowProperties",
        }
    }
}

/// What `command` causes; changes nothing.
///
/// # Errors
///
/// [`BadCommand`] if it does not hold.
pub(crate) fn plan(
    command: PropertiesCommand,
    origin: &Origin<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    let task = origin.task;
    match command {
        PropertiesCommand::UpsertSearchAttributes(changed) => {
            if changed.indexed_fields.is_empty() {
                return Err(BadCommand::NoSearchAttributes);
            }
            let search_attributes = Some(checked(changed, origin.search_attributes)?);
            let event = UpsertWorkflowSearchAttributes {
                workflow_task_completed_event_id: task,
                search_attributes,
                ..UpsertWorkflowSearchAttributes::default()
            };
            out.record(origin.now, event);
        }
        PropertiesCommand::UpsertMemo(changed) => {
            if changed.fields.is_empty() {
                return Err(BadCommand::NoMemo);
            }
            let event = WorkflowPropertiesModified {
                workflow_task_completed_event_id: task,
                upserted_memo: Some(changed),
                ..WorkflowPropertiesModified::default()
            };
            out.record(origin.now, event);
        }
    }
    Ok(())
}

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

/// Those that have a value; `None` if none has (`FilterNilSearchAttributes` of `common/payload/payload.go`).
pub(crate) fn given(mut attributes: SearchAttributes) -> Option<SearchAttributes> {
    attributes.indexed_fields.retain(|_, value| !is_nil(value));
    (!attributes.indexed_fields.is_empty()).then_some(attributes)
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

/// What `event` makes of the properties of a run.
pub(crate) fn evolve(run: &mut RunView, event: &Event) {
    match &event.kind {
        EventKind::UpsertWorkflowSearchAttributes(upsert) => {
            let changed = upsert.search_attributes.as_ref().map(|it| &it.indexed_fields);
            merge(&mut run.search_attributes.indexed_fields, changed);
        }
        EventKind::WorkflowPropertiesModified(modified) => {
            let changed = modified.upserted_memo.as_ref().map(|it| &it.fields);
            merge(&mut run.memo.fields, changed);
        }
        _ => {}
    }
}

/// Whether the server takes a value for none (`isNilPayload`).
fn is_nil(value: &Payload) -> bool {
    matches!(&value.data.0[..], b"" | b"null" | b"[]")
}

/// What is changed takes the place of what was; a value that is none takes it away (`MergeMapOfPayload`).
fn merge(fields: &mut BTreeMap<SmolStr, Payload>, changed: Option<&BTreeMap<SmolStr, Payload>>) {
    for (name, value) in changed.into_iter().flatten() {
        if is_nil(value) {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}
