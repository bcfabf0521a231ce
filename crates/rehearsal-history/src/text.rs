//! The text notation of histories: one event a line, for people.
//!
//! A line has the id, the time since the first event, the type, and what tells this event from others of its type as
//! `key=value`. Values that stand nearly always the same, such as timeouts of tasks, are left out; the whole event is in
//! its JSON, and in the [full notation](full), which is read back.

use core::fmt::Write as _;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::event::{Event, EventKind};
use crate::failure::{Failure, FailureInfo};
use crate::id::EventId;
use crate::payload::{Payload, Payloads};
use crate::policy::{Execution, TaskQueue, TaskQueueKind};

mod attributes;
pub(crate) mod full;
pub(crate) mod parse;
pub(crate) mod table;

/// The most characters of one value, or of a type.
const LONGEST_VALUE: usize = 80;

/// One event in the text notation, in columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The event.
    pub id: EventId,
    /// The time since the first event, cut to milliseconds: `3.5s`, `1h`. Event times can go backwards (H-8).
    pub time: String,
    /// The type of the event.
    pub name: String,
    /// The rest of the line, as `key=value` with spaces between; may be empty.
    pub details: String,
}

pub(crate) fn lines(events: &[Arc<Event>]) -> Vec<Line> {
    lines_up_to(LONGEST_VALUE, events)
}

pub(crate) fn whole_lines(events: &[Arc<Event>]) -> Vec<Line> {
    lines_up_to(usize::MAX, events)
}

/// Lines with values of at most so many characters.
fn lines_up_to(longest: usize, events: &[Arc<Event>]) -> Vec<Line> {
    let start = events.first().map(|event| event.time).unwrap_or_default();
    events
        .iter()
        .map(|event| {
            let (sign, since) = if event.time < start {
                ("-", start.since(event.time))
            } else {
                ("", event.time.since(start))
            };
            let whole = Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
            let sign = if whole.is_zero() { "" } else { sign };
            Line {
                id: event.id,
                time: format!("{sign}{}", duration_text(whole)),
                name: cut(event.kind.name()).into_owned(),
                details: details(event, events, longest),
            }
        })
        .collect()
}

/// At most so many characters that a line can be read.
fn cut(value: &str) -> Cow<'_, str> {
    cut_to(LONGEST_VALUE, value)
}

fn cut_to(longest: usize, value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(longest) {
        Some((cut, _)) => format!("{}…", &value[..cut]).into(),
        None => value.into(),
    }
}

pub(crate) fn print(events: &[Arc<Event>]) -> String {
    print_lines(&lines(events).iter().map(|line| ("", line)).collect::<Vec<_>>())
}

/// Prints lines under each other, each after its mark, columns aligned.
pub(crate) fn print_lines(lines: &[(&str, &Line)]) -> String {
    let width =
        |column: fn(&Line) -> usize| lines.iter().map(|(_, line)| column(line)).max().unwrap_or(0);
    let time_width = width(|line| line.time.chars().count());
    let name_width = width(|line| line.name.chars().count());
    let mut text = String::new();
    for (mark, line) in lines {
        let start = text.len();
        let (id, time, name) = (line.id.0, &line.time, &line.name);
        writeln!(text, "{mark}{id:>3}  {time:<time_width$}  {name:<name_width$}  {}", line.details)
            .expect("a string takes any text");
        let end = text[start..].trim_end().len();
        text.truncate(start + end);
        text.push('\n');
    }
    text
}

/// A duration as everything that Rehearsal prints has it: `1d2h3m4.5s`. Units that are zero are left out; `0s` for none.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_history::duration_text;
///
/// assert_eq!(duration_text(Duration::from_millis(3500)), "3.5s");
/// assert_eq!(duration_text(Duration::from_secs(93 * 86_400 + 39)), "93d39s");
/// ```
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let mut text = String::new();
    for (unit, count) in
        [("d", seconds / 86_400), ("h", seconds / 3_600 % 24), ("m", seconds / 60 % 60)]
    {
        if count > 0 {
            write!(text, "{count}{unit}").expect("a string takes any text");
        }
    }
    let (whole, nanos) = (seconds % 60, duration.subsec_nanos());
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        write!(text, "{whole}.{}s", fraction.trim_end_matches('0'))
            .expect("a string takes any text");
    } else if whole > 0 || text.is_empty() {
        write!(text, "{whole}s").expect("a string takes any text");
    }
    text
}

/// How much of what two texts share is shown before the first difference, if not all of it.
const SHARED: usize = 16;

/// Two texts that differ, each cut to about `longest` characters. If the first difference stands behind that, both begin
/// shortly before it.
///
/// # Examples
///
/// ```
/// use rehearsal_history::side_by_side;
///
/// assert_eq!(side_by_side("one", "two", 80), ["one", "two"]);
///
/// let text = "a".repeat(100);
/// let [left, right] = side_by_side(&format!("{text}1"), &format!("{text}2"), 80);
/// assert_eq!(left, "…aaaaaaaaaaaaaaaa1");
/// assert_eq!(right, "…aaaaaaaaaaaaaaaa2");
/// ```
#[must_use]
pub fn side_by_side(left: &str, right: &str, longest: usize) -> [String; 2] {
    let shared = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let fits = [left, right].iter().all(|text| text.chars().nth(longest).is_none());
    let skipped = if fits || shared + SHARED < longest { 0 } else { shared.saturating_sub(SHARED) };
    [left, right].map(|text| {
        let start = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
        let before = if skipped > 0 { "…" } else { "" };
        format!("{before}{}", cut_to(longest, &text[start..]))
    })
}

fn details(event: &Event, events: &[Arc<Event>], longest: usize) -> String {
    let mut out = Details { text: String::new(), events, longest };
    attributes::print(&event.kind, &mut out);
    if let Some(summary) =
        event.user_metadata.as_ref().and_then(|metadata| metadata.summary.as_ref())
    {
        out.raw("summary", &payload_text(summary));
    }
    out.text
}

/// The last column of a line.
struct Details<'a> {
    text: String,
    events: &'a [Arc<Event>],
    /// The most characters of one value.
    longest: usize,
}

impl Details<'_> {
    /// A value as it is, but cut.
    fn raw(&mut self, key: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(key);
        self.text.push('=');
        self.text.push_str(&cut_to(self.longest, value));
    }

    /// A string, unless it is empty: bare if it is one word, else as in JSON.
    fn string(&mut self, key: &str, value: &str) {
        let bare = |c: char| c.is_alphanumeric() || "-_./:@#$".contains(c);
        if value.is_empty() {
        } else if value.chars().all(bare) {
            self.raw(key, value);
        } else {
            self.raw(key, &Value::from(value).to_string());
        }
    }

    /// A reference to an event, unless it is none.
    fn event(&mut self, key: &str, id: EventId) {
        if !id.is_none() {
            self.raw(key, &id.to_string());
        }
    }

    /// A number, unless it is zero or one.
    fn attempt(&mut self, attempt: i32) {
        if attempt > 1 {
            self.raw("attempt", &attempt.to_string());
        }
    }

    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.raw(key, "true");
        }
    }

    /// A duration, unless it is zero or absent.
    fn duration(&mut self, key: &str, value: Option<Duration>) {
        if let Some(value) = value.filter(|value| !value.is_zero()) {
            self.raw(key, &duration_text(value));
        }
    }

    /// A value of an enum, unless it is unspecified.
    fn value<T: core::fmt::Debug + Default + PartialEq>(&mut self, key: &str, value: &T) {
        if *value != T::default() {
            self.raw(key, &format!("{value:?}"));
        }
    }

    fn payloads(&mut self, key: &str, payloads: Option<&Payloads>) {
        if let Some(payloads) = payloads.filter(|payloads| !payloads.as_slice().is_empty()) {
            let texts: Vec<String> = payloads.as_slice().iter().map(payload_text).collect();
            self.raw(key, &texts.join(","));
        }
    }

    fn execution(&mut self, execution: &Execution) {
        self.string("workflow", &execution.workflow_id);
        self.string("run", &execution.run_id);
    }

    /// A queue; of a sticky one only that it is sticky, as its name means nothing.
    fn queue(&mut self, queue: &TaskQueue) {
        if queue.kind == TaskQueueKind::Sticky {
            self.raw("queue", "sticky");
        } else {
            self.string("queue", &queue.name);
        }
    }

    /// What went wrong, outermost first.
    fn failure(&mut self, failure: Option<&Failure>) {
        for (depth, failure) in failure.into_iter().flat_map(Failure::chain).enumerate() {
            self.raw(
                if depth == 0 { "failure" } else { "cause" },
                &Value::from(&*failure.message).to_string(),
            );
            match &failure.info {
                Some(FailureInfo::Application(info)) => self.string("type", &info.kind),
                Some(FailureInfo::Timeout(info)) => self.value("timeout", &info.timeout_type),
                Some(_) | None => {}
            }
        }
    }

    /// The activity that `scheduled` scheduled, by its type.
    fn activity(&mut self, scheduled: EventId) {
        let index = scheduled.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let event = index.and_then(|index| self.events.get(index));
        if let Some(EventKind::ActivityTaskScheduled(activity)) = event.map(|event| &event.kind) {
            self.string("activity", &activity.activity_type.name);
        }
        self.event("scheduled", scheduled);
    }
}

/// A value of user code: JSON as it is, other encodings by their size.
fn payload_text(payload: &Payload) -> String {
    match (payload.as_json(), payload.encoding()) {
        (Some(text), _) => text.replace(char::is_control, " "),
        (None, Some("binary/null")) => "null".to_owned(),
        (None, encoding) => {
            format!(
                "<{}, {} bytes>",
                encoding.unwrap_or("no encoding").trim(),
                payload.data.0.len()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_not_the_difference() {
        let same = "é".repeat(90);
        let [left, right] = side_by_side(&format!("{same}1{same}"), &format!("{same}2"), 80);
        let shared = "é".repeat(16);
        assert_eq!(left, format!("…{shared}1{}…", "é".repeat(63)));
        assert_eq!(right, format!("…{shared}2"));
        let [left, right] = side_by_side(&format!("1{same}"), &same, 80);
        assert_eq!(left, format!("1{}…", "é".repeat(79)));
        assert_eq!(right, format!("{}…", "é".repeat(80)));
        let [left, right] = side_by_side(&same, &format!("{same}{same}"), 80);
        assert_ne!(left, right);
    }

    #[test]
    fn durations_are_short() {
        let texts = [0, 1, 500, 3_500, 60_000, 3_600_000, 5_400_000, 86_400_000, 90_061_001]
            .map(|millis| duration_text(Duration::from_millis(millis)));
        assert_eq!(
            texts,
            ["0s", "0.001s", "0.5s", "3.5s", "1m", "1h", "1h30m", "1d", "1d1h1m1.001s"]
        );
        assert_eq!(duration_text(Duration::from_nanos(1)), "0.000000001s");
    }
}
