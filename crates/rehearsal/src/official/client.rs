//! What a client does with workflows of the official SDK.

use rehearsal_engine::{ClientError, Handle, StartOptions, World};
use rehearsal_history::Payloads;
use rehearsal_temporal::bounds::{
    DataConverter, SignalDefinition, TemporalSerializable, WorkflowDefinition,
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
