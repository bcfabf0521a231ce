//! Catching panics of user code without a word on standard error.
//!
//! A panic of user code is a result like any other: it fails a task, is retried, is swept over hundreds of points. The
//! hook that prints panics would drown a report in them. One hook is installed for the process, once; it is silent for
//! panics raised inside [`catch`], or while there is a [`Mute`], on the same thread, and calls the hook that was there before
//! for all others.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::any::Any;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::marker::PhantomData;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread_local;

use crate::wake::{caller, is_library, short_path};

thread_local! {
    /// How many calls of [`catch`] this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the last panic inside of [`catch`] was raised.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Where what panics outside of it say is kept.
    static LOUD: RefCell<Option<Said>> = const { RefCell::new(None) };
}

/// What [`Panic::message`] says if the panic carried no text.
pub const NO_MESSAGE: &str = "a panic without a message";

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// What was said.
    pub message: String,
    /// `file:line:column` of the panic, if the hook saw it: another hook may have been set meanwhile. Never a place in
    /// Rehearsal or in an SDK: then it is that of the caller, if the program has symbols to tell it with.
    pub location: Option<String>,
}

impl Panic {
    /// The message, and in a last line where it was, if that is known: `at src/order.rs:30:20`.
    #[must_use]
    pub fn placed(&self) -> String {
        match &self.location {
            Some(place) => format!("{}\nat {}", self.message, short_path(place)),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for Panic {}

/// Runs `code` and catches its panic, of which nothing is printed.
///
/// The caller answers for what `code` may have left half done: nothing it touched should be used afterwards, unless it
/// holds its invariants at every step.
///
/// # Errors
///
/// The [`Panic`], if `code` panicked.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::quiet;
///
/// assert_eq!(quiet::catch(|| 7), Ok(7));
///
/// let panic = quiet::catch(|| panic!("broken")).unwrap_err();
/// assert_eq!(panic.message, "broken");
/// ```
pub fn catch<T>(code: impl FnOnce() -> T) -> Result<T, Panic> {
    let result = {
        let _mute = Mute::new();
        catch_unwind(AssertUnwindSafe(code))
    };
    result
        .map_err(|payload| Panic { message: message(payload.as_ref()), location: take_location() })
}

/// Where the last panic inside of [`catch`] on this thread was raised that somebody else has caught, as `file:line:column`;
/// `None` if there was none since the last call.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::quiet;
///
/// let caught_within = quiet::catch(|| {
///     let _caught = std::panic::catch_unwind(|| panic!("broken"));
///     quiet::take_location()
/// });
/// assert!(caught_within.unwrap().is_some_and(|at| at.contains(".rs:")));
/// ```
#[must_use]
pub fn take_location() -> Option<String> {
    LOCATION.with(|location| location.borrow_mut().take())
}

/// Where what somebody said last is kept.
pub type Said = Arc<Mutex<Option<String>>>;

/// From now on `said` is what the last panic outside of [`catch`] on this thread says, and where it was.
///
/// A test harness holds back what a panic prints until the test is over, and loses it if the process ends first.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::quiet::{self, Said};
///
/// let said = Said::default();
/// quiet::overhear(&said);
/// let _caught = std::panic::catch_unwind(|| panic!("broken"));
/// assert!(said.lock().unwrap().as_ref().is_some_and(|said| said.ends_with("broken")));
/// ```
pub fn overhear(said: &Said) {
    drop(Mute::new());
    // A thread that is being torn down says no more.
    let _torn_down = LOUD.try_with(|loud| loud.replace(Some(Arc::clone(said))));
}

/// Notes where a panic was raised, if this thread is inside of [`catch`], or else what it says.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let inside = DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(false);
    if inside {
        let here = info.location().and_then(|place| {
            // What a library says of its caller's mistake is of use only with the caller.
            if is_library(place.file()) { caller() } else { Some(place.to_string()) }
        });
        // A thread that is being torn down has no place left to note it, and nobody who would ask.
        let _torn_down = LOCATION.try_with(|location| location.replace(here));
    } else {
        let _torn_down = LOUD.try_with(|loud| {
            if let Some(said) = &*loud.borrow() {
                said.lock().unwrap_or_else(PoisonError::into_inner).replace(info.to_string());
            }
        });
    }
    inside
}

/// What a panic says: its text, if it has any.
fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        NO_MESSAGE.to_owned()
    }
}

/// Nothing is printed of panics that are raised on this thread as long as this lives. Somebody else catches them.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::quiet::Mute;
///
/// let result = std::thread::spawn(|| {
///     let _mute = Mute::new();
///     panic!("not a word");
/// })
/// .join();
/// assert!(result.is_err());
/// ```
#[derive(Debug)]
pub struct Mute {
    /// It counts for the thread it was made on.
    _stays: PhantomData<*const ()>,
}

impl Mute {
    /// Silences the calling thread.
    #[must_use]
    pub fn new() -> Self {
        static HOOK: Once = Once::new();
        // A thread that is panicking already may not change hooks; what it drops may end up here.
        if !std::thread::panicking() {
            HOOK.call_once(|| {
                let previous = take_hook();
                set_hook(Box::new(move |info| {
                    if !note(info) {
                        previous(info);
                    }
                }));
            });
        }
        DEPTH.with(|depth| depth.set(depth.get() + 1));
        Self { _stays: PhantomData }
    }
}

impl Default for Mute {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        // A thread that is being torn down counts no more.
        let _torn_down = DEPTH.try_with(|depth| depth.set(depth.get() - 1));
    }
}
