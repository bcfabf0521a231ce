//! The search of a campaign: generations of runs, on as many threads as are wanted, and the shrinking of what fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_engine::{
    Check, Examined, Finding, Outcome, Patience, Replays, Scenario, Seen, Tape, Unseen,
    examine_choices,
};

use crate::accepted::Accepted;
use crate::campaign::{Campaign, End, Explored, ExploredRun, Found, patience_after};
use crate::case::one_line;
use crate::corpus::worth_keeping;
use crate::coverage::Coverage;
use crate::kinds::{Kinds, different};
use crate::lanes::Lanes;
use crate::minimal::{Again, Minimal};
use crate::observe::{Choices, Observer, Progress};
use crate::portfolio::{ChosenBy, Drawn, Portfolio};
use crate::saved::{BEYOND, SavedFinding};
use crate::seed::seed_of_run;
use crate::shard::GENERATION;
use crate::shrink::{Shrunk, TRIES};
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
    /// The different things that are wrong in it.
    findings: Vec<Finding>,
    /// The whole run, if something is wrong in it that is not known.
    outcome: Option<Box<Outcome>>,
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

    /// Makes the runs that the campaign begins with; the end of it if one of them fails and it does not go on past that.
    pub(crate) fn begin(
        &self,
        lanes: &mut Lanes,
        kinds: &mut Kinds,
        explored: &mut Explored,
    ) -> Option<End> {
        for saved in explored.saved.found.clone() {
            if let Some(found) = self.found_before(&saved) {
                self.observer.found(&found);
                kinds.restore(found);
            }
        }
        let tapes = std::mem::take(&mut explored.saved.corpus);
        let (mut well, mut places) = (Vec::new(), Vec::new());
        for (nth, tape) in (0..).zip(&tapes) {
            let outcome = self.again(nth, tape, explored);
            if outcome.findings.is_empty() {
                well.push((outcome.tape.clone(), Coverage::of(&outcome)));
                places.push(nth as usize);
            } else if self.note_begun(nth, &outcome, kinds, explored) {
                return Some(End::Found);
            }
        }
        let kept = worth_keeping(lanes.all(), &well);
        for &at in &kept {
            lanes.begin(&well[at].0, &well[at].1);
            explored.saved.corpus.push(tapes[places[at]].clone());
        }
        let superfluous = (0..well.len()).filter(|at| !kept.contains(at));
        let superfluous: Vec<usize> = superfluous.map(|at| places[at]).collect();
        self.observer.begun(&superfluous);
        for (nth, tape) in explored.saved.kept.clone() {
            let outcome = self.again(nth, &tape, explored);
            if outcome.findings.is_empty() {
                let news = lanes.news(nth, &outcome);
                lanes.learn(nth, &outcome.tape, &news);
            } else if self.note_begun(nth, &outcome, kinds, explored) {
                return Some(End::Found);
            }
        }
        lanes.resume(explored.saved.quiet);
        None
    }

    /// Makes a run that the campaign begins with.
    fn again(&self, nth: u32, tape: &Tape, explored: &mut Explored) -> Outcome {
        let seed = seed_of_run(self.campaign.seed, nth);
        let choices = Choices::Tape(tape.clone().loose());
        let drawn = Drawn { by: ChosenBy::Corpus, seed, choices };
        let (Made { replays, accepted, .. }, outcome) = self.make(nth, drawn, None);
        explored.replays += replays;
        explored.accepted.add(accepted);
        outcome
    }

    /// Something was found in a run that the campaign begins with. Whether that is its end.
    fn note_begun(
        &self,
        nth: u32,
        outcome: &Outcome,
        kinds: &mut Kinds,
        explored: &mut Explored,
    ) -> bool {
        let seed = seed_of_run(self.campaign.seed, nth);
        let run = explored_run(nth, ChosenBy::Corpus, seed, outcome);
        explored.runs.push(run.clone());
        let findings = different(outcome);
        self.note_findings(&run, nth + 1, &findings, Some(outcome), kinds, explored);
        !self.campaign.past_findings
    }

    /// One generation of runs after another.
    pub(crate) fn generations(
        &self,
        lanes: &mut Lanes,
        kinds: &mut Kinds,
        explored: &mut Explored,
    ) -> End {
        loop {
            let from = explored.saved.next;
            if from >= self.campaign.runs {
                return End::All;
            }
            let until = (from / GENERATION + 1).saturating_mul(GENERATION).min(self.campaign.runs);
            let numbers: Vec<u32> =
                (from..until).filter(|nth| self.campaign.shard.has(*nth)).collect();
            let made = self.generation(lanes, kinds, &numbers);
            let is_whole = made.len() == numbers.len();
            let mut fails = false;
            for Made { run, news, replays, accepted, findings, outcome } in made {
                explored.replays += replays;
                explored.accepted.add(accepted);
                explored.saved.count(&run);
                if findings.is_empty() {
                    lanes.learn(run.nth, &run.tape, &news);
                } else {
                    fails = true;
                    let turn = explored.saved.counted_by(run.chosen_by);
                    let outcome = outcome.as_deref();
                    let is_new =
                        self.note_findings(&run, turn, &findings, outcome, kinds, explored);
                    lanes.pass_over(is_new);
                }
                if explored.runs.len() < LISTED || !self.goes_past(&run) {
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
            if fails && !self.campaign.past_findings {
                return End::Found;
            }
            if !is_whole {
                return End::Stopped;
            }
            explored.saved.next = until;
            let (shard, runs) = (self.campaign.shard, self.campaign.runs);
            self.observer.progressed(&Progress {
                of: shard.part_of(runs),
                found: kinds.len(),
                saved: &explored.saved,
                corpus: lanes.corpus(),
            });
            if let Some(most) = self.campaign.settles_after.filter(|most| lanes.quiet() >= *most) {
                return End::Settled(most);
            }
        }
    }

    /// Whether the campaign goes on when this run is made.
    fn goes_past(&self, run: &ExploredRun) -> bool {
        run.code.is_none() || self.campaign.past_findings
    }

    /// These runs, in order; up to the first that fails if that is the end, and without the last ones if the observer had
    /// enough.
    fn generation(&self, lanes: &Lanes, kinds: &Kinds, numbers: &[u32]) -> Vec<Made> {
        let next = AtomicUsize::new(0);
        let threads = self.campaign.threads.get().min(numbers.len());
        let made = parts(threads, |_| self.part(lanes, kinds, numbers, &next));
        let mut made: Vec<_> = made.into_iter().flatten().collect();
        made.sort_by_key(|made| made.run.nth);
        let last = made.iter().position(|made| !self.goes_past(&made.run));
        made.truncate(last.map_or(made.len(), |at| at + 1));
        made
    }

    /// The runs of one thread: always the next one that nobody has taken, and each that was taken is made. None before the
    /// first failure is left out.
    fn part(&self, lanes: &Lanes, kinds: &Kinds, numbers: &[u32], next: &AtomicUsize) -> Vec<Made> {
        let mut runs = Vec::new();
        while self.observer.goes_on() {
            let taken = numbers.get(next.fetch_add(1, Ordering::Relaxed));
            let Some(&nth) = taken.filter(|nth| **nth <= self.first.load(Ordering::Relaxed)) else {
                break;
            };
            let (mut made, outcome) = self.make(nth, self.draw(lanes, nth), Some(lanes));
            if !self.goes_past(&made.run) {
                self.first.fetch_min(nth, Ordering::Relaxed);
            }
            made.outcome = (!kinds.know(&made.findings)).then(|| Box::new(outcome));
            runs.push(made);
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
        let run = explored_run(nth, by, seed, &outcome);
        let mut accepted = Accepted::default();
        accepted.note(&outcome.record);
        let news = lanes.map(|lanes| lanes.news(nth, &outcome)).unwrap_or_default();
        let findings = different(&outcome);
        (Made { run, news, replays, accepted, findings, outcome: None }, outcome)
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

    /// Counts what was found in a run, and shrinks what was not known. Whether anything was not.
    fn note_findings(
        &self,
        run: &ExploredRun,
        turn: u32,
        findings: &[Finding],
        outcome: Option<&Outcome>,
        kinds: &mut Kinds,
        explored: &mut Explored,
    ) -> bool {
        let mut is_new = false;
        // Two findings of a run may shrink to the same.
        let mut shown = BTreeSet::new();
        let first = if self.campaign.past_findings { findings.len() } else { 1 };
        for finding in findings.iter().take(first) {
            let (place, added) = match (kinds.place(finding), outcome) {
                (Some(place), _) => (place, false),
                (None, Some(outcome)) if !kinds.is_full() => {
                    let found = self.shrink(run, turn, finding, outcome.clone());
                    kinds.add(finding, found)
                }
                (None, _) => {
                    *explored.saved.counts.entry(BEYOND.to_owned()).or_default() += 1;
                    continue;
                }
            };
            if added {
                is_new = true;
                kinds.all().skip(place).for_each(|found| self.observer.found(found));
            } else if !shown.contains(&place) {
                kinds.count(place);
            }
            shown.insert(place);
        }
        explored.saved.found = kinds.all().map(SavedFinding::of).collect();
        is_new
    }

    /// Shrinks a run in which this was found.
    fn shrink(&self, run: &ExploredRun, turn: u32, finding: &Finding, found: Outcome) -> Found {
        let again = Again {
            scenario: self.scenario,
            checks: self.checks,
            patience: self.patience,
            observer: self.observer,
        };
        let (run, long) = (run.clone(), run.tape.len());
        let all = (!self.campaign.past_findings).then(|| found.clone());
        let Minimal { shrunk, outcome } = again.minimal(found, finding);
        let others = all.map_or(Vec::new(), |found| again.others(&found, &outcome));
        Found { run, turn, long, count: 1, shrunk, outcome, others }
    }

    /// What was found before the campaign was stopped, made again; `None` if it is not found any more.
    fn found_before(&self, saved: &SavedFinding) -> Option<Found> {
        let SavedFinding { nth, tape, chosen_by, .. } = saved;
        let choices = Choices::Tape(tape.clone().loose());
        let seed = seed_of_run(self.campaign.seed, *nth);
        let drawn = Drawn { by: *chosen_by, seed, choices };
        let (Made { run, .. }, mut outcome) = self.make(*nth, drawn, None);
        let coded = |finding: &Finding| finding.code.as_str() == saved.code;
        let same =
            |finding: &Finding| coded(finding) && one_line(&finding.headline) == saved.headline;
        let place = outcome.findings.iter().position(same);
        let place = place.or_else(|| outcome.findings.iter().position(coded))?;
        outcome.findings[..=place].rotate_right(1);
        let shrunk = (saved.tries > 0).then(|| Shrunk {
            tape: tape.clone(),
            tries: saved.tries,
            complete: saved.tries < TRIES,
        });
        let (turn, long, count) = (saved.turn, saved.long, saved.count);
        Some(Found { run, turn, long, count, shrunk, outcome, others: Vec::new() })
    }
}

/// What is listed of a run.
fn explored_run(nth: u32, chosen_by: ChosenBy, seed: u64, outcome: &Outcome) -> ExploredRun {
    let code = outcome.findings.first().map(|finding| finding.code);
    let (tape, status) = (outcome.tape.clone(), outcome.main_status());
    ExploredRun { nth, chosen_by, seed, tape, status, code }
}
