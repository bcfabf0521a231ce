//! What workers make of the end of an attempt.

use rehearsal_worker::{AttemptRules, Beat, Expiry, Profile, Report};

use crate::support::{json, secs};

const GO: AttemptRules = AttemptRules::new(Profile::Go);
const CORE: AttemptRules = AttemptRules::new(Profile::Core);

#[test]
fn heartbeats_are_flushed_as_the_sdks_do() {
    let reports = [Report::Completed, Report::Failed, Report::Canceled];
    assert_eq!(reports.map(|report| GO.flushes(report)), [false, true, true]);
    assert_eq!(reports.map(|report| CORE.flushes(report)), [false, false, true]);
    assert_eq!(GO.failure_details(Some(Beat(Some(json("1"))))), None);
    assert_eq!(CORE.failure_details(Some(Beat(Some(json("1"))))), Some(json("1")));
    assert_eq!(CORE.failure_details(None), None);
}

#[test]
fn go_ends_an_attempt_at_the_earlier_deadline() {
    let at = |start_to_close, left| GO.expiry(start_to_close, left, Some(secs(1))).start_to_close;
    assert_eq!(at(Some(secs(10)), Some(secs(4))), Some(secs(4)));
    assert_eq!(at(Some(secs(3)), Some(secs(4))), Some(secs(3)));
    assert_eq!(at(Some(secs(0)), None), None);
    assert_eq!(GO.expiry(None, None, Some(secs(1))), Expiry::default());
}

#[test]
fn core_waits_longer_than_the_service_and_not_for_schedule_to_close() {
    let expiry = CORE.expiry(Some(secs(10)), Some(secs(4)), Some(secs(1)));
    let expected = Expiry { start_to_close: Some(secs(15)), heartbeat: Some(secs(6)) };
    assert_eq!(expiry, expected);
    assert_eq!(CORE.expiry(Some(secs(0)), Some(secs(4)), Some(secs(0))), Expiry::default());
}

#[test]
fn what_nobody_wants_to_know_is_reported_as_the_sdks_do() {
    for told_of_cancel in [false, true] {
        assert!(GO.reports_when_not_found(told_of_cancel));
        assert!(!GO.reports_when_expired(told_of_cancel));
        // Core tells an attempt of one cancel only.
        assert_eq!(CORE.reports_when_not_found(told_of_cancel), told_of_cancel);
        assert_eq!(CORE.reports_when_expired(told_of_cancel), told_of_cancel);
    }
    assert_eq!(GO.uncalled_cancel(), Report::Failed);
    assert_eq!(CORE.uncalled_cancel(), Report::Canceled);
}

/// C-32: a heartbeat of Go uses the context of the attempt.
#[test]
fn after_an_attempt_was_told_only_core_goes_on_heartbeating() {
    assert!(!GO.beats_when_told());
    assert!(CORE.beats_when_told());
}
