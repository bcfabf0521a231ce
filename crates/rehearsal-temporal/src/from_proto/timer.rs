//! Timers.

use rehearsal_activation::{Seq, StartTimer, WorkflowCommand};
use rehearsal_proto::Mirror;
use temporalio_protos::coresdk::workflow_commands::StartTimer as ProtoTimer;
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

use super::{Refusal, summary_of};

pub(super) fn start(
    timer: &ProtoTimer,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    let after = timer
        .start_to_fire_timeout
        .ok_or_else(|| Refusal::Malformed(format!("timer {} without a time", timer.seq)))?;
    let summary = summary_of(user_metadata)?;
    let after = Mirror::from_proto(after)?;
    Ok(WorkflowCommand::StartTimer(StartTimer { seq: Seq(timer.seq), after, summary }))
}
