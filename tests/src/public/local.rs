//! Local activities (`test/replaytests` and `test/workflow_test.go` of temporalio/sdk-go).

use rehearsal::{Activity, Context, LocalActivityOptions, Workflow, WorkflowError, mins, secs};

use super::Case;

const HELLO: Activity<String, String> = Activity::new("helloworldActivity");
const ECHO: Activity<(u64, u32), u32> = Activity::new("Echo");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/test/replaytests/local-activity.json",
        replay: |file| file.workflow(Workflow::new("LocalActivityWorkflow"), local),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-local-activity.json",
        replay: |file| file.workflow(Workflow::new("LocalActivityWorkflow"), local),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-local-activity-2.json",
        replay: |file| file.workflow(Workflow::new("LocalActivityWorkflow"), local),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/parallel-local-activities.json",
        replay: |file| {
            file.workflow(Workflow::new("WorkflowWithParallelLocalActivities"), parallel)
        },
        replays: true,
    },
];

async fn local(ctx: Context, name: String) -> Result<(), WorkflowError> {
    let ctx = ctx.with_local_activity_options(LocalActivityOptions::schedule_to_close(mins(1)));
    ctx.execute_local(HELLO, name).await.map(drop)
}

async fn parallel(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let ctx = ctx.with_local_activity_options(LocalActivityOptions::schedule_to_close(secs(5)));
    let all: Vec<_> = (0..10).map(|number| ctx.execute_local(ECHO, (0, number))).collect();
    for (number, echo) in (0..).zip(all) {
        let got = echo.await?;
        if got != number {
            return Err(WorkflowError::new(format!("Expected {number}, Got {got}")));
        }
    }
    Ok(String::new())
}
