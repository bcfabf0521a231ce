//! Sweeps that go beyond one cancel: single faults, and pairs of a cancel and something else.

use std::num::NonZeroUsize;

use rehearsal_explore::PairSweep;

use crate::failure::Failure;
use crate::report::Report;
use crate::scenario::Scenario;

/// How many pairs a sweep tries, on how many threads.
///
/// # Examples
///
/// ```
/// use rehearsal::Pairs;
///
/// let some = Pairs::default().at_most(500).with_threads(2);
/// assert_eq!((some.most, some.threads), (500, 2));
/// assert_eq!(Pairs::default().most, 20_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs {
    /// The most pairs that are run. Of more so many are run, spread over all, and the report says so.
    pub most: usize,
    /// How many threads share the runs; 0 counts as 1. The result is the same for any number.
    pub threads: usize,
    #[doc(hidden)]
    pub firsts: Option<usize>,
}

/// At most 20,000 pairs, on one thread.
impl Default for Pairs {
    fn default() -> Self {
        Self { most: 20_000, threads: 1, firsts: None }
    }
}

impl Pairs {
    /// With another bound.
    #[must_use]
    pub const fn at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Only so many cancels are the first of pairs, and no fault strikes by itself. For Rehearsal's own suites.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_firsts(mut self, firsts: usize) -> Self {
        self.firsts = Some(firsts);
        self
    }

    /// On so many threads.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }
}

impl Scenario {
    /// [`sweep`](Self::sweep), and one run more for each single fault that the calm run can meet: at each place where a
    /// worker could die, a run leave the cache, an end or a heartbeat be lost, an attempt fail, be slow or hang, a signal come
    /// twice or late, a client not be answered, or a worker be away or too late, it does (`docs/fault-model.md`). None is
    /// left out.
    ///
    /// The table has a row for each kind of fault, and how its runs ended. Such a run is no more than an ordinary bad day,
    /// and what is found in it is found without any cancel.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_sweep_faults`](Self::try_sweep_faults) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Activity, ActivityOptions, Context, Scenario, Stub, Workflow, WorkflowError, secs};
    ///
    /// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
    /// const PACK: Activity<(), ()> = Activity::new("Pack");
    ///
    /// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let options = ActivityOptions::start_to_close(secs(10));
    ///     ctx.with_activity_options(options).execute(PACK, ()).await
    /// }
    ///
    /// let report = Scenario::new("ship")
    ///     .workflow(SHIP, ship)
    ///     .stub(PACK, Stub::returns(()).after(secs(1)))
    ///     .client(|world| drop(world.start(SHIP, "order-7", ())))
    ///     .sweep_faults();
    /// assert!(report.faults().all(|outcome| outcome.tape.len() == 1));
    /// assert!(report.table().contains("die     a worker dies in an activity"));
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a sweep is worth its panic alone")]
    pub fn sweep_faults(&self) -> Report {
        match self.try_sweep_faults() {
            Ok(report) => report,
            Err(failure) => failure.panic(),
        }
    }

    /// The same, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found in any run.
    pub fn try_sweep_faults(&self) -> Result<Report, Failure> {
        self.swept(rehearsal_explore::sweep_faults)
    }

    /// Everything at which two things strike one after another: each cancel of the calm run with each fault that can strike
    /// after it and with each other cancel that can, of the same execution or of another, and each single fault with each
    /// cancel that can strike after it. Before these come the runs in which one of them strikes.
    ///
    /// What fails by itself is the first of no pair. Pairs that provably come to the same are run once: where a worker has the
    /// workflow task, a cancel waits in the buffer, and it makes no difference on which side of a step it comes that asks
    /// nothing of the service. The table counts them. Of more than 20,000 pairs so many are run, spread over all, and the table
    /// says so; [`try_sweep_pairs`](Self::try_sweep_pairs) takes another bound.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_sweep_pairs`](Self::try_sweep_pairs) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, secs};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let report = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| drop(world.start(NAP, "nap-1", ())))
    ///     .sweep_pairs();
    /// assert!(report.pairs() > report.points());
    /// assert!(report.merged() > 0);
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a sweep is worth its panic alone")]
    pub fn sweep_pairs(&self) -> Report {
        match self.try_sweep_pairs(Pairs::default()) {
            Ok(report) => report,
            Err(failure) => failure.panic(),
        }
    }

    /// The same with a bound and threads, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found in any run.
    pub fn try_sweep_pairs(&self, pairs: Pairs) -> Result<Report, Failure> {
        let threads = NonZeroUsize::new(pairs.threads).unwrap_or(NonZeroUsize::MIN);
        let settings = PairSweep { most: pairs.most, threads, firsts: pairs.firsts };
        self.swept(|scenario, checks, observer| {
            rehearsal_explore::sweep_pairs(scenario, checks, settings, observer)
        })
    }
}
