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
