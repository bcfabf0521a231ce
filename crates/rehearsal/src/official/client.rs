//! What a client does with workflows of the official SDK.

use rehearsal_engine::{ActivityTarget, ClientError, Handle, StartOptions, World};
use rehearsal_history::Payloads;
use rehearsal_temporal::bounds::{
    ActivityDefinition, DataConverter, SignalDefinition, TemporalSerializable, WorkflowDefinition,
    WorkflowImplementation,
};
use rehearsal_temporal::encode_input;

/// Starts and signals workflows of the official SDK by their types, in client scripts.
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
        let mut options = StartOptions::new(W::name(), workflow_id);
        options.input = encoded(self, W::name(), &input);
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
