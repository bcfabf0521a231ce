//! Several workflows of one service, driven by hand: their workers, and what the server does between them.

use rehearsal_activation::{
    CancelExternalWorkflow, ExternalTarget, ServerCommand, SignalExternalWorkflow,
    StartChildWorkflow, TaskOutcome, TaskResponse, TaskToken,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{EventKind, ParentClosePolicy, Timestamp};
use rehearsal_service::{
    Across, Answer, Effect, Input, Outbox, Poll, RequestError, RunRef, Service, ServiceConfig,
    StartWorkflow, Target,
};

use crate::notation;

pub(crate) struct Family {
    pub(crate) service: Service,
    now: Timestamp,
    effects: Vec<Effect>,
    /// The tasks that workers have.
    tasks: Vec<TaskToken>,
}

impl Family {
    /// A service with the workflow `wf`.
    pub(crate) fn new() -> Self {
        let mut family = Self {
            service: Service::new(ServiceConfig::default()),
            now: Timestamp::EPOCH,
            effects: Vec::new(),
            tasks: Vec::new(),
        };
        family.start("wf");
        family
    }

    pub(crate) fn start(&mut self, id: &str) {
        let start = StartWorkflow {
            workflow_id: id.into(),
            run_id: format!("run-of-{id}").into(),
            workflow_type: "Any".into(),
            task_queue: "main".into(),
            ..StartWorkflow::default()
        };
        self.handle(Input::StartWorkflow(Box::new(start))).unwrap();
    }

    pub(crate) fn handle(&mut self, input: Input) -> Result<Answer, RequestError> {
        let mut out = Outbox::default();
        let answer = self.service.handle(self.now, input, &mut out);
        self.effects.append(&mut out.effects);
        answer
    }

    pub(crate) fn at(&mut self, millis: u64) {
        self.now = Timestamp::from_nanos(millis * 1_000_000);
        self.handle(Input::Elapsed).unwrap();
    }

    /// What the server is to do between runs, and when.
    pub(crate) fn waiting(&self) -> Vec<(Across, u64)> {
        let transfers = self.effects.iter().filter_map(|effect| match effect {
            Effect::Transfer { across, at, .. } => Some((*across, at.as_nanos() / 1_000_000)),
            _ => None,
        });
        transfers.collect()
    }

    /// Does the next thing that the server is to do between runs.
    pub(crate) fn transfer(&mut self) {
        let is = |effect: &Effect| matches!(effect, Effect::Transfer { .. });
        let next = self.effects.iter().position(is).expect("the server has something to do");
        let Effect::Transfer { run, across, .. } = self.effects.remove(next) else {
            unreachable!()
        };
        let run_id = format!("run-{}", self.service.runs().count()).into();
        self.handle(Input::Transfer { run, across, run_id }).unwrap();
    }

    /// Does all that the server is to do between runs.
    pub(crate) fn settle(&mut self) {
        while !self.waiting().is_empty() {
            self.transfer();
        }
    }

    pub(crate) fn run(&self, id: &str) -> RunRef {
        self.service.run_of(id).unwrap()
    }

    /// A worker takes the workflow task of this workflow.
    pub(crate) fn poll(&mut self, id: &str) {
        let of = self.run(id);
        let is = |effect: &Effect| matches!(effect, Effect::WorkflowTask { run, .. } if *run == of);
        let offer = self.effects.iter().rposition(is).expect("a workflow task is offered");
        let Effect::WorkflowTask { run, scheduled, attempt, .. } = self.effects.remove(offer)
        else {
            unreachable!()
        };
        let (identity, request_id) = ("worker".into(), "poll".into());
        let poll = Poll::Sticky { cached: false };
        let input =
            Input::StartWorkflowTask { run, scheduled, attempt, identity, request_id, poll };
        let Ok(Answer::WorkflowTask(task)) = self.handle(input) else { panic!("no task") };
        self.tasks.push(task.token);
    }

    /// The worker answers it.
    pub(crate) fn complete(&mut self, id: &str, commands: Vec<ServerCommand>) {
        self.try_complete(id, commands).unwrap();
    }

    pub(crate) fn try_complete(
        &mut self,
        id: &str,
        commands: Vec<ServerCommand>,
    ) -> Result<(), RequestError> {
        let task = self.tasks.iter().position(|token| token.workflow_id == id);
        let token = self.tasks.remove(task.expect("a worker has a task"));
        let outcome = TaskOutcome::Completed {
            commands,
            sticky: None,
            sdk_metadata: SdkMetadata::default(),
            force_new_task: false,
            return_new_task: true,
        };
        let response =
            TaskResponse { token, identity: "worker".into(), outcome, answers: Vec::new() };
        let input = Input::RespondWorkflowTask { response, request_id: "inline".into() };
        if let Answer::TaskDone { next: Some(task) } = self.handle(input)? {
            self.tasks.push(task.token);
        }
        Ok(())
    }

    pub(crate) fn turn(&mut self, id: &str, commands: Vec<ServerCommand>) {
        self.poll(id);
        self.complete(id, commands);
    }

    pub(crate) fn cancel(&mut self, id: &str) {
        let (target, reason) = (Target::current(id), "".into());
        let input = Input::RequestCancelWorkflow { target, reason, identity: "client".into() };
        self.handle(input).unwrap();
    }

    /// The history of a workflow from an event on.
    pub(crate) fn tail(&self, id: &str, from: usize) -> String {
        notation::print(&self.service.history(self.run(id))[from - 1..])
    }

    pub(crate) fn event(&self, id: &str, event: usize) -> &EventKind {
        &self.service.history(self.run(id))[event - 1].kind
    }
}

/// Starts a child.
pub(crate) fn child(id: &str) -> ServerCommand {
    child_with(id, ParentClosePolicy::Unspecified)
}

pub(crate) fn child_with(id: &str, parent_close_policy: ParentClosePolicy) -> ServerCommand {
    ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
        workflow_id: id.into(),
        workflow_type: "Child".into(),
        parent_close_policy,
        ..StartChildWorkflow::default()
    }))
}

/// Starts the child `c` with more than its id and type.
pub(crate) fn child_that(change: impl FnOnce(&mut StartChildWorkflow)) -> ServerCommand {
    let mut command = StartChildWorkflow {
        workflow_id: "c".into(),
        workflow_type: "Child".into(),
        ..StartChildWorkflow::default()
    };
    change(&mut command);
    ServerCommand::StartChildWorkflow(Box::new(command))
}

/// Signals another workflow.
pub(crate) fn signal(id: &str) -> ServerCommand {
    ServerCommand::SignalExternalWorkflow(Box::new(SignalExternalWorkflow {
        target: ExternalTarget { workflow_id: id.into(), ..ExternalTarget::default() },
        name: "go".into(),
        ..SignalExternalWorkflow::default()
    }))
}

/// Asks another workflow to cancel.
pub(crate) fn cancel(id: &str, child_only: bool) -> ServerCommand {
    ServerCommand::RequestCancelExternalWorkflow(Box::new(CancelExternalWorkflow {
        target: ExternalTarget { workflow_id: id.into(), run_id: None, child_only },
        names_namespace: true,
        ..CancelExternalWorkflow::default()
    }))
}
