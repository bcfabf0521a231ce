//! Workflow tasks: what a worker gets, and what it answers.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use rehearsal_activation::{
    AnswerQuery, Message, Query, QueryTask, TaskDelivery, TaskOutcome, WorkerTaskFailure,
};
use rehearsal_history::{Event, Failure, Payloads, SmolStr, TaskQueue, Timestamp, TypeName};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::{QueryResultType, VersioningBehavior};
use temporalio_protos::temporal::api::failure::v1::Failure as ProtoFailure;
use temporalio_protos::temporal::api::history::v1::History as ProtoHistory;
use temporalio_protos::temporal::api::protocol::v1::Message as ProtoMessage;
use temporalio_protos::temporal::api::protocol::v1::message::SequencingId;
use temporalio_protos::temporal::api::query::v1::{WorkflowQuery, WorkflowQueryResult};
use temporalio_protos::temporal::api::taskqueue::v1::StickyExecutionAttributes;
use temporalio_protos::temporal::api::update::v1::Request;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowTaskQueueResponse, RespondQueryTaskCompletedRequest,
    RespondWorkflowTaskCompletedRequest,
};

use crate::command;
use crate::history::event_to_proto;
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, refuse};

/// Where a task is in the hands of a worker, beside what the service says of it.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// What the worker must give back with its answer.
    pub token: &'a [u8],
    /// The run, as this worker is to know it.
    pub run_id: &'a str,
}

/// The workflow task as a poll answers it, without a token for further pages: all events are in it.
///
/// `queue` is where it waited; of a sticky queue the normal one that it stands in for is told.
///
/// # Errors
///
/// [`ConvertError`] names the event and the field that Temporal's messages do not have.
pub fn delivery(
    delivery: &TaskDelivery,
    hand: Hand<'_>,
    queue: &TaskQueue,
    (scheduled, started): (Timestamp, Timestamp),
) -> Result<PollWorkflowTaskQueueResponse, ConvertError> {
    let token = &delivery.token;
    let queue = if queue.normal_name.is_empty() { &queue.name } else { &queue.normal_name };
    Ok(PollWorkflowTaskQueueResponse {
        task_token: hand.token.to_vec(),
        workflow_execution: Some(execution(&token.workflow_id, hand.run_id)),
        workflow_type: TypeName::from(delivery.workflow_type.clone()).to_proto()?,
        previous_started_event_id: delivery.previous_started.to_proto()?,
        started_event_id: token.started.to_proto()?,
        attempt: i32::try_from(token.attempt).unwrap_or(i32::MAX),
        history: Some(events(&delivery.events)?),
        workflow_execution_task_queue: TaskQueue::normal(queue.clone()).to_proto()?,
        scheduled_time: Some(scheduled.to_proto()?),
        started_time: Some(started.to_proto()?),
        queries: delivery
            .queries
            .iter()
            .map(|query| Ok((query.id.to_proto()?, question(query)?)))
            .collect::<Result<_, ConvertError>>()?,
        messages: delivery.messages.iter().map(message).collect::<Result<_, _>>()?,
        ..PollWorkflowTaskQueueResponse::default()
    })
}

/// A query without a workflow task, as a poll answers it. No event of a task is in it
/// (`createPollWorkflowTaskQueueResponse` of the server's matching service). `queue` is that of the workflow: core drops a query
/// that does not name it (`ValidPollWFTQResponse` in its `protosext/mod.rs`).
///
/// # Errors
///
/// As [`delivery`].
pub fn query_task(
    task: &QueryTask,
    hand: Hand<'_>,
    queue: &TaskQueue,
) -> Result<PollWorkflowTaskQueueResponse, ConvertError> {
    Ok(PollWorkflowTaskQueueResponse {
        task_token: hand.token.to_vec(),
        workflow_execution: Some(execution(&task.workflow_id, hand.run_id)),
        workflow_type: TypeName::from(task.workflow_type.clone()).to_proto()?,
        previous_started_event_id: task.previous_started.to_proto()?,
        attempt: 1,
        workflow_execution_task_queue: queue.to_proto()?,
        history: Some(events(&task.events)?),
        query: Some(question(&task.query)?),
        ..PollWorkflowTaskQueueResponse::default()
    })
}

/// Events as a list of messages.
///
/// # Errors
///
/// [`ConvertError`] names the event and the field that Temporal's messages do not have.
pub fn events(events: &[Arc<Event>]) -> Result<ProtoHistory, ConvertError> {
    let events = events.iter().map(|event| {
        event_to_proto(event).map_err(|error| error.within(&format!("event {}", event.id)))
    });
    Ok(ProtoHistory { events: events.collect::<Result<_, _>>()? })
}

fn execution(workflow_id: &SmolStr, run_id: &str) -> WorkflowExecution {
    WorkflowExecution { workflow_id: workflow_id.as_str().to_owned(), run_id: run_id.to_owned() }
}

fn question(query: &Query) -> Result<WorkflowQuery, ConvertError> {
    Ok(WorkflowQuery {
        query_type: query.name.to_proto()?,
        query_args: query.input.to_proto()?,
        header: query.header.to_proto()?,
    })
}

/// An update on its way to a workflow: a message of the protocol `update`, version 1.
fn message(message: &Message) -> Result<ProtoMessage, ConvertError> {
    let request: Request = message.request.to_proto()?;
    let kind = "temporal.api.update.v1.Request";
    Ok(ProtoMessage {
        id: format!("{}/request", message.update_id),
        protocol_instance_id: message.update_id.to_proto()?,
        sequencing_id: Some(SequencingId::EventId(message.sequencing.to_proto()?)),
        body: Some(command::any(kind, request.encode_to_vec())),
    })
}

/// What a worker says of a workflow task that it has completed, and of the queries that rode on it. Its token and whether
/// it takes the next task with the answer are not for here.
///
/// # Errors
///
/// [`BadMessage`] names what is not simulated, or what cannot be read.
#[expect(deprecated, reason = "SDKs still say what build they are, and no more is made of it")]
pub fn completed(
    request: RespondWorkflowTaskCompletedRequest,
    namespace: &str,
) -> Result<(TaskOutcome, Vec<AnswerQuery>), BadMessage> {
    let RespondWorkflowTaskCompletedRequest {
        task_token: _,
        commands,
        identity: _,
        sticky_attributes,
        return_new_workflow_task,
        force_create_new_workflow_task,
        // Names of builds, which histories do not show here.
        binary_checksum: _,
        worker_version_stamp: _,
        deployment: _,
        deployment_options: _,
        query_results,
        namespace: _,
        resource_id: _,
        messages,
        sdk_metadata,
        // Counts for an invoice.
        metering_metadata: _,
        capabilities: _,
        versioning_behavior,
        worker_instance_key: _,
        worker_control_task_queue: _,
        page_number,
        intermediate_page,
    } = request;
    if versioning_behavior != i32::from(VersioningBehavior::Unspecified) {
        return Err(BadMessage::NotSimulated { what: "worker deployments" });
    }
    refuse! {
        page_number => "completions in pages",
        intermediate_page => "completions in pages",
    }
    let mut answers = query_results
        .into_iter()
        .map(|(id, result)| {
            let answer = answer(result)?;
            Ok(AnswerQuery { query_id: id.into(), answer, meddling: None })
        })
        .collect::<Result<Vec<_>, BadMessage>>()?;
    // The map has no order of its own.
    answers.sort_by(|one, other| one.query_id.cmp(&other.query_id));
    let outcome = TaskOutcome::Completed {
        commands: command::from_proto(commands, messages, namespace)?,
        sticky: sticky_attributes.map(sticky).transpose()?.flatten(),
        sdk_metadata: Option::from_proto(sdk_metadata)?.unwrap_or_default(),
        force_new_task: force_create_new_workflow_task,
        return_new_task: return_new_workflow_task,
    };
    Ok((outcome, answers))
}

/// The sticky queue of a worker and how long a task may wait in it; none if it is not named.
fn sticky(proto: StickyExecutionAttributes) -> Result<Option<(TaskQueue, Duration)>, ConvertError> {
    let StickyExecutionAttributes { worker_task_queue, schedule_to_start_timeout } = proto;
    let queue = TaskQueue::from_proto(worker_task_queue)?;
    let timeout: Option<Duration> = Mirror::from_proto(schedule_to_start_timeout)?;
    Ok((!queue.name.is_empty()).then(|| (queue, timeout.unwrap_or_default())))
}

/// What a worker says of a workflow task that failed with it.
///
/// # Errors
///
/// [`BadMessage`] if the failure cannot be read.
pub fn failed(cause: i32, failure: Option<ProtoFailure>) -> Result<WorkerTaskFailure, BadMessage> {
    let failure: Option<Failure> = Mirror::from_proto(failure)?;
    Ok(WorkerTaskFailure {
        cause: Mirror::from_proto(cause)?,
        failure: failure.unwrap_or_default(),
    })
}

/// The answer to a query that came without a workflow task.
///
/// # Errors
///
/// [`BadMessage`] if it says nothing, or cannot be read.
pub fn query_completed(
    request: RespondQueryTaskCompletedRequest,
) -> Result<Result<Option<Payloads>, Box<Failure>>, BadMessage> {
    answer(WorkflowQueryResult {
        result_type: request.completed_type,
        answer: request.query_result,
        error_message: request.error_message,
        failure: request.failure,
    })
}

/// What workflow code answers to a query, or how its handler failed.
fn answer(
    result: WorkflowQueryResult,
) -> Result<Result<Option<Payloads>, Box<Failure>>, BadMessage> {
    let WorkflowQueryResult { result_type, answer, error_message, failure } = result;
    match QueryResultType::try_from(result_type) {
        Ok(QueryResultType::Answered) => Ok(Ok(Mirror::from_proto(answer)?)),
        Ok(QueryResultType::Failed) => {
            let failure: Option<Failure> = Mirror::from_proto(failure)?;
            // Older SDKs send the message alone.
            let told = || Failure { message: error_message.into(), ..Failure::default() };
            Ok(Err(Box::new(failure.unwrap_or_else(told))))
        }
        Ok(QueryResultType::Unspecified) | Err(_) => {
            Err(BadMessage::misfit("the answer to a query", result_type))
        }
    }
}
