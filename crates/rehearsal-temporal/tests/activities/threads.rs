//! Blocking code on the runtime's thread pool, and threads that nobody knows of.

use std::sync::Arc;

use rehearsal_temporal::activity::Registry;

use crate::acts::{Acts, Door};
use crate::engine::{Engine, json, log_of, ms};

fn registry() -> Registry {
    Registry::default()
        .activities(Acts::default)
        .real(Acts::sync)
        .real(Acts::sync_panics)
        .real(Acts::sync_beats)
        .real(Acts::blocks)
}

/// However long the other thread takes: the first poll hands the work over, the second one finds the result.
#[test]
fn a_synchronous_activity_takes_two_polls_and_no_time() {
    for round in 0..200 {
        let mut engine = Engine::new(&registry());
        let rounds = if round % 2 == 0 { 0 } else { 50_000 };
        engine.start("Acts::sync", Some(&json(&rounds.to_string())));
        engine.run_until(ms(1));
        assert_eq!(engine.text(), format!("0ns #0 completed {}\n", 0));
        assert_eq!(engine.polls, 2);
        engine.start("Acts::sync", Some(&json(&rounds.to_string())));
        engine.run_until(ms(2));
        assert_eq!(engine.polls, 4);
        assert_eq!(engine.runtime.foreign_wakes(), [""; 0]);
    }
}

#[test]
fn a_panic_of_a_synchronous_activity_names_no_task() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::sync_panics", None), @r#"0ns #0 failed: "task 1 panicked with message \"no luck\"" type """#);
}

#[test]
fn a_synchronous_activity_beats() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::sync_beats", None), @"
    0ns #0 heartbeat 1
    0ns #0 heartbeat 2
    0ns #0 heartbeat 3
    0ns #0 completed binary/null:
    ");
}

#[test]
fn blocking_code_in_the_middle_takes_no_time() {
    for _ in 0..50 {
        insta::allow_duplicates! {
            insta::assert_snapshot!(log_of(&registry(), "Acts::blocks", None), @"
            10ms #0 heartbeat 1
            10ms #0 completed 4
            ");
        }
    }
}

/// What another thread wakes is told by name, once.
#[test]
#[expect(clippy::disallowed_methods, reason = "a thread from outside is what is tested")]
fn a_wake_from_outside_is_noticed() {
    let door = Door::default();
    let shared = Arc::clone(&door);
    let acts = Registry::default()
        .activities(move || Acts { door: Arc::clone(&shared), ..Acts::default() })
        .real(Acts::waits_outside);
    let mut engine = Engine::new(&acts);
    engine.start("Acts::waits_outside", None);
    engine.run_until(ms(10));
    assert_eq!(engine.runtime.foreign_wakes(), [""; 0]);

    let sender = door.lock().unwrap().take().unwrap();
    std::thread::spawn(move || sender.send(()).unwrap()).join().unwrap();
    engine.run_until(ms(20));

    assert_eq!(engine.text(), "10ms #0 completed binary/null:\n");
    assert_eq!(engine.runtime.foreign_wakes(), ["Acts::waits_outside"]);
    assert_eq!(engine.runtime.foreign_wakes(), [""; 0]);
}
