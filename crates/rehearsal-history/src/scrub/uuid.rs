//! UUIDs in strings.

use std::collections::BTreeMap;

use serde_json::Value;

/// How many characters a UUID has.
const LENGTH: usize = 36;

/// Numbers UUIDs in the order in which they are met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uuids {
    numbers: BTreeMap<String, usize>,
}

impl Uuids {
    /// Replaces every UUID in every string of `value` by its number.
    pub(crate) fn replace_in(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(replaced) = self.replace(text) {
                    *text = replaced;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace_in(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.replace_in(member));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// `text` with its UUIDs replaced; `None` if there are none.
    pub(crate) fn replace(&mut self, text: &str) -> Option<String> {
        let parts = split(text);
        if parts.len() == 1 {
            return None;
        }
        Some(
            parts
                .iter()
                .enumerate()
                .map(|(at, part)| if at % 2 == 1 { self.number(part) } else { (*part).to_owned() })
                .collect(),
        )
    }

    fn number(&mut self, uuid: &str) -> String {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(uuid.to_ascii_lowercase()).or_insert(next);
        format!("00000000-0000-0000-0000-{number:012}")
    }
}

/// A bijection between the UUIDs of two histories, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bijection {
    there: BTreeMap<String, String>,
    back: BTreeMap<String, String>,
}

impl Bijection {
    /// Whether two strings agree, their UUIDs paired. Pairs that are new are remembered.
    pub(crate) fn agree(&mut self, left: &str, right: &str) -> bool {
        let (left, right) = (split(left), split(right));
        left.len() == right.len()
            && left.iter().zip(&right).enumerate().all(|(at, (left, right))| {
                if at % 2 == 0 { left == right } else { self.pair(left, right) }
            })
    }

    fn pair(&mut self, left: &str, right: &str) -> bool {
        let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
        match (self.there.get(&left), self.back.get(&right)) {
            (Some(known), _) => *known == right,
            (None, Some(_)) => false,
            (None, None) => {
                self.back.insert(right.clone(), left.clone());
                self.there.insert(left, right);
                true
            }
        }
    }
}

/// Text, UUID, text, UUID, …, text.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at + LENGTH <= text.len() {
        if is_uuid(text, at) {
            parts.push(&text[from..at]);
            parts.push(&text[at..at + LENGTH]);
            at += LENGTH;
            from = at;
        } else {
            at += 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Whether a UUID starts at byte `at`, and is not part of something longer.
fn is_uuid(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let part_of_more = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    bytes[at..at + LENGTH].iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    }) && !part_of_more(at.checked_sub(1).and_then(|before| bytes.get(before)))
        && !part_of_more(bytes.get(at + LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "01a203f4-a7ca-718f-93c2-a7fb884d8084";
    const B: &str = "3F9D1020-551f-4d00-a801-f032dc300c8b";

    #[test]
    fn uuids_are_found_wherever_they_stand() {
        assert_eq!(split(A), ["", A, ""]);
        assert_eq!(split(&format!("run {A}_5 é{B}")), ["run ", A, "_5 é", B, ""]);
        assert_eq!(split(&format!("0{A}")).len(), 1);
        assert_eq!(split(&format!("{A}f")).len(), 1);
        assert_eq!(split(""), [""]);
        assert_eq!(split(&A[1..]).len(), 1);
    }

    #[test]
    fn the_same_uuid_gets_the_same_number() {
        let mut uuids = Uuids::default();
        let text = uuids.replace(&format!("{A}/{B}/{}", A.to_uppercase())).unwrap();
        let (one, two) =
            ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
        assert_eq!(text, format!("{one}/{two}/{one}"));
    }

    #[test]
    fn a_bijection_goes_both_ways() {
        let mut bijection = Bijection::default();
        assert!(bijection.agree(A, B));
        assert!(bijection.agree(&format!("x{A}"), &format!("x{B}")));
        assert!(!bijection.agree(B, B));
        assert!(!bijection.agree(A, A));
        assert!(!bijection.agree("x", A));
    }
}
