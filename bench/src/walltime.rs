//! Timing by the real clock: many short batches of several subjects in turn, and the medians of what they took.
//!
//! The subjects take turns within one process and every ratio is taken within one round, so that a machine that slows
//! down slows all of them, and the ratios hold. All arithmetic is in whole picoseconds.

#![expect(clippy::disallowed_types, reason = "the real clock is what this crate is for")]

use std::time::{Duration, Instant};

/// How long one batch of one subject should take.
const BATCH: Duration = Duration::from_millis(3);

/// How many rounds there are; each runs one batch of each subject.
const ROUNDS: usize = 300;

/// The most calls in one batch, so that a subject that takes no time at all ends.
const MOST_CALLS: u32 = 1 << 20;

/// Something to time.
pub(crate) struct Subject<'a> {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// One call of it.
    pub(crate) call: Box<dyn Fn() + 'a>,
}

/// What one subject took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    /// The median time of a call, in picoseconds.
    pub(crate) picos: u64,
    /// A tenth of all batches took less than this per call, in picoseconds.
    pub(crate) low: u64,
    /// The median of the ratio to the first subject, in hundredths.
    pub(crate) to_first: u64,
    /// The median of the ratio to the second subject, in hundredths.
    pub(crate) to_second: u64,
}

/// Times the subjects in turn, one figure for each.
///
/// # Panics
///
/// Panics if there are fewer than two subjects.
pub(crate) fn compare(subjects: &[Subject<'_>]) -> Vec<Figure> {
    assert!(subjects.len() >= 2, "ratios need two subjects to compare with");
    let calls: Vec<u32> = subjects.iter().map(calls_in_a_batch).collect();
    let mut rounds: Vec<Vec<u64>> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let round = subjects.iter().zip(&calls).map(|(subject, &calls)| batch(subject, calls));
        rounds.push(round.collect());
    }
    (0..subjects.len())
        .map(|index| {
            let ratio = |base: usize| {
                let ratios = rounds.iter().map(|round| round[index] * 100 / round[base].max(1));
                quantile(ratios.collect(), 50)
            };
            let times: Vec<u64> = rounds.iter().map(|round| round[index]).collect();
            Figure {
                picos: quantile(times.clone(), 50),
                low: quantile(times, 10),
                to_first: ratio(0),
                to_second: ratio(1),
            }
        })
        .collect()
}

/// Doubles the number of calls until a batch is long enough. The batches before it warm caches up.
fn calls_in_a_batch(subject: &Subject<'_>) -> u32 {
    let mut calls = 1;
    while calls < MOST_CALLS && batch(subject, calls) < picos(BATCH) / u64::from(calls) {
        calls *= 2;
    }
    calls
}

/// The time of one call, in picoseconds, over a batch of `calls`.
fn batch(subject: &Subject<'_>, calls: u32) -> u64 {
    let began = Instant::now();
    for _ in 0..calls {
        (subject.call)();
    }
    picos(began.elapsed()) / u64::from(calls)
}

/// In picoseconds, of which a `u64` holds seven months.
fn picos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).map_or(u64::MAX, |nanos| nanos.saturating_mul(1_000))
}

/// The value that `percent` of the values are below.
fn quantile(mut values: Vec<u64>, percent: usize) -> u64 {
    values.sort_unstable();
    values[values.len() * percent / 100]
}
