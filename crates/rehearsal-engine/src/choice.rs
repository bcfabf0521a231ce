//! Choices: whatever could go more than one way is asked here, and nowhere else.
//!
//! A run is a pure function of its scenario and of the answers. The answers that are not the calm one (0) are the
//! *tape* of the run: a sparse map, so that one more question somewhere does not shift all the others, and so that
//! shrinking towards zero means towards the ordinary run.

mod bytes;
mod pct;
mod questions;
mod step;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use self::bytes::BytesChooser;
pub use self::pct::PctChooser;
pub use self::questions::Question;
pub use self::step::{Step, StepName, Touched};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChoiceKind {
    /// Which of the things that could happen now happens next.
    Next,
    /// Whether the workflow is canceled here: see [`Injection`].
    Cancel,
    /// Whether the run is dropped from the worker's cache before it takes a workflow task: 1 for yes.
    Evict,
    /// Whether the worker's process dies with a workflow task in its hands, and is started again at once: 1 for yes.
    Crash,
    /// When a deadline goes off that was armed nearer than a second (T-9): 0 as on a shard that has nothing else to do,
    /// others on time, later, or latest, without the one that is 0.
    Late,
    /// Whether the workers are replaced by those with the code that takes over, before one of them takes a workflow task: 1
    /// for yes. Asked only while there is such code and nobody has it yet.
    Deploy,
    /// Whether the worker's process dies with an activity in its hands, and is started again at once: 1 for yes. Asked
    /// before each step of the code of an attempt, and when it has ended and the worker has not said so.
    Die,
    /// What becomes of the end of an attempt on its way to the service: 0 it comes, 1 it is lost, 2 it comes twice, 3 it
    /// comes at the very instant of the attempt's deadline, 4 it comes after that.
    Report,
    /// Whether a heartbeat is lost on its way to the service: 1 for yes.
    Beat,
    /// Whether an attempt fails instead of running its code: 1 for yes. Asked where its retry policy grants another one.
    Fail,
    /// Whether an attempt is slow: 1 for yes, its code begins when half of its time is over; 2 it hangs, its code never runs
    /// and its slot stays taken.
    Slow,
    /// What becomes of a signal of the client: 0 it comes, 1 it comes twice, 2 it comes late, 3 the cancel is requested
    /// right before it, 4 right after it; no worker acts between the two.
    Signal,
    /// Whether a worker that is about to take a task is away for a while: 1 for yes, it polls nothing for 20 s.
    Away,
    /// Whether a worker is too slow with a workflow task: 1 for yes, its answer comes when the task has timed out.
    Stall,
    /// Whether a worker that died in an activity is started again late: 1 for yes, a minute later; 2 never, where another
    /// one does its work. Asked when it has died.
    Back,
    /// What an attempt does whose stub says that it may do something besides: 0 what it is described with, others what it
    /// may do, in the order in which the stub says it.
    Stub,
    /// Whether a client hears that its signal or its update was taken: 1 for no, it is told that its deadline has passed.
    Reply,
}

impl ChoiceKind {
    /// The faults, in an order of no meaning: what strikes activities and those who talk with the service. The death of a
    /// worker in a workflow task, [`Crash`](Self::Crash), has odds of its own and is none of them.
    pub const FAULTS: [Self; 11] = [
        Self::Die,
        Self::Report,
        Self::Beat,
        Self::Fail,
        Self::Slow,
        Self::Signal,
        Self::Away,
        Self::Stall,
        Self::Back,
        Self::Stub,
        Self::Reply,
    ];

    /// Whether it is one of [`FAULTS`](Self::FAULTS).
    #[must_use]
    pub fn is_fault(self) -> bool {
        Self::FAULTS.contains(&self)
    }
}

/// Names a question: the `nth` of its kind about one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChoiceKey {
    /// What is asked.
    pub kind: ChoiceKind,
    /// Which execution it is about, in the order of their starts.
    pub execution: u32,
    /// How many such questions came before it.
    pub nth: u32,
}

impl fmt::Display for ChoiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.kind, self.execution, self.nth)
    }
}

/// As a tape has it.
impl fmt::Display for ChoiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Next => "next",
            Self::Cancel => "cancel",
            Self::Evict => "evict",
            Self::Crash => "crash",
            Self::Late => "late",
            Self::Deploy => "deploy",
            Self::Die => "die",
            Self::Report => "report",
            Self::Beat => "beat",
            Self::Fail => "fail",
            Self::Slow => "slow",
            Self::Signal => "signal",
            Self::Away => "away",
            Self::Stall => "stall",
            Self::Back => "back",
            Self::Stub => "stub",
            Self::Reply => "reply",
        })
    }
}

/// One of the answers that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Who would act: a number that is the same for all that one activity, worker or client does.
    pub actor: u32,
    /// The execution that would be touched.
    pub touches: u32,
    /// The name of the step, if it is one that is known again; `None` for a chooser that does not
    /// [watch](Chooser::watches).
    pub step: Option<StepName>,
}

/// The answers that are offered: how many there are, and what each of them is if somebody wants to know.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    count: usize,
    of: &'a dyn Fn(usize) -> Choice,
}

impl<'a> Options<'a> {
    /// So many, made as they are asked for.
    #[must_use]
    pub const fn new(count: usize, of: &'a dyn Fn(usize) -> Choice) -> Self {
        Self { count, of }
    }

    /// So many that no one can tell apart.
    #[must_use]
    pub fn alike(count: usize) -> Options<'static> {
        Options { count, of: &|_| Choice { actor: 0, touches: 0, step: None } }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The one with this index; `None` if there are fewer.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Choice> {
        (index < self.count).then(|| (self.of)(index))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Choice> + '_ {
        (0..self.count).map(self.of)
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What is done at a point where a cancel may strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Injection {
    /// Nothing: the calm answer.
    None,
    /// The cancel is requested; then what happens next is chosen anew.
    Alone,
    /// The cancel is requested, and what was about to happen happens before any worker can act on it, so that one
    /// workflow task delivers both.
    WithNext,
}

impl Injection {
    /// The answer that stands for it.
    #[must_use]
    pub const fn answer(self) -> usize {
        match self {
            Self::None => 0,
            Self::Alone => 1,
            Self::WithNext => 2,
        }
    }

    /// What an answer stands for; an answer out of range is the calm one.
    #[must_use]
    pub const fn of(answer: usize) -> Self {
        match answer {
            1 => Self::Alone,
            2 => Self::WithNext,
            _ => Self::None,
        }
    }
}

/// Answers the questions of a run.
pub trait Chooser {
    /// The index of the option that is taken. There is at least one option; an index out of range counts as 0.
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize;

    /// Whether it wants to be told what steps touch. It is asked when the run begins.
    fn watches(&self) -> bool {
        false
    }

    /// Is told of a step, or of a cancel, before the next question that is not part of it.
    fn stepped(&mut self, _step: &Step) {}

    /// Whether nobody wants to know how the run goes on: then it ends where it stands. A chooser that does not
    /// [watch](Self::watches) is not asked.
    fn is_over(&self) -> bool {
        false
    }
}

/// Always gives the calm answer: things happen in the order in which they fell due, and nothing strikes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calm;

impl Chooser for Calm {
    fn choose(&mut self, _: ChoiceKey, _: Options<'_>) -> usize {
        0
    }
}

/// The answers of a run that are not 0.
///
/// Two tapes are equal if their answers are.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    answers: BTreeMap<ChoiceKey, usize>,
    loose: bool,
}

impl PartialEq for Tape {
    fn eq(&self, other: &Self) -> bool {
        self.answers == other.answers
    }
}

impl Eq for Tape {}

impl Tape {
    /// The calm run.
    #[must_use]
    pub fn calm() -> Self {
        Self::default()
    }

    /// This tape with one more answer; the calm answer, 0, takes away the one that is there.
    #[must_use]
    pub fn with(mut self, key: ChoiceKey, answer: usize) -> Self {
        if answer == 0 {
            self.answers.remove(&key);
        } else {
            self.answers.insert(key, answer);
        }
        self
    }

    /// This tape for a run that need not ask all of it: answers to questions that are not asked are passed over. Tapes
    /// that are drawn at random are of this kind.
    ///
    /// A tape that somebody wrote, or a run left, is not: a run that does not ask all of it is another run than the one
    /// that is meant, and a scenario refuses it (RH502).
    #[must_use]
    pub fn loose(mut self) -> Self {
        self.loose = true;
        self
    }

    /// Whether a run need not ask all of it.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.loose
    }

    /// This tape with a cancel of the first execution at its `nth` point.
    #[must_use]
    pub fn with_cancel(self, nth: u32, injection: Injection) -> Self {
        self.with_cancel_of(0, nth, injection)
    }

    /// This tape with a cancel of the execution that was the `execution`-th to be started, from 0, at its `nth` point.
    #[must_use]
    pub fn with_cancel_of(self, execution: u32, nth: u32, injection: Injection) -> Self {
        self.with(ChoiceKey { kind: ChoiceKind::Cancel, execution, nth }, injection.answer())
    }

    /// How many answers are not the calm one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether it is the calm run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The answers, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (ChoiceKey, usize)> + '_ {
        self.answers.iter().map(|(&key, &answer)| (key, answer))
    }
}

/// Of several answers to one question the last counts.
impl FromIterator<(ChoiceKey, usize)> for Tape {
    fn from_iter<I: IntoIterator<Item = (ChoiceKey, usize)>>(answers: I) -> Self {
        answers.into_iter().fold(Self::calm(), |tape, (key, answer)| tape.with(key, answer))
    }
}

/// The answers as `cancel.0.17=1`, with commas between; nothing for the calm run.
impl fmt::Display for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, answer)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{key}={answer}")?;
        }
        Ok(())
    }
}

/// Why a text is not a tape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an answer such as `cancel.0.17=1`, found `{found}`")]
pub struct TapeError {
    /// The part that could not be read.
    pub found: String,
}

impl FromStr for Tape {
    type Err = TapeError;

    fn from_str(text: &str) -> Result<Self, TapeError> {
        text.split(',').filter(|part| !part.is_empty()).try_fold(Self::calm(), |tape, part| {
            let answer = parse_answer(part).ok_or_else(|| TapeError { found: part.to_owned() })?;
            Ok(tape.with(answer.0, answer.1))
        })
    }
}

fn parse_answer(part: &str) -> Option<(ChoiceKey, usize)> {
    let (key, answer) = part.split_once('=')?;
    let mut parts = key.split('.');
    let kind = match parts.next()? {
        "next" => ChoiceKind::Next,
        "cancel" => ChoiceKind::Cancel,
        "evict" => ChoiceKind::Evict,
        "crash" => ChoiceKind::Crash,
        "late" => ChoiceKind::Late,
        "deploy" => ChoiceKind::Deploy,
        "die" => ChoiceKind::Die,
        "report" => ChoiceKind::Report,
        "beat" => ChoiceKind::Beat,
        "fail" => ChoiceKind::Fail,
        "slow" => ChoiceKind::Slow,
        "signal" => ChoiceKind::Signal,
        "away" => ChoiceKind::Away,
        "stall" => ChoiceKind::Stall,
        "back" => ChoiceKind::Back,
        "stub" => ChoiceKind::Stub,
        "reply" => ChoiceKind::Reply,
        _ => return None,
    };
    let key = ChoiceKey {
        kind,
        execution: parts.next()?.parse().ok()?,
        nth: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some((key, answer.parse().ok()?))
}

impl Chooser for Tape {
    fn choose(&mut self, key: ChoiceKey, _: Options<'_>) -> usize {
        self.answers.get(&key).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calm_answer_leaves_no_trace() {
        let key = ChoiceKey { kind: ChoiceKind::Evict, execution: 0, nth: 2 };
        let tape = Tape::calm().with(key, 1);
        assert_eq!(tape.len(), 1);
        assert_eq!(tape.with(key, 0), Tape::calm());
        assert_eq!([(key, 1), (key, 0)].into_iter().collect::<Tape>(), Tape::calm());
    }

    #[test]
    fn a_tape_reads_what_it_prints() {
        let tape =
            Tape::calm().with_cancel(17, Injection::Alone).with_cancel(20, Injection::WithNext);
        assert_eq!(tape.to_string(), "cancel.0.17=1,cancel.0.20=2");
        assert_eq!(tape.to_string().parse(), Ok(tape));
        assert_eq!("".parse(), Ok(Tape::calm()));
        assert_eq!(
            "cancel.0".parse::<Tape>().unwrap_err().to_string(),
            "expected an answer such as `cancel.0.17=1`, found `cancel.0`"
        );
    }
}
