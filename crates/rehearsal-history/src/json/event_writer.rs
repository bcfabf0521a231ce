//! Writes events one at a time.

use std::io::{self, Write};

use super::encode_event;
use super::writer::JsonWriter;
use crate::event::Event;

/// Writes history JSON to a stream, one event at a time, as [`History::to_json`](crate::History::to_json) does.
///
/// It holds the text of one event. Nothing is checked: events are written in the order in which they are given. Without
/// [`finish`](Self::finish) the text has no end and cannot be read.
///
/// # Examples
///
/// ```
/// use rehearsal_history::{EventWriter, HistoryBuilder};
///
/// let history = HistoryBuilder::new("order").build();
/// let mut writer = EventWriter::new(Vec::new());
/// for event in history.events() {
///     writer.write(event)?;
/// }
/// assert_eq!(writer.finish()?, history.to_json().into_bytes());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct EventWriter<W> {
    output: W,
    empty: bool,
    json: JsonWriter,
}

impl<W: Write> EventWriter<W> {
    /// Writes to `output`, in pieces of one event.
    #[must_use]
    pub fn new(output: W) -> Self {
        // Events stand two levels deep.
        Self { output, empty: true, json: JsonWriter::pretty_at(2) }
    }

    /// Writes one event.
    ///
    /// # Errors
    ///
    /// What `output` gives. Part of the event may be written then.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        let before: &[u8] = if self.empty { b"{\n  \"events\": [\n    " } else { b",\n    " };
        self.empty = false;
        self.json.clear();
        self.json.object(|out| encode_event(event, out));
        self.output.write_all(before)?;
        self.output.write_all(self.json.text().as_bytes())
    }

    /// Writes the end, flushes, and gives `output` back.
    ///
    /// # Errors
    ///
    /// What `output` gives.
    pub fn finish(mut self) -> io::Result<W> {
        let end: &[u8] = if self.empty { b"{\n  \"events\": []\n}" } else { b"\n  ]\n}" };
        self.output.write_all(end)?;
        self.output.flush()?;
        Ok(self.output)
    }
}
