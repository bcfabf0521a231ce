//! What a client does with workflows of the official SDK.

use std::time::Duration;

use rehearsal_engine::{ActivityTarget, ClientError, Handle, StartOptions, World};
use rehearsal_history::Payloads;
use rehearsal_temporal::bounds::{
    ActivityDefinition, DataConverter, QueryDefinition, SignalDefinition, TemporalDeserializable,
    TemporalSerializable, UpdateDefinition, WorkflowDefinition, WorkflowImplementation,
};
use rehearsal_temporal::{decode_answer, encode_input};

/// How long a client waits for the answer to a query.
const QUERY_PATIENCE: Duration = Duration::from_secs(10);

/// Starts, signals, queries and updates workflows of the official SDK by their types, in client scripts.
///
/// What needs no types is [`World`]'s own: cancel, terminate, advance, wait.
pub trait OfficialWorld {
    /// Starts a workflow on the queue `main`.
    ///
    /// # Panics
    ///
    /// Panics if the service refuses it, for example because a workflow with this id is running, or if the data converter
    /// cannot write `input`. [`World::start_workflow`] returns an error instead.
    fn start_official<W: WorkflowImplementation>(
        &mut self,
        workflow_id: &str,
        input: <W::Run as WorkflowDefinition>::Input,
    ) -> Handle;

    /// Sends a signal to the current run of a workflow.
    ///
    /// # Errors
    ///
    /// What the server answers: the workflow is closed.
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `input`.
    fn signal_official<S: SignalDefinition>(
        &mut self,
        handle: &Handle,
        signal: S,
        input: S::Input,
    ) -> Result<(), ClientError>;

    /// Asks a workflow, closed or not, and waits for the answer: for 10 s of virtual time, as the SDK does.
    ///
    /// # Errors
    ///
    /// As [`World::query`].
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `input`.
    fn query_official<Q: QueryDefinition>(
        &mut self,
        handle: &Handle,
        query: Q,
        input: Q::Input,
    ) -> Result<Q::Output, ClientError>;

    /// Updates a workflow and waits for the result.
    ///
    /// # Errors
    ///
    /// As [`World::update`].
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `input`.
    fn update_official<U: UpdateDefinition>(
        &mut self,
        handle: &Handle,
        update: U,
        input: U::Input,
    ) -> Result<U::Output, ClientError>;

    /// Signals a workflow, which is started first if none with this id is running. The type in `options`, and the
    /// arguments, are those of `W`.
    ///
    /// # Errors
    ///
    /// As [`World::signal_with_start`].
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `input` or `value`.
    fn signal_with_start_official<W: WorkflowImplementation, S: SignalDefinition>(
        &mut self,
        options: StartOptions,
        input: <W::Run as WorkflowDefinition>::Input,
        signal: S,
        value: S::Input,
    ) -> Result<Handle, ClientError>;

    /// Updates a workflow, which is started first if none with this id is running, and waits for the result. The type in
    /// `options`, and the arguments, are those of `W`.
    ///
    /// # Errors
    ///
    /// As [`World::update_with_start`].
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `input` or `value`.
    fn update_with_start_official<W: WorkflowImplementation, U: UpdateDefinition>(
        &mut self,
        options: StartOptions,
        input: <W::Run as WorkflowDefinition>::Input,
        update: U,
        value: U::Input,
    ) -> Result<(Handle, U::Output), ClientError>;

    /// Completes an activity from outside that returned `ActivityError::WillCompleteAsync`, with what the
    /// code of `activity` would return.
    ///
    /// Whoever knows it by its token has the bytes of `ctx.info().task_token`, which
    /// [`ActivityToken::from_bytes`](rehearsal_engine::ActivityToken::from_bytes) reads. Failure, cancel and heartbeat need
    /// no types: they are [`World`]'s own.
    ///
    /// # Errors
    ///
    /// What the server answers: no such activity is pending, the attempt of the token is over, or the workflow is closed.
    ///
    /// # Panics
    ///
    /// Panics if the data converter cannot write `result`.
    fn complete_official<A: ActivityDefinition>(
        &mut self,
        target: impl Into<ActivityTarget>,
        activity: A,
        result: A::Output,
    ) -> Result<(), ClientError>;
}

impl OfficialWorld for World {
    fn start_official<W: WorkflowImplementation>(
        &mut self,
        workflow_id: &str,
        input: <W::Run as WorkflowDefinition>::Input,
    ) -> Handle {
        let options = options_of::<W>(self, StartOptions::new("", workflow_id), &input);
        match self.start_workflow(options) {
            Ok(handle) => handle,
            Err(error) => panic!("{workflow_id} could not be started: {error}"),
        }
    }

    fn signal_official<S: SignalDefinition>(
        &mut self,
        handle: &Handle,
        signal: S,
        input: S::Input,
    ) -> Result<(), ClientError> {
        let input = encoded(self, signal.name(), &input);
        self.signal_workflow(&handle.workflow_id, None, signal.name(), input.as_ref())
    }

    fn query_official<Q: QueryDefinition>(
        &mut self,
        handle: &Handle,
        query: Q,
        input: Q::Input,
    ) -> Result<Q::Output, ClientError> {
        let (id, name) = (&handle.workflow_id, query.name());
        let input = encoded(self, name, &input);
        let answer = self.query_workflow(id, None, name, input.as_ref(), QUERY_PATIENCE)?;
        decoded(self, answer.as_ref())
    }

    fn update_official<U: UpdateDefinition>(
        &mut self,
        handle: &Handle,
        update: U,
        input: U::Input,
    ) -> Result<U::Output, ClientError> {
        let (id, name) = (&handle.workflow_id, update.name());
        let input = encoded(self, name, &input);
        let sent = self.update_workflow(id, None, name, "", input.as_ref(), Duration::MAX)?;
        let result = self.update_result(&sent, Duration::MAX)?;
        decoded(self, result.as_ref())
    }

    fn signal_with_start_official<W: WorkflowImplementation, S: SignalDefinition>(
        &mut self,
        options: StartOptions,
        input: <W::Run as WorkflowDefinition>::Input,
        signal: S,
        value: S::Input,
    ) -> Result<Handle, ClientError> {
        let options = options_of::<W>(self, options, &input);
        let value = encoded(self, signal.name(), &value);
        self.signal_with_start_workflow(options, signal.name(), value.as_ref())
    }

    fn update_with_start_official<W: WorkflowImplementation, U: UpdateDefinition>(
        &mut self,
        options: StartOptions,
        input: <W::Run as WorkflowDefinition>::Input,
        update: U,
        value: U::Input,
    ) -> Result<(Handle, U::Output), ClientError> {
        let options = options_of::<W>(self, options, &input);
        let name = update.name();
        let value = encoded(self, name, &value);
        let (handle, sent) =
            self.update_with_start_workflow(options, name, "", value.as_ref(), Duration::MAX)?;
        let result = self.update_result(&sent, Duration::MAX)?;
        Ok((handle, decoded(self, result.as_ref())?))
    }

    fn complete_official<A: ActivityDefinition>(
        &mut self,
        target: impl Into<ActivityTarget>,
        activity: A,
        result: A::Output,
    ) -> Result<(), ClientError> {
        let result = encoded(self, activity.name(), &result);
        self.complete_activity_encoded(target, result)
    }
}

/// `options` for a workflow of this type with these arguments.
fn options_of<W: WorkflowImplementation>(
    world: &World,
    options: StartOptions,
    input: &<W::Run as WorkflowDefinition>::Input,
) -> StartOptions {
    StartOptions {
        workflow_type: W::name().into(),
        input: encoded(world, W::name(), input),
        ..options
    }
}

/// What the client of the scenario makes of an answer.
fn decoded<T: TemporalDeserializable + 'static>(
    world: &World,
    answer: Option<&Payloads>,
) -> Result<T, ClientError> {
    let default = DataConverter::default();
    let converter = world.extension::<DataConverter>().unwrap_or(&default);
    decode_answer(converter, answer)
        .map_err(|message| ClientError::Unreadable { message: message.into() })
}

/// `input` as the client of the scenario sends it.
fn encoded<T: TemporalSerializable + 'static>(
    world: &World,
    what: &str,
    input: &T,
) -> Option<Payloads> {
    let default = DataConverter::default();
    let converter = world.extension::<DataConverter>().unwrap_or(&default);
    encode_input(converter, input).unwrap_or_else(|error| panic!("{what}: {error}"))
}
