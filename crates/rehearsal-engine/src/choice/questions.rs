//! What a run is asked: the list from which strikes are drawn.

use std::cell::RefCell;
use std::rc::Rc;

use crate::choice::{ChoiceKey, ChoiceKind, Chooser, Options, Tape};
use crate::outcome::Outcome;
use crate::run::Patience;
use crate::scenario::Scenario;

/// A question that a run was asked, and how many answers it has: two at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Which one.
    pub key: ChoiceKey,
    /// How many answers it has, the calm one among them.
    pub options: usize,
}

impl Scenario {
    /// Makes the run of a tape, and lists all that it is asked that has more than one answer, in order, up to its horizon if
    /// it has one. Nothing is checked.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_engine::{Patience, Scenario, Tape};
    ///
    /// let nobody_home = Scenario::new("nobody-home");
    /// let (outcome, asked) = nobody_home.run_and_list(&Tape::calm(), Patience::MayStayOpen);
    /// assert_eq!((outcome.executions.len(), asked.len()), (0, 0));
    /// ```
    #[must_use]
    pub fn run_and_list(&self, tape: &Tape, patience: Patience) -> (Outcome, Vec<Question>) {
        let asked = Rc::default();
        let noting = Noting { tape: tape.clone(), asked: Rc::clone(&asked) };
        let outcome = self.run(Box::new(noting), patience);
        let mut asked = asked.take();
        if outcome.record.horizon.is_some() {
            // The first execution is asked about at every step, and what lies behind the horizon is not in the record.
            let points = outcome.record.points.len();
            let is_behind = |question: &Question| {
                let key = question.key;
                let at = usize::try_from(key.nth).unwrap_or(usize::MAX);
                key.kind == ChoiceKind::Cancel && key.execution == 0 && at >= points
            };
            let kept = asked.iter().position(is_behind).unwrap_or(asked.len());
            asked.truncate(kept);
        }
        (outcome, asked)
    }
}

/// Answers as a tape does, and keeps what it was asked.
struct Noting {
    tape: Tape,
    asked: Rc<RefCell<Vec<Question>>>,
}

impl Chooser for Noting {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        let count = options.count();
        if count > 1 {
            self.asked.borrow_mut().push(Question { key, options: count });
        }
        self.tape.choose(key, options)
    }
}
