//! Commands, each by the room that plans it: one line for each, and the only list of those that are not simulated.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_activation::{RecordMarker, ServerCommand};

use crate::cron::{Schedule, TIME_ZONES};
use crate::error::{InvalidRequest, RequestError};
use crate::machine::activity::ActivityCommand;
use crate::machine::child::ChildCommand;
use crate::machine::close::CloseCommand;
use crate::machine::external::ExternalCommand;
use crate::machine::marker;
use crate::machine::properties::PropertiesCommand;
use crate::machine::timer::TimerCommand;
use crate::machine::update::UpdateCommand;

/// A command that can be planned.
#[derive(Debug)]
pub(crate) enum Command {
    Activity(ActivityCommand),
    Timer(TimerCommand),
    Child(ChildCommand),
    External(ExternalCommand),
    Update(UpdateCommand),
    Close(CloseCommand),
    Marker(Box<RecordMarker>),
    Properties(PropertiesCommand),
}

impl Command {
    /// # Errors
    ///
    /// The name of what is asked for, if it is not simulated.
    fn new(command: ServerCommand) -> Result<Self, &'static str> {
        Ok(match command {
            ServerCommand::ScheduleActivityTask(command) => {
                Self::Activity(ActivityCommand::Schedule(command))
            }
            ServerCommand::RequestCancelActivityTask { scheduled, user_metadata } => {
                Self::Activity(ActivityCommand::RequestCancel { scheduled, user_metadata })
            }
            ServerCommand::StartTimer { timer_id, after, user_metadata } => {
                Self::Timer(TimerCommand::Start { timer_id, after, user_metadata })
            }
            ServerCommand::CancelTimer { timer_id, user_metadata } => {
                Self::Timer(TimerCommand::Cancel { timer_id, user_metadata })
            }
            ServerCommand::CompleteWorkflow { result } => {
                Self::Close(CloseCommand::Complete { result })
            }
            ServerCommand::FailWorkflow { failure } => Self::Close(CloseCommand::Fail { failure }),
            ServerCommand::CancelWorkflow { details } => {
                Self::Close(CloseCommand::Cancel { details })
            }
            ServerCommand::RecordMarker(marker) => Self::Marker(marker),
            ServerCommand::StartChildWorkflow(command) => {
                if Schedule::is_elsewhere(&command.cron_schedule) {
                    return Err(TIME_ZONES);
                }
                Self::Child(ChildCommand::Start(command))
            }
            ServerCommand::SignalExternalWorkflow(command) => {
                Self::External(ExternalCommand::Signal(command))
            }
            ServerCommand::RequestCancelExternalWorkflow(command) => {
                Self::External(ExternalCommand::Cancel(command))
            }
            ServerCommand::AnswerUpdate(message) => Self::Update(UpdateCommand(message)),
            ServerCommand::ContinueAsNew(command) => {
                Self::Close(CloseCommand::ContinueAsNew(command))
            }
            ServerCommand::UpsertSearchAttributes(changed) => {
                Self::Properties(PropertiesCommand::UpsertSearchAttributes(changed))
            }
            ServerCommand::UpsertMemo(changed) => {
                Self::Properties(PropertiesCommand::UpsertMemo(changed))
            }
        })
    }

    /// Whether it closes the run, so that it must be the last (W-11).
    pub(crate) const fn is_close(&self) -> bool {
        match self {
            Self::Close(_) => true,
            Self::Activity(_)
            | Self::Timer(_)
            | Self::Child(_)
            | Self::External(_)
            | Self::Marker(_)
            | Self::Properties(_)
            | Self::Update(_) => false,
        }
    }

    /// Whether it is only a message, which stands behind all commands and leaves no event.
    pub(crate) fn is_message(&self) -> bool {
        match self {
            Self::Update(command) => command.is_message(),
            Self::Activity(_)
            | Self::Timer(_)
            | Self::Child(_)
            | Self::External(_)
            | Self::Marker(_)
            | Self::Properties(_)
            | Self::Close(_) => false,
        }
    }

    /// The type of the command as Go prints the enum.
    const fn name(&self) -> &'static str {
        match self {
            Self::Activity(command) => command.name(),
            Self::Timer(command) => command.name(),
            Self::Child(command) => command.name(),
            Self::External(command) => command.name(),
            Self::Update(_) => UpdateCommand::NAME,
            Self::Close(command) => command.name(),
            Self::Marker(_) => marker::NAME,
            Self::Properties(command) => command.name(),
        }
    }
}

/// The commands of a completion.
///
/// # Errors
///
/// What is not simulated is refused by name; behind a command that closes the workflow nothing may stand (W-11).
pub(crate) fn read(commands: Vec<ServerCommand>) -> Result<Vec<Command>, RequestError> {
    let commands = commands
        .into_iter()
        .map(Command::new)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|what| RequestError::NotSimulated { what })?;
    let sent = || commands.iter().filter(|command| !command.is_message());
    let mut rest = sent();
    match (rest.find(|command| command.is_close()), rest.next()) {
        (Some(close), Some(_)) => Err(InvalidRequest::CommandSequence {
            commands: sent().map(Command::name).collect(),
            close: close.name(),
        }
        .into()),
        (Some(_) | None, _) => Ok(commands),
    }
}
