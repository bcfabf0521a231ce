//! What a run is asked that a sweep answers: the questions in their order.
//!
//! A run is made once more to hear them, by a chooser that listens. So no other run pays for it.

use rehearsal_engine::{ChoiceKind, Outcome, Patience, Question, Record, Scenario, Tape};

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

/// Makes the run of a tape, without looking for anything wrong, and says what it is asked.
pub(crate) fn listen(scenario: &Scenario, tape: &Tape, patience: Patience) -> Heard {
    let (Outcome { record, .. }, mut questions) = scenario.run_and_list(tape, patience);
    questions
        .retain(|question| question.key.kind == ChoiceKind::Cancel || strikes(question.key.kind));
    Heard { questions, record }
}
