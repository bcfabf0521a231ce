//! The runtime that activities run in: tokio with one thread, whose clock is the clock of the run.
//!
//! tokio's clock stands still. It moves only when nothing is awake, and then right to the first timer: that is its
//! "auto-advance". A timer at the time up to which it may go keeps it from going further, so nobody has to know what
//! activities wait for.
//!
//! **The grid.** tokio's timers go off at whole milliseconds after the runtime was made, at the first one that is not
//! before their deadline; its clock itself counts nanoseconds. The first instant of the run is millisecond 0, and both
//! clocks always show the same nanosecond. So a timer never goes off early, and at most one millisecond late, as in
//! production. The time that others move the clock to may lie between two milliseconds. From there tokio would go too far,
//! as it adds whole milliseconds; so [`Runtime::pass`] first goes to the next whole one, and goes the last piece by itself.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::task::AtomicWaker;
use rehearsal_activation::quiet::Mute;
use rehearsal_history::Timestamp;
use tokio::runtime::{Builder, Handle};
use tokio::task::unconstrained;
use tokio::time::Instant;

use super::idle::Idle;
use super::pool::Pool;
use super::waker::Threads;

/// How long the thread of the pool waits for work, in real time: longer than any run.
const KEEP_ALIVE: Duration = Duration::from_hours(24);

/// How often jobs of the pool are waited for if there are tasks: these may hand on more jobs when one has ended.
const FLUSHES_WITH_TASKS: u32 = 4;

/// What a runtime needs to know.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The first instant of the run.
    pub beginning: Timestamp,
    /// The seed of tokio's own random numbers, which `tokio::select!` draws from. tokio takes it only if everything is
    /// compiled with `--cfg tokio_unstable`; without that, the order in which an unbiased `select!` looks at its branches
    /// differs from run to run.
    pub seed: u64,
}

impl Setup {
    /// A run that begins at `beginning`.
    #[must_use]
    pub fn new(beginning: Timestamp) -> Self {
        Self { beginning, seed: 0 }
    }
}

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The caller runs on a runtime of tokio, and one cannot wait inside of another.
    #[error(
        "activities cannot be rehearsed on a thread of a tokio runtime: use a plain `#[test]` in place of `#[tokio::test]`"
    )]
    Nested,
    /// The system refused what a runtime needs.
    #[error("a tokio runtime cannot be made")]
    System(#[from] std::io::Error),
}

/// Where the activities of one run are polled. Nothing is printed of what panics in it: a panic of an activity is a failure,
/// one of a task that it has spawned is an error for whoever waits for the task. Make a new one for each run: tasks that an activity has spawned live as
/// long as the runtime.
#[derive(Debug)]
pub struct Runtime {
    /// `None` only while it is dropped.
    tokio: Option<tokio::runtime::Runtime>,
    clock: Clock,
    idle: Arc<Idle>,
    pool: Arc<Pool>,
    threads: Arc<Threads>,
}

impl Runtime {
    /// A runtime for one run. The calling thread is the one that the run must stay on.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`] if the caller is on a runtime already, or the system refuses.
    pub fn new(setup: &Setup) -> Result<Self, RuntimeError> {
        if Handle::try_current().is_ok() {
            return Err(RuntimeError::Nested);
        }
        let (idle, pool) = (Arc::new(Idle::default()), Arc::new(Pool::default()));
        let threads = Arc::new(Threads::new());
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).max_blocking_threads(1);
        builder.thread_keep_alive(KEEP_ALIVE);
        builder.on_thread_park({
            let idle = Arc::clone(&idle);
            move || idle.before_park()
        });
        builder.thread_name_fn({
            let pool = Arc::clone(&pool);
            move || pool.thread_name()
        });
        builder.on_thread_start({
            let (pool, threads) = (Arc::clone(&pool), Arc::clone(&threads));
            move || {
                threads.join_pool();
                // For as long as the thread lives: it runs nothing but code of activities.
                std::mem::forget(Mute::new());
                pool.pass_gate();
            }
        });
        #[cfg(tokio_unstable)]
        builder.rng_seed(tokio::runtime::RngSeed::from_bytes(&setup.seed.to_le_bytes()));
        let tokio = builder.build()?;
        let zero = tokio.block_on(async { Instant::now() });
        let clock = Clock { beginning: setup.beginning, zero };
        Ok(Self { tokio: Some(tokio), clock, idle, pool, threads })
    }

    /// Calls `poll` at virtual time `now` with a runtime around it, then lets what was spawned and what was handed to
    /// `spawn_blocking` run until all of it waits. No time passes.
    ///
    /// If `now` lies ahead of the last time that was told, time passes up to there first.
    pub fn enter(&mut self, now: Timestamp, poll: &mut dyn FnMut()) {
        if now > self.now() {
            self.pass(now, &AtomicWaker::new(), &|| false);
        }
        let _mute = Mute::new();
        let closed = self.pool.close();
        if self.pool.is_used() {
            self.close_gate();
        }
        self.tokio().block_on(unconstrained(async {
            poll();
            self.idle.settle().await;
            drop(closed);
            if self.pool.is_used() {
                self.flush().await;
            }
        }));
    }

    /// Lets time pass up to `until` at most, and returns the time at which it stopped: `until`, or earlier, as soon as
    /// `woken` says that an attempt wants to be polled. `root` must be woken whenever that becomes true.
    ///
    /// All that is due at that time has been woken when this returns. Does nothing if `woken` says so at once. Code that
    /// runs on another thread is waited for only if it was handed to `spawn_blocking`: it takes no virtual time.
    pub fn pass(
        &mut self,
        until: Timestamp,
        root: &AtomicWaker,
        woken: &dyn Fn() -> bool,
    ) -> Timestamp {
        let clock = self.clock;
        let until = clock.elapsed_at(until);
        if !woken() && until > clock.elapsed_at(self.now()) {
            let _mute = Mute::new();
            self.tokio().block_on(unconstrained(async {
                self.idle.settle().await;
                let whole = round_up(clock.elapsed()).min(until);
                self.step(whole, woken).await;
                if !woken() {
                    self.hop(round_down(until), root, woken).await;
                }
                self.step(until, woken).await;
            }));
        }
        self.now()
    }

    /// The names of activities that were woken by a thread that is none of the run's, since the last call. What they do
    /// is different in every run: virtual time does not wait for threads and I/O.
    ///
    /// Noticed is what wakes an attempt itself. A task that it spawned and that is woken from outside is not.
    #[must_use]
    pub fn foreign_wakes(&self) -> Vec<String> {
        self.threads.take_foreign()
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let _inside = self.tokio().enter();
        self.clock.beginning + self.clock.elapsed()
    }

    /// Calls `code` where it finds a runtime, without running anything of it.
    pub(super) fn with_context<T>(&self, code: impl FnOnce() -> T) -> T {
        let _inside = self.tokio().enter();
        code()
    }

    pub(super) fn threads(&self) -> &Arc<Threads> {
        &self.threads
    }

    fn tokio(&self) -> &tokio::runtime::Runtime {
        self.tokio.as_ref().expect("the runtime is there until it is dropped")
    }

    /// Moves the clock on by less than a millisecond, to `to`, unless an attempt is woken.
    async fn step(&self, to: Duration, woken: &dyn Fn() -> bool) {
        let by = to.saturating_sub(self.clock.elapsed());
        if !by.is_zero() && !woken() {
            tokio::time::advance(by).await;
            self.idle.settle().await;
        }
    }

    /// Lets tokio go from timer to timer, up to `to`, until an attempt is woken. Both ends are whole milliseconds.
    async fn hop(&self, to: Duration, root: &AtomicWaker, woken: &dyn Fn() -> bool) {
        if to <= self.clock.elapsed() {
            return;
        }
        {
            let mut horizon = pin!(tokio::time::sleep_until(self.clock.zero + to));
            poll_fn(|cx| {
                root.register(cx.waker());
                if woken() || horizon.as_mut().poll(cx).is_ready() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        self.idle.settle().await;
    }

    /// Occupies the thread of the pool until the gate opens.
    fn close_gate(&self) {
        let pool = Arc::clone(&self.pool);
        self.tokio().spawn_blocking(move || pool.pass_gate());
    }

    /// Waits until the thread of the pool has done all jobs. It has one queue, so an empty job is done last.
    async fn flush(&self) {
        let tasks = self.tokio().metrics().num_alive_tasks();
        for _ in 0..if tasks == 0 { 1 } else { FLUSHES_WITH_TASKS } {
            // The empty job cannot panic, and nobody cancels it.
            let _done: Result<(), _> = tokio::task::spawn_blocking(|| ()).await;
            self.idle.settle().await;
        }
    }
}

/// Code on other threads may never end; it is left behind.
impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(tokio) = self.tokio.take() {
            tokio.shutdown_background();
        }
    }
}

/// Puts the time of the run beside the clock of tokio.
#[derive(Debug, Clone, Copy)]
struct Clock {
    beginning: Timestamp,
    zero: Instant,
}

impl Clock {
    /// How long the run has gone on. Asks tokio, so it must be called inside of the runtime.
    fn elapsed(self) -> Duration {
        self.zero.elapsed()
    }

    fn elapsed_at(self, time: Timestamp) -> Duration {
        time.since(self.beginning)
    }
}

const MILLISECOND: u32 = 1_000_000;

fn round_down(time: Duration) -> Duration {
    let past = time.subsec_nanos() % MILLISECOND;
    time.saturating_sub(Duration::from_nanos(u64::from(past)))
}

fn round_up(time: Duration) -> Duration {
    let down = round_down(time);
    if down == time { time } else { down + Duration::from_millis(1) }
}
