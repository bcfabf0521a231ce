//! What a client can do: start, signal, cancel, terminate, let time pass, wait.

use std::time::Duration;

use rehearsal_activation::Instance;
use rehearsal_activation::names::{Signal, Workflow};
use rehearsal_history::{
    CodecError, Memo, Payload, Payloads, Priority, RetryPolicy, SearchAttributes, SmolStr,
    UserMetadata, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
};
use rehearsal_service::{Input, RequestError, RunRef, StartWorkflow, Target};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::World;
use super::entry::{Sender, SentSignal};
use super::patience::BUSY_PATIENCE;
use crate::record::CancelAccepted;
use crate::scenario::DEFAULT_QUEUE;

/// Why the service refused what a client asked for. Displays as the message that the server gives.
pub type ClientError = RequestError;

/// A workflow that a client started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Its id.
    pub workflow_id: SmolStr,
    /// The run that was started.
    pub run_id: SmolStr,
    pub(super) run: RunRef,
}

/// How a workflow is started.
#[derive(Debug, Clone, PartialEq)]
pub struct StartOptions {
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// For all runs together; `None` for no limit.
    pub execution_timeout: Option<Duration>,
    /// For one run; `None` for no limit.
    pub run_timeout: Option<Duration>,
    /// For one workflow task; `None` for the server's 10 s.
    pub task_timeout: Option<Duration>,
    /// How long the first workflow task waits; a cancel ends that, a signal does not (H-17).
    pub start_delay: Option<Duration>,
    /// How the workflow as a whole is retried (T-11); `None` for not at all.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue, and that of what it asks for.
    pub priority: Option<Priority>,
    /// Notes on the workflow.
    pub memo: Option<Memo>,
    /// What it can be searched by: attributes of the scenario, and those of the server.
    pub search_attributes: Option<SearchAttributes>,
    /// When it runs again, and when it runs first: `@every 10m`, or five fields in UTC.
    pub cron_schedule: Option<SmolStr>,
    /// One line for people, recorded beside its start. Runs that follow do not have it.
    pub summary: Option<SmolStr>,
    /// More for people, recorded beside it.
    pub details: Option<SmolStr>,
    /// Whether the id of a closed workflow may be used again (T-14).
    pub id_reuse_policy: WorkflowIdReusePolicy,
    /// What is done if a running workflow has the id (T-14).
    pub id_conflict_policy: WorkflowIdConflictPolicy,
}

impl StartOptions {
    /// A workflow of this type with this id, on the queue `main`, without limits or arguments.
    #[must_use]
    pub fn new(workflow_type: impl Into<SmolStr>, workflow_id: impl Into<SmolStr>) -> Self {
        Self {
            workflow_type: workflow_type.into(),
            workflow_id: workflow_id.into(),
            input: None,
            task_queue: SmolStr::new_static(DEFAULT_QUEUE),
            execution_timeout: None,
            run_timeout: None,
            task_timeout: None,
            start_delay: None,
            retry_policy: None,
            priority: None,
            memo: None,
            search_attributes: None,
            cron_schedule: None,
            summary: None,
            details: None,
            id_reuse_policy: WorkflowIdReusePolicy::default(),
            id_conflict_policy: WorkflowIdConflictPolicy::default(),
        }
    }
}

/// Who the client says it is.
pub(super) const IDENTITY: SmolStr = SmolStr::new_static("client");

impl StartOptions {
    /// A workflow of this type with this id and input, on the queue `main`, without limits.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if the input cannot be written as JSON.
    pub fn of<I: Serialize, O>(
        workflow: &Workflow<I, O>,
        workflow_id: impl Into<SmolStr>,
        input: &I,
    ) -> Result<Self, CodecError> {
        let several = workflow.has_several_arguments();
        let input = Payloads::encode_arguments(input, several)?;
        Ok(Self { input, ..Self::new(workflow.name(), workflow_id) })
    }

    /// This with arguments.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if they cannot be written as JSON.
    pub fn with_input<I: Serialize>(mut self, input: &I) -> Result<Self, CodecError> {
        self.input = Payloads::encode(input)?;
        Ok(self)
    }
}

impl World {
    /// Starts a workflow on the queue `main`.
    ///
    /// # Panics
    ///
    /// Panics if the service refuses it, for example because a workflow with this id is running, or if `input` cannot
    /// be written as JSON. [`start_workflow`](Self::start_workflow) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// assert_eq!(nap.workflow_id, "nap-1");
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a constant is passed")]
    pub fn start<I: Serialize, O>(
        &mut self,
        workflow: Workflow<I, O>,
        workflow_id: &str,
        input: I,
    ) -> Handle {
        let options = StartOptions::of(&workflow, workflow_id, &input)
            .unwrap_or_else(|error| panic!("{}: {error}", workflow.name()));
        match self.start_workflow(options) {
            Ok(handle) => handle,
            Err(error) => panic!("{workflow_id} could not be started: {error}"),
        }
    }

    /// Sends a signal to the current run of the workflow.
    ///
    /// # Errors
    ///
    /// What the server answers: the workflow is closed.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::{Signal, Status};
    /// const APPROVE: Signal<String> = Signal::new("approve");
    ///
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> { Ok(ctx.signals(APPROVE).recv().await) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// world.signal(&order, APPROVE, "ada".to_owned())?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn signal<T: Serialize>(
        &mut self,
        handle: &Handle,
        signal: Signal<T>,
        value: T,
    ) -> Result<(), ClientError> {
        let name = signal.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.signal_workflow(&handle.workflow_id, None, &name, input.as_ref())
    }

    /// Requests the cancel of the current run of the workflow, by its workflow id alone (C-1).
    ///
    /// # Errors
    ///
    /// None for a workflow that was started; a closed one is no error (C-4).
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// world.cancel(&nap)?;
    /// assert_eq!(world.wait(&nap), Status::Canceled);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn cancel(&mut self, handle: &Handle) -> Result<(), ClientError> {
        self.cancel_workflow(&handle.workflow_id, None, "")
    }

    /// Terminates the current run of the workflow.
    ///
    /// # Errors
    ///
    /// What the server answers: the workflow is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// world.terminate(&nap, "the house is on fire")?;
    /// assert_eq!(world.status(&nap), Status::Terminated);
    /// assert!(world.terminate(&nap, "once more").is_err());
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn terminate(&mut self, handle: &Handle, reason: &str) -> Result<(), ClientError> {
        self.terminate_workflow(&handle.workflow_id, None, reason)
    }

    /// Starts a workflow.
    ///
    /// # Errors
    ///
    /// What the server answers: a workflow with this id is running, or the options ask for something that is not
    /// simulated.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::{StartOptions, Status};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let options = StartOptions { run_timeout: Some(mins(3)), ..StartOptions::new("Nap", "nap-1") };
    /// let nap = world.start_workflow(options)?;
    /// assert_eq!(world.wait(&nap), Status::TimedOut);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn start_workflow(&mut self, options: StartOptions) -> Result<Handle, ClientError> {
        self.start_as(options, IDENTITY)
    }

    /// Starts an execution for whoever has this identity.
    pub(super) fn start_as(
        &mut self,
        options: StartOptions,
        identity: SmolStr,
    ) -> Result<Handle, ClientError> {
        let start = self.start_request(options, identity);
        self.started(Input::StartWorkflow(Box::new(start)))
    }

    /// What the service is asked.
    pub(super) fn start_request(
        &mut self,
        options: StartOptions,
        identity: SmolStr,
    ) -> StartWorkflow {
        let profile = self.scenario.profile;
        let text = |text: Option<SmolStr>| text.as_deref().map(Payload::text);
        StartWorkflow {
            workflow_id: options.workflow_id,
            run_id: self.fresh_run_id(),
            workflow_type: options.workflow_type,
            task_queue: options.task_queue,
            input: options.input,
            header: profile.client_header(),
            identity,
            request_id: SmolStr::default(),
            execution_timeout: profile.client_timeout(options.execution_timeout),
            run_timeout: profile.client_timeout(options.run_timeout),
            task_timeout: options.task_timeout,
            start_delay: options.start_delay,
            retry_policy: options.retry_policy,
            priority: options.priority,
            memo: options.memo,
            search_attributes: options.search_attributes,
            cron_schedule: options.cron_schedule.unwrap_or_default(),
            user_metadata: UserMetadata::of(text(options.summary), text(options.details))
                .map(Box::new),
            time_skipping: None,
            id_reuse_policy: options.id_reuse_policy,
            id_conflict_policy: options.id_conflict_policy,
            eager: false,
        }
    }

    /// Sends a signal to the current run of a workflow, or to the run that is named.
    ///
    /// While the workflow is closing (W-13) the request is tried again, as the client of an SDK does, for 10 s of
    /// virtual time, unless the scenario has a [bare client](crate::Scenario::with_bare_client).
    ///
    /// # Errors
    ///
    /// What the server answers: no such workflow, or it is closed. [`ClientError::DeadlineExceeded`] where a fault keeps the
    /// answer from the client: then it was taken.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::{Payloads, Signal, Status};
    /// const APPROVE: Signal<String> = Signal::new("approve");
    ///
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> { Ok(ctx.signals(APPROVE).recv().await) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// let who = Payloads::encode(&"ada")?;
    /// world.signal_workflow("order-7", None, "approve", who.as_ref())?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    ///
    /// let refused = world.signal_workflow("order-8", None, "approve", who.as_ref()).unwrap_err();
    /// assert_eq!(refused.to_string(), "workflow not found for ID: order-8");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn signal_workflow(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        input: Option<&Payloads>,
    ) -> Result<(), ClientError> {
        self.signal_on_its_way(&SentSignal {
            target: target(workflow_id, run_id),
            name: name.into(),
            input: input.cloned(),
            header: self.scenario.profile.client_header(),
            identity: IDENTITY,
            request_id: SmolStr::default(),
            by: Sender::Client,
        })
    }

    /// Sends a signal; a client does so again and again while the workflow is busy (W-13).
    pub(super) fn send_signal(&mut self, signal: &SentSignal) -> Result<(), ClientError> {
        let tries = self.scenario.client_retries && signal.by == Sender::Client;
        let give_up = self.clock.now() + BUSY_PATIENCE;
        self.patiently(tries, give_up, |world| {
            let answer = world.call(signal.request()).map(drop);
            world.moved = true;
            answer
        })
    }

    /// Requests the cancel of the current run of a workflow, or of the run that is named.
    ///
    /// # Errors
    ///
    /// What the server answers: no such workflow or run. A closed one is no error (C-3, C-4).
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// world.cancel_workflow("nap-1", Some(&nap.run_id), "somebody rang")?;
    /// assert_eq!(world.wait(&nap), Status::Canceled);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn cancel_workflow(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        reason: &str,
    ) -> Result<(), ClientError> {
        self.moved = true;
        self.request_cancel(target(workflow_id, run_id), reason.into(), IDENTITY)
    }

    /// Requests a cancel and notes that it was accepted, if the run it is for is open.
    pub(super) fn request_cancel(
        &mut self,
        target: Target,
        reason: SmolStr,
        identity: SmolStr,
    ) -> Result<(), ClientError> {
        let run = self.service.meant(&target).ok();
        let open = run.filter(|&run| self.is_open(run));
        self.call(Input::RequestCancelWorkflow { target, reason, identity })?;
        if let Some(run) = open {
            self.main_canceled |= self.main_run().is_some_and(|(main, _)| main == run);
            let (at, run_id) = (self.elapsed(), self.service.run(run).run_id.clone());
            let awaits = self.instance(run).map(Instance::awaited).unwrap_or_default();
            self.record.cancels.push(CancelAccepted { at, run_id, awaits });
        }
        Ok(())
    }

    /// Terminates the current run of a workflow, or the run that is named.
    ///
    /// # Errors
    ///
    /// What the server answers: no such workflow, or it is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// world.start(NAP, "nap-1", ());
    /// world.terminate_workflow("nap-1", None, "the house is on fire")?;
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn terminate_workflow(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        reason: &str,
    ) -> Result<(), ClientError> {
        self.moved = true;
        let target = target(workflow_id, run_id);
        self.call(Input::TerminateWorkflow {
            target,
            reason: reason.into(),
            details: None,
            identity: IDENTITY,
        })
        .map(drop)
    }

    /// Lets `by` of virtual time pass and all that falls due in it happen, soonest first.
    ///
    /// Nothing sleeps: a virtual year costs what its events cost. Work due at the same nanosecond runs in the order in
    /// which it was asked for. `Duration::ZERO` runs only what is due already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// world.advance(mins(4));
    /// assert_eq!(world.status(&nap), Status::Running);
    /// world.advance(mins(1));
    /// assert_eq!(world.status(&nap), Status::Completed);
    /// ```
    pub fn advance(&mut self, by: Duration) {
        let target = self.clock.now() + by;
        while self.step(target) {}
    }
}

pub(super) fn target(workflow_id: &str, run_id: Option<&str>) -> Target {
    Target { run_id: run_id.map(Into::into), ..Target::current(workflow_id) }
}

/// The value that a client was answered.
pub(crate) fn decoded<T: DeserializeOwned>(answer: Option<&Payloads>) -> Result<T, ClientError> {
    Payloads::decode(answer)
        .map_err(|error| ClientError::Unreadable { message: error.to_string().into() })
}
