//! What a run is asked: the questions in their order, each with the number of its answers.
//!
//! A run is made once more to hear them, by a chooser that listens. So no other run pays for it.

use std::cell::RefCell;
use std::rc::Rc;

use rehearsal_engine::{ChoiceKey, ChoiceKind, Chooser, Options, Patience, Record, Scenario, Tape};

/// Something that a run was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) key: ChoiceKey,
    /// How many answers it has; the first of them is the calm one.
    pub(crate) answers: usize,
}

/// A run that was listened to.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Whether a cancel or a fault strikes, in the order in which it was asked. Of a run that was left at its horizon, as
    /// far as that.
    pub(crate) questions: Vec<Question>,
    pub(crate) record: Record,
}

/// Whether a sweep has it strike: one of the faults, the death of a worker in a workflow task, an eviction.
pub(crate) fn strikes(kind: ChoiceKind) -> bool {
    kind.is_fault() || matches!(kind, ChoiceKind::Crash | ChoiceKind::Evict)
}

/// Answers as a tape, and writes down what it is asked.
struct Listening {
    tape: Tape,
    heard: Rc<RefCell<Vec<Question>>>,
}

impl Chooser for Listening {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        if key.kind == ChoiceKind::Cancel || strikes(key.kind) {
            self.heard.borrow_mut().push(Question { key, answers: options.count() });
        }
        self.tape.choose(key, options)
    }
}

/// Makes the run of a tape, without looking for anything wrong, and says what it is asked.
pub(crate) fn listen(scenario: &Scenario, tape: &Tape, patience: Patience) -> Heard {
    let heard = Rc::default();
    let listening = Listening { tape: tape.clone(), heard: Rc::clone(&heard) };
    let record = scenario.run(Box::new(listening), patience).record;
    let mut questions = heard.take();
    if record.horizon.is_some() {
        let end = questions.iter().position(|question| {
            let ChoiceKey { kind, execution, nth } = question.key;
            (kind, execution) == (ChoiceKind::Cancel, 0) && nth as usize >= record.points.len()
        });
        questions.truncate(end.unwrap_or(questions.len()));
    }
    Heard { questions, record }
}
