//! What clients and workers ask before anything else.

use std::time::Duration;

use rehearsal_proto::Mirror as _;
use temporalio_protos::grpc::health::v1::HealthCheckRequest;
use temporalio_protos::grpc::health::v1::health_client::HealthClient;
use temporalio_protos::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, GetClusterInfoRequest, GetSystemInfoRequest, ListNamespacesRequest,
    RegisterNamespaceRequest,
};
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};

use crate::running::Running;

#[test]
fn a_client_is_told_what_there_is() {
    let server = Running::start();
    // SDKs compress what they send.
    let mut client =
        WorkflowServiceClient::new(server.connect()).send_compressed(CompressionEncoding::Gzip);
    let info = server.runtime.block_on(client.get_system_info(GetSystemInfoRequest {})).unwrap();
    let info = info.into_inner();
    let capabilities = info.capabilities.unwrap();

    assert_eq!(info.server_version, "1.32.0");
    assert!(capabilities.internal_error_differentiation && capabilities.sdk_metadata);
    assert!(capabilities.eager_workflow_start && !capabilities.nexus);
    let cluster =
        server.runtime.block_on(client.get_cluster_info(GetClusterInfoRequest {})).unwrap();
    assert_eq!(cluster.into_inner().server_version, "1.32.0");
}

#[test]
fn a_worker_finds_its_namespace_and_no_other() {
    let server = Running::with(|arguments| arguments.namespaces.push("shop".into()));
    let mut client = WorkflowServiceClient::new(server.connect());
    let mut describe = |name: &str| {
        let request = DescribeNamespaceRequest { namespace: name.to_owned(), ..Default::default() };
        server.runtime.block_on(client.describe_namespace(request))
    };

    let shop = describe("shop").unwrap().into_inner().namespace_info.unwrap();
    assert!(shop.capabilities.unwrap().worker_poll_complete_on_shutdown);
    assert!(describe("default").is_ok());
    let nowhere = describe("nowhere").unwrap_err();
    assert_eq!(nowhere.code(), Code::NotFound);
    assert_eq!(nowhere.message(), "Namespace nowhere is not found.");
    assert!(!nowhere.details().is_empty(), "clients tell it apart by its details");
    let request = ListNamespacesRequest::default();
    let all = server.runtime.block_on(client.list_namespaces(request)).unwrap();
    assert_eq!(all.into_inner().namespaces.len(), 2);
}

/// As suites of SDKs begin. Each refusal has the words of a server.
#[test]
fn a_namespace_is_registered_once() {
    let server = Running::start();
    let mut client = WorkflowServiceClient::new(server.connect());
    let day = Duration::from_secs(24 * 3600).to_proto().unwrap();
    let asked = |namespace: &str, retention| RegisterNamespaceRequest {
        namespace: namespace.to_owned(),
        workflow_execution_retention_period: retention,
        ..RegisterNamespaceRequest::default()
    };
    let mut register =
        |asked| server.runtime.block_on(client.register_namespace(asked)).map(|_| ());

    register(asked("shop", Some(day))).unwrap();
    let told = |refused: Result<(), Status>| {
        let status = refused.unwrap_err();
        (status.code(), status.message().to_owned())
    };
    let again = told(register(asked("shop", Some(day))));
    assert_eq!(again, (Code::AlreadyExists, "Namespace \"shop\" already exists".to_owned()));
    let global =
        RegisterNamespaceRequest { is_global_namespace: true, ..asked("globe", Some(day)) };
    for (wrong, why) in [
        (asked("bakery", None), "A valid retention period is not set on request."),
        (asked("", Some(day)), "Namespace not set on request."),
        (asked(&"long".repeat(300), Some(day)), "Namespace length exceeds limit."),
        (global, "Cannot register global namespace when not enabled"),
    ] {
        assert_eq!(told(register(wrong)), (Code::InvalidArgument, why.to_owned()));
    }
    let request = DescribeNamespaceRequest { namespace: "shop".into(), ..Default::default() };
    let shop = server.runtime.block_on(client.describe_namespace(request)).unwrap().into_inner();
    assert_eq!(shop.config.unwrap().workflow_execution_retention_ttl, Some(day));
    let nameless = DescribeNamespaceRequest::default();
    let refused = server.runtime.block_on(client.describe_namespace(nameless)).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    for nth in 0..998 {
        let name = format!("shop-{nth}");
        let request = asked(&name, Some(day));
        server.runtime.block_on(client.register_namespace(request)).unwrap();
    }
    let full = server.runtime.block_on(client.register_namespace(asked("one", Some(day))));
    assert_eq!(full.unwrap_err().code(), Code::ResourceExhausted, "strangers fill no memory");
}

#[test]
fn the_server_is_well() {
    let server = Running::start();
    let mut client = HealthClient::new(server.connect());
    let mut check = |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        server.runtime.block_on(client.check(request)).map(|it| it.into_inner().status)
    };

    assert_eq!(check("").unwrap(), 1);
    assert_eq!(check("temporal.api.workflowservice.v1.WorkflowService").unwrap(), 1);
    assert_eq!(check("bakery").unwrap_err().code(), Code::NotFound);
}

#[test]
fn a_port_can_be_taken_again_at_once() {
    let first = Running::start();
    let address = first.address;
    let channel = first.connect();
    let mut client = WorkflowServiceClient::new(channel);
    first.runtime.block_on(client.get_system_info(GetSystemInfoRequest {})).unwrap();
    first.end();
    let second = Running::with(|arguments| arguments.address = address);
    let mut client = WorkflowServiceClient::new(second.connect());
    assert!(second.runtime.block_on(client.get_system_info(GetSystemInfoRequest {})).is_ok());
}
