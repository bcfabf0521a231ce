//! The search of a campaign: generations of runs, on as many threads as are wanted, and the shrinking of the first that
//! fails.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_engine::{
    Check, Examined, Finding, Outcome, Patience, Replays, Scenario, Seen, Tape, Unseen,
    examine_choices,
};

use crate::accepted::Accepted;
use crate::campaign::{Campaign, End, Explored, ExploredRun, Found, patience_after};
use crate::coverage::Coverage;
use crate::lanes::Lanes;
use crate::minimal::{Again, Minimal};
use crate::observe::{Choices, Observer, Progress};
use crate::portfolio::{ChosenBy, Drawn, Portfolio};
use crate::seed::seed_of_run;
use crate::shard::GENERATION;
use crate::threads::parts;

/// Of how many of the first runs a campaign remembers the tape of each.
const LISTED: usize = 1 << 16;

/// A run that was made.
struct Made {
    run: ExploredRun,
    /// What it did that is new to its lane.
    news: Coverage,
    replays: Replays,
    accepted: Accepted,
}

/// Makes the runs of a campaign.
pub(crate) struct Search<'a> {
    scenario: &'a Scenario,
    checks: &'a [Arc<dyn Check>],
    campaign: &'a Campaign,
    observer: &'a dyn Observer,
    patience: Patience,
    /// Draws the runs that are no variants.
    portfolio: Portfolio<'a>,
    /// The lowest number of a run in which something was found so far.
    first: AtomicU32,
    /// What the runs have seen together.
    seen: Mutex<Seen<'a>>,
}

impl<'a> Search<'a> {
    /// The campaign of a scenario whose calm run is as `baseline`.
    pub(crate) fn new(
        scenario: &'a Scenario,
        checks: &'a [Arc<dyn Check>],
        campaign: &'a Campaign,
        observer: &'a dyn Observer,
        baseline: &Outcome,
    ) -> Self {
        let patience = patience_after(baseline);
        let search = Self {
            scenario,
            checks,
            campaign,
            observer,
            patience,
            portfolio: Portfolio::new(scenario, patience, campaign),
            first: AtomicU32::new(u32::MAX),
            seen: Mutex::new(Seen::new(scenario, checks)),
        };
        search.note(baseline);
        search
    }

    /// Makes the runs that the campaign begins with; the end of it if one of them fails.
    pub(crate) fn begin(&self, lanes: &mut Lanes, explored: &mut Explored) -> Option<End> {
        let corpus = explored.saved.corpus.clone();
        let kept = explored.saved.kept.clone();
        let of_corpus = (0..).zip(corpus).map(|(index, tape)| (None, index, tape));
        let kept = kept.into_iter().map(|(nth, tape)| (Some(nth), nth, tape));
        for (learned, nth, tape) in of_corpus.chain(kept) {
            let seed = seed_of_run(self.campaign.seed, nth);
            let choices = Choices::Tape(tape.loose());
            let drawn = Drawn { by: ChosenBy::Corpus, seed, choices };
            let (Made { run, replays, accepted, .. }, outcome) = self.make(nth, drawn, None);
            explored.replays += replays;
            explored.accepted.add(accepted);
            if run.code.is_some() {
                explored.found = Some(self.shrink(&run, outcome));
                explored.runs.push(run);
                return Some(End::Found);
            }
            match learned {
                Some(nth) => {
                    let news = lanes.news(nth, &outcome);
                    lanes.learn(nth, &outcome.tape, &news);
                }
                None => lanes.begin(&outcome),
            }
        }
        lanes.resume(explored.saved.quiet);
        None
    }

    /// One generation of runs after another.
    pub(crate) fn generations(&self, lanes: &mut Lanes, explored: &mut Explored) -> End {
        loop {
            let from = explored.saved.next;
            if from >= self.campaign.runs {
                return End::All;
            }
            let until = (from / GENERATION + 1).saturating_mul(GENERATION).min(self.campaign.runs);
            let numbers: Vec<u32> =
                (from..until).filter(|nth| self.campaign.shard.has(*nth)).collect();
            let made = self.generation(lanes, &numbers);
            let is_whole = made.len() == numbers.len();
            for (Made { run, news, replays, accepted, .. }, failed) in made {
                explored.replays += replays;
                explored.accepted.add(accepted);
                explored.saved.count(&run);
                lanes.learn(run.nth, &run.tape, &news);
                explored.found = failed.map(|outcome| self.shrink(&run, *outcome));
                if explored.runs.len() < LISTED || explored.found.is_some() {
                    explored.runs.push(run);
                }
            }
            if explored.saved.marks.len() != lanes.all().len() {
                explored.saved.marks = lanes.all().marks().into_iter().map(str::to_owned).collect();
            }
            if explored.saved.kept.len() != lanes.kept().len() {
                explored.saved.kept = lanes.kept().to_vec();
            }
            explored.saved.quiet = lanes.quiet();
            if explored.found.is_some() {
                return End::Found;
            }
            if !is_whole {
                return End::Stopped;
            }
            explored.saved.next = until;
            let (shard, runs) = (self.campaign.shard, self.campaign.runs);
            self.observer.progressed(&Progress {
                of: shard.part_of(runs),
                saved: &explored.saved,
                corpus: lanes.corpus(),
            });
            if let Some(most) = self.campaign.settles_after.filter(|most| lanes.quiet() >= *most) {
                return End::Settled(most);
            }
        }
    }

    /// These runs, up to the first that fails, in order; without the last ones if the observer had enough.
    fn generation(&self, lanes: &Lanes, numbers: &[u32]) -> Vec<(Made, Option<Box<Outcome>>)> {
        let next = AtomicUsize::new(0);
        let threads = self.campaign.threads.get().min(numbers.len());
        let made = parts(threads, |_| self.part(lanes, numbers, &next));
        let mut made: Vec<_> = made.into_iter().flatten().collect();
        made.sort_by_key(|(made, _)| made.run.nth);
        let failed = made.iter().position(|(_, failed)| failed.is_some());
        made.truncate(failed.map_or(made.len(), |at| at + 1));
        made
    }

    /// The runs of one thread: always the next one that nobody has taken, and each that was taken is made. None before the
    /// first failure is left out.
    fn part(
        &self,
        lanes: &Lanes,
        numbers: &[u32],
        next: &AtomicUsize,
    ) -> Vec<(Made, Option<Box<Outcome>>)> {
        let mut runs = Vec::new();
        while self.observer.goes_on() {
            let taken = numbers.get(next.fetch_add(1, Ordering::Relaxed));
            let Some(&nth) = taken.filter(|nth| **nth <= self.first.load(Ordering::Relaxed)) else {
                break;
            };
            let (made, outcome) = self.make(nth, self.draw(lanes, nth), Some(lanes));
            let has_failed = made.run.code.is_some();
            if has_failed {
                self.first.fetch_min(nth, Ordering::Relaxed);
            }
            let failed = has_failed.then(|| Box::new(outcome));
            runs.push((made, failed));
        }
        runs
    }

    /// Who chooses the answers of the run of this number, and how.
    fn draw(&self, lanes: &Lanes, nth: u32) -> Drawn {
        let seed = seed_of_run(self.campaign.seed, nth);
        let list = |tape: &Tape| {
            let choices = Choices::Tape(tape.clone().loose());
            self.observer.begins(&choices);
            let (outcome, asked) = self.scenario.run_and_list(tape, self.patience);
            self.observer.ended(&choices, &outcome);
            asked
        };
        let variant = match self.campaign.only {
            None | Some(ChosenBy::Variant) => lanes.variant(nth, seed, &list),
            Some(_) => None,
        };
        match variant {
            Some(tape) => Drawn { by: ChosenBy::Variant, seed, choices: Choices::Tape(tape) },
            None => self.portfolio.draw(nth, self.observer),
        }
    }

    /// Makes a run, and looks at what is new in it to its lane.
    fn make(&self, nth: u32, drawn: Drawn, lanes: Option<&Lanes>) -> (Made, Outcome) {
        let Drawn { by, seed, choices } = drawn;
        self.observer.begins(&choices);
        let chooser = self.portfolio.chooser(&choices);
        let Examined { outcome, replays } =
            examine_choices(self.scenario, chooser, self.patience, self.checks);
        self.observer.ended(&choices, &outcome);
        self.note(&outcome);
        let status = outcome.main_status();
        let code = outcome.findings.first().map(|finding| finding.code);
        let tape = outcome.tape.clone();
        let run = ExploredRun { nth, chosen_by: by, seed, tape, status, code };
        let mut accepted = Accepted::default();
        accepted.note(&outcome.record);
        let news = lanes.map(|lanes| lanes.news(nth, &outcome)).unwrap_or_default();
        (Made { run, news, replays, accepted }, outcome)
    }

    fn note(&self, outcome: &Outcome) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(outcome);
    }

    /// What is to be said of all runs together.
    pub(crate) fn missing(&self) -> Vec<Finding> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).missing()
    }

    /// What no run has seen.
    pub(crate) fn unseen(&self) -> Vec<Unseen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).unseen()
    }

    /// Shrinks the run in which something was found first.
    fn shrink(&self, run: &ExploredRun, found: Outcome) -> Found {
        let again = Again {
            scenario: self.scenario,
            checks: self.checks,
            patience: self.patience,
            observer: self.observer,
        };
        let run = run.clone();
        match found.findings.first().cloned() {
            Some(finding) => {
                let Minimal { shrunk, outcome } = again.minimal(found.clone(), &finding);
                let others = again.others(&found, &outcome);
                Found { run, shrunk, outcome, others }
            }
            None => Found { run, shrunk: None, outcome: found, others: Vec::new() },
        }
    }
}
