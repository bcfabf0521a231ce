//! A subscriber for `tracing` that hears the run which is explained, on its thread and for as long as it lasts.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rehearsal_engine::{LogLevel, LogLine};
use tracing_core::dispatcher::{DefaultGuard, Dispatch, set_default};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Interest, Level, Metadata, Subscriber};

use super::journal;

/// Until the guard is dropped, `tracing` on this thread is heard, or goes nowhere.
pub(super) fn install(hear: bool) -> DefaultGuard {
    let dispatch = if hear { Dispatch::new(Hearing::default()) } else { Dispatch::none() };
    set_default(&dispatch)
}

#[derive(Default)]
struct Hearing(Mutex<Spans>);

/// The spans that are open, and which of them the code is in.
#[derive(Default)]
struct Spans {
    open: BTreeMap<u64, Span>,
    opened: u64,
    entered: Vec<u64>,
}

struct Span {
    name: &'static str,
    fields: Vec<(String, String)>,
    handles: usize,
}

impl Hearing {
    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Hearing {
    /// Asked anew each time: whether code is replayed differs from one time to the next.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    /// A span that code opens while it is replayed may last longer than the replay.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        journal().is_some_and(|journal| metadata.is_span() || journal.is_open())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut said = Said::default();
        span.record(&mut said);
        let mut spans = self.spans();
        spans.opened += 1;
        let id = spans.opened;
        let span = Span { name: span.metadata().name(), fields: said.fields, handles: 1 };
        spans.open.insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut said = Said::default();
        values.record(&mut said);
        if let Some(span) = self.spans().open.get_mut(&span.into_u64()) {
            span.fields.append(&mut said.fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(journal) = journal().filter(|journal| journal.wants()) else { return };
        // What formats a field is user code, so nothing is locked meanwhile.
        let mut said = Said::default();
        event.record(&mut said);
        let metadata = event.metadata();
        journal.note(LogLine {
            at: Duration::ZERO,
            level: level(*metadata.level()),
            target: said.target.unwrap_or_else(|| metadata.target().to_owned()),
            spans: self.spans().around(event),
            message: said.message,
            fields: said.fields,
        });
    }

    fn enter(&self, span: &Id) {
        self.spans().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let mut spans = self.spans();
        if let Some(at) = spans.entered.iter().rposition(|entered| *entered == span.into_u64()) {
            spans.entered.remove(at);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = self.spans();
        let Some(span) = spans.open.get_mut(&id.into_u64()) else { return false };
        span.handles -= 1;
        let closed = span.handles == 0;
        if closed {
            spans.open.remove(&id.into_u64());
        }
        closed
    }
}

impl Spans {
    /// The spans of an event: its own one if it names one, else those that are entered.
    fn around(&self, event: &Event<'_>) -> Vec<String> {
        let label = |id: &u64| self.open.get(id).map(Span::label);
        match event.parent() {
            Some(parent) => label(&parent.into_u64()).into_iter().collect(),
            None if event.is_root() => Vec::new(),
            None => self.entered.iter().filter_map(label).collect(),
        }
    }
}

impl Span {
    fn label(&self) -> String {
        if self.fields.is_empty() {
            return self.name.to_owned();
        }
        let fields: Vec<String> =
            self.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}{{{}}}", self.name, fields.join(" "))
    }
}

/// What an event or a span says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(String, String)>,
    /// Of a record of the crate `log` that came through the crate `tracing-log`: its own target.
    target: Option<String>,
}

impl Said {
    fn take(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "log.target" => self.target = Some(value),
            name if name.starts_with("log.") => {}
            name => self.fields.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.take(field, format!("{value:?}"));
    }

    /// Quoted, so that one sees where it ends; but not what is a text for people.
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_text = field.name() == "message" || field.name().starts_with("log.");
        self.take(field, if is_text { value.to_owned() } else { format!("{value:?}") });
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}
