//! Builds histories for tests: events are numbered and linked as a server does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use smol_str::{SmolStr, ToSmolStr as _};

use crate::event::{
    ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed,
    ActivityTaskScheduled, ActivityTaskStarted, ActivityTaskTimedOut, Event, EventKind,
    TimerCanceled, TimerFired, TimerStarted, WorkflowExecutionCancelRequested,
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionFailed,
    WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowExecutionTerminated,
    WorkflowTaskCompleted, WorkflowTaskFailed, WorkflowTaskScheduled, WorkflowTaskStarted,
    WorkflowTaskTimedOut,
};
use crate::failure::Failure;
use crate::history::History;
use crate::id::EventId;
use crate::payload::Payloads;
use crate::policy::{RetryState, TaskQueue, TimeoutType, WorkflowTaskFailedCause};
use crate::time::Timestamp;

/// The queue of every history that is built.
const QUEUE: &str = "main";
/// The worker of every history that is built.
const WORKER: &str = "worker";
/// 2026-01-01T00:00:00Z, when every history that is built starts.
const START: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);

/// Builds a history event by event. Ids, references and the lazy `ActivityTaskStarted` (H-12) come by themselves.
///
/// Every method that adds events returns the id of the last one. Ids of activities and timers are those of their first
/// event, as the Go SDK does. Nothing is checked: a test may build what no server would write, see
/// [`History::check_well_formed`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use rehearsal_history::{HistoryBuilder, Status};
///
/// let mut builder = HistoryBuilder::new("order");
/// builder.complete_task();
/// let charge = builder.schedule_activity("charge");
/// builder.at(Duration::from_secs(2));
/// builder.complete_activity(charge, None);
/// builder.complete_task();
/// builder.complete(None);
/// let history = builder.build();
///
/// assert_eq!(history.status(), Status::Completed);
/// assert_eq!(history.events().len(), 11);
/// history.check_well_formed()?;
/// # Ok::<(), rehearsal_history::IllFormed>(())
/// ```
#[derive(Debug, Clone)]
pub struct HistoryBuilder {
    events: Vec<Arc<Event>>,
    now: Timestamp,
    task: Task,
    last_completed: EventId,
    activities: BTreeMap<EventId, Activity>,
    timers: BTreeMap<EventId, SmolStr>,
}

/// Where the workflow task is.
#[derive(Debug, Clone, Copy)]
enum Task {
    None,
    Scheduled(EventId),
    Started { scheduled: EventId, started: EventId },
}

/// Events of one activity.
#[derive(Debug, Clone, Copy, Default)]
struct Activity {
    started: EventId,
    cancel_requested: EventId,
}

impl HistoryBuilder {
    /// A run of a workflow of this type, with id `workflow` on the queue `main`.
    #[must_use]
    pub fn new(workflow_type: &str) -> Self {
        let mut builder = Self {
            events: Vec::new(),
            now: START,
            task: Task::None,
            last_completed: EventId::NONE,
            activities: BTreeMap::new(),
            timers: BTreeMap::new(),
        };
        builder.push(Box::new(WorkflowExecutionStarted {
            workflow_type: workflow_type.into(),
            task_queue: TaskQueue::normal(QUEUE),
            workflow_execution_timeout: Some(Duration::ZERO),
            workflow_run_timeout: Some(Duration::ZERO),
            workflow_task_timeout: Some(Duration::from_secs(10)),
            identity: "client".into(),
            attempt: 1,
            workflow_id: "workflow".into(),
            ..WorkflowExecutionStarted::default()
        }));
        builder
    }

    /// Sets the time of the events that follow, as time since the first event.
    pub fn at(&mut self, since_start: Duration) -> &mut Self {
        self.now = START + since_start;
        self
    }

    /// Adds any event.
    pub fn push(&mut self, kind: impl Into<EventKind>) -> EventId {
        let id = self.next_id();
        self.events.push(Arc::new(Event::new(id, self.now, kind.into())));
        id
    }

    /// The id of the event that comes next.
    #[must_use]
    pub fn next_id(&self) -> EventId {
        EventId::FIRST.plus(self.events.len() as u64)
    }

    /// Schedules a workflow task.
    pub fn schedule_task(&mut self) -> EventId {
        let id = self.push(WorkflowTaskScheduled {
            task_queue: TaskQueue::normal(QUEUE),
            start_to_close_timeout: Some(Duration::from_secs(10)),
            attempt: 1,
            ..WorkflowTaskScheduled::default()
        });
        self.task = Task::Scheduled(id);
        id
    }

    /// Starts the workflow task; schedules one first if there is none.
    pub fn start_task(&mut self) -> EventId {
        let scheduled = match self.task {
            Task::Scheduled(scheduled) => scheduled,
            Task::None | Task::Started { .. } => self.schedule_task(),
        };
        let started = self.push(WorkflowTaskStarted {
            scheduled_event_id: scheduled,
            identity: WORKER.into(),
            ..WorkflowTaskStarted::default()
        });
        self.task = Task::Started { scheduled, started };
        started
    }

    /// Takes the running workflow task; schedules and starts one first if there is none.
    fn take_task(&mut self) -> (EventId, EventId) {
        if !matches!(self.task, Task::Started { .. }) {
            self.start_task();
        }
        match core::mem::replace(&mut self.task, Task::None) {
            Task::Started { scheduled, started } => (scheduled, started),
            Task::None | Task::Scheduled(_) => unreachable!("the task was started just now"),
        }
    }

    /// Completes the workflow task, for which it schedules and starts one if need be. Commands that follow are its.
    pub fn complete_task(&mut self) -> EventId {
        let (scheduled_event_id, started_event_id) = self.take_task();
        self.last_completed = self.push(Box::new(WorkflowTaskCompleted {
            scheduled_event_id,
            started_event_id,
            identity: WORKER.into(),
            ..WorkflowTaskCompleted::default()
        }));
        self.last_completed
    }

    /// Fails the workflow task, for which it schedules and starts one if need be.
    pub fn fail_task(&mut self, cause: WorkflowTaskFailedCause) -> EventId {
        let (scheduled_event_id, started_event_id) = self.take_task();
        self.push(Box::new(WorkflowTaskFailed {
            scheduled_event_id,
            started_event_id,
            cause,
            identity: WORKER.into(),
            ..WorkflowTaskFailed::default()
        }))
    }

    /// Lets the workflow task time out, for which it schedules and starts one if need be.
    pub fn time_out_task(&mut self) -> EventId {
        let (scheduled_event_id, started_event_id) = self.take_task();
        self.push(WorkflowTaskTimedOut {
            scheduled_event_id,
            started_event_id,
            timeout_type: TimeoutType::StartToClose,
            ..WorkflowTaskTimedOut::default()
        })
    }

    /// Schedules an activity of this type, by the last completed task.
    pub fn schedule_activity(&mut self, activity_type: &str) -> EventId {
        let id = self.next_id();
        self.push(Box::new(ActivityTaskScheduled {
            activity_id: id.to_smolstr(),
            activity_type: activity_type.into(),
            task_queue: TaskQueue::normal(QUEUE),
            start_to_close_timeout: Some(Duration::from_secs(60)),
            workflow_task_completed_event_id: self.last_completed,
            ..ActivityTaskScheduled::default()
        }));
        self.activities.insert(id, Activity::default());
        id
    }

    /// Starts the activity that `scheduled` scheduled. The methods that close it do so by themselves.
    pub fn start_activity(&mut self, scheduled: EventId) -> EventId {
        let started = self.push(Box::new(ActivityTaskStarted {
            scheduled_event_id: scheduled,
            identity: WORKER.into(),
            attempt: 1,
            ..ActivityTaskStarted::default()
        }));
        self.activities.entry(scheduled).or_default().started = started;
        started
    }

    fn started(&mut self, scheduled: EventId) -> EventId {
        match self.activities.get(&scheduled) {
            Some(activity) if !activity.started.is_none() => activity.started,
            Some(_) | None => self.start_activity(scheduled),
        }
    }

    /// The activity returns a value.
    pub fn complete_activity(&mut self, scheduled: EventId, result: Option<Payloads>) -> EventId {
        let started_event_id = self.started(scheduled);
        self.push(ActivityTaskCompleted {
            result,
            scheduled_event_id: scheduled,
            started_event_id,
            identity: WORKER.into(),
            ..ActivityTaskCompleted::default()
        })
    }

    /// The activity fails and is not retried.
    pub fn fail_activity(&mut self, scheduled: EventId, failure: Failure) -> EventId {
        let started_event_id = self.started(scheduled);
        self.push(Box::new(ActivityTaskFailed {
            failure: Some(failure),
            scheduled_event_id: scheduled,
            started_event_id,
            identity: WORKER.into(),
            retry_state: RetryState::MaximumAttemptsReached,
            ..ActivityTaskFailed::default()
        }))
    }

    /// The activity runs into its start-to-close timeout and is not retried.
    pub fn time_out_activity(&mut self, scheduled: EventId) -> EventId {
        let started_event_id = self.started(scheduled);
        self.push(Box::new(ActivityTaskTimedOut {
            failure: Some(Failure::timeout(
                "activity StartToClose timeout",
                TimeoutType::StartToClose,
            )),
            scheduled_event_id: scheduled,
            started_event_id,
            retry_state: RetryState::MaximumAttemptsReached,
            ..ActivityTaskTimedOut::default()
        }))
    }

    /// The last completed task asks the activity to cancel.
    pub fn request_cancel_activity(&mut self, scheduled: EventId) -> EventId {
        let id = self.push(ActivityTaskCancelRequested {
            scheduled_event_id: scheduled,
            workflow_task_completed_event_id: self.last_completed,
            ..ActivityTaskCancelRequested::default()
        });
        self.activities.entry(scheduled).or_default().cancel_requested = id;
        id
    }

    /// The activity is canceled. If it was not started, it is the server that cancels it.
    pub fn cancel_activity(&mut self, scheduled: EventId, details: Option<Payloads>) -> EventId {
        let activity = self.activities.get(&scheduled).copied().unwrap_or_default();
        self.push(ActivityTaskCanceled {
            details,
            latest_cancel_requested_event_id: activity.cancel_requested,
            scheduled_event_id: scheduled,
            started_event_id: activity.started,
            identity: WORKER.into(),
            ..ActivityTaskCanceled::default()
        })
    }

    /// Starts a timer, by the last completed task.
    pub fn start_timer(&mut self, after: Duration) -> EventId {
        let timer_id = self.next_id().to_smolstr();
        let id = self.push(TimerStarted {
            timer_id: timer_id.clone(),
            start_to_fire_timeout: Some(after),
            workflow_task_completed_event_id: self.last_completed,
            ..TimerStarted::default()
        });
        self.timers.insert(id, timer_id);
        id
    }

    /// The timer that `started` started fires.
    pub fn fire_timer(&mut self, started: EventId) -> EventId {
        self.push(TimerFired {
            timer_id: self.timers.get(&started).cloned().unwrap_or_default(),
            started_event_id: started,
            ..TimerFired::default()
        })
    }

    /// The last completed task cancels the timer that `started` started.
    pub fn cancel_timer(&mut self, started: EventId) -> EventId {
        self.push(TimerCanceled {
            timer_id: self.timers.get(&started).cloned().unwrap_or_default(),
            started_event_id: started,
            workflow_task_completed_event_id: self.last_completed,
            identity: WORKER.into(),
            ..TimerCanceled::default()
        })
    }

    /// The client sends a signal.
    pub fn signal(&mut self, name: &str, input: Option<Payloads>) -> EventId {
        self.push(Box::new(WorkflowExecutionSignaled {
            signal_name: name.into(),
            input,
            identity: "client".into(),
            ..WorkflowExecutionSignaled::default()
        }))
    }

    /// The client asks the workflow to cancel.
    pub fn request_cancel(&mut self, reason: &str) -> EventId {
        self.push(WorkflowExecutionCancelRequested {
            cause: reason.into(),
            identity: "client".into(),
            ..WorkflowExecutionCancelRequested::default()
        })
    }

    /// The workflow returns a value, by the last completed task.
    pub fn complete(&mut self, result: Option<Payloads>) -> EventId {
        self.push(WorkflowExecutionCompleted {
            result,
            workflow_task_completed_event_id: self.last_completed,
            ..WorkflowExecutionCompleted::default()
        })
    }

    /// The workflow returns an error, by the last completed task.
    pub fn fail(&mut self, failure: Failure) -> EventId {
        self.push(Box::new(WorkflowExecutionFailed {
            failure: Some(failure),
            retry_state: RetryState::RetryPolicyNotSet,
            workflow_task_completed_event_id: self.last_completed,
            ..WorkflowExecutionFailed::default()
        }))
    }

    /// The workflow returns a canceled error, by the last completed task.
    pub fn cancel(&mut self, details: Option<Payloads>) -> EventId {
        self.push(WorkflowExecutionCanceled {
            workflow_task_completed_event_id: self.last_completed,
            details,
            ..WorkflowExecutionCanceled::default()
        })
    }

    /// The client terminates the workflow.
    pub fn terminate(&mut self, reason: &str) -> EventId {
        self.push(WorkflowExecutionTerminated {
            reason: reason.into(),
            identity: "client".into(),
            ..WorkflowExecutionTerminated::default()
        })
    }

    /// The history so far.
    ///
    /// # Panics
    ///
    /// Never: the builder puts the first event there and numbers all of them.
    #[must_use]
    pub fn build(self) -> History {
        History::new(self.events).expect("the builder starts and numbers the events")
    }
}
