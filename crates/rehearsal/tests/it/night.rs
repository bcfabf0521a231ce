//! Twelve reports as somebody reads them at night: each says what is wrong, what did it, and what to look at.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChildOptions, Color, Context,
    Either, Execution, Exploration, Failure, Finding, Payloads, RetryPolicy, Scenario, Signal,
    Status, Stub, TimerEnd, Workflow, WorkflowError, check, mins, secs, select,
};

const BUY: Workflow<u64, String> = Workflow::new("Buy");
const PARCEL: Workflow<u64, ()> = Workflow::new("Parcel");
const RESERVE: Activity<u64, ()> = Activity::new("Reserve");
const CHARGE: Activity<u64, String> = Activity::new("Charge");
const REFUND: Activity<String, ()> = Activity::new("Refund");
const COPY: Activity<u64, ()> = Activity::new("Copy");
const NOTIFY: Activity<(), ()> = Activity::new("Notify");
const APPROVE: Signal<String> = Signal::new("approve");

/// What the bank has booked, by its keys.
#[derive(Default)]
struct Bank(Mutex<BTreeMap<String, u64>>);

/// The parts that were copied, in order.
#[derive(Default)]
struct Target(Mutex<Vec<u64>>);

/// Charges under a key that is another in each attempt: the mistake.
async fn charge(ctx: ActivityContext, cents: u64) -> Result<String, ActivityError> {
    let key = format!("{}/{}", ctx.info().activity_id, ctx.attempt());
    ctx.fake::<Bank>().0.lock().expect("no attempt panics").insert(key.clone(), cents);
    ctx.sleep(secs(1)).await;
    Ok(key)
}

async fn buy(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ctx.execute(CHARGE, cents).await
}

fn scenario(name: &str) -> Scenario {
    Scenario::new(name).client(|world| drop(world.start(BUY, "purchase-7", 995)))
}

fn purchase(name: &str) -> Scenario {
    scenario(name).workflow(BUY, buy).activity(CHARGE, charge).fake(Bank::default)
}

/// What a workflow returned, if it completed.
fn returned(execution: &Execution) -> String {
    Payloads::decode(execution.result()).unwrap_or_default()
}

/// The report of what an exploration finds, with no line of prose wider than a page and the same text in colors.
#[track_caller]
fn report(failure: &Failure) -> String {
    let prose = failure.report().lines().filter(|line| !line.contains("cargo test"));
    for line in prose {
        assert!(line.chars().count() <= 100, "too wide: {line}");
        assert_eq!(line, line.trim_end(), "a space at the end of a line");
    }
    let painted = failure.paint(Color::Always);
    let mut plain = String::new();
    for (nth, part) in painted.split("\u{1b}[").enumerate() {
        let text = if nth == 0 { part } else { part.split_once('m').map_or("", |(_, text)| text) };
        plain.push_str(text);
    }
    assert_eq!(plain, failure.report(), "colors change the text");
    failure.report().to_owned()
}

#[track_caller]
fn explored(scenario: &Scenario) -> String {
    explored_as(scenario, Exploration::new(2_000))
}

fn explored_as(scenario: &Scenario, exploration: Exploration) -> String {
    match scenario.try_explore(exploration) {
        Ok(explored) => panic!("nothing is found:\n{explored}"),
        Err(failure) => report(&failure),
    }
}

#[test]
fn a_check_that_points_at_the_call_and_gives_a_hint() {
    let scenario = purchase("night-1").check(check::never("a second charge", |outcome| {
        let booked = outcome.fake::<Bank>()?.0.lock().unwrap().len();
        let again = outcome.calls(CHARGE).last().filter(|_| booked > 1)?;
        let finding =
            Finding::from(format!("the bank has booked {booked}")).at_call(again, outcome);
        Some(finding.with_hint("give the bank a key that is the same in each attempt"))
    }));
    insta::assert_snapshot!(explored(&scenario));
}

#[test]
fn a_check_that_says_one_line_only() {
    let scenario = purchase("night-2").check(check::always("one charge", |outcome| {
        let booked = outcome.fake::<Bank>().expect("a bank").0.lock().unwrap().len();
        if booked > 1 { Err(format!("the bank has booked {booked} charges")) } else { Ok(()) }
    }));
    insta::assert_snapshot!(explored(&scenario));
}

/// Gives the item back once, whatever comes of it.
async fn released_perhaps(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.clone());
    let charged = ctx.execute(CHARGE, cents).await;
    if ctx.is_canceled() {
        let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
        let ctx = ctx.disconnected().with_activity_options(options.with_retry_policy(once));
        let _tried = ctx.execute(REFUND, "a charge".to_owned()).await;
    }
    charged
}

fn refunded_once(name: &str) -> Scenario {
    scenario(name)
        .workflow(BUY, released_perhaps)
        .stub(CHARGE, Stub::returns("charge-1".to_owned()).after(secs(1)))
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .check(check::cleanup_iff_canceled(REFUND).completed().even_if_nothing_began())
}

#[test]
fn a_cancel_and_a_death_together() {
    insta::assert_snapshot!(explored(&refunded_once("night-3")));
}

#[test]
fn the_same_run_by_its_tape() {
    let scenario = refunded_once("night-3");
    let tape = "cancel.0.0=1,die.0.0=1".parse().expect("a tape");
    insta::assert_snapshot!(report(&scenario.try_run(&tape).expect_err("the same mistake")));
}

/// Takes the first approval, and leaves when it is canceled without looking whether one has come.
async fn approved(ctx: Context, _: u64) -> Result<String, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    match ctx.wait_timeout(mins(5), || !approvals.is_empty()).await {
        _ if ctx.is_canceled() => Ok("withdrawn".to_owned()),
        Ok(true) => Ok(approvals.recv().await),
        Ok(false) => Ok("nobody".to_owned()),
        Err(_) => Ok("withdrawn".to_owned()),
    }
}

#[test]
fn a_signal_that_comes_with_the_cancel() {
    let scenario = Scenario::new("night-5")
        .workflow(BUY, approved)
        .client(|world| {
            let buy = world.start(BUY, "purchase-7", 995);
            world.advance(secs(60));
            let _closed = world.signal(&buy, APPROVE, "Ada".to_owned());
        })
        .check(check::never("an approval without an answer", |outcome| {
            let main = outcome.main().filter(|main| returned(main) == "withdrawn")?;
            let signal = outcome.signals(APPROVE).next()?;
            let who: String = signal.value().expect("a name");
            let finding = Finding::from(format!("{who} approved, and it was withdrawn"));
            Some(finding.at_signal(&signal, outcome).at_close(main, outcome))
        }));
    insta::assert_snapshot!(explored(&scenario));
}

/// Whatever ends first decides; both end at the same instant.
async fn raced(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(30)));
    let (charged, timer) = (ctx.execute(CHARGE, cents), ctx.timer(secs(10)));
    match select(charged, timer).await {
        Either::Left(charged) => charged,
        Either::Right(_) => Ok("too late".to_owned()),
    }
}

#[test]
fn a_deadline_that_beats_the_result_at_the_same_instant() {
    let scenario = scenario("night-6")
        .workflow(BUY, raced)
        .stub(CHARGE, Stub::returns("charge-1".to_owned()).after(secs(10)))
        .without_faults()
        .check(check::never("a charge that is not told", |outcome| {
            let main = outcome.main().filter(|main| returned(main) == "too late")?;
            let call = outcome.calls(CHARGE).find(|call| call.returned::<String>().is_some())?;
            let finding = Finding::from("charged, and told that it was too late");
            Some(finding.at_call(call, outcome).at_close(main, outcome))
        }));
    insta::assert_snapshot!(explored(&scenario));
}

#[test]
fn a_queue_unserved_for_longer_than_the_activity_waits() {
    async fn impatient(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
        let options = ActivityOptions::start_to_close(secs(10)).with_schedule_to_start(secs(15));
        ctx.with_activity_options(options).execute(CHARGE, cents).await
    }
    let scenario = scenario("night-7")
        .workflow(BUY, impatient)
        .stub(CHARGE, Stub::returns("charge-1".to_owned()).after(secs(1)))
        .check(check::status_in([Status::Completed, Status::Canceled]));
    insta::assert_snapshot!(explored(&scenario));
}

#[test]
fn work_that_is_done_again_since_nobody_heard_how_far_it_was() {
    async fn copy(ctx: ActivityContext, parts: u64) -> Result<(), ActivityError> {
        for part in 0..parts {
            ctx.fake::<Target>().0.lock().unwrap().push(part);
            ctx.sleep(secs(1)).await;
        }
        Ok(())
    }
    async fn copied(ctx: Context, parts: u64) -> Result<String, WorkflowError> {
        let options = ActivityOptions::start_to_close(mins(1));
        ctx.with_activity_options(options).execute(COPY, parts / 300).await?;
        Ok("copied".to_owned())
    }
    let scenario =
        scenario("night-8").workflow(BUY, copied).activity(COPY, copy).fake(Target::default).check(
            check::never("a part twice", |outcome| {
                let parts = outcome.fake::<Target>()?.0.lock().unwrap().clone();
                let again = (1..parts.len()).find(|&at| parts[..at].contains(&parts[at]))?;
                let finding = Finding::from(format!("part {} was copied again", parts[again]));
                let finding = finding.at_call(outcome.calls(COPY).last()?, outcome);
                Some(finding.with_detail(format!("parts in order: {parts:?}")))
            }),
        );
    insta::assert_snapshot!(explored(&scenario));
}

/// Sends a parcel, and does not care what becomes of it.
async fn sent(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
    let options = ChildOptions::new().with_id("parcel-7");
    let _whatever = ctx.with_child_options(options).execute_child(PARCEL, cents).await;
    Ok("sent".to_owned())
}

async fn parcel(ctx: Context, cents: u64) -> Result<(), WorkflowError> {
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    let options = ActivityOptions::start_to_close(secs(10)).with_retry_policy(once);
    ctx.with_activity_options(options).execute(RESERVE, cents).await
}

#[test]
fn a_child_that_fails_unheard() {
    let scenario = scenario("night-9")
        .workflow(BUY, sent)
        .workflow(PARCEL, parcel)
        .stub(RESERVE, Stub::returns(()).after(secs(1)))
        .check(check::never("a lost parcel", |outcome| {
            outcome.main().filter(|main| main.status == Status::Completed)?;
            let mut parcels = outcome.children().map(|child| child.execution);
            let parcel = parcels.find(|parcel| parcel.status == Status::Failed)?;
            let headline = format!("{} failed, and Buy completed", parcel.workflow_id);
            Some(Finding::from(headline).at_close(parcel, outcome))
        }));
    insta::assert_snapshot!(explored(&scenario));
}

/// Reminds after a minute, whether it was paid or not.
async fn reminded(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let reminder = ctx.timer(secs(15));
    let charged = ctx.execute(CHARGE, cents).await?;
    reminder.await?;
    Ok(charged)
}

#[test]
fn a_timer_that_fires_after_what_it_is_for() {
    let scenario = purchase("night-10").workflow(BUY, reminded).check(check::never(
        "a reminder too early",
        |outcome| {
            let timer = outcome.timers().find(|it| matches!(it.end, Some(TimerEnd::Fired(_))))?;
            outcome.calls(CHARGE).find(|call| call.attempt > 1)?;
            let finding = Finding::from("the reminder fired while Charge was tried again");
            Some(finding.with_events([timer.started.0]).about("reminder"))
        },
    ));
    insta::assert_snapshot!(explored(&scenario));
}

#[test]
fn what_had_not_come_when_all_was_over() {
    async fn told(ctx: Context, cents: u64) -> Result<String, WorkflowError> {
        let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
        let charged = ctx.execute(CHARGE, cents).await?;
        ctx.execute(NOTIFY, ()).await?;
        Ok(charged)
    }
    let heard = check::eventually("the customer hears of it", |outcome| {
        outcome.calls(NOTIFY).any(|call| call.returned::<()>().is_some())
    });
    let scenario = purchase("night-11")
        .workflow(BUY, told)
        .stub(NOTIFY, Stub::returns(()))
        .check(check::if_canceled(heard));
    insta::assert_snapshot!(report(&scenario.try_sweep().expect_err("a mistake")));
}

#[test]
fn two_mistakes_in_one_run() {
    let twice = check::always("one charge", |outcome| {
        let booked = outcome.fake::<Bank>().expect("a bank").0.lock().unwrap().len();
        if booked > 1 { Err(format!("the bank has booked {booked} charges")) } else { Ok(()) }
    });
    let scenario = purchase("night-12")
        .check(twice)
        .check(check::status_in([Status::Completed]))
        .check(check::ends_within(secs(5)));
    // With this seed the first run in which something is found has both.
    insta::assert_snapshot!(explored_as(&scenario, Exploration::new(2_000).with_seed(8)));
}
