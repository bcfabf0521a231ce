//! Which event opened what an event is about, and which events end an activity or a timer.

use super::EventKind;
use crate::id::EventId;

impl EventKind {
    /// The event that opened what this one is about: its `ActivityTaskScheduled`, `TimerStarted` or
    /// `StartChildWorkflowExecutionInitiated`. `None` if it is about none of these, or opens it itself.
    #[must_use]
    pub const fn opener(&self) -> Option<EventId> {
        Some(match self {
            Self::ActivityTaskStarted(e) => e.scheduled_event_id,
            Self::ActivityTaskCompleted(e) => e.scheduled_event_id,
            Self::ActivityTaskFailed(e) => e.scheduled_event_id,
            Self::ActivityTaskTimedOut(e) => e.scheduled_event_id,
            Self::ActivityTaskCancelRequested(e) => e.scheduled_event_id,
            Self::ActivityTaskCanceled(e) => e.scheduled_event_id,
            Self::TimerFired(e) => e.started_event_id,
            Self::TimerCanceled(e) => e.started_event_id,
            Self::StartChildWorkflowExecutionFailed(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionStarted(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionCompleted(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionFailed(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionCanceled(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionTimedOut(e) => e.initiated_event_id,
            Self::ChildWorkflowExecutionTerminated(e) => e.initiated_event_id,
            _ => return None,
        })
    }

    /// The [opener](Self::opener) of the activity or timer that this event ends; `None` if it ends none.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::event::{TimerFired, WorkflowTaskScheduled};
    /// use rehearsal_history::{EventId, EventKind};
    ///
    /// let fired = TimerFired { started_event_id: EventId(5), ..TimerFired::default() };
    /// assert_eq!(EventKind::from(fired).ends(), Some(EventId(5)));
    /// assert_eq!(EventKind::from(WorkflowTaskScheduled::default()).ends(), None);
    /// ```
    #[must_use]
    pub const fn ends(&self) -> Option<EventId> {
        match self {
            Self::ActivityTaskCompleted(_)
            | Self::ActivityTaskFailed(_)
            | Self::ActivityTaskTimedOut(_)
            | Self::ActivityTaskCanceled(_)
            | Self::TimerFired(_)
            | Self::TimerCanceled(_) => self.opener(),
            _ => None,
        }
    }
}
