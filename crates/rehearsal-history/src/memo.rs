//! Notes on a workflow, set and read as values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

use crate::codec::{CodecError, decode_one, encode_one};
use crate::payload::Payload;
use crate::policy::Memo;

impl Memo {
    /// No notes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This with a note. In an upsert one whose value is `null` in JSON takes the note away.
    ///
    /// # Panics
    ///
    /// Panics if the value cannot be written as JSON, such as a map whose keys are not strings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal_history as rehearsal;
    /// use rehearsal::Memo;
    ///
    /// let memo = Memo::new().with("stage", "first").with("items", 3);
    /// assert_eq!(memo.get::<String>("stage")?.as_deref(), Some("first"));
    /// assert_eq!(memo.get::<u32>("items")?, Some(3));
    /// assert_eq!(memo.get::<u32>("weight")?, None);
    /// # Ok::<(), rehearsal::CodecError>(())
    /// ```
    #[must_use]
    pub fn with(mut self, key: impl Into<SmolStr>, value: impl Serialize) -> Self {
        let key = key.into();
        let payload = match encode_one(&value) {
            Ok(payload) => payload,
            Err(error) => panic!("memo `{key}`: {error}"),
        };
        self.fields.insert(key, payload);
        self
    }

    /// This with the note `key` taken away, by an upsert.
    #[must_use]
    pub fn without(mut self, key: impl Into<SmolStr>) -> Self {
        self.fields.insert(key.into(), Payload::null());
        self
    }

    /// Takes over what an upsert has changed: what has no value goes (`mergeMemo` of sdk-go).
    pub fn merge(&mut self, changed: &Self) {
        for (key, value) in &changed.fields {
            if value.data.0.is_empty() {
                self.fields.remove(key);
            } else {
                self.fields.insert(key.clone(), value.clone());
            }
        }
    }

    /// A note; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if it is no `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CodecError> {
        self.fields.get(key).map_or(Ok(None), decode_one)
    }
}
