//! As much of an engine as it takes to run activities: a clock, attempts with flags, a log.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::task::AtomicWaker;
use rehearsal_history::{Failure, FailureInfo, Payload, Payloads, Timestamp};
use rehearsal_temporal::activity::{
    Attempt, AttemptInfo, Instances, Outcome, Registry, Runtime, Setup,
};

/// When every run begins.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) at: Duration,
    pub(crate) id: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Beat(Option<Payloads>),
    Ended(Outcome),
}

/// Sets a flag and wakes whoever lets time pass.
struct Flag {
    woken: AtomicBool,
    root: Arc<AtomicWaker>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.root.wake();
    }
}

struct Running {
    id: usize,
    attempt: Attempt,
    flag: Arc<Flag>,
}

pub(crate) struct Engine {
    pub(crate) runtime: Runtime,
    instances: Instances,
    pub(crate) now: Timestamp,
    root: Arc<AtomicWaker>,
    running: Vec<Running>,
    started: usize,
    pub(crate) polls: usize,
    pub(crate) log: Vec<Entry>,
}

impl Engine {
    pub(crate) fn new(registry: &Registry) -> Self {
        let runtime = Runtime::new(&Setup::new(BEGINNING)).expect("tests run on plain threads");
        let instances = registry.instances(&runtime);
        Self {
            runtime,
            instances,
            now: BEGINNING,
            root: Arc::default(),
            running: Vec::new(),
            started: 0,
            polls: 0,
            log: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, activity: &str, input: Option<&Payloads>) -> usize {
        let info = AttemptInfo {
            activity_type: activity.into(),
            attempt: 1,
            started_at: self.now,
            ..AttemptInfo::default()
        };
        self.start_with(info, input)
    }

    pub(crate) fn start_with(&mut self, info: AttemptInfo, input: Option<&Payloads>) -> usize {
        let attempt = self.instances.start(info, input).expect("the activity is real");
        let flag = Flag { woken: AtomicBool::new(true), root: Arc::clone(&self.root) };
        let id = self.started;
        self.started += 1;
        self.running.push(Running { id, attempt, flag: Arc::new(flag) });
        id
    }

    pub(crate) fn cancel(&mut self, id: usize) {
        for running in self.running.iter().filter(|running| running.id == id) {
            running.attempt.cancel();
            running.flag.woken.store(true, Ordering::SeqCst);
        }
    }

    /// Runs up to `until`, counted from the beginning.
    pub(crate) fn run_until(&mut self, until: Duration) {
        let until = BEGINNING + until;
        loop {
            self.poll_woken();
            if self.now == until {
                return;
            }
            let running = &self.running;
            let woken = || running.iter().any(|running| running.flag.woken.load(Ordering::SeqCst));
            let stopped = self.runtime.pass(until, &self.root, &woken);
            assert!(self.now <= stopped && stopped <= until, "{stopped} of {until}");
            assert!(stopped == until || woken(), "stopped early for nothing");
            self.now = stopped;
        }
    }

    /// Polls what is woken, in the order of starting, until nothing is.
    fn poll_woken(&mut self) {
        loop {
            let woken = |running: &Running| running.flag.woken.swap(false, Ordering::SeqCst);
            let Some(place) = self.running.iter().position(woken) else { return };
            self.poll(place);
        }
    }

    fn poll(&mut self, place: usize) {
        let at = self.now.since(BEGINNING);
        let running = &mut self.running[place];
        let waker = Waker::from(Arc::clone(&running.flag));
        let mut polled = Poll::Pending;
        self.runtime.enter(self.now, &mut || {
            polled = Pin::new(&mut running.attempt).poll(&mut Context::from_waker(&waker));
        });
        self.polls += 1;
        let id = running.id;
        for beat in running.attempt.take_heartbeats() {
            self.log.push(Entry { at, id, what: What::Beat(beat) });
        }
        if let Poll::Ready(outcome) = polled {
            self.log.push(Entry { at, id, what: What::Ended(outcome) });
            self.running.remove(place);
        }
        assert_eq!(self.runtime.now(), self.now, "a poll takes no time");
    }

    /// The log as text.
    pub(crate) fn text(&self) -> String {
        self.log.iter().fold(String::new(), |text, entry| text + &entry.to_string() + "\n")
    }
}

/// Runs one activity alone, for an hour at most; returns the log.
#[track_caller]
pub(crate) fn log_of(registry: &Registry, activity: &str, input: Option<&Payloads>) -> String {
    let once = || {
        let mut engine = Engine::new(registry);
        engine.start(activity, input);
        engine.run_until(ms(3_600_000));
        engine.text()
    };
    let log = once();
    assert_eq!(log, once(), "two runs differ");
    log
}

/// One argument, written as JSON.
pub(crate) fn json(text: &str) -> Payloads {
    Payloads::one(Payload::json(text))
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} #{} ", self.at, self.id)?;
        match &self.what {
            What::Beat(details) => write!(f, "heartbeat {}", payloads(details.as_ref())),
            What::Ended(Outcome::Completed(result)) => {
                write!(f, "completed {}", payloads(result.as_ref()))
            }
            What::Ended(Outcome::Canceled(details)) => {
                write!(f, "canceled {}", payloads(details.as_ref()))
            }
            What::Ended(Outcome::Pending) => f.write_str("pending"),
            What::Ended(Outcome::Refused(refusal)) => write!(f, "refused: {refusal}"),
            What::Ended(Outcome::Failed(failure, _)) => {
                let chain: Vec<String> = failure.chain().map(one_failure).collect();
                write!(f, "failed: {}", chain.join("\n    because of "))
            }
        }
    }
}

pub(crate) fn payloads(payloads: Option<&Payloads>) -> String {
    let Some(payloads) = payloads else { return "-".to_owned() };
    let text = |payload: &Payload| {
        let data = String::from_utf8_lossy(&payload.data.0).into_owned();
        match payload.encoding() {
            Some("json/plain") => data,
            encoding => format!("{}:{data}", encoding.unwrap_or("?")),
        }
    };
    payloads.as_slice().iter().map(text).collect::<Vec<_>>().join(" ")
}

fn one_failure(failure: &Failure) -> String {
    let message = &failure.message;
    let Some(FailureInfo::Application(info)) = &failure.info else {
        return format!("{message:?} {:?}", failure.info);
    };
    let details = info.details.as_ref();
    [
        Some(format!("{message:?} type {:?}", info.kind)),
        info.non_retryable.then(|| "not retryable".to_owned()),
        details.map(|details| format!("details {}", payloads(Some(details)))),
        info.next_retry_delay.map(|delay| format!("again in {delay:?}")),
        info.category.as_ref().map(|category| category.0.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}
