//! Reads events one at a time, whatever they are wrapped in.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::mem;

use serde_json::Value;

use super::decoded::{self, Census};
use super::scan::{Place, Scanner};
use super::schema::Misfit;
use super::{container, decode_event, dialect, tree};
use crate::error::{DecodeError, HistoryError};
use crate::event::{Event, EventKind};
use crate::id::EventId;

/// Reads the events of one history from a stream of history JSON, one at a time.
///
/// It reads what [`History::from_json`](crate::History::from_json) reads, but for what needs the whole text: events that
/// come last first, and payloads that the Web UI decoded. It checks what [`History::new`](crate::History::new) checks, so
/// that all events together are a history. It holds one event, or one member beside the list of events, and nothing of
/// what came before; how much it reads ahead is the business of `R`. After an error it ends.
///
/// # Examples
///
/// ```
/// use rehearsal_history::{EventReader, HistoryBuilder};
///
/// let mut builder = HistoryBuilder::new("order");
/// builder.complete_task();
/// let json = builder.build().to_json();
///
/// let mut names = Vec::new();
/// for event in EventReader::new(json.as_bytes()) {
///     names.push(event?.kind.name().to_owned());
/// }
/// assert_eq!(names.len(), 4);
/// assert_eq!(names[3], "WorkflowTaskCompleted");
/// # Ok::<(), rehearsal_history::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    reader: Reader<R>,
    /// The id of the next event; `None` when it is over.
    expected: Option<EventId>,
}

impl<R: BufRead> EventReader<R> {
    /// Reads from the start of `input`, up to its end.
    #[must_use]
    pub fn new(input: R) -> Self {
        Self { reader: Reader::new(input), expected: Some(EventId::FIRST) }
    }

    fn read(&mut self, expected: EventId) -> Result<Option<Event>, DecodeError> {
        match self.reader.next()? {
            Some(Item::Event(event)) => {
                if self.reader.census().is_suspect() {
                    let why = "only the whole text tells".to_owned();
                    let advice = decoded::ADVICE;
                    return Err(DecodeError::Decoded { event: event.id, why, advice });
                }
                if event.id != expected {
                    return Err(HistoryError::IdGap { expected, found: event.id }.into());
                }
                let starts = matches!(event.kind, EventKind::WorkflowExecutionStarted(_));
                if expected == EventId::FIRST && !starts {
                    return Err(HistoryError::NotStarted { found: event.kind.name().into() }.into());
                }
                Ok(Some(*event))
            }
            Some(Item::End) if expected == EventId::FIRST => Err(HistoryError::Empty.into()),
            Some(Item::End) => match self.reader.next()? {
                Some(_) => Err(DecodeError::Several { found: 2 }),
                None => Ok(None),
            },
            None => Err(DecodeError::Several { found: 0 }),
        }
    }
}

impl<R: BufRead> Iterator for EventReader<R> {
    type Item = Result<Event, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let expected = self.expected.take()?;
        let read = self.read(expected);
        if let Ok(Some(event)) = &read {
            self.expected = Some(event.id.next());
        }
        read.transpose()
    }
}

/// What a text of histories is made of.
#[derive(Debug)]
pub(super) enum Item {
    /// One more event of the current history.
    Event(Box<Event>),
    /// The current history ends.
    End,
}

/// Keys that an event may begin with, and nothing that events are wrapped in.
const EVENT_KEYS: &[&str] =
    &["eventId", "event_id", "eventTime", "event_time", "eventType", "event_type"];

/// Where a [`Reader`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before anything.
    Start,
    /// In the object that holds the events, before them.
    Object,
    /// In the list of events. `begun`: the buffer holds the brace and the first key of the next one.
    Events { begun: bool },
    /// Behind the events, in what they are wrapped in.
    Wrapping,
    /// Behind everything.
    Tail,
}

/// Reads the events of one or several histories.
#[derive(Debug)]
pub(super) struct Reader<R> {
    scanner: Scanner<R>,
    state: State,
    /// Whether the histories stand in a list.
    listed: bool,
    /// Whether events follow one another with nothing around them: NDJSON.
    bare: bool,
    /// What the payloads of the events so far look like.
    census: Census,
    /// The keys that were seen in each open object, outermost first.
    objects: Vec<BTreeSet<String>>,
    /// The value that is being read.
    buffer: Vec<u8>,
    /// Where it begins.
    begin: Place,
    /// The index of the next event.
    index: usize,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R) -> Self {
        let scanner = Scanner::new(input);
        Self {
            begin: scanner.place(),
            scanner,
            state: State::Start,
            listed: false,
            bare: false,
            census: Census::default(),
            objects: Vec::new(),
            buffer: Vec::new(),
            index: 0,
        }
    }

    /// What the payloads of the events so far look like.
    pub(super) const fn census(&self) -> &Census {
        &self.census
    }

    /// The next event, or the end of a history; `None` at the end of the text. Not to be called after an error.
    pub(super) fn next(&mut self) -> Result<Option<Item>, DecodeError> {
        self.step().map_err(|error| match (error, self.state) {
            (DecodeError::Syntax(source), State::Events { .. } | State::Wrapping | State::Tail) => {
                let event = EventId::FIRST.plus(self.index as u64);
                DecodeError::EventSyntax { event, source }
            }
            (other, _) => other,
        })
    }

    fn step(&mut self) -> Result<Option<Item>, DecodeError> {
        loop {
            match self.state {
                State::Start => self.start()?,
                State::Object => {
                    let first = self.objects.last().is_none_or(BTreeSet::is_empty);
                    match self.member(first)? {
                        Some(key) => self.find_events(&key)?,
                        None => return Err(self.no_events()),
                    }
                }
                State::Events { begun } => {
                    if let Some(event) = self.event(begun)? {
                        return Ok(Some(Item::Event(Box::new(event))));
                    }
                    self.state = State::Wrapping;
                }
                State::Wrapping => {
                    self.close()?;
                    return Ok(Some(Item::End));
                }
                State::Tail => {
                    if self.scanner.peek()?.is_none() {
                        return Ok(None);
                    }
                    self.another()?;
                }
            }
        }
    }

    /// Goes into the object, or the list, that the text begins with.
    fn start(&mut self) -> Result<(), DecodeError> {
        container::recognize(self.scanner.head()?)?;
        self.scanner.skip_mark()?;
        match self.scanner.peek()? {
            Some(b'[') => self.scanner.bump()?,
            Some(b'{') => return self.first_object(),
            Some(_) => return self.open(),
            None => return Err(self.cut("a value")),
        }
        if self.scanner.peek()? == Some(b']') {
            self.scanner.bump()?;
            self.state = State::Tail;
            return Ok(());
        }
        self.begin = self.scanner.place();
        self.state = State::Events { begun: false };
        if self.scanner.peek()? != Some(b'{') {
            return Ok(());
        }
        // Only the first key tells an event from a history that is wrapped.
        self.scanner.bump()?;
        if self.scanner.peek()? != Some(b'"') {
            self.buffer = vec![b'{'];
            self.state = State::Events { begun: true };
            return Ok(());
        }
        let key = self.string()?;
        if key == "events" || key == "history" {
            self.listed = true;
            self.objects = vec![BTreeSet::new()];
            self.state = State::Object;
            self.key_done(&key)?;
            return self.find_events(&key);
        }
        self.buffer.insert(0, b'{');
        self.state = State::Events { begun: true };
        Ok(())
    }

    /// Goes into the first object of the text, which holds the events or is the first of them.
    fn first_object(&mut self) -> Result<(), DecodeError> {
        self.begin = self.scanner.place();
        self.open()?;
        if self.scanner.peek()? != Some(b'"') {
            return Ok(());
        }
        let key = self.string()?;
        if EVENT_KEYS.contains(&key.as_str()) {
            self.bare = true;
            self.objects.clear();
            self.buffer.insert(0, b'{');
            self.state = State::Events { begun: true };
            return Ok(());
        }
        self.key_done(&key)?;
        self.find_events(&key)
    }

    /// Goes into one more history behind the first, if one follows it on a line of its own.
    fn another(&mut self) -> Result<(), DecodeError> {
        let place = self.scanner.place();
        let trailing = || Err(place.error("trailing characters").into());
        if self.listed || self.bare || self.scanner.peek()? != Some(b'{') {
            return trailing();
        }
        self.open()?;
        self.state = State::Tail;
        if self.scanner.peek()? != Some(b'"') {
            return trailing();
        }
        let key = self.string()?;
        if key != "events" && key != "history" {
            return trailing();
        }
        self.state = State::Object;
        self.key_done(&key)?;
        self.find_events(&key)
    }

    /// Goes into the object of a history.
    fn open(&mut self) -> Result<(), DecodeError> {
        if self.scanner.peek()? != Some(b'{') {
            return Err(self.shape()?);
        }
        self.scanner.bump()?;
        self.objects = vec![BTreeSet::new()];
        self.state = State::Object;
        self.index = 0;
        Ok(())
    }

    /// Goes into the value of `key`, if it is or holds the list of events, or skips it.
    fn find_events(&mut self, key: &str) -> Result<(), DecodeError> {
        match (key, self.scanner.peek()?) {
            ("events", Some(b'[')) => {
                self.scanner.bump()?;
                self.state = State::Events { begun: false };
                Ok(())
            }
            ("history", Some(b'{')) if self.objects.len() == 1 => {
                self.scanner.bump()?;
                self.objects.push(BTreeSet::new());
                Ok(())
            }
            ("events" | "history", Some(_)) => Err(self.shape()?),
            _ => self.value().map(drop),
        }
    }

    /// The next event of the list; `None` at its end.
    fn event(&mut self, begun: bool) -> Result<Option<Event>, DecodeError> {
        if begun {
            self.scanner.rest(1, &mut self.buffer)?;
            self.state = State::Events { begun: false };
        } else {
            match self.scanner.peek()? {
                None if self.bare => return Ok(None),
                Some(b'{') if self.bare => {}
                None => return Err(self.cut("a list")),
                Some(b']') => {
                    self.scanner.bump()?;
                    return Ok(None);
                }
                Some(b',') if self.index > 0 => self.scanner.bump()?,
                Some(_) if self.index > 0 => {
                    return Err(self.scanner.place().error("expected `,` or `]`").into());
                }
                Some(_) => {}
            }
            self.take()?;
        }
        let tree = self.parse()?;
        self.census.count(EventId::FIRST.plus(self.index as u64), &tree);
        if let (0, Value::Object(members)) = (self.index, &tree)
            && let Some(error) = dialect::before_1(members)
        {
            return Err(error);
        }
        let event = decode_event(self.index, tree).map_err(|error| match error {
            // A form that is not read shows itself in a value that fits nowhere. Only then is the text looked at again.
            DecodeError::Field { .. }
            | DecodeError::NoId { .. }
            | DecodeError::NoAttributes { .. } => self.dialect().unwrap_or(error),
            other => other,
        })?;
        self.index += 1;
        Ok(Some(event))
    }

    /// The error for an event in a form that is not read, if it is known.
    fn dialect(&self) -> Option<DecodeError> {
        let event = EventId::FIRST.plus(self.index as u64);
        dialect::recognize(event, &self.parse().ok()?)
    }

    /// Goes out of what the events are wrapped in, and into the next history if there is one.
    fn close(&mut self) -> Result<(), DecodeError> {
        while !self.objects.is_empty() {
            while let Some(key) = self.member(false)? {
                if key == "events" || key == "history" {
                    let found = Value::String(key);
                    return Err(DecodeError::shape(Misfit::new("one list `events`", &found)));
                }
                self.value()?;
            }
            self.objects.pop();
        }
        self.state = State::Tail;
        if !self.listed {
            return Ok(());
        }
        match self.scanner.peek()? {
            Some(b']') => Ok(self.scanner.bump()?),
            Some(b',') => {
                self.scanner.bump()?;
                self.open()
            }
            Some(_) => Err(self.scanner.place().error("expected `,` or `]`").into()),
            None => Err(self.cut("a list")),
        }
    }

    /// Takes the key and the colon of the next member of the innermost object; `None` behind its closing brace.
    fn member(&mut self, first: bool) -> Result<Option<String>, DecodeError> {
        match self.scanner.peek()? {
            Some(b'}') => {
                self.scanner.bump()?;
                return Ok(None);
            }
            Some(b',') if !first => self.scanner.bump()?,
            Some(_) if first => {}
            Some(_) => return Err(self.scanner.place().error("expected `,` or `}`").into()),
            None => return Err(self.cut("an object")),
        }
        match self.scanner.peek()? {
            Some(b'"') => {}
            Some(_) => return Err(self.scanner.place().error("key must be a string").into()),
            None => return Err(self.cut("an object")),
        }
        let key = self.string()?;
        self.key_done(&key)?;
        Ok(Some(key))
    }

    /// Notes a key that was taken, and takes the colon.
    fn key_done(&mut self, key: &str) -> Result<(), DecodeError> {
        if self.objects.last_mut().is_some_and(|seen| !seen.insert(key.to_owned())) {
            let message = format!("key `{key}` stands twice in one object");
            return Err(self.scanner.place().error(&message).into());
        }
        match self.scanner.peek()? {
            Some(b':') => Ok(self.scanner.bump()?),
            Some(_) => Err(self.scanner.place().error("expected `:`").into()),
            None => Err(self.cut("an object")),
        }
    }

    fn string(&mut self) -> Result<String, DecodeError> {
        match self.value()? {
            Value::String(text) => Ok(text),
            other => Err(DecodeError::shape(Misfit::new("a key", &other))),
        }
    }

    /// Takes a value, whatever it is.
    fn value(&mut self) -> Result<Value, DecodeError> {
        self.take()?;
        Ok(self.parse()?)
    }

    /// Takes a value into the buffer.
    fn take(&mut self) -> Result<(), DecodeError> {
        self.scanner.peek()?;
        self.begin = self.scanner.place();
        self.buffer.clear();
        Ok(self.scanner.value(&mut self.buffer)?)
    }

    fn parse(&self) -> Result<Value, serde_json::Error> {
        match core::str::from_utf8(&self.buffer) {
            Ok(text) => tree::parse(text).map_err(|error| self.begin.locate(&error)),
            Err(_) => Err(self.begin.error("invalid UTF-8 in the value")),
        }
    }

    /// The error for a value that stands where a history or its events should.
    fn shape(&mut self) -> Result<DecodeError, DecodeError> {
        let found = self.value()?;
        Ok(DecodeError::shape(Misfit::new("an object with a list `events`", &found)))
    }

    /// The error for an object that has no list of events.
    fn no_events(&mut self) -> DecodeError {
        let keys = mem::take(&mut self.objects).pop().unwrap_or_default();
        let found = keys.into_iter().map(|key| (key, Value::from("…"))).collect();
        DecodeError::shape(Misfit::new("an object with a list `events`", &Value::Object(found)))
    }

    fn cut(&self, within: &str) -> DecodeError {
        self.scanner.place().error(&format!("EOF while parsing {within}")).into()
    }
}
