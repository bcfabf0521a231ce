//! The commands of one workflow task, in the order in which they are sent.
//!
//! Every command that is sent leaves one event behind the `WorkflowTaskCompleted`, so that its id can be told before: the
//! id of the `WorkflowTaskStarted`, plus 2, plus the index of the command. It serves as the default id of an
//! activity or timer, and names the activity in a cancel. A version that is recorded is not asked for again in a replay:
//! its events are passed over (`incrementNextCommandEventIDIfVersionMarker`, `internal_command_state_machine.go`).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString as _;
use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{EventId, EventKind, SmolStr};

use super::marker;
use crate::slice::Task;

/// What is going to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    next: EventId,
    commands: Vec<ServerCommand>,
    /// What leaves no event; behind all else.
    messages: Vec<ServerCommand>,
    close: Option<ServerCommand>,
    /// The markers of versions that the task has recorded, and how many events each of them is.
    versions: BTreeMap<EventId, u64>,
    /// The mutable side effects that it has recorded; `None` if it is not recorded.
    mutable: Option<BTreeSet<SmolStr>>,
}

impl Outbox {
    /// An empty one for this task.
    pub(super) fn new(task: &Task) -> Self {
        let mut versions = BTreeMap::new();
        let mut mutable = BTreeSet::new();
        for event in &task.commands {
            let EventKind::MarkerRecorded(recorded) = &event.kind else { continue };
            match recorded.marker_name.as_str() {
                marker::VERSION => {
                    versions.insert(event.id, 1 + u64::from(marker::upserts(recorded)));
                }
                marker::MUTABLE_SIDE_EFFECT => mutable.extend(marker::mutable_id(recorded)),
                _ => {}
            }
        }
        Self {
            next: task.started.plus(2),
            commands: Vec::new(),
            messages: Vec::new(),
            close: None,
            versions,
            mutable: task.completed.is_some().then_some(mutable),
        }
    }

    /// The event that the next command leaves.
    pub(super) fn next_event(&mut self) -> EventId {
        while let Some(events) = self.versions.remove(&self.next) {
            self.next = self.next.plus(events);
        }
        self.next
    }

    pub(super) fn push(&mut self, command: ServerCommand) {
        if command.is_message() {
            self.messages.push(command);
            return;
        }
        self.next = self.next_event().next();
        self.commands.push(command);
    }

    /// Whether the task records a mutable side effect of this id, as its marker has it. A live one records all.
    pub(super) fn records_mutable(&self, id: &str) -> bool {
        self.mutable.as_ref().is_none_or(|recorded| recorded.contains(id))
    }

    /// A close command goes last; if there is more than one, the first counts.
    pub(super) fn close(&mut self, command: ServerCommand) {
        self.close.get_or_insert(command);
    }

    /// Whether the workflow closes.
    pub(super) const fn closes(&self) -> bool {
        self.close.is_some()
    }

    pub(super) fn into_commands(mut self) -> Vec<ServerCommand> {
        self.commands.extend(self.close);
        self.commands.extend(self.messages);
        self.commands
    }
}

/// The id that an operation has by default.
pub(super) fn number(event: EventId) -> SmolStr {
    event.to_string().into()
}
