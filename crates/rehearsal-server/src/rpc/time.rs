//! What is asked of time: Temporal's `TestService`, and what clients ask of the time of single workflows.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_history::Timestamp;
use rehearsal_proto::request::{self as read, Options};
use rehearsal_proto::{ConvertError, Mirror as _};
use rehearsal_remote::{Change, FastForward, FastForwardStanding, ForwardEnd};
use rehearsal_service::BadSkipping;
use temporalio_protos::temporal::api::common::v1::TimeSkippingFastForwardInfo;
use temporalio_protos::temporal::api::enums::v1::FastForwardPollingResult;
use temporalio_protos::temporal::api::testservice::v1::{
    GetCurrentTimeResponse, LockTimeSkippingRequest, LockTimeSkippingResponse, SleepRequest,
    SleepResponse, SleepUntilRequest, UnlockTimeSkippingRequest, UnlockTimeSkippingResponse,
};
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionOptions;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowExecutionTimeSkippingRequest, PollWorkflowExecutionTimeSkippingResponse,
    UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
};
use tonic::{Request, Status};

use crate::front::{Front, HISTORY_POLL, ask, patience, wait};

pub(crate) async fn lock(
    front: Arc<Front>,
    _request: Request<LockTimeSkippingRequest>,
) -> Result<LockTimeSkippingResponse, Status> {
    ask(|reply| front.door.lock_time(reply)).await?;
    Ok(LockTimeSkippingResponse {})
}

pub(crate) async fn unlock(
    front: Arc<Front>,
    _request: Request<UnlockTimeSkippingRequest>,
) -> Result<UnlockTimeSkippingResponse, Status> {
    ask(|reply| front.door.unlock_time(reply)).await?;
    Ok(UnlockTimeSkippingResponse {})
}

pub(crate) async fn sleep(
    front: Arc<Front>,
    request: Request<SleepRequest>,
) -> Result<SleepResponse, Status> {
    sleep_for(&front, request.into_inner(), false).await
}

pub(crate) async fn unlock_with_sleep(
    front: Arc<Front>,
    request: Request<SleepRequest>,
) -> Result<SleepResponse, Status> {
    sleep_for(&front, request.into_inner(), true).await
}

async fn sleep_for(
    front: &Front,
    request: SleepRequest,
    unlocks: bool,
) -> Result<SleepResponse, Status> {
    let by: Option<Duration> = Option::from_proto(request.duration)?;
    ask(|reply| front.door.sleep(by.unwrap_or_default(), unlocks, reply)).await?;
    Ok(SleepResponse {})
}

pub(crate) async fn sleep_until(
    front: Arc<Front>,
    request: Request<SleepUntilRequest>,
) -> Result<SleepResponse, Status> {
    let until: Option<Timestamp> = Option::from_proto(request.into_inner().timestamp)?;
    ask(|reply| front.door.sleep_until(until.unwrap_or(Timestamp::EPOCH), reply)).await?;
    Ok(SleepResponse {})
}

pub(crate) async fn now(
    front: Arc<Front>,
    _request: Request<()>,
) -> Result<GetCurrentTimeResponse, Status> {
    let now = ask(|reply| front.door.now(reply)).await?;
    Ok(GetCurrentTimeResponse { time: Some(now.to_proto()?) })
}

/// Changes what can be changed of a workflow that runs: how its time is skipped. What is wrong is refused as by a server
/// (`UpdateWorkflowExecutionOptions` in `service/frontend/workflow_handler.go`, `mergeWorkflowExecutionOptions` in
/// `service/history/api/updateworkflowoptions/api.go`).
pub(crate) async fn update_options(
    front: Arc<Front>,
    request: Request<UpdateWorkflowExecutionOptionsRequest>,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let identity = request.identity.clone().into();
    let Options { target, changes_time_skipping, time_skipping } = read::options(request)?;
    let change =
        if changes_time_skipping { Change::TimeSkipping(time_skipping) } else { Change::Nothing };
    let changed = ask(|reply| front.door.change(target, change, identity, reply)).await?;
    Ok(UpdateWorkflowExecutionOptionsResponse {
        workflow_execution_options: Some(WorkflowExecutionOptions {
            priority: changed.priority.to_proto()?,
            time_skipping_config: changed.time_skipping.to_proto()?,
            ..WorkflowExecutionOptions::default()
        }),
        ..UpdateWorkflowExecutionOptionsResponse::default()
    })
}

/// Waits for the end of a fast-forward, or after a while answers that it goes on.
pub(crate) async fn poll(
    front: Arc<Front>,
    request: Request<PollWorkflowExecutionTimeSkippingRequest>,
) -> Result<PollWorkflowExecutionTimeSkippingResponse, Status> {
    let most = patience(&request, HISTORY_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let target = read::target(request.workflow_execution)?;
    if request.fast_forward_id.trim().is_empty() {
        return Err(Status::invalid_argument(BadSkipping::Id.to_string()));
    }
    let id = request.fast_forward_id.into();
    let FastForwardStanding { forward, end } =
        wait(most, |reply| front.door.poll_fast_forward(target, id, reply)).await?;
    let (result, reason) = told(end);
    let shown = |forward: FastForward| {
        Ok::<_, ConvertError>(TimeSkippingFastForwardInfo {
            fast_forward_duration: Some(forward.duration.to_proto()?),
            fast_forward_id: forward.id.to_proto()?,
            target_time: Some(forward.target.to_proto()?),
            has_completed: forward.reached,
        })
    };
    Ok(PollWorkflowExecutionTimeSkippingResponse {
        fast_forward_polling_result: result.into(),
        failed_reason: reason.to_owned(),
        fast_forward_info: forward.map(shown).transpose()?,
    })
}

/// What has become of a fast-forward, and why it failed (`service/history/api/polltimeskipping/api.go`).
const fn told(end: ForwardEnd) -> (FastForwardPollingResult, &'static str) {
    use FastForwardPollingResult as Told;
    match end {
        ForwardEnd::Pending => (Told::PollTimeout, ""),
        ForwardEnd::Reached => (Told::FastForwardCompleted, ""),
        ForwardEnd::Unknown => (
            Told::FastForwardFailed,
            "the requested fast_forward_id does not match the execution's current fast-forward",
        ),
        ForwardEnd::Reset => (Told::FastForwardFailed, "the fast-forward was reset"),
        ForwardEnd::Closed => {
            (Told::FastForwardFailed, "the execution ended before the fast-forward completed")
        }
        ForwardEnd::Disabled => (
            Told::FastForwardFailed,
            "time skipping was disabled before the fast-forward completed",
        ),
    }
}
