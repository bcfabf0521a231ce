//! What is wrong with workflow code.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What is wrong with workflow code, in the terms of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It panicked.
    Panicked {
        /// The message; its last line says where, as ` at src/order.rs:30:20`, if that is known.
        message: String,
    },
    /// It awaits something that is not Rehearsal's: nothing that is recorded can ever wake it.
    ForeignFuture {
        /// What it also waits for, one line each.
        pending: Vec<String>,
        /// The operation that ended last, if any did.
        last_completed: Option<String>,
        /// Where the wake came from, if there was one.
        woken_at: Option<String>,
        /// Where workflow code was seen last, as file and line, if that is known.
        seen_at: Option<String>,
    },
    /// It made its workflow task fail, in a way that is none of the others.
    TaskFailed {
        /// What the task failed with.
        message: String,
    },
    /// No worker has its type. A scenario that means it says so, and then it is no finding.
    Unregistered {
        /// The type.
        workflow_type: String,
    },
    /// Its arguments could not be read.
    BadInput {
        /// Why.
        message: String,
    },
    /// A signal could not be read, and the SDK makes the workflow task fail for it, in every attempt.
    BadSignal {
        /// Its name.
        name: String,
        /// What was expected and what was found.
        message: String,
    },
    /// The handler of a query did more than look.
    QueryMeddled {
        /// The query.
        name: String,
        /// What it did.
        message: String,
    },
    /// It asks for something that is not simulated.
    NotSimulated {
        /// What.
        what: String,
    },
    /// It asks for more whenever it is told what came of that, all in one workflow task.
    Endless {
        /// How many activations the workflow task has had.
        activations: u32,
    },
    /// The SDK itself cannot take what happened, whatever workflow code does.
    SdkDefect {
        /// The rule that describes the defect.
        id: &'static str,
        /// How the SDK fails.
        message: String,
    },
    /// It does not do in replay what history says it did.
    Nondeterminism {
        /// What was recorded, what was attempted, and where.
        message: String,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { message } => write!(f, "workflow code panicked: {message}"),
            Self::ForeignFuture { .. } => {
                f.write_str("workflow code awaits something that is not a workflow operation")
            }
            Self::TaskFailed { message } => {
                write!(f, "workflow code failed its workflow task: {message}")
            }
            Self::Unregistered { workflow_type } => {
                write!(f, "workflow type `{workflow_type}` is started, but not registered")
            }
            Self::BadInput { message } => write!(f, "the arguments could not be read: {message}"),
            Self::BadSignal { name, message } => {
                write!(f, "signal `{name}` could not be read: {message}")
            }
            Self::QueryMeddled { name, message } => {
                write!(f, "the handler of query `{name}` did more than look: {message}")
            }
            Self::NotSimulated { what } => write!(f, "not simulated: {what}"),
            Self::Endless { activations } => {
                write!(f, "workflow code was activated {activations} times in one workflow task")
            }
            Self::SdkDefect { id, message } => {
                write!(f, "the SDK itself cannot take this event ({id}): {message}")
            }
            Self::Nondeterminism { message } => f.write_str(message),
        }
    }
}
