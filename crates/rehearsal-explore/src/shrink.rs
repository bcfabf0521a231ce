//! Shrinking: from a run that fails to the calmest one that fails in the same way.
//!
//! Fewer answers first: whole kinds at once, one instead of all, halves, single ones, since each answer that
//! is left out is one thing less to explain. Then smaller ones. What is asked for is any predicate over tapes, so that
//! this file knows nothing of runs.

use rehearsal_engine::{ChoiceKey, ChoiceKind, Tape};

/// The most tapes that are tried.
const TRIES: u32 = 1_000;

/// How many questions of a kind are looked at for a single answer that fails.
const FURTHEST: u32 = 99;

/// In this order all answers of a kind are left out at once, before anything else is tried.
const KINDS: [ChoiceKind; 14] = [
    ChoiceKind::Next,
    ChoiceKind::Late,
    ChoiceKind::Slow,
    ChoiceKind::Beat,
    ChoiceKind::Stall,
    ChoiceKind::Away,
    ChoiceKind::Fail,
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
    /// Whether every smaller neighbor was tried: if not, the bound of 1,000 tries was reached.
    pub complete: bool,
}

/// Makes a tape smaller for as long as `fails` says that the smaller one still fails.
///
/// `fails` returns the tape that the run really used, which may be smaller than the one it was given: answers to
/// questions that were not asked are not part of it. `None` if the run does not fail, or not in the same way. It should
/// answer the same for the same tape.
///
/// Where a single answer fails, the result is one, at the earliest question. Otherwise it is as small as can be in this
/// sense: no answer can be left out, and none can be replaced by one that is half of it or less by one.
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
    let mut shrinker = Shrinker { best: tape.iter().collect(), fails, tries: 0 };
    for kind in KINDS {
        shrinker.try_without(|(key, _)| key.kind == kind);
    }
    shrinker.one_instead();
    loop {
        let progress = shrinker.fewer() | shrinker.smaller();
        if !progress || shrinker.is_exhausted() {
            let complete = !shrinker.is_exhausted();
            let tape = shrinker.best.into_iter().collect();
            return Shrunk { tape, tries: shrinker.tries, complete };
        }
    }
}

type Answer = (ChoiceKey, usize);

struct Shrinker<F> {
    best: Vec<Answer>,
    fails: F,
    tries: u32,
}

impl<F: FnMut(&Tape) -> Option<Tape>> Shrinker<F> {
    fn is_exhausted(&self) -> bool {
        self.tries >= TRIES
    }

    /// Takes the candidate if it still fails. Returns whether it does.
    fn attempt(&mut self, candidate: Vec<Answer>) -> bool {
        if self.is_exhausted() {
            return false;
        }
        self.tries += 1;
        let candidate: Tape = candidate.into_iter().collect();
        let Some(used) = (self.fails)(&candidate) else { return false };
        let best = if used.len() <= candidate.len() { used } else { candidate };
        self.best = best.iter().collect();
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
        for kind in KINDS {
            let of_kind = self.best.iter().filter(|(key, _)| key.kind == kind);
            let Some(last) = of_kind.map(|(key, _)| *key).max() else { continue };
            // A run with fewer answers may be asked more.
            for nth in 0..=(2 * last.nth.min(FURTHEST) + 8).min(FURTHEST) {
                if self.attempt(vec![(ChoiceKey { nth, ..last }, 1)]) {
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

    /// Replaces each answer by a smaller one: 1, then half, then one less.
    fn smaller(&mut self) -> bool {
        let mut progress = false;
        let mut at = 0;
        while let Some(&(_, answer)) = self.best.get(at) {
            let mut values = vec![1, answer / 2, answer - 1];
            values.retain(|&value| value > 0 && value < answer);
            values.dedup();
            let replaced = values.into_iter().any(|value| {
                let mut candidate = self.best.clone();
                candidate[at].1 = value;
                self.attempt(candidate)
            });
            progress |= replaced;
            if !replaced {
                at += 1;
            }
        }
        progress
    }
}

#[cfg(test)]
mod tests {
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
        assert!(shrunk.complete && shrunk.tries < 60, "{shrunk:?}");
    }

    #[test]
    fn answers_that_are_needed_together_stay_together() {
        let needed = ["next.0.11=", "cancel.0.3=", "crash.0.60="];
        let shrunk = shrink(&noise(64), |tape| {
            let text = tape.to_string();
            needed.iter().all(|answer| text.contains(answer)).then(|| tape.clone())
        });
        assert_eq!(shrunk.tape, tape("next.0.11=1,cancel.0.3=1,crash.0.60=1"));
        assert!(shrunk.complete && shrunk.tries < 400, "{shrunk:?}");
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
        assert_eq!(shrink(&tape("next.0.2=40"), fails).tape, tape("next.0.2=5"));
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
}
