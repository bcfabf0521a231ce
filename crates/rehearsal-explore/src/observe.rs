//! Watching runs from outside: before each and after each.

use std::fmt;

use rehearsal_engine::{Outcome, Tape};

use crate::campaign::Found;
use crate::saved::Saved;

/// What gives the answers of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    /// The answers themselves.
    Tape(Tape),
    /// A seed of [`RandomChooser`](rehearsal_engine::RandomChooser): the answers are known when the run has ended.
    Seed(u64),
    /// A seed of [`PctChooser`](rehearsal_engine::PctChooser), which also draws the depth, from 2 to 4.
    Pct(u64),
}

/// `tape cancel.0.17=1`, `seed 7` or `pct 7`; a calm tape is the bare word, and one that is loose has that word for `tape`.
impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tape(tape) if tape.is_empty() => f.write_str("tape"),
            Self::Tape(tape) if tape.is_loose() => write!(f, "loose {tape}"),
            Self::Tape(tape) => write!(f, "tape {tape}"),
            Self::Seed(seed) => write!(f, "seed {seed}"),
            Self::Pct(seed) => write!(f, "pct {seed}"),
        }
    }
}

/// Is told of the runs that are made: of those that are examined, and of those that are made to see what they are asked before
/// a pair of strikes or a variant is drawn. It is not told of the calm run that single strikes are drawn from, of runs in which
/// a sweep hears what else can strike, of walks that an exhaustive search makes ahead of a run, and of the first repetition
/// of a run before it is made smaller. With several threads it is called from all of them.
///
/// A run that never comes back is one that was begun and did not end: whoever writes down what begins knows which.
pub trait Observer: Sync {
    /// A run is about to begin.
    fn begins(&self, _choices: &Choices) {}

    /// That run has ended. It was examined, unless it was made to see what it is asked, before a pair of strikes or a variant
    /// is drawn.
    fn ended(&self, _choices: &Choices, _outcome: &Outcome) {}

    /// A run that fails is made smaller, and another try has ended. Not called while runs are made in search of one.
    fn shrinks(&self, _progress: &Shrinking) {}

    /// Whether a campaign goes on: asked before each of its runs, from whichever thread makes it. A sweep of cancels or of
    /// single faults is asked behind each of its runs but the first, and that run counts only if it goes on.
    fn goes_on(&self) -> bool {
        true
    }

    /// Something is wrong that was not known to be, and its run is shrunk. A campaign that goes on where it was stopped tells
    /// of what it had found before, too.
    fn found(&self, _found: &Found) {}

    /// A campaign has made the runs that it begins with. Those at these places of its corpus, from 0, did nothing that the
    /// calm run and the others do not do: nobody needs them any more.
    fn begun(&self, _superfluous: &[usize]) {}

    /// A campaign has made one more generation of runs.
    fn progressed(&self, _progress: &Progress<'_>) {}
}

/// How far shrinking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrinking {
    /// How many tapes were tried so far.
    pub tries: u32,
    /// How many are tried at most.
    pub most: u32,
    /// How many answers the smallest tape has that fails so far.
    pub answers: usize,
}

/// How far a campaign has got.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// How many runs it makes, of its shard.
    pub of: u32,
    /// How many different things are wrong.
    pub found: usize,
    /// Where it stands: it can go on from here if it is stopped.
    pub saved: &'a Saved,
    /// The runs so far that saw something new, in order.
    pub corpus: &'a [Tape],
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// Both are told; it goes on as long as both want that.
impl Observer for (&dyn Observer, &dyn Observer) {
    fn begins(&self, choices: &Choices) {
        self.0.begins(choices);
        self.1.begins(choices);
    }

    fn ended(&self, choices: &Choices, outcome: &Outcome) {
        self.0.ended(choices, outcome);
        self.1.ended(choices, outcome);
    }

    fn shrinks(&self, progress: &Shrinking) {
        self.0.shrinks(progress);
        self.1.shrinks(progress);
    }

    fn goes_on(&self) -> bool {
        self.0.goes_on() && self.1.goes_on()
    }

    fn found(&self, found: &Found) {
        self.0.found(found);
        self.1.found(found);
    }

    fn begun(&self, superfluous: &[usize]) {
        self.0.begun(superfluous);
        self.1.begun(superfluous);
    }

    fn progressed(&self, progress: &Progress<'_>) {
        self.0.progressed(progress);
        self.1.progressed(progress);
    }
}
