//! Runs that are green although nothing was rehearsed: what keeps a scenario from being about anything is found and
//! named, and what is meant is not.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Exploration, Failure,
    Fault, RetryPolicy, Scenario, Signal, Stub, Tape, Workflow, WorkflowError, check, secs,
};

const SHIP: Workflow<u64, String> = Workflow::new("Ship");
const PACK: Activity<u64, String> = Activity::new("Pack");
/// The same activity, as somebody else thinks that it is.
const PACK_BY_NAME: Activity<String, String> = Activity::new("Pack");
const PRINT: Activity<(), ()> = Activity::new("Print");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation()
}

async fn ship(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    ctx.with_activity_options(options()).execute(PACK, order).await
}

/// Tries it three times, and does without if it must.
async fn ship_somehow(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    let policy = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
    let options = options().with_retry_policy(policy);
    let packed = ctx.with_activity_options(options).execute(PACK, order).await;
    if let Some(canceled) = ctx.err() {
        return Err(canceled);
    }
    Ok(packed.unwrap_or_else(|_| "unpacked".to_owned()))
}

fn scenario() -> Scenario {
    Scenario::new("rehearsed").workflow(SHIP, ship).client(|world| {
        world.start(SHIP, "order-7", 7);
    })
}

async fn panics(_: ActivityContext, _: u64) -> Result<String, ActivityError> {
    panic!("the box is broken")
}

async fn fails(_: ActivityContext, _: u64) -> Result<String, ActivityError> {
    Err(ActivityError::from("no box"))
}

/// The only kind of finding of a sweep; an exploration and the calm run by itself give it too.
#[track_caller]
fn only(scenario: &Scenario, code: Code) -> Failure {
    let failure = scenario.try_sweep().expect_err("a mistake was made");
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [code], "{failure}");
    let explored = scenario.try_explore(Exploration::new(20)).expect_err("the same mistake");
    assert_eq!(explored.findings(), failure.findings());
    failure
}

#[track_caller]
fn is_silent(scenario: &Scenario) {
    if let Err(failure) = scenario.try_sweep() {
        panic!("{failure}");
    }
    scenario.explore(100);
}

#[test]
fn an_activity_that_panics_in_every_attempt_is_named() {
    let scenario = scenario().activity(PACK, panics);
    insta::assert_snapshot!(only(&scenario, Code::NeverSucceeded));
    let alone = scenario.try_run(&Tape::calm()).unwrap_err();
    let codes: Vec<Code> = alone.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::NeverSucceeded, Code::Hang]);
}

#[test]
fn it_is_named_though_the_workflow_does_without_it() {
    let scenario = scenario().workflow(SHIP, ship_somehow).activity(PACK, panics);
    let failure = scenario.try_sweep().unwrap_err();
    insta::assert_snapshot!(failure.findings()[0]);
    is_silent(&scenario.expect_failing(PACK));
}

#[test]
fn a_queue_that_nobody_polls_is_named() {
    let elsewhere = |ctx: Context, order: u64| async move {
        let ctx = ctx.with_activity_options(options()).with_task_queue("pakcing");
        ctx.execute(PACK, order).await
    };
    let scenario =
        scenario().workflow(SHIP, elsewhere).stub(PACK, Stub::returns("packed".to_owned()));
    insta::assert_snapshot!(only(&scenario, Code::Setup).findings()[0]);
    let worker = rehearsal::WorkerSpec::new;
    let late = worker("pakcing").from(secs(60)).no_workflows();
    is_silent(&scenario.worker(worker("main")).worker(late));
}

#[test]
fn where_an_attempt_panicked_is_data() {
    let outcome = scenario().activity(PACK, panics).expect_failing(PACK).try_run(&Tape::calm());
    let failure = outcome.expect_err("it is tried again for ever");
    let call = &failure.outcome().unwrap().record.calls[0];
    let Some(Err(error)) = &call.result else { panic!("{call:?}") };
    let Fault::Panicked { at: Some(at) } = error.fault() else { panic!("{error:?}") };
    assert!(at.starts_with("tests/rehearsed.rs:"), "{at}");
}

#[test]
fn arguments_of_another_type_are_named() {
    let of_text = |_: ActivityContext, order: String| async move { Ok(order) };
    let failure = only(&scenario().activity(PACK_BY_NAME, of_text), Code::NeverSucceeded);
    insta::assert_snapshot!(failure.findings()[0]);

    let stub = Stub::computes(|order: String| Ok(order));
    let failure = only(&scenario().stub(PACK_BY_NAME, stub), Code::NeverSucceeded);
    insta::assert_snapshot!(failure.findings()[0]);
}

#[test]
fn a_result_of_another_type_is_named_with_both_types() {
    const PACK_TO_NUMBER: Activity<u64, u64> = Activity::new("Pack");
    let numbers = scenario().stub(PACK_TO_NUMBER, Stub::returns(7));
    let selects = |ctx: Context, order: u64| async move {
        let packed = ctx.with_activity_options(options()).execute(PACK, order);
        ctx.selector().activity(&packed, |result| result).select().await
    };
    for scenario in [numbers.clone(), numbers.clone().workflow(SHIP, selects)] {
        let failure = scenario.try_run(&Tape::calm()).unwrap_err();
        let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::ResultUnreadable], "{failure}");
        insta::allow_duplicates!(insta::assert_snapshot!(failure.findings()[0], @"
        RH109  the result of Pack of order-7 could not be read: cannot decode a value of type `String` from `7`: invalid type: integer `7`, expected a string at line 1 column 1
          the workflow is told of an error instead, though the activity completed
        "));
    }
    is_silent(&numbers.expect_failing(PACK));
}

#[test]
fn one_that_returns_errors_for_ever_is_not_seen_to_succeed() {
    let scenario = scenario().activity(PACK, fails);
    assert_eq!(unseen(&scenario), ["RH603 activity Pack succeeds"]);
    only(&scenario.clone().strict(), Code::NeverPassed);
    is_silent(&scenario.expect_failing(PACK).strict());
}

#[test]
fn one_that_polls_by_its_attempts_is_no_finding_however_long_it_takes() {
    let polls_until = |last: u32| {
        scenario().activity(PACK, move |ctx: ActivityContext, _| async move {
            if ctx.attempt() < last {
                Err(ActivityError::from("not yet"))
            } else {
                Ok("packed".to_owned())
            }
        })
    };
    assert_eq!(unseen(&polls_until(5)), [""; 0]);
    assert_eq!(unseen(&polls_until(100_000)), ["RH603 activity Pack succeeds"]);
}

#[test]
fn one_whose_answers_all_come_too_late_is_not_seen_to_succeed() {
    let late = |ctx: ActivityContext, _| async move {
        ctx.sleep(secs(11)).await;
        Ok("packed".to_owned())
    };
    let stub = Stub::returns("packed".to_owned()).after(secs(11));
    for scenario in [scenario().activity(PACK, late), scenario().stub(PACK, stub)] {
        assert_eq!(unseen(&scenario), ["RH603 activity Pack succeeds"]);
        only(&scenario.clone().strict(), Code::NeverPassed);
        // Nor if the workflow is told of it.
        let somehow = scenario.workflow(SHIP, ship_somehow);
        assert_eq!(unseen(&somehow), ["RH603 activity Pack succeeds"]);
    }
}

#[test]
fn one_that_outlives_its_workflow_succeeds() {
    let leaves = |ctx: Context, order: u64| async move {
        let _packing = ctx.with_activity_options(options()).execute(PACK, order);
        ctx.sleep(secs(1)).await?;
        Ok("left".to_owned())
    };
    let stub = |after| Stub::returns("packed".to_owned()).after(secs(after));
    let scenario = scenario().workflow(SHIP, leaves);
    assert_eq!(unseen(&scenario.clone().stub(PACK, stub(9))), [""; 0]);
    assert_eq!(unseen(&scenario.stub(PACK, stub(11))), ["RH603 activity Pack succeeds"]);
}

#[test]
fn an_error_that_the_workflow_is_told_of_is_a_result_like_any_other() {
    is_silent(&scenario().workflow(SHIP, ship_somehow).activity(PACK, fails));
}

#[test]
fn what_a_stub_says_is_meant() {
    is_silent(&scenario().stub(PACK, Stub::fails(ActivityError::from("no box"))));
    let computed = Stub::computes(|order: u64| Err(ActivityError::from(format!("no box {order}"))));
    is_silent(&scenario().stub(PACK, computed));
    let panicked = Stub::fails(ActivityError::panicked("the box is broken"));
    is_silent(&scenario().workflow(SHIP, ship_somehow).stub(PACK, panicked));
}

#[test]
fn one_attempt_that_succeeds_is_enough() {
    let third_time = |ctx: ActivityContext, _: u64| async move {
        assert!(ctx.attempt() > 2, "not yet");
        Ok("packed".to_owned())
    };
    is_silent(&scenario().activity(PACK, third_time));
}

#[test]
fn an_unknown_activity_that_is_meant_to_fail_is_an_error() {
    let scenario = scenario().stub(PACK, Stub::returns(String::new())).expect_failing(PRINT);
    let failure = scenario.try_sweep().unwrap_err();
    insta::assert_snapshot!(failure.findings()[0]);
}

const WAIT: Workflow<(), String> = Workflow::new("Wait");
const APPROVE: Signal<String> = Signal::new("approve");
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
fn a_hang_says_where_the_activity_panicked() {
    let ship = |ctx: Context, order: u64| async move {
        let packed = ctx.with_activity_options(options()).execute(PACK, order).await;
        if ctx.is_canceled() {
            let ctx = ctx.disconnected().with_activity_options(options());
            return ctx.execute(PRINT, ()).await.map(|()| String::new());
        }
        packed
    };
    let prints = |_: ActivityContext, ()| async { panic!("no paper") };
    let scenario = unattended().workflow(SHIP, ship).activity(PRINT, prints);
    let failure = scenario.try_sweep().unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Hang);
    let line = failure.findings()[0].details[0].replace(&format!(":{}:", line!() - 4), ":LINE:");
    insta::assert_snapshot!(line, @r#"
    order-7 waits for Print: attempt 253 of no limit, last failure "no paper" (PanicError), it panicked at tests/rehearsed.rs:LINE:51, next attempt in 1m40s
    "#);
}

/// Waits for an approval or a minute, and ships in either case.
async fn ship_when_approved(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
    let by = approvals.try_recv();
    let packed = ctx.with_activity_options(options()).execute(PACK, order).await?;
    Ok(by.unwrap_or(packed))
}

/// Nobody approves.
fn unattended() -> Scenario {
    scenario()
        .workflow(SHIP, ship_when_approved)
        .stub(PACK, Stub::returns("packed".to_owned()).after(secs(1)))
        .stub(PRINT, Stub::returns(()))
}

fn unseen(scenario: &Scenario) -> Vec<String> {
    scenario
        .sweep()
        .unseen()
        .iter()
        .map(|unseen| format!("{} {}", unseen.code, unseen.what))
        .collect()
}

#[test]
fn what_no_run_saw_is_said_at_the_end() {
    let scenario = unattended().check(check::compensated_exactly_once(PRINT, PRINT));
    insta::assert_snapshot!(scenario.sweep().table());
    let explored = scenario.explore(50);
    assert_eq!(explored.unseen(), scenario.sweep().unseen());
    // A table is kept as a snapshot, so it names no line of code; a report does.
    let places: Vec<Option<&str>> =
        explored.unseen().iter().map(|unseen| unseen.at.as_deref()).collect();
    let [Some(signal), None] = places.as_slice() else { panic!("{places:?}") };
    assert!(signal.starts_with("tests/rehearsed.rs:"), "{signal}");
    for report in [scenario.sweep().to_string(), explored.to_string()] {
        let line = format!("not seen in any run: signal `approve` comes, asked for at {signal}");
        assert!(report.contains(&line), "{report}");
    }
    let last = explored.to_string().lines().last().map(str::to_owned);
    let judged = "  not seen in any run: anything that the check about Print could judge";
    assert_eq!(last.as_deref(), Some(judged));
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

#[test]
fn what_is_meant_or_skipped_is_not_missed() {
    // On a canceled context, nothing is waited for in earnest.
    let skips = |ctx: Context, order: u64| async move {
        let packed = ctx.with_activity_options(options()).execute(PACK, order).await;
        if ctx.is_canceled() {
            let _skipped = ctx.with_activity_options(options()).execute(PRINT, ()).await;
            let _canceled = ctx.timer(secs(7)).await;
        }
        packed
    };
    assert_eq!(unseen(&unattended().workflow(SHIP, skips)), [""; 0]);

    let fails = Stub::fails(ActivityError::from("no box").non_retryable());
    let somehow = unattended().workflow(SHIP, ship_somehow).stub(PACK, fails);
    assert_eq!(unseen(&somehow), [""; 0]);
    let failing = unattended().workflow(SHIP, ship_somehow).activity(PACK, self::fails);
    assert_eq!(unseen(&failing), ["RH603 activity Pack succeeds"]);
    assert_eq!(unseen(&failing.expect_failing(PACK)), [""; 0]);
}

#[test]
fn it_is_a_finding_where_that_is_asked_for() {
    let scenario = unattended().check(check::compensated_exactly_once(PRINT, PRINT)).strict();
    let codes = |failure: &Failure| -> Vec<Code> {
        failure.findings().iter().map(|finding| finding.code).collect()
    };
    let failure = scenario.try_sweep().unwrap_err();
    assert_eq!(codes(&failure), [Code::NeverPassed, Code::NeverJudged]);
    let asked = failure.findings()[0].details[0].clone();
    assert!(asked.starts_with("asked for at tests/rehearsed.rs:"), "{asked}");
    insta::assert_snapshot!(failure.report().replace(&asked, "asked for at FILE:LINE"));
    let explored = scenario.try_explore(Exploration::new(50)).unwrap_err();
    assert_eq!(codes(&explored), codes(&failure));
    assert!(scenario.try_run(&Tape::calm()).is_ok(), "one run need not see everything");
}
