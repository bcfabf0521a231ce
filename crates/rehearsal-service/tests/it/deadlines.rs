//! Scenarios SG-*: timeouts and retries of activities, timeouts of the run.

use std::time::Duration;

use rehearsal_history::{EventId, EventKind, Failure, RetryPolicy};

use crate::bench::{Bench, activity, activity_with, attempts, boom, timer};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The failure of an `ActivityTaskTimedOut` or `ActivityTaskFailed`.
fn failure(kind: &EventKind) -> &Failure {
    match kind {
        EventKind::ActivityTaskTimedOut(it) => it.failure.as_ref().expect("a failure"),
        EventKind::ActivityTaskFailed(it) => it.failure.as_ref().expect("a failure"),
        other => panic!("{}", other.name()),
    }
}

const NOT_ENOUGH_TIME: &str = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";

#[test]
fn sg_1_start_to_close() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.start_to_close = Some(secs(1));
        it.retry_policy = Some(attempts(1));
    })]);
    bench.at(500);
    bench.poll_activity();
    bench.at(1_500);

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActTimedOut(s5 st6 MAXIMUM_ATTEMPTS_REACHED), 8 TaskSched"
    );
    assert_eq!(failure(bench.event(7)).message, "activity StartToClose timeout");
    assert_eq!(failure(bench.event(7)).source, "Server");
}

#[test]
fn sg_2_schedule_to_start() {
    let mut bench =
        Bench::after(vec![activity_with("5", |it| it.schedule_to_start = Some(secs(2)))]);
    bench.at(2_000);

    assert_eq!(bench.tail(6), "6 ActTimedOut(s5 st0 TIMEOUT), 7 TaskSched");
    assert_eq!(failure(bench.event(6)).message, "activity ScheduleToStart timeout");
}

#[test]
fn t_1_schedule_to_close_alone_counts_as_schedule_to_start() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.start_to_close = None;
        it.schedule_to_close = Some(secs(2));
    })]);
    bench.at(2_000);

    assert_eq!(bench.tail(6), "6 ActTimedOut(s5 st0 TIMEOUT), 7 TaskSched");
    assert_eq!(failure(bench.event(6)).message, "activity ScheduleToStart timeout");
}

/// Retried every two seconds for three.
fn retried_for_three_seconds() -> Bench {
    Bench::after(vec![activity_with("5", |it| {
        it.schedule_to_close = Some(secs(3));
        it.schedule_to_start = Some(secs(30));
        it.retry_policy = Some(RetryPolicy {
            initial_interval: Some(secs(2)),
            backoff_coefficient: 1.0,
            ..RetryPolicy::default()
        });
    })])
}

#[test]
fn sg_3_no_time_for_another_attempt() {
    let mut bench = retried_for_three_seconds();
    let first = bench.poll_activity().token;
    bench.activity_fails(first, boom());
    bench.at(2_000);
    let second = bench.poll_activity().token;
    bench.activity_fails(second, boom());

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5 attempt 2), 7 ActFailed(s5 st6 TIMEOUT), 8 TaskSched",
        "T-7"
    );
}

#[test]
fn sg_3b_the_second_attempt_is_never_taken() {
    let mut bench = retried_for_three_seconds();
    let first = bench.poll_activity().token;
    bench.activity_fails(first, boom());
    bench.at(3_000);

    assert_eq!(bench.tail(6), "6 ActTimedOut(s5 st0 TIMEOUT), 7 TaskSched", "H-12: no start");
    assert_eq!(failure(bench.event(6)).message, NOT_ENOUGH_TIME);
    assert_eq!(failure(bench.event(6)).cause.as_deref(), Some(&boom()));
}

#[test]
fn sg_4_schedule_to_close_while_an_attempt_runs() {
    let mut bench = retried_for_three_seconds();
    bench.poll_activity();
    bench.at(3_000);

    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActTimedOut(s5 st6 TIMEOUT), 8 TaskSched");
    assert_eq!(failure(bench.event(7)).message, NOT_ENOUGH_TIME);
}

#[test]
fn sg_5_heartbeat() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.heartbeat = Some(secs(5));
        it.retry_policy = Some(attempts(1));
    })]);
    let token = bench.poll_activity().token;
    bench.at(1_000);
    bench.beat(token, "a").unwrap();
    bench.at(5_999);
    assert_eq!(bench.events().len(), 5);
    bench.at(6_000);

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActTimedOut(s5 st6 MAXIMUM_ATTEMPTS_REACHED), 8 TaskSched"
    );
    assert_eq!(failure(bench.event(7)).message, "activity Heartbeat timeout");
}

#[test]
fn t_2_a_heartbeat_deadline_is_armed_again_when_it_goes_off() {
    let mut bench = Bench::after(vec![activity_with("5", |it| it.heartbeat = Some(secs(5)))]);
    let token = bench.poll_activity().token;
    bench.at(500);
    bench.beat(token, "a").unwrap();
    assert_eq!(bench.deadline(), Some(5_000), "the beat itself moves nothing");
    bench.at(5_000);

    assert_eq!(bench.deadline(), Some(6_000), "due at 5.5 s, which is nearer than the resolution");
    bench.at(6_000);
    assert_eq!(bench.deadline(), Some(7_000), "the backoff");
    assert_eq!(bench.events().len(), 5, "T-8");
}

#[test]
fn t_2_a_beat_at_the_start_comes_a_moment_after_it() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.heartbeat = Some(secs(2));
        it.retry_policy = Some(attempts(1));
    })]);
    let token = bench.poll_activity().token;
    bench.beat(token, "a").unwrap();
    bench.at(2_000);
    assert_eq!(bench.deadline(), Some(3_000), "the deadline of the start went off in vain");
    bench.at(3_000);

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActTimedOut(s5 st6 MAXIMUM_ATTEMPTS_REACHED), 8 TaskSched"
    );
}

#[test]
fn t_1_schedule_to_close_that_caps_start_to_close_goes_off_first() {
    let capped = |it: &mut rehearsal_activation::ScheduleActivityTask| {
        it.start_to_close = Some(secs(6));
        it.schedule_to_close = Some(secs(3));
        it.retry_policy = Some(attempts(1));
    };
    let mut bench = Bench::after(vec![activity_with("5", capped)]);
    bench.poll_activity();
    bench.at(3_000);
    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActTimedOut(s5 st6 TIMEOUT), 8 TaskSched");
    assert_eq!(failure(bench.event(7)).message, NOT_ENOUGH_TIME);

    let mut bench = Bench::after(vec![activity_with("5", capped)]);
    bench.poll_activity();
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![crate::bench::cancel_activity(5)]);
    bench.at(3_000);
    assert_eq!(
        bench.tail(11),
        "11 ActStarted(s5), 12 ActTimedOut(s5 st11 CANCEL_REQUESTED), 13 TaskSched"
    );
    assert_eq!(failure(bench.event(12)).message, "activity ScheduleToClose timeout");
}

#[test]
fn t_9_the_task_of_an_activity_that_is_done_takes_along_what_is_due() {
    let limited = |id, millis| {
        activity_with(id, |it| {
            it.start_to_close = Some(Duration::from_millis(millis));
            it.retry_policy = Some(attempts(1));
        })
    };
    let mut bench = Bench::after(vec![limited("5", 1_000), limited("6", 1_250)]);
    let second = bench.poll_activity().token;
    let first = bench.poll_activity().token;
    assert_eq!((first.scheduled, second.scheduled), (EventId(5), EventId(6)));
    bench.at(750);
    bench.activity_completes(first).unwrap();
    assert_eq!(bench.deadline(), Some(1_250), "armed before the queues are read for the task");
    bench.poll();
    bench.complete(vec![limited("7", 200)]);
    let third = bench.poll_activity().token;
    assert_eq!(third.scheduled, EventId(12));

    assert_eq!(bench.deadline(), Some(1_000), "that of the first goes off all the same");
    bench.at(1_000);
    assert_eq!(
        bench.tail(13),
        "13 ActStarted(s12), 14 ActTimedOut(s12 st13 MAXIMUM_ATTEMPTS_REACHED), 15 TaskSched"
    );
}

#[test]
fn t_6_no_attempt_begins_at_the_very_end() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.start_to_close = None;
        it.schedule_to_close = Some(secs(3));
        it.retry_policy =
            Some(RetryPolicy { initial_interval: Some(secs(2)), ..RetryPolicy::default() });
    })]);
    let token = bench.poll_activity().token;
    bench.at(1_000);
    bench.activity_fails(token, boom());

    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActFailed(s5 st6 TIMEOUT), 8 TaskSched");
}

#[test]
fn t_5_a_short_backoff_after_a_long_attempt_is_on_time() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.retry_policy = Some(RetryPolicy {
            initial_interval: Some(Duration::from_millis(300)),
            ..RetryPolicy::default()
        });
    })]);
    let token = bench.poll_activity().token;
    bench.at(2_000);
    bench.activity_fails(token, boom());

    assert_eq!(bench.deadline(), Some(2_300));
}

#[test]
fn t_5_the_task_of_a_timeout_that_went_off_in_vain_makes_a_short_backoff_late() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.start_to_close = Some(secs(20));
        it.retry_policy = Some(RetryPolicy {
            initial_interval: Some(Duration::from_millis(200)),
            ..RetryPolicy::default()
        });
    })]);
    let token = bench.poll_activity().token;
    bench.at(10_400);
    bench.activity_fails(token, boom());

    assert_eq!(bench.deadline(), Some(11_000), "a second after that of the first workflow task");
}

#[test]
fn t_3_what_the_next_attempt_is_told_of_a_heartbeat_timeout() {
    let mut bench = Bench::after(vec![activity_with("5", |it| it.heartbeat = Some(secs(5)))]);
    let token = bench.poll_activity().token;
    bench.beat(token, "a").unwrap();
    bench.at(7_000);
    let second = bench.poll_activity();
    bench.activity_completes(second.token).unwrap();

    let EventKind::ActivityTaskStarted(started) = bench.event(6) else { panic!("event 6") };
    let remembered =
        Failure::timeout("activity Heartbeat timeout", rehearsal_history::TimeoutType::Heartbeat);
    assert_eq!(started.last_failure, Some(remembered), "without the details");
    assert_eq!(second.heartbeat_details, Some(crate::bench::json("a")));
}

#[test]
fn sg_6_start_to_close_with_no_time_left() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.start_to_close = Some(secs(2));
        it.schedule_to_close = Some(Duration::from_millis(2_500));
    })]);
    bench.poll_activity();
    bench.at(2_000);

    assert_eq!(bench.tail(6), "6 ActStarted(s5), 7 ActTimedOut(s5 st6 TIMEOUT), 8 TaskSched");
    assert_eq!(failure(bench.event(7)).message, NOT_ENOUGH_TIME);
}

#[test]
fn sg_7_not_retryable() {
    let mut bench = Bench::after(vec![activity("5")]);
    let token = bench.poll_activity().token;
    let mut fatal = boom();
    let Some(rehearsal_history::FailureInfo::Application(info)) = &mut fatal.info else {
        unreachable!("made so")
    };
    info.non_retryable = true;
    bench.activity_fails(token, fatal);

    assert_eq!(
        bench.tail(6),
        "6 ActStarted(s5), 7 ActFailed(s5 st6 NON_RETRYABLE_FAILURE), 8 TaskSched"
    );
}

#[test]
fn t_5_a_short_backoff_takes_the_resolution() {
    let mut bench = Bench::after(vec![activity_with("5", |it| {
        it.retry_policy = Some(RetryPolicy {
            initial_interval: Some(Duration::from_millis(100)),
            ..RetryPolicy::default()
        });
    })]);
    let token = bench.poll_activity().token;
    bench.activity_fails(token, boom());

    assert_eq!(bench.deadline(), Some(1_000));
}

#[test]
fn sg_11_run_timeout() {
    let mut bench = Bench::start(|start| start.run_timeout = Some(secs(4)));
    bench.turn(vec![timer("5", 4_000), activity("6")]);
    bench.at(4_000);

    assert_eq!(
        bench.tail(7),
        "7 WFTimedOut(RETRY_POLICY_NOT_SET)",
        "T-9: it goes before the timer"
    );
    let EventKind::WorkflowExecutionStarted(started) = bench.event(1) else { panic!("event 1") };
    assert_eq!(started.workflow_task_timeout, Some(secs(4)), "W-4");
    let EventKind::ActivityTaskScheduled(scheduled) = bench.event(6) else { panic!("event 6") };
    let timeouts = [
        scheduled.schedule_to_close_timeout,
        scheduled.schedule_to_start_timeout,
        scheduled.start_to_close_timeout,
        scheduled.heartbeat_timeout,
    ];
    assert_eq!(timeouts, [Some(secs(4)), Some(secs(4)), Some(secs(4)), Some(secs(0))], "T-1");
}

#[test]
fn sg_12_execution_timeout() {
    let mut bench = Bench::start(|start| {
        start.run_timeout = Some(secs(60));
        start.execution_timeout = Some(secs(5));
    });
    bench.turn(vec![]);
    bench.at(5_000);

    assert_eq!(bench.tail(5), "5 WFTimedOut(TIMEOUT)", "T-10");
}

#[test]
fn t_4_the_policy_is_recorded_with_its_defaults() {
    let bench = Bench::after(vec![activity("5")]);

    let EventKind::ActivityTaskScheduled(scheduled) = bench.event(5) else { panic!("event 5") };
    let defaults = RetryPolicy {
        initial_interval: Some(secs(1)),
        backoff_coefficient: 2.0,
        maximum_interval: Some(secs(100)),
        ..RetryPolicy::default()
    };
    assert_eq!(scheduled.retry_policy, Some(defaults));
}
