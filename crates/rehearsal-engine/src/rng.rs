//! The only random numbers of the engine: ids that must look like those of a server, and the answers of a random run.
//!
//! Integers only, so that a seed gives the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use rehearsal_history::{SmolStr, Timestamp};

use crate::choice::{ChoiceKey, ChoiceKind, Chooser, Options};

/// The most cancels of one random run: a request, and a second one.
const CANCELS: u32 = 2;

/// The most crashes of one random run: a process that dies, and once more. No workflow gets anywhere on a worker that
/// always dies.
const CRASHES: u32 = 2;

/// An eviction strikes before one workflow task in so many.
const EVICT: u64 = 8;

/// New code takes over before one workflow task in so many, until it has.
const DEPLOY: u64 = 4;

/// A deadline that was armed near goes off at another time in one of so many cases.
const LATE: u64 = 4;

/// The most faults of one random run besides cancels, evictions and deaths in workflow tasks.
const FAULTS: u32 = 2;

/// What is mixed into the seed for the stream that faults come from.
const OF_FAULTS: u64 = 0x6661_756c_7473;

/// Answers at random, by a seed: the same seed gives the same answers to the same questions.
///
/// What happens next is any of the things that are due, each as likely as the others. An eviction strikes before one
/// workflow task in eight. At most two cancels of the first execution, two of all others together, and two crashes strike
/// in a run. How likely a cancel is at each point is
/// drawn once for the run, between 1 in 4 and 1 in 128, and how likely a crash in each workflow task, between 1 in 4 and
/// 1 in 64, so that they strike short runs and long ones early and late.
/// Of the deadlines that were armed nearer than a second one in four goes off at another time.
/// In every second run [faults](ChoiceKind::FAULTS) strike as well: two at most, each question with the same odds, which are
/// drawn once for the run, between 1 in 4 and 1 in 64. They come from a stream of their own: where none strikes, a run is
/// what it is without them.
///
/// The outcome of the run has its [`Tape`](crate::Tape), which repeats it without the seed.
///
/// # Examples
///
/// ```
/// use rehearsal_engine::{ChoiceKey, ChoiceKind, Chooser, Options, RandomChooser};
///
/// let answers = |seed| -> Vec<usize> {
///     let mut chooser = RandomChooser::new(seed);
///     let due = Options::alike(3);
///     (0..20)
///         .map(|nth| chooser.choose(ChoiceKey { kind: ChoiceKind::Next, execution: 0, nth }, due))
///         .collect()
/// };
/// assert_eq!(answers(7), answers(7));
/// assert_ne!(answers(7), answers(8));
/// ```
#[derive(Debug, Clone)]
pub struct RandomChooser {
    numbers: ChaCha8Rng,
    /// A cancel strikes one point in so many.
    cancel: u64,
    cancels_left: u32,
    /// A crash strikes one workflow task in so many.
    crash: u64,
    crashes_left: u32,
    /// The numbers for deadlines, apart, so that asking for one changes nothing else.
    deadlines: ChaCha8Rng,
    /// Those for cancels of other executions than the first, apart likewise, and how many are left.
    others: ChaCha8Rng,
    others_left: u32,
    faults: Faults,
}

/// When faults strike: the numbers for them are apart, as those for deadlines.
#[derive(Debug, Clone)]
struct Faults {
    numbers: ChaCha8Rng,
    /// One strikes at one question in so many.
    ratio: u64,
    left: u32,
}

impl Faults {
    fn new(seed: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed ^ OF_FAULTS);
        let drawn = numbers.next_u64();
        let left = if drawn.is_multiple_of(2) { 0 } else { FAULTS };
        Self { numbers, ratio: 4 << (drawn / 2 % 5), left }
    }

    fn answer(&mut self, options: usize) -> usize {
        if self.left == 0 || below(&mut self.numbers, self.ratio) > 0 {
            return 0;
        }
        self.left -= 1;
        let others = u64::try_from(options).unwrap_or(u64::MAX).saturating_sub(1);
        usize::try_from(1 + below(&mut self.numbers, others)).unwrap_or(0)
    }
}

impl RandomChooser {
    /// The chooser of one run.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        // One number for both: answers that have nothing to do with crashes are those of ever.
        let drawn = numbers.next_u64();
        let (cancel, crash) = (4 << (drawn % 6), 4 << (drawn / 6 % 5));
        let deadlines = ChaCha8Rng::seed_from_u64(!seed);
        let (cancels_left, crashes_left) = (CANCELS, CRASHES);
        let others = ChaCha8Rng::seed_from_u64(seed.rotate_left(32) ^ 1);
        let others_left = CANCELS;
        let faults = Faults::new(seed);
        Self {
            numbers,
            cancel,
            cancels_left,
            crash,
            crashes_left,
            deadlines,
            others,
            others_left,
            faults,
        }
    }

    fn one_in(&mut self, ratio: u64) -> bool {
        below(&mut self.numbers, ratio) == 0
    }
}

impl Chooser for RandomChooser {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        match key.kind {
            ChoiceKind::Next => {
                let count = u64::try_from(options.count()).unwrap_or(u64::MAX);
                usize::try_from(below(&mut self.numbers, count)).unwrap_or(0)
            }
            ChoiceKind::Cancel if key.execution > 0 => {
                if self.others_left == 0 || below(&mut self.others, self.cancel) > 0 {
                    return 0;
                }
                self.others_left -= 1;
                1 + usize::from(below(&mut self.others, 2) == 0)
            }
            ChoiceKind::Cancel => {
                if self.cancels_left == 0 || !self.one_in(self.cancel) {
                    return 0;
                }
                self.cancels_left -= 1;
                1 + usize::from(self.one_in(2))
            }
            ChoiceKind::Evict => usize::from(self.one_in(EVICT)),
            ChoiceKind::Crash => {
                if self.crashes_left == 0 || !self.one_in(self.crash) {
                    return 0;
                }
                self.crashes_left -= 1;
                1
            }
            ChoiceKind::Deploy => usize::from(self.one_in(DEPLOY)),
            ChoiceKind::Late => {
                let others = u64::try_from(options.count()).unwrap_or(u64::MAX).saturating_sub(1);
                if below(&mut self.deadlines, LATE) > 0 {
                    return 0;
                }
                usize::try_from(1 + below(&mut self.deadlines, others)).unwrap_or(0)
            }
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
            | ChoiceKind::Reply => self.faults.answer(options.count()),
        }
    }
}

/// Random numbers by a seed: the same on every machine.
///
/// # Examples
///
/// ```
/// use rehearsal_engine::Numbers;
///
/// let mut dice = Numbers::new(7);
/// let thrown: Vec<usize> = (0..4).map(|_| 1 + dice.below(6)).collect();
/// assert_eq!(thrown, [4, 3, 4, 4]);
/// ```
#[derive(Debug, Clone)]
pub struct Numbers(ChaCha8Rng);

impl Numbers {
    /// Those of a seed, from the first.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The next one, below `bound`, each as likely as the others; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(below(&mut self.0, bound)).unwrap_or(0)
    }

    /// The next one, whatever it is.
    pub(crate) fn draw(&mut self) -> u64 {
        below(&mut self.0, u64::MAX)
    }

    /// Puts things into any order, each as likely as the others.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// A number below `bound`, each as likely as the others; 0 if there is none. The bias of the remainder is less than one
/// in 2^32 for every bound that a run asks for.
fn below(numbers: &mut ChaCha8Rng, bound: u64) -> u64 {
    numbers.next_u64().checked_rem(bound).unwrap_or(0)
}

/// Where in a UUID the digits of each byte stand.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// How many ids are remembered: about what a short run needs.
const REMEMBERED: usize = 32;

thread_local! {
    /// The first ids, and what makes those behind them. One for each thread: what threads share, they wait for.
    static FIRST: ([SmolStr; REMEMBERED], ChaCha8Rng) = {
        let mut numbers = ChaCha8Rng::seed_from_u64(0);
        (std::array::from_fn(|_| uuid(&mut numbers)), numbers)
    };
}

/// Makes ids; the same ids in every run.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// How many of the first were given out.
    given: usize,
    /// What makes the others.
    others: Option<ChaCha8Rng>,
}

impl Ids {
    /// The ids that go with a number; those of every run are those of 0.
    pub(crate) fn of(number: u64) -> Self {
        match number {
            0 => Self::default(),
            seed => Self { given: REMEMBERED, others: Some(ChaCha8Rng::seed_from_u64(seed)) },
        }
    }

    /// The ids of a run that goes on from a recorded one: others than those that may be in it.
    pub(crate) fn behind(run_id: &str, events: usize) -> Self {
        // FNV-1a, so that each run and each moment has its own.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = run_id.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
        let seed = (events as u64).to_be_bytes().into_iter().fold(seed, hash);
        Self { given: REMEMBERED, others: Some(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> SmolStr {
        FIRST.with(|(first, numbers)| {
            if let Some(id) = first.get(self.given) {
                self.given += 1;
                return id.clone();
            }
            uuid(self.others.get_or_insert_with(|| numbers.clone()))
        })
    }
}

/// A UUID of version 4.
fn uuid(numbers: &mut ChaCha8Rng) -> SmolStr {
    let bits = (u128::from(numbers.next_u64()) << 64) | u128::from(numbers.next_u64());
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let mut text = [b'-'; 36];
    for (byte, place) in bits.to_be_bytes().into_iter().zip(PLACES) {
        text[place] = digit(byte >> 4);
        text[place + 1] = digit(byte & 0xf);
    }
    core::str::from_utf8(&text).expect("digits and dashes are text").into()
}

/// The UUID of version 7 that has these random bits and was made at this time: milliseconds in its first digits.
pub(crate) fn version_7(random: &str, at: Timestamp) -> SmolStr {
    let millis = at.as_nanos() / 1_000_000;
    let (high, low) = ((millis >> 16) & 0xffff_ffff, millis & 0xffff);
    let rest = random.get(15..).unwrap_or_default();
    format!("{high:08x}-{low:04x}-7{rest}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::BEGINNING;

    #[test]
    fn a_deadline_is_moved_in_one_of_four_cases_and_changes_no_other_answer() {
        let (mut asked, mut plain) = (RandomChooser::new(7), RandomChooser::new(7));
        let mut taken = [0; 4];
        for nth in 0..400 {
            taken[ask(&mut asked, ChoiceKind::Late, nth, 4)] += 1;
            let next = ask(&mut asked, ChoiceKind::Next, nth, 3);
            assert_eq!(next, ask(&mut plain, ChoiceKind::Next, nth, 3));
        }
        assert!((250..350).contains(&taken[0]), "{taken:?}");
        assert!(taken.iter().all(|count| *count > 15), "{taken:?}");
        assert_eq!(ask(&mut asked, ChoiceKind::Late, 400, 1), 0);
    }

    #[test]
    fn an_id_looks_like_a_uuid_of_version_4() {
        assert_eq!(Ids::default().uuid(), "b585f767-a79a-4b6c-b746-a55fbad8c037");
        let run = version_7("b585f767-a79a-4b6c-b746-a55fbad8c037", BEGINNING);
        assert_eq!(run, "019b76da-a800-7b6c-b746-a55fbad8c037");
    }

    #[test]
    fn ids_that_are_remembered_are_those_that_would_be_made() {
        for _each_run_begins_anew in 0..2 {
            let (mut ids, mut numbers) = (Ids::default(), ChaCha8Rng::seed_from_u64(0));
            for nth in 0..3 * REMEMBERED {
                assert_eq!(ids.uuid(), uuid(&mut numbers), "{nth}");
            }
        }
    }

    fn ask(chooser: &mut RandomChooser, kind: ChoiceKind, nth: u32, options: usize) -> usize {
        chooser.choose(ChoiceKey { kind, execution: 0, nth }, Options::alike(options))
    }

    #[test]
    fn every_option_is_taken_and_none_that_is_not_there() {
        let mut chooser = RandomChooser::new(1);
        let mut taken = [0_u32; 3];
        for nth in 0..300 {
            taken[ask(&mut chooser, ChoiceKind::Next, nth, 3)] += 1;
        }
        assert!(taken.iter().all(|&count| count > 60), "{taken:?}");
    }

    #[test]
    fn a_run_is_canceled_twice_at_most_and_most_runs_are_canceled() {
        let cancels = |seed| {
            let mut chooser = RandomChooser::new(seed);
            (0..60).filter(|&nth| ask(&mut chooser, ChoiceKind::Cancel, nth, 3) != 0).count()
        };
        let counts: Vec<usize> = (0..100).map(cancels).collect();
        assert!(counts.iter().all(|&count| count <= 2));
        for count in 0..=2 {
            let runs = counts.iter().filter(|&&other| other == count).count();
            assert!(runs > 10, "{runs} of 100 runs are canceled {count} times");
        }
    }

    #[test]
    fn workers_die_twice_at_most_and_also_late_in_a_long_run() {
        let crashes = |seed| -> Vec<u32> {
            let mut chooser = RandomChooser::new(seed);
            (0..60).filter(|&nth| ask(&mut chooser, ChoiceKind::Crash, nth, 2) != 0).collect()
        };
        let runs: Vec<Vec<u32>> = (0..200).map(crashes).collect();
        assert!(runs.iter().all(|crashes| crashes.len() <= 2));
        for (part, least) in [(0..20, 60), (20..40, 20), (40..60, 10)] {
            let struck = runs.iter().filter(|run| run.iter().any(|nth| part.contains(nth))).count();
            assert!(struck >= least, "{struck} of 200 runs have a crash in the tasks {part:?}");
        }
    }

    #[test]
    fn faults_strike_twice_at_most_in_half_of_the_runs_and_change_no_other_answer() {
        let mut struck = Vec::new();
        for seed in 0..200 {
            let (mut asked, mut plain) = (RandomChooser::new(seed), RandomChooser::new(seed));
            let mut faults = 0;
            for nth in 0..60 {
                let answer = ask(&mut asked, ChoiceKind::Report, nth, 5);
                assert!(answer < 5);
                faults += usize::from(answer != 0);
                let next = ask(&mut asked, ChoiceKind::Next, nth, 3);
                assert_eq!(next, ask(&mut plain, ChoiceKind::Next, nth, 3));
            }
            struck.push(faults);
        }
        let runs = |count| struck.iter().filter(|&&faults| faults == count).count();
        assert!(struck.iter().all(|&faults| faults <= 2));
        assert!((90..140).contains(&runs(0)) && runs(1) > 5 && runs(2) > 40, "{struck:?}");
    }

    /// The numbers of a seed are promised: tapes come from them, and the seeds of reports.
    #[test]
    fn a_seed_gives_these_answers() {
        let mut chooser = RandomChooser::new(2026);
        let next: Vec<usize> =
            (0..16).map(|nth| ask(&mut chooser, ChoiceKind::Next, nth, 10)).collect();
        assert_eq!(next, [1, 4, 2, 6, 1, 7, 4, 0, 6, 0, 3, 7, 8, 1, 3, 5]);
    }
}
