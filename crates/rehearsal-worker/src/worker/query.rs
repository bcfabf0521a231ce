//! Queries: those that ride on a workflow task, and those that come without one (§2.3).
//!
//! Both SDKs ask workflow code after all that is new, in an activation of its own (R-16; `completeWorkflow` in
//! `internal/internal_task_handlers.go` of Go SDK 1.47, `_query_response` handling in `managed_run.rs` of core 0.10.1).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use rehearsal_activation::{
    Activation, AnswerQuery, Completion, Job, Query, QueryTask, QueryWorkflow, TaskToken,
    WorkflowCommand,
};
use rehearsal_history::{EventId, Failure, SmolStr};

use super::{Run, Step, Work, Worker, WorkerOutput};
use crate::profile::Profile;
use crate::slice::{Slices, slice_as};

impl Worker {
    /// A query has come without a workflow task. If the run is in the cache and has seen what the service has, it is
    /// asked as it is.
    pub(super) fn take_query(&mut self, task: QueryTask, out: &mut Vec<WorkerOutput>) {
        let QueryTask { workflow_id, run_id, workflow_type, previous_started, events, query } =
            task;
        if events.is_empty() {
            let warm = self.cache.get_mut(&run_id);
            match warm.filter(|run| run.work.is_none() && run.seen == previous_started) {
                Some(run) => {
                    let activation = ask(&run_id, run, [&query]);
                    run.asked = Some(query.id);
                    out.push(WorkerOutput::Activate(activation));
                }
                None => out.push(WorkerOutput::NeedWholeHistory { query_id: query.id }),
            }
            return;
        }
        // Go makes an instance for the query alone (`getOrCreateWorkflowContext`: no look into the cache).
        let token = TaskToken {
            workflow_id: workflow_id.clone(),
            run_id: run_id.clone(),
            scheduled: EventId::NONE,
            started: EventId::NONE,
            attempt: 1,
        };
        self.drop_run(run_id.clone(), out);
        out.push(WorkerOutput::Instantiate { run_id: run_id.clone(), workflow_type });
        let mut slices = slice_as(self.options.profile, &events);
        let untold = match self.options.profile {
            Profile::Go => slices.untold(),
            Profile::Core => None,
        };
        let Slices { tasks, open, .. } = slices;
        let mut tasks: VecDeque<_> = tasks.into_iter().chain(open).chain(untold).collect();
        let Some(current) = tasks.pop_front() else {
            return self.bad_delivery(&token, "nothing has run that a query could ask", out);
        };
        let run = self.fresh(workflow_id, run_id);
        let work = Work { direct: Some(query), ..Work::new(token, current, tasks) };
        self.turn(run, work, Step::Activate, out);
    }

    /// All that a query which came without a task has to be replayed for has run: it is asked.
    pub(super) fn ask_direct(
        &mut self,
        mut run: Box<Run>,
        work: Work,
        query: Query,
        out: &mut Vec<WorkerOutput>,
    ) {
        run.seen = work.current.started;
        run.time = work.current.time;
        let run_id = work.token.run_id;
        let activation = ask(&run_id, &run, [&query]);
        run.asked = Some(query.id);
        out.push(WorkerOutput::Activate(activation));
        self.cache.insert(run_id, run);
    }

    /// The queries that rode on a task are asked, now that workflow code has run.
    pub(super) fn ask_with_task(
        &mut self,
        mut run: Box<Run>,
        work: Work,
        out: &mut Vec<WorkerOutput>,
    ) {
        (run.seen, run.time) = (work.current.started, work.current.time);
        let activation = ask(&work.token.run_id, &run, &work.queries);
        out.push(WorkerOutput::Activate(activation));
        self.keep(run, work);
    }
}

/// The answers of an instance, one for each of the queries.
pub(super) fn answers(
    run_id: &SmolStr,
    queries: &[SmolStr],
    completion: Completion,
    out: &mut Vec<WorkerOutput>,
) -> Vec<AnswerQuery> {
    let (commands, failed) = match completion {
        Completion::Commands(commands) => (commands, None),
        Completion::Failed(failed) => {
            let failed = *failed;
            out.push(WorkerOutput::Trouble { run_id: run_id.clone(), trouble: failed.trouble });
            (Vec::new(), Some(failed.failure))
        }
    };
    let mut answers: Vec<AnswerQuery> = Vec::with_capacity(queries.len());
    let mut more = false;
    for command in commands {
        match command {
            WorkflowCommand::AnswerQuery(answer) => answers.push(*answer),
            _ => more = true,
        }
    }
    for id in queries {
        if !answers.iter().any(|answer| answer.query_id == *id) {
            let nothing = || Failure::application("the query was not answered", "");
            let answer = Err(Box::new(failed.clone().unwrap_or_else(nothing)));
            answers.push(AnswerQuery { query_id: id.clone(), answer, meddling: None });
        }
    }
    if let Some(first) = answers.first_mut().filter(|answer| more && answer.meddling.is_none()) {
        first.meddling = Some("it asks for something that only the workflow itself may".into());
    }
    answers
}

/// The activation that asks queries.
fn ask<'a>(
    run_id: &SmolStr,
    run: &Run,
    queries: impl IntoIterator<Item = &'a Query>,
) -> Activation {
    let job = |query: &Query| {
        Job::QueryWorkflow(Box::new(QueryWorkflow {
            query_id: query.id.clone(),
            name: query.name.clone(),
            input: query.input.clone(),
            header: query.header.clone(),
        }))
    };
    Activation {
        run_id: run_id.clone(),
        time: run.time,
        replaying: false,
        started: run.seen,
        jobs: queries.into_iter().map(job).collect(),
        ..Activation::default()
    }
}
