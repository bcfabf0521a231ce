//! The one module that touches the hidden API of the official SDK.
//!
//! The SDK's workflow crate has a seam between workflow code and whatever drives it: the host takes commands, the
//! instance takes activations and is polled. The seam is `#[doc(hidden)]`, in `temporalio_workflow::__private::sdk`,
//! and so it may change with every version. That is why the SDK is pinned (`=1.1.1`). What is used, and why:
//!
//! | item | why |
//! |---|---|
//! | `GuestWorkflowInstance::instantiate` | makes a run of a workflow: reads its arguments and calls its `#[init]` |
//! | `WorkflowInstance::{activate, poll_routine}` | applies jobs; polls the main routine and the handlers |
//! | `WorkflowHost` | where workflow code puts its commands |
//! | `WorkflowInit`, `BaseWorkflowContext::from_raw` | what a run knows of itself |
//! | `ActivationResult`, `ActivationJobResult`, `StartedRoutine`, `RoutineKind`, `RoutineId`, `MAIN_ROUTINE_ID` | which handlers a job started |
//! | `RoutinePollResult`, `RoutineCompletion`, `MainRoutineCompletion`, `UpdateRoutineCompletion`, `TaskFailure`, `TerminalOutcome` | what a poll came to |
//! | `is_sdk_wake` | tells wakes of the SDK from all others (R-15) |
//!
//! All else is public API of the SDK. On an upgrade, compare:
//!
//! - `temporalio-sdk/src/workflow_future.rs` with `instance.rs` and `routine.rs`: the order of polling, what fails a
//!   task, and the words it fails with;
//! - `temporalio-sdk/src/workflow_executor.rs`, `PerPollWakeTracker`, with `routine.rs`: what a foreign wake is;
//! - `temporalio-sdk/src/workflow_registry.rs`, `register_workflow`, with [`instantiate`]: how a run is made;
//! - `temporalio-sdk/src/lib.rs`, `encode_workflow_completion` and `decode_payloads`, with `codec.rs`: where codecs are
//!   applied;
//! - `temporalio-sdk-core/src/worker/workflow/machines/workflow_machines.rs`, `str_to_randomness_seed`, and
//!   `temporalio-protos/src/protos/mod.rs`, `start_workflow_from_attribs`, with `to_proto.rs`: what a run is told of
//!   itself.

use std::rc::Rc;

use temporalio_common::WorkflowDefinition;
use temporalio_common::data_converters::{DataConverter, PayloadConversionError};
use temporalio_workflow::__private::sdk::GuestWorkflowInstance;
pub(crate) use temporalio_workflow::__private::sdk::{
    ActivationJobResult, MAIN_ROUTINE_ID, MainRoutineCompletion, RoutineCompletion, RoutineId,
    RoutineKind, RoutinePollResult, StartedRoutine, TaskFailure, TerminalOutcome,
    UpdateRoutineCompletion, WorkflowHost, WorkflowInit, WorkflowInstance, is_sdk_wake,
};
use temporalio_workflow::BaseWorkflowContext;
use temporalio_workflow::workflows::WorkflowImplementation;

/// Makes a run of the workflow `W`, as the official worker's registry does: without interceptors, and without a
/// callback for patches.
pub(crate) fn instantiate<W>(
    init: WorkflowInit,
    converter: DataConverter,
    host: Rc<dyn WorkflowHost>,
) -> Result<Box<dyn WorkflowInstance>, PayloadConversionError>
where
    W: WorkflowImplementation,
    <W::Run as WorkflowDefinition>::Input: Send,
{
    let payloads = init.initialize_workflow.arguments.clone();
    let payload_converter = converter.payload_converter().clone();
    let context = BaseWorkflowContext::from_raw(init, converter, host, None, Vec::new());
    GuestWorkflowInstance::<W>::instantiate(payloads, payload_converter, context)
}
