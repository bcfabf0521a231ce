//! Exploring: what a test asks for, and what it is told.

mod failing;

use std::fmt;
use std::num::NonZeroUsize;

use rehearsal_engine::{Finding, Outcome, Tape, Unseen};
use rehearsal_explore::{
    Accepted, Campaign, ChosenBy, Coverage, End, ExploredRun, Observer, Saved, Shard, Unobserved,
    explore_from,
};
use rehearsal_history::Status;

pub(crate) use self::failing::choices_left;
use self::failing::{Runs, failure, page};
use crate::campaign::{Asked, Watcher};
use crate::case;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::report::{Places, accepted_lines, unseen_lines};
use crate::scenario::Scenario;

/// How a scenario is explored.
///
/// # Examples
///
/// ```
/// use rehearsal::{ChosenBy, Exploration};
///
/// let longer = Exploration::new(1000).with_seed(7).with_threads(4);
/// assert_eq!((longer.seed, longer.only), (Some(7), None));
///
/// let random = Exploration::new(1000).with_only(ChosenBy::Random);
/// assert_eq!(random.only, Some(ChosenBy::Random));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exploration {
    /// How many runs are made.
    pub runs: u32,
    /// What all their answers follow from; `None` for a seed that goes with the name of the scenario, so that every
    /// machine makes the same runs. The environment variable `REHEARSAL_SEED` replaces either.
    pub seed: Option<u64>,
    /// How many threads share the runs; 0 counts as 1. The result is the same for any number.
    pub threads: usize,
    /// The one chooser of all runs; `None` for some of each, in turns.
    pub only: Option<ChosenBy>,
    /// After how many runs that saw nothing new it ends, though not all are made; `None` for never.
    pub settles_after: Option<u32>,
    /// Whether it goes on when something is found. With `REHEARSAL_BUDGET` it always does.
    pub past_findings: bool,
}

impl Exploration {
    /// This many runs, some of each chooser, on one thread, with the seed of the scenario.
    #[must_use]
    pub const fn new(runs: u32) -> Self {
        Self { runs, seed: None, threads: 1, only: None, settles_after: None, past_findings: false }
    }

    /// With one chooser for all runs.
    #[must_use]
    pub const fn with_only(mut self, chosen_by: ChosenBy) -> Self {
        self.only = Some(chosen_by);
        self
    }

    /// Ends when so many runs, one after another, saw nothing new: no new event behind another one, no await at which no
    /// cancel had come, no fault that had not struck. It is looked at after every 128 runs, and the result says so.
    #[must_use]
    pub const fn until_settled(mut self, runs: u32) -> Self {
        self.settles_after = Some(runs);
        self
    }

    /// Goes on when something is found, to the end of its runs. What is wrong is reported at the end, each thing once, with
    /// the number of runs that show it: the first 16 things, and of more it is said how often they were found.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{check, secs, Context, Exploration, Scenario, Workflow, WorkflowError};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let scenario = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| drop(world.start(NAP, "nap-1", ())))
    ///     .check(check::always("no worker dies", |outcome| {
    ///         if outcome.tape.to_string().contains("crash") { Err("one died".into()) } else { Ok(()) }
    ///     }))
    ///     .check(check::always("nobody cancels", |outcome| {
    ///         if outcome.record.cancels.is_empty() { Ok(()) } else { Err("somebody did".into()) }
    ///     }));
    /// let failure = scenario.try_explore(Exploration::new(200).past_findings()).unwrap_err();
    /// assert_eq!(failure.findings().len(), 2);
    /// assert!(failure.report().starts_with("2 things are wrong, found in "), "{failure}");
    /// ```
    #[must_use]
    pub const fn past_findings(mut self) -> Self {
        self.past_findings = true;
        self
    }

    /// With another seed.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// On so many threads.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }
}

/// What an exploration came to in which nothing was found. Displays as a few lines for people.
#[derive(Debug)]
pub struct Explored {
    seed: u64,
    baseline: Outcome,
    runs: Vec<ExploredRun>,
    accepted: Accepted,
    unseen: Vec<Unseen>,
    saved: Saved,
    coverage: Coverage,
    end: End,
}

impl Explored {
    /// The seed: `REHEARSAL_SEED` with this number makes the same runs.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The calm run, which is made first.
    #[must_use]
    pub fn baseline(&self) -> &Outcome {
        &self.baseline
    }

    /// What none of the runs saw.
    #[must_use]
    pub fn unseen(&self) -> &[Unseen] {
        &self.unseen
    }

    /// The runs in their order: the answers, and how the workflow that was started first stood at the end.
    #[must_use]
    pub fn runs(&self) -> impl ExactSizeIterator<Item = (&Tape, Status)> {
        self.runs.iter().map(|run| (&run.tape, run.status))
    }

    /// Who chose the answers of how many of all runs.
    #[must_use]
    pub fn runs_by(&self, chosen_by: ChosenBy) -> usize {
        self.saved.counted_by(chosen_by) as usize
    }

    /// How many runs were made, also before the campaign was stopped.
    #[must_use]
    pub fn made(&self) -> usize {
        self.saved.made as usize
    }

    /// What the runs did, the calm one and those of the corpus too.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    fn counted(&self, what: &str) -> usize {
        self.saved.counted(what) as usize
    }
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = counts_by_status(|what| self.counted(what));
        let (runs, seed) = (self.made(), self.seed);
        writeln!(f, "{runs} runs from seed {seed}, all replayed: {}", ended.join(", "))?;
        for by in ChosenBy::ALL.into_iter().chain([ChosenBy::Variant]) {
            let count = self.runs_by(by);
            if by == ChosenBy::Variant && count == 0 {
                continue;
            }
            writeln!(f, "  {:<24} {count:>6}", by.label())?;
        }
        for (label, what) in [
            ("in another order", "with next"),
            ("with other deadlines", "with late"),
            ("canceled", "with cancel"),
            ("canceled twice", "with two cancels"),
            ("dropped from the cache", "with evict"),
            ("with a worker that dies", "with crash"),
            ("taken over by new code", "with deploy"),
            ("with another fault", "with a fault"),
        ] {
            let count = self.counted(what);
            if what == "with deploy" && count == 0 {
                continue;
            }
            writeln!(f, "  {label:<24} {count:>6}")?;
        }
        if let Some(line) = end_line(self.end, self.saved.shard) {
            writeln!(f, "  {line}")?;
        }
        accepted_lines(&self.accepted).iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        unseen_lines(&self.unseen, Places::Shown)
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl Scenario {
    /// Makes `runs` runs and checks each: things happen in any order that is possible, the workflow is canceled
    /// anywhere, dropped from its worker's cache, its worker dies, and deadlines that are armed nearer than a second go
    /// off at other times (T-9). Faults strike: the worker dies in an activity, the end of an attempt is lost, late or comes
    /// twice, a heartbeat is lost, an attempt fails, is slow or hangs, a signal comes twice, late or with the cancel, a client
    /// is not answered, a worker is away, too slow or does not come back (`docs/fault-model.md`).
    ///
    /// Four choosers take turns, a run each, since each finds what another misses: [`ChosenBy`] says what each does. They are
    /// single strikes, each that the calm run can be struck by once, and pairs when all are tried; random answers, with two
    /// faults at most in every second of these runs; pairs and triples of strikes; and priorities with strikes at few places
    /// (PCT).
    ///
    /// The runs are the same every time and on every machine. `REHEARSAL_SEED` in the environment gives others. What
    /// fails is shrunk: the report shows the calmest run that fails in the same way.
    ///
    /// If the environment variable `REHEARSAL_CASE` names one run of this scenario, as the report of a failure prints
    /// it, that run comes first, and nothing else is run if something is found in it. If `REHEARSAL_CASES` names a
    /// folder, a run that fails is kept there as a case.
    ///
    /// Three of eight runs are variants of earlier ones that saw something new, from the 129th on. With
    /// `REHEARSAL_BUDGET`, `REHEARSAL_SHARD` and `REHEARSAL_CAMPAIGN` it is a [campaign](crate::campaigns), which may go on
    /// for hours.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_explore`](Self::try_explore) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{secs, Context, Scenario, Workflow, WorkflowError};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let explored = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| {
    ///         world.start(NAP, "nap-1", ());
    ///     })
    ///     .explore(50);
    /// assert_eq!(explored.runs().len(), 50);
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an exploration is worth its panic alone")]
    pub fn explore(&self, runs: u32) -> Explored {
        match self.try_explore(Exploration::new(runs)) {
            Ok(explored) => explored,
            Err(failure) => failure.panic(),
        }
    }

    /// The same with a seed and threads, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found: its tape is that of the shrunk run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{secs, Code, Context, Exploration, Scenario, Workflow, WorkflowError};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// /// Never wakes up if it is canceled.
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let slept = ctx.sleep(secs(60)).await;
    ///     ctx.disconnected().wait(|| slept.is_ok()).await
    /// }
    ///
    /// let failure = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| {
    ///         world.start(NAP, "nap-1", ());
    ///     })
    ///     .try_explore(Exploration::new(50).with_threads(2))
    ///     .unwrap_err();
    /// assert_eq!(failure.findings()[0].code, Code::Hang);
    /// assert_eq!(failure.tape().len(), 1);
    /// ```
    pub fn try_explore(&self, mut exploration: Exploration) -> Result<Explored, Failure> {
        self.may_be_explored()?;
        let seed = case::seed().map_err(Failure::of_finding)?;
        exploration.seed = seed.or(exploration.seed);
        let asked = Asked::by_environment().map_err(Failure::of_finding)?;
        self.explored(exploration, &asked, &Unobserved)
    }

    pub(crate) fn may_be_explored(&self) -> Result<(), Failure> {
        self.ready()?;
        self.keeps_all()?;
        self.knows_its_names()
    }

    /// What an exploration comes to, of whose runs `told` is told.
    pub(crate) fn explored(
        &self,
        exploration: Exploration,
        asked: &Asked,
        told: &dyn Observer,
    ) -> Result<Explored, Failure> {
        let name = self.inner.name();
        let mut campaign = Campaign::new(&self.inner, exploration.runs);
        campaign.seed = exploration.seed.unwrap_or(campaign.seed);
        campaign.only = exploration.only;
        campaign.threads = NonZeroUsize::new(exploration.threads).unwrap_or(NonZeroUsize::MIN);
        campaign.settles_after = exploration.settles_after;
        campaign.past_findings = exploration.past_findings;
        let strict = self.is_strict()?;
        let keeper = Keeper::new(name).of_shard(asked.shard());
        let (start, files) = asked.applied(name, &mut campaign).map_err(Failure::of_finding)?;
        let watcher = Watcher::new(name, &keeper, asked, (&start, files));
        let both: (&dyn Observer, &dyn Observer) = (&watcher, told);
        let mut explored = explore_from(&self.inner, &self.checks, &campaign, start, &both);
        watcher.ended(&explored);
        if strict {
            let unseen = explored.unseen.drain(..);
            explored.baseline.findings.extend(unseen.map(Finding::from));
        }
        if !explored.baseline.findings.is_empty() {
            return Err(keeper.keep(Failure::of_baseline(&self.inner, explored.baseline)));
        }
        if !explored.found.is_empty() {
            let mut pages = Vec::new();
            for found in &mut explored.found {
                self.inner.hear(&mut found.outcome);
                let found = &*found;
                let shrunk = found.shrunk.as_ref();
                let nearest = shrunk.and_then(|_| self.nearest_passing(&found.outcome));
                let nearest = nearest.as_ref();
                let again = asked.again(&campaign, &found.run);
                pages.push(page(
                    name,
                    &campaign,
                    &Runs { found, again, nearest, calm: &explored.baseline },
                ));
            }
            let failure = failure(name, &campaign, &explored, pages);
            return Err(keeper.keep(failure));
        }
        let trouble = keeper.trouble().or_else(|| watcher.trouble());
        trouble.map_or(Ok(()), |finding| Err(Failure::of_finding(finding)))?;
        Ok(Explored {
            seed: campaign.seed,
            baseline: explored.baseline,
            runs: explored.runs,
            accepted: explored.accepted,
            unseen: explored.unseen,
            saved: explored.saved,
            coverage: explored.coverage,
            end: explored.end,
        })
    }
}

impl Scenario {
    /// Says that no fault strikes in random runs, other than that a worker dies in a workflow task. A tape that has one is
    /// refused then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{secs, Context, Scenario, Workflow, WorkflowError};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(secs(60)).await }
    /// let scenario = Scenario::new("nap").workflow(NAP, nap).client(|world| drop(world.start(NAP, "nap-1", ())));
    /// let explored = scenario.without_faults().explore(50);
    /// assert!(explored.runs().all(|(tape, _)| tape.iter().all(|(key, _)| !key.kind.is_fault())));
    /// ```
    #[must_use]
    pub fn without_faults(mut self) -> Self {
        self.inner = self.inner.with_no_faults();
        self
    }
}

/// How many runs ended in each way that there was, in words.
pub(crate) fn counts_by_status(counted: impl Fn(&str) -> usize) -> Vec<String> {
    let count = |status| (status, counted(&format!("ended {status:?}")));
    let counts = [
        Status::Running,
        Status::Completed,
        Status::Failed,
        Status::Canceled,
        Status::TimedOut,
        Status::Terminated,
        Status::ContinuedAsNew,
    ]
    .map(count);
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    counts.map(|(status, count)| format!("{count} {status:?}")).collect()
}

/// What is to be said of an end before all runs are made, and of a part.
fn end_line(end: End, shard: Shard) -> Option<String> {
    let part = (!shard.is_whole())
        .then(|| format!("shard {shard}: what some run must reach is for all shards together"));
    match end {
        End::All | End::Found => part,
        End::Settled(runs) => Some(format!("ended there: {runs} runs saw nothing new")),
        End::Stopped => Some("ended there: the time is up".to_owned()),
    }
}
