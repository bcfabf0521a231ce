//! Several arguments, a payload each: a tuple in Rust.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::CodecError;
use crate::payload::{Payload, Payloads};

impl Payloads {
    /// Encodes arguments as SDKs do: if they are `several`, each member of the tuple is a payload; otherwise the value is
    /// one, as [`encode`](Self::encode) writes it.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] if the value cannot be JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal_history as rehearsal;
    /// use rehearsal::{Payload, Payloads};
    ///
    /// let two = Payloads::encode_arguments(&(1, ["a,b"]), true)?;
    /// let payloads = [Payload::json("1"), Payload::json(r#"["a,b"]"#)];
    /// assert_eq!(two, Some(payloads.into_iter().collect()));
    /// # Ok::<(), rehearsal::CodecError>(())
    /// ```
    pub fn encode_arguments<T: Serialize>(
        value: &T,
        several: bool,
    ) -> Result<Option<Self>, CodecError> {
        let one = Self::encode(value)?;
        let text = one.as_ref().and_then(|one| one.as_slice().first()).and_then(Payload::as_json);
        let members = text.filter(|_| several).and_then(members);
        let payload = |text| if text == "null" { Payload::null() } else { Payload::json(text) };
        let several = members.map(|members| members.into_iter().map(payload).collect());
        Ok(several.or(one))
    }

    /// Decodes arguments: several are read as one tuple, or else the first of them alone.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_arguments<T: DeserializeOwned>(payloads: Option<&Self>) -> Result<T, CodecError> {
        let several = payloads.filter(|payloads| payloads.as_slice().len() > 1);
        several.and_then(Self::decode_tuple).map_or_else(|| Self::decode(payloads), Ok)
    }

    /// Decodes the first value, or several as one tuple; `None` if they are none.
    #[must_use]
    pub fn decode_tuple<T: DeserializeOwned>(&self) -> Option<T> {
        match self.as_slice() {
            [] | [_] => Self::decode(Some(self)).ok(),
            several => {
                let texts: Vec<&str> =
                    several.iter().map(|payload| payload.as_json().unwrap_or("null")).collect();
                let tuple = Payload::json(format!("[{}]", texts.join(",")));
                Self::decode(Some(&Self::one(tuple))).ok()
            }
        }
    }
}

/// The texts of the members of a JSON array without blanks; `None` if the text is no such array, or an empty one.
fn members(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.is_empty())?;
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    let between = |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            ',' => return depth == 0 && !quoted,
            _ => {}
        }
        false
    };
    Some(inner.split(between).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_apart_by_the_commas_between_them() {
        let all = members(r#"[1,"a,\"]b",[2,[3]],{"k":[4,5]},null]"#);
        let expected = ["1", r#""a,\"]b""#, "[2,[3]]", r#"{"k":[4,5]}"#, "null"];
        assert_eq!(all.as_deref(), Some(&expected[..]));
        assert_eq!(members("[]"), None);
        assert_eq!(members("7"), None);
    }

    #[test]
    fn several_arguments_come_back_as_the_tuple_that_they_were() {
        let tuple = (1, "a".to_owned(), None::<u8>, vec![0.5]);
        let payloads = Payloads::encode_arguments(&tuple, true).unwrap();
        assert_eq!(payloads.as_ref().map(|payloads| payloads.as_slice().len()), Some(4));
        let back: (i32, String, Option<u8>, Vec<f64>) =
            Payloads::decode_arguments(payloads.as_ref()).unwrap();
        assert_eq!(back, tuple);
    }

    #[test]
    fn a_value_that_is_no_tuple_is_one_argument() {
        let one = Payloads::encode_arguments(&7, true).unwrap();
        assert_eq!(one, Some(Payloads::one(Payload::json("7"))));
        assert_eq!(Payloads::encode_arguments(&(), true).unwrap(), None);
    }
}
