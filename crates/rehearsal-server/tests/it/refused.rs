//! What is not there is refused by its name, and told in the report.

use temporalio_protos::temporal::api::operatorservice::v1::ListClustersRequest;
use temporalio_protos::temporal::api::operatorservice::v1::operator_service_client::OperatorServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListSchedulesRequest, PauseActivityRequest,
};
use tonic::Code;

use crate::running::Running;

#[test]
fn an_unknown_rpc_is_named_and_reported() {
    let server = Running::start();
    let channel = server.connect();
    let mut workflows = WorkflowServiceClient::new(channel.clone());
    let mut operator = OperatorServiceClient::new(channel);
    let list = || ListSchedulesRequest::default();
    let refused = [
        server.runtime.block_on(workflows.list_schedules(list())).unwrap_err(),
        server.runtime.block_on(workflows.list_schedules(list())).unwrap_err(),
        server
            .runtime
            .block_on(workflows.pause_activity(PauseActivityRequest::default()))
            .unwrap_err(),
        server
            .runtime
            .block_on(operator.list_clusters(ListClustersRequest::default()))
            .unwrap_err(),
    ];

    assert!(refused.iter().all(|status| status.code() == Code::Unimplemented));
    // What the Go client and core look for where they can do without an RPC.
    assert_eq!(refused[0].message(), "unknown method ListSchedules: not simulated by rehearsal");
    let report = server.end();
    let asked: Vec<(&str, u64)> =
        report.not_simulated.iter().map(|(what, count)| (what.as_str(), *count)).collect();
    assert_eq!(asked, [("ListClusters", 1), ("ListSchedules", 2), ("PauseActivity", 1)]);
}
