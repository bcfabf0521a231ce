//! Forks: recorded histories that go on in the simulated world.

use std::sync::Arc;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, CannotRestore, ChildOptions,
    Context, EventId, EventKind, Exploration, ForkError, History, ReplayError, Scenario, Signal,
    Status, Stub, Tape, Workflow, WorkflowError, check, mins, replay, secs,
};

const ORDER: Workflow<(), String> = Workflow::new("Order");
const OTHER: Workflow<(), ()> = Workflow::new("Other");
const PACK: Activity<(), String> = Activity::new("Pack");
const APPROVE: Signal<String> = Signal::new("approve");

async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(5));
    let ctx = ctx.with_activity_options(options.with_wait_for_cancellation());
    let packed = ctx.execute(PACK, ()).await?;
    let by = ctx.signals(APPROVE).recv().await;
    Ok(format!("{packed}, approved by {by}"))
}

async fn pack(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    for _ in 0..8 {
        ctx.heartbeat(());
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok("packed".to_owned())
}

fn shop() -> Scenario {
    Scenario::new("shop").workflow(ORDER, order).activity(PACK, pack)
}

/// What another world records: packed at 8 s, approved at 20 s.
fn recorded() -> History {
    let outcome = shop()
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(secs(20));
            world.signal(&order, APPROVE, "ada".to_owned()).expect("it is open");
        })
        .run();
    History::new(outcome.main().expect("one was started").history.clone()).expect("it has events")
}

#[test]
fn a_fork_goes_on_and_clients_do_again_what_they_did() {
    let history = recorded();
    for at in history.boundaries().into_iter().rev().skip(1) {
        let outcome = shop().fork(&replay(history.to_json()), at).unwrap().run();
        let main = outcome.main().unwrap();
        assert_eq!(
            main.result().unwrap().as_slice()[0].as_json(),
            Some("\"packed, approved by ada\"")
        );
        assert_eq!(outcome.calls(PACK).count(), 1, "behind {at}");
    }
}

#[test]
fn every_moment_is_swept() {
    let report = shop().check(check::recommended()).sweep_forks(&replay(recorded().to_json()));
    insta::assert_snapshot!(report.table());
    assert!(report.sweep(EventId(5)).unwrap().points() > 10);
    assert!(report.sweep(EventId(4)).is_none());
}

#[test]
fn another_client_finds_the_run() {
    let fork = shop().fork(&replay(recorded().to_json()), EventId(5)).unwrap();
    let fork = fork.client(|world| {
        let order = world.forked().unwrap();
        assert_eq!((order.workflow_id.as_str(), world.elapsed()), ("order-7", secs(0)));
        world.advance(secs(2));
        world.cancel(&order).unwrap();
    });
    assert_eq!(fork.run().main_status(), Status::Canceled);
    let fork = shop().fork(&replay(recorded().to_json()), EventId(5)).unwrap();
    let explored = fork.try_explore(Exploration::new(50)).unwrap();
    assert_eq!(explored.runs().len(), 50);
}

/// The cancel of an activity that has not ended was asked for, so a worker has it, and it is told.
#[test]
fn an_activity_whose_cancel_was_requested_is_told_of_it() {
    let outcome = shop()
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(secs(3));
            world.cancel(&order).unwrap();
        })
        .run();
    let history = History::new(outcome.main().unwrap().history.clone()).unwrap();
    let requested = history
        .events()
        .iter()
        .find(|event| matches!(event.kind, EventKind::ActivityTaskCancelRequested(_)));
    let fork = shop().fork(&replay(history.to_json()), requested.unwrap().id).unwrap();
    assert_eq!(fork.run().main_status(), Status::Canceled);
}

#[test]
fn where_a_history_never_stood_it_is_not_gone_on_from() {
    let refused =
        |at| shop().fork(&replay(recorded().to_json()), EventId(at)).unwrap_err().to_string();
    insta::assert_snapshot!(
        [refused(0), refused(1), refused(4), refused(6), refused(99)].join("\n")
    );
    let closed = recorded().events().last().unwrap().id;
    insta::assert_snapshot!("closed", refused(closed.0));
}

#[test]
fn code_and_history_must_fit() {
    async fn hasty(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        Ok(ctx.signals(APPROVE).recv().await)
    }

    async fn other(_: Context, (): ()) -> Result<(), WorkflowError> {
        Ok(())
    }

    let json = recorded().to_json();
    let fork =
        |scenario: Scenario, json: &str| scenario.fork(&replay(json), EventId(5)).unwrap_err();
    assert!(matches!(
        fork(shop().workflow(ORDER, hasty), &json),
        ForkError::Replay(ReplayError::Breaks(_))
    ));
    let unknown = Scenario::new("unknown").workflow(OTHER, other);
    assert!(matches!(fork(unknown, &json), ForkError::NoCode { .. }));
    let python = json.replace("temporal-go", "temporal-python");
    assert!(matches!(fork(shop(), &python), ForkError::Replay(ReplayError::OtherSdk { .. })));
    assert!(matches!(fork(shop(), &json[..json.len() / 2]), ForkError::Unreadable(_)));
    let mut events = recorded().events().to_vec();
    let EventKind::WorkflowTaskStarted(started) = &mut Arc::make_mut(&mut events[2]).kind else {
        panic!("the third event starts a workflow task")
    };
    started.scheduled_event_id = EventId(1);
    let broken = fork(shop(), &History::new(events).unwrap().to_json());
    assert!(matches!(broken, ForkError::IllFormed(_)), "{broken}");
}

#[test]
fn what_cannot_be_rebuilt_is_refused_by_name() {
    async fn parent(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        let ctx = ctx.with_child_options(ChildOptions::new().with_id("child-7"));
        ctx.execute_child(OTHER, ()).await?;
        Ok(String::new())
    }

    async fn child(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.sleep(mins(1)).await
    }

    let family = || Scenario::new("family").workflow(ORDER, parent).workflow(OTHER, child);
    let outcome = family().client(|world| drop(world.start(ORDER, "parent-7", ()))).run();
    let history = History::new(outcome.main().unwrap().history.clone()).unwrap();
    let recorded = replay(history.to_json());
    // Asked for and not started: it is started here.
    assert_eq!(family().fork(&recorded, EventId(5)).unwrap().run().executions.len(), 2);
    let refused = family().fork(&recorded, EventId(7)).unwrap_err();
    assert!(matches!(refused, ForkError::CannotRestore(CannotRestore::ChildRuns { .. })));
    insta::assert_snapshot!(family().sweep_forks(&recorded).table());
    // With the history of the child every moment is one to go on from.
    let child = History::new(outcome.executions[1].history.clone()).unwrap();
    let whole = family().try_sweep_forks_with(&recorded, &[replay(child.to_json())]).unwrap();
    insta::assert_snapshot!("a_family_goes_on_from_every_moment", whole.table());
}

/// A parent that signals its child, and cancels it: whatever is under way at the moment is sent again, and told once.
#[test]
fn a_family_with_requests_under_way_goes_on_as_it_did() {
    const TALK: Workflow<(), String> = Workflow::new("Talk");
    const LISTEN: Workflow<(), u32> = Workflow::new("Listen");
    const WORD: Signal<u32> = Signal::new("word");

    async fn talk(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        let (scope, cancel) = ctx.with_cancel();
        let scope = scope.with_child_options(
            ChildOptions::new().with_id("listen-1").with_wait_for_cancellation(),
        );
        let child = scope.execute_child(LISTEN, ());
        child.started().await?;
        for word in [1, 2, 3] {
            child.signal(&ctx, WORD, word).await?;
        }
        cancel.cancel();
        Ok(match child.await {
            Ok(heard) => format!("heard {heard}"),
            Err(error) => format!("canceled: {}", error.is_canceled()),
        })
    }

    async fn listen(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
        let words = ctx.signals(WORD);
        let mut heard = 0;
        while !ctx.is_canceled() {
            ctx.wait(|| !words.is_empty() || ctx.is_canceled()).await.ok();
            while let Some(word) = words.try_recv() {
                heard += word;
            }
        }
        Ok(heard)
    }

    let family = || Scenario::new("family").workflow(TALK, talk).workflow(LISTEN, listen);
    let outcome = family().client(|world| drop(world.start(TALK, "talk-1", ()))).run();
    let result = |outcome: &rehearsal::Outcome| {
        let result = outcome.main().unwrap().result().unwrap();
        result.as_slice()[0].as_json().unwrap().to_owned()
    };
    assert_eq!(result(&outcome), "\"heard 6\"");
    let [parent, child] =
        [0, 1].map(|at| History::new(outcome.executions[at].history.clone()).unwrap());
    let recorded = replay(parent.to_json());
    let mut forks = 0;
    for at in parent.boundaries() {
        match family().fork_with(&recorded, at, &[replay(child.to_json())]) {
            Ok(fork) => {
                forks += 1;
                assert_eq!(result(&fork.run()), "\"heard 6\"", "behind event {at}");
            }
            Err(ForkError::CannotRestore(CannotRestore::Closed { .. })) => {}
            Err(error) => panic!("event {at}: {error}"),
        }
    }
    assert!(forks > 8, "{forks} forks");
}

/// A run that fails is named with its fork, and is run again by its tape.
#[test]
fn what_is_found_in_a_fork_is_reported_as_ever() {
    let fork = shop().fork(&replay(recorded().to_json()), EventId(5)).unwrap();
    let fork = fork.check(check::status_in([Status::Completed]));
    let failure = fork.try_sweep().unwrap_err();
    assert!(failure.report().contains("REHEARSAL_CASE='shop@5/cancel.0."), "{failure}");
    assert!(fork.try_run(failure.tape()).is_err());

    let Err(ForkError::Found(all)) = shop()
        .check(check::status_in([Status::Completed]))
        .try_sweep_forks(&replay(recorded().to_json()))
    else {
        panic!("canceled runs do not complete")
    };
    assert!(all.report().contains("behind event"), "{all}");
}

/// Stubs stand in for production's activities as ever.
#[test]
fn a_stub_stands_in_for_an_activity_that_was_under_way() {
    let stubbed = shop().stub(PACK, Stub::returns("elsewhere".to_owned()).after(secs(1)));
    let fork = stubbed.fork(&replay(recorded().to_json()), EventId(5)).unwrap();
    let outcome = fork.try_run(&Tape::calm()).unwrap();
    let main = outcome.main().unwrap();
    assert_eq!(
        main.result().unwrap().as_slice()[0].as_json(),
        Some("\"elsewhere, approved by ada\"")
    );
}
