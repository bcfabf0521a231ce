//! The watchdog: ends the process when user code does not come back.
//!
//! A run is single-threaded, so nothing in it can leave code that never yields. One more thread looks from time to time
//! whether some user code is still in the same call as before. It counts its own naps instead of reading a clock, so
//! time in which the whole process stands still, as in a debugger, does not count. No run can see any of it.

mod page;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use rehearsal_activation::{
    Activation, AskedAt, Awaited, Completion, Definition, Instance, Job, Misread, Signals,
};
use rehearsal_engine::BEGINNING;
use rehearsal_explore::Choices;
use rehearsal_history::Timestamp;
use smol_str::SmolStr;

pub(crate) use self::page::Who;
use self::page::{Page, Run};
use crate::{case, keeper};

/// In how many naps the watchdog loses its patience. It bites after one nap more at most.
const NAPS: u32 = 4;

/// The exit code of the process: that of a test run that failed.
const EXIT: i32 = 101;

/// What a thread that runs scenarios shows to the watchdog. Only that thread writes.
#[derive(Debug, Default)]
struct Shown {
    /// How often user code was entered or left.
    turns: AtomicU64,
    /// The number of the subject whose code runs; 0 for none.
    inside: AtomicU64,
    /// Virtual time when user code was entered last, in nanoseconds.
    at: AtomicU64,
    /// What is needed only when the watchdog bites.
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// The run that goes on: its scenario and its choices, and the test that asked for it.
    run: Option<(SmolStr, Choices, Option<String>)>,
    subjects: BTreeMap<u64, Who>,
    /// How many subjects there were.
    count: u64,
}

impl Shown {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another turn, in which `inside` is what runs. Plain stores: this is done at every poll.
    fn turn(&self, inside: u64) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Relaxed);
        self.inside.store(inside, Ordering::Relaxed);
    }
}

/// All threads that ever ran user code and still live.
static WATCHED: Mutex<Vec<Weak<Shown>>> = Mutex::new(Vec::new());

thread_local! {
    /// What this thread shows; `None` if there is no watchdog.
    static SHOWN: OnceCell<Option<Arc<Shown>>> = const { OnceCell::new() };
}

/// What this thread shows, if there is a watchdog. The first call in the process starts it.
fn shown() -> Option<Arc<Shown>> {
    let begin = || {
        started().then(|| {
            let shown = Arc::<Shown>::default();
            let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
            watched.push(Arc::downgrade(&shown));
            shown
        })
    };
    // A thread that is being torn down shows nothing any more.
    SHOWN.try_with(|shown| shown.get_or_init(begin).clone()).ok().flatten()
}

/// Starts the watchdog unless it runs; whether it does. What is wrong with its variable is reported by each run.
fn started() -> bool {
    static STARTED: OnceLock<bool> = OnceLock::new();
    *STARTED.get_or_init(|| {
        let Ok(Some(patience)) = case::patience() else { return false };
        let thread = thread::Builder::new().name("rehearsal-watchdog".to_owned());
        // Where no thread can be had there is no watchdog, and all else is as ever.
        thread.spawn(move || watch(patience)).is_ok()
    })
}

/// Notes the run that begins on this thread.
pub(crate) fn begins(scenario: &str, choices: &Choices, test: Option<String>) {
    if let Some(shown) = shown() {
        shown.notes().run = Some((scenario.into(), choices.clone(), test));
    }
}

/// Notes that it has ended.
pub(crate) fn ended() {
    if let Some(shown) = shown() {
        shown.notes().run = None;
    }
}

/// Some user code that is watched whenever it runs.
#[derive(Debug)]
pub(crate) struct Subject(Option<(Arc<Shown>, u64)>);

impl Subject {
    /// Registers user code under its name; without a watchdog this does nothing.
    pub(crate) fn new(who: impl FnOnce() -> Who) -> Self {
        Self(shown().map(|shown| {
            let mut notes = shown.notes();
            notes.count += 1;
            let number = notes.count;
            notes.subjects.insert(number, who());
            drop(notes);
            (shown, number)
        }))
    }

    /// Marks that the code is entered at this virtual time, until what is returned is dropped.
    pub(crate) fn enter(&self, at: Timestamp) -> Inside<'_> {
        Inside(self.0.as_ref().map(|(shown, number)| {
            let before = shown.inside.load(Ordering::Relaxed);
            shown.at.store(at.as_nanos(), Ordering::Relaxed);
            shown.turn(*number);
            (&**shown, before)
        }))
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if let Some((shown, number)) = &self.0 {
            shown.notes().subjects.remove(number);
        }
    }
}

/// Lives as long as the user code runs. It may be entered within other user code: the client script moves the world.
#[derive(Debug)]
pub(crate) struct Inside<'a>(Option<(&'a Shown, u64)>);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some((shown, before)) = self.0 {
            shown.turn(before);
        }
    }
}

/// A workflow whose code is watched, in runs and in replays.
pub(crate) fn watched(definition: Arc<dyn Definition>) -> Arc<dyn Definition> {
    Arc::new(Watched(definition))
}

struct Watched(Arc<dyn Definition>);

impl Definition for Watched {
    fn workflow_type(&self) -> &str {
        self.0.workflow_type()
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        Box::new(WatchedInstance { instance: self.0.instantiate(), subject: Subject(None) })
    }
}

struct WatchedInstance {
    instance: Box<dyn Instance>,
    /// Known from the first activation on.
    subject: Subject,
}

impl Instance for WatchedInstance {
    fn activate(&mut self, activation: &Activation) -> Completion {
        if let Some(Job::Initialize(initialize)) = activation.jobs.first() {
            self.subject = Subject::new(|| Who::Workflow {
                workflow_type: initialize.workflow_type.clone(),
                workflow_id: initialize.workflow_id.clone(),
            });
        }
        let _inside = self.subject.enter(activation.time);
        self.instance.activate(activation)
    }

    fn pending(&self) -> Vec<String> {
        self.instance.pending()
    }

    fn awaited(&self) -> Vec<Awaited> {
        self.instance.awaited()
    }

    fn signals(&self) -> Signals {
        self.instance.signals()
    }

    fn asked(&self) -> BTreeSet<AskedAt> {
        self.instance.asked()
    }

    fn misread(&self) -> BTreeSet<Misread> {
        self.instance.misread()
    }

    fn unfinished(&self) -> Vec<String> {
        self.instance.unfinished()
    }
}

/// The life of the watchdog.
fn watch(patience: Duration) {
    let mut threads: Vec<Seen> = Vec::new();
    loop {
        thread::park_timeout(patience / NAPS);
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        threads.extend(watched.drain(..).map(Seen::new));
        drop(watched);
        threads.retain_mut(|seen| {
            let Some(shown) = seen.thread.upgrade() else { return false };
            if seen.naps_without_a_turn(&shown) >= NAPS {
                bite(&shown, patience);
            }
            true
        });
    }
}

/// A thread as it was when the watchdog looked last.
#[derive(Debug)]
struct Seen {
    thread: Weak<Shown>,
    turns: u64,
    /// For how many naps it has been in the same call of user code.
    naps: u32,
}

impl Seen {
    fn new(thread: Weak<Shown>) -> Self {
        Self { thread, turns: 0, naps: 0 }
    }

    fn naps_without_a_turn(&mut self, shown: &Shown) -> u32 {
        let turns = shown.turns.load(Ordering::Relaxed);
        let same = turns == self.turns && shown.inside.load(Ordering::Relaxed) != 0;
        self.naps = if same { self.naps + 1 } else { 0 };
        self.turns = turns;
        self.naps
    }
}

/// Leaves the case, says who it was, and ends the process.
fn bite(shown: &Shown, patience: Duration) {
    let number = shown.inside.load(Ordering::Relaxed);
    let notes = shown.notes();
    // Code that comes back right now has had its chance; there is nobody left to name.
    let Some(who) = notes.subjects.get(&number) else { return };
    let at = Timestamp::from_nanos(shown.at.load(Ordering::Relaxed)).since(BEGINNING);
    let run = notes.run.as_ref().map(|(scenario, choices, test)| {
        let (path, written) = keeper::leave(scenario, choices);
        Run { scenario, choices, test: test.as_deref(), path, written }
    });
    let page = Page { who, at, patience, run }.to_string();
    // Not `eprintln!`, which a test harness captures and which would be lost. Nobody is left to be told of an error.
    let _told = io::stderr().write_all(page.as_bytes());
    std::process::exit(EXIT);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow() -> Who {
        Who::Workflow { workflow_type: "Ship".into(), workflow_id: "order-7".into() }
    }

    /// What a thread of its own shows, without a watchdog that looks at it.
    fn subject(shown: &Arc<Shown>, number: u64, who: Who) -> Subject {
        shown.notes().subjects.insert(number, who);
        Subject(Some((Arc::clone(shown), number)))
    }

    #[test]
    fn only_one_call_that_goes_on_makes_it_lose_its_patience() {
        let shown = Arc::<Shown>::default();
        let code = subject(&shown, 7, workflow());
        let mut seen = Seen::new(Arc::downgrade(&shown));
        let mut naps =
            |count: u32| (0..count).map(|_| seen.naps_without_a_turn(&shown)).collect::<Vec<u32>>();
        assert_eq!(naps(3), [0, 0, 0], "nothing runs");

        let first = code.enter(BEGINNING);
        assert_eq!(naps(3), [0, 1, 2]);
        drop(first);
        let second = code.enter(BEGINNING);
        assert_eq!(naps(5), [0, 1, 2, 3, 4], "another call is counted anew");
        drop(second);
        assert_eq!(naps(2), [0, 0]);
    }

    #[test]
    fn the_client_runs_again_when_what_it_moved_has_come_back() {
        let shown = Arc::<Shown>::default();
        let client = subject(&shown, 1, Who::Client);
        let code = subject(&shown, 2, workflow());
        let inside = || shown.inside.load(Ordering::Relaxed);
        let outer = client.enter(BEGINNING);
        let inner = code.enter(BEGINNING);
        assert_eq!(inside(), 2);
        drop(inner);
        assert_eq!(inside(), 1);
        drop(outer);
        assert_eq!(inside(), 0);
        drop(code);
        assert_eq!(shown.notes().subjects.len(), 1, "what is gone is forgotten");
    }
}
