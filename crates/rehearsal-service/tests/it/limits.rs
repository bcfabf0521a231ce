//! Settings and limits of the service.

use std::time::Duration;

use rehearsal_history::EventKind;
use rehearsal_service::{Limits, ServiceConfig};

use crate::bench::{Bench, activity, cancel_activity, timer};

fn limited(limits: Limits) -> Bench {
    Bench::configured(ServiceConfig { limits, ..ServiceConfig::default() }, |_| {})
}

#[test]
fn t_12_a_long_history_suggests_to_continue_as_new() {
    let mut bench = limited(Limits { suggest_continue_as_new: 6, ..Limits::default() });
    bench.turn(vec![]);
    bench.signal().unwrap();
    bench.turn(vec![]);
    let suggests = |bench: &Bench, id| match bench.event(id) {
        EventKind::WorkflowTaskStarted(started) => started.suggest_continue_as_new,
        other => panic!("event {id} is {}", other.name()),
    };

    assert!(!suggests(&bench, 3));
    assert!(suggests(&bench, 7));
}

#[test]
fn w_15_too_many_pending_activities() {
    let mut bench = limited(Limits { pending_activities: 2, ..Limits::default() });
    bench.turn(vec![activity("5"), activity("6")]);
    bench.signal().unwrap();
    bench.poll();
    let told = bench.try_complete(vec![activity("10")]).unwrap_err().to_string();
    assert_eq!(
        told,
        "PendingActivitiesLimitExceeded: the number of pending activities, 2, has reached the per-workflow limit of 2"
    );
    bench.poll();
    bench.complete(vec![cancel_activity(5), activity("11")]);

    assert_eq!(
        bench.service.pending(bench.run).len(),
        2,
        "one that is canceled makes room for another"
    );
}

#[test]
fn signals_are_limited() {
    let mut bench = limited(Limits { signals: 1, ..Limits::default() });
    bench.signal().unwrap();

    assert_eq!(
        bench.signal().unwrap_err().to_string(),
        "exceeded workflow execution limit for signal events"
    );
}

#[test]
fn without_a_resolution_every_deadline_is_exact() {
    let config = ServiceConfig { timer_resolution: Duration::ZERO, ..ServiceConfig::default() };
    let mut bench = Bench::configured(config, |_| {});
    bench.turn(vec![timer("a", 300), timer("b", 301)]);
    bench.at(300);
    assert_eq!(bench.tail(7), "7 TimerFired(st5), 8 TaskSched");
    bench.at(301);

    assert_eq!(bench.tail(9), "9 TimerFired(st6)");
}
