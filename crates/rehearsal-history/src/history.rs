//! The history of one run: its events, checked once.

use core::fmt;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::boundary;
use crate::ending::{self, CutOff};
use crate::error::{DecodeError, HistoryError, TextError};
use crate::event::{Event, EventKind, WorkflowExecutionStarted};
use crate::failure::FailureInfo;
use crate::id::EventId;
use crate::json::{self, EventWriter};
use crate::payload::Payload;
use crate::payload_map::{self, BadPayload};
use crate::peculiarity::Peculiarity;
use crate::policy::TimeoutType;
use crate::status::Status;
use crate::text::{self, Line};
use crate::well_formed::{self, IllFormed};

/// The recorded events of one run, from its start on. Clones share the events.
///
/// There is at least one event, ids are 1, 2, 3, …, and the first event is `WorkflowExecutionStarted`. What holds
/// between events beyond that is [checked](Self::check_well_formed) on request, as a recorded history may be bad on
/// purpose.
///
/// # Examples
///
/// ```
/// # use rehearsal_history::{self as rehearsal, HistoryBuilder};
/// use rehearsal::{History, Status};
///
/// # let mut builder = HistoryBuilder::new("order");
/// # builder.complete_task();
/// # let history = builder.build();
/// assert_eq!(history.status(), Status::Running);
/// assert_eq!(History::from_json(&history.to_json())?, history);
/// # Ok::<(), rehearsal_history::DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct History {
    events: Vec<Arc<Event>>,
    /// What was odd in the text that it was read from.
    peculiarities: Vec<Peculiarity>,
}

/// The same events; how they were written does not count.
impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        self.events == other.events
    }
}

impl History {
    /// Takes the events of a run in their order.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no event, the ids are not 1, 2, 3, …, or the first event is not
    /// `WorkflowExecutionStarted`.
    pub fn new(events: Vec<Arc<Event>>) -> Result<Self, HistoryError> {
        let first = events.first().ok_or(HistoryError::Empty)?;
        let mut expected = EventId::FIRST;
        for event in &events {
            if event.id != expected {
                return Err(HistoryError::IdGap { expected, found: event.id });
            }
            expected = expected.next();
        }
        if !matches!(first.kind, EventKind::WorkflowExecutionStarted(_)) {
            return Err(HistoryError::NotStarted { found: first.kind.name().into() });
        }
        Ok(Self { events, peculiarities: Vec::new() })
    }

    /// Takes the events of a run as they stood in a text, perhaps last first.
    pub(crate) fn read(mut events: Vec<Arc<Event>>) -> Result<Self, HistoryError> {
        let descending =
            events.len() > 1 && events.windows(2).all(|pair| pair[0].id == pair[1].id.next());
        if descending {
            events.reverse();
        }
        let mut history = Self::new(events)?;
        if descending {
            history = history.with_peculiarity(Peculiarity::Descending);
        }
        if well_formed::is_unlinked(&history.events) {
            history = history.with_peculiarity(Peculiarity::UnlinkedTasks);
        }
        Ok(history)
    }

    pub(crate) fn with_peculiarity(mut self, peculiarity: Peculiarity) -> Self {
        self.peculiarities.push(peculiarity);
        self.peculiarities.sort_unstable();
        self
    }

    /// Reads history JSON: `{"events": []}`, `{"history": {"events": []}}`, a bare array of events, events one after the
    /// other (NDJSON), or a list of one history. Both spellings of enums, of field names and of 64-bit numbers are read;
    /// `null` is absent. Events may come last first, and payloads may be decoded as the Web UI does it, if all of them
    /// are: [`peculiarities`](Self::peculiarities) says so.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], which names the event and the field, or the form of the text if it is not one that is read.
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        Self::one(json::decode_list(text)?)
    }

    /// Reads history JSON from a file as it is: with or without a byte order mark, in UTF-8 or UTF-16.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json). A file that is compressed, or in binary protobuf, is refused by name.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::{History, HistoryBuilder};
    ///
    /// let history = HistoryBuilder::new("order").build();
    /// let file = format!("\u{feff}{}", history.to_json());
    /// assert_eq!(History::from_bytes(file.as_bytes())?, history);
    ///
    /// let error = History::from_bytes(&[0x1f, 0x8b, 8, 0]).unwrap_err();
    /// assert!(error.to_string().contains("gzip"));
    /// # Ok::<(), rehearsal_history::DecodeError>(())
    /// ```
    pub fn from_bytes(file: &[u8]) -> Result<Self, DecodeError> {
        Self::one(json::decode_bytes(&json::unpack(file)?)?)
    }

    fn one(mut histories: Vec<Self>) -> Result<Self, DecodeError> {
        match histories.len() {
            1 => Ok(histories.remove(0)),
            found => Err(DecodeError::Several { found }),
        }
    }

    /// Writes history JSON as Temporal's CLI does, indented by two spaces, without a newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::encode(&self.events)
    }

    /// Reads history JSON from a stream to its end, as [`from_bytes`](Self::from_bytes) does. [`EventReader`] reads it
    /// event by event.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], which names the event and the field, or what the stream says.
    ///
    /// [`EventReader`]: crate::EventReader
    pub fn from_reader(mut input: impl BufRead) -> Result<Self, DecodeError> {
        let mut file = Vec::new();
        input.read_to_end(&mut file)?;
        Self::from_bytes(&file)
    }

    /// What was odd in the text that it was read from, and was understood all the same; in the order of the enum.
    #[must_use]
    pub fn peculiarities(&self) -> &[Peculiarity] {
        &self.peculiarities
    }

    /// Writes history JSON to a stream, as [`to_json`](Self::to_json) does. [`EventWriter`] writes it event by event.
    ///
    /// # Errors
    ///
    /// What `output` gives.
    pub fn to_writer(&self, output: impl Write) -> io::Result<()> {
        let mut writer = EventWriter::new(output);
        for event in &self.events {
            writer.write(event)?;
        }
        writer.finish().map(drop)
    }

    /// The events in order; never empty.
    #[must_use]
    pub fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// The event with this id.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<&Event> {
        let index = usize::try_from(id.0.checked_sub(1)?).ok()?;
        self.events.get(index).map(|event| &**event)
    }

    /// How long the timeout was that this event tells of; `None` if it tells of none.
    #[must_use]
    pub fn timeout(&self, id: EventId) -> Option<Duration> {
        let kind = |id| self.event(id).map(|event| &event.kind);
        match kind(id)? {
            EventKind::ActivityTaskTimedOut(end) => {
                let Some(EventKind::ActivityTaskScheduled(activity)) = kind(end.scheduled_event_id)
                else {
                    return None;
                };
                match &end.failure.as_ref()?.info {
                    Some(FailureInfo::Timeout(info)) => activity.timeout(&info.timeout_type),
                    _ => None,
                }
            }
            EventKind::WorkflowTaskTimedOut(end)
                if end.timeout_type == TimeoutType::StartToClose =>
            {
                match kind(end.scheduled_event_id)? {
                    EventKind::WorkflowTaskScheduled(task) => task.start_to_close_timeout,
                    _ => None,
                }
            }
            EventKind::WorkflowExecutionTimedOut(_) => self.started().workflow_run_timeout,
            _ => None,
        }
    }

    /// The attributes of the first event.
    ///
    /// # Panics
    ///
    /// Never: a history starts with `WorkflowExecutionStarted`.
    #[must_use]
    pub fn started(&self) -> &WorkflowExecutionStarted {
        match &self.events[0].kind {
            EventKind::WorkflowExecutionStarted(started) => started,
            other => {
                unreachable!("a history starts with WorkflowExecutionStarted, not {}", other.name())
            }
        }
    }

    /// The event that closed the run, if it is closed.
    #[must_use]
    pub fn close(&self) -> Option<&Event> {
        self.events
            .iter()
            .rev()
            .find(|event| Status::of(&event.kind).is_some())
            .map(|event| &**event)
    }

    /// How the run ended, or that it is running.
    #[must_use]
    pub fn status(&self) -> Status {
        self.close().and_then(|event| Status::of(&event.kind)).unwrap_or(Status::Running)
    }

    /// Checks what holds between the events of every history that a server writes: closing events name something
    /// open, references point to the right kind of event, workflow tasks follow their order, and nothing follows the
    /// close. In a history with the [peculiarity](Self::peculiarities) that workflow tasks are not linked, these links may
    /// be missing.
    ///
    /// # Errors
    ///
    /// [`IllFormed`], the first thing that is wrong; it names the event.
    pub fn check_well_formed(&self) -> Result<(), IllFormed> {
        let unlinked = self.peculiarities.contains(&Peculiarity::UnlinkedTasks);
        well_formed::check(&self.events, unlinked)
    }

    /// Checks that the history ends where one can end: a server writes events in batches, and some events never come
    /// alone. A history that ends behind such an event is the first part of one.
    ///
    /// That it ends where it can does not say that it is whole. Histories that are odd in how tasks are linked are not
    /// those of a server, and are not looked at.
    ///
    /// # Errors
    ///
    /// [`CutOff`], which names the last event and what comes with it.
    pub fn check_end(&self) -> Result<(), CutOff> {
        if self.peculiarities.contains(&Peculiarity::UnlinkedTasks) {
            return Ok(());
        }
        ending::check(self)
    }

    /// The events with which a transaction of the server ended, in order: at these the history stood as it was, and nothing
    /// of it was half written.
    ///
    /// A history does not say which events were written together, so this is told by the rules by which a server writes
    /// them. Where these leave it open, an event that may have waited in the buffer is taken for one that came later; both
    /// are histories that a server can write.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rehearsal_history::{EventId, HistoryBuilder};
    ///
    /// let mut history = HistoryBuilder::new("order");
    /// history.complete_task();
    /// history.start_timer(Duration::from_secs(1));
    /// // 1 comes with the first workflow task, and 4, which completed it, with the timer it asked for.
    /// assert_eq!(history.build().boundaries(), [EventId(2), EventId(3), EventId(5)]);
    /// ```
    #[must_use]
    pub fn boundaries(&self) -> Vec<EventId> {
        boundary::boundaries(self)
    }

    /// The history as it stood behind an event; the whole, if there is no such event.
    #[must_use]
    pub fn until(&self, id: EventId) -> Self {
        let end = usize::try_from(id.0).unwrap_or(usize::MAX).clamp(1, self.events.len());
        Self { events: self.events[..end].to_vec(), peculiarities: self.peculiarities.clone() }
    }

    /// The history with another payload in the place of each: decoded, say, by the user's codec.
    ///
    /// `map` is given all payloads in the order of the events, but for those of search attributes, which no codec encodes
    /// since the server reads them, and the place of each, such as `input.payloads.0`. Failures whose message is in a
    /// payload ("Encoded failure") get it back from the new one.
    ///
    /// # Errors
    ///
    /// [`BadPayload`] with what `map` says; it names the event and the place.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use rehearsal_history::{HistoryBuilder, Payload, Payloads};
    ///
    /// let mut builder = HistoryBuilder::new("order");
    /// builder.signal("paid", Some(Payloads::one(Payload::json("\"DLEB\""))));
    /// let history = builder.build();
    ///
    /// let backwards = |_: &str, payload: Payload| {
    ///     let text: String = payload.as_json().unwrap().chars().rev().collect();
    ///     Ok::<_, Infallible>(Payload::json(text))
    /// };
    /// assert!(history.map_payloads(backwards)?.print().contains("BELD"));
    /// # Ok::<(), rehearsal_history::BadPayload<Infallible>>(())
    /// ```
    pub fn map_payloads<E>(
        &self,
        map: impl FnMut(&str, Payload) -> Result<Payload, E>,
    ) -> Result<Self, BadPayload<E>> {
        let events = payload_map::events(&self.events, map)?;
        Ok(Self { events, peculiarities: self.peculiarities.clone() })
    }

    /// The lines of the text notation, in columns.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        text::lines(&self.events)
    }

    /// The lines of the text notation with values of any length.
    #[must_use]
    pub fn whole_lines(&self) -> Vec<Line> {
        text::whole_lines(&self.events)
    }

    /// The text notation: one event a line, with the time since the first event. [`Display`](fmt::Display) writes the
    /// same.
    #[must_use]
    pub fn print(&self) -> String {
        text::print(&self.events)
    }

    /// The full text notation: one event a line with everything in it, which [`from_text`](Self::from_text) reads back.
    ///
    /// After the id, the time and the type come the leaves of the event's JSON as `key=value`. The first line has the
    /// time of its event, each other one the time since then. A payload of JSON is `json:` and its text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use rehearsal_history::{self as rehearsal, HistoryBuilder};
    /// use rehearsal::History;
    ///
    /// # let mut builder = HistoryBuilder::new("order");
    /// # builder.complete_task();
    /// # builder.start_timer(Duration::from_millis(1500));
    /// # let history = builder.build();
    /// let text = history.to_text();
    /// assert_eq!(
    ///     text.lines().last(),
    ///     Some("  5  0s  TimerStarted startToFireTimeout=1.500s timerId=5 workflowTaskCompletedEventId=4"),
    /// );
    /// assert_eq!(History::from_text(&text)?, history);
    /// # Ok::<(), rehearsal_history::TextError>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        text::full::print(&self.events)
    }

    /// Reads the full text notation that [`to_text`](Self::to_text) writes. Lines that are empty are skipped, and
    /// spaces between columns do not count.
    ///
    /// # Errors
    ///
    /// [`TextError`], which names the line and the key.
    pub fn from_text(text: &str) -> Result<Self, TextError> {
        text::parse::parse(text)
    }

    /// A table for snapshots: the type of each event, what it is about, such as the type of an activity, and how much time
    /// has passed before it.
    ///
    /// A change of a workflow gives a small diff of it: no line says anything that changes with the lines before it. There
    /// are no ids; `+2s` is the time since the latest event before this one, and nothing stands for the same time. An
    /// event can be earlier than one before it (H-8): `-2s`. A timer is told by how long it runs, and the second of a name
    /// by its number, `charge #2`.
    ///
    /// What differs from run to run is not in it, or is replaced as [`scrub`](crate::scrub()) does it: UUIDs by their
    /// number. So two runs of one scenario in virtual time give one table. Values of user code are not in it either;
    /// [`print`](Self::print) has them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use rehearsal_history::HistoryBuilder;
    /// # let mut builder = HistoryBuilder::new("order");
    /// # builder.complete_task();
    /// # let charge = builder.schedule_activity("charge");
    /// # builder.at(Duration::from_millis(1500)).complete_activity(charge, None);
    /// # let history = builder.build();
    /// let table = history.table(); // In a test: insta::assert_snapshot!(table)
    /// let lines: Vec<&str> = table.lines().collect();
    /// assert_eq!(lines, [
    ///     "WorkflowExecutionStarted          order",
    ///     "WorkflowTaskScheduled",
    ///     "WorkflowTaskStarted",
    ///     "WorkflowTaskCompleted",
    ///     "ActivityTaskScheduled             charge",
    ///     "ActivityTaskStarted               charge                +1.5s",
    ///     "ActivityTaskCompleted             charge",
    /// ]);
    /// ```
    #[must_use]
    pub fn table(&self) -> String {
        text::table::print(&self.events)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print())
    }
}
