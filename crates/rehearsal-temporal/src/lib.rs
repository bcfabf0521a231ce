//! Workflows and activities of the official Temporal Rust SDK, hosted unmodified.

pub mod activity;
pub mod bounds;
mod client;
mod codec;
mod definition;
mod failed;
mod from_proto;
pub mod history;
mod instance;
mod operations;
mod routine;
mod sdk;
mod to_proto;

/// The namespace of every run: nothing else is simulated.
const NAMESPACE: &str = "default";

pub use client::{decode_answer, encode_input, encode_result};
pub use definition::{SdkWorkflow, workflow, workflow_with, workflow_without_codec};
pub use rehearsal_proto::ConvertError;
