//! Which runs of a corpus are worth to be kept: so few that each does something that no other does.

use std::collections::BTreeMap;

use rehearsal_engine::Tape;

use crate::coverage::Coverage;

/// The places of those runs that together do all that these do and that `known` has not, in the order in which they are
/// taken: those with the fewest answers first. None of them can be left out.
///
/// It does not matter in which order the runs come, so all shards that open one corpus keep the same.
pub(crate) fn worth_keeping(known: &Coverage, runs: &[(Tape, Coverage)]) -> Vec<usize> {
    let mut order: Vec<(usize, String, usize)> =
        runs.iter().enumerate().map(|(at, (tape, _))| (tape.len(), tape.to_string(), at)).collect();
    order.sort();
    // How many of the runs that are kept have each mark.
    let mut having: BTreeMap<u64, u32> = BTreeMap::new();
    let of = |at: usize| runs[at].1.numbers().filter(|mark| !known.has(*mark));
    let mut kept = Vec::new();
    for (_, _, at) in order {
        if of(at).any(|mark| !having.contains_key(&mark)) {
            of(at).for_each(|mark| *having.entry(mark).or_default() += 1);
            kept.push(at);
        }
    }
    // What was taken first may be in what came later.
    for at in kept.clone() {
        if of(at).all(|mark| having.get(&mark).is_some_and(|runs| *runs > 1)) {
            of(at).for_each(|mark| *having.entry(mark).or_default() -= 1);
            kept.retain(|other| *other != at);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs(marks: &[Vec<u64>]) -> Vec<(Tape, Coverage)> {
        let run = |(nth, marks): (usize, &Vec<u64>)| {
            let tape = format!("cancel.0.{nth}=1").parse().unwrap();
            (tape, Coverage::of_numbers(marks))
        };
        marks.iter().enumerate().map(run).collect()
    }

    #[test]
    fn a_run_whose_marks_others_have_is_left_out() {
        let known = Coverage::of_numbers(&[9]);
        let kept = |marks: &[Vec<u64>]| worth_keeping(&known, &runs(marks));
        assert_eq!(kept(&[vec![9], vec![1, 9], vec![1]]), [1]);
        // The first two do nothing that the third does not do.
        assert_eq!(kept(&[vec![1], vec![2], vec![1, 2, 3]]), [2]);
        assert_eq!(kept(&[]), [0_usize; 0]);
    }

    proptest! {
        /// All marks stay, none of the runs that are kept can be left out, and their order does not matter.
        #[test]
        fn what_is_kept_is_enough_and_no_more(
            marks in prop::collection::vec(prop::collection::vec(0..12_u64, 0..5), 0..9),
            by in 0..9_usize,
        ) {
            let runs = runs(&marks);
            let known = Coverage::of_numbers(&[0, 1]);
            let kept = worth_keeping(&known, &runs);
            let union = |of: &[usize]| {
                let mut all = known.clone();
                for at in of {
                    all.add(&runs[*at].1);
                }
                all
            };
            let everything: Vec<usize> = (0..runs.len()).collect();
            prop_assert_eq!(union(&kept), union(&everything));
            for at in &kept {
                let others: Vec<usize> = kept.iter().copied().filter(|other| other != at).collect();
                prop_assert_ne!(union(&others), union(&kept));
            }
            let mut turned = runs.clone();
            turned.rotate_left(if runs.is_empty() { 0 } else { by % runs.len() });
            let tapes = |runs: &[(Tape, Coverage)], kept: &[usize]| -> Vec<String> {
                kept.iter().map(|at| runs[*at].0.to_string()).collect()
            };
            prop_assert_eq!(tapes(&turned, &worth_keeping(&known, &turned)), tapes(&runs, &kept));
        }
    }
}
