//! Lanes: what a campaign has learned from its runs, and which run comes next because of it.
//!
//! A run that saw something that no run of its lane had seen before is kept, and varied later on. A lane learns between two
//! generations of runs and in the order of their numbers, so it does not matter how many threads make them; and a lane
//! looks at no other, so it does not matter which shards make the others.

use std::sync::Arc;

use rehearsal_engine::{Outcome, Question, Tape};

use crate::coverage::Coverage;
use crate::mutate::{Parent, variant};
use crate::shard::{LANES, TURNS, lane_of};

/// Which of the turns of a lane are those of variants, if it has anything to vary: from this one on.
const VARIANTS_FROM: u32 = 5;

/// All lanes of a campaign, those of other shards too, which stay as they begin.
#[derive(Debug)]
pub(crate) struct Lanes {
    each: Vec<Lane>,
    /// What all runs did together.
    all: Coverage,
    /// The runs from which a lane has learned, by their numbers.
    kept: Vec<(u32, Tape)>,
    /// Those of them that saw something new to all lanes.
    corpus: Vec<Tape>,
    /// How many of the last runs saw nothing that is new to all lanes.
    quiet: u32,
}

#[derive(Debug, Default)]
struct Lane {
    seen: Coverage,
    parents: Vec<Arc<Parent>>,
}

impl Lanes {
    /// Nothing is learned yet.
    pub(crate) fn new() -> Self {
        Self {
            each: (0..LANES).map(|_| Lane::default()).collect(),
            all: Coverage::default(),
            kept: Vec::new(),
            corpus: Vec::new(),
            quiet: 0,
        }
    }

    /// Has all lanes know a run before they begin, and vary it if it is of any use: the calm run is not, since its
    /// variants are what every campaign tries first.
    pub(crate) fn begin(&mut self, tape: &Tape, did: &Coverage) {
        self.all.add(did);
        let parent = Arc::new(Parent::new(tape.clone()));
        for lane in &mut self.each {
            if lane.seen.add(did) > 0 && !tape.is_empty() {
                lane.parents.push(Arc::clone(&parent));
            }
        }
    }

    /// What a run did that is new to its lane.
    pub(crate) fn news(&self, nth: u32, outcome: &Outcome) -> Coverage {
        self.each[lane_of(nth)].seen.new_in(outcome)
    }

    /// Learns from a run, with what was new in it.
    pub(crate) fn learn(&mut self, nth: u32, tape: &Tape, news: &Coverage) {
        let lane = &mut self.each[lane_of(nth)];
        if lane.seen.add(news) > 0 {
            lane.parents.push(Arc::new(Parent::new(tape.clone())));
            self.kept.push((nth, tape.clone()));
        }
        if self.all.add(news) > 0 {
            self.corpus.push(tape.clone());
            self.quiet = 0;
        } else {
            self.quiet = self.quiet.saturating_add(1);
        }
    }

    /// Learns nothing from a run in which something was found: it is no run that is worth to be varied, since its variants
    /// would find the same. What it did counts if a run does it in which all is well.
    pub(crate) fn pass_over(&mut self, is_new: bool) {
        self.quiet = if is_new { 0 } else { self.quiet.saturating_add(1) };
    }

    /// Goes on where a campaign was stopped.
    pub(crate) fn resume(&mut self, quiet: u32) {
        self.quiet = quiet;
    }

    /// The variant that the run of this number is; `None` if it is not its turn, or its lane has nothing to vary.
    pub(crate) fn variant(
        &self,
        nth: u32,
        seed: u64,
        list: &dyn Fn(&Tape) -> Vec<Question>,
    ) -> Option<Tape> {
        let parents = &self.each[lane_of(nth)].parents;
        let is_turn = nth % TURNS >= VARIANTS_FROM;
        if is_turn { variant(parents, seed, list) } else { None }
    }

    /// What all runs did together.
    pub(crate) const fn all(&self) -> &Coverage {
        &self.all
    }

    /// The runs from which a lane has learned, by their numbers.
    pub(crate) fn kept(&self) -> &[(u32, Tape)] {
        &self.kept
    }

    /// Those of them that saw something new to all lanes.
    pub(crate) fn corpus(&self) -> &[Tape] {
        &self.corpus
    }

    /// How many of the last runs saw nothing new.
    pub(crate) const fn quiet(&self) -> u32 {
        self.quiet
    }
}
