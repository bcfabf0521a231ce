//! Pairs: none is left out, none is made twice, and what is merged is the same as something that was run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rehearsal_engine::{
    ActivityContext, ActivityFuture, ChoiceKey, ChoiceKind, Chooser, Options, Outcome, Patience,
    Place, Scenario, StartOptions, Tape, World,
};
use rehearsal_explore::{
    Choices, Observer, PairSweep, Sweep, Unobserved, sweep, sweep_faults, sweep_pairs,
};
use rehearsal_history::{History, Payloads};
use rehearsal_workflow::{Activity, ActivityOptions, Context, Workflow, WorkflowError, definition};

const ORDER: Workflow<(), ()> = Workflow::new("Order");
const PACK: Activity<(), ()> = Activity::new("Pack");

async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(Duration::from_secs(10));
    let ctx = ctx.with_activity_options(options.with_wait_for_cancellation());
    ctx.execute(PACK, ()).await
}

fn scenario() -> Scenario {
    let pack = |ctx: ActivityContext, _: Option<Payloads>| -> ActivityFuture {
        Box::pin(async move {
            ctx.sleep(Duration::from_secs(2)).await;
            Ok(None)
        })
    };
    let client = |world: &mut World| {
        let options = StartOptions::new(ORDER.name(), "order-7");
        world.start_workflow(options).map(drop).map_err(|error| error.to_string())
    };
    Scenario::new("order")
        .with_workflow(definition(ORDER, order))
        .with_activity(PACK.name(), Arc::new(pack))
        .with_client(Arc::new(client))
}

fn pairs(most: usize, threads: usize) -> PairSweep {
    PairSweep { most, threads: NonZeroUsize::new(threads).expect("a thread"), firsts: None }
}

/// What a run did, as a text that says all that checks look at.
fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    for execution in &outcome.executions {
        text += &History::new(execution.history.clone()).expect("a history").to_json();
    }
    let record = &outcome.record;
    let did = format!("{:?}{:?}{:?}", record.calls, record.heartbeats, record.strikes);
    text += &did;
    // But for what the code waited for at that moment: the step between may be one of its own.
    let cancels = record.cancels.iter().map(|cancel| (cancel.at, &cancel.run_id));
    text + &format!("{:?}", cancels.collect::<Vec<_>>())
}

/// Every run, by its tape.
#[derive(Default)]
struct Keeper(Mutex<BTreeMap<String, String>>);

impl Observer for Keeper {
    fn ended(&self, choices: &Choices, outcome: &Outcome) {
        let Choices::Tape(tape) = choices else { return };
        let again = self.0.lock().expect("no run panics").insert(tape.to_string(), text(outcome));
        assert_eq!(again, None, "{tape} is run twice");
    }
}

/// Answers as a tape, and remembers in which order it did.
struct InOrder {
    tape: Tape,
    struck: Rc<RefCell<Vec<(ChoiceKey, usize)>>>,
}

impl Chooser for InOrder {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        let (answer, most) = (self.tape.choose(key, options), options.count());
        if (1..most).contains(&answer) {
            self.struck.borrow_mut().push((key, answer));
        }
        answer
    }
}

/// A run, and what struck in it, in order.
struct Ran {
    outcome: Outcome,
    struck: Vec<(ChoiceKey, usize)>,
}

fn run(tape: &Tape) -> Ran {
    let struck = Rc::default();
    let chooser = InOrder { tape: tape.clone(), struck: Rc::clone(&struck) };
    let outcome = scenario().run(Box::new(chooser), Patience::MustEnd);
    Ran { outcome, struck: struck.take() }
}

/// All answers to the questions that a run was asked, tried one by one: whatever it is not asked leaves no trace. Left out is
/// what a sweep does not try: a cancel together with the next step, where that makes no task necessary or there was a
/// cancel before.
fn struck_once_more(first: &Ran) -> impl Iterator<Item = Ran> + '_ {
    let of_sweeps = |kind: &ChoiceKind| {
        kind.is_fault() || [ChoiceKind::Cancel, ChoiceKind::Crash, ChoiceKind::Evict].contains(kind)
    };
    let Ran { outcome: Outcome { record, tape, .. }, struck } = first;
    let kinds = record.asked.iter().filter(move |(kind, _)| of_sweeps(kind));
    let keys = kinds.flat_map(|(&kind, &asked)| {
        (0..asked).map(move |nth| ChoiceKey { kind, execution: 0, nth })
    });
    let answers = keys.flat_map(|key| (1..5).map(move |answer| (key, answer)));
    answers.filter_map(move |(key, answer)| {
        let point = record.point(0, key.nth).filter(|_| key.kind == ChoiceKind::Cancel);
        let joins = point.is_none_or(|it| it.joins && it.place != Place::SecondRequest);
        let ran = (answer != 2 || joins).then(|| run(&tape.clone().with(key, answer)))?;
        // What comes before is met from the other side.
        let behind = ran.struck.len() == struck.len() + 1 && ran.struck.starts_with(struck);
        behind.then_some(ran)
    })
}

#[test]
fn a_counter_that_tries_all_answers_comes_to_the_same_pairs() {
    let keeper = Keeper::default();
    let swept = sweep_pairs(&scenario(), &[], pairs(usize::MAX, 2), &keeper);
    let pairs = swept.pairs.as_ref().expect("they were asked for");
    assert!(pairs.failed.is_empty() && swept.baseline.findings.is_empty());
    let made = keeper.0.into_inner().expect("no run panics");
    let of_length = |entries| {
        made.keys()
            .filter(move |tape| tape.split(',').filter(|it| !it.is_empty()).count() == entries)
    };

    let calm = run(&Tape::calm());
    let firsts: Vec<Ran> = struck_once_more(&calm).collect();
    let once: BTreeSet<String> = firsts.iter().map(|ran| ran.outcome.tape.to_string()).collect();
    assert_eq!(once, of_length(1).cloned().collect());
    assert_eq!(swept.runs.len() + swept.faults().count(), once.len());

    // Two faults are no pair: one of the two is a cancel.
    let is_cancel = |(key, _): &(ChoiceKey, usize)| key.kind == ChoiceKind::Cancel;
    let twice: BTreeMap<String, Outcome> = firsts
        .iter()
        .flat_map(struck_once_more)
        .filter(|ran| ran.struck.iter().any(is_cancel))
        .map(|ran| (ran.outcome.tape.to_string(), ran.outcome))
        .collect();
    let merged: usize = pairs.rows.iter().map(|row| row.merged).sum();
    let unknown: Vec<&String> = of_length(2).filter(|tape| !twice.contains_key(*tape)).collect();
    assert!(unknown.is_empty(), "no such pairs: {unknown:?}");
    assert_eq!(twice.len(), pairs.made + merged);
    assert!(merged > 0);

    // What was not run is the same as something that was.
    let texts: BTreeSet<&str> = made.values().map(String::as_str).collect();
    for (tape, outcome) in twice.iter().filter(|(tape, _)| !made.contains_key(*tape)) {
        assert!(texts.contains(&*text(outcome)), "nothing is the same as {tape}");
    }
}

/// What a sweep came to, in lines.
fn lines(sweep: &Sweep) -> String {
    let pairs = sweep.pairs.as_ref().expect("they were asked for");
    let rows: Vec<String> = pairs.rows.iter().map(|row| format!("{row:?}\n")).collect();
    format!("{} of {}\n{}", pairs.made, pairs.of, rows.concat())
}

#[test]
fn pairs_are_the_same_on_any_number_of_threads() {
    let sweep = |threads| lines(&sweep_pairs(&scenario(), &[], pairs(300, threads), &Unobserved));
    let one = sweep(1);
    assert!(one.starts_with("300 of "), "{one}");
    assert_eq!(one, sweep(2));
    assert_eq!(one, sweep(5));
}

#[test]
fn a_sweep_strikes_only_where_it_is_asked_to() {
    let calm = sweep(&scenario(), &[], &Unobserved);
    assert!(calm.faults.is_none() && calm.pairs.is_none());
    let faults = sweep_faults(&scenario(), &[], &Unobserved);
    assert_eq!(faults.runs.len(), calm.runs.len());
    assert!(faults.faults().count() > 10 && faults.pairs.is_none());
    let kinds: Vec<String> =
        faults.fault_rows().iter().map(|row| format!("{} {}", row.kind, row.runs)).collect();
    insta::assert_snapshot!(kinds.join(", "), @"evict 1, crash 2, die 3, report 4, fail 1, slow 2, away 3, stall 2");
    let none = sweep_faults(&scenario().with_no_faults(), &[], &Unobserved);
    assert!(none.faults().all(|run| !run.key.kind.is_fault()));
}
