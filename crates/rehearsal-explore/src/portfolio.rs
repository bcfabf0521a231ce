//! The portfolio: which chooser makes which run of a campaign.
//!
//! Each chooser is good at what another is bad at. Some mistakes need one strike at the right place, and are found by
//! trying each; some need two, of which the second is asked for only because of the first; some need an order, and some a
//! run in which much happens. So a campaign makes some runs of each, in turns, and nobody has to know beforehand.

use std::collections::BTreeMap;

use rehearsal_engine::{
    ChoiceKey, ChoiceKind, Chooser, Numbers, Patience, PctChooser, Question, RandomChooser,
    Scenario, Tape,
};

use crate::campaign::Campaign;
use crate::mutate::rationed;
use crate::observe::{Choices, Observer};
use crate::seed::seed_of_run;

/// Who chooses the answers of a run of a campaign.
///
/// # Examples
///
/// ```
/// use rehearsal_explore::ChosenBy;
///
/// let labels = ChosenBy::ALL.map(ChosenBy::label);
/// assert_eq!(labels, ["single strikes", "random answers", "pairs and triples", "priorities (PCT)"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChosenBy {
    /// One answer that is not calm, to a question of the calm run: each of them once, in an order that the seed gives, and
    /// one of each kind after another. When all are tried, pairs and triples follow.
    Strike,
    /// Random answers to all questions: [`RandomChooser`].
    Random,
    /// Two answers that are not calm, or three in every second run: one to a question of the calm run, and each further one
    /// to a question that the run is asked behind the last, which the calm one need not be: anywhere behind it, or near. Of
    /// each kind as often as of another, but cancels twice as often as orders, signals, deaths, whether who died comes back,
    /// and whatever becomes of an attempt, that it fails, is slow or hangs, or that its end is lost; and these twice as often
    /// as the rest. Of the cancels those of each execution as often as those of another.
    Pair,
    /// [`PctChooser`], of a depth from 2 to 4.
    Pct,
    /// A run that saw something new, changed a little: one thing more strikes, or less, or earlier or later; or it goes
    /// another way from some question on. Has no turns of its own, but takes three of eight from the others where there is
    /// something to vary.
    Variant,
    /// A run that the campaign began with.
    Corpus,
}

impl ChosenBy {
    /// Those who take turns, in the order in which they do.
    pub const ALL: [Self; 4] = [Self::Strike, Self::Random, Self::Pair, Self::Pct];

    /// One word for it, as texts have it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Strike => "strike",
            Self::Random => "random",
            Self::Pair => "pair",
            Self::Pct => "pct",
            Self::Variant => "variant",
            Self::Corpus => "corpus",
        }
    }

    /// The one with this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let all = Self::ALL.into_iter().chain([Self::Variant, Self::Corpus]);
        all.into_iter().find(|by| by.word() == word)
    }

    /// What its runs are called in a report.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Strike => "single strikes",
            Self::Random => "random answers",
            Self::Pair => "pairs and triples",
            Self::Pct => "priorities (PCT)",
            Self::Variant => "variants of earlier runs",
            Self::Corpus => "runs of the corpus",
        }
    }
}

/// An answer that is not calm.
type Strike = (ChoiceKey, usize);

/// Draws the runs of a campaign: each is a function of the seed and its number.
pub(crate) struct Portfolio<'a> {
    scenario: &'a Scenario,
    patience: Patience,
    only: Option<ChosenBy>,
    seed: u64,
    /// What the calm run is asked.
    asked: Vec<Question>,
    /// All single strikes, in the order in which they are tried.
    strikes: Vec<Strike>,
}

/// A run that is to be made.
pub(crate) struct Drawn {
    pub(crate) by: ChosenBy,
    pub(crate) seed: u64,
    pub(crate) choices: Choices,
}

impl<'a> Portfolio<'a> {
    /// That of a campaign. The calm run is made, to see what it is asked.
    pub(crate) fn new(scenario: &'a Scenario, patience: Patience, campaign: &Campaign) -> Self {
        let Campaign { seed, only, .. } = *campaign;
        let (_, asked) = scenario.run_and_list(&Tape::calm(), Patience::MayStayOpen);
        let strikes = in_turns(&asked, seed);
        Self { scenario, patience, only, seed, asked, strikes }
    }

    /// The run of this number.
    pub(crate) fn draw(&self, nth: u32, observer: &dyn Observer) -> Drawn {
        let seed = seed_of_run(self.seed, nth);
        let turns = u32::try_from(ChosenBy::ALL.len()).unwrap_or(u32::MAX);
        let (by, turn) = match self.only {
            Some(by) => (by, nth),
            None => (ChosenBy::ALL[(nth % turns) as usize], nth / turns),
        };
        let strike = self.strikes.get(usize::try_from(turn).unwrap_or(usize::MAX));
        let (by, choices) = match (by, strike) {
            (ChosenBy::Strike, Some(strike)) => (by, tape([*strike])),
            (ChosenBy::Strike, None) | (ChosenBy::Pair, _) => {
                (ChosenBy::Pair, self.pair(seed, observer))
            }
            // The last two are drawn elsewhere.
            (ChosenBy::Random | ChosenBy::Variant | ChosenBy::Corpus, _) => {
                (ChosenBy::Random, Choices::Seed(seed))
            }
            (ChosenBy::Pct, _) => (by, Choices::Pct(seed)),
        };
        Drawn { by, seed, choices }
    }

    /// What answers in that run.
    pub(crate) fn chooser(&self, choices: &Choices) -> Box<dyn Chooser> {
        chooser(choices, || self.asked.clone())
    }

    /// Two strikes, or three, each behind the one before, and no more of a kind than a workflow can bear. The run with those
    /// before is made, to see what it is asked then.
    fn pair(&self, seed: u64, observer: &dyn Observer) -> Choices {
        let mut numbers = Numbers::new(seed);
        let further = 1 + numbers.below(2);
        let Some(first) = strike(&mut numbers, &self.asked, Where::Anywhere) else {
            return tape([]);
        };
        let mut strikes = vec![first];
        for _ in 0..further {
            let last = strikes.last().map(|(key, _)| *key);
            let before = tape(strikes.iter().copied());
            let Choices::Tape(answers) = &before else { break };
            observer.begins(&before);
            let (outcome, asked) = self.scenario.run_and_list(answers, self.patience);
            observer.ended(&before, &outcome);
            let at = asked.iter().position(|question| Some(question.key) == last);
            let behind = &asked[at.map_or(0, |at| at + 1)..];
            let place = if numbers.below(2) == 0 { Where::Anywhere } else { Where::Near };
            match strike(&mut numbers, behind, place) {
                Some(next) => strikes.push(next),
                None => break,
            }
        }
        tape(rationed(strikes))
    }
}

/// What answers in a run; `asked` gives what the calm run is asked.
pub(crate) fn chooser(
    choices: &Choices,
    asked: impl FnOnce() -> Vec<Question>,
) -> Box<dyn Chooser> {
    match choices {
        Choices::Tape(tape) => Box::new(tape.clone()),
        Choices::Seed(seed) => Box::new(RandomChooser::new(*seed)),
        // Of the low bits the chooser itself makes something else.
        Choices::Pct(seed) => {
            let depth = 2 + u32::try_from((seed >> 32) % 3).unwrap_or(0);
            Box::new(PctChooser::new(*seed, depth, &asked()))
        }
    }
}

fn tape(strikes: impl IntoIterator<Item = Strike>) -> Choices {
    Choices::Tape(strikes.into_iter().collect::<Tape>().loose())
}

/// Every single strike: one of each kind, then another one of each kind that has more.
fn in_turns(asked: &[Question], seed: u64) -> Vec<Strike> {
    let mut numbers = Numbers::new(seed);
    let mut by_kind: BTreeMap<ChoiceKind, Vec<Strike>> = BTreeMap::new();
    for Question { key, options } in asked {
        let of_kind = by_kind.entry(key.kind).or_default();
        of_kind.extend((1..*options).map(|answer| (*key, answer)));
    }
    let mut kinds: Vec<Vec<Strike>> = by_kind.into_values().collect();
    for of_kind in &mut kinds {
        numbers.shuffle(of_kind);
    }
    let longest = kinds.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|turn| kinds.iter().filter_map(move |of| of.get(turn))).copied().collect()
}

/// Where among the questions of its kind something strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// At any of them, each as likely as the others.
    Anywhere,
    /// At one of the first, or of the first two, the first four and so on, each of these as likely as the others: what goes
    /// wrong because of one strike is soon over, as a rule.
    Near,
}

impl Where {
    /// One of so many, of which there is one at least.
    fn draw(self, numbers: &mut Numbers, count: usize) -> usize {
        match self {
            Self::Anywhere => numbers.below(count),
            Self::Near => {
                let scales = count.next_power_of_two().ilog2() + 1;
                let scale = numbers.below(scales as usize);
                numbers.below((1 << scale).min(count))
            }
        }
    }
}

/// One strike at one of these questions; `None` if there are none.
///
/// Of the questions of its kind those of each execution are as likely as those of another: a child that is there for a moment
/// would hardly be canceled else.
pub(crate) fn strike(numbers: &mut Numbers, asked: &[Question], place: Where) -> Option<Strike> {
    let mut by_kind: BTreeMap<ChoiceKind, BTreeMap<u32, Vec<Question>>> = BTreeMap::new();
    for question in asked {
        let ChoiceKey { kind, execution, .. } = question.key;
        by_kind.entry(kind).or_default().entry(execution).or_default().push(*question);
    }
    let all = by_kind.keys().copied().map(weight).sum();
    let mut left = numbers.below(all);
    let of_kind = by_kind.into_iter().find_map(|(kind, of_kind)| {
        let found = left < weight(kind);
        left = left.saturating_sub(weight(kind));
        found.then_some(of_kind)
    })?;
    let execution = numbers.below(of_kind.len());
    let of_execution = of_kind.into_values().nth(execution)?;
    let Question { key, options } = of_execution[place.draw(numbers, of_execution.len())];
    Some((key, 1 + numbers.below(options - 1)))
}

/// How often a strike of a pair is of this kind, compared with others.
const fn weight(kind: ChoiceKind) -> usize {
    match kind {
        ChoiceKind::Cancel => 4,
        ChoiceKind::Next
        | ChoiceKind::Crash
        | ChoiceKind::Deploy
        | ChoiceKind::Die
        | ChoiceKind::Report
        | ChoiceKind::Fail
        | ChoiceKind::Slow
        | ChoiceKind::Signal
        // Asked behind a death alone, so never what strikes first.
        | ChoiceKind::Back => 2,
        // What is forgotten is replayed in every run, from a cold cache.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn asked(kinds: &[(ChoiceKind, u32, usize)]) -> Vec<Question> {
        let questions = |&(kind, count, options): &(ChoiceKind, u32, usize)| {
            (0..count)
                .map(move |nth| Question { key: ChoiceKey { kind, execution: 0, nth }, options })
        };
        kinds.iter().flat_map(questions).collect()
    }

    #[test]
    fn every_single_strike_has_its_turn_once_and_every_kind_an_early_one() {
        let asked = asked(&[
            (ChoiceKind::Cancel, 40, 3),
            (ChoiceKind::Crash, 3, 2),
            (ChoiceKind::Report, 2, 5),
        ]);
        let strikes = in_turns(&asked, 7);
        assert_eq!(strikes.len(), 40 * 2 + 3 + 2 * 4);
        assert_eq!(strikes.iter().collect::<BTreeSet<_>>().len(), strikes.len());
        let kinds: Vec<ChoiceKind> = strikes.iter().map(|(key, _)| key.kind).collect();
        let early = [ChoiceKind::Cancel, ChoiceKind::Crash, ChoiceKind::Report].repeat(3);
        assert_eq!(kinds[..9], early);
        assert_ne!(strikes, in_turns(&asked, 8));
        assert_eq!(strikes, in_turns(&asked, 7));
    }

    #[test]
    fn a_drawn_strike_is_one_that_there_is() {
        let asked = asked(&[(ChoiceKind::Cancel, 4, 3), (ChoiceKind::Evict, 2, 2)]);
        let mut numbers = Numbers::new(1);
        let mut drawn: BTreeMap<Strike, u32> = BTreeMap::new();
        for _ in 0..1_000 {
            *drawn.entry(strike(&mut numbers, &asked, Where::Anywhere).unwrap()).or_default() += 1;
        }
        assert_eq!(drawn.len(), 4 * 2 + 2);
        let cancels: u32 = drawn
            .iter()
            .filter(|(strike, _)| strike.0.kind == ChoiceKind::Cancel)
            .map(|of| of.1)
            .sum();
        assert!((750..850).contains(&cancels), "{cancels}");
        assert_eq!(strike(&mut numbers, &[], Where::Near), None);
    }

    /// A parent of forty points and its child of two.
    #[test]
    fn an_execution_of_few_points_is_canceled_as_often_as_one_of_many() {
        let point = |execution, nth| Question {
            key: ChoiceKey { kind: ChoiceKind::Cancel, execution, nth },
            options: 3,
        };
        let asked: Vec<Question> =
            (0..40).map(|nth| point(0, nth)).chain((0..2).map(|nth| point(1, nth))).collect();
        let mut numbers = Numbers::new(1);
        let drawn = (0..1_000).filter_map(|_| strike(&mut numbers, &asked, Where::Anywhere));
        let of_child = drawn.filter(|(key, _)| key.execution == 1).count();
        assert!((450..550).contains(&of_child), "{of_child}");
    }

    #[test]
    fn what_is_near_is_drawn_more_often_and_what_is_far_all_the_same() {
        let mut numbers = Numbers::new(1);
        let mut drawn = [0; 13];
        for _ in 0..10_000 {
            drawn[Where::Near.draw(&mut numbers, 13)] += 1;
        }
        // One of five scales each: the first alone, the first two, four, eight, and all.
        assert!((3_600..4_100).contains(&drawn[0]), "{drawn:?}");
        assert!(drawn.iter().all(|times| *times > 100), "{drawn:?}");
        assert_eq!(Where::Near.draw(&mut numbers, 1), 0);
    }
}
