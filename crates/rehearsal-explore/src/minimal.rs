//! A run in which something was found, made as small as it can be while the same is wrong; and the nearest run in which
//! it is not.

use std::sync::Arc;

use rehearsal_engine::{
    Check, ChoiceKey, Finding, Outcome, Patience, Scenario, Tape, note_unrepeated,
};
use rehearsal_history::Event;

use crate::instead::{FEW, pairs_instead};
use crate::observe::{Observer, Shrinking, Unobserved};
use crate::questions::listen;
use crate::shrink::{Shrunk, TRIES, shrink_within};
use crate::sweep::observed;

/// The most answers of a tape of which each is left out once, to see which run is the nearest that is well.
const MOST_LEFT_OUT: usize = 12;

/// How many kinds of findings of one run are shrunk beside the first.
const MOST_OTHERS: usize = 3;

/// The most tapes that are tried for each of them.
const TRIES_OF_OTHERS: u32 = 500;

/// How a run is made again: with what, judged by what, watched by whom.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What judges each run.
    pub checks: &'a [Arc<dyn Check>],
    /// What it means that a run stays open.
    pub patience: Patience,
    /// Is told of each run.
    pub observer: &'a dyn Observer,
}

impl std::fmt::Debug for Again<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Again")
            .field("scenario", &self.scenario.name())
            .field("checks", &self.checks)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// The calmest run that was found in which the same is wrong.
#[derive(Debug)]
pub struct Minimal {
    /// What the tape was shrunk to; `None` if the run was made again and nothing like it was found.
    pub shrunk: Option<Shrunk>,
    /// The run of that tape, the finding in question first. If nothing was shrunk, the run as it was found; its findings
    /// say what was another when it was made again.
    pub outcome: Outcome,
}

impl Again<'_> {
    /// Shrinks a run to the calmest one in which the same is wrong as `finding` says: what [is like](Finding::is_like) it,
    /// or, if nothing is at once, what has its code.
    ///
    /// Where more than three answers are left, two others are looked for that do the same.
    ///
    /// The whole tape is run first. Code that is not a function of its choices may do something else then, and there is
    /// nothing that could be shrunk.
    #[must_use]
    pub fn minimal(&self, found: Outcome, finding: &Finding) -> Minimal {
        self.minimal_within(found, finding, TRIES)
    }

    /// What else is wrong with a run than what its shrunk one shows, each kind shrunk by itself: the first three, each in
    /// 500 tries at most.
    #[must_use]
    pub fn others(&self, found: &Outcome, shrunk: &Outcome) -> Vec<Outcome> {
        let mut others: Vec<Outcome> = Vec::new();
        for finding in &found.findings {
            let told = others.iter().chain([shrunk]).flat_map(|outcome| &outcome.findings);
            if others.len() == MOST_OTHERS || told.into_iter().any(|told| told.is_like(finding)) {
                continue;
            }
            let other = self.minimal_within(found.clone(), finding, TRIES_OF_OTHERS);
            others.extend(other.shrunk.is_some().then_some(other.outcome));
        }
        others
    }

    fn minimal_within(&self, mut found: Outcome, finding: &Finding, most: u32) -> Minimal {
        let whole = found.tape.clone();
        let again = self.run(&whole, &Unobserved);
        let alike = |other: &Finding| other.is_like(finding);
        let coded = |other: &Finding| other.code == finding.code;
        let same: &dyn Fn(&Finding) -> bool = if again.findings.iter().any(alike) {
            &alike
        } else if again.findings.iter().any(coded) {
            &coded
        } else {
            note_unrepeated(&mut found, again);
            return Minimal { shrunk: None, outcome: found };
        };
        let mut smallest = again;
        let mut progress = Shrinking { tries: 0, most, answers: whole.len() };
        let mut fails = |tape: &Tape| {
            progress.tries += 1;
            let outcome = self.run(tape, self.observer);
            let fails = outcome.findings.iter().any(same);
            let used = fails.then(|| outcome.tape.clone());
            if let Some(used) = &used {
                progress.answers = used.len();
                smallest = outcome;
            }
            self.observer.shrinks(&progress);
            used
        };
        let shrunk = shrink_within(&whole, most, &mut fails);
        let shrunk = self.two_instead(shrunk, most, &mut fails);
        if let Some(first) = smallest.findings.iter().position(same) {
            smallest.findings[..=first].rotate_right(1);
        }
        Minimal { shrunk: Some(shrunk), outcome: smallest }
    }

    /// A smaller tape with [two answers instead](crate::instead), shrunk in turn, if there are many and some two do.
    fn two_instead(
        &self,
        many: Shrunk,
        most: u32,
        mut fails: impl FnMut(&Tape) -> Option<Tape>,
    ) -> Shrunk {
        if many.tape.len() <= FEW {
            return many;
        }
        let asked = |tape: &Tape| listen(self.scenario, tape, self.patience).questions;
        let mut tries = many.tries;
        let pairs = pairs_instead(&many.tape, asked).take(most.saturating_sub(tries) as usize);
        let found = pairs.into_iter().find_map(|pair| {
            tries += 1;
            fails(&pair)
        });
        let Some(found) = found else { return Shrunk { tries, ..many } };
        let two = shrink_within(&found, most.saturating_sub(tries), fails);
        Shrunk { tries: two.tries + tries, ..two }
    }

    /// The run that is nearest to one in which something is wrong, and is well: that of the same tape with one answer left
    /// out. Of several, the one with the longest history in common; of these that of the first answer.
    ///
    /// `None` if the tape has no answer, or more than 12, or if it takes more than one answer less. It makes as many runs
    /// as there are answers, and none if there are too many.
    #[must_use]
    pub fn nearest_passing(&self, failing: &Outcome) -> Option<Passing> {
        if failing.tape.len() > MOST_LEFT_OUT {
            return None;
        }
        let mut nearest: Option<(usize, Passing)> = None;
        for (key, answer) in failing.tape.iter() {
            let tape = failing.tape.clone().with(key, 0);
            let outcome = self.run(&tape, self.observer);
            if !outcome.findings.is_empty() {
                continue;
            }
            let common = common(failing, &outcome);
            if nearest.as_ref().is_none_or(|(longest, _)| common > *longest) {
                nearest = Some((common, Passing { key, answer, outcome }));
            }
        }
        nearest.map(|(_, passing)| passing)
    }

    fn run(&self, tape: &Tape, observer: &dyn Observer) -> Outcome {
        observed(self.scenario, tape, self.patience, self.checks, observer).outcome
    }
}

/// A run that is well, and the one answer that another run has beyond it.
#[derive(Debug)]
pub struct Passing {
    /// The question.
    pub key: ChoiceKey,
    /// The answer that is left out.
    pub answer: usize,
    /// The run without it.
    pub outcome: Outcome,
}

/// How many events the first executions of two runs have in common from the start.
fn common(a: &Outcome, b: &Outcome) -> usize {
    let history = |outcome: &'_ Outcome| -> Vec<Arc<Event>> {
        outcome.main().map(|main| main.history.clone()).unwrap_or_default()
    };
    history(a).iter().zip(&history(b)).take_while(|(a, b)| a == b).count()
}
