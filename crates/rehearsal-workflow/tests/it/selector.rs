//! Selectors: the order of adding for what is ready, else what came first.

use rehearsal_workflow::{Context, Signal, WorkflowError};

use crate::play::{
    OTHER, WORK, cancel, completed, fire, go_t, go_w, play, secs, signal, v, workflow,
};

const A: Signal<u8> = Signal::new("a");
const B: Signal<u8> = Signal::new("b");

/// Three cases, taken one after the other.
async fn three(ctx: Context, first: bool) -> Result<String, WorkflowError> {
    let (a, b) = (ctx.signals(A), ctx.signals(B));
    let timer = ctx.timer(secs(3));
    if !first {
        ctx.sleep(secs(9)).await?;
    }
    let mut selector = ctx
        .selector()
        .signal(&a, |a| format!("a {a}"))
        .timer(&timer, |timer| format!("timer {}", v(&timer)))
        .signal(&b, |b| format!("b {b}"));
    let mut got = Vec::new();
    for _ in 0..3 {
        assert_eq!(selector.has_pending(), !first || !got.is_empty());
        got.push(selector.select().await);
    }
    Ok(got.join(", "))
}

#[test]
fn one_that_is_blocked_takes_what_comes_first() {
    let code = workflow(async |ctx| three(ctx, true).await);
    let log = play(&code, &[], &[vec![signal("b", "1"), fire(1), signal("a", "2")]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 3s
      waits for timer 1 of 3s
      waits for signal `a`
      waits for signal `b`
    SignalWorkflow, FireTimer 1, SignalWorkflow
      SelectorReceived
      CompleteWorkflow "b 1, a 2, timer \u003cnil\u003e"
    "#);
}

#[test]
fn one_that_need_not_wait_goes_by_the_order_of_adding() {
    let code = workflow(async |ctx| three(ctx, false).await);
    let log = play(&code, &[signal("b", "1")], &[vec![fire(1), signal("a", "2"), fire(2)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize, SignalWorkflow
      StartTimer 1 3s
      StartTimer 2 9s (Sleep)
      waits for timer 2 of 9s
    FireTimer 1, SignalWorkflow, FireTimer 2
      CompleteWorkflow "a 2, timer \u003cnil\u003e, b 1"
    "#);
}

#[test]
fn an_activity_that_ends_wakes_it_and_is_used_up() {
    let code = workflow(async |ctx| {
        let ctx = go_t(&ctx);
        let mut selector = ctx
            .selector()
            .activity(&ctx.execute(WORK, ()), |work| format!("work {work:?}"))
            .activity(&ctx.execute(OTHER, ()), |other| format!("other {other:?}"));
        Ok(format!("{}, {}", selector.select().await, selector.select().await))
    });
    insta::assert_snapshot!(play(
        &code,
        &[],
        &[vec![completed(2, r#""o""#)], vec![completed(1, r#""w""#)]]
    ), @r#"
    Initialize
      ScheduleActivity 1 Work
      ScheduleActivity 2 Other
      waits for Work (activity 1)
      waits for Other (activity 2)
    Completed 2
      waits for Work (activity 1)
    Completed 1
      CompleteWorkflow "other Ok(\"o\"), work Ok(\"w\")"
    "#);
}

#[test]
fn a_default_is_taken_when_nothing_is_ready() {
    let code = workflow(async |ctx| {
        let mut got = Vec::new();
        for _ in 0..2 {
            let selector = ctx.selector().signal(&ctx.signals(A), |a| format!("a {a}"));
            got.push(selector.default(|| "default".to_owned()).select().await);
            ctx.timer(secs(1)).await?;
        }
        Ok(got.join(", "))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![signal("a", "1"), fire(1)], vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    SignalWorkflow, FireTimer 1
      StartTimer 2 1s
      waits for timer 2 of 1s
    FireTimer 2
      CompleteWorkflow "default, a 1"
    "#);
}

/// What is bound to the context is canceled first, in the order in which it was bound; whoever waits for the cancel itself
/// is among them.
#[test]
fn a_cancel_goes_to_the_operations_that_were_there_before() {
    let code = workflow(async |ctx| {
        let mut selector = ctx
            .selector()
            .done(&ctx, || "done".to_owned())
            .timer(&ctx.timer(secs(1)), |timer| format!("timer {}", v(&timer)));
        Ok(selector.select().await)
    });
    let timer = play(&code, &[], &[vec![cancel()]]);
    let code = workflow(async |ctx| {
        let ctx = go_w(&ctx);
        let mut selector = ctx
            .selector()
            .done(&ctx, || "done".to_owned())
            .activity(&ctx.execute(WORK, ()), |work| format!("work {work:?}"));
        Ok(selector.select().await)
    });
    let waits = play(&code, &[], &[vec![cancel()]]);
    insta::assert_snapshot!(format!("{timer}\n---\n{waits}"), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
      waits for cancellation
    CancelWorkflow
      CancelTimer 1
      CompleteWorkflow "timer canceled"
    ---
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
      waits for cancellation
    CancelWorkflow
      RequestCancelActivity 1
      SelectorReceived
      CompleteWorkflow "done"
    "#);
}

/// As in Go, where the selector leaves a value in the channel of the context.
#[test]
fn a_cancel_that_woke_it_stays_ready_and_one_that_was_there_does_not() {
    let code = workflow(async |ctx| {
        let mut got = Vec::new();
        let mut selector = ctx.selector().done(&ctx, || "done").signal(&ctx.signals(A), |_| "a");
        for _ in 0..2 {
            got.push(selector.select().await);
        }
        // Whoever looks at the context takes the value; then the channel is closed, which is found once.
        ctx.done().await;
        let mut selector = selector.default(|| "default");
        for _ in 0..2 {
            got.push(selector.select().await);
        }
        Ok(got.join(", "))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      waits for cancellation
      waits for signal `a`
    CancelWorkflow
      SelectorReceived
      CompleteWorkflow "done, done, done, default"
    "#);
}

/// The first look at the context after it does not find it canceled, as in Go (seen in a replay by the Go SDK 1.47): a
/// condition is asked once more, and a timer is what looks first.
#[test]
fn a_wait_after_it_finds_the_cancel_a_pass_later() {
    let code = workflow(async |ctx| {
        let mut selector = ctx.selector().done(&ctx, || ());
        selector.select().await;
        let mut asked = 0;
        let asks = || {
            asked += 1;
            asked == 2
        };
        let comes_true = ctx.wait(asks).await;
        selector.select().await;
        let never = ctx.wait(|| false).await;
        let in_time = ctx.wait_timeout(secs(9), || true).await;
        Ok(format!("{}, {}, {}", v(&comes_true), v(&never), v(&in_time)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()]]), @r#"
    Initialize
      waits for cancellation
    CancelWorkflow
      StartTimer 1 9s (AwaitWithTimeout)
      CancelTimer 1
      SelectorReceived
      CompleteWorkflow "\u003cnil\u003e, canceled, canceled"
    "#);
}

#[test]
fn signals_go_to_whoever_has_waited_longest() {
    let code = workflow(async |ctx| {
        let signals = ctx.signals(A);
        let second = signals.clone();
        let (apart, third) = (ctx.disconnected(), ctx.selector());
        ctx.spawn(async move {
            let got = second.recv().await;
            let _timer = apart.timer(secs(10 + u64::from(got)));
            let again = second.recv().await;
            let _timer = apart.timer(secs(20 + u64::from(again)));
        });
        let (apart, channel) = (ctx.disconnected(), signals.clone());
        ctx.spawn(async move {
            let got = third.signal(&channel, |got| got).select().await;
            let _timer = apart.timer(secs(30 + u64::from(got)));
        });
        let mut got = Vec::new();
        for _ in 0..2 {
            got.push(signals.recv().await.to_string());
        }
        Ok(got.join(", "))
    });
    let signals = ["1", "2", "3", "4", "5"].map(|value| vec![signal("a", value)]);
    insta::assert_snapshot!(play(&code, &[], &signals), @r#"
    Initialize
      waits for signal `a`
      waits for signal `a`
      waits for signal `a`
    SignalWorkflow
      waits for signal `a`
      waits for signal `a`
      waits for signal `a`
    SignalWorkflow
      StartTimer 1 12s
      waits for signal `a`
      waits for signal `a`
      waits for signal `a`
    SignalWorkflow
      StartTimer 2 33s
      SelectorReceived
      waits for signal `a`
      waits for signal `a`
    SignalWorkflow
      CompleteWorkflow "1, 4"
    SignalWorkflow
    "#);
}

/// Rust can drop what Go cannot: a receiver that was given a signal.
#[test]
fn a_signal_that_was_given_to_somebody_who_left_is_not_lost() {
    let code = workflow(async |ctx| {
        let signals = ctx.signals(A);
        let timer = ctx.timer(secs(1));
        let first = rehearsal_workflow::select(timer, signals.recv()).await;
        let timer_won = matches!(first, rehearsal_workflow::Either::Left(_));
        Ok(format!("{timer_won}, {:?}, {:?}", signals.try_recv(), signals.try_recv()))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![signal("a", "1"), signal("a", "2"), fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
      waits for signal `a`
    SignalWorkflow, SignalWorkflow, FireTimer 1
      CompleteWorkflow "true, Some(1), Some(2)"
    "#);
}

#[test]
fn a_signal_of_another_type_has_it_wait_for_the_next() {
    let code = workflow(async |ctx| {
        let mut selector = ctx
            .selector()
            .signal(&ctx.signals(A), |a| format!("a {a}"))
            .signal(&ctx.signals(B), |b| format!("b {b}"));
        Ok(selector.select().await)
    });
    let later = [vec![signal("a", r#""one""#)], vec![signal("b", "2")], vec![signal("a", "3")]];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      waits for signal `a`
      waits for signal `b`
    SignalWorkflow
      SelectorReceived
      waits for signal `a`
    SignalWorkflow
      waits for signal `a`
    SignalWorkflow
      CompleteWorkflow "a 3"
    "#);
}

#[test]
fn one_whose_cases_are_used_up_waits_for_ever_and_says_so() {
    let code = workflow(async |ctx| {
        let mut selector = ctx.selector().timer(&ctx.timer(secs(1)), |_| "timer".to_owned());
        let timer = selector.select().await;
        Ok(timer + &selector.select().await)
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![signal("a", "1")]]), @r"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      waits for a selector with no case left
    SignalWorkflow
      waits for a selector with no case left
    ");
}
