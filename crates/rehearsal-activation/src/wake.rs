//! Who called the waker of workflow code, though nobody may.
//!
//! Futures of the native API look at the state of the run whenever they are polled and wake nothing; those of the
//! official SDK mark the wakes that are theirs. So whoever else calls the waker is something from outside that no
//! history records, and that no replay would see again (R-15).

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use std::backtrace::Backtrace;
use std::sync::{Mutex, PoisonError};

/// How many frames of a backtrace are told.
const FRAMES: usize = 3;

/// The functions in which hosts poll a routine: what called them is of no interest. They are never inlined, so they have
/// their full names.
const BOUNDARIES: [&str; 2] =
    ["rehearsal_workflow::routine::poll_routine", "rehearsal_temporal::routine::poll_routine"];

/// Notes the first call of a waker that nobody may call.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::wake::ForeignWake;
///
/// let wake = ForeignWake::default();
/// assert!(!wake.was_called());
///
/// wake.note();
/// assert!(wake.was_called());
/// ```
#[derive(Debug, Default)]
pub struct ForeignWake {
    called: AtomicBool,
    at: Mutex<Option<String>>,
}

impl ForeignWake {
    /// Whether anything called the waker. Costs one atomic load.
    #[must_use]
    pub fn was_called(&self) -> bool {
        self.called.load(Ordering::Acquire)
    }

    /// Where it was called first, innermost function first, in one line. `None` if it was not, or if the program has no
    /// symbols to tell it with.
    #[must_use]
    pub fn at(&self) -> Option<String> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that it was called, and by whom.
    pub fn note(&self) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        // A backtrace is slow, and the first one tells enough.
        if !self.called.load(Ordering::Acquire) {
            *at = shorten(&Backtrace::force_capture().to_string());
            self.called.store(true, Ordering::Release);
        }
    }

    /// Notes nothing from now on: the run is over, and what it held wakes whom it likes.
    pub fn ignore(&self) {
        self.called.store(true, Ordering::Release);
    }
}

// Neither is inlined, so both have their full names in a backtrace and are left out of what is told.
impl Wake for ForeignWake {
    #[inline(never)]
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[inline(never)]
    fn wake_by_ref(self: &Arc<Self>) {
        self.note();
    }
}

/// The frames next to the wake that are neither ours nor of the libraries that pass it on, innermost first, in one line.
fn shorten(backtrace: &str) -> Option<String> {
    let told: Vec<String> = telling(backtrace)
        .take(FRAMES)
        .map(|(function, place)| match short_path(place) {
            "" => function.to_owned(),
            place => format!("{function} ({place})"),
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", from "))
}

/// `file:line:column` in the innermost function that belongs to the user.
pub(crate) fn caller() -> Option<String> {
    let backtrace = Backtrace::force_capture().to_string();
    telling(&backtrace).map(|(_, place)| place.to_owned()).find(|place| !place.is_empty())
}

/// The functions of a backtrace that the reader should know of, innermost first, each with its place.
fn telling(backtrace: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut frames: Vec<(&str, &str)> = Vec::new();
    for line in backtrace.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(frame) = frames.last_mut() {
                frame.1 = place;
            }
        } else if let Some((index, function)) = line.split_once(": ")
            && index.bytes().all(|byte| byte.is_ascii_digit())
        {
            frames.push((function, ""));
        }
    }
    frames
        .into_iter()
        .take_while(|(function, place)| !is_boundary(function, place))
        .filter(|(function, place)| is_telling(function, place))
}

/// Whether a function runs user code: what called it is of no interest.
fn is_boundary(function: &str, place: &str) -> bool {
    let name = function.trim_start_matches('<');
    BOUNDARIES.iter().any(|boundary| name.starts_with(boundary)) || is_of(place, "rehearsal-engine")
}

/// Whether a function is workflow code, or anything else that the reader should know of. Inlined functions are named
/// without their module, so the file counts too.
fn is_telling(function: &str, place: &str) -> bool {
    let name = function.trim_start_matches('<');
    let passes_on = [
        "std::",
        "core::",
        "alloc::",
        "__rust",
        "rust_begin",
        "futures_",
        "rehearsal::",
        "rehearsal_activation::",
        "rehearsal_explore::",
        "rehearsal_history::",
        "rehearsal_workflow::",
        "rehearsal_worker::",
        "rehearsal_temporal::",
        "temporalio_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix));
    let is_ours = name.contains("rehearsal_activation::wake::");
    !(passes_on || is_ours || is_library(place))
}

/// Whether a file belongs to Rehearsal, an SDK, or a library that passes on what it is told.
pub(crate) fn is_library(file: &str) -> bool {
    const CRATES: [&str; 7] = [
        "rehearsal-activation",
        "rehearsal-engine",
        "rehearsal-explore",
        "rehearsal-history",
        "rehearsal-worker",
        "rehearsal-workflow",
        "rehearsal-temporal",
    ];
    file.starts_with("/rustc/")
        || ["/futures-", "/temporalio-", "/tokio-"].iter().any(|library| file.contains(library))
        || CRATES.iter().any(|name| is_of(file, name))
}

/// Whether a file is a source of this crate, in a repository or in a registry.
fn is_of(file: &str, name: &str) -> bool {
    file.match_indices(name).any(|(at, _)| {
        let (before, behind) = (&file[..at], &file[at + name.len()..]);
        let folder = behind.split(['/', '\\']).next().unwrap_or_default();
        let version = folder.strip_prefix('-').unwrap_or("0");
        let starts = before.is_empty() || before.ends_with(['/', '\\']);
        let source = behind[folder.len()..].get(1..).is_some_and(|rest| rest.starts_with("src"));
        starts
            && source
            && version.starts_with(|c: char| c.is_ascii_digit())
            && (folder.is_empty() || folder.starts_with('-'))
    })
}

/// The last two names of a path, with line and column: enough to find the place, and the same on all machines.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::wake::short_path;
///
/// assert_eq!(short_path("/home/somebody/shop/src/order.rs:30:20"), "src/order.rs:30:20");
/// ```
#[must_use]
pub fn short_path(place: &str) -> &str {
    let mut slashes = place.rmatch_indices(['/', '\\']);
    match slashes.nth(1) {
        Some((index, _)) => &place[index + 1..],
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_ours_are_told_from_those_of_the_user() {
        for ours in [
            "crates/rehearsal-workflow/src/state.rs",
            "/home/somebody/.cargo/registry/src/index/rehearsal-workflow-0.1.0/src/state.rs",
            "/rustc/1/library/core/src/option.rs",
        ] {
            assert!(is_library(ours), "{ours}");
        }
        for theirs in [
            "src/order.rs",
            "/home/somebody/rehearsal-workflow-demo/src/order.rs",
            "/home/somebody/my-rehearsal-worker/src/order.rs",
            "crates/rehearsal-workflow/tests/it/outcome.rs",
        ] {
            assert!(!is_library(theirs), "{theirs}");
        }
    }

    #[test]
    fn a_backtrace_is_cut_to_what_tells() {
        let backtrace = "
   0: std::backtrace::Backtrace::force_capture
             at /rustc/1/library/std/src/backtrace.rs:313:9
   1: <rehearsal_activation::wake::ForeignWake as alloc::task::Wake>::wake_by_ref
             at ./src/wake.rs:41:23
   2: futures_channel::oneshot::Inner<T>::send
             at /home/somebody/futures-channel/src/oneshot.rs:130:22
   3: shop::order::{{closure}}
             at /home/somebody/shop/src/order.rs:30:20
   4: wake<rehearsal_activation::wake::ForeignWake>
             at /rustc/1/library/alloc/src/task.rs:197:9
   4: send<()>
             at /home/somebody/futures-channel-0.3.34/src/oneshot.rs:130:22
   4: <core::pin::Pin<P> as core::future::future::Future>::poll
   5: rehearsal::scenario::Caught::poll
   5: shop::main
   6: rehearsal_workflow::routine::poll_routine
   7: shop::never_told
";
        let expected = "shop::order::{{closure}} (src/order.rs:30:20), from shop::main";
        assert_eq!(shorten(backtrace).as_deref(), Some(expected));
        assert_eq!(shorten("disabled backtrace"), None);
    }
}
