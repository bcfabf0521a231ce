//! Scenarios SB-*: cancel, terminate and close of the workflow itself, and what clients are told.

use std::time::Duration;

use rehearsal_history::{EventKind, Status};
use rehearsal_service::{Answer, Busy, Input, NotFound, RequestError, StartWorkflow, Target};

use crate::bench::{Bench, CANCEL, COMPLETE, activity, cancel_timer, timer};

#[test]
fn sb_1_cancel_before_the_first_poll() {
    let mut bench = Bench::start(|_| {});
    bench.cancel();
    bench.turn(vec![CANCEL]);

    assert_eq!(
        bench.history(),
        "1 WFStarted, 2 TaskSched, 3 WFCancelReq, 4 TaskStarted, 5 TaskCompleted, 6 WFCanceled(wtc5)"
    );
}

#[test]
fn sb_2_cancel_of_an_idle_workflow() {
    let mut bench = Bench::after(vec![timer("5", 10_000)]);
    bench.cancel();
    bench.turn(vec![cancel_timer("5"), CANCEL]);

    assert_eq!(
        bench.tail(5),
        "5 TimerStarted(5), 6 WFCancelReq, 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, 10 TimerCanceled(st5), \
         11 WFCanceled(wtc9)"
    );
}

#[test]
fn sb_3_cancel_during_the_task_that_starts_the_timer() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.cancel();
    bench.complete(vec![timer("5", 10_000)]);
    bench.complete(vec![cancel_timer("5"), CANCEL]);

    assert_eq!(
        bench.tail(5),
        "5 TimerStarted(5), 6 WFCancelReq, 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, 10 TimerCanceled(st5), \
         11 WFCanceled(wtc9)"
    );
}

#[test]
fn sb_4_cancel_during_the_task_that_completes() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.cancel();
    let refused = bench.try_complete(vec![COMPLETE]).unwrap_err();
    assert_eq!(refused.to_string(), "UnhandledCommand");
    assert!(bench.task.is_none(), "the next task is not handed over");
    bench.turn(vec![COMPLETE]);

    assert_eq!(
        bench.tail(4),
        "4 TaskFailed(UNHANDLED_COMMAND), 5 WFCancelReq, 6 TaskSched, 7 TaskStarted, 8 TaskCompleted, \
         9 WFCompleted(wtc8)"
    );
}

#[test]
fn sb_5_what_a_failed_completion_scheduled_leaves_no_trace() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.cancel();
    bench.try_complete(vec![activity("5"), timer("6", 1_000), CANCEL]).unwrap_err();

    assert_eq!(bench.tail(4), "4 TaskFailed(UNHANDLED_COMMAND), 5 WFCancelReq, 6 TaskSched");
    assert_eq!(bench.service.pending(bench.run), []);
    assert!(!bench.offers_activity());
    assert_eq!(bench.deadline(), None);
}

#[test]
fn sb_6_cancel_three_times() {
    let mut bench = Bench::after(vec![timer("5", 10_000)]);
    bench.cancel();
    bench.poll();
    bench.cancel();
    bench.cancel();
    bench.complete(vec![]);

    assert_eq!(bench.tail(6), "6 WFCancelReq, 7 TaskSched, 8 TaskStarted, 9 TaskCompleted", "C-8");
}

#[test]
fn sb_7_cancel_of_a_closed_workflow_does_nothing() {
    let mut bench = Bench::after(vec![COMPLETE]);
    for target in [Target::current("wf"), Target::run("wf", "run-1")] {
        let input = Input::RequestCancelWorkflow { target, reason: "".into(), identity: "".into() };
        assert_eq!(bench.handle(input), Ok(Answer::Done), "C-3, C-4");
    }

    assert_eq!(bench.events().len(), 5);
}

#[test]
fn sb_8_clients_are_told_what_the_server_tells() {
    let mut bench = Bench::after(vec![COMPLETE]);
    let mut cancel = |target| {
        let input = Input::RequestCancelWorkflow { target, reason: "".into(), identity: "".into() };
        bench.handle(input).unwrap_err().to_string()
    };

    assert_eq!(cancel(Target::current("other")), "workflow not found for ID: other", "C-5");
    assert_eq!(
        cancel(Target::run("wf", "run-9")),
        "workflow execution not found for workflow ID \"wf\" and run ID \"run-9\"",
        "C-6"
    );
    assert_eq!(bench.signal().unwrap_err().to_string(), "workflow execution already completed");
    let input = Input::TerminateWorkflow {
        target: Bench::target(),
        reason: "".into(),
        details: None,
        identity: "".into(),
    };
    assert_eq!(
        bench.handle(input).unwrap_err().to_string(),
        "workflow execution already completed"
    );
}

#[test]
fn c_3_cancel_of_an_old_run_leaves_the_new_one_alone() {
    let mut bench = Bench::after(vec![COMPLETE]);
    bench.at(2_000);
    let again = StartWorkflow {
        workflow_id: "wf".into(),
        run_id: "run-2".into(),
        ..StartWorkflow::default()
    };
    let Ok(Answer::Started(second)) = bench.handle(Input::StartWorkflow(Box::new(again))) else {
        panic!("not started")
    };
    let target = Target::run("wf", "run-1");
    let input = Input::RequestCancelWorkflow { target, reason: "".into(), identity: "".into() };
    assert_eq!(bench.handle(input), Ok(Answer::Done));

    assert!(!bench.service.run(second).cancel_requested);
    assert_eq!(bench.service.run_of("wf"), Some(second));
    assert_eq!(bench.service.run_by_id("wf", "run-1"), Some(bench.run));
    bench.cancel();
    assert!(
        bench.service.run(second).cancel_requested,
        "C-1: without a run id the current run is meant"
    );
}

#[test]
fn sb_11_cancel_then_terminate() {
    let mut bench = Bench::after(vec![timer("5", 10_000)]);
    bench.cancel();
    bench.terminate();

    assert_eq!(
        bench.tail(5),
        "5 TimerStarted(5), 6 WFCancelReq, 7 TaskSched, 8 WFTerminated",
        "W-17"
    );
}

#[test]
fn sb_12_terminate_during_a_task_that_holds_back_a_cancel() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.cancel();
    bench.terminate();

    assert_eq!(bench.tail(4), "4 TaskFailed(FORCE_CLOSE_COMMAND), 5 WFCancelReq, 6 WFTerminated");
    assert_eq!(bench.service.run(bench.run).status, Status::Terminated);
    let late = bench.try_complete(vec![COMPLETE]);
    assert_eq!(late, Err(RequestError::NotFound(NotFound::WorkflowTask)));
}

#[test]
fn sb_12_run_timeout_during_a_task_that_holds_back_a_cancel() {
    let mut bench = Bench::start(|start| start.run_timeout = Some(Duration::from_secs(20)));
    bench.turn(vec![]);
    bench.at(15_000);
    bench.signal().unwrap();
    bench.poll();
    bench.cancel();
    bench.at(20_000);

    assert_eq!(
        bench.tail(5),
        "5 WFSignaled, 6 TaskSched, 7 TaskStarted, 8 TaskFailed(FORCE_CLOSE_COMMAND), 9 WFCancelReq, \
         10 WFTimedOut(RETRY_POLICY_NOT_SET)"
    );
}

#[test]
fn w_17_a_transient_task_leaves_only_what_it_held_back() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.poll();
    bench.signal().unwrap();
    bench.terminate();

    assert_eq!(bench.tail(5), "5 WFSignaled, 6 WFTerminated");
}

#[test]
fn sb_13_cancel_before_the_second_attempt() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.cancel();
    bench.turn(vec![CANCEL]);

    assert_eq!(
        bench.tail(5),
        "5 WFCancelReq, 6 TaskSched, 7 TaskStarted, 8 TaskCompleted, 9 WFCanceled(wtc8)"
    );
}

#[test]
fn sb_14_cancel_during_the_second_attempt() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.poll();
    bench.cancel();
    bench.complete(vec![timer("8", 1_000)]);

    assert_eq!(
        bench.tail(5),
        "5 TaskSched(attempt 2), 6 TaskStarted, 7 TaskCompleted, 8 TimerStarted(8), 9 WFCancelReq, 10 TaskSched, \
         11 TaskStarted"
    );
    let EventKind::WorkflowTaskStarted(started) = bench.event(6) else { panic!("event 6") };
    assert_eq!(started.scheduled_event_id.0, 5, "W-3");
    let EventKind::WorkflowTaskCompleted(completed) = bench.event(7) else { panic!("event 7") };
    assert_eq!((completed.scheduled_event_id.0, completed.started_event_id.0), (5, 6), "W-3");
}

#[test]
fn sb_15_cancel_during_the_second_attempt_that_completes() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.poll();
    bench.cancel();
    let refused = bench.try_complete(vec![COMPLETE]).unwrap_err();

    assert_eq!(refused.to_string(), "UnhandledCommand");
    assert_eq!(bench.tail(5), "5 WFCancelReq, 6 TaskSched", "W-6, W-1");
    bench.poll();
    assert_eq!(
        bench.signal().unwrap_err().to_string(),
        CLOSING,
        "W-13 holds for later attempts too"
    );
}

#[test]
fn sb_18_canceled_without_a_request() {
    assert_eq!(Bench::after(vec![CANCEL]).tail(5), "5 WFCanceled(wtc4)", "C-13");
}

#[test]
fn sb_20_cancel_that_is_ignored() {
    let mut bench = Bench::after(vec![timer("5", 1_000)]);
    bench.cancel();
    bench.turn(vec![]);
    bench.at(1_000);
    bench.turn(vec![COMPLETE]);

    assert_eq!(bench.service.run(bench.run).status, Status::Completed);
}

#[test]
fn sb_21_and_sb_22_signal_and_cancel_keep_their_order() {
    let mut signal_first = Bench::after(vec![]);
    signal_first.signal().unwrap();
    signal_first.cancel();
    signal_first.poll();
    let mut cancel_first = Bench::after(vec![]);
    cancel_first.cancel();
    cancel_first.signal().unwrap();
    cancel_first.poll();

    assert_eq!(signal_first.tail(5), "5 WFSignaled, 6 TaskSched, 7 WFCancelReq, 8 TaskStarted");
    assert_eq!(cancel_first.tail(5), "5 WFCancelReq, 6 TaskSched, 7 WFSignaled, 8 TaskStarted");
}

const CLOSING: &str = "workflow operation can not be applied because workflow is closing";

#[test]
fn sb_24_busy_while_closing() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    bench.try_complete(vec![COMPLETE]).unwrap_err();
    bench.signal().expect("W-13: not while the task is only scheduled");
    bench.poll();
    let refused = bench.signal().unwrap_err();

    assert_eq!(refused, RequestError::ResourceExhausted(Busy::Closing));
    assert_eq!(refused.to_string(), CLOSING);
    bench.cancel();
    assert!(bench.service.run(bench.run).cancel_requested, "W-13: cancels are taken");
    bench.complete(vec![]);
    bench.signal().expect("W-13: that is over with the task");
}
