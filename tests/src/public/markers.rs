//! Side effects, versions, search attributes and memos (`test/replaytests` of temporalio/sdk-go).

use rehearsal::{
    Activity, ActivityOptions, Context, DEFAULT_VERSION, Memo, SearchAttribute, Workflow,
    WorkflowError, millis, mins, secs,
};

use super::Case;

const HELLO: Activity<String, String> = Activity::new("helloworldActivity");
const FIELD: SearchAttribute<String> = SearchAttribute::text("CustomStringField");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/test/replaytests/side-effect.json",
        replay: |file| file.workflow(Workflow::new("SideEffectWorkflow"), side_effect),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/mutable-side-effect.json",
        replay: |file| file.workflow(Workflow::new("MutableSideEffectWorkflow"), mutable),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/mutable-side-effect-legacy.json",
        replay: |file| file.workflow(Workflow::new("MutableSideEffectWorkflow"), mutable),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/version-loop-workflow-10.json",
        replay: |file| file.workflow(Workflow::new("VersionLoopWorkflow"), version_loop),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/version-loop-workflow-legacy-10.json",
        replay: |file| file.workflow(Workflow::new("VersionLoopWorkflow"), version_loop),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/version-loop-workflow-256.json",
        replay: |file| file.workflow(Workflow::new("VersionLoopWorkflow"), version_loop),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/workflow_loop_task.json",
        replay: |file| {
            file.workflow(Workflow::new("VersionLoopWorkflowMultipleTasks"), version_loop_of_tasks)
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/replay-tests-version-and-mutable-side-effect.json",
        replay: |file| {
            file.workflow(Workflow::new("VersionAndMutableSideEffectWorkflow"), version_and_mutable)
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/upsert-memo-workflow.json",
        replay: |file| file.workflow(Workflow::new("UpsertMemoWorkflow"), upsert_memo),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-upsert-memo-workflow.json",
        replay: |file| file.workflow(Workflow::new("UpsertMemoWorkflow"), upsert_memo),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-upsert-memo-workflow-2.json",
        replay: |file| file.workflow(Workflow::new("UpsertMemoWorkflow"), upsert_memo),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/search-attribute.json",
        replay: |file| {
            file.workflow(Workflow::new("UpsertSearchAttributesWorkflow"), upsert_search)
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-search-attribute.json",
        replay: |file| {
            file.workflow(Workflow::new("UpsertSearchAttributesWorkflow"), upsert_search)
        },
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-search-attribute-2.json",
        replay: |file| {
            file.workflow(Workflow::new("UpsertSearchAttributesWorkflow"), upsert_search)
        },
        replays: false,
    },
];

fn with_options(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(mins(1)).with_schedule_to_start(mins(1));
    ctx.with_activity_options(options.with_heartbeat(secs(20)))
}

async fn side_effect(ctx: Context, field: String) -> Result<(), WorkflowError> {
    let _random: u32 = ctx.side_effect(|| 7);
    with_options(&ctx).execute(HELLO, field).await.map(drop)
}

async fn mutable(ctx: Context, (): ()) -> Result<Vec<i64>, WorkflowError> {
    let f = |value: i64| ctx.mutable_side_effect("side-effect-1", || value, i64::eq);
    let mut results = vec![f(0), f(0), f(0), f(1), f(1), f(2)];
    ctx.sleep(secs(1)).await?;
    results.extend([f(3), f(3), f(4)]);
    ctx.sleep(secs(1)).await?;
    results.extend([f(4), f(5)]);
    Ok(results)
}

async fn version_loop(
    ctx: Context,
    (change, iterations): (String, u32),
) -> Result<(), WorkflowError> {
    for i in 0..iterations {
        ctx.version(&format!("{change}:{i}"), DEFAULT_VERSION, 1);
    }
    ctx.sleep(secs(1)).await
}

async fn version_loop_of_tasks(
    ctx: Context,
    (change, iterations): (String, u32),
) -> Result<(), WorkflowError> {
    for i in 0..iterations {
        ctx.version(&format!("{change}:{i}"), DEFAULT_VERSION, 1);
        ctx.sleep(millis(1)).await?;
    }
    Ok(())
}

async fn version_and_mutable(ctx: Context, name: String) -> Result<String, WorkflowError> {
    let mut id = String::new();
    if ctx.version("mutable-side-effect-bug", DEFAULT_VERSION, 1) == 1 {
        let drawn = || "drawn at random".to_owned();
        id = ctx.mutable_side_effect("generate-random-uuid", drawn, String::eq);
    }
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ctx.execute(HELLO, name).await?;
    Ok(id)
}

async fn upsert_memo(ctx: Context, memo: String) -> Result<(), WorkflowError> {
    ctx.upsert_memo(Memo::new().with("Test key", &memo))?;
    let memo = with_options(&ctx).execute(HELLO, memo).await?;
    ctx.upsert_memo(Memo::new().with("Test key", &memo))
}

async fn upsert_search(ctx: Context, field: String) -> Result<(), WorkflowError> {
    ctx.upsert_search_attributes([FIELD.set(field.as_str())])?;
    let field = with_options(&ctx).execute(HELLO, field).await?;
    ctx.upsert_search_attributes([FIELD.set(field)])
}
