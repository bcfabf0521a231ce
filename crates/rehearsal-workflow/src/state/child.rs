//! Children in the state of a run.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rehearsal_activation::{
    Asked, ChildResolution, ChildStart, Flag, Seq, StartChild, WorkflowCommand,
};

use super::{State, asked_for};
use crate::child::{Child, ChildExecution};
use crate::error::WorkflowError;
use crate::operation::{ChildName, Kind, Operation};
use crate::scope::ScopeId;

impl State {
    /// Asks for a child; its number is filled in. In a scope that is canceled nothing is asked for (C-42), nor for a
    /// child whose id another has that has not ended (`startChildWorkflowExecution` in
    /// `internal_command_state_machine.go`, sdk-go 1.47).
    pub(crate) fn start_child(&mut self, scope: ScopeId, child: StartChild) -> Rc<Child> {
        self.advance();
        let refused = if self.scopes.is_canceled(scope) {
            Some(WorkflowError::canceled())
        } else {
            let in_use =
                child.workflow_id.as_ref().is_some_and(|id| self.child_ids.contains_key(id));
            in_use.then(WorkflowError::child_already_started)
        };
        if let Some(error) = refused {
            let refused = self.child(scope, Seq(0), &child);
            let in_use = !error.is_canceled();
            if in_use {
                self.commands.push(WorkflowCommand::ChildIdInUse);
            }
            if !in_use || !self.missing_flags.contains(Flag::ChildWorkflowErrorExecution) {
                self.end(&refused.start, Err(error.clone()));
            }
            self.end(&refused.end, Err(error));
            return refused;
        }
        self.note_asked(Asked::Child(child.workflow_type.clone()));
        self.children += 1;
        let seq = Seq(self.children);
        let asked = self.child(scope, seq, &child);
        if let Some(id) = &child.workflow_id {
            self.child_ids.insert(id.clone(), seq);
        }
        self.pending_children.insert(seq, Rc::clone(&asked));
        let command = StartChild { seq, ..child };
        self.commands.push(WorkflowCommand::StartChildWorkflow(Box::new(command)));
        asked
    }

    fn child(&mut self, scope: ScopeId, seq: Seq, child: &StartChild) -> Rc<Child> {
        let name = ChildName {
            workflow_type: child.workflow_type.clone(),
            workflow_id: child.workflow_id.clone().map_or_else(OnceCell::new, OnceCell::from),
        };
        let start = Operation::new(self.ticket(), scope, seq, Kind::ChildStart(name.clone()));
        let end = Operation::new(self.ticket(), scope, seq, Kind::Child(name));
        let (start, end) = (Rc::new(start), Rc::new(end));
        Rc::new(Child { start, end, execution: RefCell::new(None) })
    }

    /// A child runs, or could not be started. Only once it runs it can be canceled with its scope (C-42): at once, if
    /// that is canceled by now.
    pub(crate) fn resolve_child_start(
        &mut self,
        seq: Seq,
        resolution: ChildStart,
    ) -> Result<(), String> {
        let Some(child) = self.pending_children.get(&seq).cloned() else {
            return asked_for(seq, self.children)
                .ok_or_else(|| format!("child {seq} was started, which was never asked for"));
        };
        match resolution {
            ChildStart::Started { workflow_id, run_id } => {
                for operation in [&child.start, &child.end] {
                    if let Kind::ChildStart(name) | Kind::Child(name) = &operation.kind {
                        name.workflow_id.get_or_init(|| workflow_id.clone());
                    }
                }
                child.execution.replace(Some(ChildExecution::new(workflow_id, run_id)));
                child.end.bound.set(self.ticket());
                self.bind(&child.end);
                self.end(&child.start, Ok(None));
            }
            ChildStart::Failed { failure, .. } | ChildStart::Canceled(failure) => {
                self.end(&child.end, Err(WorkflowError::from(failure.clone())));
                self.end(&child.start, Err(WorkflowError::from(failure)));
            }
        }
        Ok(())
    }

    /// A child has ended.
    pub(crate) fn resolve_child(
        &mut self,
        seq: Seq,
        resolution: ChildResolution,
    ) -> Result<(), String> {
        let Some(child) = self.pending_children.get(&seq).cloned() else {
            return asked_for(seq, self.children)
                .ok_or_else(|| format!("child {seq} ended, which was never asked for"));
        };
        let outcome = match resolution {
            ChildResolution::Completed(result) => Ok(result),
            ChildResolution::Failed(failure) | ChildResolution::Canceled(failure) => {
                Err(WorkflowError::from(failure))
            }
        };
        self.end(&child.end, outcome);
        Ok(())
    }
}
