//! Compares a simulated history with the recorded one, and says where they part.
//!
//! What is compared is `rehearsal_history::scrub`'s; here stand how far times may be apart, and how it is shown.

use std::time::Duration;

use rehearsal_history::event::TimerFired;
use rehearsal_history::scrub::{self, Difference};
use rehearsal_history::{Event, EventId, EventKind, Failure, FailureInfo, History, TimeoutType};

/// How far apart the times of an event may be, counted from the first event.
pub(super) const TOLERANCE: Duration = Duration::from_millis(400);

/// The same from the first event on that may be late: a real server fires a deadline that was nearer than about a
/// second when it was armed, and a heartbeat timeout that a beat has armed again, up to about a second late (T-2, T-9).
pub(super) const LATE_TOLERANCE: Duration = Duration::from_millis(1100);

/// How many events are shown on either side of the first divergence.
const CONTEXT: u64 = 3;

/// How many differences of one history are listed.
const MAX_DIFFERENCES: usize = 24;

/// What is different, in lines for people; empty if nothing is.
///
/// First comes the first divergence with what stands around it, then the differences up to where the sequences part.
/// In a `quiet` recording nothing is late but by the rules.
#[must_use]
pub(super) fn compare(simulated: &History, recorded: &History, quiet: bool) -> Vec<String> {
    let late = recorded
        .events()
        .iter()
        .position(|event| !quiet && may_be_late(recorded, event))
        .unwrap_or(usize::MAX);
    let tolerance = |index: usize| if index < late { TOLERANCE } else { LATE_TOLERANCE };
    let differences = scrub::compare(simulated, recorded, tolerance);
    // Times count from the first event on, so one that lies before it needs a look of its own.
    let early = [("simulated", simulated), ("recorded", recorded)].into_iter().filter_map(
        |(side, history)| {
            let start = history.events()[0].time;
            let event = history.events().iter().find(|event| event.time + TOLERANCE < start)?;
            Some(format!("event {}: eventTime: {side} before the start", event.id))
        },
    );
    let content = |difference: &&Difference| matches!(difference, Difference::Value { .. });
    let mut report = match differences.iter().filter(content).map(event_of).min() {
        Some(first) => divergence(["recorded", "simulated"], [recorded, simulated], first),
        None => Vec::new(),
    };

    let parted = first_other_kind(simulated, recorded);
    let before =
        |difference: &&Difference| parted.is_none_or(|parted| event_of(difference) < parted);
    let listed: Vec<String> = differences.iter().filter(before).map(ToString::to_string).collect();
    report.extend(listed.iter().take(MAX_DIFFERENCES).cloned());
    report.extend(early);
    if listed.len() > MAX_DIFFERENCES {
        report.push(format!("and {} more", listed.len() - MAX_DIFFERENCES));
    }
    if let Some(parted) = parted {
        report.push(format!("from event {parted} on, the events are different ones"));
    }
    report
}

fn event_of(difference: &Difference) -> EventId {
    match difference {
        Difference::Value { event, .. } | Difference::Time { event, .. } => *event,
        _ => EventId::FIRST,
    }
}

/// The first event that is of another type in the other history, or missing there.
fn first_other_kind(simulated: &History, recorded: &History) -> Option<EventId> {
    let longest = simulated.events().len().max(recorded.events().len());
    let kind = |history: &History, at: usize| {
        history.events().get(at).map(|event| event.kind.name().to_owned())
    };
    let at = (0..longest).find(|&at| kind(simulated, at) != kind(recorded, at))?;
    Some(EventId::FIRST.plus(at as u64))
}

/// Two histories around an event, side by side, under their titles.
#[must_use]
pub fn divergence(titles: [&str; 2], sides: [&History; 2], event: EventId) -> Vec<String> {
    let mut lines = vec![
        format!("first divergence at event {event}:"),
        format!("    {:<52} | {}", titles[0], titles[1]),
    ];
    let longest = sides.map(|side| side.events().len()).into_iter().max().unwrap_or_default();
    for id in event.0.saturating_sub(CONTEXT).max(1)..=(longest as u64).min(event.0 + CONTEXT) {
        let mark = if id == event.0 { '>' } else { ' ' };
        let [left, right] = sides.map(|side| line(side, EventId(id)));
        lines.push(format!("  {mark} {left:<52} | {right}"));
    }
    lines
}

/// One event as a line: its id, the time since the first event, its type.
fn line(history: &History, id: EventId) -> String {
    history.event(id).map_or_else(
        || "(none)".to_owned(),
        |event| {
            let offset = event.time.since(history.events()[0].time);
            format!("{id:>3} {:>7}ms  {}", offset.as_millis(), event.kind.name())
        },
    )
}

/// An error with its causes, in one line.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Whether an event was brought about by a deadline that a real server may fire late.
fn may_be_late(history: &History, event: &Event) -> bool {
    let by_heartbeat = |failure: Option<&Failure>| {
        failure.and_then(|failure| failure.info.as_ref()).is_some_and(|info| match info {
            FailureInfo::Timeout(timeout) => timeout.timeout_type == TimeoutType::Heartbeat,
            _ => false,
        })
    };
    match &event.kind {
        EventKind::TimerFired(TimerFired { started_event_id, .. }) => {
            match history.event(*started_event_id).map(|event| &event.kind) {
                Some(EventKind::TimerStarted(timer)) => {
                    timer.start_to_fire_timeout.is_some_and(|after| after < Duration::from_secs(1))
                }
                _ => false,
            }
        }
        EventKind::ActivityTaskTimedOut(timed_out) => by_heartbeat(timed_out.failure.as_ref()),
        EventKind::ActivityTaskStarted(started) => by_heartbeat(started.last_failure.as_ref()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(id: u32, time: &str, kind: &str) -> Value {
        json!({
            "eventId": id.to_string(),
            "eventTime": format!("2026-01-01T00:00:0{time}Z"),
            "eventType": format!("EVENT_TYPE_{kind}"),
        })
    }

    fn with_attributes(mut event: Value, key: &str, attributes: Value) -> Value {
        event[key] = attributes;
        event
    }

    fn timer_started(id: u32, time: &str, after: &str) -> Value {
        let attributes = json!({ "timerId": "1", "startToFireTimeout": after });
        with_attributes(event(id, time, "TIMER_STARTED"), "timerStartedEventAttributes", attributes)
    }

    fn timer_fired(id: u32, time: &str, started: &str) -> Value {
        let attributes = json!({ "timerId": "1", "startedEventId": started });
        with_attributes(event(id, time, "TIMER_FIRED"), "timerFiredEventAttributes", attributes)
    }

    fn history(rest: &[Value]) -> History {
        let attributes = json!({ "workflowType": { "name": "Workflow" } });
        let start = event(1, "0", "WORKFLOW_EXECUTION_STARTED");
        let mut events =
            vec![with_attributes(start, "workflowExecutionStartedEventAttributes", attributes)];
        events.extend_from_slice(rest);
        History::from_json(&json!({ "events": events }).to_string()).unwrap()
    }

    #[test]
    fn equal_histories_have_no_difference() {
        let side = history(&[timer_started(2, "0", "1s")]);
        assert_eq!(compare(&side, &side, false), [""; 0]);
    }

    #[test]
    fn the_first_divergence_is_shown_with_what_stands_around_it() {
        let recorded = history(&[timer_started(2, "0", "1s"), timer_fired(3, "1", "2")]);
        let simulated = history(&[timer_started(2, "0", "2s"), timer_started(3, "1", "1s")]);

        assert_eq!(
            compare(&simulated, &recorded, false),
            [
                "first divergence at event 2:",
                "    recorded                                             | simulated",
                "      1       0ms  WorkflowExecutionStarted              |   1       0ms  WorkflowExecutionStarted",
                "  >   2       0ms  TimerStarted                          |   2       0ms  TimerStarted",
                "      3    1000ms  TimerFired                            |   3    1000ms  TimerStarted",
                r#"event 2: timerStartedEventAttributes.startToFireTimeout: simulated `"2s"`, recorded `"1s"`"#,
                "from event 3 on, the events are different ones",
            ]
        );
    }

    #[test]
    fn times_may_be_a_little_apart() {
        let at = |time: &str| history(&[timer_started(2, time, "1s")]);

        assert_eq!(compare(&at("1"), &at("1.4"), false), [""; 0]);
        assert_eq!(
            compare(&at("0.999"), &at("1.4"), false),
            ["event 2: eventTime: simulated 0.999s, recorded 1.4s after the start"]
        );
    }

    #[test]
    fn what_follows_a_short_timer_may_be_later() {
        let at = |time: &str, after: &str| {
            history(&[timer_started(2, "0", after), timer_fired(3, time, "2")])
        };

        assert_eq!(compare(&at("1", "0.300s"), &at("0.3", "0.300s"), false), [""; 0]);
        assert_eq!(compare(&at("1", "0.300s"), &at("0.3", "0.300s"), true).len(), 1);
        assert_eq!(compare(&at("2", "1s"), &at("1", "1s"), false).len(), 1);
    }
}
