//! What a run can be searched by, and its notes: what is upserted, and what that comes to (`command_attr_validator.go` of
//! server 1.32).

use alloc::collections::BTreeMap;

use rehearsal_history::event::{UpsertWorkflowSearchAttributes, WorkflowPropertiesModified};
use rehearsal_history::{Event, EventKind, Memo, Payload, SearchAttributes, SmolStr};

use crate::refusal::BadCommand;
use crate::view::RunView;
use crate::words::{Decision, Origin, attributes};

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
            let search_attributes = Some(attributes::checked(changed, origin.search_attributes)?);
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

/// What is changed takes the place of what was; a value that is none takes it away (`MergeMapOfPayload`).
fn merge(fields: &mut BTreeMap<SmolStr, Payload>, changed: Option<&BTreeMap<SmolStr, Payload>>) {
    for (name, value) in changed.into_iter().flatten() {
        if attributes::is_nil(value) {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}
