//! How the SDK makes a workflow task fail, in its own words, and what a report says of it.

use rehearsal_activation::quiet::{NO_MESSAGE, Panic};
use rehearsal_activation::wake::short_path;
use rehearsal_activation::{TaskFailure, Trouble};
use rehearsal_history::{Failure, WorkflowTaskFailedCause};
use rehearsal_proto::Mirror;
use temporalio_common::data_converters::{DataConverter, PayloadConversionError};
use temporalio_protos::coresdk::workflow_completion::WorkflowActivationCompletion;
use temporalio_protos::coresdk::workflow_completion::workflow_activation_completion::Status;
use temporalio_protos::temporal::api::failure::v1::Failure as ProtoFailure;

use crate::codec::{self, CodecStop};
use crate::from_proto::Refusal;
use crate::operations::Operations;
use crate::routine::Stopped;
use crate::to_proto::Untold;

/// What the SDK says of a wake that is not its own.
const FOREIGN_WAKE: &str = "[TMPRL1100] Nondeterministic future detected: a waker was invoked by a \
    non-SDK source. This usually means workflow code is using nondeterministic operations like tokio \
    async functions or channels, other async libraries, or std::thread. Use SDK-provided alternatives \
    (ctx.timer(), ctx.state_mut() + ctx.wait_condition(), etc.) instead.";

/// What it says of an `#[init]` or of arguments that do not work; it keeps no cause.
const NOT_CREATED: &str = "Failed to create workflow: Failed to create workflow execution";

/// What every complaint of tokio about a missing runtime holds.
const TOKIO: &str = "Tokio 1.x";

/// How the SDK panics when a timer fires in the very task that canceled it (C-39a): canceling has taken away what the
/// firing looks for.
const LOST_UNBLOCKER: &str = "resolution must have a registered unblocker";

/// Where the backtrace begins that `anyhow` adds to a message of the SDK's own if `RUST_BACKTRACE` is set. It is not the
/// same in two runs, so it is cut, as it is in recordings.
const BACKTRACE: &str = "\n\nStack backtrace:\n";

/// A workflow task on its way to fail.
#[derive(Debug)]
pub(crate) struct Failing {
    /// What core records if the SDK names no cause: [`WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure`].
    cause: WorkflowTaskFailedCause,
    failure: Box<ProtoFailure>,
    trouble: Box<Trouble>,
}

impl Failing {
    /// A failure with the message alone.
    fn bare(message: String, trouble: Trouble) -> Self {
        let failure = Box::new(ProtoFailure { message, ..ProtoFailure::default() });
        Self {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure,
            trouble: Box::new(trouble),
        }
    }

    /// A failure that the SDK makes of an error: an application failure.
    fn error(message: String, trouble: Trouble) -> Self {
        let failure = Box::new(ProtoFailure::application_failure(message, false));
        Self {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure,
            trouble: Box::new(trouble),
        }
    }

    /// The SDK stops with a message of its own.
    pub(crate) fn sdk(message: String) -> Self {
        Self::error(message.clone(), Trouble::TaskFailed { message })
    }

    /// The arguments of the workflow could not be read.
    pub(crate) fn input(error: &PayloadConversionError) -> Self {
        let trouble = Trouble::BadInput { message: error.to_string() };
        Self::error(NOT_CREATED.to_owned(), trouble)
    }

    /// Workflow code panicked. A future of tokio does, in a thread without tokio's runtime.
    pub(crate) fn panicked(panic: &Panic) -> Self {
        let said = panic.message.split(BACKTRACE).next().unwrap_or_default();
        let said = if said == NO_MESSAGE { "Couldn't turn panic into a string" } else { said };
        let message = format!("Workflow function panicked: {said}");
        let trouble = if said.starts_with(LOST_UNBLOCKER) {
            Trouble::SdkDefect { id: "C-39a", message: said.to_owned() }
        } else {
            let panic = Panic { message: said.to_owned(), location: panic.location.clone() };
            Trouble::Panicked { message: panic.placed() }
        };
        Self::error(message, trouble)
    }

    /// The codec could not read an activation.
    pub(crate) fn decoding(stop: &CodecStop) -> Self {
        Self::bare(format!("Failed decoding activation: {stop}"), stop.trouble())
    }

    /// The codec could not write a completion.
    pub(crate) fn encoding(stop: &CodecStop) -> Self {
        Self::bare(format!("Failed encoding completion: {stop}"), stop.trouble())
    }

    /// The routines could not be run; `operations` is what else the run waits for.
    pub(crate) fn stopped(stopped: Stopped, operations: &Operations) -> Self {
        let foreign = |woken_at, seen_at| Trouble::ForeignFuture {
            pending: operations.open(),
            last_completed: operations.last_completed(),
            woken_at,
            seen_at,
        };
        let nondeterministic = WorkflowTaskFailedCause::NonDeterministicError;
        match stopped {
            Stopped::Panicked(panic) if panic.message.contains(TOKIO) => {
                let place = panic.location.as_deref().map(|place| short_path(place).to_owned());
                Self { trouble: Box::new(foreign(None, place)), ..Self::panicked(&panic) }
            }
            Stopped::Panicked(panic) => Self::panicked(&panic),
            Stopped::ForeignWake { at } => Self {
                cause: nondeterministic,
                ..Self::error(FOREIGN_WAKE.to_owned(), foreign(at, None))
            },
            Stopped::NeverWoken => {
                let trouble = foreign(None, None);
                Self { cause: nondeterministic, ..Self::error(trouble.to_string(), trouble) }
            }
            Stopped::BadSignal { name, message } => {
                Self::error(message.clone(), Trouble::BadSignal { name, message })
            }
            Stopped::Sdk(message) => Self::sdk(message),
            Stopped::Task(task) => {
                let trouble = Trouble::TaskFailed { message: task.failure.message.clone() };
                let cause = task.force_cause.and_then(|cause| i32::try_from(cause).ok());
                let cause = match cause.map(WorkflowTaskFailedCause::from_number) {
                    None | Some(WorkflowTaskFailedCause::Unspecified) => {
                        WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
                    }
                    Some(cause) => cause,
                };
                Self { cause, failure: task.failure, trouble: Box::new(trouble) }
            }
        }
    }

    /// What the task fails with. The SDK encodes failures too.
    pub(crate) fn into_failure(self, converter: &DataConverter) -> Box<TaskFailure> {
        let Self { mut cause, failure, trouble } = self;
        let mut completion = WorkflowActivationCompletion::fail("", *failure, None);
        let encoded = match codec::encode(converter, &mut completion) {
            Ok(()) => match completion.status {
                Some(Status::Failed(failed)) => failed.failure.unwrap_or_default(),
                _ => ProtoFailure::default(),
            },
            Err(stop) => {
                cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
                *Self::encoding(&stop).failure
            }
        };
        let failure = Failure::from_proto(encoded)
            .unwrap_or_else(|error| Failure::application(error.to_string(), ""));
        Box::new(TaskFailure { cause, failure, trouble: *trouble })
    }
}

impl From<Untold> for Failing {
    fn from(untold: Untold) -> Self {
        match untold {
            Untold::Convert(error) => Self::sdk(format!("an activation cannot be told: {error}")),
            Untold::NotSimulated(what) => not_simulated(what),
        }
    }
}

impl From<Refusal> for Failing {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotSimulated(what) => not_simulated(what),
            Refusal::Malformed(message) => Self::sdk(message),
        }
    }
}

fn not_simulated(what: &str) -> Failing {
    let trouble = Trouble::NotSimulated { what: what.to_owned() };
    Failing::error(trouble.to_string(), trouble)
}
