//! Children, and signals and cancels of them (`internal/internal_worker_test.go` and `test/replaytests` of
//! temporalio/sdk-go).

use rehearsal::{
    Activity, ActivityOptions, ChildOptions, Context, Memo, Signal, Update, Workflow,
    WorkflowError, mins, secs,
};

use super::Case;

const HELLO: Activity<(String, u64), String> = Activity::new("helloworldActivity");
const WAITS: Workflow<(), ()> = Workflow::new("ChildWorkflowWaitOnSignal");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/internal/testdata/parentWF.json",
        replay: |file| file.workflow(Workflow::new("testReplayWorkflowFromFileParent"), parent),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/child-workflow-cancel-with-update.json",
        replay: |file| {
            file.workflow(Workflow::new("ChildWorkflowCancelWithUpdate"), cancel_with_update)
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/reset-workflow-before-child-init.json",
        replay: |file| file.workflow(Workflow::new("ResetWorkflowWithChild"), reset),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/reset-workflow-after-child-complete.json",
        replay: |file| file.workflow(Workflow::new("ResetWorkflowWithChild"), reset),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/memo-json.json",
        replay: |file| file.workflow(Workflow::new("MemoEncodingWorkflowJSON"), memo),
        replays: true,
    },
];

async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    const CHILD: Workflow<(), Option<String>> = Workflow::new("testReplayWorkflowFromFile");
    const TEST: Signal<String> = Signal::new("test-signal");

    let options = ChildOptions::new()
        .with_id(format!("child_workflow:{}", ctx.info().run_id))
        .with_execution_timeout(mins(1));
    let child = ctx.with_child_options(options).execute_child(CHILD, ());
    child.signal(&ctx, TEST, "test-data".to_owned()).await?;
    child.await.map(drop)
}

async fn cancel_with_update(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    const UPDATE: Update<(), ()> = Update::new("update");
    const SHUTDOWN: Signal<bool> = Signal::new("shutdown");

    ctx.on_update(UPDATE, |ctx, ()| async move {
        let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(5)));
        ctx.execute(HELLO, ("world".to_owned(), 1_000_000_000)).await.map(drop)
    })
    .await;
    let (scope, cancel) = ctx.with_cancel();
    let options = ChildOptions::new().with_execution_timeout(secs(30));
    let child = scope.with_child_options(options).execute_child(WAITS, ());
    cancel.cancel();
    // It is canceled once it runs.
    let _ = child.started().await;
    ctx.signals(SHUTDOWN).recv().await;
    Ok(())
}

async fn reset(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    const CHILD: Workflow<String, String> = Workflow::new("TestChildWorkflow");

    ctx.execute_child(CHILD, "CHILD INPUT".to_owned()).await
}

async fn memo(ctx: Context, value: String) -> Result<String, WorkflowError> {
    const CHILD: Workflow<(), String> = Workflow::new("MemoChildWorkflowJSON");

    let options = ChildOptions::new().with_memo(Memo::new().with("test-memo-key", &value));
    let read = ctx.with_child_options(options).execute_child(CHILD, ()).await?;
    ctx.upsert_memo(Memo::new().with("parent-memo-key", format!("parent-{value}")))?;
    Ok(read)
}
