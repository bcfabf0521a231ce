//! What user code logs in a run: the lines, and the door through which they come in.
//!
//! The engine knows of no logging library. Whoever does is a [`Listener`]: the engine tells it when a run begins and
//! gives it a [`Journal`] if the lines of that run are wanted. The journal knows virtual time, and when code only
//! repeats what it did before.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use rehearsal_history::Timestamp;
use serde::{Serialize, Serializer};

use crate::clock::Clock;

/// How important a line is, to whoever wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Something went wrong.
    Error,
    /// Something may go wrong.
    Warn,
    /// What happens.
    Info,
    /// What a programmer wants to know.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// As it is printed: `INFO`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// As its text: `"INFO"`.
impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that workflow, activity or client code logged. Displays as what was said: spans, message, fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When, in virtual time since the run began.
    pub at: Duration,
    /// How important it is.
    pub level: LogLevel,
    /// Where it comes from: the path of a module, unless the code says something else.
    pub target: String,
    /// The spans it was said in, the outermost first, with their fields: `order{id=7}`.
    pub spans: Vec<String>,
    /// The message; may be empty.
    pub message: String,
    /// The fields, name and value, in the order in which they were given.
    pub fields: Vec<(String, String)>,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = Some(self.message.as_str()).filter(|message| !message.is_empty());
        let mut said = message.map(str::to_owned).into_iter().collect::<Vec<_>>();
        said.extend(self.fields.iter().map(|(name, value)| format!("{name}={value}")));
        self.spans.iter().try_for_each(|span| write!(f, "{span}: "))?;
        f.write_str(&said.join(" "))
    }
}

/// Hears what user code logs on its thread while a run goes on.
pub trait Listener: fmt::Debug + Send + Sync {
    /// A run begins on this thread. Until the value that is returned is dropped, on the same thread, what user code
    /// logs goes into `journal`, or nowhere if there is none.
    fn listen(&self, journal: Option<Rc<Journal>>) -> Box<dyn Any>;
}

/// Takes in what is logged in one run.
#[derive(Debug)]
pub struct Journal {
    clock: Clock,
    began: Timestamp,
    paused: Cell<bool>,
    lines: RefCell<Vec<LogLine>>,
    dropped: Cell<u64>,
}

impl Journal {
    /// The most lines that are kept of a run. Those that come later are counted.
    pub const MOST: usize = 1_000;

    /// The journal of a run that began then.
    pub(crate) fn new(clock: Clock, began: Timestamp) -> Self {
        Self {
            began,
            clock,
            paused: Cell::new(false),
            lines: RefCell::default(),
            dropped: Cell::new(0),
        }
    }

    /// Whether code runs that says something new: not while it is replayed, when it says again what it said before.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.paused.get()
    }

    /// Asked before a line is formatted: whether it will be kept. One that is not because there are too many is
    /// counted here.
    #[must_use]
    pub fn wants(&self) -> bool {
        let room = self.lines.borrow().len() < Self::MOST;
        if self.is_open() && !room {
            self.dropped.set(self.dropped.get() + 1);
        }
        self.is_open() && room
    }

    /// Takes in a line; its time becomes the one that it is now.
    pub fn note(&self, line: LogLine) {
        let at = self.clock.now().since(self.began);
        self.lines.borrow_mut().push(LogLine { at, ..line });
    }

    /// The lines, and how many more there were.
    pub(crate) fn take(&self) -> (Vec<LogLine>, u64) {
        (self.lines.take(), self.dropped.take())
    }
}

/// A journal that takes nothing in for as long as this lives: code is replayed, or dropped with its process.
#[derive(Debug)]
pub(crate) struct Pause(Option<Rc<Journal>>);

impl Pause {
    pub(crate) fn new(journal: Option<&Rc<Journal>>) -> Self {
        journal.inspect(|journal| journal.paused.set(true));
        Self(journal.cloned())
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.iter().for_each(|journal| journal.paused.set(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::BEGINNING;

    fn line(message: &str) -> LogLine {
        LogLine {
            at: Duration::ZERO,
            level: LogLevel::Info,
            target: "shop".to_owned(),
            spans: vec!["order{id=7}".to_owned()],
            message: message.to_owned(),
            fields: vec![("left".to_owned(), "2".to_owned())],
        }
    }

    #[test]
    fn a_line_is_noted_at_the_time_that_it_is() {
        let clock = Clock::at(BEGINNING);
        let journal = Journal::new(clock.clone(), BEGINNING);
        clock.advance_to(clock.now() + Duration::from_secs(3));
        journal.note(line("packed"));
        let (lines, dropped) = journal.take();
        assert_eq!((lines[0].at, dropped), (Duration::from_secs(3), 0));
        assert_eq!(lines[0].to_string(), "order{id=7}: packed left=2");
    }

    #[test]
    fn nothing_is_wanted_of_code_that_is_replayed() {
        let journal = Rc::new(Journal::new(Clock::at(BEGINNING), BEGINNING));
        let pause = Pause::new(Some(&journal));
        assert!(!journal.wants() && !journal.is_open());
        drop(pause);
        assert!(journal.wants() && journal.is_open());
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let journal = Journal::new(Clock::at(BEGINNING), BEGINNING);
        for _ in 0..Journal::MOST + 7 {
            if journal.wants() {
                journal.note(line("again"));
            }
        }
        let (lines, dropped) = journal.take();
        assert_eq!((lines.len(), dropped), (Journal::MOST, 7));
    }

    #[test]
    fn a_line_is_written_as_data() {
        assert_eq!(
            serde_json::to_string(&line("packed")).unwrap(),
            r#"{"at":{"secs":0,"nanos":0},"level":"INFO","target":"shop","spans":["order{id=7}"],"message":"packed","fields":[["left","2"]]}"#
        );
    }
}
