//! Leaves of a JSON value: where they are, and how to change one so that it still looks like what it was.

use std::time::Duration;

use rehearsal_history::Timestamp;
use serde_json::Value;

/// One step of the way to a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of an object.
    Key(String),
    /// The element of a list.
    Index(usize),
}

/// The way to a leaf, from the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// The keys on the way, with `[]` for every element of a list: `events[].eventId`.
    #[must_use]
    pub(super) fn pattern(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            match step {
                Step::Index(_) => text.push_str("[]"),
                Step::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
            }
        }
        text
    }

    /// The last key on the way.
    #[must_use]
    pub(super) fn key(&self) -> &str {
        let last = self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        last.unwrap_or_default()
    }

    /// The index of the event that the leaf is in.
    #[must_use]
    pub(super) fn event(&self) -> Option<usize> {
        match self.0.as_slice() {
            [Step::Key(key), Step::Index(at), ..] if key == "events" => Some(*at),
            _ => None,
        }
    }

    /// What stands there.
    #[must_use]
    pub(super) fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(at) => value.get(*at),
        })
    }

    /// What stands there, to be changed.
    pub(super) fn get_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::Index(at) => value.get_mut(*at),
        })
    }

    /// The way to what holds the leaf.
    #[must_use]
    pub(super) fn parent(&self) -> Self {
        let mut path = self.clone();
        path.0.pop();
        path
    }

    fn with(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.0.push(step);
        path
    }
}

/// The ways to all leaves of `value`, in order. An empty object or list is a leaf as well.
#[must_use]
pub(super) fn leaves(value: &Value) -> Vec<Path> {
    let mut out = Vec::new();
    collect(value, &Path::default(), &mut out);
    out
}

fn collect(value: &Value, path: &Path, out: &mut Vec<Path>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                collect(value, &path.with(Step::Key(key.clone())), out);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (at, value) in elements.iter().enumerate() {
                collect(value, &path.with(Step::Index(at)), out);
            }
        }
        _ => out.push(path.clone()),
    }
}

/// Changes the leaf that `key` leads to: a number rises by one, text gets a suffix, an empty object a member.
///
/// What has a form keeps it: a UUID becomes another UUID, base64 stays base64, digits stay digits, a duration becomes a
/// second longer and a time two seconds later.
pub(super) fn flip(key: &str, leaf: &mut Value) {
    *leaf = match leaf {
        Value::Null => Value::Bool(true),
        Value::Bool(flag) => Value::Bool(!*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole + 1),
            (None, broken) => Value::from(broken.unwrap_or_default().mul_add(1.0, 1.0)),
        },
        Value::String(text) => Value::from(flip_text(key, text)),
        Value::Array(_) => Value::from(vec![Value::Bool(true)]),
        Value::Object(members) => {
            let mut members = members.clone();
            members.insert("flipped".to_owned(), Value::Bool(true));
            Value::Object(members)
        }
    };
}

fn flip_text(key: &str, text: &str) -> String {
    if let Some(at) = find_uuid(text) {
        return replace_at(text, at);
    }
    if matches!(key, "data" | "encoding") && !text.is_empty() {
        return replace_at(text, 0);
    }
    if let Some(time) = Timestamp::parse_rfc3339(text) {
        return (time + Duration::from_secs(2)).to_rfc3339();
    }
    let digits = text.strip_suffix('s').unwrap_or(text);
    match digits.parse::<u64>() {
        Ok(number) => text.replacen(digits, &(number + 1).to_string(), 1),
        Err(_) => format!("{text}x"),
    }
}

/// How many characters a UUID has.
pub(super) const UUID_LENGTH: usize = 36;

/// Where the first UUID in `text` begins.
#[must_use]
pub(super) fn find_uuid(text: &str) -> Option<usize> {
    let is_uuid = |candidate: &[u8]| {
        candidate.iter().enumerate().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => *c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(UUID_LENGTH).position(is_uuid)
}

/// `text` with another letter in place of the one at byte `at`, one that is as good in hexadecimal and base64.
fn replace_at(text: &str, at: usize) -> String {
    let other = if text[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flipped(key: &str, mut leaf: Value) -> Value {
        flip(key, &mut leaf);
        leaf
    }

    #[test]
    fn leaves_are_found_with_their_way() {
        let value = json!({ "a": [{ "b": 1 }, { "b": "x", "c": {} }] });
        let patterns: Vec<String> = leaves(&value).iter().map(Path::pattern).collect();

        assert_eq!(patterns, ["a[].b", "a[].b", "a[].c"]);
        assert_eq!(leaves(&value)[1].get(&value), Some(&json!("x")));
        assert_eq!(leaves(&value)[2].key(), "c");
    }

    #[test]
    fn a_flipped_leaf_looks_like_what_it_was() {
        assert_eq!(flipped("a", json!(1)), json!(2));
        assert_eq!(flipped("a", json!(1.5)), json!(2.5));
        assert_eq!(flipped("a", json!(true)), json!(false));
        assert_eq!(flipped("a", json!("12")), json!("13"));
        assert_eq!(flipped("a", json!("5s")), json!("6s"));
        assert_eq!(flipped("a", json!("1.500s")), json!("1.500sx"));
        assert_eq!(
            flipped("a", json!("2026-01-01T00:00:00.5Z")),
            json!("2026-01-01T00:00:02.500Z")
        );
        assert_eq!(flipped("data", json!("MQ==")), json!("0Q=="));
        assert_eq!(flipped("a", json!({})), json!({ "flipped": true }));
        assert_eq!(
            flipped("name", json!("vm:0446d72f-68d2-42c5-b275-d53efec52c8b")),
            json!("vm:1446d72f-68d2-42c5-b275-d53efec52c8b")
        );
    }
}
