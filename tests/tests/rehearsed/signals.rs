//! Signals that nobody reads, or nobody can.

use rehearsal::{
    ActivityError, Code, Context, Exploration, Scenario, Signal, Stub, Tape, Workflow,
    WorkflowError, secs,
};

use crate::{APPROVE, PACK, SHIP, fails, is_silent, only, scenario, ship_somehow, unseen};

const WAIT: Workflow<(), String> = Workflow::new("Wait");
const APROVE: Signal<String> = Signal::new("aprove");
const APPROVE_BY_NUMBER: Signal<u64> = Signal::new("approve");
const UNDO: Signal<()> = Signal::new("undo");

/// Waits for an approval or its cancel.
async fn wait(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    ctx.wait(|| !approvals.is_empty()).await?;
    Ok(approvals.try_recv().unwrap_or_default())
}

/// Waits for it at most a minute.
async fn wait_a_minute(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
    Ok(approvals.try_recv().unwrap_or_default())
}

/// Listens only once it is canceled.
async fn wait_for_undo(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let slept = ctx.sleep(secs(60)).await;
    if ctx.is_canceled() {
        let undo = ctx.signals(UNDO);
        ctx.disconnected().wait_timeout(secs(60), || !undo.is_empty()).await?;
    }
    slept.map(|()| String::new())
}

/// Somebody sends a signal after 5 s, if the workflow is still open then.
fn signaled<T: serde::Serialize + Clone + Send + Sync + 'static>(
    signal: Signal<T>,
    value: T,
) -> Scenario {
    Scenario::new("signaled").workflow(WAIT, wait).client(move |world| {
        let wait = world.start(WAIT, "article-7", ());
        world.advance(secs(5));
        let _closed = world.signal(&wait, signal.clone(), value.clone());
    })
}

#[test]
fn a_misspelled_signal_is_named_at_the_horizon() {
    let scenario = signaled(APROVE, "ada".to_owned());
    insta::assert_snapshot!(only(&scenario, Code::SignalUnread));
    let alone = scenario.try_run(&Tape::calm()).unwrap_err();
    let codes: Vec<Code> = alone.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::SignalUnread, Code::Hang]);
}

#[test]
fn a_misspelled_signal_is_named_at_the_close() {
    let scenario = signaled(APROVE, "ada".to_owned()).workflow(WAIT, wait_a_minute);
    let failure = only(&scenario, Code::SignalUnread);
    insta::assert_snapshot!(failure.findings()[0]);
    assert!(scenario.try_run(&Tape::calm()).is_ok(), "other runs may listen for it");
    is_silent(&scenario.expect_unread("aprove"));
}

#[test]
fn a_signal_that_nobody_receives_is_named() {
    let sleeps = |ctx: Context, ()| async move {
        ctx.sleep(secs(60)).await?;
        Ok(String::new())
    };
    let scenario = signaled(UNDO, ()).workflow(WAIT, sleeps).client(|world| {
        let wait = world.start(WAIT, "article-7", ());
        for _ in 0..3 {
            world.advance(secs(1));
            let _closed = world.signal(&wait, UNDO, ());
        }
    });
    insta::assert_snapshot!(only(&scenario, Code::SignalUnread).findings()[0]);
}

#[test]
fn a_signal_that_is_read_in_some_run_is_no_finding() {
    let outcome = signaled(UNDO, ()).workflow(WAIT, wait_for_undo);
    is_silent(&outcome);
}

#[test]
fn a_signal_that_a_meant_failure_keeps_from_being_read_is_no_finding() {
    let listens_then = |ctx: Context, order: u64| async move {
        let Ok(packed) = ship_somehow(ctx.clone(), order).await else { return Ok(String::new()) };
        if packed == "unpacked" {
            return Ok(packed);
        }
        Ok(ctx.signals(APPROVE).try_recv().unwrap_or(packed))
    };
    let scenario = scenario().workflow(SHIP, listens_then).client(|world| {
        let ship = world.start(SHIP, "order-7", 7);
        let _closed = world.signal(&ship, APPROVE, "ada".to_owned());
    });
    let stub = Stub::fails(ActivityError::from("no box"));
    let code = scenario.clone().activity(PACK, fails);
    for meant in [scenario.stub(PACK, stub), code.clone().expect_failing(PACK)] {
        assert_eq!(unseen(&meant), ["RH602 signal `approve` is read"]);
    }
    only(&code, Code::SignalUnread);
}

#[test]
fn a_signal_that_comes_too_late_is_no_finding() {
    is_silent(
        &signaled(APPROVE, "ada".to_owned())
            .workflow(WAIT, |ctx: Context, ()| async move {
                let first = wait_a_minute(ctx.clone(), ()).await?;
                // A second approval comes, or not; nobody looks.
                ctx.sleep(secs(60)).await?;
                Ok(first)
            })
            .client(|world| {
                let wait = world.start(WAIT, "article-7", ());
                world.advance(secs(5));
                let _closed = world.signal(&wait, APPROVE, "ada".to_owned());
                let _closed = world.signal(&wait, APPROVE, "bob".to_owned());
            }),
    );
}

#[test]
fn a_signal_of_another_type_is_named_with_both_types() {
    let scenario = signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, wait_a_minute);
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    insta::assert_snapshot!(failure);
}

#[test]
fn a_signal_of_another_type_is_found_once_for_each_signal_and_nothing_else_is() {
    let failure =
        signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, wait_a_minute).try_sweep().unwrap_err();
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::SignalUnreadable]);
}

#[test]
fn a_signal_of_another_type_is_found_by_looking_at_it() {
    let looks = |ctx: Context, ()| async move {
        let approvals = ctx.signals(APPROVE);
        ctx.wait_timeout(secs(60), || approvals.peek().is_some()).await?;
        assert!(approvals.is_empty(), "it was dropped");
        Ok(String::new())
    };
    let scenario = signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, looks);
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::SignalUnreadable], "{failure}");
    let headline = &failure.findings()[0].headline;
    assert!(headline.starts_with("signal `approve` of article-7 could not be read"), "{headline}");
}

/// Nothing but how many there are is looked at, so nothing is dropped.
#[test]
fn a_signal_of_another_type_is_found_by_counting_it() {
    let counts = |ctx: Context, ()| async move {
        let approvals = ctx.signals(APPROVE);
        ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
        assert_ne!(approvals.len(), 0);
        Ok(String::new())
    };
    let selects = |ctx: Context, ()| async move {
        let approvals = ctx.signals(APPROVE);
        let timer = ctx.timer(secs(60));
        let selector = ctx.selector().timer(&timer, drop).signal(&approvals, drop);
        ctx.wait(|| selector.has_pending()).await?;
        Ok(String::new())
    };
    let found = |scenario: &Scenario| -> String {
        let failure = scenario.try_run(&Tape::calm()).expect_err("nobody could read it");
        failure.findings().iter().map(ToString::to_string).collect()
    };
    let counted = found(&signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, counts));
    insta::assert_snapshot!(counted, @"
    RH108  signal `approve` of article-7 could not be read: cannot decode a value of type `String` from `7`: invalid type: integer `7`, expected a string at line 1 column 1
      the workflow looked whether it is there and did not take it: it would be dropped then
    ");
    assert_eq!(found(&signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, selects)), counted);
    // One that could be read is read by counting it.
    is_silent(&signaled(APPROVE, "ada".to_owned()).workflow(WAIT, counts));
}

#[test]
fn a_signal_of_another_type_is_named_before_the_hang_that_it_leads_to() {
    let receives = |ctx: Context, ()| async move { Ok(ctx.signals(APPROVE).recv().await) };
    let scenario = signaled(APPROVE_BY_NUMBER, 7).workflow(WAIT, receives);
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::SignalUnreadable, Code::Hang]);
}

/// The cancel keeps it from ending by itself, and the signal that would end it is misspelled.
#[test]
fn a_hang_names_the_signals_that_nobody_reads() {
    let stays = |ctx: Context, ()| async move {
        let approvals = ctx.signals(APPROVE);
        match ctx.wait_timeout(secs(60), || !approvals.is_empty()).await {
            Ok(_) => Ok(String::new()),
            Err(_canceled) => Ok(approvals.recv().await),
        }
    };
    let scenario = signaled(APROVE, "ada".to_owned()).workflow(WAIT, stays).client(|world| {
        let wait = world.start(WAIT, "article-7", ());
        for _ in 0..2 {
            world.advance(secs(5));
            let _closed = world.signal(&wait, APROVE, "ada".to_owned());
        }
    });
    let canceled = Tape::calm().with_cancel(0, rehearsal::Injection::Alone);
    for failure in [
        scenario.try_run(&canceled).unwrap_err(),
        scenario.try_explore(Exploration::new(50)).unwrap_err(),
    ] {
        assert_eq!(failure.findings()[0].code, Code::Hang);
        insta::allow_duplicates!(insta::assert_snapshot!(failure.findings()[0], @"
        RH301  the workflow is open, and nothing can happen any more
          article-7 waits for signal `approve`
          signal `aprove` of article-7 was delivered 2 times and never read; the workflow listens for `approve`
        "));
    }
    let meant = scenario.expect_unread("aprove").try_run(&canceled).unwrap_err();
    assert_eq!(meant.findings()[0].details, ["article-7 waits for signal `approve`"]);
}

#[test]
fn a_signal_that_comes_too_late_in_every_run_is_said_to_be_unread() {
    let late = signaled(APPROVE, "ada".to_owned()).workflow(WAIT, |ctx: Context, ()| async move {
        let approvals = ctx.signals(APPROVE);
        ctx.wait_timeout(secs(5), || false).await?;
        drop(approvals);
        ctx.sleep(secs(60)).await.map(|()| String::new())
    });
    assert_eq!(unseen(&late), ["RH602 signal `approve` is read"]);
    let meant = late.expect_unread("approve");
    assert_eq!(unseen(&meant), [""; 0]);
    let never_comes = "RH603 signal `aprove` comes, which `expect_unread` names";
    assert_eq!(unseen(&meant.expect_unread("aprove")), [never_comes]);
}
