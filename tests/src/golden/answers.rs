//! What clients are told, in the words of the recorders, compared with what they were told then.

use rehearsal::ClientError;
use rehearsal_history::{Payload, Payloads};

use super::Step;
use super::leaves::{UUID_LENGTH, find_uuid};
use super::look::{as_recorded, in_order};
use super::run::{Run, title};

/// What a Go client says of a deadline that the connection noticed before itself.
const RESET: &str = "stream terminated by RST_STREAM with error code: CANCEL";

/// What the server says of a query whose deadline it noticed first (`QueryWorkflow` in `service/frontend/workflow_handler.go`).
const QUERY_OUT_OF_TIME: &str = "query timed out before a worker could process it";

impl Run<'_> {
    /// Compares the value that a query or an update came to.
    pub(super) fn check_value(
        &mut self,
        step: &Step,
        answer: Result<Option<Payloads>, ClientError>,
    ) -> Result<(), ClientError> {
        let value = answer?;
        let first = value.as_ref().and_then(|value| value.as_slice().first());
        let found = first.and_then(Payload::as_json).unwrap_or("null");
        self.check_result(step, "got", found);
        Ok(())
    }

    fn check_result(&mut self, step: &Step, how: &str, found: &str) {
        let expected = step.result.as_ref().or(step.answer.as_ref());
        if let Some(expected) = expected.filter(|expected| !same_json(found, expected)) {
            self.problem(format!("{}: the client {how} {found}, recorded {expected}", title(step)));
        }
    }

    /// Compares what a client sees with what it saw; returns whether it saw anything.
    pub(super) fn check_seen(
        &mut self,
        step: &Step,
        seen: Result<String, ClientError>,
    ) -> Result<(), ClientError> {
        let recorded = step.result.as_deref().or(step.answer.as_deref());
        self.check_result(step, "saw", &as_recorded(&seen?, recorded));
        Ok(())
    }

    pub(super) fn check_answer(&mut self, step: &Step, answer: &Result<(), ClientError>) {
        let got = match answer {
            Ok(()) => "ok",
            Err(error) => kind(self.sdk, error),
        };
        let expected = step.expect.as_deref().unwrap_or("ok");
        let expected = if expected == "accepted" { "ok" } else { expected };
        if !(expected == got || expected == "failed" && answer.is_err()) {
            let message =
                answer.as_ref().err().map_or_else(String::new, |error| format!(" ({error})"));
            self.problem(format!(
                "{}: the client got {got}{message}, recorded {expected}",
                title(step)
            ));
        }
        if let (Some(expected), Err(error)) =
            (step.message.as_ref().or(step.answer.as_ref()), answer)
        {
            let said = said(self.sdk, error);
            // Which end notices the deadline first is chance.
            let expected = [RESET, QUERY_OUT_OF_TIME]
                .iter()
                .fold(expected.clone(), |text, it| text.replace(it, "context deadline exceeded"));
            if without_uuids(&expected) != without_uuids(&said) {
                self.problem(format!(
                    "{}: the client got `{said}`, recorded `{expected}`",
                    title(step)
                ));
            }
        }
    }
}

/// What a scenario file calls a refusal.
fn kind(sdk: &str, error: &ClientError) -> &'static str {
    match error {
        // The client of the Rust scenarios sees the codes of gRPC.
        ClientError::QueryFailed { .. } if sdk == "rust" => "InvalidArgument",
        ClientError::UpdateTimeout if sdk == "rust" => "DeadlineExceeded",
        ClientError::NotFound(_) => "NotFound",
        ClientError::InvalidArgument(_) => "InvalidArgument",
        ClientError::ResourceExhausted(_) => "ResourceExhausted",
        ClientError::AlreadyStarted { .. } => "AlreadyStarted",
        // The recorder knows the first error of this kind only, and names the last by Go's type that wraps it.
        ClientError::UpdateWithStart { error, .. }
            if sdk != "rust" && matches!(**error, ClientError::NotReady(_)) =>
        {
            "wrapError"
        }
        ClientError::UpdateWithStart { error, .. } => kind(sdk, error),
        ClientError::NotReady(_) if sdk != "rust" => "WorkflowNotReady",
        ClientError::NotReady(_) => "FailedPrecondition",
        ClientError::QueryFailed { .. } => "QueryFailed",
        ClientError::DeadlineExceeded => "DeadlineExceeded",
        ClientError::UpdateTimeout => "WorkflowUpdateServiceTimeoutOrCanceledError",
        ClientError::UpdateFailed { kind, .. } => match kind.as_str() {
            "Canceled" => "CanceledError",
            "ActivityError" => "ActivityError",
            "ChildWorkflowExecutionError" => "ChildWorkflowExecutionError",
            _ => "ApplicationError",
        },
        ClientError::NotSimulated { .. } => "NotSimulated",
        _ => "another error",
    }
}

/// The message of a refusal. The client of the Rust scenarios sees what the service says of the whole.
pub(super) fn said(sdk: &str, error: &ClientError) -> String {
    match error {
        ClientError::UpdateWithStart { .. } if sdk == "rust" => {
            "Update-with-Start could not be executed.".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Whether two texts are the same, or the same JSON value, but for UUIDs: which is which is compared in the histories.
pub(super) fn same_json(left: &str, right: &str) -> bool {
    let (left, right) = (without_uuids(left), without_uuids(right));
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok().map(in_order);
    left == right || value(&left).is_some_and(|left| Some(left) == value(&right))
}

/// `text` with one and the same word in the place of each UUID.
pub(super) fn without_uuids(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(at) = find_uuid(&text) {
        text.replace_range(at..at + UUID_LENGTH, "(a UUID)");
    }
    text
}
