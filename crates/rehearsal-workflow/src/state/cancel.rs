//! Cancels in the state of a run.

use std::rc::Rc;

use rehearsal_activation::{CancelChild, WorkflowCommand};

use super::State;
use crate::error::WorkflowError;
use crate::operation::{Kind, Operation};
use crate::scope::ScopeId;

impl State {
    /// Has an operation canceled with its scope: at once if that is canceled by now.
    pub(super) fn bind(&mut self, operation: &Rc<Operation>) {
        if self.scopes.is_canceled(operation.scope) {
            // As Go binds it: by a look at the channel of the context.
            self.scopes.look(operation.scope);
            self.cancel_operation(operation);
        } else {
            self.scopes.bind(operation);
        }
    }

    /// Cancels a scope: its pending operations and whoever waits for just that, as they came; then the scopes linked to
    /// it.
    pub(crate) fn cancel(&mut self, scope: ScopeId) {
        if !self.scopes.is_canceled(scope) {
            self.advance();
        }
        for (scope, operations) in self.scopes.cancel(scope) {
            let mut waiting = self.blocked.waiting_for(scope).into_iter().peekable();
            for operation in operations {
                while let Some(ticket) = waiting.next_if(|ticket| *ticket < operation.bound.get()) {
                    self.tell_canceled(scope, ticket);
                }
                self.cancel_operation(&operation);
            }
            waiting.for_each(|ticket| self.tell_canceled(scope, ticket));
        }
    }

    /// It is the turn of whoever waits for the cancel of a scope with this ticket.
    fn tell_canceled(&mut self, scope: ScopeId, ticket: u64) {
        if self.blocked.canceled(ticket, self.missing_flags) {
            self.scopes.leave_over(scope);
        }
    }

    fn cancel_operation(&mut self, operation: &Rc<Operation>) {
        if operation.is_ready() || operation.cancel_requested.replace(true) {
            return;
        }
        let seq = operation.seq;
        let ends_now = match &operation.kind {
            Kind::Activity { wait_for_cancellation, .. } => {
                self.commands.push(WorkflowCommand::RequestCancelActivity { seq });
                !wait_for_cancellation
            }
            Kind::Timer { .. } => {
                self.commands.push(WorkflowCommand::CancelTimer { seq });
                true
            }
            // C-44: it ends when the child has ended.
            Kind::Child(_) => {
                let cancel = CancelChild { seq, ..CancelChild::default() };
                self.commands.push(WorkflowCommand::CancelChildWorkflow(cancel));
                false
            }
            // C-45: it ends when the worker says so.
            Kind::LocalAttempts { .. } => {
                self.commands.push(WorkflowCommand::RequestCancelLocalActivity { seq });
                false
            }
            // They are bound to no scope.
            Kind::Local { .. }
            | Kind::ChildStart(_)
            | Kind::Signal { .. }
            | Kind::Cancel { .. } => false,
        };
        if ends_now {
            self.end(operation, Err(WorkflowError::canceled()));
        }
    }
}
