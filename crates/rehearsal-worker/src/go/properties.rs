//! What a run can be searched by, and its notes.

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Memo, SearchAttributes};

use super::outbox::Outbox;

/// Workflow code changes what the run can be searched by.
pub(super) fn search(changed: SearchAttributes, out: &mut Outbox) {
    out.push(ServerCommand::UpsertSearchAttributes(changed));
}

/// Workflow code changes the notes of the run.
pub(super) fn memo(changed: Memo, out: &mut Outbox) {
    out.push(ServerCommand::UpsertMemo(changed));
}
