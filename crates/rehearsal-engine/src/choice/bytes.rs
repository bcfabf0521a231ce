//! Bytes as answers: what a fuzzer makes up is a run.

use crate::choice::{ChoiceKey, ChoiceKind, Chooser, Options};

/// The most cancels, deaths in workflow tasks, and faults of one run, each. No workflow gets anywhere on a worker that
/// always dies.
const MOST: u32 = 2;

/// Answers as bytes say: any bytes are a run, and none are the calm one.
///
/// Bytes are read in pairs, (*calm*, *answer*): so many questions are answered calmly, and the next one with *answer*. 0 is
/// the calm answer; of the others the greater ones begin anew behind the last there is. A question with one answer does not
/// count. When the bytes are used up, everything is calm, and a pair without its second byte is nothing. So a shorter input
/// is a calmer run, smaller bytes are smaller answers, zeros are nothing at all, and a change of one byte leaves what
/// came before it as it was: what fuzzers need who mutate, and shrink, an input.
///
/// At most two cancels, of all executions together, two deaths of workers in workflow tasks and two other
/// [faults](ChoiceKind::FAULTS) strike in a run; what would be more is calm. [`RandomChooser`](crate::RandomChooser) has two
/// cancels of the first execution and two of all others.
///
/// # Examples
///
/// ```
/// use rehearsal_engine::{BytesChooser, ChoiceKey, ChoiceKind, Chooser, Options};
///
/// let answers = |bytes: &[u8]| -> Vec<usize> {
///     let mut chooser = BytesChooser::new(bytes);
///     let due = Options::alike(3);
///     (0..6)
///         .map(|nth| chooser.choose(ChoiceKey { kind: ChoiceKind::Next, execution: 0, nth }, due))
///         .collect()
/// };
/// assert_eq!(answers(&[]), [0, 0, 0, 0, 0, 0]);
/// assert_eq!(answers(&[2, 1]), [0, 0, 1, 0, 0, 0]);
/// assert_eq!(answers(&[2, 1, 0, 2]), [0, 0, 1, 2, 0, 0]);
/// assert_eq!(answers(&[2, 3]), answers(&[2, 1]));
/// ```
#[derive(Debug, Clone)]
pub struct BytesChooser {
    bytes: Vec<u8>,
    /// How many of them were read.
    read: usize,
    /// How many questions are still to be answered calmly, and with what the next one is.
    pair: Option<(u8, u8)>,
    cancels: u32,
    crashes: u32,
    faults: u32,
}

impl BytesChooser {
    /// The chooser of one run.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self { bytes, read: 0, pair: None, cancels: MOST, crashes: MOST, faults: MOST }
    }

    /// What the bytes say to the next question.
    fn answer(&mut self) -> u8 {
        if self.pair.is_none() {
            let rest = self.bytes.get(self.read..);
            if let Some(&[calm, answer, ..]) = rest {
                self.read += 2;
                self.pair = Some((calm, answer));
            }
        }
        match self.pair {
            None => 0,
            Some((0, answer)) => {
                self.pair = None;
                answer
            }
            Some((calm, answer)) => {
                self.pair = Some((calm - 1, answer));
                0
            }
        }
    }

    /// Whether one more may strike of what is bounded; then one less is left.
    fn is_left(&mut self, kind: ChoiceKind) -> bool {
        let left = match kind {
            ChoiceKind::Next | ChoiceKind::Late | ChoiceKind::Evict | ChoiceKind::Deploy => {
                return true;
            }
            ChoiceKind::Cancel => &mut self.cancels,
            ChoiceKind::Crash => &mut self.crashes,
            ChoiceKind::Die
            | ChoiceKind::Report
            | ChoiceKind::Beat
            | ChoiceKind::Fail
            | ChoiceKind::Slow
            | ChoiceKind::Signal
            | ChoiceKind::Away
            | ChoiceKind::Stall
            | ChoiceKind::Back
            | ChoiceKind::Stub
            | ChoiceKind::Reply => &mut self.faults,
        };
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }
}

impl Chooser for BytesChooser {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        let others = options.count().saturating_sub(1);
        if others == 0 {
            return 0;
        }
        match self.answer().checked_sub(1) {
            Some(answer) if self.is_left(key.kind) => 1 + usize::from(answer) % others,
            Some(_) | None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to so many questions with three answers each.
    fn answers(bytes: &[u8], kind: ChoiceKind, questions: u32) -> Vec<usize> {
        let mut chooser = BytesChooser::new(bytes);
        let ask = |nth| chooser.choose(ChoiceKey { kind, execution: 0, nth }, Options::alike(3));
        (0..questions).map(ask).collect()
    }

    #[test]
    fn zeros_and_what_is_cut_off_are_calm() {
        for bytes in [&[][..], &[0], &[7], &[0; 64], &[3, 0, 255, 0]] {
            assert_eq!(answers(bytes, ChoiceKind::Next, 300), [0; 300], "{bytes:?}");
        }
    }

    #[test]
    fn a_shorter_input_is_the_same_run_up_to_there_and_calm_behind_it() {
        let bytes = [1, 2, 0, 1, 3, 2, 5, 1];
        let whole = answers(&bytes, ChoiceKind::Next, 20);
        assert_eq!(whole.iter().filter(|answer| **answer > 0).count(), 4);
        for length in 0..bytes.len() {
            let cut = answers(&bytes[..length], ChoiceKind::Next, 20);
            let pairs = length / 2;
            let behind = whole.iter().scan(pairs, |left, &answer| {
                let answer = if *left == 0 { 0 } else { answer };
                *left -= usize::from(answer > 0);
                Some(answer)
            });
            assert_eq!(cut, behind.collect::<Vec<_>>(), "{length}");
        }
    }

    #[test]
    fn no_more_strikes_than_a_workflow_can_bear() {
        let all = [0, 1].repeat(50);
        for kind in [ChoiceKind::Cancel, ChoiceKind::Crash, ChoiceKind::Report] {
            assert_eq!(answers(&all, kind, 50).iter().sum::<usize>(), 2, "{kind}");
        }
        assert_eq!(answers(&all, ChoiceKind::Next, 50), [1; 50]);
    }

    #[test]
    fn a_question_with_one_answer_reads_nothing() {
        let mut chooser = BytesChooser::new([0, 2]);
        let key = ChoiceKey { kind: ChoiceKind::Late, execution: 0, nth: 0 };
        assert_eq!(chooser.choose(key, Options::alike(1)), 0);
        assert_eq!(chooser.choose(key, Options::alike(3)), 2);
    }
}
