//! Heartbeats, cancel, and what is handed on to the next attempt.

use rehearsal_temporal::activity::{AttemptInfo, Registry};

use crate::acts::{Acts, Progress};
use crate::engine::{Engine, What, json, log_of, ms};

fn registry() -> Registry {
    Registry::default()
        .activities(Acts::default)
        .real(Acts::long)
        .real(Acts::spawns)
        .real(Acts::leaves)
        .real(Acts::unknown_details)
        .real(Acts::many_details)
}

#[test]
fn it_beats_every_second_until_it_is_canceled() {
    let mut engine = Engine::new(&registry());
    let id = engine.start("Acts::long", Some(&json("\"Ann\"")));
    engine.run_until(ms(2500));
    engine.cancel(id);
    engine.run_until(ms(9000));

    insta::assert_snapshot!(engine.text(), @r#"
    1s #0 heartbeat 1
    2s #0 heartbeat 2
    2.5s #0 completed "canceled, says Ann"
    "#);
}

#[test]
fn a_cancel_before_the_first_poll_is_seen_by_the_code() {
    let mut engine = Engine::new(&registry());
    let id = engine.start("Acts::long", Some(&json("\"Ann\"")));
    engine.cancel(id);
    engine.run_until(ms(9000));

    insta::assert_snapshot!(engine.text(), @r#"0ns #0 completed "canceled, says Ann""#);
}

/// C-31.
#[test]
fn the_next_attempt_goes_on_from_the_last_heartbeat() {
    let mut engine = Engine::new(&registry());
    engine.start("Acts::long", Some(&json("\"Ann\"")));
    engine.run_until(ms(2000));
    let Some(What::Beat(details)) = engine.log.last().map(|entry| entry.what.clone()) else {
        panic!("no heartbeat");
    };
    let info = AttemptInfo {
        activity_type: "Acts::long".into(),
        attempt: 2,
        heartbeat_details: details,
        ..AttemptInfo::default()
    };
    let mut engine = Engine::new(&registry());
    engine.start_with(info, Some(&json("\"Ann\"")));
    engine.run_until(ms(1000));

    insta::assert_snapshot!(engine.text(), @"1s #0 heartbeat 3");
}

#[test]
fn heartbeats_of_tasks_are_told_at_their_instants() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::spawns", None), @r#"
    250ms #0 heartbeat "task 1"
    500ms #0 heartbeat "task 2"
    750ms #0 heartbeat "task 3"
    750ms #0 completed binary/null:
    "#);
}

#[test]
fn a_heartbeat_after_the_end_is_lost() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::leaves", None), @"0ns #0 completed binary/null:");
}

#[test]
fn common_types_of_details_are_known() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::many_details", None), @r#"
    0ns #0 heartbeat -
    0ns #0 heartbeat 3
    0ns #0 heartbeat true
    0ns #0 heartbeat "text"
    0ns #0 heartbeat binary/plain:ab
    0ns #0 heartbeat ["a"]
    0ns #0 heartbeat binary/null:
    0ns #0 heartbeat {"done":1}
    0ns #0 completed binary/null:
    "#);
}

#[test]
fn details_of_an_unknown_type_are_refused() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::unknown_details", None), @"0ns #0 refused: activity `Acts::unknown_details` records a heartbeat with details of a type that is not registered: register it with `.heartbeat_type::<T>()`");
}

#[test]
fn a_registered_type_is_known() {
    let acts = Registry::default().activities(Acts::default).real(Acts::unknown_details);
    let registry = acts.heartbeat_type::<Progress>();

    insta::assert_snapshot!(log_of(&registry, "Acts::unknown_details", None), @r#"0ns #0 heartbeat {"done":7}"#);
}
