//! What tests ask of time: Temporal's `TestService`, and what clients say of the time of their workflows.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_history::Timestamp;
use rehearsal_proto::{BadMessage, Mirror as _};
use temporalio_protos::temporal::api::common::v1::TimeSkippingConfig;
use temporalio_protos::temporal::api::testservice::v1::{
    GetCurrentTimeResponse, LockTimeSkippingRequest, LockTimeSkippingResponse, SleepRequest,
    SleepResponse, SleepUntilRequest, UnlockTimeSkippingRequest, UnlockTimeSkippingResponse,
};
use tonic::{Request, Status};

use crate::front::{Front, ask};

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

/// Takes out of a start what it says of the workflow's time. That it skips is granted where time leaps anyway, for all
/// workflows alike; all else is not simulated. What cannot be meant is refused as by a server
/// (`validateAndPopulateTimeSkippingConfig` in `service/frontend/workflow_handler.go`).
pub(super) fn skipping(
    front: &Front,
    config: &mut Option<TimeSkippingConfig>,
) -> Result<(), Status> {
    let Some(config) = config.take() else { return Ok(()) };
    if let Some(forward) = &config.fast_forward_config {
        let by: Option<Duration> = Option::from_proto(forward.duration)?;
        if by.unwrap_or_default().is_zero() {
            return Err(Status::invalid_argument(
                "Time skipping config invalid: fast_forward duration must be positive",
            ));
        }
        if forward.id.trim().is_empty() {
            return Err(Status::invalid_argument(
                "Time skipping config invalid: fast_forward_id must be set",
            ));
        }
        if !config.enabled {
            return Err(Status::invalid_argument(
                "time_skipping_config: cannot set fast_forward when enabled is false",
            ));
        }
    }
    let what = if config.fast_forward_config.is_some() {
        "a fast-forward of a single workflow"
    } else if !config.enabled {
        "a workflow whose time does not skip"
    } else if config.disable_propagation {
        "children whose time does not skip"
    } else if config.max_session_skip_count > 0 {
        "a limit to skips of time"
    } else if !front.leaps {
        "time skipping of a single workflow while time is locked"
    } else {
        return Ok(());
    };
    Err(BadMessage::NotSimulated { what }.into())
}
