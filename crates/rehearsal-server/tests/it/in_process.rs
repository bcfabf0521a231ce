//! The server without a socket.

use http::HeaderMap;
use rehearsal_remote::Report;
use rehearsal_server::{Arguments, InProcess};
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::{Code, Status};

use crate::hand::{NAMESPACE, complete, order, queue, start, timer};

const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

async fn call<A: prost::Message + Default>(
    server: &InProcess,
    rpc: &str,
    request: impl prost::Message,
) -> Result<A, Status> {
    let bytes = request.encode_to_vec().into();
    let answer = server.call(SERVICE, rpc, HeaderMap::new(), bytes).await?;
    Ok(A::decode(answer.as_slice()).unwrap())
}

async fn take(server: &InProcess) -> Vec<u8> {
    let poll = PollWorkflowTaskQueueRequest {
        namespace: NAMESPACE.to_owned(),
        task_queue: queue(),
        identity: "worker".to_owned(),
        ..Default::default()
    };
    let task: PollWorkflowTaskQueueResponse =
        call(server, "PollWorkflowTaskQueue", poll).await.unwrap();
    task.task_token
}

#[test]
fn a_workflow_runs_without_a_socket() {
    let server = InProcess::start(&Arguments::at(([127, 0, 0, 1], 0).into())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let _: StartWorkflowExecutionResponse =
            call(&server, "StartWorkflowExecution", start()).await.unwrap();
        let again: Result<StartWorkflowExecutionResponse, _> =
            call(&server, "StartWorkflowExecution", start()).await;
        let refused = again.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert!(!refused.details().is_empty(), "the error has its type");

        let works = async {
            for commands in [vec![timer(86_400)], vec![complete("done")]] {
                let answer = RespondWorkflowTaskCompletedRequest {
                    task_token: take(&server).await,
                    namespace: NAMESPACE.to_owned(),
                    identity: "worker".to_owned(),
                    commands,
                    ..Default::default()
                };
                let _: RespondWorkflowTaskCompletedResponse =
                    call(&server, "RespondWorkflowTaskCompleted", answer).await.unwrap();
            }
        };
        let wanted = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            ..Default::default()
        };
        let waits = call::<GetWorkflowExecutionHistoryResponse>(
            &server,
            "GetWorkflowExecutionHistory",
            wanted,
        );
        let ((), closed) = tokio::join!(works, waits);
        assert_eq!(closed.unwrap().history.unwrap().events.len(), 1);
    });
    assert_eq!(server.end(), Report::default());
    let late = call::<GetSystemInfoResponse>(
        &server,
        "DescribeWorkflowExecution",
        DescribeWorkflowExecutionRequest { namespace: NAMESPACE.to_owned(), execution: order() },
    );
    assert_eq!(runtime.block_on(late).unwrap_err().code(), Code::Unavailable);
}

#[test]
fn what_is_not_there_has_its_name_without_a_socket() {
    let server = InProcess::start(&Arguments::at(([127, 0, 0, 1], 0).into())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let unknown = server.call(SERVICE, "ListSchedules", HeaderMap::new(), Vec::new().into());
    let refused = runtime.block_on(unknown).unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("unknown method ListSchedules"), "{refused}");
    let unnamed = server.call(SERVICE, "no name", HeaderMap::new(), Vec::new().into());
    assert_eq!(runtime.block_on(unnamed).unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(server.end().not_simulated, [("ListSchedules".into(), 1)].into());
}
