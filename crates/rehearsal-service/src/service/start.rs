//! Starting workflows: what a start may ask for, what becomes of one whose id is taken, and the first event (T-14, H-17).

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::event::{
    WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowExecutionTerminated,
};
use rehearsal_history::{
    ContinueAsNewInitiator, Payload, Payloads, SmolStr, Status, TaskQueue, Timestamp,
    WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
};
use smol_str::format_smolstr;

use super::{Service, check_rebuilt};
use crate::config::{ServiceConfig, run_timeout};
use crate::cron::{CronError, Schedule, TIME_ZONES};
use crate::error::{IdTaken, InvalidRequest, RequestError};
use crate::input::{Answer, Effect, Outbox, RunRef, StartWorkflow};
use crate::run::{Following, Queue, Run, Turn};
use crate::words::{HISTORY_SERVICE, attributes, priority, retry, skipping};

/// What becomes of a start.
pub(super) enum Start {
    /// A new run, once this one is terminated, if there is one.
    New { instead: Option<RunRef> },
    /// The run that has the id.
    Existing(RunRef),
}

impl Service {
    pub(super) fn start(
        &mut self,
        now: Timestamp,
        mut start: StartWorkflow,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        let (reuse, conflict) = policies(&start.id_reuse_policy, &start.id_conflict_policy);
        check(&mut start, now)?;
        self.check_attributes(&mut start)?;
        if let Some(run) = self.started_by(&start.workflow_id, &start.request_id) {
            return Ok(Answer::Started(run));
        }
        let run = match self.resolve(&start.workflow_id, &reuse, &conflict)? {
            Start::Existing(run) => run,
            Start::New { instead } => self.start_new(now, start, instead, None, out),
        };
        Ok(Answer::Started(run))
    }

    /// The last run of a workflow, open or closed, if this request has started it: a client sends it again if it was not
    /// answered (T-14; `handleConflict` in `service/history/api/startworkflow/api.go`).
    #[must_use]
    pub fn started_by(&self, workflow_id: &str, request_id: &str) -> Option<RunRef> {
        self.run_of(workflow_id).filter(|run| self.runs[run.index()].was_started_by(request_id))
    }

    /// The search attributes of a start are filled in, its priority and what is asked of its time are looked at.
    pub(super) fn check_attributes(&self, start: &mut StartWorkflow) -> Result<(), RequestError> {
        if let Some(attributes) = start.search_attributes.take() {
            let checked = attributes::checked(attributes, &self.config.search_attributes);
            start.search_attributes = attributes::given(checked.map_err(InvalidRequest::from)?);
        }
        priority::check(start.priority.as_ref()).map_err(InvalidRequest::Priority)?;
        let checked = skipping::check(start.time_skipping.as_deref_mut());
        Ok(checked.map_err(InvalidRequest::Skipping)?)
    }

    /// A new run, `instead` of the one that has the id.
    pub(super) fn start_new(
        &mut self,
        now: Timestamp,
        mut start: StartWorkflow,
        instead: Option<RunRef>,
        signaled: Option<Box<WorkflowExecutionSignaled>>,
        out: &mut Outbox,
    ) -> RunRef {
        if let Some(run) = instead {
            self.terminate_for(now, run, &start.run_id, out);
        }
        let request_id = start.request_id.clone();
        let user_metadata = start.user_metadata.take();
        let started = started_event(&self.config, now, start);
        let chain = Following::of_chain(started, Queue::default(), Duration::ZERO);
        let following = Following { signaled, user_metadata, request_id, ..chain };
        self.begin(now, following, out)
    }

    /// A new run, which is the current one of its workflow from now on.
    pub(super) fn begin(&mut self, now: Timestamp, run: Following, out: &mut Outbox) -> RunRef {
        let id = self.next_ref();
        out.effects.push(Effect::Started { run: id });
        out.touched.push(id);
        let mut turn = Turn::new(now, run.ahead, &self.config, &mut self.armed, out);
        let run = Run::start(id, &mut turn, run);
        turn.tell_loose(id);
        check_rebuilt(&self.config, &run);
        self.add(id, run);
        id
    }

    /// The reference of the run that comes next.
    pub(super) fn next_ref(&self) -> RunRef {
        RunRef(u32::try_from(self.runs.len()).unwrap_or(u32::MAX))
    }

    /// Takes in a run, which is the current one of its workflow from now on.
    pub(super) fn add(&mut self, id: RunRef, run: Run) {
        let view = run.view();
        self.current.insert(view.workflow_id.clone(), id);
        self.by_run_id.insert(view.run_id.clone(), id);
        self.indexes.add(&run);
        self.runs.push(run);
    }

    /// T-14 (`ResolveDuplicateWorkflowID`). How soon after another start it comes is not looked at, as the setting
    /// `history.enableWorkflowIdReuseStartTimeValidation` is off (recorded: `id-reuse-within-a-second`).
    pub(super) fn resolve(
        &self,
        workflow_id: &SmolStr,
        reuse: &WorkflowIdReusePolicy,
        conflict: &WorkflowIdConflictPolicy,
    ) -> Result<Start, RequestError> {
        let Some(&id) = self.current.get(workflow_id) else {
            return Ok(Start::New { instead: None });
        };
        let run = &self.runs[id.index()];
        let taken = |why| RequestError::AlreadyStarted {
            workflow_id: workflow_id.clone(),
            run_id: run.view().run_id.clone(),
            why,
        };
        if run.is_open() {
            return match conflict {
                WorkflowIdConflictPolicy::UseExisting => Ok(Start::Existing(id)),
                WorkflowIdConflictPolicy::TerminateExisting => Ok(Start::New { instead: Some(id) }),
                _ => Err(taken(IdTaken::Running)),
            };
        }
        let failed = matches!(
            run.view().status,
            Status::Failed | Status::Canceled | Status::Terminated | Status::TimedOut
        );
        match reuse {
            WorkflowIdReusePolicy::AllowDuplicateFailedOnly if !failed => {
                Err(taken(IdTaken::Succeeded))
            }
            WorkflowIdReusePolicy::RejectDuplicate => Err(taken(IdTaken::Closed)),
            _ => Ok(Start::New { instead: None }),
        }
    }

    /// The run that has the id makes room for a new one (`terminateWorkflowAction`).
    pub(super) fn terminate_for(
        &mut self,
        now: Timestamp,
        run: RunRef,
        run_id: &str,
        out: &mut Outbox,
    ) {
        let details = Payload::text(&format_smolstr!("terminated by new runID: {run_id}"));
        let close = WorkflowExecutionTerminated {
            reason: "TerminateIfRunning WorkflowIdReusePolicy".into(),
            details: Some(Payloads::one(details)),
            identity: HISTORY_SERVICE,
            ..WorkflowExecutionTerminated::default()
        };
        self.within(now, run, out, |run, turn| {
            run.close_by_force(turn, |chain, out| out.record(chain.now, close));
        });
    }
}

/// The policies that count (`SetDefaultWorkflowIDPolicies`, `MigrateWorkflowIdReusePolicyForRunningWorkflow`).
pub(super) fn policies(
    reuse: &WorkflowIdReusePolicy,
    conflict: &WorkflowIdConflictPolicy,
) -> (WorkflowIdReusePolicy, WorkflowIdConflictPolicy) {
    match (reuse, conflict) {
        (WorkflowIdReusePolicy::TerminateIfRunning, WorkflowIdConflictPolicy::Unspecified) => {
            (WorkflowIdReusePolicy::AllowDuplicate, WorkflowIdConflictPolicy::TerminateExisting)
        }
        (reuse, conflict) => (reuse.clone(), conflict.clone()),
    }
}

/// Whether a start can be meant, in the order in which the server looks (`prepareStartWorkflowRequest`). The retry policy
/// is filled in.
pub(super) fn check(start: &mut StartWorkflow, now: Timestamp) -> Result<(), RequestError> {
    check_id(start)?;
    check_retry(start)?;
    check_delay(start)?;
    check_cron(start, now)?;
    check_policies(start)
}

pub(super) fn check_id(start: &StartWorkflow) -> Result<(), InvalidRequest> {
    if start.workflow_id.is_empty() { Err(InvalidRequest::NoWorkflowId) } else { Ok(()) }
}

pub(super) fn check_retry(start: &mut StartWorkflow) -> Result<(), InvalidRequest> {
    if let Some(policy) = start.retry_policy.take() {
        let policy = retry::with_defaults(policy).map_err(InvalidRequest::RetryPolicy)?;
        start.retry_policy = Some(policy);
    }
    Ok(())
}

pub(super) fn check_delay(start: &StartWorkflow) -> Result<(), InvalidRequest> {
    if !start.cron_schedule.is_empty() && start.start_delay.is_some() {
        return Err(InvalidRequest::CronAndStartDelay);
    }
    Ok(())
}

pub(super) fn check_cron(start: &StartWorkflow, now: Timestamp) -> Result<(), RequestError> {
    if start.cron_schedule.is_empty() {
        return Ok(());
    }
    match Schedule::parse(&start.cron_schedule, now) {
        Ok(_) => Ok(()),
        Err(CronError::Invalid) => Err(InvalidRequest::Cron.into()),
        Err(CronError::Never) => Err(InvalidRequest::CronNever.into()),
        Err(CronError::TimeZone) => Err(RequestError::NotSimulated { what: TIME_ZONES }),
    }
}

/// `ValidateWorkflowIDReusePolicy`.
pub(super) fn check_policies(start: &StartWorkflow) -> Result<(), RequestError> {
    match (&start.id_reuse_policy, &start.id_conflict_policy) {
        (WorkflowIdReusePolicy::TerminateIfRunning, conflict)
            if *conflict != WorkflowIdConflictPolicy::Unspecified =>
        {
            Err(InvalidRequest::TerminateIfRunning.into())
        }
        (WorkflowIdReusePolicy::RejectDuplicate, WorkflowIdConflictPolicy::TerminateExisting) => {
            Err(InvalidRequest::RejectDuplicate.into())
        }
        _ => Ok(()),
    }
}

/// T-10, W-4. A timeout of zero that the client gave is recorded, as of Go's client; one that it left out is not, as of
/// Rust's.
pub(super) fn started_event(
    config: &ServiceConfig,
    now: Timestamp,
    start: StartWorkflow,
) -> Box<WorkflowExecutionStarted> {
    let recorded = |timeout: Duration, given: Option<Duration>| {
        (given.is_some() || !timeout.is_zero()).then_some(timeout)
    };
    let execution = start.execution_timeout.unwrap_or_default();
    let run = run_timeout(start.run_timeout.unwrap_or_default(), execution);
    let task = config.task_timeout(start.task_timeout.unwrap_or_default(), run);
    let (initiator, backoff) = if start.cron_schedule.is_empty() {
        (ContinueAsNewInitiator::Unspecified, start.start_delay)
    } else {
        let schedule = Schedule::parse(&start.cron_schedule, now).ok();
        let backoff = schedule.and_then(|schedule| schedule.backoff(now, now));
        (ContinueAsNewInitiator::CronSchedule, backoff)
    };
    let backoff = backoff.unwrap_or_default();
    Box::new(WorkflowExecutionStarted {
        eager_execution_accepted: start.eager && backoff.is_zero(),
        workflow_type: start.workflow_type.into(),
        task_queue: TaskQueue::normal(start.task_queue),
        input: start.input,
        workflow_execution_timeout: recorded(execution, start.execution_timeout),
        workflow_run_timeout: recorded(run, start.run_timeout),
        workflow_task_timeout: Some(task),
        original_execution_run_id: start.run_id.clone(),
        identity: start.identity,
        first_execution_run_id: start.run_id,
        retry_policy: start.retry_policy,
        initiator,
        attempt: 1,
        workflow_execution_expiration_time: (!execution.is_zero())
            .then(|| now.saturating_add(execution)),
        cron_schedule: start.cron_schedule,
        first_workflow_task_backoff: Some(backoff),
        memo: start.memo.and_then(attributes::given_memo),
        search_attributes: start.search_attributes,
        header: start.header,
        priority: start.priority,
        time_skipping_config: start.time_skipping,
        workflow_id: start.workflow_id,
        ..WorkflowExecutionStarted::default()
    })
}
