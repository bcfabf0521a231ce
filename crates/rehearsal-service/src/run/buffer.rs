//! The buffer: events that wait for the end of a workflow task (H-2 to H-7).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_history::{Event, EventId, EventKind};

/// Events without an id, in the order in which they arrived.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    events: Vec<Arc<Event>>,
}

impl Buffer {
    pub(crate) fn push(&mut self, event: Arc<Event>) {
        self.events.push(event);
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.events.iter()
    }

    /// How many signals wait.
    pub(crate) fn signals(&self) -> u32 {
        let is_signal =
            |event: &&Arc<Event>| matches!(event.kind, EventKind::WorkflowExecutionSignaled(_));
        u32::try_from(self.events.iter().filter(is_signal).count()).unwrap_or(u32::MAX)
    }

    /// Drops everything (H-5).
    pub(crate) fn clear(&mut self) {
        self.events.clear();
    }

    /// Removes the `TimerFired` of a timer (H-6).
    pub(crate) fn remove_fired(&mut self, started: EventId) {
        self.events.retain(
            |event| !matches!(&event.kind, EventKind::TimerFired(fired) if fired.started_event_id == started),
        );
    }

    /// Empties the buffer: events that close an activity or a child are moved to the end, then all get ids from
    /// `next` on, and those learn the id of its start (H-4).
    pub(crate) fn take(&mut self, next: EventId) -> Vec<Arc<Event>> {
        let mut events = core::mem::take(&mut self.events);
        events.sort_by_key(|event| closes_operation(&event.kind));
        let mut started = BTreeMap::new();
        let mut id = next;
        for event in &mut events {
            let event = Arc::make_mut(event);
            event.id = id;
            if let EventKind::ActivityTaskStarted(attributes) = &event.kind {
                started.insert(attributes.scheduled_event_id, id);
            }
            if let EventKind::ChildWorkflowExecutionStarted(attributes) = &event.kind {
                started.insert(attributes.initiated_event_id, id);
            }
            name_start(&mut event.kind, &started);
            id = id.next();
        }
        events
    }
}

const fn closes_operation(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ActivityTaskCompleted(_)
            | EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCanceled(_)
            | EventKind::ChildWorkflowExecutionCompleted(_)
            | EventKind::ChildWorkflowExecutionFailed(_)
            | EventKind::ChildWorkflowExecutionCanceled(_)
            | EventKind::ChildWorkflowExecutionTimedOut(_)
            | EventKind::ChildWorkflowExecutionTerminated(_)
    )
}

fn name_start(kind: &mut EventKind, started: &BTreeMap<EventId, EventId>) {
    let (scheduled, field) = match kind {
        EventKind::ActivityTaskCompleted(close) => {
            (close.scheduled_event_id, &mut close.started_event_id)
        }
        EventKind::ActivityTaskFailed(close) => {
            (close.scheduled_event_id, &mut close.started_event_id)
        }
        EventKind::ActivityTaskTimedOut(close) => {
            (close.scheduled_event_id, &mut close.started_event_id)
        }
        EventKind::ActivityTaskCanceled(close) => {
            (close.scheduled_event_id, &mut close.started_event_id)
        }
        EventKind::ChildWorkflowExecutionCompleted(close) => {
            (close.initiated_event_id, &mut close.started_event_id)
        }
        EventKind::ChildWorkflowExecutionFailed(close) => {
            (close.initiated_event_id, &mut close.started_event_id)
        }
        EventKind::ChildWorkflowExecutionCanceled(close) => {
            (close.initiated_event_id, &mut close.started_event_id)
        }
        EventKind::ChildWorkflowExecutionTimedOut(close) => {
            (close.initiated_event_id, &mut close.started_event_id)
        }
        EventKind::ChildWorkflowExecutionTerminated(close) => {
            (close.initiated_event_id, &mut close.started_event_id)
        }
        _ => return,
    };
    if let Some(id) = started.get(&scheduled) {
        *field = *id;
    }
}
