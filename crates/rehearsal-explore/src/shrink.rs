//! Shrinking: from a run that fails to the calmest one that fails in the same way.
//!
//! Fewer answers first: whole kinds at once, one instead of all, halves, single ones, pairs, since each answer that
//! is left out is one thing less to explain. An answer that is left out shifts the questions that come after it, so one is
//! also left out while another is moved. Then smaller answers, then those to earlier questions. What is asked for is any
//! predicate over tapes, so that this file knows nothing of runs; `crates/rehearsal-explore/src/minimal.rs` does.
//!
//! It ends: each step makes the tape smaller by the number of its answers, else by their sum, else by the sum of the numbers
//! of their questions. It starts anew after each step, and no tape is tried twice; so when it ends by itself, every
//! neighbor of the last tape has been tried.

use std::collections::BTreeSet;

use rehearsal_engine::{ChoiceKey, ChoiceKind, Tape};

/// The most tapes that are tried.
pub(crate) const TRIES: u32 = 2_000;

/// How many questions of a kind are looked at for a single answer that fails.
const FURTHEST: u32 = 99;

/// So many answers are left out by twos.
const MOST_PAIRED: usize = 24;

/// In this order all answers of a kind are left out at once, before anything else is tried.
const KINDS: [ChoiceKind; 17] = [
    ChoiceKind::Next,
    ChoiceKind::Late,
    ChoiceKind::Slow,
    ChoiceKind::Stub,
    ChoiceKind::Back,
    ChoiceKind::Beat,
    ChoiceKind::Stall,
    ChoiceKind::Away,
    ChoiceKind::Fail,
    ChoiceKind::Reply,
    ChoiceKind::Signal,
    ChoiceKind::Report,
    ChoiceKind::Die,
    ChoiceKind::Crash,
    ChoiceKind::Evict,
    ChoiceKind::Cancel,
    ChoiceKind::Deploy,
];

/// What a tape was shrunk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// The smallest tape that was found.
    pub tape: Tape,
    /// How many tapes were tried.
    pub tries: u32,
    /// Whether every smaller neighbor was tried, so that the tape is 1-minimal: if not, the bound of 2,000 tries was
    /// reached.
    pub complete: bool,
}

/// Makes a tape smaller for as long as `fails` says that the smaller one still fails.
///
/// `fails` returns the tape that the run really used, which may be smaller than the one it was given: answers to
/// questions that were not asked are not part of it. `None` if the run does not fail, or not in the same way. It must
/// answer the same for the same tape, since no tape is tried twice, and it is tried at most 2,000 times.
///
/// If that bound is not reached, the result is *1-minimal*: no single answer can be left out, none can be replaced by
/// any smaller one, and none can be given at any earlier question of its kind. Where a single answer fails, the result is
/// one, at the earliest question. Beyond that no two answers can be left out together, of 24 or less, and none of six
/// or less can be left out while another one moves a little.
///
/// # Examples
///
/// ```
/// use rehearsal_engine::Tape;
/// use rehearsal_explore::shrink;
///
/// // Whatever is canceled at its point 5 fails.
/// let fails = |tape: &Tape| {
///     tape.to_string().contains("cancel.0.5=").then(|| tape.clone())
/// };
/// let tape: Tape = "next.0.3=2,cancel.0.5=2,crash.0.1=1".parse()?;
/// assert_eq!(shrink(&tape, fails).tape.to_string(), "cancel.0.5=1");
/// # Ok::<(), rehearsal_engine::TapeError>(())
/// ```
pub fn shrink(tape: &Tape, fails: impl FnMut(&Tape) -> Option<Tape>) -> Shrunk {
    shrink_within(tape, TRIES, fails)
}

/// The same with another bound.
pub(crate) fn shrink_within(
    tape: &Tape,
    most: u32,
    fails: impl FnMut(&Tape) -> Option<Tape>,
) -> Shrunk {
    let best = tape.iter().collect();
    let mut shrinker = Shrinker { best, fails, tries: 0, most, passed: BTreeSet::new() };
    for kind in KINDS {
        shrinker.try_without(|(key, _)| key.kind == kind);
    }
    shrinker.one_instead();
    while shrinker.step() && !shrinker.is_exhausted() {}
    let complete = !shrinker.is_exhausted();
    let tape = shrinker.best.into_iter().collect();
    Shrunk { tape, tries: shrinker.tries, complete }
}

type Answer = (ChoiceKey, usize);

struct Shrinker<F> {
    /// In the order of their keys.
    best: Vec<Answer>,
    fails: F,
    tries: u32,
    most: u32,
    /// The tapes that did not fail.
    passed: BTreeSet<Vec<Answer>>,
}

impl<F: FnMut(&Tape) -> Option<Tape>> Shrinker<F> {
    fn is_exhausted(&self) -> bool {
        self.tries >= self.most
    }

    /// Whether anything makes it smaller. What costs an answer less comes first, each time anew.
    fn step(&mut self) -> bool {
        self.fewer()
            || self.fewer_by_two()
            || self.fewer_and_moved()
            || self.smaller()
            || self.earlier()
    }

    /// Takes the candidate if it still fails. Returns whether it does.
    fn attempt(&mut self, mut candidate: Vec<Answer>) -> bool {
        candidate.sort_unstable();
        if self.is_exhausted() || self.passed.contains(&candidate) {
            return false;
        }
        self.tries += 1;
        let Some(used) = (self.fails)(&candidate.iter().copied().collect()) else {
            self.passed.insert(candidate);
            return false;
        };
        let used: Vec<Answer> = used.iter().collect();
        self.best = if size(&used) < size(&candidate) { used } else { candidate };
        true
    }

    fn try_without(&mut self, leave_out: impl Fn(&Answer) -> bool) -> bool {
        let rest: Vec<Answer> =
            self.best.iter().filter(|answer| !leave_out(answer)).copied().collect();
        rest.len() < self.best.len() && self.attempt(rest)
    }

    /// A single answer instead of all, of a kind that is left, at the earliest question at which it fails. Answers that
    /// only undo each other are many at once, and no small step leads past them.
    fn one_instead(&mut self) {
        if self.best.len() < 2 {
            return;
        }
        for kind in KINDS {
            let of_kind = self.best.iter().filter(|(key, _)| key.kind == kind);
            let Some((last, answer)) = of_kind.max().copied() else { continue };
            // Of these each answer is another thing, and not more of the same.
            let differ = matches!(
                kind,
                ChoiceKind::Cancel
                    | ChoiceKind::Report
                    | ChoiceKind::Signal
                    | ChoiceKind::Slow
                    | ChoiceKind::Back
            );
            let answers = if differ && answer > 1 { vec![1, answer] } else { vec![1] };
            // A run with fewer answers may be asked more.
            for nth in 0..=(2 * last.nth.min(FURTHEST) + 8).min(FURTHEST) {
                let key = ChoiceKey { nth, ..last };
                if answers.iter().any(|&answer| self.attempt(vec![(key, answer)])) {
                    return;
                }
            }
        }
    }

    /// Leaves out half of the answers, then quarters, down to single ones.
    fn fewer(&mut self) -> bool {
        let mut progress = false;
        let mut size = self.best.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < self.best.len() {
                let end = (start + size).min(self.best.len());
                let rest = [&self.best[..start], &self.best[end..]].concat();
                if self.attempt(rest) {
                    progress = true;
                } else {
                    start = end;
                }
                if self.is_exhausted() {
                    return progress;
                }
            }
            size /= 2;
        }
        progress
    }

    /// Leaves out two answers, wherever they stand: one may only undo the other.
    fn fewer_by_two(&mut self) -> bool {
        let count = self.best.len();
        if count > MOST_PAIRED {
            return false;
        }
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        pairs.into_iter().any(|(a, b)| {
            let mut rest = self.best.clone();
            rest.remove(b);
            rest.remove(a);
            self.attempt(rest)
        })
    }

    /// Leaves out one answer and gives another one at another question of its kind, the nearest first: what is left out may
    /// have shifted it.
    fn fewer_and_moved(&mut self) -> bool {
        let count = self.best.len();
        let reach = match count {
            2 => 32,
            3 => 12,
            4..=6 => 4,
            _ => return false,
        };
        let pairs = (0..count).flat_map(|a| (0..count).map(move |b| (a, b)));
        pairs.into_iter().filter(|(a, b)| a != b).any(|(left_out, moved)| {
            let (key, answer) = self.best[moved];
            (1..=reach).any(|by| {
                let places = [key.nth.checked_sub(by), key.nth.checked_add(by)];
                places.into_iter().flatten().any(|nth| {
                    let key = ChoiceKey { nth, ..key };
                    let mut candidate = self.best.clone();
                    candidate[moved] = (key, answer);
                    candidate.remove(left_out);
                    is_free(&candidate, key) && self.attempt(candidate)
                })
            })
        })
    }

    /// Replaces an answer by a smaller one, the smallest first.
    fn smaller(&mut self) -> bool {
        (0..self.best.len()).any(|at| {
            (1..self.best[at].1).any(|answer| {
                let mut candidate = self.best.clone();
                candidate[at].1 = answer;
                self.attempt(candidate)
            })
        })
    }

    /// Gives an answer at an earlier question of its kind, the earliest first.
    fn earlier(&mut self) -> bool {
        (0..self.best.len()).any(|at| {
            let (key, answer) = self.best[at];
            (0..key.nth).any(|nth| {
                let key = ChoiceKey { nth, ..key };
                let mut candidate = self.best.clone();
                candidate[at] = (key, answer);
                is_free(&candidate, key) && self.attempt(candidate)
            })
        })
    }
}

/// Whether there is one answer to this question, and not two.
fn is_free(answers: &[Answer], key: ChoiceKey) -> bool {
    answers.iter().filter(|(other, _)| *other == key).count() == 1
}

/// What gets smaller with each step.
fn size(answers: &[Answer]) -> (usize, usize, u64) {
    let sum = answers.iter().fold(0_usize, |sum, (_, answer)| sum.saturating_add(*answer));
    (answers.len(), sum, answers.iter().map(|(key, _)| u64::from(key.nth)).sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tape(text: &str) -> Tape {
        text.parse().unwrap()
    }

    fn noise(count: u32) -> Tape {
        let kinds = [ChoiceKind::Next, ChoiceKind::Cancel, ChoiceKind::Evict, ChoiceKind::Crash];
        (0..count)
            .flat_map(|nth| kinds.map(|kind| (ChoiceKey { kind, execution: 0, nth }, 2)))
            .collect()
    }

    #[test]
    fn one_answer_of_hundreds_is_left() {
        let shrunk = shrink(&noise(100), |tape| {
            tape.to_string().contains("evict.0.37=").then(|| tape.clone())
        });
        assert_eq!(shrunk.tape, tape("evict.0.37=1"));
        assert!(shrunk.complete && shrunk.tries < 100, "{shrunk:?}");
    }

    #[test]
    fn answers_that_are_needed_together_stay_together() {
        let needed = ["next.0.11=", "cancel.0.3=", "crash.0.60="];
        let shrunk = shrink(&noise(64), |tape| {
            let text = tape.to_string();
            needed.iter().all(|answer| text.contains(answer)).then(|| tape.clone())
        });
        assert_eq!(shrunk.tape, tape("next.0.11=1,cancel.0.3=1,crash.0.60=1"));
        assert!(shrunk.complete && shrunk.tries < 1_000, "{shrunk:?}");
    }

    #[test]
    fn a_single_answer_elsewhere_is_found() {
        // Five swaps are one in the end, and no four of them fail.
        let fails = |tape: &Tape| {
            let text = tape.to_string();
            let swapped = tape.len() == 5 || text == "next.0.2=1" || text == "next.0.3=1";
            swapped.then(|| tape.clone())
        };
        let swaps = tape("next.0.0=1,next.0.1=1,next.0.4=1,next.0.5=1,next.0.6=1");
        assert_eq!(shrink(&swaps, fails).tape, tape("next.0.2=1"));
    }

    #[test]
    fn a_value_is_made_as_small_as_can_be() {
        let fails = |tape: &Tape| tape.iter().any(|(_, answer)| answer >= 5).then(|| tape.clone());
        assert_eq!(shrink(&tape("next.0.2=40"), fails).tape, tape("next.0.0=5"));
    }

    #[test]
    fn what_the_run_did_not_use_is_gone() {
        // The run ends before it is asked anything after its third question.
        let used = |tape: &Tape| tape.iter().filter(|(key, _)| key.nth < 3).collect::<Tape>();
        let shrunk = shrink(&noise(20), |tape| {
            let used = used(tape);
            (used.len() >= 2).then_some(used)
        });
        assert_eq!(shrunk.tape.len(), 2);
        assert_eq!(shrunk.tape, used(&shrunk.tape));
    }

    #[test]
    fn a_run_that_fails_calmly_shrinks_to_nothing() {
        assert_eq!(shrink(&noise(3), |tape| Some(tape.clone())).tape, Tape::calm());
    }

    #[test]
    fn the_bound_is_reported() {
        let whole = noise(400);
        let shrunk = shrink(&whole, |tape| (tape.len() == whole.len()).then(|| tape.clone()));
        assert_eq!((shrunk.tries, shrunk.complete), (TRIES, false));
        assert_eq!(shrunk.tape, whole);
    }

    /// A run that is asked less than three questions of each kind if it is canceled at one of these, and else six.
    fn used(tape: &Tape) -> Tape {
        let early = tape.iter().any(|(key, _)| key.kind == ChoiceKind::Cancel && key.nth < 3);
        let asked = if early { 3 } else { 6 };
        tape.iter().filter(|(key, _)| key.nth < asked).collect()
    }

    /// Such a run; that of `first` fails, and any other as it likes.
    fn erratic(law: u64, first: &Tape, tape: &Tape) -> Option<Tape> {
        let used = used(tape);
        let fails = crate::seed::seed_of(&format!("{law} {used}")).is_multiple_of(3);
        (fails || used == self::used(first)).then_some(used)
    }

    /// Every tape that is smaller by one step.
    fn neighbors(tape: &Tape) -> Vec<Tape> {
        let mut neighbors = Vec::new();
        for (key, answer) in tape.iter() {
            let without = tape.clone().with(key, 0);
            neighbors.extend((1..answer).map(|less| tape.clone().with(key, less)));
            for nth in 0..key.nth {
                let earlier = ChoiceKey { nth, ..key };
                if tape.iter().all(|(taken, _)| taken != earlier) {
                    neighbors.push(without.clone().with(earlier, answer));
                }
            }
            neighbors.push(without);
        }
        neighbors
    }

    fn tapes() -> impl Strategy<Value = Tape> {
        let kinds = [ChoiceKind::Next, ChoiceKind::Cancel, ChoiceKind::Die, ChoiceKind::Report];
        let answer = (0..kinds.len(), 0..2_u32, 0..6_u32, 1..4_usize);
        proptest::collection::vec(answer, 0..12).prop_map(move |answers| {
            let key = |(kind, execution, nth, answer)| {
                (ChoiceKey { kind: kinds[kind], execution, nth }, answer)
            };
            answers.into_iter().map(key).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// The result fails, it is what its run uses, and the obvious slow search around it finds nothing smaller.
        #[test]
        fn the_result_is_one_minimal(tape in tapes(), law in 0..1_000_u64) {
            let fails = |it: &Tape| erratic(law, &tape, it);
            let shrunk = shrink(&tape, fails);
            prop_assert!(shrunk.complete, "{shrunk:?}");
            let end = shrunk.tape.clone();
            // What was given is taken as it is if nothing smaller fails.
            prop_assert!(fails(&end) == Some(end.clone()) || end == tape, "{shrunk:?}");
            let smaller = neighbors(&end).into_iter().find(|it| fails(it).is_some());
            prop_assert_eq!(smaller, None);
        }

        /// No tape is tried twice, and the bound holds, whatever fails.
        #[test]
        fn no_tape_is_tried_twice(tape in tapes(), law in 0..1_000_u64) {
            let mut tried: Vec<Tape> = Vec::new();
            let shrunk = shrink(&tape, |it| {
                tried.push(it.clone());
                erratic(law, &tape, it)
            });
            prop_assert_eq!(usize::try_from(shrunk.tries).unwrap(), tried.len());
            let passed = |it: &&Tape| erratic(law, &tape, it).is_none();
            let mut passed: Vec<String> = tried.iter().filter(passed).map(Tape::to_string).collect();
            let all = passed.len();
            passed.sort();
            passed.dedup();
            prop_assert_eq!(passed.len(), all);
        }
    }

    #[test]
    fn what_shifts_another_answer_is_left_out() {
        // The first answer brings one more question of the kind of the second, which is moved by it.
        let shifted = tape("cancel.0.9=1,evict.0.0=1,die.0.7=1");
        let alone = tape("cancel.0.11=1,die.0.7=1");
        let fails = |tape: &Tape| (*tape == shifted || *tape == alone).then(|| tape.clone());
        assert_eq!(shrink(&shifted, fails).tape, alone);
    }

    #[test]
    fn two_answers_that_undo_each_other_are_left_out() {
        let fails = |tape: &Tape| {
            let swaps = tape.iter().filter(|(key, _)| key.kind == ChoiceKind::Next).count();
            let canceled = tape.to_string().contains("cancel.0.3=1");
            (canceled && swaps % 2 == 0).then(|| tape.clone())
        };
        let swapped = tape("next.0.1=1,next.0.8=1,cancel.0.3=1");
        assert_eq!(shrink(&swapped, fails).tape, tape("cancel.0.3=1"));
    }

    #[test]
    fn an_answer_moves_to_the_earliest_question() {
        let fails = |tape: &Tape| {
            let of = |kind, least| tape.iter().any(|(key, _)| key.kind == kind && key.nth >= least);
            (of(ChoiceKind::Die, 2) && of(ChoiceKind::Cancel, 4)).then(|| tape.clone())
        };
        let late = tape("cancel.0.40=2,die.0.9=1");
        assert_eq!(shrink(&late, fails).tape, tape("cancel.0.4=1,die.0.2=1"));
    }
}
