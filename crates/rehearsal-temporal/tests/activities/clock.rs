//! Both clocks show the same time, to the nanosecond.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal_history::Payloads;
use rehearsal_temporal::activity::{Outcome, Registry, Runtime, Setup};

use crate::acts::{Acts, Plain};
use crate::engine::{BEGINNING, Engine, Entry, What, json, ms};

fn registry() -> Registry {
    Registry::default()
        .activities(Acts::default)
        .real(Acts::sleeps)
        .activities(|| Plain)
        .real(Plain::waits_for_ever)
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// The first whole millisecond of the run that is not before `due`.
fn tick(due: Duration) -> Duration {
    ms(u64::try_from(due.as_nanos().div_ceil(1_000_000)).expect("less than a minute"))
}

/// What an activity that starts at `start` and sleeps must do by `end`, if tokio's timers go by whole milliseconds.
fn model(id: usize, start: Duration, sleeps: &[u64], end: Duration) -> Vec<Entry> {
    let mut at = start;
    let mut entries = Vec::new();
    for (index, nanos) in sleeps.iter().enumerate() {
        at = tick(at + Duration::from_nanos(*nanos));
        entries.push(Entry { at, id, what: What::Beat(Some(number(index))) });
    }
    entries.push(Entry {
        at,
        id,
        what: What::Ended(Outcome::Completed(Some(number(sleeps.len())))),
    });
    entries.retain(|entry| entry.at <= end);
    entries
}

fn number(number: usize) -> Payloads {
    json(&number.to_string())
}

/// Times in nanoseconds, many of them whole milliseconds or close to one.
fn nanos(most: u64) -> impl Strategy<Value = u64> {
    let near = prop_oneof![Just(0_i64), Just(1), Just(-1), Just(499_999), -999_999..=999_999_i64];
    (0..most, near).prop_map(|(millis, off)| (millis * 1_000_000).saturating_add_signed(off))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Each activity does what it would do alone with exact timers, whatever the horizons are, and never early.
    #[test]
    fn each_beat_comes_at_its_instant(
        activities in vec(vec(nanos(40), 0..6), 1..5),
        horizons in vec(nanos(60), 1..8),
    ) {
        let mut engine = Engine::new(&registry());
        let mut expected = Vec::new();
        let end: Duration = horizons.iter().map(|by| Duration::from_nanos(*by)).sum();
        let mut now = Duration::ZERO;
        let mut waiting = activities.iter();
        for by in &horizons {
            if let Some(sleeps) = waiting.next() {
                let id = engine.start("Acts::sleeps", Some(&json(&format!("{sleeps:?}"))));
                expected.extend(model(id, now, sleeps, end));
            }
            now += Duration::from_nanos(*by);
            engine.run_until(now);
        }
        let by_time = |entry: &Entry| (entry.at, entry.id);
        let mut log = engine.log;
        log.sort_by_key(by_time);
        expected.sort_by_key(by_time);
        prop_assert_eq!(log, expected);
    }
}

#[test]
fn a_sleep_that_begins_between_two_milliseconds_does_not_end_early() {
    let mut engine = Engine::new(&registry());
    engine.run_until(micros(266_400));
    engine.start("Acts::sleeps", Some(&json("[1000000000]")));
    engine.run_until(micros(1_266_400));
    assert_eq!(engine.text(), "");
    engine.run_until(micros(1_266_999));
    assert_eq!(engine.text(), "");
    engine.run_until(ms(1267));
    insta::assert_snapshot!(engine.text(), @"
    1.267s #0 heartbeat 0
    1.267s #0 completed 1
    ");
}

#[test]
fn ten_years_are_slept_at_once() {
    let mut engine = Engine::new(&registry());
    let years = Duration::from_hours(10 * 365 * 24);
    engine.start("Acts::sleeps", Some(&json(&format!("[{}]", years.as_nanos()))));
    engine.run_until(years);
    insta::assert_snapshot!(engine.text(), @"
    315360000s #0 heartbeat 0
    315360000s #0 completed 1
    ");
}

/// Nobody ever wakes it: the clock is given back where it may go to.
#[test]
fn what_waits_for_nothing_does_not_hold_the_clock() {
    let mut engine = Engine::new(&registry());
    engine.start("Plain::waits_for_ever", None);
    engine.run_until(ms(5000));
    assert_eq!((engine.text(), engine.polls), (String::new(), 1));
}

/// A poll ahead of the time that was told lets the time pass first.
#[test]
fn entering_later_lets_time_pass() {
    let mut runtime = Runtime::new(&Setup::new(BEGINNING)).unwrap();
    let later = BEGINNING + micros(1_500_250);
    let mut polled = false;
    runtime.enter(later, &mut || polled = true);
    assert!(polled);
    assert_eq!(runtime.now(), later);
}

#[test]
fn a_thousand_activities_leave_the_same_log_twice() {
    let once = || {
        let mut engine = Engine::new(&registry());
        for number in 0..1000_u64 {
            let sleeps: Vec<u64> =
                (1..=5).map(|step| (number * 7919 + step * 104_729) % 1000 * 1_000_000).collect();
            engine.start("Acts::sleeps", Some(&json(&format!("{sleeps:?}"))));
        }
        engine.run_until(ms(10_000));
        engine.log
    };
    let log = once();
    assert_eq!(log.len(), 6000);
    assert!(log == once(), "two runs differ");
}
