//! Takes a text through everything that reads histories, and says what it came to.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rehearsal_history::{Event, History, scrub};

/// Replays events; what comes of it does not matter as long as it comes to an end.
pub type Replay<'a> = &'a dyn Fn(&[Arc<Event>]);

/// What a text came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is a history, and well formed.
    Good,
    /// It is a history that is not well formed; the error.
    IllFormed(String),
    /// It is no history; the error and what led to it.
    Refused(String),
    /// A history did not come back from what was written of it.
    Lost(&'static str),
    /// Something panicked; the message.
    Panicked(String),
}

impl Verdict {
    /// Whether it is as it should be; `event`: whether what is wrong is in or between events, so that one is named.
    #[must_use]
    pub fn is_good(&self, event: bool) -> bool {
        match self {
            Self::Good => true,
            Self::IllFormed(error) => names_an_event(error),
            Self::Refused(error) => !event || names_an_event(error),
            Self::Lost(_) | Self::Panicked(_) => false,
        }
    }
}

fn names_an_event(error: &str) -> bool {
    error.match_indices("event ").any(|(at, found)| {
        let rest = &error[at + found.len()..];
        rest.trim_start_matches("at index ").starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Decodes, checks and replays what `text` says; if `thorough`, it is also written, printed, scrubbed and read back.
#[must_use]
pub fn judge(text: &[u8], replay: Replay<'_>, thorough: bool) -> Verdict {
    let whole = || match read(text) {
        Ok(history) => examine(&history, replay, thorough),
        Err(error) => Verdict::Refused(error),
    };
    catch_unwind(AssertUnwindSafe(whole))
        .unwrap_or_else(|panic| Verdict::Panicked(message(&*panic)))
}

fn read(text: &[u8]) -> Result<History, String> {
    match core::str::from_utf8(text) {
        Ok(text) => History::from_json(text),
        Err(_) => History::from_reader(text),
    }
    .map_err(|error| chain(&error))
}

fn examine(history: &History, replay: Replay<'_>, thorough: bool) -> Verdict {
    replay(history.events());
    let lost = if thorough { write(history) } else { None };
    match (lost, history.check_well_formed()) {
        (Some(what), _) => Verdict::Lost(what),
        (None, Ok(())) => Verdict::Good,
        (None, Err(error)) => Verdict::IllFormed(chain(&error)),
    }
}

/// Writes a history in all ways, and says which of them does not come back.
fn write(history: &History) -> Option<&'static str> {
    drop(history.print());
    drop(history.table());
    drop(scrub(history));
    if !History::from_json(&history.to_json()).is_ok_and(|again| again == *history) {
        return Some("history JSON");
    }
    let again = History::from_text(&history.to_text());
    (!again.is_ok_and(|again| again == *history)).then_some("the text notation")
}

/// An error and what led to it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
