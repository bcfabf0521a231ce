//! Which activities there are.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_history::{Header, Payload, Priority, RetryPolicy, Timestamp};
use rehearsal_temporal::activity::{AttemptInfo, Registry, Runtime, RuntimeError, Setup};

use crate::acts::{Acts, Plain};
use crate::engine::{BEGINNING, Engine, What, json, log_of, ms, payloads};

#[test]
fn activities_without_a_struct_run() {
    let registry = Registry::default().real(Plain::echo);

    assert_eq!(registry.names().collect::<Vec<_>>(), ["plain-echo"]);
    insta::assert_snapshot!(log_of(&registry, "plain-echo", Some(&json("\"hello\""))), @r#"0ns #0 completed "hello""#);
}

#[test]
fn an_activity_that_takes_self_needs_its_struct() {
    let registry = Registry::default().real(Acts::long).real(Plain::echo);

    assert_eq!(registry.homeless(), ["Acts::long"]);
    assert_eq!(registry.activities(Acts::default).homeless(), [""; 0]);
}

#[test]
fn each_run_has_a_struct_of_its_own() {
    let registry = Registry::default().activities(Acts::default).real(Acts::counts);
    for _ in 0..2 {
        let mut engine = Engine::new(&registry);
        engine.start("Acts::counts", None);
        engine.start("Acts::counts", None);
        engine.run_until(ms(1));
        assert_eq!(engine.text(), "0ns #0 completed 1\n0ns #1 completed 2\n");
    }
}

#[test]
fn an_activity_that_is_not_real_does_not_start() {
    let registry = Registry::default().activities(Acts::default).real(Acts::counts);
    let runtime = Runtime::new(&Setup::new(BEGINNING)).unwrap();
    let info = AttemptInfo { activity_type: "Acts::long".into(), ..AttemptInfo::default() };

    assert!(registry.instances(&runtime).start(info, None).is_none());
}

#[test]
fn there_is_no_runtime_on_a_thread_of_another() {
    let outer = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let inner = outer.block_on(async { Runtime::new(&Setup::new(BEGINNING)) });

    let error = inner.unwrap_err();
    assert!(matches!(error, RuntimeError::Nested));
    insta::assert_snapshot!(error, @"activities cannot be rehearsed on a thread of a tokio runtime: use a plain `#[test]` in place of `#[tokio::test]`");
}

#[test]
fn the_code_sees_all_that_the_server_says() {
    let registry = Registry::default().activities(Acts::default).real(Acts::tells_info);
    let at = |seconds| Timestamp::EPOCH + Duration::from_secs(seconds);
    let info = AttemptInfo {
        task_token: vec![1, 2],
        namespace: "default".into(),
        workflow_id: "wf".into(),
        run_id: "run".into(),
        workflow_type: "Order".into(),
        activity_id: "7".into(),
        activity_type: "Acts::tells_info".into(),
        task_queue: "queue".into(),
        attempt: 3,
        scheduled_at: at(10),
        attempt_scheduled_at: at(20),
        started_at: at(21),
        start_to_close: Some(Duration::from_mins(1)),
        schedule_to_close: Some(Duration::from_secs(50)),
        heartbeat_timeout: Some(Duration::from_secs(5)),
        retry_policy: Some(RetryPolicy {
            initial_interval: Some(Duration::from_secs(1)),
            backoff_coefficient: 2.0,
            maximum_attempts: 4,
            non_retryable_error_types: vec!["Storage".into()],
            ..RetryPolicy::default()
        }),
        priority: Priority::of_key(2),
        header: Some(Header {
            fields: BTreeMap::from([("trace".into(), Payload::json("7"))]),
            ..Header::default()
        }),
        ..AttemptInfo::default()
    };
    let mut engine = Engine::new(&registry);
    engine.start_with(info, None);
    engine.run_until(ms(1));

    let Some(What::Ended(rehearsal_temporal::activity::Outcome::Completed(result))) =
        engine.log.last().map(|entry| entry.what.clone())
    else {
        panic!("{}", engine.text());
    };
    insta::assert_snapshot!(payloads(result.as_ref()).replace("\\n", "\n"), @r#"
    "token [1, 2], attempt 3, queue queue
    activity Acts::tells_info 7
    workflow Some('Order') Some('wf')
    run Some('run') in default
    scheduled, again, started, to be done by [Some(10s), Some(20s), Some(21s), Some(60s)]
    heartbeat Some(5s), local false
    first retry Some(1s)
    attempts Some(4)
    priority Some(2)
    header Some([55])"
    "#);
}
