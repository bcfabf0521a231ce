//! Child workflows in the model of Go: what is asked for when, and what their futures give.

use rehearsal_activation::{ChildResolution, ChildStart, Job, Seq};
use rehearsal_history::{Failure, Payload, Payloads};
use rehearsal_workflow::{ChildOptions, Context, Workflow};

use crate::play::{cancel, fire, play, secs, v, workflow};

const CHILD: Workflow<(), String> = Workflow::new("Child");

fn with_id(ctx: &Context, id: &str) -> Context {
    ctx.with_child_options(ChildOptions::new().with_id(id))
}

fn started(seq: u32, id: &str) -> Job {
    let resolution =
        ChildStart::Started { workflow_id: id.into(), run_id: format!("run-of-{id}").into() };
    Job::ResolveChildStart { seq: Seq(seq), resolution }
}

fn start_failed(seq: u32) -> Job {
    let failure = Box::new(Failure::application("child workflow execution already started", ""));
    let resolution = ChildStart::Failed {
        workflow_id: "c".into(),
        workflow_type: "Child".into(),
        cause: rehearsal_history::StartChildFailedCause::WorkflowAlreadyExists,
        failure,
    };
    Job::ResolveChildStart { seq: Seq(seq), resolution }
}

fn completed(seq: u32, json: &str) -> Job {
    let result = Some(Payloads::one(Payload::json(json)));
    Job::ResolveChild { seq: Seq(seq), resolution: ChildResolution::Completed(result) }
}

fn failed(seq: u32, failure: Failure) -> Job {
    Job::ResolveChild { seq: Seq(seq), resolution: ChildResolution::Failed(Box::new(failure)) }
}

#[test]
fn a_child_starts_and_completes() {
    let code = workflow(async |ctx| {
        let child = ctx.execute_child(CHILD, ());
        let execution = child.started().await?;
        let result = child.await?;
        Ok(format!("{} {}: {result}", execution.workflow_id, execution.run_id))
    });
    let later = [vec![started(1, "c")], vec![completed(1, "\"done\"")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child
      waits for the start of child Child (child 1)
    ResolveChildStart 1
      waits for child `c`
    ResolveChild 1
      CompleteWorkflow "c run-of-c: done"
    "#);
}

#[test]
fn c_42_a_child_that_is_not_known_to_run_is_canceled_when_it_is() {
    let code = workflow(async |ctx| {
        let child = with_id(&ctx, "c").execute_child(CHILD, ());
        Ok(v(&child.await))
    });
    let later = [
        vec![cancel()],
        vec![started(1, "c")],
        vec![failed(1, Failure::canceled("canceled", None))],
    ];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for child `c`
    CancelWorkflow
      waits for child `c`
    ResolveChildStart 1
      CancelChildWorkflow 1
      waits for child `c`
    ResolveChild 1
      CompleteWorkflow "canceled"
    "#);
}

#[test]
fn c_44_a_canceled_child_is_waited_for_until_it_has_ended() {
    let code = workflow(async |ctx| {
        let child = with_id(&ctx, "c").execute_child(CHILD, ());
        child.started().await?;
        ctx.done().await;
        child.await
    });
    let later = [vec![started(1, "c")], vec![cancel()], vec![completed(1, "\"late\"")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for the start of child `c`
    ResolveChildStart 1
      waits for cancellation
    CancelWorkflow
      CancelChildWorkflow 1
      waits for child `c`
    ResolveChild 1
      CompleteWorkflow "late"
    "#);
}

#[test]
fn c_42_in_a_canceled_context_nothing_is_asked_for() {
    let code = workflow(async |ctx| {
        let (scope, handle) = ctx.with_cancel();
        handle.cancel();
        let child = scope.execute_child(CHILD, ());
        Ok(format!("{} {}", v(&child.started().await), v(&child.await)))
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CompleteWorkflow "canceled canceled"
    "#);
}

#[test]
fn a_child_that_cannot_be_started_fails_twice() {
    let code = workflow(async |ctx| {
        let child = with_id(&ctx, "c").execute_child(CHILD, ());
        Ok(format!("{} {}", v(&child.started().await), v(&child.await)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![start_failed(1)]]), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for the start of child `c`
    ResolveChildStart 1
      CompleteWorkflow "child workflow execution already started child workflow execution already started"
    "#);
}

#[test]
fn an_id_that_a_child_has_is_refused_at_once_and_free_when_that_has_ended() {
    let code = workflow(async |ctx| {
        let first = with_id(&ctx, "c").execute_child(CHILD, ());
        let second = with_id(&ctx, "c").execute_child(CHILD, ());
        let refused = (v(&second.started().await), v(&second.await));
        first.await?;
        let third = with_id(&ctx, "c").execute_child(CHILD, ());
        third.started().await?;
        Ok(format!("{refused:?}"))
    });
    let later = [vec![started(1, "c")], vec![completed(1, "\"done\"")], vec![started(2, "c")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      ChildIdInUse
      waits for child `c`
    ResolveChildStart 1
      waits for child `c`
    ResolveChild 1
      StartChildWorkflow 2 Child id=c
      waits for the start of child `c`
    ResolveChildStart 2
      CompleteWorkflow "(\"child workflow execution already started\", \"child workflow execution already started\")"
    "#);
}

/// Go registers the callback of a child when that runs, so what was asked for in between is canceled before it.
#[test]
fn a_child_is_canceled_in_the_order_in_which_it_was_known_to_run() {
    let code = workflow(async |ctx| {
        let child = with_id(&ctx, "c").execute_child(CHILD, ());
        let _early = ctx.timer(secs(60));
        child.started().await?;
        let _late = ctx.timer(secs(90));
        ctx.done().await;
        child.await
    });
    let later = [vec![started(1, "c")], vec![cancel()], vec![completed(1, "\"late\"")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      StartTimer 1 60s
      waits for the start of child `c`
    ResolveChildStart 1
      StartTimer 2 90s
      waits for cancellation
    CancelWorkflow
      CancelTimer 1
      CancelChildWorkflow 1
      CancelTimer 2
      waits for child `c`
    ResolveChild 1
      CompleteWorkflow "late"
    "#);
}

#[test]
fn a_selector_takes_the_start_and_the_end_of_a_child() {
    let code = workflow(async |ctx| {
        let child = with_id(&ctx, "c").execute_child(CHILD, ());
        let mut seen = Vec::new();
        let mut selector = ctx
            .selector()
            .child(&child, |result| result.unwrap_or_else(|error| error.to_string()))
            .child_started(&child.started(), |started| v(&started))
            .timer(&ctx.timer(secs(5)), |fired| v(&fired));
        while seen.len() < 3 {
            seen.push(selector.select().await);
        }
        Ok(seen.join(" "))
    });
    let later = [vec![fire(1), started(1, "c")], vec![completed(1, "\"done\"")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      StartTimer 1 5s
      waits for the start of child `c`
      waits for child `c`
      waits for timer 1 of 5s
    FireTimer 1, ResolveChildStart 1
      waits for child `c`
    ResolveChild 1
      CompleteWorkflow "\u003cnil\u003e \u003cnil\u003e done"
    "#);
}
