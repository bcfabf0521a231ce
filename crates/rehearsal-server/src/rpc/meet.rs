//! How clients and workers get to know the server: what it can do, and which namespaces there are.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_proto::Mirror as _;
use temporalio_protos::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
};
use temporalio_protos::temporal::api::enums::v1::NamespaceState;
use temporalio_protos::temporal::api::namespace::v1::{
    NamespaceConfig, NamespaceInfo, namespace_info,
};
use temporalio_protos::temporal::api::replication::v1::{
    ClusterReplicationConfig, NamespaceReplicationConfig,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeNamespaceResponse, GetClusterInfoRequest,
    GetClusterInfoResponse, GetSystemInfoRequest, GetSystemInfoResponse, ListNamespacesRequest,
    ListNamespacesResponse, get_system_info_response,
};
use tonic::{Request, Status};

use crate::front::Front;

/// The server whose behavior is simulated.
const VERSION: &str = "1.32.0";

/// Clients ask this first, and test environments take an answer for the sign that the server is up.
///
/// What is said to be there shapes histories: names of SDKs and flags are sent only to a server with `sdk_metadata`. What is
/// not simulated is said not to be there.
pub(crate) async fn system_info(
    _front: Arc<Front>,
    _request: Request<GetSystemInfoRequest>,
) -> Result<GetSystemInfoResponse, Status> {
    Ok(GetSystemInfoResponse {
        server_version: VERSION.to_owned(),
        capabilities: Some(get_system_info_response::Capabilities {
            signal_and_query_header: true,
            // Without it every INTERNAL would be retried by clients, in real time and unseen.
            internal_error_differentiation: true,
            activity_failure_include_heartbeat: true,
            supports_schedules: false,
            encoded_failure_attributes: true,
            build_id_based_versioning: true,
            upsert_memo: true,
            eager_workflow_start: true,
            sdk_metadata: true,
            count_group_by_execution_status: false,
            nexus: false,
            server_scaled_deployments: false,
            server_scaled_provider_cloud_run: false,
        }),
    })
}

pub(crate) async fn cluster_info(
    _front: Arc<Front>,
    _request: Request<GetClusterInfoRequest>,
) -> Result<GetClusterInfoResponse, Status> {
    Ok(GetClusterInfoResponse {
        server_version: VERSION.to_owned(),
        cluster_id: "rehearsal".to_owned(),
        cluster_name: "active".to_owned(),
        history_shard_count: 1,
        persistence_store: "rehearsal".to_owned(),
        visibility_store: "rehearsal".to_owned(),
        initial_failover_version: 1,
        failover_version_increment: 10,
        ..GetClusterInfoResponse::default()
    })
}

/// Workers ask this before they poll.
pub(crate) async fn namespace(
    front: Arc<Front>,
    request: Request<DescribeNamespaceRequest>,
) -> Result<DescribeNamespaceResponse, Status> {
    let request = request.into_inner();
    // By its id, or by its name: the id of a namespace is its name here.
    let name = if request.id.is_empty() { request.namespace } else { request.id };
    front.check(&name)?;
    described(&name)
}

pub(crate) async fn namespaces(
    front: Arc<Front>,
    _request: Request<ListNamespacesRequest>,
) -> Result<ListNamespacesResponse, Status> {
    let namespaces = front.namespaces.iter().map(|name| described(name));
    Ok(ListNamespacesResponse {
        namespaces: namespaces.collect::<Result<_, _>>()?,
        next_page_token: Vec::new(),
    })
}

fn described(name: &str) -> Result<DescribeNamespaceResponse, Status> {
    let retention = Duration::from_secs(3 * 24 * 3600);
    let active = "active".to_owned();
    Ok(DescribeNamespaceResponse {
        namespace_info: Some(NamespaceInfo {
            name: name.to_owned(),
            state: NamespaceState::Registered.into(),
            id: name.to_owned(),
            capabilities: Some(namespace_info::Capabilities {
                sync_update: true,
                async_update: true,
                // Polls end by an empty answer, so that no task goes to one that is being cut.
                worker_poll_complete_on_shutdown: true,
                poller_autoscaling: true,
                ..namespace_info::Capabilities::default()
            }),
            ..NamespaceInfo::default()
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: Some(retention.to_proto()?),
            ..NamespaceConfig::default()
        }),
        replication_config: Some(NamespaceReplicationConfig {
            active_cluster_name: active.clone(),
            clusters: vec![ClusterReplicationConfig {
                cluster_name: active,
                ..ClusterReplicationConfig::default()
            }],
            ..NamespaceReplicationConfig::default()
        }),
        ..DescribeNamespaceResponse::default()
    })
}

/// The services whose health may be asked, beside that of the whole.
const SERVICES: &[&str] = &[
    "",
    "temporal.api.operatorservice.v1.OperatorService",
    "temporal.api.testservice.v1.TestService",
    "temporal.api.workflowservice.v1.WorkflowService",
];

pub(crate) async fn health(
    _front: Arc<Front>,
    request: Request<HealthCheckRequest>,
) -> Result<HealthCheckResponse, Status> {
    if !SERVICES.contains(&request.get_ref().service.as_str()) {
        return Err(Status::not_found("unknown service"));
    }
    Ok(HealthCheckResponse { status: ServingStatus::Serving.into() })
}
