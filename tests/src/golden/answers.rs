//! What clients are told, in the words of the recorders.

use rehearsal::ClientError;

/// What a scenario file calls a refusal.
pub(super) fn kind(sdk: &str, error: &ClientError) -> &'static str {
    match error {
        // The client of the Rust scenarios sees the codes of gRPC.
        ClientError::QueryFailed { .. } if sdk == "rust" => "InvalidArgument",
        ClientError::UpdateTimeout if sdk == "rust" => "DeadlineExceeded",
        ClientError::NotFound(_) => "NotFound",
        ClientError::InvalidArgument(_) => "InvalidArgument",
        ClientError::ResourceExhausted(_) => "ResourceExhausted",
        ClientError::AlreadyStarted { .. } => "AlreadyStarted",
        ClientError::UpdateWithStart { error, .. } => kind(sdk, error),
        ClientError::QueryFailed { .. } => "QueryFailed",
        ClientError::DeadlineExceeded => "DeadlineExceeded",
        ClientError::UpdateTimeout => "WorkflowUpdateServiceTimeoutOrCanceledError",
        ClientError::UpdateFailed { kind, .. } if kind == "Canceled" => "CanceledError",
        ClientError::UpdateFailed { .. } => "ApplicationError",
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
