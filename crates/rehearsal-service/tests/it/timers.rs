//! Scenarios SD-*: timers, and the buffer that they fire into.

use rehearsal_activation::ServerCommand;
use rehearsal_history::{EventId, EventKind, Payload, UserMetadata};

use crate::bench::{
    Bench, CANCEL, COMPLETE, activity, activity_with, attempts, boom, cancel_timer, timer,
};

#[test]
fn sd_2_one_timer_cancels_another() {
    let mut bench = Bench::after(vec![timer("a", 60_000), timer("b", 1_000)]);
    bench.at(1_000);
    bench.turn(vec![cancel_timer("a"), COMPLETE]);

    assert_eq!(
        bench.tail(5),
        "5 TimerStarted(a), 6 TimerStarted(b), 7 TimerFired(st6), 8 TaskSched, 9 TaskStarted, 10 TaskCompleted, \
         11 TimerCanceled(st5), 12 WFCompleted(wtc10)"
    );
}

#[test]
fn sd_3_cancel_then_fire_before_the_poll() {
    let mut bench = Bench::after(vec![timer("5", 1_000)]);
    bench.cancel();
    bench.at(1_000);
    bench.turn(vec![CANCEL]);

    assert_eq!(
        bench.tail(6),
        "6 WFCancelReq, 7 TaskSched, 8 TimerFired(st5), 9 TaskStarted, 10 TaskCompleted, 11 WFCanceled(wtc10)",
        "H-15"
    );
}

#[test]
fn sd_4_fire_then_cancel_before_the_poll() {
    let mut bench = Bench::after(vec![timer("5", 1_000)]);
    bench.at(1_000);
    bench.cancel();
    bench.turn(vec![COMPLETE]);

    assert_eq!(
        bench.tail(6),
        "6 TimerFired(st5), 7 TaskSched, 8 WFCancelReq, 9 TaskStarted, 10 TaskCompleted, 11 WFCompleted(wtc10)"
    );
}

/// A timer that fires while a task is started: that task's `WorkflowTaskStarted` is event 8.
fn fired_during_a_task() -> Bench {
    let mut bench = Bench::after(vec![timer("5", 2_000)]);
    bench.at(1_000);
    bench.signal().unwrap();
    bench.poll();
    bench.at(2_000);
    assert_eq!(bench.service.buffered(bench.run), 1);
    bench
}

#[test]
fn sd_5_cancel_of_a_timer_that_has_fired_unseen() {
    let mut bench = fired_during_a_task();
    bench.complete(vec![cancel_timer("5")]);

    assert_eq!(
        bench.tail(9),
        "9 TaskCompleted, 10 TimerCanceled(st5)",
        "H-6: no task on its account"
    );
    assert!(bench.task.is_none());
}

#[test]
fn sd_6_the_same_with_a_close() {
    let mut bench = fired_during_a_task();
    bench.complete(vec![cancel_timer("5"), COMPLETE]);

    assert_eq!(bench.tail(9), "9 TaskCompleted, 10 TimerCanceled(st5), 11 WFCompleted(wtc9)");
}

#[test]
fn sd_7_the_same_with_a_close_and_a_signal() {
    let mut bench = fired_during_a_task();
    bench.signal().unwrap();
    bench.try_complete(vec![cancel_timer("5"), COMPLETE]).unwrap_err();

    assert_eq!(
        bench.tail(9),
        "9 TaskFailed(UNHANDLED_COMMAND), 10 TimerFired(st5), 11 WFSignaled, 12 TaskSched",
        "what was taken out of the buffer is back"
    );
}

#[test]
fn h_6_an_id_that_is_used_again_names_the_timer_that_runs() {
    let mut bench = fired_during_a_task();
    bench.complete(vec![timer("5", 60_000), cancel_timer("5")]);

    assert_eq!(
        bench.tail(9),
        "9 TaskCompleted, 10 TimerStarted(5), 11 TimerCanceled(st10), 12 TimerFired(st5), 13 TaskSched, \
         14 TaskStarted"
    );
}

#[test]
fn a_timer_that_is_canceled_in_the_same_task_never_fires() {
    let mut bench = Bench::after(vec![timer("5", 1_000), cancel_timer("5"), timer("5", 3_000)]);
    assert_eq!(bench.tail(5), "5 TimerStarted(5), 6 TimerCanceled(st5), 7 TimerStarted(5)");
    assert_eq!(bench.deadline(), Some(3_000));
    bench.at(3_000);

    assert_eq!(bench.tail(8), "8 TimerFired(st7), 9 TaskSched");
}

#[test]
fn sd_10_timers_that_are_due_together_fire_together() {
    let mut bench = Bench::after(vec![timer("a", 2_000), timer("b", 2_000)]);
    bench.at(2_000);

    assert_eq!(bench.tail(7), "7 TimerFired(st5), 8 TimerFired(st6), 9 TaskSched", "T-9");
}

#[test]
fn t_9_short_timers_fire_after_a_second_together() {
    let mut bench = Bench::after(vec![timer("a", 600), timer("b", 300)]);
    bench.at(999);
    assert_eq!(bench.events().len(), 6);
    bench.at(1_000);

    assert_eq!(bench.tail(7), "7 TimerFired(st6), 8 TimerFired(st5), 9 TaskSched", "by due time");
}

#[test]
fn t_9_a_timer_right_behind_another_is_armed_late() {
    let mut bench = Bench::after(vec![timer("a", 10_000), timer("b", 10_500)]);
    bench.at(10_000);
    assert_eq!(bench.deadline(), Some(11_000), "armed when the first has fired, and then too near");
    bench.at(11_000);

    assert_eq!(bench.tail(7), "7 TimerFired(st5), 8 TaskSched, 9 TimerFired(st6)");
}

#[test]
fn t_9_the_task_of_a_canceled_timer_takes_along_what_is_due() {
    let mut bench = Bench::after(vec![timer("a", 1_000), timer("b", 1_000)]);
    bench.at(750);
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![cancel_timer("a")]);

    assert_eq!(bench.deadline(), Some(1_000));
    bench.at(1_000);
    assert_eq!(bench.tail(12), "12 TimerFired(st6), 13 TaskSched");
}

#[test]
fn t_9_a_timer_behind_a_canceled_one_is_armed_late() {
    let mut bench = Bench::after(vec![timer("a", 1_000), timer("b", 1_250)]);
    bench.at(750);
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![cancel_timer("a")]);

    assert_eq!(bench.deadline(), Some(1_750), "the queues were read for the signal's task");
}

#[test]
fn t_9_the_task_of_a_canceled_timer_is_sooner_than_that_of_a_new_one() {
    let mut bench = Bench::after(vec![timer("a", 1_000)]);
    bench.at(700);
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![cancel_timer("a"), timer("b", 200)]);

    assert_eq!(bench.deadline(), Some(1_000), "not 1.7 s");
}

#[test]
fn t_9_a_timer_that_a_later_task_started_is_due_a_moment_later() {
    let mut bench = Bench::after(vec![timer("a", 1_000)]);
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![timer("b", 1_000)]);
    bench.at(1_000);

    assert_eq!(bench.tail(11), "11 TimerFired(st5), 12 TaskSched");
    assert_eq!(bench.deadline(), Some(2_000), "armed when the first has fired");
}

#[test]
fn t_9_after_a_long_task_a_short_timer_is_on_time() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.at(2_000);
    bench.complete(vec![timer("a", 300)]);
    assert_eq!(bench.deadline(), Some(2_300), "nothing was read for more than a second");

    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.at(500);
    bench.complete(vec![timer("a", 200)]);
    assert_eq!(bench.deadline(), Some(1_000), "a second after the start");
}

#[test]
fn what_a_person_reads_beside_a_cancel_is_recorded_with_it() {
    let summary = || Some(Box::new(UserMetadata::of_summary(Payload::json("\"rest\""))));
    let mut bench = Bench::after(vec![timer("a", 10_000), activity("6")]);
    bench.poll_activity();
    bench.signal().unwrap();
    bench.poll();
    bench.complete(vec![
        ServerCommand::CancelTimer { timer_id: "a".into(), user_metadata: summary() },
        ServerCommand::RequestCancelActivityTask {
            scheduled: EventId(6),
            user_metadata: summary(),
        },
    ]);

    assert_eq!(bench.tail(11), "11 TimerCanceled(st5), 12 ActCancelReq(s6)");
    let beside = |id: usize| bench.service.history(bench.run)[id - 1].user_metadata.clone();
    assert_eq!((beside(11), beside(12), beside(10)), (summary(), summary(), None));
}

#[test]
fn sg_13_closes_of_activities_come_last() {
    let once = |id| activity_with(id, |it| it.retry_policy = Some(attempts(1)));
    let mut bench = Bench::after(vec![activity("5"), once("6"), timer("7", 2_000)]);
    let b = bench.poll_activity().token;
    let a = bench.poll_activity().token;
    bench.signal().unwrap();
    bench.poll();
    bench.activity_completes(a).unwrap();
    bench.at(2_000);
    bench.signal().unwrap();
    bench.activity_fails(b, boom());
    bench.complete(vec![]);

    assert_eq!(
        bench.tail(11),
        "11 TaskCompleted, 12 ActStarted(s5), 13 TimerFired(st7), 14 WFSignaled, 15 ActStarted(s6), \
         16 ActCompleted(s5 st12), 17 ActFailed(s6 st15 MAXIMUM_ATTEMPTS_REACHED), 18 TaskSched, 19 TaskStarted",
        "H-4"
    );
}

#[test]
fn sg_14_a_full_buffer_fails_the_task() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    for _ in 0..100 {
        bench.signal().unwrap();
    }
    assert_eq!((bench.events().len(), bench.service.buffered(bench.run)), (3, 100));
    bench.signal().unwrap();

    assert_eq!((bench.events().len(), bench.service.buffered(bench.run)), (105, 0));
    assert!(matches!(bench.event(4), EventKind::WorkflowTaskFailed(_)));
    assert_eq!(bench.tail(105), "105 WFSignaled");
    assert_eq!(bench.visible(106), "106 TaskSched(attempt 2)", "H-7");
    bench.try_complete(vec![]).unwrap_err();
}
