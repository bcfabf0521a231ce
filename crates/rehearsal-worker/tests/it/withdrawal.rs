//! Cancels that are moot by the time they would be sent (C-18).

use rehearsal_activation::ServerCommand;
use rehearsal_history::{EventId, History, HistoryBuilder};

use crate::support::{
    activity, cancel_activity, cancel_timer, delivery, drive, history, secs, sent, timer, worker,
};

/// Event 5 is an activity, event 6 a timer; `tell` says what happened before the next task.
fn second_task(tell: impl FnOnce(&mut HistoryBuilder, EventId, EventId)) -> History {
    history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        let nap = h.start_timer(secs(10));
        tell(h, work, nap);
        h.start_task();
    })
}

/// What is sent for `commands` in the second task, in a cold cache and in a warm one.
#[track_caller]
fn sent_in(
    told: &History,
    commands: impl Fn() -> Vec<rehearsal_activation::WorkflowCommand>,
) -> Vec<ServerCommand> {
    let first = || vec![activity(1, "Work"), timer(1, 10)];
    let cold =
        sent(&drive(&mut worker(), delivery(told.events(), 1, 1), vec![first(), commands()]));
    let mut cached = worker();
    drive(&mut cached, delivery(&told.events()[..3], 1, 1), vec![first()]);
    let warm = sent(&drive(&mut cached, delivery(told.events(), 4, 1), vec![commands()]));
    assert_eq!(cold, warm);
    warm
}

#[test]
fn a_cancel_of_what_ended_later_in_the_batch_is_dropped_and_takes_no_id() {
    let told = second_task(|h, work, nap| {
        h.request_cancel("enough");
        h.start_activity(work);
        h.complete_activity(work, None);
        h.fire_timer(nap);
    });
    // The cancel request runs the callbacks first: both cancels stand before the new timer.
    let sent = sent_in(&told, || vec![cancel_activity(1), cancel_timer(1), timer(2, 1)]);
    let started = told.events().last().unwrap().id;
    let timer_id = started.plus(2).to_string().into();
    assert_eq!(sent, [ServerCommand::StartTimer { timer_id, after: secs(1), user_metadata: None }]);
}

#[test]
fn only_the_cancel_of_what_ended_is_dropped() {
    let told = second_task(|h, _, nap| {
        h.request_cancel("enough");
        h.fire_timer(nap);
    });
    let sent = sent_in(&told, || vec![cancel_timer(1), cancel_activity(1)]);
    assert_eq!(
        sent,
        [ServerCommand::RequestCancelActivityTask { scheduled: EventId(5), user_metadata: None }]
    );
}

#[test]
fn a_second_cancel_is_not_sent() {
    let told = second_task(|h, _, _| _ = h.request_cancel("enough"));
    let sent = sent_in(&told, || {
        vec![cancel_timer(1), cancel_timer(1), cancel_activity(1), cancel_activity(1)]
    });
    let timer_id = "6".into();
    let expected = [
        ServerCommand::CancelTimer { timer_id, user_metadata: None },
        ServerCommand::RequestCancelActivityTask { scheduled: EventId(5), user_metadata: None },
    ];
    assert_eq!(sent, expected);
}

/// Go sends both, as `start-and-cancel-in-one-task` shows (C-35, R-7).
#[test]
fn what_is_canceled_before_it_is_sent_is_sent_with_its_cancel() {
    let told = second_task(|h, _, _| _ = h.signal("go", None));
    let sent = sent_in(&told, || {
        vec![timer(2, 1), activity(2, "Skip"), cancel_timer(2), cancel_activity(2)]
    });
    let ids = (told.events().last().unwrap().id.plus(2), told.events().last().unwrap().id.plus(3));
    assert_eq!(sent.len(), 4);
    assert_eq!(
        sent[2],
        ServerCommand::CancelTimer { timer_id: ids.0.to_string().into(), user_metadata: None }
    );
    assert_eq!(
        sent[3],
        ServerCommand::RequestCancelActivityTask { scheduled: ids.1, user_metadata: None }
    );
}
