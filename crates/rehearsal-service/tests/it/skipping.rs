//! The time of single workflows that is skipped, as server 1.32.0 recorded it where
//! `frontend.WorkflowTimeSkippingEnabled` is on. Timers go off up to a second late there and here (T-9).

use std::time::Duration;

use rehearsal_history::{
    Event, EventKind, FastForwardConfig, RetryPolicy, TimeSkippingConfig,
    TimeSkippingStatePropagation, Timestamp,
};
use rehearsal_service::{
    ActivityResponse, Answer, Effect, Input, RequestError, ServiceConfig, SkippingView,
    StartWorkflow,
};

use crate::bench::{Bench, COMPLETE, activity_with, boom, fail_workflow, timer};
use crate::chain::continue_as_new;
use crate::family::{Family, child};
use crate::queries::{ask, cleared};

const HOUR: Duration = Duration::from_secs(3_600);
const HOUR_MILLIS: u64 = 3_600_000;
const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;

fn skips() -> TimeSkippingConfig {
    TimeSkippingConfig { enabled: true, ..TimeSkippingConfig::default() }
}

fn forward(id: &str, by: Duration) -> TimeSkippingConfig {
    let duration = Some(by);
    let config = FastForwardConfig { id: id.into(), duration, ..FastForwardConfig::default() };
    TimeSkippingConfig { fast_forward_config: Some(config), ..skips() }
}

/// A workflow whose time is skipped so; each transaction is looked at (law 6).
fn start(config: TimeSkippingConfig, change: impl FnOnce(&mut StartWorkflow)) -> Bench {
    let rebuilds = ServiceConfig { rebuilds: true, ..ServiceConfig::default() };
    Bench::configured(rebuilds, |it| {
        it.time_skipping = Some(Box::new(config));
        change(it);
    })
}

impl Bench {
    fn update(&mut self, config: Option<TimeSkippingConfig>) -> Result<Answer, RequestError> {
        let (target, identity) = (Self::target(), "client".into());
        let config = config.map(Box::new);
        self.handle(Input::UpdateTimeSkipping { target, config, identity })
    }

    fn skipping(&self) -> SkippingView<'_> {
        self.service.skipping(self.run).expect("somebody asked for it")
    }

    /// The time of the run, at the beginning of that of the service.
    fn time(&self) -> Timestamp {
        self.service.time_of(self.run, Timestamp::EPOCH)
    }

    /// The events from `from` on, with their times in whole seconds.
    fn timed(&self, from: usize) -> String {
        lines(&self.events()[from - 1..].iter().map(|event| &**event).collect::<Vec<_>>())
    }
}

fn seconds(time: Timestamp) -> u64 {
    time.as_nanos() / 1_000_000_000
}

fn lines(events: &[&Event]) -> String {
    let line = |event: &&Event| {
        let what = match &event.kind {
            EventKind::WorkflowExecutionTimeSkippingTransitioned(it) => {
                assert!(event.server.worker_may_ignore);
                let to = it.target_time.map(|to| format!(" to {}", seconds(to)));
                let last = if it.disabled_after_fast_forward { " and no further" } else { "" };
                format!("skips{}{last}", to.unwrap_or_default())
            }
            EventKind::WorkflowExecutionOptionsUpdated(it) => {
                assert!(event.server.worker_may_ignore && it.time_skipping_config_updated);
                let enabled = it.time_skipping_config.as_ref().map(|config| config.enabled);
                format!("WorkflowExecutionOptionsUpdated {enabled:?}")
            }
            kind => kind.name().to_owned(),
        };
        format!("{} {}s {what}", event.id, seconds(event.time))
    };
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_idle_workflow_skips_to_its_timer() {
    let mut bench = start(skips(), |_| {});
    bench.turn(vec![timer("1", 30 * DAY_MILLIS)]);
    assert_eq!(bench.deadline(), Some(1_000), "the queue was read a moment ago");
    bench.at(1_000);
    bench.turn(vec![COMPLETE]);

    insta::assert_snapshot!(bench.timed(5), @"
    5 0s TimerStarted
    6 0s skips to 2592000
    7 2592001s TimerFired
    8 2592001s WorkflowTaskScheduled
    9 2592001s WorkflowTaskStarted
    10 2592001s WorkflowTaskCompleted
    11 2592001s WorkflowExecutionCompleted
    ");
    let EventKind::WorkflowExecutionStarted(started) = bench.event(1) else { panic!("a start") };
    let config = started.time_skipping_config.as_deref().unwrap();
    assert_eq!((config.enabled, config.max_session_skip_count), (true, 200), "filled in");
    assert_eq!(bench.deadline(), None);
}

#[test]
fn what_is_worked_on_is_waited_for_and_a_retry_is_not() {
    let mut bench = start(skips(), |_| {});
    bench.turn(vec![
        activity_with("1", |it| {
            it.retry_policy =
                Some(RetryPolicy { initial_interval: Some(HOUR), ..RetryPolicy::default() });
        }),
        timer("1", 30 * DAY_MILLIS),
    ]);
    assert_eq!(bench.time(), Timestamp::EPOCH, "an activity waits for a worker");
    let task = bench.poll_activity();
    assert_eq!(bench.time(), Timestamp::EPOCH, "and is done");
    bench.activity_fails(task.token, boom());
    assert_eq!(seconds(bench.time()), 3_600);
    bench.at(1_000);
    let again = bench.poll_activity();
    assert_eq!(
        (again.attempt, seconds(again.started_at)),
        (2, 3_601),
        "in the time of the workflow"
    );
    bench.activity_completes(again.token).unwrap();

    insta::assert_snapshot!(bench.timed(5), @"
    5 0s ActivityTaskScheduled
    6 0s TimerStarted
    7 0s skips to 3600
    8 3601s ActivityTaskStarted
    9 3601s ActivityTaskCompleted
    10 3601s WorkflowTaskScheduled
    ");
}

#[test]
fn a_fast_forward_ends_between_two_timers() {
    let mut bench = Bench::start(|_| {});
    bench.turn(vec![timer("1", HOUR_MILLIS)]);
    bench.at(1_000);
    bench.update(Some(forward("one", HOUR + HOUR / 2))).unwrap();
    assert!(!bench.skipping().forward.unwrap().1);
    bench.at(2_000);
    bench.turn(vec![timer("2", HOUR_MILLIS)]);
    assert!(bench.skipping().forward.unwrap().1);
    let config = bench.skipping().config.unwrap();
    assert!(!config.enabled && config.fast_forward_config.is_some());
    // The same once more is one anew.
    bench.update(Some(forward("one", HOUR / 3))).unwrap();

    insta::assert_snapshot!(bench.timed(5), @"
    5 0s TimerStarted
    6 1s WorkflowExecutionOptionsUpdated Some(true)
    7 1s skips to 3600
    8 3600s TimerFired
    9 3600s WorkflowTaskScheduled
    10 3601s WorkflowTaskStarted
    11 3601s WorkflowTaskCompleted
    12 3601s TimerStarted
    13 3601s skips to 5401 and no further
    14 5401s WorkflowExecutionOptionsUpdated Some(false)
    15 5401s skips to 6601 and no further
    ");
}

#[test]
fn a_fast_forward_of_a_workflow_without_timers_is_over_at_once() {
    let mut bench = Bench::start(|_| {});
    bench.turn(vec![]);
    bench.update(Some(forward("one", 24 * HOUR))).unwrap();
    bench.signal().unwrap();

    insta::assert_snapshot!(bench.timed(5), @"
    5 0s WorkflowExecutionOptionsUpdated Some(false)
    6 0s skips to 86400 and no further
    7 86400s WorkflowExecutionSignaled
    8 86400s WorkflowTaskScheduled
    ");
}

#[test]
fn a_busy_workflow_comes_to_the_end_of_a_fast_forward_by_itself() {
    let mut bench = start(forward("one", Duration::from_secs(2)), |_| {});
    bench.poll();
    bench.at(5_000);
    bench.complete(vec![]);
    insta::assert_snapshot!(bench.timed(2), @"
    2 0s WorkflowTaskScheduled
    3 0s WorkflowTaskStarted
    4 5s WorkflowTaskCompleted
    5 2s skips and no further
    6 5s WorkflowTaskScheduled
    7 5s WorkflowTaskStarted
    ");
    assert!(bench.skipping().forward.unwrap().1);
}

#[test]
fn a_session_has_so_many_skips() {
    let mut bench = start(TimeSkippingConfig { max_session_skip_count: 1, ..skips() }, |_| {});
    bench.turn(vec![timer("1", HOUR_MILLIS)]);
    bench.at(1_000);
    bench.turn(vec![timer("2", HOUR_MILLIS)]);
    assert_eq!(seconds(bench.time()), 3_600, "no more");
    bench.update(None).unwrap();
    bench.update(None).unwrap();
    bench.update(Some(TimeSkippingConfig { max_session_skip_count: 1, ..skips() })).unwrap();
    assert_eq!(seconds(bench.time()), 3_601 + 3_599);

    insta::assert_snapshot!(bench.timed(5), @"
    5 0s TimerStarted
    6 0s skips to 3600
    7 3601s TimerFired
    8 3601s WorkflowTaskScheduled
    9 3601s WorkflowTaskStarted
    10 3601s WorkflowTaskCompleted
    11 3601s TimerStarted
    12 3601s WorkflowExecutionOptionsUpdated None
    13 3601s WorkflowExecutionOptionsUpdated Some(false)
    14 3601s skips to 7201
    ");
}

#[test]
fn a_delay_and_the_end_of_a_run_are_skipped_to() {
    let mut bench = start(skips(), |it| {
        it.start_delay = Some(2 * HOUR);
        it.run_timeout = Some(24 * HOUR);
    });
    bench.at(1_000);
    bench.turn(vec![]);
    bench.at(2_000);
    insta::assert_snapshot!(bench.timed(1), @"
    1 0s WorkflowExecutionStarted
    2 0s skips to 7200
    3 7200s WorkflowTaskScheduled
    4 7201s WorkflowTaskStarted
    5 7201s WorkflowTaskCompleted
    6 7201s skips to 93600
    7 93600s WorkflowExecutionTimedOut
    ");
}

#[test]
fn the_next_run_has_the_time_of_the_one_before() {
    let mut bench = start(forward("one", 36 * HOUR), |_| {});
    bench.turn(vec![timer("1", DAY_MILLIS)]);
    bench.at(1_000);
    bench.turn(vec![continue_as_new(|_| {})]);
    let started = bench.follow();
    let handed_on = TimeSkippingStatePropagation {
        initial_skipped_duration: Some(24 * HOUR),
        fast_forward_target_time: Some(Timestamp::EPOCH.saturating_add(36 * HOUR)),
        initial_skip_count: 1,
        ..TimeSkippingStatePropagation::default()
    };
    assert_eq!(started.time_skipping_state_propagation.as_deref(), Some(&handed_on));
    assert_eq!(
        started.time_skipping_config.as_deref().unwrap().fast_forward_config.as_ref().unwrap().id,
        "one"
    );
    bench.turn(vec![timer("1", DAY_MILLIS)]);

    insta::assert_snapshot!(bench.timed(1), @"
    1 86401s WorkflowExecutionStarted
    2 86401s WorkflowTaskScheduled
    3 86401s WorkflowTaskStarted
    4 86401s WorkflowTaskCompleted
    5 86401s TimerStarted
    6 86401s skips to 129600 and no further
    ");
    // The server moves the start of a run on once more whose first event is in its own time already.
    assert_eq!(seconds(bench.service.run(bench.run).started_at), 2 * 86_400 + 1);
}

#[test]
fn a_run_that_tries_again_begins_by_the_clock_of_the_server() {
    let mut bench = start(skips(), |it| {
        it.execution_timeout = Some(240 * HOUR);
        it.retry_policy =
            Some(RetryPolicy { initial_interval: Some(2 * HOUR), ..RetryPolicy::default() });
    });
    bench.turn(vec![timer("1", HOUR_MILLIS)]);
    bench.at(1_000);
    bench.turn(vec![fail_workflow()]);
    let started = bench.follow();
    assert_eq!(started.first_workflow_task_backoff, Some(2 * HOUR));
    bench.at(2_000);

    insta::assert_snapshot!(bench.timed(1), @"
    1 1s WorkflowExecutionStarted
    2 3601s skips to 10801
    3 10802s WorkflowTaskScheduled
    ");
    assert_eq!(seconds(bench.service.run(bench.run).started_at), 3_601);
}

#[test]
fn a_child_has_the_time_of_its_parent() {
    let mut family = Family::new();
    let wf = family.run("wf");
    let update = |config| Input::UpdateTimeSkipping {
        target: Bench::target(),
        config: Some(Box::new(config)),
        identity: "client".into(),
    };
    family.handle(update(TimeSkippingConfig { max_session_skip_count: 7, ..skips() })).unwrap();
    family.turn("wf", vec![timer("1", HOUR_MILLIS)]);
    family.at(1_000);
    family.turn("wf", vec![child("kept"), timer("2", HOUR_MILLIS)]);
    family.settle();
    family.turn("kept", vec![timer("1", DAY_MILLIS)]);
    let time = |family: &Family, id: &str| {
        seconds(family.service.time_of(family.run(id), Timestamp::EPOCH))
    };
    assert_eq!([time(&family, "wf"), time(&family, "kept")], [3_600, 3_600 + 86_400]);
    let EventKind::WorkflowExecutionStarted(started) = family.event("kept", 1) else {
        panic!("a start")
    };
    let config = started.time_skipping_config.as_deref().unwrap();
    assert_eq!(*config, TimeSkippingConfig { max_session_skip_count: 7, ..skips() });
    // It is created before it has the time of its parent.
    let events = family.service.history(family.run("kept"));
    insta::assert_snapshot!(lines(&events.iter().map(|event| &**event).collect::<Vec<_>>()), @"
    1 1s WorkflowExecutionStarted
    2 3601s WorkflowTaskScheduled
    3 3601s WorkflowTaskStarted
    4 3601s WorkflowTaskCompleted
    5 3601s TimerStarted
    6 3601s skips to 90001
    ");

    family.handle(update(TimeSkippingConfig { disable_propagation: true, ..skips() })).unwrap();
    family.poll("wf");
    family.complete("wf", vec![child("other")]);
    family.settle();
    family.turn("other", vec![timer("1", DAY_MILLIS)]);
    assert_eq!(
        time(&family, "other"),
        3_600,
        "its own time goes on from there, and is not skipped"
    );
    assert_eq!(family.service.run(wf).started_at, Timestamp::EPOCH);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let mut bench = Bench::start(|_| {});
    bench.turn(vec![]);
    let mut told = Vec::new();
    let off = TimeSkippingConfig::default();
    for config in [
        forward("one", Duration::ZERO),
        forward(" ", HOUR),
        TimeSkippingConfig { enabled: false, ..forward("one", HOUR) },
    ] {
        told.push(bench.update(Some(config)).unwrap_err().to_string());
    }
    assert_eq!(bench.events().len(), 4);
    bench.update(Some(off.clone())).unwrap();
    bench.update(Some(off)).unwrap();
    assert_eq!(bench.events().len(), 5, "the same is not recorded again");
    bench.terminate();
    told.push(bench.update(Some(skips())).unwrap_err().to_string());
    insta::assert_snapshot!(told.join("\n"), @"
    Time skipping config invalid: fast_forward duration must be positive
    Time skipping config invalid: fast_forward_id must be set
    time_skipping_config: cannot set fast_forward when enabled is false
    workflow execution already completed
    ");
}

/// Whoever drives the service has its clock alone.
#[test]
fn what_leaves_a_run_is_in_the_time_of_the_service() {
    let mut bench = start(skips(), |_| {});
    bench.turn(vec![timer("1", HOUR_MILLIS)]);
    bench.at(1_000);
    ask(&mut bench, "q-1").unwrap();
    let target = Bench::target();
    let (activity_id, identity) = ("nothing".into(), "client".into());
    let response = ActivityResponse::Completed(None);
    let unknown = Input::RespondActivityById { target, activity_id, response, identity };
    bench.handle(unknown).unwrap_err();
    assert_eq!(cleared(&bench), [("q-1".into(), 1_050)]);

    bench.turn(vec![timer("2", 300)]);
    let loose: Vec<u64> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Loose { at, soonest, latest, .. } => {
                assert!(soonest <= at && at <= latest);
                Some(seconds(*latest))
            }
            _ => None,
        })
        .collect();
    assert!(!loose.is_empty() && loose.iter().all(|latest| *latest <= 2), "{loose:?}");
    assert_eq!(bench.deadline(), Some(2_000));
}
