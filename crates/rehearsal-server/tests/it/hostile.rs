//! Clients that mean harm, or do not know what they do: each gets a clear status, and the server goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rehearsal_server::SERVED;
use temporalio_protos::temporal::api::common::v1::{
    Payload, Payloads, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetSystemInfoRequest, PollWorkflowTaskQueueRequest, RespondActivityTaskCompletedRequest,
    RespondWorkflowTaskCompletedRequest, StartWorkflowExecutionRequest,
    TerminateWorkflowExecutionRequest,
};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::running::Running;

/// Any bytes as a message: a field that every message skips, or cannot read.
#[derive(Clone, PartialEq, prost::Message)]
struct Raw {
    #[prost(string, tag = "1")]
    first: String,
    #[prost(bytes = "vec", tag = "2")]
    second: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    third: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    fourth: Vec<u8>,
    #[prost(uint64, tag = "5")]
    fifth: u64,
    #[prost(uint64, tag = "6")]
    sixth: u64,
}

/// Calls an RPC by its path, with a message that it does not have.
async fn call(channel: Channel, service: &str, rpc: &str, message: Raw) -> Result<Raw, Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path: PathAndQuery = format!("/{service}/{rpc}").parse().unwrap();
    let codec = ProstCodec::<Raw, Raw>::default();
    let mut request = Request::new(message);
    // Long polls that take the message for one of theirs end soon.
    request.metadata_mut().insert("grpc-timeout", "900m".parse().unwrap());
    Ok(grpc.unary(request, path, codec).await?.into_inner())
}

/// Whether the server still answers.
#[track_caller]
fn is_well(server: &Running) {
    let mut client = WorkflowServiceClient::new(server.connect());
    let answer = server.runtime.block_on(client.get_system_info(GetSystemInfoRequest {}));
    assert!(answer.is_ok(), "{answer:?}");
}

/// Every RPC of the table, with nothing, with nonsense, and with values that are out of every range. What retries itself
/// unseen is never answered: no SDK retries a wrong argument or what is not found.
#[test]
fn every_rpc_survives_nonsense() {
    let server = Running::start();
    let channel = server.connect();
    let default = || "default".to_owned();
    let messages = [
        Raw::default(),
        Raw { first: "nowhere".to_owned(), ..Raw::default() },
        Raw { first: default(), second: vec![0xff; 40], ..Raw::default() },
        Raw {
            first: default(),
            second: vec![10, 1, b'x'],
            fifth: u64::MAX,
            sixth: u64::MAX,
            ..Raw::default()
        },
        Raw { second: vec![0], third: vec![0xff], fourth: vec![8, 1], ..Raw::default() },
    ];
    for served in SERVED.iter().filter(|served| !served.rpc.starts_with("Sleep")) {
        for message in &messages {
            let answer = call(channel.clone(), served.service, served.rpc, message.clone());
            if let Err(status) = server.runtime.block_on(answer) {
                let retried = matches!(
                    status.code(),
                    Code::DataLoss
                        | Code::Unknown
                        | Code::Aborted
                        | Code::OutOfRange
                        | Code::Unavailable
                );
                assert!(!retried, "{}: {status:?}", served.rpc);
            }
        }
    }
    is_well(&server);
}

#[test]
fn names_that_are_no_rpc_are_cut() {
    let server = Running::start();
    let long = "x".repeat(300);
    for (service, rpc) in [("a.b", long.as_str()), ("", "%00%20"), ("temporal", "")] {
        let answer = server.runtime.block_on(call(server.connect(), service, rpc, Raw::default()));
        let status = answer.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(status.message().len() < 120, "{}", status.message());
    }
    is_well(&server);
}

#[test]
fn tokens_that_nobody_gave_out_are_refused() {
    let server = Running::start();
    let mut client = WorkflowServiceClient::new(server.connect());
    let tokens: [&[u8]; 4] = [b"", b"token", &[0; 64], &[0xff; 9]];
    for token in tokens {
        let completed = RespondWorkflowTaskCompletedRequest {
            task_token: token.to_vec(),
            namespace: "default".to_owned(),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let done = RespondActivityTaskCompletedRequest {
            task_token: token.to_vec(),
            namespace: "default".to_owned(),
            ..RespondActivityTaskCompletedRequest::default()
        };
        for status in [
            server.runtime.block_on(client.respond_workflow_task_completed(completed)).unwrap_err(),
            server.runtime.block_on(client.respond_activity_task_completed(done)).unwrap_err(),
        ] {
            let clear = matches!(status.code(), Code::InvalidArgument | Code::NotFound);
            assert!(clear, "{status:?}");
        }
    }
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let server = Running::start();
    let mut client =
        WorkflowServiceClient::new(server.connect()).send_compressed(CompressionEncoding::Gzip);
    // Of one byte over and over, so that little goes over the wire: what counts is what it becomes.
    let input = Payloads {
        payloads: vec![Payload { data: vec![7; 17 * 1024 * 1024], ..Payload::default() }],
    };
    let start = StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "large".to_owned(),
        workflow_type: Some(WorkflowType { name: "Large".to_owned() }),
        task_queue: Some(TaskQueue { name: "main".to_owned(), ..TaskQueue::default() }),
        input: Some(input),
        ..StartWorkflowExecutionRequest::default()
    };
    let status = server.runtime.block_on(client.start_workflow_execution(start)).unwrap_err();

    assert!(matches!(status.code(), Code::ResourceExhausted | Code::Internal), "{status:?}");
    assert!(status.message().contains("limit"), "{}", status.message());
    is_well(&server);
}

#[test]
fn what_is_no_grpc_ends_its_own_connection_alone() {
    let server = Running::start();
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 64],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff",
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(bytes).unwrap();
        drop(stream.shutdown(std::net::Shutdown::Write));
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
    }
    is_well(&server);
}

/// More polls than a connection may have open: those beyond wait for the others, and nothing else does.
#[test]
fn a_flood_of_polls_is_borne() {
    let server = Running::start();
    let channel = server.connect();
    let polls: Vec<_> = (0..1200)
        .map(|_| {
            let mut client = WorkflowServiceClient::new(channel.clone());
            server.runtime.spawn(async move {
                let request = PollWorkflowTaskQueueRequest {
                    namespace: "default".to_owned(),
                    task_queue: Some(TaskQueue { name: "main".to_owned(), ..TaskQueue::default() }),
                    ..PollWorkflowTaskQueueRequest::default()
                };
                client.poll_workflow_task_queue(request).await
            })
        })
        .collect();
    // On a connection of its own, since that one is full.
    let mut client = WorkflowServiceClient::new(server.connect());
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: Some(WorkflowExecution::default()),
        ..TerminateWorkflowExecutionRequest::default()
    };
    let status = server.runtime.block_on(client.terminate_workflow_execution(request)).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    // Their streams are closed without an answer.
    for poll in &polls {
        poll.abort();
    }
    is_well(&server);
}

/// Workers look for these words, and fail the task whose completion is too large, as they would in production.
#[test]
fn a_request_is_as_large_as_go_takes_it() {
    let server = Running::start();
    let mut client = WorkflowServiceClient::new(server.connect());
    let mut zipped =
        WorkflowServiceClient::new(server.connect()).send_compressed(CompressionEncoding::Gzip);
    let of = |bytes: usize| StartWorkflowExecutionRequest {
        input: Some(Payloads {
            payloads: vec![Payload { data: vec![0; bytes], ..Payload::default() }],
        }),
        ..crate::hand::start()
    };
    let most = 4 * 1024 * 1024;
    server.runtime.block_on(client.start_workflow_execution(of(most - 1024))).unwrap();
    for (bytes, why) in [
        (most, "grpc: received message larger than max (41943"),
        (5 * most, "grpc: received message larger than max (more than 16777216 vs. 4194304)"),
    ] {
        let refused =
            server.runtime.block_on(client.start_workflow_execution(of(bytes))).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert!(refused.message().starts_with(why), "{refused}");
    }
    let refused = server.runtime.block_on(zipped.start_workflow_execution(of(most))).unwrap_err();
    let why = "grpc: received message after decompression larger than max 4194304";
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, why));
    is_well(&server);
}
