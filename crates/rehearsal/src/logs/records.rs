//! A logger for the crate `log` that hears the runs that are explained, and nothing else.

use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};
use rehearsal_engine::{LogLevel, LogLine};

use super::journal;

/// Makes ours the logger of the process, once, unless there is one. Another one stays, and nothing is heard.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if log::set_logger(&Records).is_ok() {
            log::set_max_level(LevelFilter::Trace);
        }
    });
}

struct Records;

impl Log for Records {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        journal().is_some_and(|journal| journal.is_open())
    }

    fn log(&self, record: &Record<'_>) {
        let Some(journal) = journal().filter(|journal| journal.wants()) else { return };
        journal.note(LogLine {
            at: std::time::Duration::ZERO,
            level: level(record.level()),
            target: record.target().to_owned(),
            spans: Vec::new(),
            message: record.args().to_string(),
            fields: Vec::new(),
        });
    }

    fn flush(&self) {}
}

const fn level(level: Level) -> LogLevel {
    match level {
        Level::Error => LogLevel::Error,
        Level::Warn => LogLevel::Warn,
        Level::Info => LogLevel::Info,
        Level::Debug => LogLevel::Debug,
        Level::Trace => LogLevel::Trace,
    }
}
