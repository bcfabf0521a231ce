//! How a run stands, and which one follows it.

use core::fmt;

use smol_str::SmolStr;

use crate::event::EventKind;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is open.
    Running,
    /// It returned a value.
    Completed,
    /// It returned an error.
    Failed,
    /// It returned a canceled error.
    Canceled,
    /// Its run or execution timeout passed.
    TimedOut,
    /// It was ended by force.
    Terminated,
    /// It goes on in a new run.
    ContinuedAsNew,
}

impl EventKind {
    /// The run that follows in the chain, if this closes a run that another one follows: by continue-as-new, by a retry
    /// policy, or by a cron schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::EventKind;
    /// use rehearsal_history::event::WorkflowExecutionCompleted;
    ///
    /// let completed = WorkflowExecutionCompleted {
    ///     new_execution_run_id: "run-2".into(),
    ///     ..WorkflowExecutionCompleted::default()
    /// };
    /// assert_eq!(EventKind::from(completed).next_run_id().unwrap(), "run-2");
    /// ```
    #[must_use]
    pub fn next_run_id(&self) -> Option<&SmolStr> {
        let run_id = match self {
            Self::WorkflowExecutionCompleted(close) => &close.new_execution_run_id,
            Self::WorkflowExecutionFailed(close) => &close.new_execution_run_id,
            Self::WorkflowExecutionTimedOut(close) => &close.new_execution_run_id,
            Self::WorkflowExecutionContinuedAsNew(close) => &close.new_execution_run_id,
            _ => return None,
        };
        (!run_id.is_empty()).then_some(run_id)
    }
}

impl Status {
    /// The status that an event of this kind closes a run with; `None` if it does not close it.
    #[must_use]
    pub const fn of(kind: &EventKind) -> Option<Self> {
        match kind {
            EventKind::WorkflowExecutionCompleted(_) => Some(Self::Completed),
            EventKind::WorkflowExecutionFailed(_) => Some(Self::Failed),
            EventKind::WorkflowExecutionCanceled(_) => Some(Self::Canceled),
            EventKind::WorkflowExecutionTimedOut(_) => Some(Self::TimedOut),
            EventKind::WorkflowExecutionTerminated(_) => Some(Self::Terminated),
            EventKind::WorkflowExecutionContinuedAsNew(_) => Some(Self::ContinuedAsNew),
            _ => None,
        }
    }

    /// Its name, as in a scenario file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::TimedOut => "TimedOut",
            Self::Terminated => "Terminated",
            Self::ContinuedAsNew => "ContinuedAsNew",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
