//! Signals are kept by name until they are read (R-19).

use rehearsal_workflow::Signal;

use crate::play::{cancel, play, signal, workflow};

const GO: Signal<u8> = Signal::new("go");

#[test]
fn they_wait_until_somebody_reads_them() {
    let code = workflow(async |ctx| {
        let channel = ctx.signals(GO);
        let before = channel.len();
        let first = channel.recv().await;
        let second = channel.try_recv();
        let third = channel.clone().recv().await;
        Ok(format!("{before} {first} {second:?} {third} {:?}", channel.try_recv()))
    });
    let log = play(
        &code,
        &[signal("go", "1"), signal("other", "9"), signal("go", "2")],
        &[vec![cancel()], vec![signal("go", "3")]],
    );
    insta::assert_snapshot!(log, @r#"
    Initialize, SignalWorkflow, SignalWorkflow, SignalWorkflow
      waits for signal `go`
    CancelWorkflow
      waits for signal `go`
    SignalWorkflow
      CompleteWorkflow "2 1 Some(2) 3 None"
    "#);
}

#[test]
fn one_that_cannot_be_read_is_dropped() {
    let code = workflow(async |ctx| Ok(ctx.signals(GO).recv().await.to_string()));
    insta::assert_snapshot!(play(&code, &[signal("go", r#""one""#), signal("go", "2")], &[]), @r#"
    Initialize, SignalWorkflow, SignalWorkflow
      CompleteWorkflow "2"
    "#);
}

#[test]
fn all_readers_share_the_queue_in_order() {
    let code = workflow(async |ctx| {
        let (other, apart) = (ctx.signals(GO), ctx.disconnected());
        ctx.spawn(async move {
            let got = other.recv().await;
            let _timer = apart.timer(crate::play::secs(u64::from(got)));
        });
        Ok(ctx.signals(GO).recv().await.to_string())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![signal("go", "1"), signal("go", "2")]]), @r#"
    Initialize
      waits for signal `go`
      waits for signal `go`
    SignalWorkflow, SignalWorkflow
      StartTimer 1 2s
      CompleteWorkflow "1"
    "#);
}

#[test]
fn one_can_be_looked_at_without_taking_it() {
    let code = workflow(async |ctx| {
        let channel = ctx.signals(GO);
        let nothing = channel.peek();
        ctx.wait(|| !channel.is_empty()).await?;
        let looked = (channel.peek(), channel.peek(), channel.len());
        Ok(format!("{nothing:?} {looked:?} {:?} {:?}", channel.try_recv(), channel.peek()))
    });
    // What cannot be read is dropped by the first look, and counts no more.
    let signals = vec![signal("go", r#""one""#), signal("go", "2")];
    insta::assert_snapshot!(play(&code, &[], &[signals]), @r#"
    Initialize
      waits for a condition
    SignalWorkflow, SignalWorkflow
      CompleteWorkflow "None (Some(2), Some(2), 1) Some(2) None"
    "#);
}

#[test]
fn names_are_made_at_run_time_and_those_left_over_are_known() {
    let code = workflow(async |ctx| {
        let ada = ctx.signals(Signal::<u8>::named(format!("go-{}", "ada"))).recv().await;
        let left = ctx.unhandled_signals();
        let rest: Vec<_> = left
            .iter()
            .filter_map(|name| ctx.signals(Signal::<u8>::named(name.clone())).try_recv())
            .collect();
        Ok(format!("{ada} {left:?} {rest:?} {:?}", ctx.unhandled_signals()))
    });
    let first = [signal("stop", "2"), signal("go-ada", "1"), signal("go-bob", "3")];
    insta::assert_snapshot!(play(&code, &first, &[]), @r#"
    Initialize, SignalWorkflow, SignalWorkflow, SignalWorkflow
      CompleteWorkflow "1 [\"go-bob\", \"stop\"] [3, 2] []"
    "#);
}
