//! The traits and types of the SDK that stand in signatures of Rehearsal's own.

pub use temporalio_common::data_converters::{
    DataConverter, TemporalDeserializable, TemporalSerializable,
};
pub use temporalio_common::{
    ActivityDefinition, QueryDefinition, SignalDefinition, UpdateDefinition, WorkflowDefinition,
};
pub use temporalio_sdk::activities::{ActivityImplementer, ExecutableActivity};
pub use temporalio_sdk::workflows::WorkflowImplementation;
