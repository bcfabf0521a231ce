//! Timers, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use rehearsal_history::duration_text;

/// One that is started.
pub(super) fn started(timer_id: &str, after: Duration) -> String {
    format!("{} after={}", named(timer_id), duration_text(after))
}

/// By its id.
pub(super) fn named(timer_id: &str) -> String {
    format!("id={timer_id}")
}
