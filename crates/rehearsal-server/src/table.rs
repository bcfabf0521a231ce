//! The table of RPCs: which path is answered by which handler.

use std::sync::Arc;

use temporalio_protos::grpc::health::v1::HealthCheckRequest;
use temporalio_protos::temporal::api::operatorservice::v1 as operatorservice;
use temporalio_protos::temporal::api::testservice::v1 as testservice;
use temporalio_protos::temporal::api::workflowservice::v1 as workflowservice;
use tonic::Status;
use tonic::body::Body;

use crate::front::Front;
use crate::rpc::{activities, client, look, meet, operator, time, update, worker};
use crate::wire;

/// An RPC that the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// The service, with its package.
    pub service: &'static str,
    /// The name.
    pub rpc: &'static str,
}

/// One line an RPC: its name, what comes in, and the handler, which says what goes out.
macro_rules! rpcs {
    ($( $service:literal { $( $rpc:ident($request:ty) = $handler:path; )+ } )+) => {
        /// Every RPC that is answered, in the order of the table.
        pub const SERVED: &[Served] = &[
            $( $( Served { service: $service, rpc: stringify!($rpc) }, )+ )+
        ];

        /// Answers a request.
        pub(crate) async fn answer<B: wire::Message>(
            front: Arc<Front>,
            request: http::Request<B>,
        ) -> http::Response<Body> {
            match request.uri().path() {
                $( $( concat!("/", $service, "/", stringify!($rpc)) => {
                    wire::unary(request, |message: tonic::Request<$request>| {
                        $handler(Arc::clone(&front), message)
                    })
                    .await
                } )+ )+
                path => not_there(&front, path),
            }
        }
    };
}

rpcs! {
    "temporal.api.workflowservice.v1.WorkflowService" {
        GetSystemInfo(workflowservice::GetSystemInfoRequest) = meet::system_info;
        GetClusterInfo(workflowservice::GetClusterInfoRequest) = meet::cluster_info;
        DescribeNamespace(workflowservice::DescribeNamespaceRequest) = meet::namespace;
        RegisterNamespace(workflowservice::RegisterNamespaceRequest) = meet::register_namespace;
        ListNamespaces(workflowservice::ListNamespacesRequest) = meet::namespaces;

        PollWorkflowTaskQueue(workflowservice::PollWorkflowTaskQueueRequest) = worker::poll;
        RespondWorkflowTaskCompleted(workflowservice::RespondWorkflowTaskCompletedRequest) = worker::completed;
        RespondWorkflowTaskFailed(workflowservice::RespondWorkflowTaskFailedRequest) = worker::failed;
        RespondQueryTaskCompleted(workflowservice::RespondQueryTaskCompletedRequest) = worker::query_completed;
        ResetStickyTaskQueue(workflowservice::ResetStickyTaskQueueRequest) = worker::reset_sticky;
        ShutdownWorker(workflowservice::ShutdownWorkerRequest) = worker::shutdown;
        PollNexusTaskQueue(workflowservice::PollNexusTaskQueueRequest) = worker::poll_nexus;

        PollActivityTaskQueue(workflowservice::PollActivityTaskQueueRequest) = activities::poll;
        RecordActivityTaskHeartbeat(workflowservice::RecordActivityTaskHeartbeatRequest) = activities::heartbeat;
        RecordActivityTaskHeartbeatById(workflowservice::RecordActivityTaskHeartbeatByIdRequest) = activities::heartbeat_by_id;
        RespondActivityTaskCompleted(workflowservice::RespondActivityTaskCompletedRequest) = activities::completed;
        RespondActivityTaskCompletedById(workflowservice::RespondActivityTaskCompletedByIdRequest) = activities::completed_by_id;
        RespondActivityTaskFailed(workflowservice::RespondActivityTaskFailedRequest) = activities::failed;
        RespondActivityTaskFailedById(workflowservice::RespondActivityTaskFailedByIdRequest) = activities::failed_by_id;
        RespondActivityTaskCanceled(workflowservice::RespondActivityTaskCanceledRequest) = activities::canceled;
        RespondActivityTaskCanceledById(workflowservice::RespondActivityTaskCanceledByIdRequest) = activities::canceled_by_id;

        StartWorkflowExecution(workflowservice::StartWorkflowExecutionRequest) = client::start;
        SignalWithStartWorkflowExecution(workflowservice::SignalWithStartWorkflowExecutionRequest) = client::signal_with_start;
        ExecuteMultiOperation(workflowservice::ExecuteMultiOperationRequest) = update::with_start;
        SignalWorkflowExecution(workflowservice::SignalWorkflowExecutionRequest) = client::signal;
        RequestCancelWorkflowExecution(workflowservice::RequestCancelWorkflowExecutionRequest) = client::cancel;
        TerminateWorkflowExecution(workflowservice::TerminateWorkflowExecutionRequest) = client::terminate;
        QueryWorkflow(workflowservice::QueryWorkflowRequest) = client::query;
        UpdateWorkflowExecution(workflowservice::UpdateWorkflowExecutionRequest) = update::update;
        PollWorkflowExecutionUpdate(workflowservice::PollWorkflowExecutionUpdateRequest) = update::poll;
        UpdateWorkflowExecutionOptions(workflowservice::UpdateWorkflowExecutionOptionsRequest) = time::update_options;
        PollWorkflowExecutionTimeSkipping(workflowservice::PollWorkflowExecutionTimeSkippingRequest) = time::poll;

        GetWorkflowExecutionHistory(workflowservice::GetWorkflowExecutionHistoryRequest) = look::history;
        GetWorkflowExecutionHistoryReverse(workflowservice::GetWorkflowExecutionHistoryReverseRequest) = look::history_reverse;
        DescribeWorkflowExecution(workflowservice::DescribeWorkflowExecutionRequest) = look::describe;
        DescribeTaskQueue(workflowservice::DescribeTaskQueueRequest) = look::task_queue;
        ListWorkflowExecutions(workflowservice::ListWorkflowExecutionsRequest) = look::list;
        CountWorkflowExecutions(workflowservice::CountWorkflowExecutionsRequest) = look::count;
    }
    "temporal.api.operatorservice.v1.OperatorService" {
        AddSearchAttributes(operatorservice::AddSearchAttributesRequest) = operator::add_search_attributes;
        RemoveSearchAttributes(operatorservice::RemoveSearchAttributesRequest) = operator::remove_search_attributes;
        ListSearchAttributes(operatorservice::ListSearchAttributesRequest) = operator::search_attributes;
    }
    "temporal.api.testservice.v1.TestService" {
        LockTimeSkipping(testservice::LockTimeSkippingRequest) = time::lock;
        UnlockTimeSkipping(testservice::UnlockTimeSkippingRequest) = time::unlock;
        Sleep(testservice::SleepRequest) = time::sleep;
        SleepUntil(testservice::SleepUntilRequest) = time::sleep_until;
        UnlockTimeSkippingWithSleep(testservice::SleepRequest) = time::unlock_with_sleep;
        GetCurrentTime(()) = time::now;
    }
    "grpc.health.v1.Health" {
        Check(HealthCheckRequest) = meet::health;
    }
}

/// The answer to an RPC that is not in the table. Clients look for "unknown method" where they can do without one.
fn not_there(front: &Front, path: &str) -> http::Response<Body> {
    let name = path.trim_start_matches('/');
    let rpc = name.rsplit('/').next().unwrap_or_default();
    // A name can be anything; of a stranger's only so much goes into the report.
    let shown: String = rpc.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    front.door.not_simulated(shown.as_str());
    let message = format!("unknown method {shown}: not simulated by rehearsal");
    Status::unimplemented(message).into_http()
}
