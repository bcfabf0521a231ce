//! Compares two scrubbed histories, event by event, and times apart.

use core::fmt;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::uuid::Bijection;
use super::{Scrubbed, scrub_except_uuids};
use crate::history::History;
use crate::id::EventId;
use crate::text;
use crate::time::Timestamp;

/// One point in which a simulated and a recorded history differ.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// A value.
    Value {
        /// Which event.
        event: EventId,
        /// The way to the value in the event's JSON, with dots; empty for the whole event.
        path: String,
        /// What stands in the simulated history; `None` if nothing does.
        simulated: Option<Value>,
        /// What stands in the recorded history; `None` if nothing does.
        recorded: Option<Value>,
    },
    /// A time, further apart than is tolerated.
    Time {
        /// Which event.
        event: EventId,
        /// The way to the time in the event's JSON.
        path: &'static str,
        /// In the simulated history, since its first event.
        simulated: Duration,
        /// In the recorded history, since its first event.
        recorded: Duration,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { event, path, simulated, recorded } => {
                let side = |value: &Option<Value>| {
                    value
                        .as_ref()
                        .map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"))
                };
                write!(f, "event {event}: ")?;
                if !path.is_empty() {
                    write!(f, "{path}: ")?;
                }
                write!(f, "simulated {}, recorded {}", side(simulated), side(recorded))
            }
            Self::Time { event, path, simulated, recorded } => {
                let (simulated, recorded) =
                    (text::duration_text(*simulated), text::duration_text(*recorded));
                write!(
                    f,
                    "event {event}: {path}: simulated {simulated}, recorded {recorded} after the start"
                )
            }
        }
    }
}

/// The points in which a simulated history differs from a recorded one, once both are [scrubbed](crate::scrub()).
///
/// Events are compared by their place. UUIDs are paired as they are met, so that one that differs does not make all
/// after it differ. Numbers are compared as numbers, `2` being `2.0`. Times count from the first event of each history;
/// `tolerance` says for each event, by its index, how far apart they may be. Values come first, then times.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use rehearsal_history::{HistoryBuilder, scrub};
///
/// let mut simulated = HistoryBuilder::new("order");
/// let mut recorded = HistoryBuilder::new("order");
/// simulated.at(Duration::from_secs(1)).signal("pay", None);
/// recorded.at(Duration::from_secs(2)).signal("buy", None);
///
/// let differences =
///     scrub::compare(&simulated.build(), &recorded.build(), |_| Duration::from_millis(400));
/// let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
/// assert_eq!(lines, [
///     "event 2: workflowExecutionSignaledEventAttributes.signalName: simulated `\"pay\"`, recorded `\"buy\"`",
///     "event 2: eventTime: simulated 1s, recorded 2s after the start",
/// ]);
/// ```
pub fn compare(
    simulated: &History,
    recorded: &History,
    tolerance: impl Fn(usize) -> Duration,
) -> Vec<Difference> {
    let (simulated, recorded) = (scrub_except_uuids(simulated), scrub_except_uuids(recorded));
    let (left, right) = (events(&simulated), events(&recorded));
    let mut equality = Equality::default();
    let mut differences = Vec::new();
    for index in 0..left.len().max(right.len()) {
        let event = EventId::FIRST.plus(index as u64);
        let leaves = leaves(left.get(index), right.get(index), &mut equality);
        differences.extend(leaves.into_iter().map(|Leaf { path, left, right }| {
            Difference::Value { event, path, simulated: left, recorded: right }
        }));
    }
    differences.extend(times(&simulated, &recorded, tolerance));
    differences
}

fn events(scrubbed: &Scrubbed) -> &[Value] {
    scrubbed.json["events"].as_array().map_or(&[], Vec::as_slice)
}

fn times(
    simulated: &Scrubbed,
    recorded: &Scrubbed,
    tolerance: impl Fn(usize) -> Duration,
) -> Vec<Difference> {
    let start = |scrubbed: &Scrubbed| scrubbed.times.first().copied().unwrap_or_default();
    let (left_start, right_start) = (start(simulated), start(recorded));
    let apart = |index: usize, path: &'static str, left: Timestamp, right: Timestamp| {
        // Signed: an event can lie before the first one (H-8).
        let offset = |time: Timestamp, start: Timestamp| {
            i128::from(time.as_nanos()) - i128::from(start.as_nanos())
        };
        let gap = offset(left, left_start).abs_diff(offset(right, right_start));
        (gap > tolerance(index).as_nanos()).then(|| Difference::Time {
            event: EventId::FIRST.plus(index as u64),
            path,
            simulated: left.since(left_start),
            recorded: right.since(right_start),
        })
    };
    let events = simulated.times.iter().zip(&recorded.times).enumerate();
    let mut times: Vec<Difference> = events
        .filter_map(|(index, (left, right))| apart(index, "eventTime", *left, *right))
        .collect();
    for (index, name, left) in &simulated.attribute_times {
        let mut others = recorded.attribute_times.iter();
        let right = others.find(|(other, named, _)| other == index && named == name);
        times.extend(right.and_then(|(.., right)| apart(*index, name, *left, *right)));
    }
    times
}

/// A point in which two values differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leaf {
    pub(crate) path: String,
    pub(crate) left: Option<Value>,
    pub(crate) right: Option<Value>,
}

/// When two leaves are equal.
#[derive(Debug, Default)]
pub(crate) struct Equality<'a> {
    uuids: Bijection,
    /// Of references to events of the same history: what each event of the left one is in the right one.
    ids: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Equality<'a> {
    pub(crate) fn with_ids(ids: &'a BTreeMap<String, String>) -> Self {
        Self { uuids: Bijection::default(), ids: Some(ids) }
    }

    fn strings(&mut self, key: &str, left: &str, right: &str) -> bool {
        // SDKs name activities and timers after events, so their ids move along.
        let reference = key.ends_with("EventId") || key == "activityId" || key == "timerId";
        match self.ids.filter(|_| reference).and_then(|ids| ids.get(left)) {
            Some(moved) => moved == right,
            None => self.uuids.agree(left, right),
        }
    }
}

/// The points in which two values differ, in the order of their keys.
pub(crate) fn leaves(
    left: Option<&Value>,
    right: Option<&Value>,
    equality: &mut Equality<'_>,
) -> Vec<Leaf> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), left, right, equality, &mut found);
    found
}

fn walk(
    path: &mut Vec<String>,
    left: Option<&Value>,
    right: Option<&Value>,
    equality: &mut Equality<'_>,
    found: &mut Vec<Leaf>,
) {
    let equal = match (left, right) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            return members(path, left, right, equality, found);
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                path.push(index.to_string());
                walk(path, left.get(index), right.get(index), equality, found);
                path.pop();
            }
            return;
        }
        (Some(Value::String(left)), Some(Value::String(right))) => {
            let key = path.last().map_or("", String::as_str);
            equality.strings(key, left, right)
        }
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            left == right || left.as_f64() == right.as_f64()
        }
        (left, right) => left == right,
    };
    if !equal {
        found.push(Leaf { path: path.join("."), left: left.cloned(), right: right.cloned() });
    }
}

fn members(
    path: &mut Vec<String>,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    equality: &mut Equality<'_>,
    found: &mut Vec<Leaf>,
) {
    let mut keys: Vec<&String> =
        left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))).collect();
    keys.sort();
    for key in keys {
        path.push(key.clone());
        walk(path, left.get(key), right.get(key), equality, found);
        path.pop();
    }
}
