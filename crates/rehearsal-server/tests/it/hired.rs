//! A worker in a thread of its own: it does an order over and over, from its history alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use temporalio_protos::temporal::api::command::v1::{
    CancelWorkflowExecutionCommandAttributes, Command, RequestCancelActivityTaskCommandAttributes,
};
use temporalio_protos::temporal::api::common::v1::ActivityType;
use temporalio_protos::temporal::api::enums::v1::{CommandType, EventType};
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest,
    RespondActivityTaskCompletedRequest, RespondWorkflowTaskCompletedRequest,
};
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};

use crate::hand::{NAMESPACE, activity, command, complete, queue};

/// How it does an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// As it should: what was charged is cleaned up after if the order is canceled.
    Careful,
    /// It forgets to.
    Careless,
}

/// Puts a worker to work until the server ends. After so many workflow tasks it does no more of them, and says so.
#[expect(
    clippy::disallowed_methods,
    reason = "a worker has a thread, as it has a process elsewhere"
)]
pub(crate) fn hire(address: SocketAddr, code: Code, tasks: u32) -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
            let channel = endpoint.connect().await.unwrap();
            let left = Arc::new(AtomicU32::new(tasks));
            let orders = workflows(WorkflowServiceClient::new(channel.clone()), code, &left);
            tokio::select! {
                () = orders => {}
                () = activities(WorkflowServiceClient::new(channel)) => {}
            }
            let _told = tell.send(());
            if left.load(Ordering::SeqCst) == 0 {
                // It holds on to its connection, and to the task.
                std::future::pending::<()>().await;
            }
        });
    });
    told
}

async fn workflows(mut client: WorkflowServiceClient<Channel>, code: Code, left: &AtomicU32) {
    loop {
        let poll = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "hired".to_owned(),
            ..Default::default()
        };
        let Ok(task) = client.poll_workflow_task_queue(poll).await else { return };
        let task = task.into_inner();
        if task.task_token.is_empty() {
            continue;
        }
        if left.load(Ordering::SeqCst) == 0 {
            return;
        }
        left.fetch_sub(1, Ordering::SeqCst);
        let events = task.history.unwrap_or_default().events;
        let answer = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            namespace: NAMESPACE.to_owned(),
            identity: "hired".to_owned(),
            commands: commands(&events, code),
            ..Default::default()
        };
        // Whether it came in time is the server's business.
        drop(client.respond_workflow_task_completed(answer).await);
    }
}

async fn activities(mut client: WorkflowServiceClient<Channel>) {
    loop {
        let poll = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "hired".to_owned(),
            ..Default::default()
        };
        let Ok(task) = client.poll_activity_task_queue(poll).await else { return };
        let task = task.into_inner();
        if task.task_token.is_empty() {
            continue;
        }
        let answer = RespondActivityTaskCompletedRequest {
            task_token: task.task_token,
            namespace: NAMESPACE.to_owned(),
            identity: "hired".to_owned(),
            ..Default::default()
        };
        drop(client.respond_activity_task_completed(answer).await);
    }
}

/// How an activity stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Unasked,
    Open { scheduled: i64, cancel_requested: bool },
    Over,
}

fn stands(events: &[HistoryEvent], id: &str) -> Stands {
    let mut stands = Stands::Unasked;
    for event in events {
        match &event.attributes {
            Some(Attributes::ActivityTaskScheduledEventAttributes(it)) if it.activity_id == id => {
                stands = Stands::Open { scheduled: event.event_id, cancel_requested: false };
            }
            Some(Attributes::ActivityTaskCancelRequestedEventAttributes(it)) => {
                if let Stands::Open { scheduled, cancel_requested } = &mut stands {
                    *cancel_requested |= *scheduled == it.scheduled_event_id;
                }
            }
            Some(Attributes::ActivityTaskCompletedEventAttributes(it)) => {
                if matches!(stands, Stands::Open { scheduled, .. } if scheduled == it.scheduled_event_id)
                {
                    stands = Stands::Over;
                }
            }
            Some(Attributes::ActivityTaskCanceledEventAttributes(it)) => {
                if matches!(stands, Stands::Open { scheduled, .. } if scheduled == it.scheduled_event_id)
                {
                    stands = Stands::Over;
                }
            }
            _ => {}
        }
    }
    stands
}

/// What it asks for, given what has happened: charge; and if the order is canceled, clean up.
fn commands(events: &[HistoryEvent], code: Code) -> Vec<Command> {
    let asked = EventType::WorkflowExecutionCancelRequested;
    let canceled = events.iter().any(|event| event.event_type() == asked);
    let cancel = || {
        command(
            CommandType::CancelWorkflowExecution,
            CancelWorkflowExecutionCommandAttributes::default(),
        )
    };
    let clean_up = || {
        let mut cleanup = activity("cleanup");
        if let Some(attributes) = &mut cleanup.attributes {
            rename(attributes, "Cleanup");
        }
        cleanup
    };
    match (stands(events, "charge"), canceled) {
        (Stands::Unasked, false) => vec![activity("charge")],
        (Stands::Over, false) => vec![complete("done")],
        (Stands::Open { .. }, false) | (Stands::Open { cancel_requested: true, .. }, true) => {
            Vec::new()
        }
        (Stands::Open { scheduled, cancel_requested: false }, true) => vec![command(
            CommandType::RequestCancelActivityTask,
            RequestCancelActivityTaskCommandAttributes { scheduled_event_id: scheduled },
        )],
        (Stands::Unasked | Stands::Over, true) if code == Code::Careless => vec![cancel()],
        (Stands::Unasked | Stands::Over, true) => match stands(events, "cleanup") {
            Stands::Unasked => vec![clean_up()],
            Stands::Open { .. } => Vec::new(),
            Stands::Over => vec![cancel()],
        },
    }
}

fn rename(
    attributes: &mut temporalio_protos::temporal::api::command::v1::command::Attributes,
    name: &str,
) {
    use temporalio_protos::temporal::api::command::v1::command::Attributes;
    if let Attributes::ScheduleActivityTaskCommandAttributes(attributes) = attributes {
        attributes.activity_type = Some(ActivityType { name: name.to_owned() });
    }
}
