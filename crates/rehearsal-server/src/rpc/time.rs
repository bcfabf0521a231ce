//! What tests ask of time: Temporal's `TestService`.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_history::Timestamp;
use rehearsal_proto::Mirror as _;
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
