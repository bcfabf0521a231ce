//! Cancels, activities and timers (`test/replaytests` and `test/workflow_test.go` of temporalio/sdk-go).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rehearsal::{
    Activity, ActivityOptions, Context, DEFAULT_VERSION, SearchAttribute, Signal, Workflow,
    WorkflowError, millis, mins, secs,
};

use super::Case;

const HELLO: Activity<String, String> = Activity::new("helloworldActivity");
const UPPER: Activity<String, String> = Activity::new("Prefix_ToUpper");
const UPPER_LATER: Activity<(String, u64), String> = Activity::new("Prefix_ToUpperWithDelay");
const ECHO: Activity<(u64, u32), u32> = Activity::new("Echo");
const KEYWORD: SearchAttribute<String> = SearchAttribute::keyword("CustomKeywordField");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/test/fixtures/activity.cancel.sm.repro.json",
        replay: |file| file.workflow(Workflow::new("ActivityCancelRepro"), cancel_repro),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/activity-same-time-as-cancel.json",
        replay: |file| {
            file.workflow(
                Workflow::new("WorkflowWithLocalActivityStartWhenTimerCancel"),
                same_time_as_cancel,
            )
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/await-with-timeout-no-timer-cancel.json",
        replay: |file| {
            file.workflow(
                Workflow::new("AwaitWithTimeoutNoTimerCancelWorkflow"),
                await_with_timeout,
            )
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/cancel-activity-completion-before-workflow-task-started.json",
        replay: |file| {
            file.workflow(
                Workflow::new("CancelActivityCompletionBeforeWorkflowTaskStarted"),
                completion_before_task,
            )
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/cancel-timer-after-activity.json",
        replay: |file| file.workflow(Workflow::new("CancelTimerAfterActivity"), timer_after),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/replay-tests-cancel-order.json",
        replay: |file| file.workflow(Workflow::new("CancelOrderSelectWorkflow"), cancel_order),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/replay-tests-cancel-order-timer-resolved.json",
        replay: |file| file.workflow(Workflow::new("CancelOrderSelectWorkflow"), cancel_order),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/unhandled_cmd_timer_cancel.json",
        replay: |file| file.workflow(Workflow::new("TimerWf"), timer),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/workflow1.json",
        replay: |file| file.workflow(Workflow::new("Workflow1"), workflow1),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/workflow2.json",
        replay: |file| file.workflow(Workflow::new("Workflow2"), workflow2),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-history.json",
        replay: |file| file.workflow(Workflow::new("Workflow1"), workflow1),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-history-2.json",
        replay: |file| file.workflow(Workflow::new("Workflow1"), workflow1),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/bad-empty-workflow.json",
        replay: |file| file.workflow(Workflow::new("EmptyWorkflow"), empty),
        replays: false,
    },
    Case {
        file: "sdk-go/test/replaytests/parallel-side-effect.json",
        replay: |file| {
            file.workflow(Workflow::new("WorkflowWithParallelSideEffects"), parallel_side_effects)
        },
        replays: true,
    },
];

fn hello_options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(1))
        .with_schedule_to_start(mins(1))
        .with_heartbeat(secs(20))
}

fn short(one: u64) -> ActivityOptions {
    ActivityOptions::start_to_close(secs(one))
        .with_schedule_to_start(secs(10))
        .with_schedule_to_close(secs(10))
}

async fn cancel_repro(ctx: Context, (): ()) -> Result<Vec<String>, WorkflowError> {
    let (ctx, cancel) = ctx.with_cancel();
    let first = ctx.with_activity_options(short(9));
    ctx.spawn(async move {
        if first.execute(UPPER_LATER, ("hello".to_owned(), 1_000_000_000)).await.is_ok() {
            cancel.cancel();
        }
    });
    for _ in 0..2 {
        let nobody = ctx.with_activity_options(short(1)).with_task_queue("bad_tq");
        ctx.spawn(async move {
            let _canceled = nobody.execute(UPPER, "hello".to_owned()).await;
        });
    }
    let _canceled = ctx.sleep(secs(10)).await;
    Ok(vec!["toUpperWithDelay".to_owned()])
}

async fn same_time_as_cancel(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    let (of_timer, cancel) = ctx.with_cancel();
    let options = ActivityOptions::start_to_close(secs(5)).with_schedule_to_close(secs(5));
    let ctx = ctx.with_activity_options(options);
    let _timer = of_timer.timer(secs(3));
    let _signal: String = ctx.signals(Signal::new("signal")).recv().await;
    let echo = ctx.execute(ECHO, (0, 0));
    cancel.cancel();
    echo.await?;
    Ok(true)
}

async fn await_with_timeout(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    let met = Rc::new(Cell::new(false));
    let (meets, sleeps) = (Rc::clone(&met), ctx.clone());
    ctx.spawn(async move {
        let _slept = sleeps.sleep(millis(100)).await;
        meets.set(true);
    });
    ctx.wait_timeout(secs(10), || met.get()).await
}

async fn completion_before_task(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = hello_options().with_id("custom-activity-id");
    ctx.with_activity_options(options).execute(HELLO, "world".to_owned()).await.map(drop)
}

async fn timer_after(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let (of_timer, cancel) = ctx.with_cancel();
    let _timer = of_timer.timer(secs(3));
    let options = ActivityOptions::start_to_close(secs(5)).with_schedule_to_start(secs(1));
    let upper = ctx.with_activity_options(options).execute(UPPER, "hello".to_owned());
    cancel.cancel();
    upper.await
}

enum First {
    Timer(Result<(), WorkflowError>),
    Done,
}

async fn cancel_order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let timer = ctx.timer(mins(5));
    let apart = ctx.disconnected();
    let mut selector = ctx.selector().timer(&timer, First::Timer).done(&ctx, || First::Done);
    match selector.select().await {
        First::Timer(Err(error)) if error.is_canceled() => {
            let apart = apart.with_activity_options(hello_options());
            apart.execute(HELLO, "world".to_owned()).await.map(drop)
        }
        First::Timer(ended) => {
            ctx.upsert_search_attributes([KEYWORD.set("testkey")])?;
            ended
        }
        First::Done => apart.sleep(secs(1)).await,
    }
}

/// The recording has an argument that the workflow does not read.
async fn timer(ctx: Context, _nanos: u64) -> Result<(), WorkflowError> {
    let slept = ctx.sleep(mins(10)).await;
    let _slept = ctx.disconnected().sleep(mins(10)).await;
    slept
}

async fn workflow1(ctx: Context, name: String) -> Result<(), WorkflowError> {
    let hello = ctx.with_activity_options(hello_options());
    let times =
        if ctx.version("test-change", DEFAULT_VERSION, 1) == DEFAULT_VERSION { 1 } else { 2 };
    for _ in 0..=times {
        hello.execute(HELLO, name.clone()).await?;
    }
    Ok(())
}

async fn workflow2(ctx: Context, name: String) -> Result<(), WorkflowError> {
    ctx.version("test-change", DEFAULT_VERSION, 1);
    ctx.upsert_search_attributes([KEYWORD.set("testkey")])?;
    ctx.version("test-change-2", DEFAULT_VERSION, 1);
    ctx.version("test-change-3", DEFAULT_VERSION, 1);
    ctx.with_activity_options(hello_options()).execute(HELLO, name).await.map(drop)
}

async fn empty(_: Context, _: String) -> Result<(), WorkflowError> {
    Ok(())
}

async fn parallel_side_effects(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let values = Rc::new(RefCell::new(Vec::new()));
    for value in 0..10_u32 {
        let (effects, values) = (ctx.clone(), Rc::clone(&values));
        ctx.spawn(async move {
            let value = effects.side_effect(|| value);
            values.borrow_mut().push(value);
        });
    }
    ctx.wait(|| values.borrow().len() == 10).await?;
    Ok(String::new())
}
