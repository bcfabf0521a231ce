//! Notes on a workflow, set and read as values.

use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

use crate::codec::CodecError;
use crate::payload::{Payload, Payloads};
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
        let payload = match Payloads::encode(&value) {
            Ok(payloads) => payloads.and_then(|payloads| payloads.as_slice().first().cloned()),
            Err(error) => panic!("memo `{key}`: {error}"),
        };
        self.fields.insert(key, payload.unwrap_or_else(Payload::null));
        self
    }

    /// This with the note `key` taken away, by an upsert.
    #[must_use]
    pub fn without(mut self, key: impl Into<SmolStr>) -> Self {
        self.fields.insert(key.into(), Payload::null());
        self
    }

    /// A note; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if it is no `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CodecError> {
        let payload =
            self.fields.get(key).filter(|payload| payload.encoding() != Some("binary/null"));
        payload.map(|payload| Payloads::decode(Some(&Payloads::one(payload.clone())))).transpose()
    }
}
