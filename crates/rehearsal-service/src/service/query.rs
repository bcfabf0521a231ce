//! Queries: asked, taken and answered (§2.3).

use alloc::boxed::Box;
use alloc::vec;

use rehearsal_history::Timestamp;

use super::Service;
use crate::error::RequestError;
use crate::input::{Answer, Outbox, QueryInput};

impl Service {
    /// What is done about a query.
    pub(super) fn query(
        &mut self,
        now: Timestamp,
        input: QueryInput,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        match input {
            QueryInput::Ask { target, query, until } => {
                let run = self.find(&target)?;
                self.within(now, run, out, |run, turn| run.ask(turn, query, until))?;
            }
            QueryInput::AskAgain { run, query } => {
                self.within(now, run, out, |run, turn| run.ask_again(turn, &query))?;
            }
            QueryInput::Forget { target, query } => {
                let run = self.find(&target)?;
                self.within(now, run, out, |run, _| run.forget_query(&query));
            }
            QueryInput::Take { run, query, cached } => {
                let task = self.within(now, run, out, |run, _| run.start_query(&query, cached))?;
                return Ok(Answer::Query(Box::new(task)));
            }
            QueryInput::ResetStickiness { run } => {
                self.within(now, run, out, |run, _| run.reset_stickiness());
            }
            QueryInput::Answer { run, answer } => {
                self.within(now, run, out, |run, turn| run.answer_queries(turn, vec![answer]));
            }
        }
        Ok(Answer::Done)
    }
}
