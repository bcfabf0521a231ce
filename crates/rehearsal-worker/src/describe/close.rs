//! How a workflow closes, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;

use rehearsal_history::{Failure, Payloads};

use super::value::{self, payloads};

/// As completed.
pub(super) fn completed(result: Option<&Payloads>) -> String {
    format!("result={}", payloads(result))
}

/// As failed.
pub(super) fn failed(failure: Option<&Failure>) -> String {
    failure.map_or_else(|| "without a failure".into(), value::failure)
}

/// As canceled.
pub(super) fn canceled(details: Option<&Payloads>) -> String {
    format!("details={}", payloads(details))
}

/// In a new run.
pub(super) fn continued(input: Option<&Payloads>) -> String {
    format!("input={}", payloads(input))
}
