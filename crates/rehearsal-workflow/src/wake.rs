//! The waker that workflow code is polled with: nobody may call it.
//!
//! Futures of this crate look at the state of the run whenever they are polled and wake nothing. So whoever calls the
//! waker is something from outside that no history records, and that no replay would see again.

use std::backtrace::Backtrace;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

/// How many frames of a backtrace are told.
const FRAMES: usize = 3;

/// The function that polls a routine: what called it is of no interest. It is never inlined, so it has its full name.
const BOUNDARY: &str = "rehearsal_workflow::routine::poll_routine";

/// Notes the first call.
#[derive(Debug, Default)]
pub(crate) struct ForeignWake {
    called: AtomicBool,
    at: Mutex<Option<String>>,
}

impl ForeignWake {
    /// Whether anything called the waker. Costs one atomic load.
    pub(crate) fn was_called(&self) -> bool {
        self.called.load(Ordering::Acquire)
    }

    /// Where it was called first.
    pub(crate) fn at(&self) -> Option<String> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        // A backtrace is slow, and the first one tells enough.
        if !self.called.load(Ordering::Acquire) {
            *at = shorten(&Backtrace::force_capture().to_string());
            self.called.store(true, Ordering::Release);
        }
    }
}

/// The frames next to the wake that are neither ours nor of the libraries that pass it on, innermost first, in one line.
fn shorten(backtrace: &str) -> Option<String> {
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
    let told: Vec<String> = frames
        .into_iter()
        .take_while(|(function, _)| !function.starts_with(BOUNDARY))
        .filter(|(function, place)| is_telling(function, place))
        .take(FRAMES)
        .map(|(function, place)| match short_path(place) {
            "" => function.to_owned(),
            place => format!("{function} ({place})"),
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", from "))
}

/// Whether a function is workflow code, or anything else that the reader should know of. Inlined functions are named
/// without their module, so the file counts too.
fn is_telling(function: &str, place: &str) -> bool {
    let name = function.trim_start_matches('<');
    let passes_on =
        ["std::", "core::", "alloc::", "__rust", "rust_begin", "futures_", "rehearsal_workflow::"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
    let is_ours = name.contains("rehearsal_workflow::wake::");
    let is_library = place.starts_with("/rustc/") || place.contains("/futures-");
    !(passes_on || is_ours || is_library)
}

/// The last two names of a path, with line and column.
fn short_path(place: &str) -> &str {
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
    fn a_backtrace_is_cut_to_what_tells() {
        let backtrace = "
   0: std::backtrace::Backtrace::force_capture
             at /rustc/1/library/std/src/backtrace.rs:313:9
   1: <rehearsal_workflow::wake::ForeignWake as alloc::task::Wake>::wake_by_ref
             at ./src/wake.rs:41:23
   2: futures_channel::oneshot::Inner<T>::send
             at /home/somebody/futures-channel/src/oneshot.rs:130:22
   3: shop::order::{{closure}}
             at /home/somebody/shop/src/order.rs:30:20
   4: wake<rehearsal_workflow::wake::ForeignWake>
             at /rustc/1/library/alloc/src/task.rs:197:9
   4: send<()>
             at /home/somebody/futures-channel-0.3.34/src/oneshot.rs:130:22
   4: <core::pin::Pin<P> as core::future::future::Future>::poll
   5: shop::main
   6: rehearsal_workflow::routine::poll_routine
   7: shop::never_told
";
        let expected = "shop::order::{{closure}} (src/order.rs:30:20), from shop::main";
        assert_eq!(shorten(backtrace).as_deref(), Some(expected));
        assert_eq!(shorten("disabled backtrace"), None);
    }
}
