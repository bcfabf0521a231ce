//! What clients look at: histories, single runs, lists of runs, queues.

use std::sync::Arc;

use rehearsal_history::EventId;
use rehearsal_proto::{BadMessage, ConvertError, request as read, view, workflow_task};
use rehearsal_remote::{HistoryAsk, HistoryPage, Listed};
use rehearsal_service::Target;
use temporalio_protos::temporal::api::enums::v1::{
    EventType, HistoryEventFilterType, TaskQueueType,
};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::history::v1::{
    HistoryEvent, WorkflowExecutionContinuedAsNewEventAttributes,
};
use temporalio_protos::temporal::api::taskqueue::v1::PollerInfo;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionInfo;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, DescribeTaskQueueRequest,
    DescribeTaskQueueResponse, DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
    GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
    ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse,
};
use tonic::{Request, Status};

use super::worker::named;
use crate::front::{Front, HISTORY_POLL, ask, patience, wait};

/// How many events a page has at most (`limit.historyMaxPageSize`), and how many if the client does not say.
const PAGE: usize = 1000;

/// A page of a history, or a long poll for the next one. An empty page always has a token from which it goes on: clients
/// take a page without one for the end.
pub(crate) async fn history(
    front: Arc<Front>,
    request: Request<GetWorkflowExecutionHistoryRequest>,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let most = patience(&request, HISTORY_POLL);
    let follows = follows_next_run(&request);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let mut target = read::target(request.execution)?;
    let from = if request.next_page_token.is_empty() {
        EventId::FIRST
    } else {
        let (run_id, from) = page_token::read(&request.next_page_token)?;
        if target.run_id.as_deref().is_some_and(|named| named != run_id) {
            return Err(Status::invalid_argument(
                "RunID in the request does not match the NextPageToken.",
            ));
        }
        target.run_id = Some(run_id.into());
        from
    };
    let close_only = match HistoryEventFilterType::try_from(request.history_event_filter_type) {
        Ok(HistoryEventFilterType::CloseEvent) => true,
        Ok(HistoryEventFilterType::Unspecified | HistoryEventFilterType::AllEvent) => false,
        Err(_) => return Err(Status::invalid_argument("no filter of events")),
    };
    let page_size = usize::try_from(request.maximum_page_size).unwrap_or(0);
    let ask = HistoryAsk {
        target,
        from,
        most: if page_size == 0 { PAGE } else { page_size.min(PAGE) },
        wait: request.wait_new_event,
        close_only,
    };
    let HistoryPage { run_id, events, next } =
        wait(most, |reply| front.door.history(ask, reply)).await?;
    let mut history = workflow_task::events(&events)?;
    if close_only
        && !follows
        && let Some(last) = history.events.last_mut()
    {
        tell_as_continued(last);
    }
    Ok(GetWorkflowExecutionHistoryResponse {
        history: Some(history),
        next_page_token: next.map(|next| page_token::write(&run_id, next)).unwrap_or_default(),
        ..GetWorkflowExecutionHistoryResponse::default()
    })
}

/// Whether the client looks for the next run in any event that closes one.
fn follows_next_run<T>(request: &Request<T>) -> bool {
    let features = request.metadata().get("supported-features");
    let features = features.and_then(|features| features.to_str().ok()).unwrap_or_default();
    features.split(',').any(|feature| feature == "follows-next-run-id")
}

/// A client that does not, such as Java's, is told of a run that tries again, or runs by a schedule, that it went on as new: or
/// it would take the end of one attempt for that of the workflow (`FixFollowEvents` in
/// `service/history/api/get_history_util.go`; the failure, which nobody reads there, is left out).
fn tell_as_continued(event: &mut HistoryEvent) {
    let mut continued = WorkflowExecutionContinuedAsNewEventAttributes::default();
    continued.new_execution_run_id = match &event.attributes {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => {
            continued.last_completion_result.clone_from(&it.result);
            it.new_execution_run_id.clone()
        }
        Some(Attributes::WorkflowExecutionFailedEventAttributes(it)) => {
            it.new_execution_run_id.clone()
        }
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(it)) => {
            it.new_execution_run_id.clone()
        }
        _ => return,
    };
    if continued.new_execution_run_id.is_empty() {
        return;
    }
    event.event_type = EventType::WorkflowExecutionContinuedAsNew.into();
    event.attributes = Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(continued));
}

/// A whole history, the last event first, on one page.
pub(crate) async fn history_reverse(
    front: Arc<Front>,
    request: Request<GetWorkflowExecutionHistoryReverseRequest>,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let target = read::target(request.execution)?;
    let ask = HistoryAsk { target, from: EventId::FIRST, most: 0, wait: false, close_only: false };
    let mut page = wait(HISTORY_POLL, |reply| front.door.history(ask, reply)).await?;
    page.events.reverse();
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(workflow_task::events(&page.events)?),
        next_page_token: Vec::new(),
    })
}

/// Where a history goes on: a run and an event, as bytes for clients.
mod page_token {
    use rehearsal_history::EventId;
    use tonic::Status;

    pub(super) fn write(run_id: &str, next: EventId) -> Vec<u8> {
        format!("{next} {run_id}", next = next.0).into_bytes()
    }

    pub(super) fn read(token: &[u8]) -> Result<(&str, EventId), Status> {
        let parse = || {
            let (next, run_id) = std::str::from_utf8(token).ok()?.split_once(' ')?;
            Some((run_id, EventId(next.parse().ok().filter(|next| *next > 0)?)))
        };
        // `ErrInvalidNextPageToken` of the server.
        parse().ok_or_else(|| Status::invalid_argument("Invalid NextPageToken."))
    }
}

pub(crate) async fn describe(
    front: Arc<Front>,
    request: Request<DescribeWorkflowExecutionRequest>,
) -> Result<DescribeWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let target: Target = read::target(request.execution)?;
    let described = ask(|reply| front.door.describe(target, reply)).await?;
    Ok(super::describe::response(&described, &request.namespace)?)
}

/// A page of the runs that a query finds.
pub(crate) async fn list(
    front: Arc<Front>,
    request: Request<ListWorkflowExecutionsRequest>,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let invalid = || Status::invalid_argument("Invalid NextPageToken.");
    let skip = match request.next_page_token.as_slice() {
        [] => 0,
        token => {
            let text = std::str::from_utf8(token).map_err(|_| invalid())?;
            text.parse::<usize>().map_err(|_| invalid())?
        }
    };
    let size = match usize::try_from(request.page_size) {
        Ok(size @ 1..=PAGE) => size,
        _ => PAGE,
    };
    let query = request.query.into();
    let runs: Vec<Listed> = ask(|reply| front.door.list(query, reply)).await?;
    let page = runs.iter().skip(skip).take(size);
    let executions = page.map(row).collect::<Result<_, _>>()?;
    let end = skip.saturating_add(size);
    let next_page_token = if end < runs.len() { end.to_string().into_bytes() } else { Vec::new() };
    Ok(ListWorkflowExecutionsResponse { executions, next_page_token })
}

/// A run in a list: what the store of a server has of it (`convertInternalWorkflowExecutionInfo` in
/// `common/persistence/visibility/visibility_manager_impl.go`). How long a history is it learns at the close.
fn row(listed: &Listed) -> Result<WorkflowExecutionInfo, ConvertError> {
    let closed = listed.view.close.is_some();
    let (length, size) = if closed { (listed.history_length, listed.history_size) } else { (0, 0) };
    Ok(WorkflowExecutionInfo {
        history_size_bytes: i64::try_from(size).unwrap_or(i64::MAX),
        first_run_id: String::new(),
        priority: None,
        ..view::info(&listed.view, &listed.first, length)?
    })
}

pub(crate) async fn count(
    front: Arc<Front>,
    request: Request<CountWorkflowExecutionsRequest>,
) -> Result<CountWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let query = request.query.into();
    let runs = ask(|reply| front.door.list(query, reply)).await?;
    Ok(CountWorkflowExecutionsResponse {
        count: i64::try_from(runs.len()).unwrap_or(i64::MAX),
        groups: Vec::new(),
    })
}

/// Who polls a queue.
#[expect(deprecated, reason = "the fields of older clients are the ones that are simulated")]
pub(crate) async fn task_queue(
    front: Arc<Front>,
    request: Request<DescribeTaskQueueRequest>,
) -> Result<DescribeTaskQueueResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let queue = named(request.task_queue)?.name.into();
    if request.api_mode != 0 {
        return Err(
            BadMessage::NotSimulated { what: "the enhanced mode of DescribeTaskQueue" }.into()
        );
    }
    let (workflows, activities) = ask(|reply| front.door.pollers(queue, reply)).await?;
    let kind = TaskQueueType::try_from(request.task_queue_type);
    let shown = if kind == Ok(TaskQueueType::Activity) { activities } else { workflows };
    let pollers = shown
        .iter()
        .map(|identity| PollerInfo { identity: identity.to_string(), ..PollerInfo::default() })
        .collect();
    Ok(DescribeTaskQueueResponse { pollers, ..DescribeTaskQueueResponse::default() })
}

#[cfg(test)]
mod tests {
    use super::page_token::{read, write};
    use rehearsal_history::EventId;

    #[test]
    fn a_page_goes_on_where_it_ended() {
        assert_eq!(read(&write("run-1", EventId(17))).unwrap(), ("run-1", EventId(17)));
        for wrong in [&b"x"[..], b"", b"-1 run", b"0 run", &[0xff, 0x20]] {
            assert_eq!(read(wrong).unwrap_err().message(), "Invalid NextPageToken.");
        }
    }
}
