//! Channels of workflow code, and what selectors do with them (`test/replaytests` of temporalio/sdk-go).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rehearsal::{
    Activity, ActivityOptions, ChildOptions, Context, ExternalWorkflow, Signal, Workflow,
    WorkflowError, mins, secs,
};

use super::Case;

const LOG: Activity<String, String> = Activity::new("SelectorBlockingDefaultActivity");
const HELLO: Activity<String, String> = Activity::new("helloworldActivity");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    // From before flag 5: what comes while the default waits is lost.
    Case {
        file: "sdk-go/test/replaytests/selector-blocking-default.json",
        replay: |file| {
            file.workflow(Workflow::new("SelectorBlockingDefaultWorkflow"), blocking_default)
        },
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/selector-non-blocking.json",
        replay: |file| {
            file.workflow(Workflow::new("SelectorBlockingDefaultWorkflow"), blocking_default)
        },
        replays: true,
    },
    // With flag 5 and from before flag 8: of what two selectors are given the first is lost.
    Case {
        file: "sdk-go/test/replaytests/channel-worker-blocked-selector.json",
        replay: |file| file.workflow(Workflow::new("ChannelWorkerWorkflow"), channel_worker),
        replays: true,
    },
    // From before flag 2: the start of a child whose id is in use is never told.
    Case {
        file: "sdk-go/test/replaytests/duplicate-child-workflow.json",
        replay: |file| file.workflow(Workflow::new("DuplicateChildWorkflow"), duplicate_child),
        replays: true,
    },
];

async fn blocking_default(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let (ch1, ch2) = (ctx.channel::<&str>(), ctx.channel::<&str>());
    let (first, second) = (ch1.clone(), ch2.clone());
    ctx.spawn(async move { first.send("one").await });
    ctx.spawn(async move { second.send("two").await });
    let mut selector =
        ctx.selector().receive(&ch1, |value| value).default_async(|| async { ch2.recv().await });
    selector.select().await;
    if selector.has_pending() {
        let _result = ctx.execute(LOG, "Signal not lost".to_owned()).await;
    }
    Ok(())
}

async fn channel_worker(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let queue = ctx.channel::<&str>();
    let received = Rc::new(RefCell::new(Vec::new()));
    let sender = queue.clone();
    ctx.spawn(async move {
        sender.send("item-1").await;
        sender.send("item-2").await;
        sender.close();
    });
    let working = Rc::new(Cell::new(2));
    for _ in 0..2 {
        let (worker, queue) = (ctx.clone(), queue.clone());
        let (received, working) = (Rc::clone(&received), Rc::clone(&working));
        ctx.spawn(async move {
            while let Some(item) = worker.selector().receive(&queue, |item| item).select().await {
                received.borrow_mut().push(item);
            }
            working.set(working.get() - 1);
        });
    }
    ctx.wait(|| working.get() == 0).await?;
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let received = received.take();
    for item in received {
        ctx.execute(HELLO, item.to_owned()).await?;
    }
    Ok(())
}

async fn duplicate_child(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    const CHILD: Workflow<(), ()> = Workflow::new("ChildWorkflowWaitOnSignal");
    const UNBLOCK: Signal<Option<()>> = Signal::new("unblock");
    let options = ChildOptions::new().with_id("ABC-SIMPLE-CHILD-WORKFLOW-ID");
    let children = ctx.with_child_options(options);
    let child = children.execute_child(CHILD, ());
    let started = child.started().await?;
    let duplicate = children.execute_child(CHILD, ());
    let mut selector = ctx
        .selector()
        .child(&duplicate, |ended| ("ended", ended))
        .child_started(&duplicate.started(), |started| ("started", started.map(drop)))
        .default(|| ("neither", Ok(())));
    for _ in 0..2 {
        let (what, outcome) = selector.select().await;
        if what == "started" {
            let work = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
            work.execute(HELLO, "hello".to_owned()).await?;
        } else {
            assert_eq!(outcome.is_err(), what == "ended", "the second child is a duplicate");
            ctx.sleep(secs(1)).await?;
        }
    }
    let first =
        ExternalWorkflow::from(started.workflow_id.clone()).with_run(started.run_id.clone());
    let _signaled = ctx.signal_external(first, UNBLOCK, None);
    child.await
}
