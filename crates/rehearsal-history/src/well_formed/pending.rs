//! What is open in a run: activities, timers, children, cancels and signals to other workflows, updates.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{IllFormed, out_of_place, reference};
use crate::event::{Event, EventKind};
use crate::id::EventId;
use crate::policy::Execution;

/// What is open, by the event that opened it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    activities: BTreeMap<EventId, Activity>,
    timers: BTreeMap<EventId, SmolStr>,
    children: BTreeMap<EventId, Child>,
    cancels: BTreeMap<EventId, SmolStr>,
    signals: BTreeMap<EventId, SmolStr>,
    updates: BTreeMap<EventId, SmolStr>,
    /// What is right only if its end was already in the buffer, so that it comes before the next workflow task is
    /// scheduled: by the event that opened it, with what is wrong otherwise.
    owed: BTreeMap<EventId, IllFormed>,
}

#[derive(Debug, Clone, Default)]
struct Activity {
    id: SmolStr,
    /// None while it has no `ActivityTaskStarted`.
    started: EventId,
    /// None while no cancel is requested.
    cancel_requested: EventId,
}

#[derive(Debug, Clone, Default)]
struct Child {
    workflow_id: SmolStr,
    /// None while it has no `ChildWorkflowExecutionStarted`.
    started: EventId,
}

const ACTIVITY: &str = "an activity that is open";
const TIMER: &str = "a timer that is open";
const CHILD: &str = "a child that is open";
const STARTED: &str = "its start";

impl Pending {
    /// What `event` opens, changes or closes.
    pub(super) fn event(&mut self, event: &Event) -> Result<(), IllFormed> {
        match &event.kind {
            // H-3: the buffer is flushed before.
            EventKind::WorkflowTaskScheduled(_) => self.settled(),
            EventKind::ActivityTaskScheduled(_)
            | EventKind::ActivityTaskStarted(_)
            | EventKind::ActivityTaskCompleted(_)
            | EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCancelRequested(_)
            | EventKind::ActivityTaskCanceled(_) => self.activity(event),
            EventKind::TimerStarted(e) => {
                let open = self.timers.iter().find(|(_, id)| **id == e.timer_id);
                let owed =
                    open.map(|(open, _)| (*open, taken(event, "timerId", &e.timer_id, *open)));
                self.owed.extend(owed);
                self.timers.insert(event.id, e.timer_id.clone());
                Ok(())
            }
            EventKind::TimerFired(e) => self.close_timer(event, e.started_event_id, &e.timer_id),
            EventKind::TimerCanceled(e) => self.close_timer(event, e.started_event_id, &e.timer_id),
            EventKind::RequestCancelExternalWorkflowExecutionInitiated(e) => {
                self.cancels.insert(event.id, e.workflow_execution.workflow_id.clone());
                Ok(())
            }
            EventKind::RequestCancelExternalWorkflowExecutionFailed(e) => {
                answer(&mut self.cancels, event, e.initiated_event_id, &e.workflow_execution)
            }
            EventKind::ExternalWorkflowExecutionCancelRequested(e) => {
                answer(&mut self.cancels, event, e.initiated_event_id, &e.workflow_execution)
            }
            EventKind::SignalExternalWorkflowExecutionInitiated(e) => {
                self.signals.insert(event.id, e.workflow_execution.workflow_id.clone());
                Ok(())
            }
            EventKind::SignalExternalWorkflowExecutionFailed(e) => {
                answer(&mut self.signals, event, e.initiated_event_id, &e.workflow_execution)
            }
            EventKind::ExternalWorkflowExecutionSignaled(e) => {
                answer(&mut self.signals, event, e.initiated_event_id, &e.workflow_execution)
            }
            EventKind::WorkflowExecutionUpdateAccepted(e) => {
                self.updates.insert(event.id, e.protocol_instance_id.clone());
                Ok(())
            }
            EventKind::WorkflowExecutionUpdateCompleted(e) => {
                let expected = "an update that is open";
                let id = close(
                    &mut self.updates,
                    event,
                    "acceptedEventId",
                    expected,
                    e.accepted_event_id,
                )?;
                let found = e.meta.as_ref().map_or("", |meta| &meta.update_id);
                same_name(event, "meta.updateId", e.accepted_event_id, &id, found)
            }
            _ => self.child(event),
        }
    }

    /// Nothing is owed any more: called before each workflow task is scheduled, and at the end.
    pub(super) fn settled(&mut self) -> Result<(), IllFormed> {
        let open = |id: &EventId| self.timers.contains_key(id) || self.activities.contains_key(id);
        match core::mem::take(&mut self.owed).into_iter().find(|(id, _)| open(id)) {
            Some((_, wrong)) => Err(wrong),
            None => Ok(()),
        }
    }

    fn activity(&mut self, event: &Event) -> Result<(), IllFormed> {
        let path = "scheduledEventId";
        match &event.kind {
            EventKind::ActivityTaskScheduled(e) => {
                let open = self.activities.iter().find(|(_, open)| open.id == e.activity_id);
                let owed = open
                    .map(|(open, _)| (*open, taken(event, "activityId", &e.activity_id, *open)));
                self.owed.extend(owed);
                let activity = Activity { id: e.activity_id.clone(), ..Activity::default() };
                self.activities.insert(event.id, activity);
                Ok(())
            }
            EventKind::ActivityTaskStarted(e) => {
                let activity =
                    open(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                if !activity.started.is_none() {
                    return Err(out_of_place(event, "one start of each activity"));
                }
                activity.started = event.id;
                Ok(())
            }
            EventKind::ActivityTaskCancelRequested(e) => {
                let activity =
                    open(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                if activity.cancel_requested.is_none() {
                    activity.cancel_requested = event.id;
                } else {
                    // C-26 and W-15: a second one is taken only while the end is in the buffer.
                    let again = out_of_place(event, "one cancel request of each activity");
                    self.owed.insert(e.scheduled_event_id, again);
                }
                Ok(())
            }
            EventKind::ActivityTaskCompleted(e) => {
                let activity =
                    close(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                was_started(event, activity.started)?;
                reference(event, "startedEventId", STARTED, activity.started, e.started_event_id)
            }
            EventKind::ActivityTaskFailed(e) => {
                let activity =
                    close(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                was_started(event, activity.started)?;
                reference(event, "startedEventId", STARTED, activity.started, e.started_event_id)
            }
            EventKind::ActivityTaskTimedOut(e) => {
                let activity =
                    close(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                reference(event, "startedEventId", STARTED, activity.started, e.started_event_id)
            }
            EventKind::ActivityTaskCanceled(e) => {
                let activity =
                    close(&mut self.activities, event, path, ACTIVITY, e.scheduled_event_id)?;
                if activity.cancel_requested.is_none() {
                    return Err(out_of_place(
                        event,
                        "a cancel request before the activity is canceled",
                    ));
                }
                let (requested, found) =
                    (activity.cancel_requested, e.latest_cancel_requested_event_id);
                reference(
                    event,
                    "latestCancelRequestedEventId",
                    "its cancel request",
                    requested,
                    found,
                )?;
                reference(event, "startedEventId", STARTED, activity.started, e.started_event_id)
            }
            _ => Ok(()),
        }
    }

    fn close_timer(
        &mut self,
        event: &Event,
        started: EventId,
        timer_id: &str,
    ) -> Result<(), IllFormed> {
        let id = close(&mut self.timers, event, "startedEventId", TIMER, started)?;
        same_name(event, "timerId", started, &id, timer_id)
    }

    fn child(&mut self, event: &Event) -> Result<(), IllFormed> {
        let path = "initiatedEventId";
        let (initiated, started) = match &event.kind {
            EventKind::StartChildWorkflowExecutionInitiated(e) => {
                let child = Child { workflow_id: e.workflow_id.clone(), ..Child::default() };
                self.children.insert(event.id, child);
                return Ok(());
            }
            EventKind::StartChildWorkflowExecutionFailed(e) => {
                let child = close(&mut self.children, event, path, CHILD, e.initiated_event_id)?;
                return if child.started.is_none() {
                    same_name(
                        event,
                        "workflowId",
                        e.initiated_event_id,
                        &child.workflow_id,
                        &e.workflow_id,
                    )
                } else {
                    Err(out_of_place(event, "no failed start of a child that was started"))
                };
            }
            EventKind::ChildWorkflowExecutionStarted(e) => {
                let child = open(&mut self.children, event, path, CHILD, e.initiated_event_id)?;
                if !child.started.is_none() {
                    return Err(out_of_place(event, "one start of each child"));
                }
                child.started = event.id;
                let (expected, found) = (&child.workflow_id, &e.workflow_execution.workflow_id);
                return same_name(
                    event,
                    "workflowExecution.workflowId",
                    e.initiated_event_id,
                    expected,
                    found,
                );
            }
            EventKind::ChildWorkflowExecutionCompleted(e) => {
                (e.initiated_event_id, e.started_event_id)
            }
            EventKind::ChildWorkflowExecutionFailed(e) => {
                (e.initiated_event_id, e.started_event_id)
            }
            EventKind::ChildWorkflowExecutionCanceled(e) => {
                (e.initiated_event_id, e.started_event_id)
            }
            EventKind::ChildWorkflowExecutionTimedOut(e) => {
                (e.initiated_event_id, e.started_event_id)
            }
            EventKind::ChildWorkflowExecutionTerminated(e) => {
                (e.initiated_event_id, e.started_event_id)
            }
            _ => return Ok(()),
        };
        let child = close(&mut self.children, event, path, CHILD, initiated)?;
        was_started(event, child.started)?;
        reference(event, "startedEventId", STARTED, child.started, started)
    }
}

/// Closes a request to another workflow.
fn answer(
    all: &mut BTreeMap<EventId, SmolStr>,
    event: &Event,
    initiated: EventId,
    execution: &Execution,
) -> Result<(), IllFormed> {
    let id = close(all, event, "initiatedEventId", "a request that is open", initiated)?;
    same_name(event, "workflowExecution.workflowId", initiated, &id, &execution.workflow_id)
}

fn was_started(event: &Event, started: EventId) -> Result<(), IllFormed> {
    if started.is_none() { Err(out_of_place(event, "a start before it")) } else { Ok(()) }
}

/// The open thing that `event` refers to.
fn open<'a, T>(
    all: &'a mut BTreeMap<EventId, T>,
    event: &Event,
    path: &'static str,
    expected: &'static str,
    id: EventId,
) -> Result<&'a mut T, IllFormed> {
    all.get_mut(&id).ok_or(IllFormed::Reference { event: event.id, path, expected, found: id })
}

/// Closes the open thing that `event` refers to.
fn close<T>(
    all: &mut BTreeMap<EventId, T>,
    event: &Event,
    path: &'static str,
    expected: &'static str,
    id: EventId,
) -> Result<T, IllFormed> {
    all.remove(&id).ok_or(IllFormed::Reference { event: event.id, path, expected, found: id })
}

fn taken(event: &Event, path: &'static str, name: &SmolStr, open: EventId) -> IllFormed {
    IllFormed::Taken { event: event.id, path, found: name.clone(), open }
}

fn same_name(
    event: &Event,
    path: &'static str,
    opened: EventId,
    expected: &SmolStr,
    found: &str,
) -> Result<(), IllFormed> {
    if expected == found {
        Ok(())
    } else {
        let (expected, found) = (expected.clone(), found.into());
        Err(IllFormed::Name { event: event.id, path, opened, expected, found })
    }
}
