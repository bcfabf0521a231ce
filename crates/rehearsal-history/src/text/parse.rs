//! Reads the full notation back: a line becomes the tree of an event, which is read as history JSON is.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::full::{self, JSON, NO_STRING, NULL, OWN};
use crate::error::TextError;
use crate::event::{Event, EventKind};
use crate::history::History;
use crate::json;
use crate::time::Timestamp;

/// The most steps of a key. What is nested deeper could not be written as JSON that is read again.
const MOST_STEPS: usize = 100;

/// Reads a history in the full notation.
pub(crate) fn parse(text: &str) -> Result<History, TextError> {
    let mut events: Vec<Arc<Event>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if !line.trim().is_empty() {
            let start = events.first().map(|event| event.time);
            let mut line = Line { number, rest: line };
            let event = line.event(start)?;
            let event = json::decode_event(events.len(), event)
                .map_err(|source| TextError::Event { line: number, source })?;
            events.push(Arc::new(event));
        }
    }
    Ok(History::new(events)?)
}

/// One step of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Place(usize),
}

/// What is left of a line.
struct Line<'a> {
    number: usize,
    rest: &'a str,
}

impl<'a> Line<'a> {
    /// The tree of the event; `start` is the time of the first one, if this is not it.
    fn event(&mut self, start: Option<Timestamp>) -> Result<Value, TextError> {
        let id = self.word("an event id", |id| id.parse::<u64>().ok())?;
        let time = match start {
            None => self.word("an RFC 3339 timestamp", Timestamp::parse_rfc3339)?,
            Some(start) => self.word("a time such as `3.5s` or `-1h2m`", |t| offset(start, t))?,
        };
        let name = self.name()?;
        let key = EventKind::key_for(&Value::from(name.as_str()));
        let mut event = Map::from_iter([
            ("eventId".to_owned(), Value::from(id.to_string())),
            ("eventTime".to_owned(), Value::from(time.to_rfc3339())),
            ("eventType".to_owned(), Value::from(name)),
        ]);
        let mut attributes = Map::new();
        while !self.skip().is_empty() {
            let from = self.rest;
            let own = self.eat(OWN);
            let path = self.path()?;
            let written = &from[..from.len() - self.rest.len() - 1];
            if !own && key.is_none() {
                return Err(self.key(written, "`@` before the key, as the type is not known"));
            }
            let before = self.rest;
            let value = self.value(written, &path)?;
            let into = if own { &mut event } else { &mut attributes };
            insert(into, path, value).map_err(|expected| {
                self.rest = &before[..before.len() - self.rest.len()];
                self.key(written, expected)
            })?;
        }
        if let Some(key) = key {
            let taken = event.insert(key.to_owned(), Value::Object(attributes));
            if taken.is_some() {
                return Err(self.key(key, "the attributes once"));
            }
        }
        Ok(Value::Object(event))
    }

    /// What is left behind the next spaces.
    fn skip(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        self.rest
    }

    fn eat(&mut self, mark: char) -> bool {
        let behind = self.rest.strip_prefix(mark);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// Takes what `taken` bytes hold.
    fn take(&mut self, taken: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(taken);
        self.rest = rest;
        taken
    }

    fn word<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, TextError> {
        let end = self.skip().find(' ').unwrap_or(self.rest.len());
        let word = self.take(end);
        read(word).ok_or_else(|| self.error(expected, word))
    }

    fn name(&mut self) -> Result<String, TextError> {
        if self.skip().starts_with('"') {
            let rest = self.rest;
            return self.string().ok_or_else(|| self.error("a string in quotes", rest));
        }
        self.word("a type of event", |name| (!name.is_empty()).then(|| name.to_owned()))
    }

    /// Takes a string in quotes, if there is a whole one.
    fn string(&mut self) -> Option<String> {
        let text = self.take(full::json_end(self.rest)?);
        serde_json::from_str(text).ok()
    }

    /// Takes a key and the `=` behind it.
    fn path(&mut self) -> Result<Vec<Step>, TextError> {
        let rest = self.rest;
        let mut path = Vec::new();
        while path.len() < MOST_STEPS {
            path.push(if self.rest.starts_with('"') {
                let step = self.string().map(Step::Member);
                step.ok_or_else(|| self.error("a string in quotes", rest))?
            } else {
                let end = self.rest.find(['.', '=', ' ', '"']).unwrap_or(self.rest.len());
                match self.take(end) {
                    "" => return Err(self.error("a key", rest)),
                    place if place.bytes().all(|b| b.is_ascii_digit()) => {
                        let place = place.parse().map_err(|_| self.error("a place", rest))?;
                        Step::Place(place)
                    }
                    member => Step::Member(member.to_owned()),
                }
            });
            if self.eat('=') {
                return Ok(path);
            }
            if !self.eat('.') {
                return Err(self.error("`=` behind the key", rest));
            }
        }
        Err(self.error("a key of at most 100 steps", rest))
    }

    /// Takes a value.
    fn value(&mut self, written: &str, path: &[Step]) -> Result<Value, TextError> {
        if self.rest.starts_with('"') {
            let string = self.string().map(Value::String);
            return string.ok_or_else(|| self.key(written, "a string in quotes"));
        }
        let id = matches!(path.last(), Some(Step::Member(key)) if full::is_id(key));
        let string = id && !self.eat(NO_STRING);
        if let Some(behind) = self.rest.strip_prefix(JSON).filter(|_| !string) {
            let end = full::json_end(behind)
                .ok_or_else(|| self.key(written, "JSON on one line behind `json:`"))?;
            let text = &self.take(JSON.len() + end)[JSON.len()..];
            return Ok(Value::Object(full::json_payload(text)));
        }
        let word = &self.rest[..self.rest.find(' ').unwrap_or(self.rest.len())];
        if word.is_empty() || word.contains('"') {
            return Err(self.key(written, "a value"));
        }
        self.take(word.len());
        Ok(match word {
            word if string => Value::from(word),
            "{}" => Value::Object(Map::new()),
            "[]" => Value::Array(Vec::new()),
            NULL => Value::Object(full::null_payload()),
            word => literal_of(word).unwrap_or_else(|| Value::from(word)),
        })
    }

    fn error(&self, expected: &'static str, found: &str) -> TextError {
        TextError::Line { line: self.number, expected, found: shorten(found) }
    }

    fn key(&self, key: &str, expected: &'static str) -> TextError {
        let found = shorten(self.rest);
        TextError::Key { line: self.number, key: shorten(key), expected, found }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// A number, `true`, `false` or `null`.
fn literal_of(word: &str) -> Option<Value> {
    let value = serde_json::from_str(word).ok()?;
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)).then_some(value)
}

/// Puts `value` at `path`; else says what was expected.
fn insert(
    members: &mut Map<String, Value>,
    path: Vec<Step>,
    value: Value,
) -> Result<(), &'static str> {
    let mut steps = path.into_iter().peekable();
    let Some(Step::Member(key)) = steps.next() else {
        return Err("a key that does not begin with a number");
    };
    let Some(next) = steps.peek() else {
        return set(members, key, value);
    };
    let mut at = members.entry(key).or_insert_with(|| container(next));
    while let Some(step) = steps.next() {
        let next = steps.peek();
        at = match (at, step, next) {
            (Value::Object(members), Step::Member(key), None) => {
                return set(members, key, value);
            }
            (Value::Object(members), Step::Member(key), Some(next)) => {
                members.entry(key).or_insert_with(|| container(next))
            }
            (Value::Array(items), Step::Place(place), None) if place == items.len() => {
                items.push(value);
                return Ok(());
            }
            (Value::Array(items), Step::Place(place), Some(next)) if place <= items.len() => {
                if place == items.len() {
                    items.push(container(next));
                }
                &mut items[place]
            }
            (Value::Array(_), Step::Place(_), _) => return Err("places in their order, from 0"),
            _ => return Err("members of one thing only"),
        };
    }
    Ok(())
}

fn set(members: &mut Map<String, Value>, key: String, value: Value) -> Result<(), &'static str> {
    match members.insert(key, value) {
        None => Ok(()),
        Some(_) => Err("the key once"),
    }
}

/// What a step stands in.
fn container(step: &Step) -> Value {
    match step {
        Step::Member(_) => Value::Object(Map::new()),
        Step::Place(_) => Value::Array(Vec::new()),
    }
}

/// `start` moved by `3.5s` or `-1h2m`.
fn offset(start: Timestamp, text: &str) -> Option<Timestamp> {
    let (back, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let by = u64::try_from(duration(text)?.as_nanos()).ok()?;
    let start = start.as_nanos();
    let nanos = if back { start.checked_sub(by) } else { start.checked_add(by) };
    nanos.map(Timestamp::from_nanos)
}

/// Reads `1d2h3m4.5s`; units may be left out, but not all.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds, mut found) = (text, 0_u64, false);
    for (unit, worth) in [('d', 86_400), ('h', 3_600), ('m', 60)] {
        if let Some((count, behind)) = rest.split_once(unit) {
            seconds = seconds.checked_add(digits(count)?.checked_mul(worth)?)?;
            (rest, found) = (behind, true);
        }
    }
    if rest.is_empty() {
        return found.then(|| Duration::from_secs(seconds));
    }
    let (whole, fraction) =
        rest.strip_suffix('s').map(|s| s.split_once('.').unwrap_or((s, "0")))?;
    let seconds = seconds.checked_add(digits(whole)?)?;
    let nanos = (fraction.len() <= 9).then(|| digits(&format!("{fraction:0<9}")))??;
    Some(Duration::new(seconds, u32::try_from(nanos).ok()?))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}
