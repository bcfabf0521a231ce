//! Continue-as-new (`test/replaytests` of temporalio/sdk-go).

use rehearsal::{Context, Workflow, WorkflowError};

use super::Case;

const WORKFLOW: Workflow<bool, ()> = Workflow::new("ContinueAsNewWorkflow");

/// The recordings. In the refused ones it went on as another type, or did not go on.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/test/replaytests/continue-as-new.json",
        replay: |file| file.workflow(WORKFLOW, continue_as_new),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-continue-as-new.json",
        replay: |file| file.workflow(WORKFLOW, continue_as_new),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-continue-as-new-2.json",
        replay: |file| file.workflow(WORKFLOW, continue_as_new),
        replays: false,
    },
];

async fn continue_as_new(ctx: Context, again: bool) -> Result<(), WorkflowError> {
    if again { Err(ctx.continue_as_new(WORKFLOW, false)) } else { Ok(()) }
}
