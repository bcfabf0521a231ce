//! Activities that never succeed, or never with what the workflow waits for.

use rehearsal::{Activity, ActivityContext, ActivityError, Code, Context, Fault, Stub, Tape, secs};

use crate::{
    PACK, PRINT, SHIP, fails, is_silent, only, options, panics, scenario, ship_somehow, unattended,
    unseen,
};

/// The same activity, as somebody else thinks that it is.
const PACK_BY_NAME: Activity<String, String> = Activity::new("Pack");

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
    assert!(at.starts_with("rehearsed/main.rs:"), "{at}");
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
    order-7 waits for Print: attempt 253 of no limit, last failure "no paper" (PanicError), it panicked at rehearsed/activities.rs:LINE:51, next attempt in 1m40s
    "#);
}
