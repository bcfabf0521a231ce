//! The commands of one workflow task, in the order in which they are sent.
//!
//! Every command that is sent leaves one event behind the `WorkflowTaskCompleted`, so that its id can be told before: the
//! id of the `WorkflowTaskStarted`, plus 2, plus the index of the command. It serves as the default id of an
//! activity or timer, and names the activity in a cancel.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{EventId, SmolStr};

/// What is going to be sent.
#[derive(Debug)]
pub(super) struct Outbox {
    started: EventId,
    commands: Vec<ServerCommand>,
    close: Option<ServerCommand>,
}

impl Outbox {
    /// An empty one for the task of this `WorkflowTaskStarted`, which is likely to hold so many.
    pub(super) fn new(started: EventId, capacity: usize) -> Self {
        Self { started, commands: Vec::with_capacity(capacity), close: None }
    }

    /// The event that the next command leaves.
    pub(super) fn next_event(&self) -> EventId {
        self.started.plus(2 + self.commands.len() as u64)
    }

    pub(super) fn push(&mut self, command: ServerCommand) {
        self.commands.push(command);
    }

    /// A close command goes last; if there is more than one, the first counts.
    pub(super) fn close(&mut self, command: ServerCommand) {
        self.close.get_or_insert(command);
    }

    pub(super) fn into_commands(mut self) -> Vec<ServerCommand> {
        self.commands.extend(self.close);
        self.commands
    }
}

/// The id that an operation has by default.
pub(super) fn number(event: EventId) -> SmolStr {
    event.to_string().into()
}
