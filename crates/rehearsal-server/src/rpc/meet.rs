//! How clients and workers get to know the server: what it can do, and which namespaces there are.

use std::sync::Arc;

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
    ListNamespacesResponse, RegisterNamespaceRequest, RegisterNamespaceResponse,
    get_system_info_response,
};
use tonic::{Request, Status};

use crate::front::Front;
use crate::namespaces::Namespace;

/// The server whose behavior is simulated.
const VERSION: &str = "1.32.0";

/// The sizes beyond which a server refuses what it is sent (`limit.blobSize.error`, `limit.memoSize.error`,
/// `history.workflowTaskCompletionBufferSizeLimit`). Workers that are told keep to them by themselves; here nobody else does.
const LIMITS: namespace_info::Limits = namespace_info::Limits {
    blob_size_limit_error: 2 * 1024 * 1024,
    memo_size_limit_error: 2 * 1024 * 1024,
    workflow_task_completion_size_limit_error: 40 * 1024 * 1024,
};

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
    described(front.namespaces.get(&name)?)
}

pub(crate) async fn namespaces(
    front: Arc<Front>,
    _request: Request<ListNamespacesRequest>,
) -> Result<ListNamespacesResponse, Status> {
    let namespaces = front.namespaces.all().into_iter().map(described);
    Ok(ListNamespacesResponse {
        namespaces: namespaces.collect::<Result<_, _>>()?,
        next_page_token: Vec::new(),
    })
}

/// Test suites of SDKs begin by this.
pub(crate) async fn register_namespace(
    front: Arc<Front>,
    request: Request<RegisterNamespaceRequest>,
) -> Result<RegisterNamespaceResponse, Status> {
    let request = request.into_inner();
    if request.is_global_namespace {
        let wrong = "Cannot register global namespace when not enabled";
        return Err(Status::invalid_argument(wrong));
    }
    let retention = Option::from_proto(request.workflow_execution_retention_period)?;
    front.namespaces.register(&request.namespace, retention.unwrap_or_default())?;
    Ok(RegisterNamespaceResponse {})
}

fn described(namespace: Namespace) -> Result<DescribeNamespaceResponse, Status> {
    let Namespace { name, retention } = namespace;
    let active = "active".to_owned();
    Ok(DescribeNamespaceResponse {
        namespace_info: Some(NamespaceInfo {
            name: name.to_string(),
            state: NamespaceState::Registered.into(),
            id: name.into(),
            capabilities: Some(namespace_info::Capabilities {
                sync_update: true,
                async_update: true,
                // Polls end by an empty answer, so that no task goes to one that is being cut.
                worker_poll_complete_on_shutdown: true,
                poller_autoscaling: true,
                ..namespace_info::Capabilities::default()
            }),
            limits: Some(LIMITS),
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
