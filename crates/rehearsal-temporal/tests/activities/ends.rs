//! What attempts end with, in the shapes that the SDK's worker sends.

use rehearsal_temporal::activity::Registry;

use crate::acts::Acts;
use crate::engine::{json, log_of};

fn registry() -> Registry {
    Registry::default()
        .activities(Acts::default)
        .real(Acts::long)
        .real(Acts::panics)
        .real(Acts::fails)
        .real(Acts::fails_plainly)
        .real(Acts::gives_up)
        .real(Acts::later)
        .real(Acts::asks_server)
        .real(Acts::times)
        .real(Acts::relay)
}

#[test]
fn an_application_failure_keeps_all_it_says() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::fails", None), @r#"
    0ns #0 failed: "cannot store the order" type "Storage", not retryable, details "order 42", again in 1.5s, "APPLICATION_ERROR_CATEGORY_BENIGN"
        because of "the disk is full" type ""
    "#);
}

#[test]
fn any_other_error_has_no_type() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::fails_plainly", None), @r#"0ns #0 failed: "invalid digit found in string" type """#);
}

#[test]
fn a_panic_is_a_failure() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::panics", None), @r#"20ms #0 failed: "Activity function panicked: ouch" type """#);
}

#[test]
fn input_of_another_type_is_a_failure() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::long", Some(&json("7"))), @r#"
    0ns #0 failed: "Encoding error: invalid type: integer `7`, expected a string" type ""
        because of "invalid type: integer `7`, expected a string" type ""
    "#);
}

#[test]
fn no_input_is_a_failure() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::long", None), @r#"0ns #0 failed: "Wrong encoding" type """#);
}

#[test]
fn a_canceled_activity_says_so_with_details() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::gives_up", None), @r#"0ns #0 canceled "undone""#);
}

#[test]
fn asynchronous_completion_sends_nothing() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::later", None), @"0ns #0 pending");
}

#[test]
fn a_client_is_refused() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::asks_server", None), @"0ns #0 refused: not simulated: clients in activities; activity `Acts::asks_server` asks its context for one");
}

#[test]
fn timeouts_and_intervals_take_virtual_time() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::times", None), @r#"
    70ms #0 heartbeat "Err(Elapsed(()))"
    70ms #0 heartbeat "tick"
    100ms #0 heartbeat "tick"
    130ms #0 heartbeat "tick"
    130ms #0 completed "Ok(1)"
    "#);
}

#[test]
fn a_hundred_tasks_in_a_row_take_no_time() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::relay", None), @"0ns #0 completed binary/null:");
}
