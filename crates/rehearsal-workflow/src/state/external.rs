//! Signals and cancels of other workflows in the state of a run. No scope cancels them (C-46).

use std::rc::Rc;

use rehearsal_activation::{CancelExternal, Seq, SignalExternal, WorkflowCommand};
use rehearsal_history::Failure;

use super::{State, asked_for};
use crate::error::WorkflowError;
use crate::operation::{Kind, Operation};
use crate::scope::ScopeId;

impl State {
    /// Asks for a signal; its number is filled in. One to no id fails at once, as in Go.
    pub(crate) fn signal_external(&mut self, signal: SignalExternal) -> Rc<Operation> {
        self.advance();
        let workflow_id = signal.target.workflow_id.clone();
        let kind = Kind::Signal { name: signal.name.clone(), workflow_id };
        if signal.target.workflow_id.is_empty() {
            return self.nobody(kind);
        }
        self.external_signals += 1;
        let seq = Seq(self.external_signals);
        let operation = Rc::new(Operation::new(self.ticket(), ScopeId::ROOT, seq, kind));
        self.pending_signals.insert(seq, Rc::clone(&operation));
        let command = Box::new(SignalExternal { seq, ..signal });
        self.commands.push(WorkflowCommand::SignalExternalWorkflow(command));
        operation
    }

    /// Asks for a cancel; its number is filled in. One of no id fails at once, as in Go.
    pub(crate) fn cancel_external(&mut self, cancel: CancelExternal) -> Rc<Operation> {
        self.advance();
        let kind = Kind::Cancel { workflow_id: cancel.target.workflow_id.clone() };
        if cancel.target.workflow_id.is_empty() {
            return self.nobody(kind);
        }
        self.external_cancels += 1;
        let seq = Seq(self.external_cancels);
        let operation = Rc::new(Operation::new(self.ticket(), ScopeId::ROOT, seq, kind));
        self.pending_cancels.insert(seq, Rc::clone(&operation));
        let command = Box::new(CancelExternal { seq, ..cancel });
        self.commands.push(WorkflowCommand::RequestCancelExternalWorkflow(command));
        operation
    }

    fn nobody(&mut self, kind: Kind) -> Rc<Operation> {
        let operation = Rc::new(Operation::new(self.ticket(), ScopeId::ROOT, Seq(0), kind));
        self.end(&operation, Err(WorkflowError::new("workflowId is not set")));
        operation
    }

    /// A signal has arrived, or not.
    pub(crate) fn resolve_signal_external(
        &mut self,
        seq: Seq,
        failure: Option<Box<Failure>>,
    ) -> Result<(), String> {
        let Some(operation) = self.pending_signals.get(&seq).cloned() else {
            return asked_for(seq, self.external_signals)
                .ok_or_else(|| format!("signal {seq} arrived, which was never sent"));
        };
        self.end(&operation, failure.map_or(Ok(None), |failure| Err(WorkflowError::from(failure))));
        Ok(())
    }

    /// A cancel has arrived, or not.
    pub(crate) fn resolve_cancel_external(
        &mut self,
        seq: Seq,
        failure: Option<Box<Failure>>,
    ) -> Result<(), String> {
        let Some(operation) = self.pending_cancels.get(&seq).cloned() else {
            return asked_for(seq, self.external_cancels)
                .ok_or_else(|| format!("cancel {seq} arrived, which was never sent"));
        };
        self.end(&operation, failure.map_or(Ok(None), |failure| Err(WorkflowError::from(failure))));
        Ok(())
    }
}
