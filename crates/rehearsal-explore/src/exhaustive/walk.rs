//! The walk: depth first through all answers, and around what another order of steps has shown already.
//!
//! A run is a path through a tree, in which every question is a fork. The walk keeps one path. What is behind its last
//! fork was seen, so that one gets its next answer, and the run is made again with what the path says, and calm answers
//! from there on; when a fork has no answer left, the one before it is the last.
//!
//! Reduction is by sleep sets (Godefroid, *Partial-Order Methods for the Verification of Concurrent Systems*, 1996). Where
//! one of two steps can come first, and they commute, both orders lead to the same state. So when all that begins with one
//! of them was seen, that one *sleeps* behind the other: it is not begun there, and wakes up behind any step that it does
//! not commute with. No state is missed, and no run in which a step is taken that sleeps says anything new.

use std::cell::RefCell;
use std::rc::Rc;

use rehearsal_engine::{
    ChoiceKey, ChoiceKind, Chooser, Options, Patience, Scenario, Step, StepName, Tape,
};

use super::bounds::{Bounds, Left};

/// A question on the path that has more than one answer.
#[derive(Debug, Clone)]
struct Fork {
    key: ChoiceKey,
    /// How many answers it has.
    options: usize,
    answer: usize,
    /// The steps that the answers are, of an order.
    steps: Vec<Option<StepName>>,
    /// The state in which it was asked.
    state: usize,
}

/// A state on the path: where a step has ended, and another one, or a cancel, comes.
#[derive(Debug, Clone, Default)]
struct State {
    /// What is not begun here.
    asleep: Vec<Step>,
    /// What was begun here, and all behind it was seen.
    tried: Vec<Step>,
    /// What comes next on the path.
    step: Option<Step>,
}

impl State {
    /// The state behind `step`.
    fn behind(&self, step: &Step) -> Self {
        let sleeps = |other: &&Step| other.name.is_some() && other.commutes_with(step);
        let asleep = self.asleep.iter().chain(&self.tried).filter(sleeps).cloned().collect();
        Self { asleep, ..Self::default() }
    }
}

/// Makes all runs, one after another, and looks at none of them.
pub(super) struct Walk<'a> {
    scenario: &'a Scenario,
    bounds: Bounds,
    path: Rc<RefCell<Path>>,
    /// How many runs were begun.
    made: u32,
    end: Option<End>,
}

/// A run of the walk.
#[derive(Debug)]
pub(super) enum Ahead {
    /// It was left where nothing new could come.
    Cut,
    /// One that says something new.
    Run {
        /// Its answers.
        tape: Tape,
        /// Where the walk stood behind it.
        stood: Stood,
    },
}

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All runs are made.
    Whole,
    /// There may be more, and no more may be made.
    Enough,
    /// A run went another way than the one before it, up to the answer that is new: it is no function of its answers.
    Strayed,
}

/// How much a walk has come past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stood {
    /// How many answers were left out, since what they lead to was seen.
    pub(super) left_out: u64,
    /// The most forks of a run.
    pub(super) longest: usize,
}

impl<'a> Walk<'a> {
    /// A walk that begins with the calm run.
    pub(super) fn new(scenario: &'a Scenario, bounds: Bounds) -> Self {
        let path = Rc::new(RefCell::new(Path::new(bounds)));
        Self { scenario, bounds, path, made: 0, end: None }
    }

    /// Why it ended; `None` if it goes on.
    pub(super) const fn end(&self) -> Option<End> {
        self.end
    }

    /// How much it has come past.
    pub(super) fn stood(&self) -> Stood {
        self.path.borrow().stood()
    }
}

impl Iterator for Walk<'_> {
    type Item = Ahead;

    fn next(&mut self) -> Option<Ahead> {
        if self.end.is_none() && self.made >= self.bounds.runs() {
            self.end = Some(End::Enough);
        }
        if self.end.is_some() {
            return None;
        }
        self.made += 1;
        let walker = Walker(Rc::clone(&self.path));
        let outcome = self.scenario.run(Box::new(walker), Patience::MustEnd);
        let mut path = self.path.borrow_mut();
        if path.strayed {
            self.end = Some(End::Strayed);
            return None;
        }
        let stood = path.stood();
        let ahead = if path.over { Ahead::Cut } else { Ahead::Run { tape: outcome.tape, stood } };
        if !path.advance() {
            self.end = Some(End::Whole);
        }
        Some(ahead)
    }
}

/// The path of the last run, and how far the next one follows it.
#[derive(Debug)]
struct Path {
    bounds: Bounds,
    forks: Vec<Fork>,
    states: Vec<State>,
    /// How many of the forks the run that goes on has passed.
    passed: usize,
    /// The state that it is in.
    state: usize,
    left: Left,
    /// Whether a question was a fork since the last step ended that is neither the order nor a cancel.
    inner: bool,
    /// Whether the run took a step that sleeps.
    over: bool,
    /// Whether it was asked something else than the run before on the same path, up to the answer that is new.
    strayed: bool,
    /// As in [`Stood`].
    left_out: u64,
    longest: usize,
}

impl Path {
    /// The path of the calm run.
    fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            forks: Vec::new(),
            states: vec![State::default()],
            passed: 0,
            state: 0,
            left: bounds.left(),
            inner: false,
            over: false,
            strayed: false,
            left_out: 0,
            longest: 0,
        }
    }

    const fn stood(&self) -> Stood {
        Stood { left_out: self.left_out, longest: self.longest }
    }

    /// Goes on to the next path. Returns whether there is one.
    fn advance(&mut self) -> bool {
        self.longest = self.longest.max(self.forks.len());
        let found = self.turn();
        (self.passed, self.state, self.left) = (0, 0, self.bounds.left());
        (self.inner, self.over) = (false, false);
        found
    }

    /// Gives the last fork that has another answer its next one.
    fn turn(&mut self) -> bool {
        while let Some(mut fork) = self.forks.pop() {
            self.states.truncate(fork.state + 1);
            if let Some(state) = self.states.last_mut() {
                state.tried.extend(state.step.take());
            }
            for answer in fork.answer + 1..fork.options {
                if self.is_known(&fork, answer) {
                    self.left_out += 1;
                } else {
                    fork.answer = answer;
                    self.forks.push(fork);
                    return true;
                }
            }
        }
        false
    }

    /// Whether an answer begins what was seen already, here or before a step that commutes with it.
    fn is_known(&self, fork: &Fork, answer: usize) -> bool {
        if !self.bounds.reduces() {
            return false;
        }
        let state = &self.states[fork.state];
        let is = |name: StepName| move |step: &Step| step.name == Some(name);
        match fork.key.kind {
            ChoiceKind::Next => fork.steps[answer].is_some_and(|name| {
                // The same step twice in the line is one step.
                let again = fork.steps[..answer].contains(&Some(name));
                again || state.asleep.iter().any(is(name))
            }),
            ChoiceKind::Cancel if answer > 0 => {
                // Whatever would have come next, the cancel comes before it.
                let name = StepName::cancel_of(fork.key.execution);
                state.asleep.iter().chain(&state.tried).any(is(name))
            }
            _ => false,
        }
    }

    fn ask(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        let count = self.bounds.answers(key.kind, options.count(), self.left);
        if count < 2 || self.over {
            return 0;
        }
        self.inner |= !matches!(key.kind, ChoiceKind::Next | ChoiceKind::Cancel);
        if self.passed == self.forks.len() {
            let steps = match key.kind {
                ChoiceKind::Next => options.iter().map(|choice| choice.step).collect(),
                _ => Vec::new(),
            };
            let state = self.state;
            let mut fork = Fork { key, options: count, answer: 0, steps, state };
            // Where all sleep the first is taken: a cancel may come before it.
            let awake = (0..count).find(|&answer| !self.is_known(&fork, answer));
            fork.answer = awake.unwrap_or(0);
            self.left_out += u64::try_from(fork.answer).unwrap_or(u64::MAX);
            self.forks.push(fork);
        }
        let fork = &self.forks[self.passed];
        self.strayed |= fork.key != key || fork.options != count;
        if self.strayed {
            return 0;
        }
        self.passed += 1;
        self.left.take(key.kind, fork.answer);
        fork.answer
    }

    fn stepped(&mut self, step: &Step) {
        // What changes nothing leads to where the run was: in circles, if it can be done again.
        let idle = step.touched.is_empty();
        if !self.bounds.reduces() {
            self.over |= idle && !step.name.is_some_and(StepName::is_cancel);
            return;
        }
        self.over |= idle;
        let state = &mut self.states[self.state];
        self.over |= step
            .name
            .is_some_and(|name| state.asleep.iter().any(|asleep| asleep.name == Some(name)));
        // Whether something strikes in a step is asked in it: then it is as many steps as there are answers.
        let step = if self.inner { Step::unknown() } else { step.clone() };
        self.inner = false;
        state.step = Some(step.clone());
        self.state += 1;
        if self.state == self.states.len() {
            let behind = self.states[self.state - 1].behind(&step);
            self.states.push(behind);
        }
    }
}

/// Answers as the path says.
struct Walker(Rc<RefCell<Path>>);

impl Chooser for Walker {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        self.0.borrow_mut().ask(key, options)
    }

    fn watches(&self) -> bool {
        true
    }

    fn stepped(&mut self, step: &Step) {
        self.0.borrow_mut().stepped(step);
    }

    fn is_over(&self) -> bool {
        self.0.borrow().over
    }
}
