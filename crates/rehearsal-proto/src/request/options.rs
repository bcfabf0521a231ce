//! What is to be changed of a workflow that runs.

use rehearsal_history::TimeSkippingConfig;
use rehearsal_service::Target;
use temporalio_protos::temporal::api::workflowservice::v1::UpdateWorkflowExecutionOptionsRequest;

use super::start::skipping;
use super::target;
use crate::refusal::BadMessage;

/// What a mask names can be, below the configuration of skipped time.
const BELOW: [&str; 8] = [
    "enabled",
    "fast_forward_config",
    "fast_forward_config.id",
    "fast_forward_config.duration",
    "fast_forward_config.duration.seconds",
    "fast_forward_config.duration.nanos",
    "disable_propagation",
    "max_session_skip_count",
];

/// What is to be changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The workflow.
    pub target: Target,
    /// Whether it is how its time is skipped; else it is nothing.
    pub changes_time_skipping: bool,
    /// How its time is to be skipped.
    pub time_skipping: Option<Box<TimeSkippingConfig>>,
}

/// The workflow that is meant, and how its time is to be skipped, if the mask names that.
///
/// # Errors
///
/// [`BadMessage`] if something is missing, the mask names what there is not or a part of the configuration of skipped time
/// alone, or more is to be changed than is simulated.
pub fn options(request: UpdateWorkflowExecutionOptionsRequest) -> Result<Options, BadMessage> {
    let UpdateWorkflowExecutionOptionsRequest {
        namespace: _,
        workflow_execution,
        workflow_execution_options,
        update_mask,
        identity: _,
    } = request;
    // None is one without an id here.
    let target = target(Some(workflow_execution.unwrap_or_default()))?;
    let mask = update_mask.ok_or_else(|| invalid("UpdateMask is required"))?;
    let options = workflow_execution_options
        .ok_or_else(|| invalid("WorkflowExecutionOptions is required"))?;
    let mut changes_time_skipping = false;
    for path in &mask.paths {
        let (name, below) =
            path.split_once('.').map_or((path.as_str(), None), |(name, below)| (name, Some(below)));
        match (name, below) {
            ("time_skipping_config", None) => changes_time_skipping = true,
            ("time_skipping_config", Some(below)) if BELOW.contains(&below) => {
                return Err(invalid(
                    "error applying update_options: time_skipping_config doesn't support partial update",
                ));
            }
            ("versioning_override", _) => {
                return Err(BadMessage::NotSimulated { what: "worker deployments" });
            }
            ("priority", _) => {
                return Err(BadMessage::NotSimulated {
                    what: "a change of the priority of a workflow",
                });
            }
            _ => {
                let why = format!(
                    "error parsing UpdateMask: proto: invalid path {path:?} for message \"temporal.api.workflow.v1.WorkflowExecutionOptions\""
                );
                return Err(invalid(why));
            }
        }
    }
    let time_skipping = skipping(options.time_skipping_config)?;
    Ok(Options { target, changes_time_skipping, time_skipping })
}

fn invalid(why: impl Into<String>) -> BadMessage {
    BadMessage::Invalid { why: why.into() }
}
