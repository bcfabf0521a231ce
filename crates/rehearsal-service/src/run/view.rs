//! What can be seen of a run from outside (H-9).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::{Event, EventId, Priority, SmolStr};

use super::state::State;
use super::{Queue, Run};
use crate::machine::child::Child;
use crate::machine::external::External;
use crate::machine::task::{WorkflowTask, record};
use crate::machine::timer::Timer;
use crate::view::{ChildStanding, PendingOp, PendingState, RunView, Standing, TaskState};
use crate::words::DEFAULT_PRIORITY_KEY;

impl Run {
    /// The history with the events that a transient workflow task would have.
    pub(crate) fn visible_history(&self) -> Vec<Arc<Event>> {
        self.events.iter().cloned().chain(self.provisional()).collect()
    }

    /// What is left when nobody asks it anything any more: its view and its visible history.
    pub(crate) fn into_view(mut self) -> (RunView, Vec<Arc<Event>>) {
        let provisional: Vec<Arc<Event>> = self.provisional().collect();
        self.events.extend(provisional);
        (self.state.view, self.events)
    }

    /// A run that closed as this one did, with nothing in it, and no name: it stands for runs that were deleted.
    pub(crate) fn hollow(&self) -> Self {
        let close = self.state.view.close.as_slice();
        let mut state = State::rebuilt(self.state.first_event(), close);
        (state.view.workflow_id, state.view.run_id) = Default::default();
        Self::new(self.id, Vec::new(), state, Queue::default(), Duration::ZERO)
    }

    /// The events of a transient workflow task that is pending, with provisional ids. Who started it is not told. If
    /// something was recorded since it was scheduled, the ids are taken: then it is about to be made a normal task (W-2),
    /// and is left out.
    pub(super) fn provisional(&self) -> impl Iterator<Item = Arc<Event>> {
        let next = self.next_id();
        let slot = self.state.task.slot();
        let slot =
            slot.filter(|slot| self.is_open() && slot.is_transient() && slot.scheduled == next);
        let scheduled =
            slot.map(|slot| Event::new(slot.scheduled, slot.at, slot.scheduled_event().into()));
        let started = match &self.state.task {
            WorkflowTask::Started { slot, started, at, request_id, .. } if scheduled.is_some() => {
                let event = record::started(
                    slot.scheduled,
                    self.started_with,
                    SmolStr::default(),
                    request_id.clone(),
                );
                Some(Event::new(*started, *at, event.into()))
            }
            WorkflowTask::Started { .. }
            | WorkflowTask::Scheduled(_)
            | WorkflowTask::Idle { .. } => None,
        };
        scheduled.into_iter().chain(started).map(Arc::new)
    }

    /// Its place among the tasks of a queue, as it was started with.
    pub(crate) fn priority(&self) -> Option<&Priority> {
        self.state.start().priority.as_ref()
    }

    /// The key by which matching orders a task of it: of an activity, or a workflow task.
    pub(crate) fn priority_key(&self, activity: Option<EventId>) -> i32 {
        let activity = activity.and_then(|scheduled| self.state.activities.get(&scheduled));
        let own = activity.and_then(|activity| activity.attributes().priority.as_ref());
        match Priority::merged(self.priority(), own).map_or(0, |said| said.priority_key) {
            0 => DEFAULT_PRIORITY_KEY,
            key => key,
        }
    }

    pub(crate) fn workflow_task(&self) -> TaskState<'_> {
        if self.is_open() { self.told_task() } else { TaskState::None }
    }

    /// The same as it is told: one that waited when the run was terminated or timed out is told of for ever (`Invoke` in
    /// `api/describeworkflow/api.go`, `TerminateWorkflow` and `TimeoutWorkflow` in `workflow/util.go`).
    pub(crate) fn told_task(&self) -> TaskState<'_> {
        match &self.state.task {
            WorkflowTask::Idle { .. } => TaskState::None,
            WorkflowTask::Scheduled(slot) => TaskState::Scheduled {
                scheduled: slot.scheduled,
                attempt: slot.attempt,
                queue: &slot.queue,
                scheduled_at: slot.at,
                first_at: self.beats_since(slot),
            },
            WorkflowTask::Started { slot, started, identity, at, .. } => TaskState::Started {
                scheduled: slot.scheduled,
                started: *started,
                attempt: slot.attempt,
                identity,
                scheduled_at: slot.at,
                first_at: self.beats_since(slot),
                started_at: *at,
            },
        }
    }

    /// Whether the one before its workflow task has asked for it.
    pub(crate) fn goes_on(&self) -> bool {
        self.state.task.slot().is_some_and(|slot| self.forced == Some(slot.scheduled))
    }

    /// How many bytes all events have that transactions have written (`GetHistorySize`).
    pub(crate) const fn history_size(&self) -> u64 {
        self.written
    }

    /// The request that has started it; empty if that is not known.
    pub(crate) const fn request_id(&self) -> &SmolStr {
        &self.request_id
    }

    /// Whether a workflow task has been completed and left events (`HasCompletedAnyWorkflowTask`).
    pub(crate) fn has_completed_task(&self) -> bool {
        !self.state.previous_started.is_none()
    }

    /// Whether an activity stands there.
    pub(crate) fn has_activity(&self, state: PendingState) -> bool {
        self.index.count(state) > 0
    }

    /// A number for what is pending, 0 for nothing.
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.index.pending()
    }

    /// How far the activity that this event scheduled has come; `None` if it has ended, or is none.
    pub(crate) fn standing(&self, scheduled: EventId) -> Option<Standing<'_>> {
        let activity = self.state.activities.get(&scheduled)?;
        activity.pending_state()?;
        Some(activity.standing())
    }

    /// How far the child that this event asked for has come; `None` if it has ended, or is none.
    pub(crate) fn child_standing(&self, initiated: EventId) -> Option<ChildStanding<'_>> {
        self.state.children.get(&initiated).map(Child::standing)
    }

    /// Operations that have not ended, in the order in which they were asked for. Those whose end is in the
    /// buffer have ended.
    pub(crate) fn pending(&self) -> Vec<PendingOp> {
        let activities = self.state.activities.values().filter_map(|activity| activity.pending());
        let timers = self.state.timers.values().filter_map(Timer::pending);
        let children = self.state.children.values().map(Child::pending);
        let externals = self.state.externals.values().map(External::pending);
        let mut pending: Vec<PendingOp> =
            activities.chain(timers).chain(children).chain(externals).collect();
        pending.sort_by_key(|op| op.scheduled);
        pending
    }
}
