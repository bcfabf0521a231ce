//! Queries that wait for a workflow task, and lose their run (§2.3).

use std::time::Duration;

use rehearsal_activation::{AnswerQuery, Query, TaskOutcome, TaskResponse, WorkerTaskFailure};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    Failure, Payload, Payloads, SmolStr, TaskQueueKind, Timestamp, WorkflowTaskFailedCause,
};
use rehearsal_service::{
    ActivityResponse, ActivityToken, Answer, Effect, Input, NotFound, QueryInput, RequestError,
    Target,
};

use crate::bench::{Bench, COMPLETE, activity, cancel_timer, timer};

pub(crate) fn ask(bench: &mut Bench, id: &str) -> Result<Answer, RequestError> {
    let query = Query { id: id.into(), name: "state".into(), ..Query::default() };
    let until = Timestamp::EPOCH + Duration::from_secs(3600);
    let input = QueryInput::Ask { target: Target::current("wf"), query, until };
    bench.handle(Input::Query(Box::new(input)))
}

fn ask_again(bench: &mut Bench, id: &str) -> Result<Answer, RequestError> {
    let input = QueryInput::AskAgain { run: bench.run, query: id.into() };
    bench.handle(Input::Query(Box::new(input)))
}

/// The queries that the service has lost so far, each with the time at which it is asked again, in milliseconds.
pub(crate) fn cleared(bench: &Bench) -> Vec<(SmolStr, u64)> {
    let cleared = bench.effects.iter().filter_map(|effect| match effect {
        Effect::QueryCleared { query, at, .. } => Some((query.clone(), millis(*at))),
        _ => None,
    });
    cleared.collect()
}

/// The queries that were offered to workers so far, and the kind of the queue.
fn offered(bench: &Bench) -> Vec<(SmolStr, TaskQueueKind)> {
    let offered = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Query { query, queue, .. } => Some((query.clone(), queue.kind.clone())),
        _ => None,
    });
    offered.collect()
}

/// The queries that were answered so far.
fn answered(bench: &Bench) -> Vec<SmolStr> {
    let answered = bench.effects.iter().filter_map(|effect| match effect {
        Effect::QueryAnswered { answer } => Some(answer.query_id.clone()),
        _ => None,
    });
    answered.collect()
}

const fn millis(at: Timestamp) -> u64 {
    at.as_nanos() / 1_000_000
}

/// A run whose worker has its second task, and the activity of which runs. Then a query comes, which waits.
fn waiting() -> (Bench, ActivityToken) {
    let mut bench = Bench::after(vec![activity("1")]);
    let attempt = bench.poll_activity();
    bench.signal().unwrap();
    bench.poll();
    ask(&mut bench, "q").unwrap();
    (bench, attempt.token)
}

/// The worker completes its task with nothing but the answer to a query.
fn complete_with(bench: &mut Bench, query: &str) {
    let token = bench.task.take().unwrap().token;
    let outcome = TaskOutcome::Completed {
        commands: Vec::new(),
        sticky: None,
        sdk_metadata: SdkMetadata::default(),
        force_new_task: false,
        return_new_task: true,
    };
    let value = Payloads::one(Payload::json("1"));
    let answer = AnswerQuery { query_id: query.into(), answer: Ok(Some(value)), meddling: None };
    let answers = vec![answer];
    let response = TaskResponse { token, identity: "worker".into(), outcome, answers };
    let input = Input::RespondWorkflowTask { response, request_id: "inline".into() };
    assert_eq!(bench.handle(input), Ok(Answer::TaskDone { next: None }));
}

fn failed() -> TaskOutcome {
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    let failure = Failure::application("broken", "PanicError");
    TaskOutcome::Failed(Box::new(WorkerTaskFailure { cause, failure }))
}

/// The close alone does nothing for it, nor do requests that let go of the run before they fail.
#[test]
fn a_query_whose_run_is_terminated_waits_until_a_request_fails_there() {
    let (mut bench, attempt) = waiting();
    bench.at(1_000);
    bench.terminate();
    assert_eq!(bench.try_complete(vec![]), Err(NotFound::WorkflowTask.into()));
    assert_eq!(bench.signal(), Err(NotFound::Completed.into()));
    bench.cancel();
    assert_eq!(cleared(&bench), []);

    bench.at(2_000);
    assert!(bench.activity_completes(attempt).is_err());
    assert_eq!(cleared(&bench), [("q".into(), 2_050)]);
    assert_eq!(offered(&bench), []);
    bench.at(2_050);
    assert_eq!(ask_again(&mut bench, "q"), Ok(Answer::Done));
    assert_eq!(offered(&bench), [("q".into(), TaskQueueKind::Normal)]);

    // It waits for no task any more, so there is nothing to lose.
    assert!(bench.activity_completes(attempt).is_err());
    assert_eq!(cleared(&bench).len(), 1);
}

/// What fails for a run that is closed throws away what the server has of it in memory.
#[test]
fn whatever_fails_in_a_closed_run_has_its_queries_asked_again() {
    type Fails = fn(&mut Bench, ActivityToken) -> Result<(), RequestError>;
    let by: [(&str, Fails); 8] = [
        ("a worker takes the task", |bench, _| bench.try_poll()),
        ("a worker takes the activity", |bench, _| bench.try_poll_activity().map(drop)),
        ("a worker fails its task", |bench, _| {
            let late = bench.respond(failed());
            assert_eq!(late, Err(NotFound::Completed.into()), "not as a completion is");
            late
        }),
        ("an activity heartbeats", |bench, token| bench.beat(token, "1").map(drop)),
        ("an activity is canceled", |bench, token| bench.activity_confirms(token).map(drop)),
        ("a client terminates", |bench, _| {
            let (reason, identity) = ("again".into(), "client".into());
            let target = Bench::target();
            bench
                .handle(Input::TerminateWorkflow { target, reason, details: None, identity })
                .map(drop)
        }),
        ("a client completes an activity", |bench, _| {
            let response = ActivityResponse::Completed(None);
            let (target, activity_id) = (Bench::target(), "1".into());
            let identity = "client".into();
            let input = Input::RespondActivityById { target, activity_id, response, identity };
            bench.handle(input).map(drop)
        }),
        ("a client updates", |bench, _| {
            let request = Box::default();
            bench.handle(Input::UpdateWorkflow { target: Bench::target(), request }).map(drop)
        }),
    ];
    for (what, fails) in by {
        let mut bench = Bench::after(vec![activity("1"), activity("2")]);
        let attempt = bench.poll_activity();
        bench.signal().unwrap();
        if what != "a worker takes the task" {
            bench.poll();
        }
        ask(&mut bench, "q").unwrap();
        bench.terminate();
        let refused = fails(&mut bench, attempt.token);
        assert!(refused.is_err(), "{what}");
        assert_eq!(cleared(&bench), [("q".into(), 50)], "{what}: {refused:?}");
    }
}

/// It is another query for the server when it is asked again.
#[test]
fn what_a_worker_says_of_a_query_that_was_lost_is_dropped() {
    for asked in [false, true] {
        let mut bench = Bench::after(vec![timer("1", 60_000), activity("1")]);
        let attempt = bench.poll_activity();
        bench.activity_completes(attempt.token).unwrap();
        ask(&mut bench, "q").unwrap();
        bench.poll();
        assert_eq!(bench.task.as_ref().unwrap().queries.len(), 1);

        assert!(bench.activity_completes(attempt.token).is_err(), "it is done");
        assert_eq!(cleared(&bench), [("q".into(), 50)]);
        if asked {
            bench.at(50);
            ask_again(&mut bench, "q").unwrap();
            assert_eq!(offered(&bench), [], "the worker still has the task");
        }
        complete_with(&mut bench, "q");
        assert_eq!(answered(&bench), [""; 0]);
        if !asked {
            assert_eq!(offered(&bench), []);
            bench.at(50);
            ask_again(&mut bench, "q").unwrap();
        }
        assert_eq!(offered(&bench), [("q".into(), TaskQueueKind::Normal)]);
    }
}

#[test]
fn a_query_that_is_not_lost_is_answered_with_its_task() {
    let mut bench = Bench::after(vec![timer("1", 60_000)]);
    bench.signal().unwrap();
    ask(&mut bench, "q").unwrap();
    bench.poll();
    complete_with(&mut bench, "q");
    assert_eq!(answered(&bench), ["q"]);
    assert_eq!(offered(&bench), []);
}

/// Also when the task is tried again, which is not failed any more.
#[test]
fn a_completion_that_is_refused_has_queries_asked_again() {
    let mut bench = Bench::after(vec![timer("1", 60_000)]);
    bench.signal().unwrap();
    bench.poll();
    ask(&mut bench, "first").unwrap();
    assert!(bench.try_complete(vec![cancel_timer("other")]).is_err());
    assert_eq!(cleared(&bench), [("first".into(), 50)]);

    bench.poll();
    ask(&mut bench, "second").unwrap();
    assert!(bench.try_complete(vec![cancel_timer("other")]).is_err());
    assert_eq!(cleared(&bench), [("first".into(), 50), ("second".into(), 50)]);
}

/// Asked again it may be refused, as one that comes then.
#[test]
fn a_query_of_a_run_that_never_began_is_refused_when_it_is_asked_again() {
    let mut bench = Bench::start(|_| {});
    ask(&mut bench, "q").unwrap();
    bench.terminate();
    assert!(bench.try_poll().is_err());
    assert_eq!(cleared(&bench), [("q".into(), 50)]);
    let refused = ask_again(&mut bench, "q").unwrap_err();
    assert_eq!(refused.kind(), "WorkflowNotReady");
    assert_eq!(ask_again(&mut bench, "q"), Ok(Answer::Done), "nobody asks any more");
}

/// A client that does not wait any more asks nothing again.
#[test]
fn a_lost_query_that_is_forgotten_is_not_asked_again() {
    let (mut bench, attempt) = waiting();
    bench.terminate();
    assert!(bench.activity_completes(attempt).is_err());
    let forget = QueryInput::Forget { target: Target::current("wf"), query: "q".into() };
    bench.handle(Input::Query(Box::new(forget))).unwrap();
    assert_eq!(ask_again(&mut bench, "q"), Ok(Answer::Done));
    assert_eq!(offered(&bench), []);
}

/// The close that was refused is made by the next task, on which the query does not ride.
#[test]
fn a_query_of_a_refused_close_is_asked_of_the_closed_run() {
    let (mut bench, _attempt) = waiting();
    bench.signal().unwrap();
    assert!(bench.try_complete(vec![COMPLETE]).is_err(), "a signal has come");
    assert_eq!(cleared(&bench), [("q".into(), 50)]);
    bench.poll();
    assert_eq!(bench.task.as_ref().unwrap().queries, []);
    bench.complete(vec![COMPLETE]);
    bench.at(50);
    ask_again(&mut bench, "q").unwrap();
    assert_eq!(offered(&bench), [("q".into(), TaskQueueKind::Normal)]);
}
