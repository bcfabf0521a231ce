//! What the SDK says of itself in a completion.
//!
//! Name and version are sent when they differ from those that the worker knows of the run: nothing for a new run, and
//! for a run that is replayed those of the *last* recorded completion, which most completions leave empty. A flag is sent
//! with the completion of the task in which its rule was used for the first time (`sdkFlags`,
//! `internal/internal_flags.go` of Go SDK 1.47).

use alloc::collections::BTreeSet;
use alloc::sync::Arc;

use rehearsal_activation::{MissingFlags, ServerCommand, WorkflowCommand};
use rehearsal_history::event::{SdkMetadata, WorkflowTaskCompleted};
use rehearsal_history::{Event, EventKind, SmolStr};

const NAME: SmolStr = SmolStr::new_static("temporal-go");
const VERSION: SmolStr = SmolStr::new_static("1.47.0");
/// The search attribute of versions is not upserted when it has grown too large. Set where a version is asked for live for
/// the first time (`GetVersion`).
const LIMIT_CHANGE_VERSION_SIZE: u32 = 1;
/// The start of a child whose id is in use fails as its end does.
const CHILD_WORKFLOW_ERROR_EXECUTION: u32 = 2;
/// Updates are sent as commands; set when a run begins.
const PROTOCOL_MESSAGE_COMMAND: u32 = 3;
/// Updates run before the main routine. Set where a handler is set and where an update comes (`setUpdateHandler`,
/// `defaultUpdateHandler`).
const PRIORITY_UPDATE_HANDLING: u32 = 4;
/// A selector that was blocked does not lose the signal that woke it. Set, as [`WORKFLOW_NEW_CHANNEL_LOST_MESSAGES`],
/// where a channel wakes one, be it of signals, `ctx.Done()` or one that workflow code made: in the callback of
/// `AddReceive` (`selectorImpl.Select`, `internal/internal_workflow.go`). Those of `AddFuture` and `AddSend` set none.
const BLOCKED_SELECTOR_SIGNAL_RECEIVE: u32 = 5;
/// The memo is written by the converter of the user. Set where the memo is upserted (`UpsertMemo`) and with every child,
/// whether it has a memo or not (`getWorkflowMemo`).
const MEMO_USER_DC_ENCODE: u32 = 7;
/// Several selectors that are blocked on one channel lose none.
const WORKFLOW_NEW_CHANNEL_LOST_MESSAGES: u32 = 8;

/// What is known of the SDK that a run was last driven by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sdk {
    name: SmolStr,
    version: SmolStr,
    begun: bool,
    /// Those that are recorded.
    flags: BTreeSet<u32>,
    /// Those to be sent with the next completion.
    new_flags: BTreeSet<u32>,
    /// Whether what was taken last is an event of the past, which is one of a command. Until the next event is taken the
    /// worker thinks that it replays, and sets no flag (`IsReplayEvent`, `workflowEnvironmentImpl.TryUse`). The completion
    /// of the last task is an event too, and stands before those of its commands (`prepareTask`).
    past: bool,
    /// What the recorded task that is under way does not follow yet.
    missing: MissingFlags,
    /// Whether that task was recorded before updates were sent as commands.
    unplaced: bool,
}

impl Sdk {
    /// A task begins: a live one by all rules, a recorded one by those of its completion and of the ones before it
    /// (`nextTask`, `internal/internal_task_handlers.go`).
    pub(crate) fn begin(&mut self, completed: Option<&WorkflowTaskCompleted>) {
        let own = completed.and_then(|completed| completed.sdk_metadata.as_ref());
        let own = own.map(|metadata| &metadata.lang_used_flags);
        let recorded =
            |flag| self.flags.contains(&flag) || own.is_some_and(|own| own.contains(&flag));
        let replays = completed.is_some();
        self.unplaced = replays && !recorded(PROTOCOL_MESSAGE_COMMAND);
        self.missing =
            if replays { MissingFlags::beside(recorded) } else { MissingFlags::default() };
    }

    /// Whether what becomes of updates has its place among the commands of the task that is under way. Before that flag Go
    /// passed over its events and made no commands of it (`skipDeterministicCheckForEvent`, `workflowEnvironmentImpl.Send`).
    pub(crate) const fn places_updates(&self) -> bool {
        !self.unplaced
    }

    /// What the task that is under way does not follow yet.
    pub(crate) const fn missing_flags(&self) -> MissingFlags {
        self.missing
    }

    /// A recorded task was replayed, which left these events of commands.
    pub(crate) fn replayed(&mut self, completed: &WorkflowTaskCompleted, commands: &[Arc<Event>]) {
        self.begun = true;
        self.past =
            commands.iter().any(|event| !matches!(event.kind, EventKind::MarkerRecorded(_)));
        let metadata = completed.sdk_metadata.as_ref();
        self.name = metadata.map(|metadata| metadata.sdk_name.clone()).unwrap_or_default();
        self.version = metadata.map(|metadata| metadata.sdk_version.clone()).unwrap_or_default();
        self.flags.extend(metadata.iter().flat_map(|metadata| &metadata.lang_used_flags));
    }

    /// A live task has an event that is none of a command, or begins.
    pub(crate) const fn takes_event(&mut self) {
        self.past = false;
    }

    /// A live task has an update.
    pub(crate) fn takes_update(&mut self) {
        if !self.past {
            self.new_flags.insert(PRIORITY_UPDATE_HANDLING);
        }
    }

    /// These are sent for a live task. Their events are taken first in the next one, but for markers
    /// (`isPreloadMarkerEvent`); a rejected update has none.
    pub(crate) fn sends(&mut self, commands: &[ServerCommand]) {
        let taken = |command: &ServerCommand| {
            !command.is_message() && !matches!(command, ServerCommand::RecordMarker(_))
        };
        self.past = commands.iter().any(taken);
    }

    /// Workflow code asked for these in a live task.
    pub(crate) fn uses(&mut self, commands: &[WorkflowCommand]) {
        for command in commands {
            match command {
                WorkflowCommand::SelectorReceived => self
                    .new_flags
                    .extend([BLOCKED_SELECTOR_SIGNAL_RECEIVE, WORKFLOW_NEW_CHANNEL_LOST_MESSAGES]),
                WorkflowCommand::RecordVersion(_) => {
                    self.new_flags.insert(LIMIT_CHANGE_VERSION_SIZE);
                }
                WorkflowCommand::UpsertMemo(_) | WorkflowCommand::StartChildWorkflow(_) => {
                    self.new_flags.insert(MEMO_USER_DC_ENCODE);
                }
                WorkflowCommand::UpdateHandling => {
                    self.new_flags.insert(PRIORITY_UPDATE_HANDLING);
                }
                WorkflowCommand::ChildIdInUse => {
                    self.new_flags.extend([CHILD_WORKFLOW_ERROR_EXECUTION, MEMO_USER_DC_ENCODE]);
                }
                _ => {}
            }
        }
    }

    /// A live task is completed: what is to be said.
    pub(crate) fn completes(&mut self) -> SdkMetadata {
        if !self.begun {
            self.new_flags.insert(PROTOCOL_MESSAGE_COMMAND);
        }
        let new = core::mem::take(&mut self.new_flags).into_iter();
        let mut metadata = SdkMetadata {
            lang_used_flags: new.filter(|flag| self.flags.insert(*flag)).collect(),
            ..SdkMetadata::default()
        };
        if self.name != NAME {
            metadata.sdk_name = NAME;
        }
        if self.version != VERSION {
            metadata.sdk_version = VERSION;
        }
        self.name = NAME;
        self.version = VERSION;
        self.begun = true;
        metadata
    }
}
