//! Probabilistic concurrency testing: few strikes, at places that are drawn beforehand.
//!
//! After Burckhardt and others, *A randomized scheduler with probabilistic guarantees of finding bugs*, ASPLOS 2010: a
//! mistake that needs d things to happen in one order is found with a probability that has a bound. What is drawn there is
//! where a thread is put behind all others; here it is that, or any other strike.

use std::collections::{BTreeMap, BTreeSet};

use crate::choice::{ChoiceKey, ChoiceKind, Chooser, Options, Question};
use crate::rng::Numbers;

/// Lets those go first who have priority, and strikes at few places, which are drawn before the run begins.
///
/// Every actor, a worker, an attempt of an activity, or the server and its deadlines, has a priority, which is drawn when
/// it is first met: of what is due, what the actor with the highest one does comes first. A run of depth *d* has *d* - 1
/// places where something else happens. Each is a question, as likely of one kind as of another, of those that the run in
/// `asked` was asked; and of that kind any of them, or one of a quarter more, since a run in which something strikes is
/// longer. At a question of the order the actor whose turn it is falls behind all others, for good; at any other, something
/// strikes: any of its answers. Where nothing is drawn, the answer is calm.
///
/// So a mistake that needs *d* - 1 strikes at certain questions is found with a probability of at least 1 in
/// (*kinds* × *questions of a kind* × *answers*)^(*d* - 1) a run, however long the run is.
///
/// The outcome of the run has its [`Tape`](crate::Tape), which repeats it without the seed.
///
/// # Examples
///
/// ```
/// use rehearsal_engine::{ChoiceKey, ChoiceKind, Chooser, Options, PctChooser, Question};
///
/// let key = |nth| ChoiceKey { kind: ChoiceKind::Crash, execution: 0, nth };
/// let asked: Vec<Question> = (0..8).map(|nth| Question { key: key(nth), options: 2 }).collect();
/// let struck = |depth| {
///     let mut chooser = PctChooser::new(7, depth, &asked);
///     (0..8).filter(|&nth| chooser.choose(key(nth), Options::alike(2)) == 1).count()
/// };
/// assert_eq!([struck(1), struck(2), struck(3)], [0, 1, 2]);
/// ```
#[derive(Debug, Clone)]
pub struct PctChooser {
    numbers: Numbers,
    /// Of each actor that was met; no two have the same.
    priorities: BTreeMap<u32, Priority>,
    /// How many have fallen behind.
    fallen: usize,
    /// The questions of the order at which an actor falls behind.
    falls: BTreeSet<u32>,
    /// The questions at which something strikes, and a number that says what.
    strikes: BTreeMap<ChoiceKey, u64>,
}

/// Those who fell behind come after all others, the last of them last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    Fallen(std::cmp::Reverse<usize>),
    /// What was drawn, and the actor.
    Drawn(u64, u32),
}

impl PctChooser {
    /// The chooser of one run of this depth, by a seed; `asked` is what another run of the scenario was asked, the calm one
    /// best of all. A depth of 0 counts as 1.
    #[must_use]
    pub fn new(seed: u64, depth: u32, asked: &[Question]) -> Self {
        let mut numbers = Numbers::new(seed);
        let mut kinds: BTreeMap<ChoiceKind, BTreeMap<u32, usize>> = BTreeMap::new();
        for Question { key, .. } in asked {
            *kinds.entry(key.kind).or_default().entry(key.execution).or_default() += 1;
        }
        let kinds: Vec<(ChoiceKind, Vec<(u32, usize)>)> =
            kinds.into_iter().map(|(kind, of)| (kind, of.into_iter().collect())).collect();
        let (mut falls, mut strikes) = (BTreeSet::new(), BTreeMap::new());
        for _ in 1..depth {
            let Some((kind, executions)) = kinds.get(numbers.below(kinds.len())) else { break };
            let (execution, count) = executions[numbers.below(executions.len())];
            let nth = numbers.below(count + count.div_ceil(4));
            let nth = u32::try_from(nth).unwrap_or(u32::MAX);
            let what = numbers.draw();
            if *kind == ChoiceKind::Next {
                falls.insert(nth);
            } else {
                strikes.insert(ChoiceKey { kind: *kind, execution, nth }, what);
            }
        }
        Self { numbers, priorities: BTreeMap::new(), fallen: 0, falls, strikes }
    }

    /// The first of those things whose actor has the highest priority, and that actor.
    fn first(&mut self, options: Options<'_>) -> (usize, u32) {
        let mut first = (0, 0);
        let mut highest = None;
        for (index, choice) in options.iter().enumerate() {
            let numbers = &mut self.numbers;
            let drawn = || Priority::Drawn(numbers.draw(), choice.actor);
            let priority = *self.priorities.entry(choice.actor).or_insert_with(drawn);
            if highest.is_none_or(|highest| priority > highest) {
                (first, highest) = ((index, choice.actor), Some(priority));
            }
        }
        first
    }
}

impl Chooser for PctChooser {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        if key.kind == ChoiceKind::Next {
            let (first, actor) = self.first(options);
            if !self.falls.contains(&key.nth) {
                return first;
            }
            self.fallen += 1;
            let last = Priority::Fallen(std::cmp::Reverse(self.fallen));
            self.priorities.insert(actor, last);
            return self.first(options).0;
        }
        let others = u64::try_from(options.count()).unwrap_or(u64::MAX).saturating_sub(1);
        let what = self.strikes.get(&key).and_then(|what| what.checked_rem(others));
        what.map_or(0, |what| usize::try_from(1 + what).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice;

    fn key(kind: ChoiceKind, nth: u32) -> ChoiceKey {
        ChoiceKey { kind, execution: 0, nth }
    }

    fn asked(kinds: &[(ChoiceKind, u32)]) -> Vec<Question> {
        let questions = |&(kind, count): &(ChoiceKind, u32)| {
            (0..count).map(move |nth| Question { key: key(kind, nth), options: 3 })
        };
        kinds.iter().flat_map(questions).collect()
    }

    /// Who of three actors goes first, so many times.
    fn order(seed: u64, depth: u32, times: u32) -> Vec<usize> {
        let mut chooser = PctChooser::new(seed, depth, &asked(&[(ChoiceKind::Next, times)]));
        let actor = |index| Choice {
            actor: 7 * u32::try_from(index).expect("of three"),
            touches: 0,
            step: None,
        };
        let ask = |nth| chooser.choose(key(ChoiceKind::Next, nth), Options::new(3, &actor));
        (0..times).map(ask).collect()
    }

    #[test]
    fn whoever_has_priority_goes_first_until_he_falls_behind() {
        let mut leaders = BTreeSet::new();
        for seed in 0..40 {
            let one = order(seed, 1, 12);
            assert!(one.iter().all(|&first| first == one[0]), "{one:?}");
            leaders.insert(one[0]);

            let two = order(seed, 2, 12);
            let changes = two.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(changes <= 1, "{two:?}");
        }
        assert_eq!(leaders.len(), 3, "every actor goes first with some seed");
        assert!((0..40).any(|seed| order(seed, 2, 12)[0] != order(seed, 2, 12)[11]));
    }

    /// The bound of the paper, for two strikes at certain questions.
    #[test]
    fn two_strikes_meet_as_often_as_is_promised() {
        let asked = asked(&[(ChoiceKind::Cancel, 8), (ChoiceKind::Crash, 4)]);
        let runs = 20_000;
        let both = (0..runs)
            .filter(|&seed| {
                let mut chooser = PctChooser::new(seed, 3, &asked);
                let mut strikes =
                    |kind, nth| chooser.choose(key(kind, nth), Options::alike(2)) == 1;
                strikes(ChoiceKind::Cancel, 3) && strikes(ChoiceKind::Crash, 2)
            })
            .count();
        // Two kinds in either order, ten cancels and five crashes: 2 in 4 × 50.
        assert!((140..270).contains(&both), "{both} of {runs}");
    }

    #[test]
    fn every_answer_of_a_question_is_given_and_none_that_is_not_there() {
        let asked = asked(&[(ChoiceKind::Report, 1)]);
        let answer = |seed, count| {
            let mut chooser = PctChooser::new(seed, 2, &asked);
            chooser.choose(key(ChoiceKind::Report, 0), Options::alike(count))
        };
        let answers: BTreeSet<usize> = (0..100).map(|seed| answer(seed, 5)).collect();
        assert_eq!(answers.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!((0..100).all(|seed| answer(seed, 1) == 0));
    }

    #[test]
    fn nothing_strikes_where_nothing_is_asked() {
        let mut chooser = PctChooser::new(1, 5, &[]);
        assert_eq!(chooser.choose(key(ChoiceKind::Cancel, 0), Options::alike(3)), 0);
    }
}
