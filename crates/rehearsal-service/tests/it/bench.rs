//! Drives a service by hand: a clock, the tasks that wait, and one worker called `worker`.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    ScheduleActivityTask, ServerCommand, TaskDelivery, TaskOutcome, TaskResponse, WorkerTaskFailure,
};
use rehearsal_history::event::{SdkMetadata, WorkflowExecutionStarted};
use rehearsal_history::{
    Event, EventId, EventKind, Failure, Payload, Payloads, RetryPolicy, TaskQueue, Timestamp,
    WorkflowTaskFailedCause,
};
use rehearsal_service::{
    ActivityTask, ActivityToken, Answer, Effect, Input, Outbox, Poll, RequestError, RunRef,
    Service, ServiceConfig, StartWorkflow, Target,
};

use crate::notation;

/// A service with one workflow, `wf`.
pub(crate) struct Bench {
    pub(crate) service: Service,
    now: Timestamp,
    pub(crate) effects: Vec<Effect>,
    pub(crate) run: RunRef,
    /// The workflow task that the worker has.
    pub(crate) task: Option<TaskDelivery>,
    sticky: bool,
}

impl Bench {
    /// Starts `wf` at time zero, as `change` says.
    pub(crate) fn start(change: impl FnOnce(&mut StartWorkflow)) -> Self {
        Self::configured(ServiceConfig::default(), change)
    }

    /// The same on a service with other settings.
    pub(crate) fn configured(
        config: ServiceConfig,
        change: impl FnOnce(&mut StartWorkflow),
    ) -> Self {
        let mut start = StartWorkflow {
            workflow_id: "wf".into(),
            run_id: "run-1".into(),
            workflow_type: "Workflow".into(),
            task_queue: "main".into(),
            identity: "client".into(),
            ..StartWorkflow::default()
        };
        change(&mut start);
        let mut service = Service::new(config);
        let mut out = Outbox::default();
        let answer =
            service.handle(Timestamp::EPOCH, Input::StartWorkflow(Box::new(start)), &mut out);
        let Ok(Answer::Started(run)) = answer else { panic!("not started: {answer:?}") };
        Self {
            service,
            now: Timestamp::EPOCH,
            effects: told(out).collect(),
            run,
            task: None,
            sticky: false,
        }
    }

    /// A run whose first task came to `commands`: events 1 to 4 and theirs.
    pub(crate) fn after(commands: Vec<ServerCommand>) -> Self {
        let mut bench = Self::start(|_| {});
        bench.poll();
        bench.complete(commands);
        bench
    }

    /// From now on completions bind the run to the worker's sticky queue.
    pub(crate) fn be_sticky(&mut self) {
        self.sticky = true;
    }

    pub(crate) fn handle(&mut self, input: Input) -> Result<Answer, RequestError> {
        let mut out = Outbox::default();
        let answer = self.service.handle(self.now, input, &mut out);
        self.effects.extend(told(out));
        answer
    }

    /// Moves the clock to `millis`, through every deadline on the way.
    pub(crate) fn at(&mut self, millis: u64) {
        let target = Timestamp::from_nanos(millis * 1_000_000);
        assert!(self.now <= target, "time does not run backwards");
        for _ in 0..1000 {
            let Some(deadline) = self.service.deadline().filter(|deadline| *deadline <= target)
            else {
                self.now = target;
                return;
            };
            self.now = self.now.max(deadline);
            self.handle(Input::Elapsed).unwrap();
            assert!(self.service.deadline() != Some(deadline), "a deadline does not go away");
        }
        panic!("more than a thousand deadlines");
    }

    /// When the next deadline goes off, in milliseconds.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.service.deadline().map(|deadline| deadline.as_nanos() / 1_000_000)
    }

    pub(crate) fn target() -> Target {
        Target::current("wf")
    }

    pub(crate) fn signal(&mut self) -> Result<Answer, RequestError> {
        let (name, identity) = ("go".into(), "client".into());
        self.handle(Input::SignalWorkflow {
            target: Self::target(),
            name,
            input: None,
            header: None,
            identity,
            request_id: "".into(),
        })
    }

    pub(crate) fn cancel(&mut self) {
        let (reason, identity) = ("".into(), "client".into());
        let input = Input::RequestCancelWorkflow { target: Self::target(), reason, identity };
        assert_eq!(self.handle(input), Ok(Answer::Done));
    }

    pub(crate) fn terminate(&mut self) {
        let (reason, identity) = ("enough".into(), "client".into());
        let input =
            Input::TerminateWorkflow { target: Self::target(), reason, details: None, identity };
        assert_eq!(self.handle(input), Ok(Answer::Done));
    }

    /// The worker takes the workflow task that was offered last.
    pub(crate) fn poll(&mut self) {
        self.try_poll().unwrap();
    }

    pub(crate) fn try_poll(&mut self) -> Result<(), RequestError> {
        let offer =
            self.effects.iter().rposition(|effect| matches!(effect, Effect::WorkflowTask { .. }));
        let offer = self.effects.remove(offer.expect("a workflow task was offered"));
        let Effect::WorkflowTask { run, scheduled, attempt, .. } = offer else {
            unreachable!("found above")
        };
        let (identity, request_id) = ("worker".into(), "poll".into());
        let poll = Poll::Sticky { cached: false };
        match self.handle(Input::StartWorkflowTask {
            run,
            scheduled,
            attempt,
            identity,
            request_id,
            poll,
        })? {
            Answer::WorkflowTask(task) => self.task = Some(task),
            other => panic!("not a workflow task: {other:?}"),
        }
        Ok(())
    }

    /// The worker answers with `commands`; if the next task comes along, it has that one then.
    pub(crate) fn complete(&mut self, commands: Vec<ServerCommand>) {
        self.try_complete(commands).unwrap();
    }

    pub(crate) fn try_complete(
        &mut self,
        commands: Vec<ServerCommand>,
    ) -> Result<(), RequestError> {
        let sticky =
            self.sticky.then(|| (TaskQueue::sticky("sticky", "main"), Duration::from_secs(5)));
        self.respond(TaskOutcome::Completed {
            commands,
            sticky,
            sdk_metadata: SdkMetadata::default(),
            force_new_task: false,
            return_new_task: true,
        })
    }

    /// The worker cannot.
    pub(crate) fn fail(&mut self) {
        self.fail_because(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure);
    }

    pub(crate) fn fail_because(&mut self, cause: WorkflowTaskFailedCause) {
        let failure = Failure::application("broken", "PanicError");
        self.respond(TaskOutcome::Failed(Box::new(WorkerTaskFailure { cause, failure }))).unwrap();
    }

    pub(crate) fn respond(&mut self, outcome: TaskOutcome) -> Result<(), RequestError> {
        let token = self.task.take().expect("the worker has a task").token;
        let response =
            TaskResponse { token, identity: "worker".into(), outcome, answers: Vec::new() };
        match self.handle(Input::RespondWorkflowTask { response, request_id: "inline".into() })? {
            Answer::TaskDone { next } => self.task = next,
            other => panic!("not the end of a task: {other:?}"),
        }
        Ok(())
    }

    /// A whole workflow task.
    pub(crate) fn turn(&mut self, commands: Vec<ServerCommand>) {
        self.poll();
        self.complete(commands);
    }

    /// The worker takes the attempt of an activity that was offered last.
    pub(crate) fn poll_activity(&mut self) -> ActivityTask {
        self.try_poll_activity().unwrap()
    }

    pub(crate) fn try_poll_activity(&mut self) -> Result<ActivityTask, RequestError> {
        let offer =
            self.effects.iter().rposition(|effect| matches!(effect, Effect::ActivityTask { .. }));
        let offer = self.effects.remove(offer.expect("an activity was offered"));
        let Effect::ActivityTask { run, scheduled, attempt, .. } = offer else {
            unreachable!("found above")
        };
        let (identity, request_id) = ("worker".into(), "poll".into());
        match self.handle(Input::StartActivityTask {
            run,
            scheduled,
            attempt,
            identity,
            request_id,
        })? {
            Answer::ActivityTask(task) => Ok(*task),
            other => panic!("not an activity: {other:?}"),
        }
    }

    pub(crate) fn offers_activity(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::ActivityTask { .. }))
    }

    /// Whether the cancel of the activity was requested.
    pub(crate) fn beat(
        &mut self,
        token: ActivityToken,
        details: &str,
    ) -> Result<bool, RequestError> {
        match self.handle(Input::RecordHeartbeat { token, details: Some(json(details)) })? {
            Answer::Heartbeat { cancel_requested } => Ok(cancel_requested),
            other => panic!("not a heartbeat: {other:?}"),
        }
    }

    pub(crate) fn activity_completes(
        &mut self,
        token: ActivityToken,
    ) -> Result<Answer, RequestError> {
        self.handle(Input::RespondActivityCompleted {
            token,
            result: None,
            identity: "worker".into(),
        })
    }

    pub(crate) fn activity_fails(&mut self, token: ActivityToken, failure: Failure) {
        let identity = "worker".into();
        let input =
            Input::RespondActivityFailed { token, failure, last_heartbeat_details: None, identity };
        assert_eq!(self.handle(input), Ok(Answer::Done));
    }

    pub(crate) fn activity_confirms(
        &mut self,
        token: ActivityToken,
    ) -> Result<Answer, RequestError> {
        self.handle(Input::RespondActivityCanceled {
            token,
            details: None,
            identity: "worker".into(),
        })
    }

    /// Looks at the current run of the workflow from now on, with what it was started with.
    pub(crate) fn follow(&mut self) -> WorkflowExecutionStarted {
        self.run = self.service.run_of("wf").expect("it was started");
        match self.event(1) {
            EventKind::WorkflowExecutionStarted(started) => (**started).clone(),
            other => panic!("not a start: {other:?}"),
        }
    }

    pub(crate) fn events(&self) -> &[Arc<Event>] {
        self.service.history(self.run)
    }

    /// The recorded history in the notation of the scenario catalogue.
    pub(crate) fn history(&self) -> String {
        notation::print(self.events())
    }

    /// The recorded history from event `from` on.
    pub(crate) fn tail(&self, from: usize) -> String {
        notation::print(&self.events()[from - 1..])
    }

    /// What a client sees from event `from` on.
    pub(crate) fn visible(&self, from: usize) -> String {
        notation::print(&self.service.visible_history(self.run)[from - 1..])
    }

    pub(crate) fn event(&self, id: u64) -> &EventKind {
        &self.events()[usize::try_from(id).unwrap() - 1].kind
    }
}

/// What a worker is told of: which runs there are the service is asked.
fn told(out: Outbox) -> impl Iterator<Item = Effect> {
    out.effects.into_iter().filter(|effect| !matches!(effect, Effect::Started { .. }))
}

pub(crate) fn json(text: &str) -> Payloads {
    Payloads::one(Payload::json(format!("\"{text}\"")))
}

/// An activity with a start-to-close timeout of 30 s and the default policy.
pub(crate) fn activity(id: &str) -> ServerCommand {
    activity_with(id, |_| {})
}

pub(crate) fn activity_with(
    id: &str,
    change: impl FnOnce(&mut ScheduleActivityTask),
) -> ServerCommand {
    let mut command = ScheduleActivityTask {
        activity_id: id.into(),
        activity_type: "Work".into(),
        task_queue: "main".into(),
        start_to_close: Some(Duration::from_secs(30)),
        use_workflow_build_id: true,
        ..ScheduleActivityTask::default()
    };
    change(&mut command);
    ServerCommand::ScheduleActivityTask(Box::new(command))
}

pub(crate) fn attempts(maximum_attempts: i32) -> RetryPolicy {
    RetryPolicy { maximum_attempts, ..RetryPolicy::default() }
}

pub(crate) fn cancel_activity(scheduled: u64) -> ServerCommand {
    ServerCommand::RequestCancelActivityTask { scheduled: EventId(scheduled), user_metadata: None }
}

pub(crate) fn timer(id: &str, millis: u64) -> ServerCommand {
    let after = Duration::from_millis(millis);
    ServerCommand::StartTimer { timer_id: id.into(), after, user_metadata: None }
}

pub(crate) fn cancel_timer(id: &str) -> ServerCommand {
    ServerCommand::CancelTimer { timer_id: id.into(), user_metadata: None }
}

pub(crate) const COMPLETE: ServerCommand = ServerCommand::CompleteWorkflow { result: None };
pub(crate) const CANCEL: ServerCommand = ServerCommand::CancelWorkflow { details: None };

pub(crate) fn fail_workflow() -> ServerCommand {
    ServerCommand::FailWorkflow { failure: Box::new(Failure::application("failed", "")) }
}

pub(crate) fn boom() -> Failure {
    Failure::application("boom", "")
}
