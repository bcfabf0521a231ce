//! What only looks at a world.

use std::sync::Arc;

use rehearsal_engine::pending_children;
use rehearsal_history::{EventId, SmolStr, Status, Timestamp};
use rehearsal_service::{
    ActivityToken, NotFound, PendingOp, RequestError, RunRef, Service, Target, TaskState,
};

use crate::answer::{
    Described, HistoryPage, Listed, PendingActivity, PendingTask, Refused, RunTime,
};
use crate::ask::HistoryAsk;
use crate::inbox::{Request, Says, Shared, TaskSaid, not_found};
use crate::token::{Alias, Token, What};

/// The workflow that is meant, by the ids of the run itself.
pub(crate) fn meant(mut target: Target, alias: Alias) -> Target {
    let own = |id: SmolStr| alias.run_id_of(&id);
    target.run_id = target.run_id.filter(|id| !id.is_empty()).map(own);
    target.first_run_id = target.first_run_id.filter(|id| !id.is_empty()).map(own);
    target
}

/// The run that is meant: with the id that the worker knows it by, or its own.
pub(crate) fn find(
    service: &Service,
    target: &Target,
    alias: Alias,
) -> Result<RunRef, RequestError> {
    let found = service.meant(&meant(target.clone(), alias));
    found.or_else(|_| service.meant(target))
}

/// The page that is asked for, as far as it is there.
pub(crate) fn page(service: &Service, run: RunRef, ask: &HistoryAsk) -> HistoryPage {
    let view = service.run(run);
    let events = service.visible_history(run);
    let closed = view.status != Status::Running;
    let end = EventId(events.len() as u64 + 1);
    let run_id = view.run_id.clone();
    if ask.close_only {
        let events = if closed { events.last().cloned().into_iter().collect() } else { Vec::new() };
        let next = (!closed && ask.wait).then_some(ask.from.max(EventId::FIRST));
        return HistoryPage { run_id, events, next };
    }
    let from = ask.from.max(EventId::FIRST);
    let most = if ask.most == 0 { usize::MAX } else { ask.most };
    let first = usize::try_from(from.0 - 1).unwrap_or(usize::MAX);
    let events: Vec<_> = events.into_iter().skip(first).take(most).collect();
    let behind = EventId(from.0 + events.len() as u64);
    let more = behind < end || (ask.wait && !closed);
    HistoryPage { run_id, events, next: more.then_some(behind) }
}

/// Whether a long poll has what it waits for.
pub(crate) fn has_come(service: &Service, run: RunRef, ask: &HistoryAsk) -> bool {
    let closed = service.run(run).status != Status::Running;
    closed || (!ask.close_only && service.visible_history(run).len() as u64 >= ask.from.0)
}

/// What can be seen of a run.
pub(crate) fn described(service: &Service, run: RunRef, now: Timestamp) -> Option<Described> {
    let history = service.history(run);
    let pending = service.pending(run);
    Some(Described {
        view: service.run(run).clone(),
        first: Arc::clone(history.first()?),
        start_request: service.start_request(run).cloned(),
        history_length: history.len(),
        history_size: service.history_size(run),
        activities: pending.iter().filter_map(|op| activity(service, run, op)).collect(),
        children: pending_children(service, run, &pending),
        task: task(service.told_task(run)),
        now: service.time_of(run, now),
        time: service.skipping(run).map(|it| RunTime { config: it.config.cloned() }),
    })
}

/// A run as it stands in a list.
fn listed(service: &Service, run: RunRef) -> Option<Listed> {
    let history = service.history(run);
    Some(Listed {
        view: service.run(run).clone(),
        first: Arc::clone(history.first()?),
        history_length: history.len(),
        history_size: service.history_size(run),
    })
}

/// What is told of an activity; none of anything else.
fn activity(service: &Service, run: RunRef, op: &PendingOp) -> Option<PendingActivity> {
    let standing = service.standing(run, op.scheduled)?;
    Some(PendingActivity {
        state: op.state,
        attributes: standing.attributes.clone(),
        attempt: standing.attempt,
        last_failure: standing.last_failure.cloned(),
        scheduled_at: standing.scheduled_at,
        started_at: standing.started_at,
        worker: standing.worker.cloned(),
        ended_at: standing.ended_at,
        last_beat: standing.last_beat.map(|(at, details)| (at, details.cloned())),
        expires_at: standing.expires_at,
    })
}

fn task(state: TaskState<'_>) -> Option<PendingTask> {
    match state {
        TaskState::None => None,
        TaskState::Scheduled { attempt, scheduled_at, first_at, .. } => {
            Some(PendingTask { attempt, scheduled_at, first_at, started_at: None })
        }
        TaskState::Started { attempt, scheduled_at, first_at, started_at, .. } => {
            let started_at = Some(started_at);
            Some(PendingTask { attempt, scheduled_at, first_at, started_at })
        }
    }
}

/// What is answered to what is said too late. Of an attempt, and of a task that has failed, the server asks first whether the
/// workflow is closed (`Invoke` in `service/history/api/respondactivitytaskcompleted/api.go` and its neighbors, and in
/// `respondworkflowtaskfailed/api.go`); of a task that is completed it does not
/// (`respondworkflowtaskcompleted/api.go`).
fn too_late(service: &Service, alias: Alias, token: &Token, says: &Says) -> Refused {
    if token.world != alias.world {
        return Refused::OtherWorld;
    }
    let run = match (&token.what, says) {
        (What::Activity { token }, Says::Activity(..)) => {
            ActivityToken::from_bytes(token).map(|token| token.run.index())
        }
        (What::Task { run, .. }, Says::Task(TaskSaid::Failed(..))) => usize::try_from(*run).ok(),
        (What::Activity { .. } | What::Task { .. } | What::Query { .. }, _) => None,
    };
    let run = run.and_then(|index| service.runs().nth(index));
    match run.map(|run| service.status(run)) {
        None | Some(Status::Running) => not_found(token),
        Some(_) => Refused::Request(NotFound::Completed.into()),
    }
}

/// Answers a request that only looks; gives back any other.
pub(crate) fn answer(
    request: Request,
    service: &Service,
    now: Timestamp,
    alias: Alias,
) -> Option<Request> {
    match request {
        Request::History { ask, reply } if !ask.wait => {
            let found = find(service, &ask.target, alias);
            reply.answer(found.map(|run| page(service, run, &ask)).map_err(Into::into));
        }
        Request::Describe { target, reply } => {
            let found = find(service, &target, alias).and_then(|run| {
                described(service, run, now)
                    .ok_or(RequestError::NotSimulated { what: "a look at a run that is deleted" })
            });
            reply.answer(found.map_err(Into::into));
        }
        Request::List { query, reply } => {
            let found = service.list(&query);
            let found = found.map(|runs| runs.into_iter().filter_map(|run| listed(service, run)));
            let found = found.map(Iterator::collect);
            reply.answer(found.map_err(Into::into));
        }
        Request::Now { reply } => {
            reply.answer(Ok(now));
        }
        Request::TooLate { token, says } => {
            says.refuse(too_late(service, alias, &token, &says));
        }
        other => return Some(other),
    }
    None
}

/// Whether it is a worker of this world that looks: it names a run as it is known in this world alone.
fn is_of_world(request: &Request, service: &Service, alias: Alias) -> bool {
    let Request::History { ask, .. } = request else { return false };
    let Target { workflow_id, run_id: Some(run_id), .. } = &ask.target else { return false };
    service.run_by_id(workflow_id, &alias.run_id_of(run_id)).is_some()
}

/// Answers all that only looks, while something else is waited for. While a world of clients stands, they wait with it.
pub(crate) fn answer_what_looks(shared: &Shared, service: &Service, now: Timestamp, alias: Alias) {
    let (requests, paused) = {
        let mut inbox = shared.inbox();
        (core::mem::take(&mut inbox.requests), inbox.paused.is_some())
    };
    if requests.is_empty() {
        return;
    }
    let look = |request| {
        if paused && !is_of_world(&request, service, alias) {
            return Some(request);
        }
        answer(request, service, now, alias)
    };
    let mut left: std::collections::VecDeque<Request> =
        requests.into_iter().filter_map(look).collect();
    let mut inbox = shared.inbox();
    left.append(&mut inbox.requests);
    inbox.requests = left;
}
