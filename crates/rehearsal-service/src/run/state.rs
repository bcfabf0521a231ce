//! What the events of a run make of it. State that a history holds changes here and nowhere else.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;

use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{Event, EventId, EventKind, Execution, SmolStr, Status, Timestamp};

use super::Turn;
use crate::machine::activity::{self, Activity};
use crate::machine::child::{self, Child};
use crate::machine::external::{self, External};
use crate::machine::properties;
use crate::machine::task::WorkflowTask;
use crate::machine::timer::{self, Timer};
use crate::machine::update::{self, Update};
use crate::view::RunView;
use crate::words::{Chain, Note, Skipping, Tracked, skipping};

/// The state of a run.
///
/// Evolving the events of a history one by one rebuilds it, but for what no history holds: attempts, heartbeats and
/// entries in the timer queue, which stand inside the entities they belong to.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) view: RunView,
    /// The first event, which is a `WorkflowExecutionStarted`.
    started: Arc<Event>,
    pub(crate) settings: Settings,
    pub(crate) task: WorkflowTask,
    /// Whether a workflow task was ever scheduled.
    pub(crate) had_task: bool,
    /// The `WorkflowTaskStarted` of the last task that was completed.
    pub(crate) previous_started: EventId,
    /// By their `ActivityTaskScheduled`.
    pub(crate) activities: Tracked<EventId, Box<Activity>>,
    /// By their ids. A timer that was started under the id of one whose `TimerFired` is in the buffer stands in its
    /// place.
    pub(crate) timers: Tracked<SmolStr, Timer>,
    /// By their `StartChildWorkflowExecutionInitiated`.
    pub(crate) children: Tracked<EventId, Child>,
    /// Signals and cancels of other workflows that are under way, by the events that asked for them.
    pub(crate) externals: Tracked<EventId, External>,
    /// By their ids. Those that are not accepted are in no history.
    pub(crate) updates: BTreeMap<SmolStr, Update>,
    /// How many signals are in the history.
    pub(crate) signals: u32,
    pub(crate) family: Family,
    /// How its time is skipped, if anybody ever asked for it.
    pub(crate) skipping: Option<Box<Skipping>>,
}

/// Where a run comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    /// Its parent, and the `StartChildWorkflowExecutionInitiated` there.
    pub(crate) parent: Option<(Execution, EventId)>,
    /// The topmost parent: itself, if it has none.
    pub(crate) root: Execution,
}

impl Family {
    fn of(started: &WorkflowExecutionStarted) -> Self {
        let parent = started.parent_workflow_execution.clone();
        let itself = || Execution {
            workflow_id: started.workflow_id.clone(),
            run_id: started.original_execution_run_id.clone(),
            ..Execution::default()
        };
        Self {
            parent: parent.map(|parent| (parent, started.parent_initiated_event_id)),
            root: started.root_workflow_execution.clone().unwrap_or_else(itself),
        }
    }
}

/// What a run was started with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) task_timeout: Duration,
    pub(crate) run_timeout: Option<Duration>,
    /// When the run times out (T-10).
    pub(crate) expires: Option<Timestamp>,
    /// When its first workflow task need not wait any more, if it must wait (H-17).
    pub(crate) begins: Option<Timestamp>,
}

impl State {
    /// The state that a history gives: this first event, which is a `WorkflowExecutionStarted`, and those behind it.
    pub(crate) fn rebuilt(first: &Arc<Event>, rest: &[Arc<Event>]) -> Self {
        let mut state = Self::new(first);
        for event in rest {
            state.evolve(event);
        }
        state
    }

    /// The state after the first event, which is a `WorkflowExecutionStarted`.
    pub(crate) fn new(event: &Arc<Event>) -> Self {
        let started = start_of(event);
        let run_timeout = started.workflow_run_timeout.filter(|timeout| !timeout.is_zero());
        let backoff = started.first_workflow_task_backoff.filter(|wait| !wait.is_zero());
        // `wrapExecutionTimes`: also of a run whose first event is in its own time already, as that of a workflow that went
        // on is.
        let began = event.time.saturating_add(started.skipped_before());
        let begins = backoff.map(|wait| began.saturating_add(wait));
        let expires = run_timeout.map(|timeout| begins.unwrap_or(began).saturating_add(timeout));
        let all = started.all_expire();
        Self {
            started: Arc::clone(event),
            view: RunView {
                workflow_id: started.workflow_id.clone(),
                run_id: started.original_execution_run_id.clone(),
                first_run_id: started.first_execution_run_id.clone(),
                workflow_type: started.workflow_type.name.clone(),
                task_queue: started.task_queue.name.clone(),
                status: Status::Running,
                started_at: began,
                cancel_requested: false,
                close: None,
                memo: started.memo.clone().unwrap_or_default(),
                search_attributes: started.search_attributes.clone().unwrap_or_default(),
            },
            settings: Settings {
                task_timeout: started.workflow_task_timeout.unwrap_or_default(),
                run_timeout,
                expires: expires.map(|expires| all.map_or(expires, |all| expires.min(all))),
                begins,
            },
            had_task: false,
            task: WorkflowTask::NONE,
            previous_started: EventId::NONE,
            activities: Tracked::default(),
            timers: Tracked::default(),
            children: Tracked::default(),
            externals: Tracked::default(),
            updates: BTreeMap::new(),
            signals: 0,
            family: Family::of(started),
            skipping: Skipping::of(started, event.time),
        }
    }

    /// What `event` makes of the run.
    ///
    /// An event that passes through the buffer comes twice: without an id when it happens, and with one when it is
    /// flushed. It acts the first time; the second only says that the workflow can see it now.
    pub(crate) fn evolve(&mut self, event: &Arc<Event>) {
        self.task.evolve(event);
        properties::evolve(&mut self.view, event);
        activity::evolve(&mut self.activities, event);
        timer::evolve(&mut self.timers, event);
        child::evolve(&mut self.children, event);
        external::evolve(&mut self.externals, event);
        update::evolve(&mut self.updates, event);
        skipping::evolve(&mut self.skipping, event);
        match &event.kind {
            EventKind::WorkflowTaskScheduled(_) => self.had_task = true,
            EventKind::WorkflowTaskCompleted(it) => self.previous_started = it.started_event_id,
            EventKind::WorkflowExecutionCancelRequested(_) => self.view.cancel_requested = true,
            EventKind::WorkflowExecutionSignaled(_) => {
                self.signals = self.signals.saturating_add(u32::from(!event.id.is_none()));
            }
            kind => {
                if let Some(status) = Status::of(kind) {
                    self.view.status = status;
                    self.view.close = Some(Arc::clone(event));
                }
            }
        }
    }

    /// What `note` makes of the run.
    pub(crate) fn note(&mut self, note: Note) {
        match note {
            Note::Task(note) => self.task.note(note),
            Note::Update(id, note) => {
                if let Some(update) = self.updates.get_mut(&id) {
                    update.note(note);
                }
            }
            Note::Activity(scheduled, note) => {
                if let Some(activity) = self.activities.get_mut(&scheduled) {
                    activity.apply(note);
                }
            }
        }
    }

    /// The event that the run began with.
    pub(super) const fn first_event(&self) -> &Arc<Event> {
        &self.started
    }

    pub(crate) fn is_open(&self) -> bool {
        self.view.status == Status::Running
    }

    /// What the run was started with.
    pub(super) fn start(&self) -> &WorkflowExecutionStarted {
        start_of(&self.started)
    }

    /// Whether its first workflow task is still held back (`IsWorkflowPendingOnWorkflowTaskBackoff`).
    pub(crate) const fn is_held_back(&self) -> bool {
        self.settings.begins.is_some() && !self.had_task
    }

    /// The run as one of its chain.
    pub(crate) fn chain<'a>(&'a self, turn: &'a Turn<'_>) -> Chain<'a> {
        let started = self.start();
        Chain {
            now: turn.now,
            started,
            began: self.view.started_at,
            config: turn.config,
            skipping: self.skipping.as_deref(),
        }
    }
}

/// What a run was started with.
fn start_of(event: &Event) -> &WorkflowExecutionStarted {
    match &event.kind {
        EventKind::WorkflowExecutionStarted(started) => started,
        other => unreachable!("a run begins with WorkflowExecutionStarted, not {}", other.name()),
    }
}
