//! Faults that are not the workflow's: workers that die, forget, are too late or are away. A sound workflow is silent in
//! every such run, and one that is wrong is still found.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChoiceKey, ChoiceKind, ChosenBy,
    ClientError, Code, Context, EventKind, Exploration, Handle, Outcome, Query, Scenario, Signal,
    StartOptions, Status, Stub, Tape, Update, WorkerSpec, Workflow, WorkflowError,
    WorkflowIdConflictPolicy, World, mins, secs,
};

const NAP: Workflow<(), ()> = Workflow::new("Nap");
const CHARGE: Activity<(), ()> = Activity::new("Charge");

async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(2)).await?;
    ctx.sleep(secs(2)).await
}

/// Two sleeps; the first ends while nobody is there, from 5 s to 60 s.
fn gap() -> Scenario {
    Scenario::new("gap")
        .workflow(NAP, |ctx: Context, ()| async move {
            ctx.sleep(secs(10)).await?;
            ctx.sleep(secs(10)).await
        })
        .worker(WorkerSpec::new("main").until(secs(5)))
        .worker(WorkerSpec::new("main").from(secs(60)))
        .client(|world| {
            world.start(NAP, "nap-1", ());
        })
}

fn napping() -> Scenario {
    Scenario::new("napping").workflow(NAP, nap).client(|world| {
        world.start(NAP, "nap-1", ());
    })
}

fn times_out(outcome: &Outcome) -> usize {
    let main = outcome.main().expect("it is started");
    let timed_out = |kind: &EventKind| matches!(kind, EventKind::WorkflowTaskTimedOut(_));
    main.history.iter().filter(|event| timed_out(&event.kind)).count()
}

/// A worker that takes a task which has gone back to the queue meanwhile is refused, and forgets nothing over it.
#[test]
fn a_stale_task_does_not_evict() {
    // Before, the eviction struck at the stale task, and the part of the history that was in hand continued nothing.
    let tape: Tape = "next.0.0=1,next.0.1=1,cancel.0.14=1,evict.0.0=1".parse().unwrap();
    let outcome = gap().try_run(&tape.loose()).unwrap();
    assert_eq!(outcome.main().map(|main| main.status), Some(Status::Canceled));

    for seed in [2, 3] {
        gap().try_explore(Exploration::new(2_000).with_seed(seed)).unwrap();
    }
}

/// Strikes at each of the first questions of a kind.
fn in_a_row(kind: ChoiceKind, count: u32) -> Tape {
    (0..count).map(|nth| (ChoiceKey { kind, execution: 0, nth }, 1)).collect()
}

#[test]
fn a_worker_that_dies_again_and_again_is_no_fault_of_the_workflow() {
    let outcome = napping().try_run(&in_a_row(ChoiceKind::Crash, 8)).unwrap();
    assert_eq!(outcome.main().map(|main| main.status), Some(Status::Completed));
    // 8 deaths, each of which the service notices after 10 s.
    assert!(outcome.record.steps > 8 && outcome.main().unwrap().history.len() > 11);
}

#[test]
fn a_worker_that_is_too_late_again_and_again_is_no_fault_of_the_workflow() {
    let late = (1..=7).fold(napping(), |scenario, task| scenario.hold(task, secs(11)));
    let outcome = late.try_run(&Tape::calm()).unwrap();
    assert_eq!(outcome.main().map(|main| main.status), Some(Status::Completed));
    assert!(times_out(&outcome) > 0);
}

/// An activity without any timeout: the server refuses it each time.
async fn wrong(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.execute(CHARGE, ()).await
}

#[test]
fn a_workflow_that_fails_each_time_is_stuck_whatever_happens_between() {
    let wrong = Scenario::new("wrong").workflow(NAP, wrong).stub(CHARGE, Stub::returns(())).client(
        |world| {
            world.start(NAP, "nap-1", ());
        },
    );
    let takes = |tape: &Tape| -> Duration {
        let failure = wrong.try_run(tape).unwrap_err();
        assert_eq!(failure.findings()[0].code, Code::StuckTask, "{failure}");
        let outcome = failure.outcome().unwrap();
        outcome.record.points.last().map_or(Duration::ZERO, |point| point.at)
    };
    let calm = takes(&Tape::calm());
    let struck = Tape::calm().with(ChoiceKey { kind: ChoiceKind::Crash, execution: 0, nth: 1 }, 1);
    assert!(takes(&struck) > calm, "the death of a worker is an attempt more");
}

/// Chance strikes twice at most, so that no run is about nothing but workers that die.
#[test]
fn random_runs_of_a_sound_workflow_are_silent() {
    let scenario = napping()
        .workflow(NAP, |ctx: Context, ()| async move {
            let options = ActivityOptions::start_to_close(secs(10));
            let slept = ctx.sleep(secs(1)).await;
            ctx.disconnected().with_activity_options(options).execute(CHARGE, ()).await?;
            slept
        })
        .stub(CHARGE, Stub::returns(()).after(secs(1)));
    let explored = scenario.try_explore(Exploration::new(5_000)).unwrap();
    let is_crash = |(key, _): &(ChoiceKey, usize)| key.kind == ChoiceKind::Crash;
    let crashes = explored.runs().map(|(tape, _)| tape.iter().filter(is_crash).count());
    assert_eq!(crashes.max(), Some(2));
}

/// Charges, with a heartbeat in the middle; tried again after 10 s.
fn charging() -> Scenario {
    let charge = |ctx: ActivityContext, (): ()| async move {
        ctx.heartbeat(1);
        ctx.sleep(secs(1)).await;
        Ok::<(), ActivityError>(())
    };
    napping().activity(CHARGE, charge).workflow(NAP, |ctx: Context, ()| async move {
        let options = ActivityOptions::start_to_close(secs(10)).with_heartbeat(secs(5));
        ctx.with_activity_options(options).execute(CHARGE, ()).await
    })
}

/// What one fault does: its words, how long the run takes, and what each attempt came to.
fn struck(tape: &str) -> String {
    let outcome = charging().try_run(&tape.parse().expect("a tape")).expect("nothing is found");
    let main = outcome.main().expect("it is started");
    assert_eq!(main.status, Status::Completed, "{tape}");
    let [strike] = outcome.record.strikes.as_slice() else { panic!("{tape} strikes once") };
    let took =
        main.history.last().map_or(Duration::ZERO, |last| last.time.since(outcome.record.began));
    let calls: Vec<String> = outcome
        .calls(CHARGE)
        .map(|call| match (call.ended, call.lost) {
            (Some(_), Some(_)) => "ended and lost".to_owned(),
            (Some(_), None) => "ended".to_owned(),
            (None, Some(_)) => "lost".to_owned(),
            (None, None) => "runs".to_owned(),
        })
        .collect();
    format!("{}\n  {took:?}: {}", strike.what, calls.join(", "))
}

/// The service knows nothing of what is lost: the heartbeat timeout tells it, 5 s after the last heartbeat that came, and
/// the next attempt follows after 1 s (T-2, T-4). Where the worker died, the workflow's next task waits 5 s more in the
/// sticky queue of the process that died (W-9).
#[test]
fn each_fault_does_what_it_says() {
    let tapes = [
        "die.0.0=1",
        "die.0.1=1",
        "die.0.2=1",
        "report.0.0=1",
        "report.0.0=2",
        "report.0.0=3",
        "report.0.0=4",
        "beat.0.0=1",
        "fail.0.0=1",
        "slow.0.0=1",
        "slow.0.0=2",
        "away.0.0=1",
        "away.0.1=1",
        "away.0.2=1",
        "stall.0.0=1",
    ];
    let told: Vec<String> = tapes.into_iter().map(struck).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    the worker died in activity Charge, attempt 1, before its code ran
      12s: lost, ended
    the worker died in activity Charge, attempt 1, while its code ran
      13s: lost, ended
    the worker died in activity Charge, attempt 1, after it had ended and before it said so
      13s: ended and lost, ended
    the end of activity Charge, attempt 1, was lost on its way to the service
      8s: ended and lost, ended
    the end of activity Charge, attempt 1, came to the service twice
      1s: ended
    the end of activity Charge, attempt 1, came at the very instant of its deadline
      5s: ended
    the end of activity Charge, attempt 1, came after its deadline
      8s: ended and lost, ended
    a heartbeat of activity Charge, attempt 1, was lost on its way
      1s: ended
    activity Charge, attempt 1, failed instead of running its code
      2s: ended, ended
    activity Charge, attempt 1, began when half of its time was over
      3.5s: ended
    activity Charge, attempt 1, hung: its code never ran, and its slot stayed taken
      7s: lost, ended
    worker-1 was away for 20s, and nobody polled for it
      21s: ended
    worker-1 was away for 20s, and nobody polled for it
      21s: ended
    worker-1 was away for 20s, and nobody polled for it
      21s: ended
    worker-1 answered a workflow task when that had timed out
      12s: ended
    ");
}

#[test]
fn a_scenario_without_faults_asks_for_none_and_refuses_them() {
    let calm = charging().without_faults();
    let explored = calm.try_explore(Exploration::new(200)).unwrap();
    assert!(explored.runs().all(|(tape, _)| tape.iter().all(|(key, _)| !key.kind.is_fault())));
    let refused = calm.try_run(&"die.0.0=1".parse().unwrap()).unwrap_err();
    assert_eq!(refused.findings()[0].code, Code::Setup);

    let random = Exploration::new(200).with_only(ChosenBy::Random);
    let explored = charging().try_explore(random).unwrap();
    let faults = |tape: &Tape| tape.iter().filter(|(key, _)| key.kind.is_fault()).count();
    let most = explored.runs().map(|(tape, _)| faults(tape)).max();
    assert_eq!(most, Some(2));
}

/// An attempt that hangs leaves others a slot: with one slot none does, with two one does, until its worker dies.
#[test]
fn an_attempt_that_hangs_keeps_its_slot_and_is_not_the_last_that_can_run() {
    let slots = |slots| charging().worker(WorkerSpec::new("main").with_activity_slots(slots));
    let hung = |slots: Scenario, tape: &str| -> Vec<bool> {
        let tape: Tape = tape.parse().expect("a tape");
        let outcome = slots.try_run(&tape.loose()).expect("nothing is found");
        outcome.calls(CHARGE).map(|call| call.hung).collect()
    };
    assert_eq!(hung(slots(1), "slow.0.0=2"), [false]);
    assert_eq!(hung(slots(2), "slow.0.0=2,slow.0.1=2"), [true, false]);
    assert_eq!(hung(slots(3), "slow.0.0=2,slow.0.1=2,slow.0.2=2"), [true, true, false]);
    // The worker dies behind the second attempt, with the slot of the first.
    let all = "slow.0.0=2,die.0.2=1,slow.0.2=2";
    assert_eq!(hung(slots(2), all), [true, false, true, false]);
}

/// Which workers took the attempts of a run in which the first dies and never comes back.
fn took(scenario: &Scenario) -> Vec<String> {
    let tape: Tape = "die.0.0=1,back.0.0=2".parse().expect("a tape");
    let outcome = scenario.try_run(&tape.loose()).expect("nothing is found");
    assert_eq!(outcome.main().map(|main| main.status), Some(Status::Completed));
    outcome.calls(CHARGE).map(|call| call.worker.to_string()).collect()
}

#[test]
fn a_worker_stays_away_for_ever_only_where_another_does_its_work() {
    let main = || WorkerSpec::new("main");
    assert_eq!(took(&charging().worker(main()).worker(main())), ["worker-1", "worker-2"]);
    let again = ["worker-1", "worker-1"];
    assert_eq!(took(&charging()), again);
    // The other one has an end, or takes no workflow tasks.
    assert_eq!(took(&charging().worker(main()).worker(main().until(mins(9)))), again);
    assert_eq!(took(&charging().worker(main()).worker(main().no_workflows())), again);
}

const GO: Signal<()> = Signal::new("go");

/// Counts the signals of ten seconds; one is sent after the first.
fn counting() -> Scenario {
    const COUNT: Workflow<(), u32> = Workflow::new("Count");
    let count = |ctx: Context, ()| async move {
        let signals = ctx.signals(GO);
        let slept = ctx.sleep(secs(10)).await;
        let mut count = 0;
        while signals.try_recv().is_some() {
            count += 1;
        }
        slept.map(|()| count)
    };
    Scenario::new("counting").workflow(COUNT, count).client(|world| {
        let count = world.start(COUNT, "count-1", ());
        world.advance(secs(1));
        world.signal(&count, GO, ()).expect("it sleeps");
    })
}

/// What a fault of the signal did: its words, and what came to the workflow when.
fn told(tape: &str) -> String {
    let outcome = counting().try_run(&tape.parse().expect("a tape")).expect("nothing is found");
    let [strike] = outcome.record.strikes.as_slice() else { panic!("{tape} strikes once") };
    let main = outcome.main().expect("it is started");
    let told = main.history.iter().filter_map(|event| {
        let what = match event.kind {
            EventKind::WorkflowExecutionSignaled(_) => "signal",
            EventKind::WorkflowExecutionCancelRequested(_) => "cancel",
            EventKind::WorkflowTaskScheduled(_) => "task",
            _ => return None,
        };
        Some(format!("{what} {:?}", event.time.since(outcome.record.began)))
    });
    format!("{}\n  {:?}: {}", strike.what, main.status, told.collect::<Vec<_>>().join(", "))
}

#[test]
fn a_signal_comes_twice_late_or_with_the_cancel() {
    let tapes = ["signal.0.0=1", "signal.0.0=2", "signal.0.0=3", "signal.0.0=4"];
    insta::assert_snapshot!(tapes.map(told).join("\n"), @"
    the signal go came twice
      Completed: task 0ns, signal 1s, task 1s, signal 1s, task 10s
    the signal go came 5s late
      Completed: task 0ns, signal 6s, task 6s, task 10s
    canceled right before the signal go, in one workflow task
      Canceled: task 0ns, cancel 1s, task 1s, signal 1s
    canceled right after the signal go, in one workflow task
      Canceled: task 0ns, signal 1s, task 1s, cancel 1s
    ");
}

/// Waits for two signals. What becomes of the first is up to the script.
fn pairing(script: fn(&mut World, &Handle)) -> Scenario {
    const PAIR: Workflow<(), ()> = Workflow::new("Pair");
    let pair = |ctx: Context, ()| async move {
        ctx.signals(GO).recv().await;
        ctx.signals(GO).recv().await;
        Ok::<(), WorkflowError>(())
    };
    Scenario::new("pairing").workflow(PAIR, pair).client(move |world| {
        let pair = world.start(PAIR, "pair-1", ());
        world.advance(secs(1));
        script(world, &pair);
    })
}

/// How a run ends in which the client is not told that its first signal was taken, and how many signals came.
fn unanswered(script: fn(&mut World, &Handle)) -> (Status, usize) {
    let tape: Tape = "reply.0.0=1".parse().expect("a tape");
    let outcome = pairing(script).try_run(&tape).expect("nothing is found");
    let [strike] = outcome.record.strikes.as_slice() else { panic!("it strikes once") };
    assert_eq!(
        strike.what.to_string(),
        "the client was told that its deadline had passed, though its signal go was taken"
    );
    (outcome.main().expect("it is started").status, outcome.signals(GO).count())
}

#[test]
fn a_client_that_is_not_answered_may_ask_again_or_leave_and_what_waits_for_it_is_no_hang() {
    assert_eq!(
        unanswered(|world, pair| while world.signal(pair, GO, ()).is_err() {}),
        (Status::Completed, 2),
        "sent again, which is one too many"
    );
    assert_eq!(
        unanswered(|world, pair| {
            world.signal(pair, GO, ()).expect("a client that dies of it");
            world.signal(pair, GO, ()).expect("never sent");
        }),
        (Status::Running, 1)
    );
    assert_eq!(
        unanswered(|world, pair| {
            let refused = world.signal(pair, GO, ()).expect_err("it is not answered");
            assert_eq!(refused, ClientError::DeadlineExceeded);
            world.cancel(pair).expect("it is open");
            world.terminate(pair, "withdrawn").expect("it is open");
        }),
        (Status::Terminated, 1)
    );
}

#[test]
fn a_client_is_not_told_that_what_it_sent_with_a_start_was_taken() {
    const ADD: Update<u32, u32> = Update::new("add");
    let options = || StartOptions {
        id_conflict_policy: WorkflowIdConflictPolicy::UseExisting,
        ..StartOptions::new(NAP.name(), "nap-1")
    };
    let adding = |ctx: Context, ()| async move {
        ctx.on_update(ADD, |_ctx, n| async move { Ok(n) }).await;
        ctx.signals(GO).recv().await;
        Ok::<(), WorkflowError>(())
    };
    let scenario = napping().workflow(NAP, adding).client(move |world| {
        let updated = world.update_with_start(options(), ADD, 1).expect_err("it is not answered");
        assert_eq!(updated, ClientError::UpdateTimeout);
        let signaled = world.signal_with_start(options(), GO, ()).expect_err("it is not answered");
        assert_eq!(signaled, ClientError::DeadlineExceeded);
    });
    let tape: Tape = "reply.0.0=1,reply.0.1=1".parse().expect("a tape");
    let outcome = scenario.try_run(&tape).expect("nothing is found");
    let [execution] = outcome.executions.as_slice() else { panic!("it is started once") };
    assert_eq!(execution.status, Status::Completed);
    let told: Vec<String> =
        outcome.record.strikes.iter().map(|strike| strike.what.to_string()).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    the client was told that its deadline had passed, though its update-with-start add was taken
    the client was told that its deadline had passed, though its signal-with-start go was taken
    ");
}

/// Closes after a second, unless it was poked; the client pokes it while that task is with the worker, so that the task
/// after it finds the poke and, for as long as the worker has it, all other signals are refused (W-13).
fn closing(held: Duration) -> Scenario {
    const CLOSE: Workflow<(), ()> = Workflow::new("Close");
    let close = |ctx: Context, ()| async move {
        let pokes = ctx.signals(GO);
        ctx.sleep(secs(1)).await?;
        if pokes.try_recv().is_some() {
            ctx.sleep(secs(60)).await?;
        }
        while pokes.try_recv().is_some() {}
        Ok::<(), WorkflowError>(())
    };
    let scenario = Scenario::new("closing").workflow(CLOSE, close);
    scenario.hold(2, secs(2)).hold(3, held).client(|world| {
        let mut options = StartOptions::new(CLOSE.name(), "close-1");
        options.task_timeout = Some(secs(60));
        world.start_workflow(options).expect("nothing is in the way");
        world.advance(Duration::from_millis(1500));
        for _ in 0..2 {
            world.signal_workflow("close-1", None, "go", None).expect("it runs");
        }
    })
}

/// How many signals came, of two of which the first is late: it comes while all signals are refused.
fn came(scenario: &Scenario) -> usize {
    let late = "signal.0.0=2".parse().expect("a tape");
    let outcome = scenario.try_run(&late).expect("nothing is found");
    let main = outcome.main().expect("it is started");
    let failed = |kind: &EventKind| matches!(kind, EventKind::WorkflowTaskFailed(_));
    assert_eq!(main.history.iter().filter(|event| failed(&event.kind)).count(), 1);
    let signaled = |kind: &EventKind| matches!(kind, EventKind::WorkflowExecutionSignaled(_));
    main.history.iter().filter(|event| signaled(&event.kind)).count()
}

#[test]
fn a_late_signal_is_sent_again_as_long_as_its_client_would() {
    // Refused from 3 s on; it comes first after 6.5 s, last after 16.5 s.
    assert_eq!(came(&closing(secs(8))), 2);
    assert_eq!(came(&closing(secs(30))), 1);
    // A bare client sends it once.
    assert_eq!(came(&closing(secs(8)).bare_client()), 1);
}

/// A worker that is away when new code takes over is replaced as all others are: it does not come back with old code.
#[test]
fn a_worker_that_is_away_does_not_survive_a_deployment() {
    let scenario = Scenario::new("deployed")
        .workflow(NAP, |ctx: Context, ()| async move {
            ctx.sleep(secs(30)).await?;
            ctx.sleep(secs(30)).await
        })
        .deploy(NAP, |ctx: Context, ()| async move {
            ctx.sleep(secs(30)).await?;
            ctx.sleep(secs(30)).await
        })
        // Without a cache each task goes to the first worker that polls.
        .worker(WorkerSpec::new("main").with_cache(0))
        .worker(WorkerSpec::new("main").with_cache(0))
        .client(|world| {
            world.start(NAP, "nap-1", ());
        });
    let outcome = scenario.try_run(&"away.0.0=1,deploy.0.1=1".parse().unwrap()).unwrap();
    let main = outcome.main().expect("it is started");
    let took: Vec<&str> = main
        .history
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::WorkflowTaskStarted(started) => Some(started.identity.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(took, ["worker-3", "worker-3", "worker-3"]);
}

/// The worker died with the activity in its hands, and the signal puts a workflow task into the sticky queue that died with
/// it. The query finds nobody there and clears it, and the task is given up after 5 s all the same (W-9).
#[test]
fn a_query_does_not_keep_a_task_in_the_queue_of_a_worker_that_died() {
    const STAGE: Query<(), u32> = Query::new("stage");
    let waiting = |ctx: Context, ()| async move {
        ctx.on_query(STAGE, |()| Ok(1));
        let options = ActivityOptions::start_to_close(secs(30));
        let charged = ctx.with_activity_options(options).execute(CHARGE, ());
        ctx.signals(GO).recv().await;
        charged.await
    };
    let scenario =
        napping().workflow(NAP, waiting).stub(CHARGE, Stub::returns(())).client(|world| {
            let nap = world.start(NAP, "nap-1", ());
            world.advance(secs(2));
            world.signal(&nap, GO, ()).expect("it is open");
            assert_eq!(world.query(&nap, STAGE, ()).expect("somebody answers"), 1);
        });
    let outcome = scenario.try_run(&"die.0.0=1".parse().unwrap()).unwrap();
    let main = outcome.main().expect("it is started");
    let given_up =
        main.history.iter().find(|event| matches!(event.kind, EventKind::WorkflowTaskTimedOut(_)));
    let after = given_up.expect("the worker is dead").time.since(outcome.record.began);
    assert_eq!((main.status, after), (Status::Completed, secs(7)));
}
