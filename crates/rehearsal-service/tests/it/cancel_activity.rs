//! Scenarios SC-*: cancel of activities, as the server sees it.

use rehearsal_history::{EventKind, Payload, Payloads};
use rehearsal_service::{NotFound, PendingState, RequestError};

use crate::bench::{
    Bench, CANCEL, COMPLETE, activity, activity_with, attempts, boom, cancel_activity,
    cancel_timer, fail_workflow, timer,
};

#[test]
fn sc_1_not_started_and_closed_at_once() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.cancel();
    bench.turn(vec![cancel_activity(5), CANCEL]);

    assert_eq!(
        bench.tail(6),
        "6 WFCancelReq, 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, 10 ActCancelReq(s5), 11 WFCanceled(wtc9)",
        "H-5: what the server says in the worker's place is dropped, and does not block the close (W-12)"
    );
}

#[test]
fn sc_2_not_started_and_waited_for() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActCanceled(s5 st0 lc10), 12 TaskSched, 13 TaskStarted",
        "C-24"
    );
    let EventKind::ActivityTaskCanceled(canceled) = bench.event(11) else { panic!("event 11") };
    assert_eq!(canceled.identity, "worker");
    assert_eq!(canceled.details, Some(Payloads::one(Payload::json("\"ACTIVITY_ID_NOT_STARTED\""))));
    assert_eq!(
        bench.try_poll_activity(),
        Err(RequestError::NotFound(NotFound::Activity)),
        "it never runs"
    );
    bench.complete(vec![CANCEL]);
    assert_eq!(bench.tail(14), "14 TaskCompleted, 15 WFCanceled(wtc14)");
}

#[test]
fn sc_5_started_and_confirmed() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    assert_eq!(bench.tail(10), "10 ActCancelReq(s5)", "C-25: no task is forced");
    assert_eq!(bench.service.pending(bench.run)[0].state, PendingState::CancelRequested);
    assert_eq!(bench.beat(token, "a"), Ok(true), "C-25: the heartbeat tells");
    bench.activity_confirms(token).unwrap();
    bench.turn(vec![CANCEL]);

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActCanceled(s5 st11 lc10), 13 TaskSched, 14 TaskStarted, \
         15 TaskCompleted, 16 WFCanceled(wtc15)"
    );
}

#[test]
fn sc_6_started_and_the_cancel_ignored() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    bench.activity_completes(token).unwrap();

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActCompleted(s5 st11), 13 TaskSched"
    );
}

#[test]
fn sc_7_started_and_failed_after_the_cancel() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    bench.activity_fails(token, boom());
    bench.turn(vec![fail_workflow()]);

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActFailed(s5 st11 CANCEL_REQUESTED), 13 TaskSched, \
         14 TaskStarted, 15 TaskCompleted, 16 WFFailed(wtc15)",
        "C-27: never retried"
    );
}

#[test]
fn sc_8_started_and_the_worker_died() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.poll_activity();
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    bench.at(30_000);

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActTimedOut(s5 st11 CANCEL_REQUESTED), 13 TaskSched"
    );
}

#[test]
fn sc_9_in_backoff() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.activity_fails(token, boom());
    assert_eq!(bench.service.pending(bench.run)[0].state, PendingState::Backoff);
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);

    assert_eq!(
        bench.tail(10),
        "10 ActCancelReq(s5), 11 ActCanceled(s5 st0 lc10), 12 TaskSched, 13 TaskStarted"
    );
    bench.complete(vec![]);
    assert_eq!(bench.deadline(), None, "there is no next attempt");
}

#[test]
fn sc_11_cancel_then_completion_before_the_poll() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.cancel();
    bench.activity_completes(token).unwrap();
    bench.turn(vec![CANCEL]);

    assert_eq!(
        bench.tail(6),
        "6 WFCancelReq, 7 TaskSched, 8 ActStarted(s5), 9 ActCompleted(s5 st8), 10 TaskStarted, 11 TaskCompleted, \
         12 WFCanceled(wtc11)"
    );
}

#[test]
fn sc_12_completion_then_cancel_before_the_poll() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.activity_completes(token).unwrap();
    bench.cancel();
    bench.poll();

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActCompleted(s5 st6), 8 TaskSched, 9 WFCancelReq, 10 TaskStarted"
    );
}

#[test]
fn sc_13_and_sc_14_during_a_task_the_completion_always_comes_last() {
    let during = |completion_first: bool| {
        let mut bench = Bench::after(vec![activity("5"), timer("6", 1_000)]);
        let token = bench.poll_activity().token;
        bench.at(1_000);
        bench.poll();
        if completion_first {
            bench.activity_completes(token).unwrap();
            bench.cancel();
        } else {
            bench.cancel();
            bench.activity_completes(token).unwrap();
        }
        bench.complete(vec![]);
        bench.tail(10)
    };

    assert_eq!(
        during(true),
        "10 TaskCompleted, 11 ActStarted(s5), 12 WFCancelReq, 13 ActCompleted(s5 st11), 14 TaskSched, 15 TaskStarted"
    );
    assert_eq!(
        during(false),
        "10 TaskCompleted, 11 WFCancelReq, 12 ActStarted(s5), 13 ActCompleted(s5 st12), 14 TaskSched, 15 TaskStarted"
    );
}

/// An activity that completes while a task is started: that task's `WorkflowTaskStarted` is event 8.
fn completed_during_a_task() -> Bench {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.signal().unwrap();
    bench.poll();
    bench.activity_completes(token).unwrap();
    assert_eq!(
        bench.service.pending(bench.run),
        [],
        "it has ended, though the workflow has not seen it"
    );
    bench
}

#[test]
fn sc_15_cancel_of_an_activity_that_has_ended_unseen() {
    let mut bench = completed_during_a_task();
    bench.complete(vec![cancel_activity(5)]);

    assert_eq!(
        bench.tail(9),
        "9 TaskCompleted, 10 ActCancelReq(s5), 11 ActStarted(s5), 12 ActCompleted(s5 st11), 13 TaskSched, \
         14 TaskStarted",
        "C-26"
    );
}

#[test]
fn sc_16_the_same_with_a_close() {
    let mut bench = completed_during_a_task();
    bench.try_complete(vec![cancel_activity(5), CANCEL]).unwrap_err();

    assert_eq!(
        bench.tail(9),
        "9 TaskFailed(UNHANDLED_COMMAND), 10 ActStarted(s5), 11 ActCompleted(s5 st10), 12 TaskSched"
    );
}

#[test]
fn sc_17_scheduled_and_canceled_in_one_task() {
    let bench = Bench::after(vec![activity("5"), cancel_activity(5)]);

    assert_eq!(
        bench.tail(5),
        "5 ActSched, 6 ActCancelReq(s5), 7 ActCanceled(s5 st0 lc6), 8 TaskSched, 9 TaskStarted"
    );
    assert!(!bench.offers_activity(), "no worker ever hears of it");
}

#[test]
fn sc_18_what_the_server_adds_comes_after_all_commands() {
    let bench = Bench::after(vec![activity("5"), cancel_activity(5), timer("7", 1_000)]);

    assert_eq!(
        bench.tail(5),
        "5 ActSched, 6 ActCancelReq(s5), 7 TimerStarted(7), 8 ActCanceled(s5 st0 lc6), 9 TaskSched, 10 TaskStarted"
    );
}

#[test]
fn sc_21_cancels_keep_the_order_of_the_commands() {
    let mut bench =
        Bench::after(vec![timer("5", 60_000), activity("6"), timer("7", 60_000), activity("8")]);
    bench.cancel();
    bench.turn(vec![cancel_timer("5"), cancel_activity(6), cancel_timer("7"), cancel_activity(8)]);

    assert_eq!(
        bench.tail(13),
        "13 TimerCanceled(st5), 14 ActCancelReq(s6), 15 TimerCanceled(st7), 16 ActCancelReq(s8), \
         17 ActCanceled(s6 st0 lc14), 18 ActCanceled(s8 st0 lc16), 19 TaskSched, 20 TaskStarted"
    );
}

#[test]
fn sc_22_confirmed_without_a_request() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    let refused = bench.activity_confirms(token).unwrap_err();

    assert_eq!(
        refused.to_string(),
        "unable to mark activity as canceled without activity being request canceled first",
        "C-28"
    );
    assert_eq!(bench.activity_completes(token).map(|_| ()), Ok(()), "it is still running");
}

#[test]
fn sc_23_the_workflow_closed_while_the_activity_ran() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    bench.terminate();
    let gone = Err(RequestError::NotFound(NotFound::Completed));

    assert_eq!(bench.beat(token, "a").map(|_| ()), gone, "C-30");
    assert_eq!(bench.activity_completes(token).map(|_| ()), gone, "C-30");
    assert_eq!(bench.tail(5), "5 ActSched, 6 WFTerminated", "W-16");
    assert_eq!(bench.deadline(), None);
}

#[test]
fn c_29_tokens_of_attempts_that_are_over() {
    let mut bench = Bench::after(vec![activity("5")]);
    let first = bench.poll_activity().token;
    bench.activity_fails(first, boom());
    let gone = Err(RequestError::NotFound(NotFound::Activity));
    assert_eq!(bench.beat(first, "a").map(|_| ()), gone, "in backoff");
    bench.at(1_000);
    assert_eq!(bench.activity_completes(first).map(|_| ()), gone, "waiting");
    let second = bench.poll_activity().token;
    assert_eq!(bench.activity_completes(first).map(|_| ()), gone, "the next one runs");
    bench.activity_completes(second).unwrap();

    assert_eq!(bench.activity_completes(second).map(|_| ()), gone, "it has ended");
}

#[test]
fn sc_25_heartbeat_details_reach_the_next_attempt_and_the_timeout() {
    let mut bench =
        Bench::after(vec![activity_with("5", |it| it.retry_policy = Some(attempts(2)))]);
    let first = bench.poll_activity();
    assert_eq!(first.heartbeat_details, None);
    bench.beat(first.token, "a").unwrap();
    bench.beat(first.token, "b").unwrap();
    bench.activity_fails(first.token, boom());
    bench.at(1_000);
    let second = bench.poll_activity();
    assert_eq!(second.heartbeat_details, Some(crate::bench::json("b")), "C-31");
    bench.at(31_000);

    let EventKind::ActivityTaskTimedOut(timed_out) = bench.event(7) else { panic!("event 7") };
    let failure = timed_out.failure.as_ref().expect("a timeout has a failure");
    let Some(rehearsal_history::FailureInfo::Timeout(info)) = &failure.info else {
        panic!("a timeout")
    };
    assert_eq!(info.last_heartbeat_details, Some(crate::bench::json("b")));
    assert_eq!(failure.cause.as_deref(), Some(&boom()), "T-3: the last attempt's failure");
}

#[test]
fn sc_28_a_close_leaves_pending_work_alone() {
    let mut bench = Bench::after(vec![activity("5"), timer("6", 5_000)]);
    bench.signal().unwrap();
    bench.turn(vec![COMPLETE]);
    bench.at(60_000);

    assert_eq!(
        bench.tail(7),
        "7 WFSignaled, 8 TaskSched, 9 TaskStarted, 10 TaskCompleted, 11 WFCompleted(wtc10)"
    );
}

#[test]
fn sc_29_cancel_of_all_that_is_pending_and_a_close() {
    let mut bench = Bench::after(vec![activity("5"), timer("6", 60_000), timer("7", 1_000)]);
    bench.at(1_000);
    bench.turn(vec![cancel_activity(5), cancel_timer("6"), COMPLETE]);

    assert_eq!(
        bench.tail(8),
        "8 TimerFired(st7), 9 TaskSched, 10 TaskStarted, 11 TaskCompleted, 12 ActCancelReq(s5), 13 TimerCanceled(st6), \
         14 WFCompleted(wtc11)"
    );
}
