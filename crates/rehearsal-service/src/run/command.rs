//! Commands, each by the room that plans it: one line for each, and the only list of what is not simulated.

use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;

use crate::error::{InvalidRequest, RequestError};
use crate::machine::activity::ActivityCommand;
use crate::machine::close::CloseCommand;
use crate::machine::timer::TimerCommand;

/// A command that can be planned.
#[derive(Debug)]
pub(crate) enum Command {
    Activity(ActivityCommand),
    Timer(TimerCommand),
    Close(CloseCommand),
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
            ServerCommand::ContinueAsNew(_) => return Err("continue-as-new"),
            ServerCommand::RecordMarker(_) => return Err("markers"),
            ServerCommand::StartChildWorkflow(_) => return Err("child workflows"),
            ServerCommand::SignalExternalWorkflow(_) => return Err("signals to other workflows"),
            ServerCommand::RequestCancelExternalWorkflow(_) => {
                return Err("cancels of other workflows");
            }
            ServerCommand::UpsertSearchAttributes(_) => {
                return Err("upserts of search attributes");
            }
            ServerCommand::UpsertMemo(_) => return Err("upserts of the memo"),
        })
    }

    /// Whether it closes the run, so that it must be the last (W-11).
    pub(crate) const fn is_close(&self) -> bool {
        match self {
            Self::Close(_) => true,
            Self::Activity(_) | Self::Timer(_) => false,
        }
    }

    /// The type of the command as Go prints the enum.
    const fn name(&self) -> &'static str {
        match self {
            Self::Activity(command) => command.name(),
            Self::Timer(command) => command.name(),
            Self::Close(command) => command.name(),
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
    match commands.iter().position(Command::is_close) {
        Some(position) if position.saturating_add(1) < commands.len() => {
            Err(InvalidRequest::CommandSequence {
                commands: commands.iter().map(Command::name).collect(),
                close: commands[position].name(),
            }
            .into())
        }
        Some(_) | None => Ok(commands),
    }
}
