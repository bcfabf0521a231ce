//! The tree of contexts: what is canceled with what, and in which order.

use rehearsal_workflow::Context;

use crate::play::{WORK, cancel, fire, go_t, go_w, play, secs, v, workflow};

#[test]
fn operations_of_one_context_in_order_then_derived_contexts_in_order() {
    let code = workflow(async |ctx| {
        let (first, _cancel) = ctx.with_cancel();
        let (second, _cancel) = ctx.with_cancel();
        let (inner, _cancel) = first.with_cancel();
        let _second = second.timer(secs(1));
        let _inner = inner.timer(secs(2));
        let _first = first.timer(secs(3));
        let _work = go_w(&ctx).execute(WORK, ());
        let _last = ctx.timer(secs(5));
        ctx.done().await;
        Ok(format!("{}", second.is_canceled() && inner.is_canceled()))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      StartTimer 1 1s
      StartTimer 2 2s
      StartTimer 3 3s
      ScheduleActivity 1 Work
      StartTimer 4 5s
      waits for cancellation
    CancelWorkflow
      RequestCancelActivity 1
      CancelTimer 4
      CancelTimer 3
      CancelTimer 2
      CancelTimer 1
      CompleteWorkflow "true"
    "#);
}

#[test]
fn a_handle_cancels_what_is_below_it_only() {
    let code = workflow(async |ctx| {
        let (child, handle) = ctx.with_cancel();
        let (grandchild, _cancel) = child.with_cancel();
        let canceled = grandchild.timer(secs(1));
        let kept = ctx.timer(secs(2));
        let before = grandchild.is_canceled();
        handle.cancel();
        handle.clone().cancel();
        let err = |ctx: &Context| ctx.err().map(|error| error.to_string());
        let errs = (before, err(&grandchild), err(&ctx));
        Ok(format!("{errs:?} {} {}", v(&canceled.await), v(&kept.await)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 1s
      StartTimer 2 2s
      CancelTimer 1
      waits for timer 2 of 2s
    FireTimer 2
      CompleteWorkflow "(false, Some(\"canceled\"), None) canceled \u003cnil\u003e"
    "#);
}

#[test]
fn a_disconnected_context_is_canceled_by_its_handle_only() {
    let code = workflow(async |ctx| {
        let (apart, handle) = ctx.disconnected_with_cancel();
        let (below, _cancel) = apart.with_cancel();
        let timer = below.timer(secs(9));
        ctx.done().await;
        let before = below.is_canceled();
        handle.cancel();
        Ok(format!("{before} {} {}", below.is_canceled(), v(&timer.await)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      StartTimer 1 9s
      waits for cancellation
    CancelWorkflow
      CancelTimer 1
      CompleteWorkflow "false true canceled"
    "#);
}

#[test]
fn a_child_of_a_canceled_context_is_canceled_from_the_start() {
    let code = workflow(async |ctx| {
        let (child, _cancel) = ctx.with_cancel();
        Ok(format!("{} {}", child.is_canceled(), v(&go_t(&child).execute(WORK, ()).await)))
    });
    insta::assert_snapshot!(play(&code, &[cancel()], &[]), @r#"
    Initialize, CancelWorkflow
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      CompleteWorkflow "true canceled"
    "#);
}

#[test]
fn what_has_ended_is_not_canceled() {
    let code = workflow(async |ctx| {
        ctx.timer(secs(1)).await?;
        ctx.done().await;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![cancel()]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      waits for cancellation
    CancelWorkflow
      CompleteWorkflow ""
    "#);
}
