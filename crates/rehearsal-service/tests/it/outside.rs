//! Activities from outside: by their ids, whichever attempt they are at.

use rehearsal_history::EventKind;
use rehearsal_service::{
    ActivityResponse, ActivityToken, Answer, Input, InvalidRequest, NotFound, RequestError, Target,
};

use crate::bench::{
    Bench, COMPLETE, activity, activity_with, attempts, boom, cancel_activity, json,
};

/// Somebody outside says something of an activity of the workflow.
fn tell(
    bench: &mut Bench,
    activity_id: &str,
    response: ActivityResponse,
) -> Result<Answer, RequestError> {
    bench.handle(Input::RespondActivityById {
        target: Bench::target(),
        activity_id: activity_id.into(),
        response,
        identity: "outside".into(),
    })
}

fn complete(bench: &mut Bench, activity_id: &str) -> Result<Answer, RequestError> {
    tell(bench, activity_id, ActivityResponse::Completed(Some(json("yes"))))
}

fn unknown(activity_id: &str) -> RequestError {
    NotFound::PendingActivity { activity_id: activity_id.into() }.into()
}

#[test]
fn it_is_completed_while_its_worker_has_it() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.poll_activity();
    assert_eq!(complete(&mut bench, "5"), Ok(Answer::Done));

    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActCompleted(s5 st6), 8 TaskSched");
    assert_eq!(complete(&mut bench, "5"), Err(unknown("5")), "twice");
}

#[test]
fn it_is_completed_before_a_worker_takes_it() {
    let mut bench = Bench::after(vec![activity("5")]);
    assert_eq!(complete(&mut bench, "5"), Ok(Answer::Done));

    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActCompleted(s5 st6), 8 TaskSched");
    let EventKind::ActivityTaskStarted(started) = bench.event(6) else { panic!("see above") };
    assert_eq!((&*started.identity, &*started.request_id), ("outside", ""));
    assert_eq!(
        bench.try_poll_activity().unwrap_err(),
        NotFound::Activity.into(),
        "what waits for a worker is gone"
    );
}

#[test]
fn it_is_completed_while_it_waits_for_its_next_attempt() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.activity_fails(token, boom());
    assert_eq!(complete(&mut bench, "5"), Ok(Answer::Done));
    bench.at(30_000);

    assert_eq!(bench.tail(6), "6 ActStarted(s5 attempt 2), 7 ActCompleted(s5 st6), 8 TaskSched");
}

#[test]
fn nothing_else_is_said_of_one_that_no_worker_has() {
    let mut bench = Bench::after(vec![activity("5")]);
    for response in [
        ActivityResponse::Failed(Box::new(boom())),
        ActivityResponse::Canceled(None),
        ActivityResponse::Heartbeat(None),
    ] {
        assert_eq!(tell(&mut bench, "5", response), Err(NotFound::Activity.into()));
    }

    assert_eq!(bench.events().len(), 5);
}

#[test]
fn heartbeats_tell_of_the_cancel_and_the_cancel_is_confirmed() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.poll_activity();
    let beat = |bench: &mut Bench| tell(bench, "5", ActivityResponse::Heartbeat(Some(json("1"))));
    assert_eq!(beat(&mut bench), Ok(Answer::Heartbeat { cancel_requested: false }));
    let early = tell(&mut bench, "5", ActivityResponse::Canceled(None));
    assert_eq!(early, Err(InvalidRequest::NotCancelRequested.into()), "C-28");
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    assert_eq!(beat(&mut bench), Ok(Answer::Heartbeat { cancel_requested: true }));
    assert_eq!(tell(&mut bench, "5", ActivityResponse::Canceled(None)), Ok(Answer::Done));

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActCanceled(s5 st11 lc10), 13 TaskSched"
    );
}

#[test]
fn it_fails_for_good_and_cannot_be_completed_after_its_time() {
    let once = activity_with("5", |it| it.retry_policy = Some(attempts(1)));
    let mut bench = Bench::after(vec![once.clone()]);
    bench.poll_activity();
    let failed = ActivityResponse::Failed(Box::new(boom()));
    assert_eq!(tell(&mut bench, "5", failed), Ok(Answer::Done));
    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActFailed(s5 st6 MAXIMUM_ATTEMPTS_REACHED), 8 TaskSched"
    );

    let mut bench = Bench::after(vec![once]);
    bench.poll_activity();
    bench.at(30_000);
    assert_eq!(complete(&mut bench, "5"), Err(unknown("5")));
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut bench = Bench::after(vec![activity("5")]);
    assert_eq!(complete(&mut bench, "nothing"), Err(unknown("nothing")));
    assert_eq!(complete(&mut bench, ""), Err(InvalidRequest::NoActivityId.into()));
    let elsewhere = bench.handle(Input::RespondActivityById {
        target: Target::current("no-such-workflow"),
        activity_id: "5".into(),
        response: ActivityResponse::Completed(None),
        identity: "outside".into(),
    });
    let workflow_id = "no-such-workflow".into();
    assert_eq!(elsewhere, Err(NotFound::Workflow { workflow_id }.into()));
    let token = bench.poll_activity().token;
    bench.signal().unwrap();
    bench.turn(vec![COMPLETE]);
    assert_eq!(complete(&mut bench, "5"), Err(NotFound::Completed.into()));
    assert_eq!(bench.activity_completes(token), Err(NotFound::Completed.into()));

    let alien = ActivityToken::from_bytes(&[9; 16]).unwrap();
    assert_eq!(bench.activity_completes(alien), Err(NotFound::Activity.into()));
}
