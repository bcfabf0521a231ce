//! Queries (§2.3): they leave nothing in the history.
//!
//! A query that comes while no workflow task is pending is asked directly; else it rides on the next task that is started,
//! so that it sees all that came before it (`Invoke` in `service/history/api/queryworkflow/api.go` of server 1.32).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{AnswerQuery, Query, QueryTask};
use rehearsal_history::{TaskQueue, Timestamp};

use super::{Run, Turn};
use crate::error::{Busy, NotFound, NotReady, RequestError};
use crate::input::Effect;

/// From which attempt of a workflow task on a query is not tried any more (`failQueryWorkflowTaskAttemptCount`).
const FAILING: u32 = 3;

/// How long a query that was cleared is on its way again (`historyHandlerRetryInitialInterval`).
const RETRY: Duration = Duration::from_millis(50);

/// The queries of one run that have no answer yet, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Queries(Vec<Asked>);

#[derive(Debug)]
struct Asked {
    query: Query,
    /// Until when its client waits.
    until: Timestamp,
    way: Way,
}

/// How a query reaches workflow code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With the next workflow task that is answered; whether a worker has it with one.
    Task { rides: bool },
    /// Not at all: the run has lost it, and it is asked again soon.
    Cleared,
    /// By itself.
    Direct,
}

impl Way {
    const fn waits(self) -> bool {
        match self {
            Self::Task { .. } => true,
            Self::Cleared | Self::Direct => false,
        }
    }
}

impl Run {
    /// A client asks, and waits so long.
    ///
    /// # Errors
    ///
    /// No workflow code has run that could answer, or will in time, or what runs fails; or too many queries wait for a task.
    pub(crate) fn ask(
        &mut self,
        turn: &mut Turn<'_>,
        query: Query,
        until: Timestamp,
    ) -> Result<(), RequestError> {
        let has_run = !self.state.previous_started.is_none();
        if !self.is_open() && !has_run {
            return Err(NotReady::ClosedBeforeFirstTask.into());
        }
        // `queryWillTimeoutsBeforeFirstWorkflowTaskStart`: the one is in the time of the run, the other is not, there too.
        let awaited = self.state.settings.begins.filter(|_| !has_run && self.state.task.is_idle());
        if awaited.is_some_and(|begins| begins > until) {
            return Err(NotReady::TaskNotScheduled.into());
        }
        // `queryworkflow.Invoke` asks the attempt of a closed run as well, and what closes by force ends one (W-17).
        if self.state.task.attempt() >= FAILING {
            return Err(NotReady::QueryWhileFailing.into());
        }
        if has_run && (!self.is_open() || self.state.task.is_idle()) {
            self.dispatch(turn, query, until);
            return Ok(());
        }
        let waiting = self.queries.0.iter().filter(|asked| asked.way.waits()).count();
        if waiting >= turn.config.limits.buffered_queries {
            return Err(Busy::QueryBuffer.into());
        }
        self.queries.0.push(Asked { query, until, way: Way::Task { rides: false } });
        Ok(())
    }

    /// Offers a query to workers without a workflow task.
    fn dispatch(&mut self, turn: &mut Turn<'_>, query: Query, until: Timestamp) {
        let id = query.id.clone();
        self.queries.0.push(Asked { query, until, way: Way::Direct });
        // What is sticky is so for as long as the workflow is open.
        let queue = if self.is_open() {
            self.task_queue()
        } else {
            TaskQueue::normal(self.state.view.task_queue.clone())
        };
        turn.push(Effect::Query { run: self.id, query: id, queue });
    }

    /// The queries that ride on the task that is started now.
    pub(super) fn ride(&mut self) -> Vec<Query> {
        let waiting = self.queries.0.iter_mut().filter(|asked| asked.way.waits());
        let riding = waiting.map(|asked| {
            asked.way = Way::Task { rides: true };
            asked.query.clone()
        });
        riding.collect()
    }

    /// Whether a query rides on the task that is started. One that was cleared and asked again is another one for the
    /// server, so that what a worker says of the first is dropped.
    pub(super) fn rides(&self, query: &str) -> bool {
        let way = Way::Task { rides: true };
        self.queries.0.iter().any(|asked| asked.way == way && asked.query.id == query)
    }

    /// The queries that wait for a task are thrown away with what else the server has of the run in memory. It asks them
    /// again by itself a moment later (`ErrBufferedQueryCleared`, `IsRetryableError` in
    /// `service/history/api/retry_util.go`, `CreateHistoryHandlerRetryPolicy`).
    pub(super) fn clear_queries(&mut self, turn: &mut Turn<'_>) {
        let at = turn.outside(turn.now).saturating_add(RETRY);
        for asked in self.queries.0.iter_mut().filter(|asked| asked.way.waits()) {
            asked.way = Way::Cleared;
            turn.push(Effect::QueryCleared { run: self.id, query: asked.query.id.clone(), at });
        }
    }

    /// A query that was cleared is asked again, unless its client does not wait any more.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(crate) fn ask_again(
        &mut self,
        turn: &mut Turn<'_>,
        query: &str,
    ) -> Result<(), RequestError> {
        let cleared = |asked: &Asked| asked.way == Way::Cleared && asked.query.id == query;
        let Some(place) = self.queries.0.iter().position(cleared) else { return Ok(()) };
        let asked = self.queries.0.remove(place);
        self.ask(turn, asked.query, asked.until)
    }

    /// A worker takes a query that was offered. One that has the run in its cache needs no history.
    ///
    /// # Errors
    ///
    /// It is no longer there.
    pub(crate) fn start_query(
        &mut self,
        query: &str,
        cached: bool,
    ) -> Result<QueryTask, RequestError> {
        let asked = self.queries.0.iter().find(|asked| asked.query.id == query);
        let asked = asked.filter(|asked| asked.way == Way::Direct).ok_or(NotFound::Query)?;
        let view = self.view();
        Ok(QueryTask {
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            workflow_type: view.workflow_type.clone(),
            previous_started: self.state.previous_started,
            events: if cached { Vec::new() } else { self.events.clone() },
            query: asked.query.clone(),
        })
    }

    /// A query has found nobody at the sticky queue (`ClearStickyTaskQueue`).
    pub(crate) fn reset_stickiness(&mut self) {
        self.sticky = None;
    }

    /// A worker answers queries.
    pub(crate) fn answer_queries(&mut self, turn: &mut Turn<'_>, answers: Vec<AnswerQuery>) {
        for answer in answers {
            let asked = self.queries.0.iter().position(|it| it.query.id == answer.query_id);
            if let Some(index) = asked {
                self.queries.0.remove(index);
                turn.push(Effect::QueryAnswered { answer: Box::new(answer) });
            }
        }
    }

    /// A workflow task has ended and none follows: queries that came meanwhile are asked directly
    /// (`handleBufferedQueries` in `respondworkflowtaskcompleted/api.go`).
    pub(super) fn unblock_queries(&mut self, turn: &mut Turn<'_>) {
        let (waiting, rest) =
            core::mem::take(&mut self.queries.0).into_iter().partition(|asked| asked.way.waits());
        self.queries.0 = rest;
        let waiting: Vec<Asked> = waiting;
        for asked in waiting {
            self.dispatch(turn, asked.query, asked.until);
        }
    }

    /// The client does not wait any more.
    pub(crate) fn forget_query(&mut self, query: &str) {
        self.queries.0.retain(|asked| asked.query.id != query);
    }
}
