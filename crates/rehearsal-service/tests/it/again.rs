//! Requests that a client sends again because it got no answer: what they wanted happens once (T-14).

use rehearsal_history::{SmolStr, WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use rehearsal_service::{Answer, Input, RequestError, StartWorkflow, Target};

use crate::bench::{Bench, COMPLETE};

/// A start of `wf`, as `change` says.
fn start(request_id: &str, change: impl FnOnce(&mut StartWorkflow)) -> Box<StartWorkflow> {
    let mut start = StartWorkflow {
        workflow_id: "wf".into(),
        run_id: "run-2".into(),
        workflow_type: "Workflow".into(),
        task_queue: "main".into(),
        identity: "client".into(),
        request_id: request_id.into(),
        ..StartWorkflow::default()
    };
    change(&mut start);
    Box::new(start)
}

fn signal(bench: &mut Bench, request_id: &str) -> Result<Answer, RequestError> {
    bench.handle(Input::SignalWorkflow {
        target: Target::current("wf"),
        name: "go".into(),
        input: None,
        header: None,
        identity: "client".into(),
        request_id: request_id.into(),
    })
}

#[test]
fn t_14_a_start_is_answered_as_the_first_time_whatever_the_policies() {
    let mut bench = Bench::start(|it| it.request_id = "a".into());
    let first = bench.run;
    let policies = [WorkflowIdConflictPolicy::Fail, WorkflowIdConflictPolicy::TerminateExisting];
    for policy in policies {
        let again = start("a", |it| it.id_conflict_policy = policy);
        assert_eq!(bench.handle(Input::StartWorkflow(again)), Ok(Answer::Started(first)));
    }
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");

    let other = bench.handle(Input::StartWorkflow(start("b", |_| {})));
    assert!(matches!(other, Err(RequestError::AlreadyStarted { .. })));

    bench.turn(vec![COMPLETE]);
    let again = start("a", |it| it.id_reuse_policy = WorkflowIdReusePolicy::RejectDuplicate);
    assert_eq!(bench.handle(Input::StartWorkflow(again)), Ok(Answer::Started(first)));
    assert_eq!(bench.service.started_by("wf", "a"), Some(first));
}

#[test]
fn t_14_a_start_without_a_request_id_is_one_of_its_own() {
    let mut bench = Bench::start(|_| {});

    let again = bench.handle(Input::StartWorkflow(start("", |_| {})));
    assert!(matches!(again, Err(RequestError::AlreadyStarted { .. })));
    assert_eq!(bench.service.started_by("wf", ""), None);
}

#[test]
fn a_signal_is_recorded_once() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    for request_id in ["a", "a", "b"] {
        assert_eq!(signal(&mut bench, request_id), Ok(Answer::Done));
    }
    bench.complete(vec![]);
    assert_eq!(signal(&mut bench, "a"), Ok(Answer::Done));
    assert_eq!(bench.tail(5), "5 WFSignaled, 6 WFSignaled, 7 TaskSched, 8 TaskStarted");

    // Also a run that has closed since says that it was signaled.
    bench.complete(vec![COMPLETE]);
    assert_eq!(signal(&mut bench, "b"), Ok(Answer::Done));
    assert!(signal(&mut bench, "c").is_err());
}

#[test]
fn t_14_a_signal_that_has_started_its_workflow_is_recorded_once() {
    let mut bench = Bench::start(|_| {});
    bench.turn(vec![COMPLETE]);
    let wanted = |request_id| Input::SignalWithStart {
        start: start(request_id, |_| {}),
        name: "go".into(),
        input: None,
    };
    let Ok(Answer::Started(run)) = bench.handle(wanted("a")) else { panic!("it is started") };
    assert_ne!(run, bench.run);
    bench.run = run;
    for request_id in ["a", "b", "b", "a"] {
        assert_eq!(bench.handle(wanted(request_id)), Ok(Answer::Started(run)));
    }
    assert_eq!(bench.history(), "1 WFStarted, 2 WFSignaled, 3 TaskSched, 4 WFSignaled");
    // A plain signal with that id is the same request.
    assert_eq!(signal(&mut bench, "a"), Ok(Answer::Done));
    assert_eq!(bench.events().len(), 4);
}

#[test]
fn t_14_an_update_finds_the_workflow_that_its_request_has_started() {
    let wanted = |update: &str| {
        let meta = rehearsal_history::event::UpdateMeta {
            update_id: SmolStr::from(update),
            ..Default::default()
        };
        let request =
            rehearsal_history::event::UpdateRequest { meta: Some(meta), ..Default::default() };
        let policy = WorkflowIdConflictPolicy::Fail;
        let start = start("a", |it| it.id_conflict_policy = policy);
        Input::UpdateWithStart { start, request: Box::new(request) }
    };
    let mut bench = Bench::start(|it| it.request_id = "a".into());
    assert_eq!(bench.handle(wanted("first")), Ok(Answer::Started(bench.run)));
    assert!(bench.service.update(bench.run, "first").is_some());

    bench.terminate();
    let refused = bench.handle(wanted("second"));
    assert!(matches!(refused, Err(RequestError::UpdateWithStart { .. })), "{refused:?}");
}
