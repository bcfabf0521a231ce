//! What a run can be searched by, and its notes. Go keeps both, since they go along when the run continues as new: what
//! workflow code changes, and what the history says that it has (`updateWorkflowInfoWithSearchAttributes`,
//! `updateWorkflowInfoWithMemo`, `internal_event_handlers.go` of sdk-go 1.47).

use rehearsal_activation::ServerCommand;
use rehearsal_history::{EventKind, Memo, SearchAttributes};

use super::outbox::Outbox;
use crate::run_info::RunInfo;
use crate::slice::Task;

/// Workflow code changes what the run can be searched by.
pub(super) fn search(changed: SearchAttributes, run: &mut RunInfo, out: &mut Outbox) {
    run.upsert_search(&changed);
    out.push(ServerCommand::UpsertSearchAttributes(changed));
}

/// Workflow code changes the notes of the run.
pub(super) fn memo(changed: Memo, run: &mut RunInfo, out: &mut Outbox) {
    run.upsert_memo(&changed);
    out.push(ServerCommand::UpsertMemo(changed));
}

/// What a task has changed is recorded. That of a version is no command in a replay: it is known by its event alone.
pub(super) fn recorded(task: &Task, run: &mut RunInfo) {
    for event in &task.commands {
        match &event.kind {
            EventKind::UpsertWorkflowSearchAttributes(upsert) => {
                if let Some(changed) = &upsert.search_attributes {
                    run.upsert_search(changed);
                }
            }
            EventKind::WorkflowPropertiesModified(modified) => {
                if let Some(changed) = &modified.upserted_memo {
                    run.upsert_memo(changed);
                }
            }
            _ => {}
        }
    }
}
