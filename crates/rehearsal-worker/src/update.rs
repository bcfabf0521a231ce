//! What workflow code is told of an update.

use alloc::boxed::Box;

use rehearsal_activation::{Job, Message, Update};
use rehearsal_history::event::UpdateMeta;

/// What the workflow is told of an update. A validator is asked once, when the update is new.
pub(crate) fn job(message: &Message, replaying: bool) -> Job {
    let UpdateMeta { identity, .. } = message.request.meta.clone().unwrap_or_default();
    let input = message.request.input.clone().unwrap_or_default();
    Job::DoUpdate(Box::new(Update {
        id: message.update_id.clone(),
        protocol_instance_id: message.update_id.clone(),
        name: input.name,
        input: input.args,
        header: input.header,
        identity,
        validates: !replaying,
    }))
}
