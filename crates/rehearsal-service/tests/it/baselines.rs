//! Scenarios SA-*: what happens when nobody cancels anything.

use std::time::Duration;

use rehearsal_activation::TaskOutcome;
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{EventId, EventKind, TaskQueue};
use rehearsal_service::{Effect, NotFound, RequestError, TaskState};

use crate::bench::{
    Bench, COMPLETE, activity, activity_with, attempts, boom, fail_workflow, timer,
};

#[test]
fn sa_1_returns_at_once() {
    let bench = Bench::after(vec![COMPLETE]);

    assert_eq!(
        bench.history(),
        "1 WFStarted, 2 TaskSched, 3 TaskStarted, 4 TaskCompleted, 5 WFCompleted(wtc4)"
    );
    assert_eq!(bench.effects, [Effect::Closed { run: bench.run }]);
}

#[test]
fn sa_2_one_activity() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    assert_eq!(bench.tail(5), "5 ActSched", "H-12: the start leaves no event");
    bench.activity_completes(token).unwrap();
    bench.turn(vec![COMPLETE]);

    assert_eq!(
        bench.tail(5),
        "5 ActSched, 6 ActStarted(s5), 7 ActCompleted(s5 st6), 8 TaskSched, 9 TaskStarted, 10 TaskCompleted, \
         11 WFCompleted(wtc10)"
    );
}

#[test]
fn sa_3_timer() {
    let mut bench = Bench::after(vec![timer("5", 10_000)]);
    bench.at(9_999);
    assert_eq!(bench.tail(5), "5 TimerStarted(5)");
    bench.at(10_000);
    bench.turn(vec![COMPLETE]);

    assert_eq!(
        bench.tail(5),
        "5 TimerStarted(5), 6 TimerFired(st5), 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, 10 WFCompleted(wtc9)"
    );
}

#[test]
fn sa_4_activity_succeeds_at_the_third_attempt() {
    let mut bench = Bench::after(vec![activity("5")]);
    for (at, attempt) in [(100, 1), (1_100, 2)] {
        bench.at(at);
        let task = bench.poll_activity();
        assert_eq!(task.attempt, attempt);
        bench.activity_fails(task.token, boom());
        assert!(!bench.offers_activity(), "T-8: backoff");
    }
    assert_eq!(bench.tail(5), "5 ActSched", "T-8: attempts leave no events");
    bench.at(3_100);
    let task = bench.poll_activity();
    bench.at(3_500);
    bench.activity_completes(task.token).unwrap();

    assert_eq!(bench.tail(6), "6 ActStarted(s5 attempt 3), 7 ActCompleted(s5 st6), 8 TaskSched");
    let EventKind::ActivityTaskStarted(started) = bench.event(6) else { panic!("event 6") };
    assert_eq!(started.last_failure, Some(boom()));
    assert_eq!(bench.events()[5].time.as_nanos(), 3_100_000_000, "H-8: the real start");
}

#[test]
fn sa_5_activity_uses_up_its_attempts() {
    let mut bench =
        Bench::after(vec![activity_with("5", |it| it.retry_policy = Some(attempts(2)))]);
    let first = bench.poll_activity();
    bench.activity_fails(first.token, boom());
    bench.at(1_000);
    let second = bench.poll_activity();
    bench.activity_fails(second.token, boom());
    bench.turn(vec![fail_workflow()]);

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5 attempt 2), 7 ActFailed(s5 st6 MAXIMUM_ATTEMPTS_REACHED), 8 TaskSched, 9 TaskStarted, \
         10 TaskCompleted, 11 WFFailed(wtc10)"
    );
}

#[test]
fn sa_6_signal_before_the_first_poll() {
    let mut bench = Bench::start(|_| {});
    bench.signal().unwrap();
    bench.turn(vec![]);

    assert_eq!(
        bench.history(),
        "1 WFStarted, 2 TaskSched, 3 WFSignaled, 4 TaskStarted, 5 TaskCompleted"
    );
}

#[test]
fn sa_7_signal_during_a_task_comes_with_the_next_one() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    assert_eq!((bench.events().len(), bench.service.buffered(bench.run)), (3, 1));
    bench.complete(vec![timer("5", 10_000)]);

    assert_eq!(
        bench.tail(4),
        "4 TaskCompleted, 5 TimerStarted(5), 6 WFSignaled, 7 TaskSched, 8 TaskStarted",
        "H-16: started at once"
    );
    let next = bench.task.expect("the next task came along");
    assert_eq!((next.token.scheduled, next.token.started), (EventId(7), EventId(8)));
    assert_eq!(
        (next.previous_started, next.first_event),
        (EventId(3), EventId(4)),
        "only what is new, although the worker has named no sticky queue"
    );
}

#[test]
fn sa_8_second_attempt_succeeds() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.poll();
    let failed = "4 TaskFailed(WORKFLOW_WORKER_UNHANDLED_FAILURE)";
    assert_eq!(bench.tail(4), failed);
    assert_eq!(bench.visible(4), format!("{failed}, 5 TaskSched(attempt 2), 6 TaskStarted"), "H-9");
    bench.complete(vec![]);

    assert_eq!(
        bench.tail(4),
        format!("{failed}, 5 TaskSched(attempt 2), 6 TaskStarted, 7 TaskCompleted")
    );
}

#[test]
fn sa_9_later_attempts_are_silent() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    let mut waits = Vec::new();
    let mut now = 0;
    for _ in 2..=5 {
        bench.poll();
        let deadline = bench.deadline().expect("a task that is started times out");
        waits.push((deadline - now) / 1000);
        now = deadline;
        bench.at(now);
    }

    assert_eq!(bench.tail(4), "4 TaskFailed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    assert_eq!(waits, [10, 10, 15, 20], "W-6: backoff from the fourth attempt on");
    assert!(matches!(
        bench.service.workflow_task(bench.run),
        TaskState::Scheduled { attempt: 6, .. }
    ));
}

#[test]
fn sa_10_signal_before_the_second_attempt_makes_it_a_first() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.signal().unwrap();
    bench.poll();

    assert_eq!(bench.tail(5), "5 WFSignaled, 6 TaskSched, 7 TaskStarted", "W-2");
    assert_eq!(bench.task.expect("taken").token.attempt, 1);
}

#[test]
fn sa_11_signal_during_the_second_attempt_that_fails() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail();
    bench.poll();
    bench.signal().unwrap();
    bench.fail();

    assert_eq!(bench.tail(5), "5 WFSignaled, 6 TaskSched", "W-6, W-1");
}

#[test]
fn sa_12_task_times_out() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.at(10_000);

    assert_eq!(bench.tail(4), "4 TaskTimedOut(START_TO_CLOSE st3)");
    assert_eq!(bench.visible(5), "5 TaskSched(attempt 2)");
    let late = bench.try_complete(vec![COMPLETE]);
    assert_eq!(late, Err(RequestError::NotFound(NotFound::WorkflowTask)));
}

#[test]
fn sa_13_sticky_queue_is_given_up() {
    let mut bench = Bench::start(|_| {});
    bench.be_sticky();
    bench.turn(vec![timer("5", 2_000)]);
    bench.at(2_000);
    assert_eq!(bench.tail(6), "6 TimerFired(st5), 7 TaskSched(sticky)");
    bench.at(7_000);
    bench.poll();

    assert_eq!(
        bench.tail(7),
        "7 TaskSched(sticky), 8 TaskTimedOut(SCHEDULE_TO_START st0), 9 TaskSched, 10 TaskStarted"
    );
}

#[test]
fn w_5_a_sticky_task_that_fails_costs_no_attempt() {
    let mut bench = Bench::start(|_| {});
    bench.be_sticky();
    bench.turn(vec![]);
    bench.signal().unwrap();
    bench.poll();
    bench.fail();
    bench.poll();
    bench.fail();
    bench.poll();

    let failed = "TaskFailed(WORKFLOW_WORKER_UNHANDLED_FAILURE)";
    assert_eq!(
        bench.visible(6),
        format!(
            "6 TaskSched(sticky), 7 TaskStarted, 8 {failed}, 9 TaskSched, 10 TaskStarted, 11 {failed}, \
             12 TaskSched(attempt 2), 13 TaskStarted"
        )
    );
    let visible = bench.service.visible_history(bench.run);
    let EventKind::WorkflowTaskStarted(last) = &visible[12].kind else { panic!("event 13") };
    assert_eq!(last.identity, "", "H-9: a provisional start has no identity");
}

#[test]
fn w_8_failure_comes_before_what_was_buffered() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    bench.fail();

    assert_eq!(
        bench.tail(4),
        "4 TaskFailed(WORKFLOW_WORKER_UNHANDLED_FAILURE), 5 WFSignaled, 6 TaskSched"
    );
}

#[test]
fn w_18_a_forced_task_follows_at_once() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench
        .respond(TaskOutcome::Completed {
            commands: vec![],
            sticky: None,
            sdk_metadata: SdkMetadata::default(),
            force_new_task: true,
            return_new_task: true,
        })
        .unwrap();

    assert_eq!(bench.tail(4), "4 TaskCompleted, 5 TaskSched, 6 TaskStarted");
}

#[test]
fn h_16_a_worker_need_not_take_the_next_task() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    bench
        .respond(TaskOutcome::Completed {
            commands: vec![],
            sticky: None,
            sdk_metadata: SdkMetadata::default(),
            force_new_task: false,
            return_new_task: false,
        })
        .unwrap();
    assert_eq!(bench.tail(4), "4 TaskCompleted, 5 WFSignaled, 6 TaskSched");
    bench.poll();
    assert_eq!(bench.tail(7), "7 TaskStarted");
}

/// A task is heartbeated for half an hour and no longer: the answer that comes too late times it out.
#[test]
fn w_18_heartbeats_come_to_an_end() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    let beat = || TaskOutcome::Completed {
        commands: vec![],
        sticky: Some((TaskQueue::sticky("sticky", "main"), Duration::from_secs(5))),
        sdk_metadata: SdkMetadata::default(),
        force_new_task: true,
        return_new_task: true,
    };
    for nth in 1..=225 {
        bench.at(nth * 8_000);
        bench.respond(beat()).unwrap();
    }
    assert_eq!(bench.events().len(), 3 + 225 * 3);
    bench.at(226 * 8_000);
    assert_eq!(bench.respond(beat()), Err(RequestError::from(NotFound::TaskHeartbeat)));
    assert_eq!(
        bench.tail(679),
        "679 TaskTimedOut(START_TO_CLOSE st678), 680 TaskSched(sticky), 681 TaskStarted"
    );

    // Nobody has the task that was started then.
    bench.at(226 * 8_000 + 10_000);
    assert_eq!(bench.tail(682), "682 TaskTimedOut(START_TO_CLOSE st681), 683 TaskSched");
}

#[test]
fn a_sticky_worker_is_handed_what_is_new() {
    let mut bench = Bench::start(|_| {});
    bench.be_sticky();
    bench.poll();
    bench.signal().unwrap();
    bench.complete(vec![timer("5", 2_000)]);

    let task = bench.task.expect("the next task came along");
    assert_eq!((task.previous_started, task.first_event), (EventId(3), EventId(4)));
    let ids: Vec<u64> = task.events.iter().map(|event| event.id.0).collect();
    assert_eq!(ids, [4, 5, 6, 7, 8]);
}
