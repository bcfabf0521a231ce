//! Variants: a run that saw something new, changed a little.
//!
//! A variant is a tape. So it can be written down before it is run, and needs nothing but its tape to be run again.

use std::sync::{Arc, OnceLock};

use rehearsal_engine::{ChoiceKey, ChoiceKind, Numbers, Question, Tape};

use crate::portfolio::{Where, strike};

/// The most cancels of the first execution, cancels of others, deaths of workers in workflow tasks and faults of one run,
/// each: as many as of a random run.
const MOST: usize = 2;

/// A run that is worth to be varied.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) tape: Tape,
    /// What it is asked, in order; known once somebody needs it.
    asked: OnceLock<Vec<Question>>,
}

/// An answer that is not calm.
type Answer = (ChoiceKey, usize);

impl Parent {
    pub(crate) const fn new(tape: Tape) -> Self {
        Self { tape, asked: OnceLock::new() }
    }

    /// What it is asked; `list` makes the run to see it.
    pub(crate) fn asked(&self, list: impl FnOnce(&Tape) -> Vec<Question>) -> &[Question] {
        self.asked.get_or_init(|| list(&self.tape))
    }
}

/// A variant of one of these runs, of which there is at least one: of the last ones more often than of the first.
pub(crate) fn variant(
    parents: &[Arc<Parent>],
    seed: u64,
    list: &dyn Fn(&Tape) -> Vec<Question>,
) -> Option<Tape> {
    let mut numbers = Numbers::new(seed);
    let parent = numbers.below(parents.len()).max(numbers.below(parents.len()));
    let parent = parents.get(parent)?;
    let other = &parents.get(numbers.below(parents.len()))?.tape;
    let asked = parent.asked(list);
    let answers = in_order(&parent.tape, asked);
    let answers = match numbers.below(5) {
        0 => with_strikes(answers, &mut numbers, asked, 1),
        1 => with_strikes(without_one(answers, &mut numbers), &mut numbers, asked, 1),
        2 => cut(answers, &mut numbers, asked),
        3 => moved(answers, &mut numbers, asked),
        _ => spliced(answers, &mut numbers, asked, other),
    };
    Some(rationed(answers).into_iter().collect::<Tape>().loose())
}

/// The answers in the order of the questions; what is not asked is dropped.
fn in_order(tape: &Tape, asked: &[Question]) -> Vec<Answer> {
    let answer = |question: &Question| {
        tape.iter().find(|(key, _)| *key == question.key).filter(|(_, answer)| *answer > 0)
    };
    if tape.is_empty() { Vec::new() } else { asked.iter().filter_map(answer).collect() }
}

/// Something more strikes, at any of these questions.
fn with_strikes(
    mut answers: Vec<Answer>,
    numbers: &mut Numbers,
    asked: &[Question],
    count: usize,
) -> Vec<Answer> {
    answers.extend((0..count).filter_map(|_| strike(numbers, asked, Where::Anywhere)));
    answers
}

/// One thing less strikes.
fn without_one(mut answers: Vec<Answer>, numbers: &mut Numbers) -> Vec<Answer> {
    if !answers.is_empty() {
        answers.remove(numbers.below(answers.len()));
    }
    answers
}

/// The same up to some question, and others behind it.
fn cut(answers: Vec<Answer>, numbers: &mut Numbers, asked: &[Question]) -> Vec<Answer> {
    let at = numbers.below(asked.len());
    let before = &asked[..at];
    let kept = answers.into_iter().filter(|(key, _)| before.iter().any(|of| of.key == *key));
    let count = 1 + numbers.below(3);
    with_strikes(kept.collect(), numbers, &asked[at..], count)
}

/// One thing strikes a little earlier or later: at one of the three questions of its kind on either side.
fn moved(mut answers: Vec<Answer>, numbers: &mut Numbers, asked: &[Question]) -> Vec<Answer> {
    if answers.is_empty() {
        return with_strikes(answers, numbers, asked, 1);
    }
    let at = numbers.below(answers.len());
    let (mut key, answer) = answers[at];
    let by = u32::try_from(1 + numbers.below(3)).unwrap_or(1);
    key.nth = match numbers.below(2) {
        0 => key.nth.saturating_add(by),
        _ => key.nth.saturating_sub(by),
    };
    answers[at] = (key, answer);
    answers
}

/// The same up to some question, and behind it what another run has.
fn spliced(
    answers: Vec<Answer>,
    numbers: &mut Numbers,
    asked: &[Question],
    other: &Tape,
) -> Vec<Answer> {
    let at = numbers.below(asked.len());
    let before = |key: &ChoiceKey| asked[..at].iter().any(|of| of.key == *key);
    let mut spliced: Vec<Answer> = answers.into_iter().filter(|(key, _)| before(key)).collect();
    spliced.extend(other.iter().filter(|(key, _)| !before(key)));
    spliced
}

/// No more of what a workflow cannot bear; what comes last is dropped.
pub(crate) fn rationed(answers: Vec<Answer>) -> Vec<Answer> {
    let (mut cancels, mut others, mut crashes, mut faults) = (0, 0, 0, 0);
    let mut left = |(key, _): &Answer| {
        let count = match key.kind {
            ChoiceKind::Cancel if key.execution == 0 => &mut cancels,
            ChoiceKind::Cancel => &mut others,
            ChoiceKind::Crash => &mut crashes,
            kind if kind.is_fault() => &mut faults,
            _ => return true,
        };
        *count += 1;
        *count <= MOST
    };
    answers.into_iter().filter(|answer| left(answer)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Vec<Question> {
        let of = |kind, count, options| {
            (0..count)
                .map(move |nth| Question { key: ChoiceKey { kind, execution: 0, nth }, options })
        };
        let cancels = of(ChoiceKind::Cancel, 20, 3);
        cancels.chain(of(ChoiceKind::Report, 3, 5)).chain(of(ChoiceKind::Crash, 5, 2)).collect()
    }

    fn variants(tapes: &[&str], count: u64) -> Vec<Tape> {
        let parents: Vec<Arc<Parent>> =
            tapes.iter().map(|tape| Arc::new(Parent::new(tape.parse().expect("a tape")))).collect();
        (0..count).filter_map(|seed| variant(&parents, seed, &|_| asked())).collect()
    }

    #[test]
    fn a_variant_is_a_function_of_its_seed_and_mostly_another_run() {
        let tape = "cancel.0.3=1,report.0.1=2";
        let all = variants(&[tape, ""], 200);
        assert_eq!(all, variants(&[tape, ""], 200));
        assert!(all.iter().all(Tape::is_loose));
        let same = all.iter().filter(|variant| variant.to_string() == tape).count();
        assert!(same < 20, "{same} of 200 are the parent itself");
        let near = all.iter().filter(|variant| variant.to_string().contains("report.0.1=2"));
        assert!(near.count() > 40, "a variant has something of its parent");
        assert_eq!(variants(&[], 3), []);
    }

    #[test]
    fn no_variant_has_more_strikes_than_a_random_run() {
        let tape = "cancel.0.3=1,cancel.0.5=1,crash.0.0=1,crash.0.1=1,report.0.0=1,report.0.1=1";
        for variant in variants(&[tape], 500) {
            let of = |kind| variant.iter().filter(|(key, _)| key.kind == kind).count();
            for kind in [ChoiceKind::Cancel, ChoiceKind::Report, ChoiceKind::Crash] {
                assert!(of(kind) <= 2, "{variant}");
            }
        }
    }

    #[test]
    fn what_strikes_can_come_somewhat_earlier_or_later() {
        let all = variants(&["cancel.0.9=1"], 500);
        for nth in [6, 7, 8, 10, 11, 12] {
            let tape = format!("cancel.0.{nth}=1");
            assert!(all.iter().any(|variant| variant.to_string() == tape), "{tape}");
        }
    }
}
