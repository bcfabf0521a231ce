//! Local activities in the state of a run.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use rehearsal_activation::{
    ActivityResolution, Asked, LocalResolution, ScheduleLocalActivity, Seq, WorkflowCommand,
};
use rehearsal_history::SmolStr;

use super::{State, asked_for};
use crate::error::WorkflowError;
use crate::operation::{Kind, Operation, Outcome};
use crate::scope::ScopeId;

/// The local activities of a run.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    /// Those that the worker has, each with what workflow code waits for.
    pub(super) pending: BTreeMap<Seq, (Rc<Operation>, Rc<Operation>)>,
    /// Those whose next attempt is to wait: which it is, and for how long.
    backoffs: BTreeMap<Seq, (u32, Duration)>,
}

impl State {
    /// Workflow code asks for one: what it waits for.
    pub(crate) fn begin_local(&mut self, scope: ScopeId, name: &SmolStr) -> Rc<Operation> {
        self.advance();
        self.note_asked(Asked::Activity(name.clone()));
        let kind = Kind::Local { name: name.clone() };
        Rc::new(Operation::new(self.ticket(), scope, Seq(0), kind))
    }

    /// Asks for one, or again for one that has waited; its number is filled in. In a scope that is canceled the cancel
    /// follows at once.
    pub(crate) fn schedule_local(
        &mut self,
        scope: ScopeId,
        command: ScheduleLocalActivity,
        whole: &Rc<Operation>,
    ) -> Rc<Operation> {
        self.advance();
        // Activities of both kinds share their numbers (I-1).
        self.activities += 1;
        let seq = Seq(self.activities);
        let kind = Kind::LocalAttempts { name: command.activity_type.clone() };
        let operation = Rc::new(Operation::new(self.ticket(), scope, seq, kind));
        let command = Box::new(ScheduleLocalActivity { seq, ..command });
        self.commands.push(WorkflowCommand::ScheduleLocalActivity(command));
        self.locals.pending.insert(seq, (Rc::clone(&operation), Rc::clone(whole)));
        self.bind(&operation);
        operation
    }

    /// What workflow code waits for has ended.
    pub(crate) fn end_local(&mut self, whole: &Rc<Operation>, outcome: Outcome) {
        self.advance();
        self.end(whole, outcome);
    }

    /// How long the next attempt is to wait, if it is.
    pub(crate) fn take_backoff(&mut self, seq: Seq) -> Option<(u32, Duration)> {
        self.locals.backoffs.remove(&seq)
    }

    /// One has ended, or is to wait. An error if it was never asked for.
    pub(crate) fn resolve_local(
        &mut self,
        seq: Seq,
        resolution: LocalResolution,
    ) -> Result<(), String> {
        let Some((operation, _)) = self.locals.pending.get(&seq).cloned() else {
            return asked_for(seq, self.activities)
                .ok_or_else(|| format!("local activity {seq} ended, which was never scheduled"));
        };
        let outcome = match resolution {
            LocalResolution::Ended(ActivityResolution::Completed(result)) => Ok(result),
            LocalResolution::Ended(
                ActivityResolution::Failed(failure) | ActivityResolution::Canceled(failure),
            ) => Err(WorkflowError::from(failure)),
            LocalResolution::Backoff { attempt, after, .. } => {
                self.locals.backoffs.insert(seq, (attempt, after));
                Ok(None)
            }
        };
        self.end(&operation, outcome);
        Ok(())
    }
}
