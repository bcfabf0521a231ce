//! When heartbeats are sent.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal_history::{Payload, Payloads, Timestamp};
use rehearsal_worker::HeartbeatThrottle;

use crate::support::secs;

#[test]
fn the_interval_is_four_fifths_of_the_timeout_within_limits() {
    let interval = |timeout| HeartbeatThrottle::new(timeout).interval();
    assert_eq!(interval(Some(secs(5))), secs(4));
    assert_eq!(interval(Some(Duration::from_millis(1))), Duration::from_micros(800));
    assert_eq!(interval(Some(secs(75))), secs(60));
    assert_eq!(interval(Some(secs(1000))), secs(60));
    assert_eq!(interval(Some(Duration::MAX)), secs(60));
    assert_eq!(interval(Some(Duration::ZERO)), secs(30));
    assert_eq!(interval(None), secs(30));
}

/// With a timeout of 5 s and a beat each second, 1, 5, 9, … are sent (C-32).
#[test]
fn beats_of_each_second_are_sent_every_fourth() {
    let beats: Vec<u64> = (1..=10).collect();
    assert_eq!(sent(5, &beats, 20), [(1, 1), (5, 4), (9, 8), (13, 10)]);
}

#[test]
fn a_window_with_nothing_pending_lapses() {
    assert_eq!(sent(5, &[1, 20, 21], 60), [(1, 1), (20, 20), (24, 21)]);
}

#[test]
fn only_what_is_pending_is_flushed() {
    let mut throttle = HeartbeatThrottle::new(Some(secs(5)));
    assert_eq!(throttle.flush(), None);
    assert!(throttle.beat(at(1), None).is_some());
    assert_eq!(throttle.clone().flush(), None);
    assert!(throttle.beat(at(2), Some(details(2))).is_none());
    assert_eq!(throttle.flush().map(|beat| beat.0), Some(Some(details(2))));
    assert_eq!(throttle.deadline(), None);
}

proptest! {
    /// The throttle agrees with the obvious slow version: a clock that ticks, and looks at all beats on each tick.
    #[test]
    fn sends_what_a_ticking_clock_sends(timeout in 0..12_u64, mut beats in vec(0..40_u64, 0..30)) {
        beats.sort_unstable();
        prop_assert_eq!(sent(timeout * 5, &beats, 200), slow(timeout * 5, &beats, 200));
    }
}

/// What is sent, and when, of beats at these seconds, each with its second as details. A window that ends at the
/// second of a beat ends first.
fn sent(timeout: u64, beats: &[u64], until: u64) -> Vec<(u64, u64)> {
    let mut throttle = HeartbeatThrottle::new(Some(secs(timeout)));
    let mut sent = Vec::new();
    let wake = |throttle: &mut HeartbeatThrottle, until, sent: &mut Vec<(u64, u64)>| {
        while let Some(deadline) = throttle.deadline().filter(|deadline| *deadline <= at(until)) {
            let beat = throttle.elapsed(deadline);
            sent.extend(
                beat.map(|beat| (deadline.as_nanos() / 1_000_000_000, value(beat.0.as_ref()))),
            );
        }
    };
    for &beat in beats {
        wake(&mut throttle, beat, &mut sent);
        let now = throttle.beat(at(beat), Some(details(beat)));
        sent.extend(now.map(|now| (beat, value(now.0.as_ref()))));
    }
    wake(&mut throttle, until, &mut sent);
    sent
}

/// The model: second by second.
fn slow(timeout: u64, beats: &[u64], until: u64) -> Vec<(u64, u64)> {
    let interval = if timeout == 0 { 30 } else { (timeout * 4 / 5).min(60) };
    let (mut sent, mut last_sent, mut pending): (Vec<(u64, u64)>, Option<u64>, Option<u64>) =
        (vec![], None, None);
    for second in 0..=until {
        if last_sent.is_some_and(|last| last + interval == second) {
            last_sent = pending.map(|_| second);
            sent.extend(pending.take().map(|beat| (second, beat)));
        }
        for &beat in beats.iter().filter(|beat| **beat == second) {
            if last_sent.is_none() {
                sent.push((second, beat));
                last_sent = Some(second);
            } else {
                pending = Some(beat);
            }
        }
    }
    sent
}

const fn at(second: u64) -> Timestamp {
    Timestamp::from_nanos(second * 1_000_000_000)
}

fn details(value: u64) -> Payloads {
    Payloads::one(Payload::json(value.to_string()))
}

fn value(details: Option<&Payloads>) -> u64 {
    details.and_then(|details| details.as_slice()[0].as_json()).unwrap().parse().unwrap()
}
