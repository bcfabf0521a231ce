//! Signals and cancels of other workflows: what is asked for, and what their futures give.

use rehearsal_activation::{ChildStart, Job, Seq};
use rehearsal_history::{CancelExternalFailedCause, Failure, SignalExternalFailedCause};
use rehearsal_workflow::{ChildOptions, ExternalWorkflow, Signal, Workflow};

use crate::play::{cancel, play, v, workflow};

const PING: Signal<u32> = Signal::new("ping");
const CHILD: Workflow<(), String> = Workflow::new("Child");

fn signaled(seq: u32, failure: Option<Failure>) -> Job {
    let cause = SignalExternalFailedCause::Unspecified;
    Job::ResolveSignalExternal { seq: Seq(seq), failure: failure.map(Box::new), cause }
}

fn requested(seq: u32, failure: Option<Failure>) -> Job {
    let cause = CancelExternalFailedCause::Unspecified;
    Job::ResolveCancelExternal { seq: Seq(seq), failure: failure.map(Box::new), cause }
}

fn not_found() -> Failure {
    let kind = "UnknownExternalWorkflowExecutionError";
    Failure::application("unknown external workflow execution", kind)
}

#[test]
fn both_are_asked_for_at_once_and_give_whether_they_arrived() {
    let code = workflow(async |ctx| {
        let signal = ctx.signal_external("order-8", PING, 7);
        let cancel = ctx.cancel_external(ExternalWorkflow::from("order-9").with_run("run-9"));
        Ok(format!("{} {}", v(&signal.await), v(&cancel.await)))
    });
    let later = [vec![requested(1, Some(not_found()))], vec![signaled(1, None)]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      SignalExternalWorkflow 1 ping 7 to order-8
      RequestCancelExternalWorkflow 1 of order-9 run=run-9
      waits for signal `ping` to workflow `order-8`
    ResolveCancelExternal 1
      waits for signal `ping` to workflow `order-8`
    ResolveSignalExternal 1
      CompleteWorkflow "\u003cnil\u003e unknown external workflow execution"
    "#);
}

#[test]
fn c_46_a_canceled_context_changes_nothing() {
    let code = workflow(async |ctx| {
        ctx.done().await;
        let signal = ctx.signal_external("order-8", PING, 7);
        Ok(v(&signal.await))
    });
    let later = [vec![cancel()], vec![signaled(1, None)]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      waits for cancellation
    CancelWorkflow
      SignalExternalWorkflow 1 ping 7 to order-8
      waits for signal `ping` to workflow `order-8`
    ResolveSignalExternal 1
      CompleteWorkflow "\u003cnil\u003e"
    "#);
}

#[test]
fn without_an_id_nothing_is_sent() {
    let code = workflow(async |ctx| {
        Ok(format!(
            "{} {}",
            v(&ctx.signal_external("", PING, 7).await),
            v(&ctx.cancel_external("").await)
        ))
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CompleteWorkflow "workflowId is not set workflowId is not set"
    "#);
}

#[test]
fn a_child_is_signaled_once_it_runs() {
    let code = workflow(async |ctx| {
        let ctx = ctx.with_child_options(ChildOptions::new().with_id("c"));
        let child = ctx.execute_child(CHILD, ());
        Ok(v(&child.signal(&ctx, PING, 7).await))
    });
    let started = ChildStart::Started { workflow_id: "c".into(), run_id: "run-of-c".into() };
    let later = [
        vec![Job::ResolveChildStart { seq: Seq(1), resolution: started }],
        vec![signaled(1, Some(not_found()))],
    ];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for the start of child `c`
    ResolveChildStart 1
      SignalExternalWorkflow 1 ping 7 to c (child only)
      waits for signal `ping` to workflow `c`
    ResolveSignalExternal 1
      CompleteWorkflow "unknown external workflow execution"
    "#);
}
