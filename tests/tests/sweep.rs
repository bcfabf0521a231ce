//! The sweep: every kind of cancellation point is there, none is left out, and a counter that knows nothing of the
//! sweep counts the same.

use std::collections::BTreeMap;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChoiceKind, Context, EventKind,
    Place, Report, RetryPolicy, Scenario, Signal, Stub, WorkerSpec, Workflow, WorkflowError, check,
    millis, secs,
};

const ORDER: Workflow<(), String> = Workflow::new("Order");
const PACK: Activity<(), ()> = Activity::new("Pack");
const CHARGE: Activity<(), ()> = Activity::new("Charge");
const SHIP: Activity<(), u32> = Activity::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const APPROVE: Signal<String> = Signal::new("approve");

/// Goes through every state in which a cancel can strike: an activity that waits for its worker, one in backoff, one
/// that heartbeats, a timer, a signal.
async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.with_heartbeat(secs(5)));
    let outcome = steps(&ctx).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    outcome
}

async fn steps(ctx: &Context) -> Result<String, WorkflowError> {
    ctx.with_task_queue("warehouse").execute(PACK, ()).await?;
    let retried = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
    let options = ActivityOptions::start_to_close(secs(30))
        .with_retry_policy(retried)
        .with_wait_for_cancellation();
    ctx.with_activity_options(options).execute(CHARGE, ()).await?;
    let approvals = ctx.signals(APPROVE);
    ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
    ctx.sleep(secs(2)).await?;
    let parcels = ctx.execute(SHIP, ()).await?;
    Ok(format!("{parcels} parcels"))
}

async fn ship(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    for parcel in 0..2 {
        ctx.heartbeat(parcel);
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(2)
}

fn scenario() -> Scenario {
    Scenario::new("order")
        .worker(WorkerSpec::new("main"))
        .worker(WorkerSpec::new("warehouse").from(secs(2)))
        .workflow(ORDER, order)
        .stub(PACK, Stub::returns(()).after(secs(1)))
        .stub(CHARGE, Stub::fails(ActivityError::from("busy")).then(Stub::returns(())))
        .activity(SHIP, ship)
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(millis(7500));
            // Refused when the workflow has been canceled and is closed by now.
            let _answer = world.signal(&order, APPROVE, "ada".to_owned());
        })
        .check(check::cleanup_iff_canceled(REFUND))
        .check(check::skipped_reported_as_canceled())
}

#[test]
fn every_kind_of_point_is_swept() {
    let report = scenario().sweep();
    insta::assert_snapshot!(report.table());

    let swept: Vec<Place> =
        Place::ALL.into_iter().filter(|place| swept(&report).contains_key(place)).collect();
    assert_eq!(swept, Place::ALL);
}

/// How many runs the sweep made for each kind of point.
fn swept(report: &Report) -> BTreeMap<Place, usize> {
    let mut counts = BTreeMap::new();
    for (place, _) in report.runs() {
        *counts.entry(place).or_default() += 1;
    }
    counts
}

#[test]
fn the_sweep_makes_as_many_runs_as_a_counter_finds_points_in_the_record() {
    let report = scenario().sweep();
    let record = &report.baseline().record;

    let mut counted: BTreeMap<Place, usize> = BTreeMap::new();
    for point in &record.points {
        *counted.entry(point.place).or_default() += 1;
        *counted.entry(Place::WithJobBefore).or_default() += usize::from(point.joins);
    }
    // Second requests are injected into a run that is canceled already: they are not points of the baseline.
    let mut made = swept(&report);
    made.remove(&Place::SecondRequest);
    assert_eq!(made, counted);

    // What is known without any record: a point before each step, one at each rest, one after the end.
    assert!(record.points.len() as u64 > record.steps);
}

/// What each fault may hit (`docs/fault-model.md`), counted in the history and the record of the baseline.
#[test]
fn each_single_fault_is_swept_as_often_as_a_counter_finds_something_that_it_can_hit() {
    let report = scenario().sweep_faults();
    let baseline = report.baseline();
    let history = &baseline.main().unwrap().history;
    let events = |is: fn(&EventKind) -> bool| history.iter().filter(|it| is(&it.kind)).count();
    let before = |what| baseline.record.points.iter().filter(|point| point.before == what).count();
    let tasks = events(|kind| matches!(kind, EventKind::WorkflowTaskStarted(_)));
    let calls = baseline.record.calls.len();
    let signals = events(|kind| matches!(kind, EventKind::WorkflowExecutionSignaled(_)));
    let last_allowed = |call: &&rehearsal::Call| call.activity == "Charge" && call.attempt == 3;
    let counted = BTreeMap::from([
        // The first task finds no workflow in the cache; all others do.
        (ChoiceKind::Evict, tasks - 1),
        (ChoiceKind::Crash, tasks),
        (ChoiceKind::Die, before("activity code runs") + before("an activity's end is reported")),
        // Lost, twice, at the deadline, late.
        (ChoiceKind::Report, calls * 4),
        (ChoiceKind::Beat, baseline.record.heartbeats.len()),
        (ChoiceKind::Fail, calls - baseline.record.calls.iter().filter(last_allowed).count()),
        // Slow, hung.
        (ChoiceKind::Slow, calls * 2),
        // Twice, late, behind the cancel, before it.
        (ChoiceKind::Signal, signals * 4),
        (ChoiceKind::Reply, signals),
        (ChoiceKind::Away, tasks + calls),
        (ChoiceKind::Stall, tasks),
    ]);

    let mut swept = BTreeMap::<ChoiceKind, usize>::new();
    for outcome in report.faults() {
        let [(key, _)] = outcome.tape.iter().collect::<Vec<_>>()[..] else {
            panic!("one fault strikes, and nothing else: {}", outcome.tape)
        };
        *swept.entry(key.kind).or_default() += 1;
    }
    assert_eq!(swept, counted);
    insta::assert_snapshot!(report.table());
}

#[test]
fn a_cancel_with_another_job_is_told_in_one_task_with_it() {
    let report = scenario().sweep();
    let mut jobs = Vec::new();
    for (_, outcome) in report.runs().filter(|(place, _)| *place == Place::WithJobBefore) {
        let kinds = outcome.main().unwrap().history.iter().map(|event| &event.kind);
        let mut from_cancel = kinds
            .skip_while(|kind| !matches!(kind, EventKind::WorkflowExecutionCancelRequested(_)));
        // The cancel and the workflow task that it makes necessary; then the job, and only then the task starts.
        let job = from_cancel.nth(2).unwrap();
        assert!(!matches!(job, EventKind::WorkflowTaskStarted(_)), "the cancel comes alone");
        jobs.push(job.name());
    }
    assert_eq!(
        jobs,
        ["ActivityTaskStarted", "ActivityTaskStarted", "TimerFired", "ActivityTaskStarted"]
    );
}

#[test]
fn canceling_at_a_point_does_not_change_what_happened_before_it() {
    let report = scenario().sweep();
    let baseline = &report.baseline().record;
    for (place, outcome) in report.runs().filter(|(place, _)| *place != Place::SecondRequest) {
        let shared = outcome
            .record
            .points
            .iter()
            .zip(&baseline.points)
            .take_while(|(a, b)| a.at == b.at)
            .count();
        assert!(shared > 0, "{place:?} shares nothing with the baseline");
    }
}

/// Ends by itself. Canceled while it packs, it cleans up for 3 s, and may be canceled once more meanwhile.
async fn ends_by_itself(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let packed = ctx.execute(PACK, ()).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed.map(|()| "packed".to_owned())
}

/// The run that is canceled last is canceled too late. A second cancel matters where cleanup runs: in every way in which
/// a first one ends there is a canceled run whose every point is tried.
#[test]
fn a_second_cancel_strikes_wherever_a_first_one_leads() {
    let scenario = Scenario::new("ends-by-itself")
        .workflow(ORDER, ends_by_itself)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()).after(secs(3)))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND));
    let report = scenario.sweep();
    insta::assert_snapshot!(report.table());

    let cancels = |outcome: &rehearsal::Outcome| -> Vec<(u32, usize)> {
        outcome.tape.iter().map(|(key, answer)| (key.nth, answer)).collect()
    };
    let twice: Vec<&rehearsal::Outcome> = report
        .runs()
        .filter(|(place, _)| *place == Place::SecondRequest)
        .map(|(_, outcome)| outcome)
        .collect();
    let refunding = twice.iter().filter(|outcome| {
        let second = &outcome.record.points[cancels(outcome)[1].0 as usize];
        let mut calls = outcome.calls(REFUND);
        calls.any(|call| call.started <= second.at && call.ended.is_some_and(|end| second.at < end))
    });
    assert!(refunding.count() >= 10, "few second cancels strike while cleanup runs");

    // Each canceled run that was chosen is tried at every point behind its cancel.
    let mut of_first = BTreeMap::<(u32, usize), Vec<u32>>::new();
    for outcome in &twice {
        let [first, (second, _)] = cancels(outcome)[..] else {
            panic!("not two: {}", outcome.tape)
        };
        of_first.entry(first).or_default().push(second);
    }
    for (first, seconds) in of_first {
        assert!(seconds.is_sorted_by(|a, b| a + 1 == *b), "{first:?}: {seconds:?}");
    }
}
