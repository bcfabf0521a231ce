//! What workers, and others who know of an activity, ask about activity tasks.

use std::sync::Arc;

use rehearsal_history::{Failure, SmolStr};
use rehearsal_proto::{BadMessage, Mirror as _, activity_task, workflow_task};
use rehearsal_remote::{ActivityDone, ActivityHeard, ActivityPoll};
use rehearsal_service::Target;
use temporalio_protos::temporal::api::enums::v1::ActivityTaskFailedCause;
use temporalio_protos::temporal::api::failure::v1::Failure as ProtoFailure;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
    RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
    RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
    RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
    RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse,
};
use tonic::{Request, Status};

use super::worker::named;
use crate::front::{For, Front, TASK_POLL, ask, patience, wait};

/// A long poll; without a task it is answered with nothing.
pub(crate) async fn poll(
    front: Arc<Front>,
    request: Request<PollActivityTaskQueueRequest>,
) -> Result<PollActivityTaskQueueResponse, Status> {
    let most = patience(&request, TASK_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let queue = named(request.task_queue)?.name.into();
    let instance = request.worker_instance_key.into();
    let poll = ActivityPoll { identity: request.identity.into(), queue, instance };
    let work = wait(most, |reply| front.door.poll_activity_task(poll, reply)).await?;
    let Some(work) = work else { return Ok(PollActivityTaskQueueResponse::default()) };
    front.hands.take(&work.token, For::Activity);
    let hand = workflow_task::Hand { token: &work.token, run_id: &work.run_id };
    Ok(activity_task::delivery(&work.task, hand, &request.namespace)?)
}

async fn said(
    front: &Front,
    (namespace, token, identity): (String, Vec<u8>, String),
    done: ActivityDone,
) -> Result<ActivityHeard, Status> {
    front.check_beside_token(&namespace)?;
    if !matches!(done, ActivityDone::Heartbeat(_)) {
        front.hands.give_back(&token);
    }
    let identity = SmolStr::from(identity);
    ask(|reply| front.door.respond_activity(&token, done, identity, reply)).await
}

/// An activity that is known by its id.
struct Named {
    namespace: String,
    workflow_id: String,
    run_id: String,
    activity_id: String,
    identity: String,
}

/// The activity that a request names: those by id have the same fields, and no type in common.
macro_rules! named {
    ($request:ident) => {
        Named {
            namespace: $request.namespace,
            workflow_id: $request.workflow_id,
            run_id: $request.run_id,
            activity_id: $request.activity_id,
            identity: $request.identity,
        }
    };
}

async fn said_by_id(
    front: &Front,
    named: Named,
    done: ActivityDone,
) -> Result<ActivityHeard, Status> {
    let Named { namespace, workflow_id, run_id, activity_id, identity } = named;
    front.check(&namespace)?;
    if workflow_id.is_empty() {
        return Err(BadMessage::NotSet { what: "WorkflowId" }.into());
    }
    let target = Target {
        workflow_id: workflow_id.into(),
        run_id: (!run_id.is_empty()).then(|| run_id.into()),
        first_run_id: None,
    };
    let (activity_id, identity) = (SmolStr::from(activity_id), SmolStr::from(identity));
    let door = &front.door;
    ask(|reply| door.respond_activity_by_id(target, activity_id, done, identity, reply)).await
}

/// How an attempt failed.
fn failure(
    failure: Option<ProtoFailure>,
    last_heartbeat_details: Option<temporalio_protos::temporal::api::common::v1::Payloads>,
    cause: i32,
) -> Result<ActivityDone, Status> {
    if cause != i32::from(ActivityTaskFailedCause::Unspecified) {
        let what = "causes of failed activity tasks";
        return Err(BadMessage::NotSimulated { what }.into());
    }
    let failure: Option<Failure> = Option::from_proto(failure)?;
    Ok(ActivityDone::Failed {
        failure: Box::new(failure.unwrap_or_default()),
        last_heartbeat_details: Option::from_proto(last_heartbeat_details)?,
    })
}

pub(crate) async fn heartbeat(
    front: Arc<Front>,
    request: Request<RecordActivityTaskHeartbeatRequest>,
) -> Result<RecordActivityTaskHeartbeatResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Heartbeat(Option::from_proto(it.details)?);
    let heard = said(&front, (it.namespace, it.task_token, it.identity), done).await?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested: heard.cancel_requested,
        ..RecordActivityTaskHeartbeatResponse::default()
    })
}

pub(crate) async fn completed(
    front: Arc<Front>,
    request: Request<RespondActivityTaskCompletedRequest>,
) -> Result<RespondActivityTaskCompletedResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Completed(Option::from_proto(it.result)?);
    said(&front, (it.namespace, it.task_token, it.identity), done).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}

pub(crate) async fn failed(
    front: Arc<Front>,
    request: Request<RespondActivityTaskFailedRequest>,
) -> Result<RespondActivityTaskFailedResponse, Status> {
    let it = request.into_inner();
    let done = failure(it.failure, it.last_heartbeat_details, it.cause)?;
    said(&front, (it.namespace, it.task_token, it.identity), done).await?;
    Ok(RespondActivityTaskFailedResponse::default())
}

pub(crate) async fn canceled(
    front: Arc<Front>,
    request: Request<RespondActivityTaskCanceledRequest>,
) -> Result<RespondActivityTaskCanceledResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Canceled(Option::from_proto(it.details)?);
    said(&front, (it.namespace, it.task_token, it.identity), done).await?;
    Ok(RespondActivityTaskCanceledResponse {})
}

pub(crate) async fn heartbeat_by_id(
    front: Arc<Front>,
    request: Request<RecordActivityTaskHeartbeatByIdRequest>,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Heartbeat(Option::from_proto(it.details)?);
    let heard = said_by_id(&front, named!(it), done).await?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested: heard.cancel_requested,
        ..RecordActivityTaskHeartbeatByIdResponse::default()
    })
}

pub(crate) async fn completed_by_id(
    front: Arc<Front>,
    request: Request<RespondActivityTaskCompletedByIdRequest>,
) -> Result<RespondActivityTaskCompletedByIdResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Completed(Option::from_proto(it.result)?);
    said_by_id(&front, named!(it), done).await?;
    Ok(RespondActivityTaskCompletedByIdResponse {})
}

pub(crate) async fn failed_by_id(
    front: Arc<Front>,
    request: Request<RespondActivityTaskFailedByIdRequest>,
) -> Result<RespondActivityTaskFailedByIdResponse, Status> {
    let it = request.into_inner();
    let done = failure(it.failure, it.last_heartbeat_details, it.cause)?;
    said_by_id(&front, named!(it), done).await?;
    Ok(RespondActivityTaskFailedByIdResponse::default())
}

pub(crate) async fn canceled_by_id(
    front: Arc<Front>,
    request: Request<RespondActivityTaskCanceledByIdRequest>,
) -> Result<RespondActivityTaskCanceledByIdResponse, Status> {
    let it = request.into_inner();
    let done = ActivityDone::Canceled(Option::from_proto(it.details)?);
    said_by_id(&front, named!(it), done).await?;
    Ok(RespondActivityTaskCanceledByIdResponse {})
}
