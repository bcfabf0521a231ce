//! What workers ask about workflow tasks.

use std::sync::Arc;

use rehearsal_activation::TaskOutcome;
use rehearsal_history::SmolStr;
use rehearsal_history::event::SdkMetadata;
use rehearsal_proto::{BadMessage, Mirror as _, request, workflow_task};
use rehearsal_remote::{Accepted, Completed, NexusPoll, WorkerGone, WorkflowPoll, WorkflowWork};
use temporalio_protos::temporal::api::enums::v1::TaskQueueKind;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollNexusTaskQueueRequest, PollNexusTaskQueueResponse, PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse, ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse,
    RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse,
    RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
    RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse, ShutdownWorkerRequest,
    ShutdownWorkerResponse,
};
use tonic::{Request, Status};

use crate::front::{For, Front, TASK_POLL, ask, patience, wait};

/// A long poll; without a task it is answered with nothing.
pub(crate) async fn poll(
    front: Arc<Front>,
    request: Request<PollWorkflowTaskQueueRequest>,
) -> Result<PollWorkflowTaskQueueResponse, Status> {
    let most = patience(&request, TASK_POLL);
    let sdk = sdk_of(&request);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let queue = named(request.task_queue)?;
    let sticky = queue.kind == i32::from(TaskQueueKind::Sticky);
    let poll = WorkflowPoll {
        identity: request.identity.into(),
        queue: queue.name.into(),
        normal: sticky.then(|| queue.normal_name.into()),
        sdk,
        instance: request.worker_instance_key.into(),
    };
    let work = wait(most, |reply| front.door.poll_workflow_task(poll, reply)).await?;
    let Some(work) = work else { return Ok(PollWorkflowTaskQueueResponse::default()) };
    handed_out(&front, &work)
}

/// A long poll that is never answered with a task: workers with Nexus handlers do all else.
pub(crate) async fn poll_nexus(
    front: Arc<Front>,
    request: Request<PollNexusTaskQueueRequest>,
) -> Result<PollNexusTaskQueueResponse, Status> {
    let most = patience(&request, TASK_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let queue = named(request.task_queue)?.name.into();
    let instance = request.worker_instance_key.into();
    let poll = NexusPoll { identity: request.identity.into(), queue, instance };
    wait(most, |reply| front.door.poll_nexus_task(poll, reply)).await?;
    Ok(PollNexusTaskQueueResponse::default())
}

/// What the SDK of the caller calls itself, as all SDKs of Temporal do: `temporal-go`.
fn sdk_of<T>(request: &Request<T>) -> SmolStr {
    let name = request.metadata().get("client-name");
    name.and_then(|name| name.to_str().ok()).unwrap_or_default().into()
}

/// The queue of a poll.
pub(super) fn named(queue: Option<TaskQueue>) -> Result<TaskQueue, Status> {
    queue
        .filter(|queue| !queue.name.is_empty())
        .ok_or_else(|| BadMessage::NotSet { what: "TaskQueue" }.into())
}

pub(super) fn handed_out(
    front: &Front,
    work: &WorkflowWork,
) -> Result<PollWorkflowTaskQueueResponse, Status> {
    match work {
        WorkflowWork::Task { token, run_id, delivery, queue, scheduled_at, started_at } => {
            let hand = workflow_task::Hand { token, run_id };
            front.hands.take(token, For::Workflow);
            let times = (*scheduled_at, *started_at);
            Ok(workflow_task::delivery(delivery, hand, queue, times)?)
        }
        WorkflowWork::Query { token, run_id, task, queue } => {
            Ok(workflow_task::query_task(task, workflow_task::Hand { token, run_id }, queue)?)
        }
    }
}

pub(crate) async fn completed(
    front: Arc<Front>,
    request: Request<RespondWorkflowTaskCompletedRequest>,
) -> Result<RespondWorkflowTaskCompletedResponse, Status> {
    let mut request = request.into_inner();
    front.check_beside_token(&request.namespace)?;
    let token = std::mem::take(&mut request.task_token);
    let identity = request.identity.as_str().into();
    front.hands.give_back(&token);
    // Where the worker is, workflows that it names are too.
    let namespace = std::mem::take(&mut request.namespace);
    let namespace = if namespace.is_empty() { front.namespace() } else { &namespace };
    let (outcome, answers) = workflow_task::completed(request, namespace)?;
    let TaskOutcome::Completed { commands, sticky, sdk_metadata, force_new_task, return_new_task } =
        outcome
    else {
        return Err(Status::internal("a completion that is a failure"));
    };
    let completed = Completed {
        identity,
        commands,
        sticky,
        sdk_metadata: in_order(sdk_metadata),
        force_new_task,
        return_new_task,
        answers,
    };
    let door = &front.door;
    let Accepted { next, reset_history } =
        ask(|reply| door.respond_workflow_task_completed(&token, completed, reply)).await?;
    Ok(RespondWorkflowTaskCompletedResponse {
        workflow_task: next.map(|next| handed_out(&front, &next)).transpose()?,
        activity_tasks: Vec::new(),
        reset_history_event_id: reset_history.map_or(Ok(0), |event| event.to_proto())?,
    })
}

/// The flags are sets: SDKs send them in the order of a hash table, which is another one in each process and in each run
/// (`gather_for_wft_complete` in core's `internal_flags.rs`, `gatherNewSDKFlags` in Go's `internal_flags.go`). A history must not
/// depend on that.
fn in_order(mut metadata: SdkMetadata) -> SdkMetadata {
    metadata.core_used_flags.sort_unstable();
    metadata.lang_used_flags.sort_unstable();
    metadata
}

pub(crate) async fn failed(
    front: Arc<Front>,
    request: Request<RespondWorkflowTaskFailedRequest>,
) -> Result<RespondWorkflowTaskFailedResponse, Status> {
    let request = request.into_inner();
    front.check_beside_token(&request.namespace)?;
    let failure = workflow_task::failed(request.cause, request.failure)?;
    let (token, identity) = (request.task_token, request.identity.into());
    front.hands.give_back(&token);
    let door = &front.door;
    ask(|reply| door.respond_workflow_task_failed(&token, identity, failure, reply)).await?;
    Ok(RespondWorkflowTaskFailedResponse {})
}

pub(crate) async fn query_completed(
    front: Arc<Front>,
    request: Request<RespondQueryTaskCompletedRequest>,
) -> Result<RespondQueryTaskCompletedResponse, Status> {
    let mut request = request.into_inner();
    front.check_beside_token(&request.namespace)?;
    let token = std::mem::take(&mut request.task_token);
    let answer = workflow_task::query_completed(request)?;
    ask(|reply| front.door.respond_query_completed(&token, answer, reply)).await?;
    Ok(RespondQueryTaskCompletedResponse {})
}

pub(crate) async fn reset_sticky(
    front: Arc<Front>,
    request: Request<ResetStickyTaskQueueRequest>,
) -> Result<ResetStickyTaskQueueResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let target = request::target(request.execution)?;
    ask(|reply| front.door.reset_sticky(target, reply)).await?;
    Ok(ResetStickyTaskQueueResponse {})
}

pub(crate) async fn shutdown(
    front: Arc<Front>,
    request: Request<ShutdownWorkerRequest>,
) -> Result<ShutdownWorkerResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let gone = WorkerGone {
        identity: request.identity.into(),
        sticky_queue: request.sticky_task_queue.into(),
        queue: request.task_queue.into(),
        instance: request.worker_instance_key.into(),
    };
    ask(|reply| front.door.worker_gone(&gone, reply)).await?;
    Ok(ShutdownWorkerResponse {})
}
