//! Two answers instead of many.
//!
//! Shrinking goes from a tape to its neighbors. What many answers do together, none of which can be left out, two others may
//! do as well: a worker that dies twice with a workflow task in its hands is late, and so is one whose word is lost. No small
//! step leads from one to the other. So where more than three answers are left, each of them is tried with each other strike
//! that its run is asked for.

use std::collections::BTreeSet;

use rehearsal_engine::{ChoiceKey, ChoiceKind, Question, Tape};

use crate::questions::strikes;

/// So many answers are few.
pub(crate) const FEW: usize = 3;

/// How far a cancel that is kept is moved.
const NEAR: u32 = 2;

/// All pairs of an answer of this tape and a strike that its run is asked for, none twice. `asked` says what a run is asked,
/// and is not called before its pairs are wanted.
///
/// Cancels are also tried at the points around, since what is left out may have shifted them.
pub(crate) fn pairs_instead(
    tape: &Tape,
    asked: impl Fn(&Tape) -> Vec<Question>,
) -> impl Iterator<Item = Tape> {
    let mut seen = BTreeSet::new();
    kept(tape).into_iter().flat_map(move |(key, answer)| {
        let alone = Tape::calm().with(key, answer).loose();
        let mut others = asked(&alone);
        others.retain(|of| of.key != key && (is_cancel(of.key) || strikes(of.key.kind)));
        let others = others.into_iter();
        let others = others.flat_map(|of| (1..of.options).map(move |other| (of.key, other)));
        let pairs = others.map(|(other, answer)| alone.clone().with(other, answer));
        let pairs = pairs.filter(|pair| seen.insert(pair.to_string()));
        pairs.collect::<Vec<_>>()
    })
}

fn is_cancel(key: ChoiceKey) -> bool {
    key.kind == ChoiceKind::Cancel
}

/// Which answers are tried: those of cancels and strikes as they stand, then cancels elsewhere, the nearest first.
fn kept(tape: &Tape) -> Vec<(ChoiceKey, usize)> {
    let strikes = |key: &ChoiceKey| is_cancel(*key) || strikes(key.kind);
    let all: Vec<_> = tape.iter().filter(|(key, _)| strikes(key)).collect();
    let cancels = all.iter().filter(|(key, _)| is_cancel(*key));
    let moved = cancels.flat_map(|&(key, _)| {
        let around = (1..=NEAR).flat_map(move |by| [key.nth.checked_sub(by), Some(key.nth + by)]);
        let points = std::iter::once(Some(key.nth)).chain(around).flatten();
        points.map(move |nth| (ChoiceKey { nth, ..key }, 1))
    });
    let mut kept = all.clone();
    kept.extend(moved);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three questions of each of these kinds.
    fn asked(_: &Tape) -> Vec<Question> {
        [(ChoiceKind::Next, 4), (ChoiceKind::Cancel, 3), (ChoiceKind::Report, 2)]
            .into_iter()
            .flat_map(|(kind, options)| {
                (0..3).map(move |nth| Question {
                    key: ChoiceKey { kind, execution: 0, nth },
                    options,
                })
            })
            .collect()
    }

    #[test]
    fn each_answer_is_kept_with_each_other_strike() {
        let tape: Tape = "next.0.0=1,next.0.1=1,cancel.0.1=2,crash.0.0=1".parse().unwrap();
        let all: Vec<String> = pairs_instead(&tape, asked).map(|pair| pair.to_string()).collect();
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "none is tried twice");
        assert!(all.iter().all(|pair| !pair.contains("next")), "{all:?}");
        for pair in
            ["cancel.0.1=2,report.0.2=1", "cancel.0.0=1,crash.0.0=1", "cancel.0.3=1,report.0.0=1"]
        {
            assert!(all.iter().any(|it| it == pair), "{pair}: {all:?}");
        }
    }

    #[test]
    fn nothing_is_run_before_it_is_wanted() {
        let tape: Tape = "cancel.0.1=1,crash.0.0=1".parse().unwrap();
        let runs = std::cell::Cell::new(0);
        let mut pairs = pairs_instead(&tape, |tape| {
            runs.set(runs.get() + 1);
            asked(tape)
        });
        assert!(pairs.next().is_some());
        drop(pairs);
        assert_eq!(runs.get(), 1);
    }
}
