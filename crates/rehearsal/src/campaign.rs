//! A campaign as a test makes it: its budget, its shard, its folder, and what it tells of its progress.
//!
//! Without the variables of the environment that ask for more, an exploration is what its test says and nothing is told.

mod budget;
mod folder;
mod merged;
mod progress;
mod saved;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rehearsal_engine::{Code, Finding, Outcome, Tape};
use rehearsal_explore::{
    Campaign, Case, Choices, ChosenBy, End, Explored, ExploredRun, Found, Observer, Progress,
    Saved, Shard, Start,
};

pub(crate) use self::budget::Budget;
use self::folder::Folder;
pub use self::merged::{MergedCampaign, merge_campaigns};
use self::progress::Teller;
pub use self::saved::{SavedCampaign, SavedCampaignError};
use crate::case;
use crate::keeper::Keeper;
use crate::stopwatch::Stopwatch;

/// How much time passes between two looks of a reader, and between two writings of where a campaign stands.
const OFTEN: Duration = Duration::from_secs(1);

/// How a campaign ended that found something.
const WAS_FOUND: &str = " was found";
const CALM_FAILS: &str = "the calm run fails";

/// What the environment asks of a campaign.
#[derive(Debug)]
pub(crate) struct Asked {
    budget: Option<Budget>,
    shard: Shard,
    folder: Option<Folder>,
}

impl Asked {
    /// Nothing: of a process in which the environment asks for nothing.
    pub(crate) const NOTHING: Self = Self { budget: None, shard: Shard::WHOLE, folder: None };

    /// # Errors
    ///
    /// A finding that says what is wrong with a variable.
    pub(crate) fn by_environment() -> Result<Self, Box<Finding>> {
        Ok(Self {
            budget: case::budget()?,
            shard: case::shard()?,
            folder: case::corpus().map(Folder::new),
        })
    }

    pub(crate) const fn shard(&self) -> Shard {
        self.shard
    }

    /// What that makes of a campaign, and the files of the corpus that it begins with.
    ///
    /// # Errors
    ///
    /// A finding that names a file of the folder that cannot be read.
    pub(crate) fn applied(
        &self,
        scenario: &str,
        campaign: &mut Campaign,
    ) -> Result<(Start, Vec<PathBuf>), Box<Finding>> {
        campaign.shard = self.shard;
        if let Some(budget) = self.budget {
            campaign.runs = budget.runs();
            campaign.past_findings = true;
            if campaign.threads == NonZeroUsize::MIN {
                campaign.threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            }
        }
        let Some(folder) = &self.folder else { return Ok((Start::Calm, Vec::new())) };
        if let Some(saved) = folder.stopped(scenario, campaign.seed, campaign.shard)? {
            return Ok((Start::Saved(Box::new(saved)), Vec::new()));
        }
        let (files, tapes) = folder.corpus(scenario)?.into_iter().unzip();
        Ok((Start::Corpus(tapes), files))
    }
}

impl Asked {
    /// The variables that make the runs of a campaign again, up to the one in which something was found; `None` if that
    /// one came of a folder which holds more by now.
    pub(crate) fn again(&self, campaign: &Campaign, found: &ExploredRun) -> Option<String> {
        let learned = matches!(found.chosen_by, ChosenBy::Variant | ChosenBy::Corpus);
        if learned && self.folder.is_some() {
            return None;
        }
        let seed = format!("REHEARSAL_SEED={}", campaign.seed);
        let runs = found.nth.saturating_add(1);
        Some(match self.budget {
            Some(_) => format!("{seed} REHEARSAL_BUDGET={runs}"),
            None => seed,
        })
    }
}

/// Watches a campaign: keeps what must not be lost, tells how far it is, and ends it when its time is up.
#[derive(Debug)]
pub(crate) struct Watcher<'a> {
    scenario: &'a str,
    keeper: &'a Keeper,
    asked: &'a Asked,
    /// The files of the corpus that the campaign begins with.
    files: Vec<PathBuf>,
    watch: Stopwatch,
    /// How long it had gone on before it was stopped.
    before: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    teller: Teller,
    /// How many runs of the corpus are written.
    kept: usize,
    /// When it was written last where the campaign stands.
    saved: Option<Duration>,
    /// How often each code was found as something else.
    codes: BTreeMap<Code, u32>,
    /// The first file that could not be written.
    trouble: Option<Finding>,
}

impl<'a> Watcher<'a> {
    pub(crate) fn new(
        scenario: &'a str,
        keeper: &'a Keeper,
        asked: &'a Asked,
        (start, files): (&Start, Vec<PathBuf>),
    ) -> Self {
        let (made, before) = match start {
            Start::Saved(saved) => (saved.made, Duration::from_millis(saved.spent)),
            Start::Calm | Start::Corpus(_) => (0, Duration::ZERO),
        };
        let teller = Teller::new(made, before);
        let codes = BTreeMap::new();
        let state = Mutex::new(State { teller, kept: 0, saved: None, codes, trouble: None });
        Self { scenario, keeper, asked, files, watch: Stopwatch::start(), before, state }
    }

    /// How long the campaign has gone on.
    fn spent(&self) -> Duration {
        self.before + self.watch.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The campaign has come to its end: writes what it came to.
    pub(crate) fn ended(&self, explored: &Explored) {
        let mut state = self.state();
        if self.asked.budget.is_some() {
            Teller::end(self.scenario, &explored.saved, self.spent());
        }
        let ended = match explored.end {
            End::All => "all runs are made".to_owned(),
            End::Settled(runs) => format!("{runs} runs saw nothing new"),
            End::Stopped => "the time is up".to_owned(),
            End::Found => match explored.found.first().and_then(|found| found.run.code) {
                Some(code) => format!("{code}{WAS_FOUND}"),
                None => CALM_FAILS.to_owned(),
            },
        };
        let saved = Saved { ended: Some(ended), ..explored.saved.clone() };
        self.write(&mut state, &saved, &explored.corpus);
    }

    /// What could not be written.
    pub(crate) fn trouble(&self) -> Option<Finding> {
        self.state().trouble.clone()
    }

    fn write(&self, state: &mut State, saved: &Saved, corpus: &[Tape]) {
        let Some(folder) = &self.asked.folder else { return };
        let mut written: Result<(), (PathBuf, io::Error)> = Ok(());
        for tape in &corpus[state.kept.min(corpus.len())..] {
            written = written.and(folder.keep(self.scenario, tape));
        }
        state.kept = corpus.len();
        let spent = self.spent();
        let saved = Saved { spent: millis(spent), ..saved.clone() };
        written = written.and(folder.save(self.scenario, &saved));
        state.saved = Some(spent);
        if let Err((path, error)) = written {
            state.trouble.get_or_insert_with(|| case::unwritable("corpus", &path, &error));
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Observer for Watcher<'_> {
    fn begins(&self, choices: &Choices) {
        self.keeper.begins(choices);
    }

    fn ended(&self, choices: &Choices, outcome: &Outcome) {
        self.keeper.ended(choices, outcome);
    }

    fn goes_on(&self) -> bool {
        let time = self.asked.budget.and_then(Budget::time);
        time.is_none_or(|time| self.spent() < time)
    }

    fn found(&self, found: &Found) {
        let Some(first) = found.outcome.findings.first() else { return };
        let mut state = self.state();
        let nth = state.codes.entry(first.code).or_default();
        *nth += 1;
        self.keeper.keep_case(&Case::of(self.scenario, &found.outcome), *nth);
    }

    fn begun(&self, superfluous: &[usize]) {
        let mut state = self.state();
        for path in superfluous.iter().filter_map(|at| self.files.get(*at)) {
            if let Err((path, error)) = Folder::remove(path) {
                state.trouble.get_or_insert_with(|| case::unwritable("corpus", &path, &error));
            }
        }
    }

    fn progressed(&self, progress: &Progress<'_>) {
        let mut state = self.state();
        let spent = self.spent();
        let is_due = state.saved.is_none_or(|saved| spent.saturating_sub(saved) >= OFTEN);
        if is_due {
            self.write(&mut state, progress.saved, progress.corpus);
        }
        if let Some(budget) = self.asked.budget {
            state.teller.tell(self.scenario, budget, progress, spent);
        }
    }
}
