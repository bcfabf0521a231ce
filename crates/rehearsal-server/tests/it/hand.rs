//! A client and a worker by hand: no SDK, one call after another.

use std::future::Future;
use std::time::Duration;

use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::{
    Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
    StartTimerCommandAttributes,
};
use temporalio_protos::temporal::api::common::v1::{
    ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest, StartWorkflowExecutionRequest,
};
use tonic::transport::Channel;

use crate::running::Running;

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const WORKFLOW: &str = "order-1";

/// Somebody who calls RPCs of a server.
pub(crate) struct Hand<'a> {
    pub(crate) server: &'a Running,
    pub(crate) client: WorkflowServiceClient<Channel>,
}

pub(crate) fn queue() -> Option<TaskQueue> {
    Some(TaskQueue { name: "main".to_owned(), ..TaskQueue::default() })
}

pub(crate) fn order() -> Option<WorkflowExecution> {
    Some(execution(WORKFLOW))
}

/// The current run of a workflow.
pub(crate) fn execution(workflow_id: &str) -> WorkflowExecution {
    WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() }
}

pub(crate) fn text(text: &str) -> Option<Payloads> {
    let metadata = [("encoding".to_owned(), b"json/plain".to_vec())].into();
    let data = format!("\"{text}\"").into_bytes();
    Some(Payloads { payloads: vec![Payload { metadata, data, ..Payload::default() }] })
}

pub(crate) fn start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_id: WORKFLOW.to_owned(),
        workflow_type: Some(WorkflowType { name: "Order".to_owned() }),
        task_queue: queue(),
        identity: "client".to_owned(),
        ..StartWorkflowExecutionRequest::default()
    }
}

fn seconds(seconds: u64) -> Option<prost_wkt_types::Duration> {
    Some(Duration::from_secs(seconds).try_into().unwrap())
}

pub(crate) fn timer(after: u64) -> Command {
    command(
        CommandType::StartTimer,
        StartTimerCommandAttributes {
            timer_id: "1".to_owned(),
            start_to_fire_timeout: seconds(after),
        },
    )
}

pub(crate) fn activity(id: &str) -> Command {
    activity_within(id, 60, 10)
}

/// An activity whose attempts have so long, and so long between heartbeats, in seconds.
pub(crate) fn activity_within(id: &str, limit: u64, between: u64) -> Command {
    command(
        CommandType::ScheduleActivityTask,
        ScheduleActivityTaskCommandAttributes {
            activity_id: id.to_owned(),
            activity_type: Some(ActivityType { name: "Charge".to_owned() }),
            task_queue: queue(),
            start_to_close_timeout: seconds(limit),
            heartbeat_timeout: seconds(between),
            ..ScheduleActivityTaskCommandAttributes::default()
        },
    )
}

pub(crate) fn complete(result: &str) -> Command {
    command(
        CommandType::CompleteWorkflowExecution,
        CompleteWorkflowExecutionCommandAttributes { result: text(result) },
    )
}

pub(crate) fn command(kind: CommandType, attributes: impl Into<Attributes>) -> Command {
    Command { command_type: kind.into(), attributes: Some(attributes.into()), ..Command::default() }
}

impl<'a> Hand<'a> {
    pub(crate) fn on(server: &'a Running) -> Self {
        Self { server, client: WorkflowServiceClient::new(server.connect()) }
    }

    /// Waits for an answer.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.server.runtime.block_on(answer)
    }

    /// Starts the workflow; its run.
    pub(crate) fn start(&mut self) -> String {
        let answer = self.server.runtime.block_on(self.client.start_workflow_execution(start()));
        let answer = answer.expect("it is started").into_inner();
        assert!(answer.started);
        answer.run_id
    }

    /// Takes the next workflow task.
    pub(crate) fn workflow_task(&mut self) -> PollWorkflowTaskQueueResponse {
        let request = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        let task = self.server.runtime.block_on(self.client.poll_workflow_task_queue(request));
        let task = task.expect("there is a task").into_inner();
        assert!(!task.task_token.is_empty(), "there is a task");
        task
    }

    /// Answers a workflow task.
    pub(crate) fn answer(&mut self, token: Vec<u8>, commands: Vec<Command>) {
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: token,
            namespace: NAMESPACE.to_owned(),
            identity: "worker".to_owned(),
            commands,
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let done = self.client.respond_workflow_task_completed(request);
        self.server.runtime.block_on(done).expect("the answer is taken");
    }

    /// Takes the next activity task.
    pub(crate) fn activity_task(&mut self) -> PollActivityTaskQueueResponse {
        let request = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..PollActivityTaskQueueRequest::default()
        };
        let task = self.server.runtime.block_on(self.client.poll_activity_task_queue(request));
        let task = task.expect("there is a task").into_inner();
        assert!(!task.task_token.is_empty(), "there is a task");
        task
    }

    /// The types of the events that are recorded.
    pub(crate) fn events(&mut self) -> Vec<String> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let page =
            self.server.runtime.block_on(self.client.get_workflow_execution_history(request));
        let history = page.expect("there is a history").into_inner().history.unwrap_or_default();
        history
            .events
            .iter()
            .map(|event| {
                event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_").to_owned()
            })
            .collect()
    }
}
