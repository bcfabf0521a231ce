//! Where a transaction of the server ends: the moments at which a history stood as it was.
//!
//! A history does not say which events were written together. It is told by what a server does (server 1.32,
//! `workflow_task_completed_handler.go`, `workflow/util.go`): the commands of a workflow task are written with its
//! completion, and so is what had waited in the buffer meanwhile (H-3, H-11); what the workflow must be told is written
//! with the task that tells it (H-14); attempts of a workflow task after the first, and tasks that only bring updates, are
//! written with their end (W-3).

use std::sync::Arc;

use crate::ending::{Task, opens_only, waits};
use crate::event::{Event, EventKind};
use crate::history::History;
use crate::id::EventId;

/// The ids of the events with which a transaction ended.
pub(crate) fn boundaries(history: &History) -> Vec<EventId> {
    let events = history.events();
    let inside = inside(history);
    let mut task = Task::Never;
    let mut found = Vec::new();
    for (index, event) in events.iter().enumerate() {
        task = task.after(event);
        let ends = !inside[index] && task != Task::Owed && !opens_only(history, event);
        if ends {
            found.push(event.id);
        }
    }
    found
}

/// For each event, whether the transaction that wrote it goes on behind it.
fn inside(history: &History) -> Vec<bool> {
    let events = history.events();
    let mut inside = vec![false; events.len()];
    if !waits(history) {
        // A signal may come with the start.
        let scheduled = events.iter().position(|event| is_scheduled(event));
        join(&mut inside, 0, scheduled.map_or(events.len(), |at| at + 1));
    }
    // Whether an attempt of a workflow task goes on of which nothing is recorded yet.
    let mut transient = false;
    for (at, event) in events.iter().enumerate() {
        match &event.kind {
            EventKind::WorkflowTaskCompleted(_) => {
                transient = false;
                join(&mut inside, at, batch(events, at));
            }
            EventKind::WorkflowTaskFailed(_) | EventKind::WorkflowTaskTimedOut(_) => {
                let end = batch(events, at);
                transient = !events[at..end].iter().any(|event| is_scheduled(event));
                join(&mut inside, at, end);
            }
            EventKind::WorkflowTaskScheduled(_) => {
                let late = is_attempt(event) || is_speculative(events, at);
                // W-2: what was an attempt is made a first one, and is recorded when it is started.
                inside[at] |= transient || late;
                transient = false;
                if let Some(next) = inside.get_mut(at + 1) {
                    *next |= late;
                }
            }
            _ => {}
        }
    }
    inside
}

/// What is written from there up to this end, which is exclusive, is one transaction.
fn join(inside: &mut [bool], from: usize, end: usize) {
    inside[from..end.max(from + 1) - 1].fill(true);
}

/// The end, exclusive, of what was written with the end of a workflow task.
fn batch(events: &[Arc<Event>], at: usize) -> usize {
    let ended = events[at].time;
    let mut end = at + 1;
    while events.get(end).is_some_and(|event| event.kind.is_command()) {
        end += 1;
    }
    let asked = at..end;
    // What had waited in the buffer has happened before. The start of an activity tells nothing: it is from long ago.
    let mut look = end;
    while let Some(event) = events.get(look) {
        look += 1;
        match &event.kind {
            EventKind::ActivityTaskStarted(_) => continue,
            EventKind::ActivityTaskCanceled(it)
                if it.started_event_id.is_none()
                    && is_asked(&events[asked.clone()], it.scheduled_event_id) => {}
            kind if kind.is_buffered() && event.time < ended => {}
            _ => break,
        }
        end = look;
    }
    // A task that brings updates, or that is an attempt, is written later.
    let is_next = |event: &Arc<Event>| {
        is_scheduled(event) && !is_attempt(event) && !is_speculative(events, end)
    };
    if !events.get(end).is_some_and(is_next) {
        return end;
    }
    // H-16: the next task is started at once.
    let started = |event: &Arc<Event>| matches!(event.kind, EventKind::WorkflowTaskStarted(_));
    let at_once = is_completed(&events[at]) && events.get(end + 1).is_some_and(started);
    end + if at_once { 2 } else { 1 }
}

/// Whether the cancel of an activity was asked for there.
fn is_asked(commands: &[Arc<Event>], activity: EventId) -> bool {
    commands.iter().any(|event| {
        matches!(&event.kind, EventKind::ActivityTaskCancelRequested(it) if it.scheduled_event_id == activity)
    })
}

fn is_scheduled(event: &Event) -> bool {
    matches!(event.kind, EventKind::WorkflowTaskScheduled(_))
}

fn is_completed(event: &Event) -> bool {
    matches!(event.kind, EventKind::WorkflowTaskCompleted(_))
}

/// Whether it is the schedule of an attempt after the first.
fn is_attempt(event: &Event) -> bool {
    matches!(&event.kind, EventKind::WorkflowTaskScheduled(scheduled) if scheduled.attempt > 1)
}

/// Whether the task that is scheduled there has brought updates and nothing else (§2.3).
fn is_speculative(events: &[Arc<Event>], at: usize) -> bool {
    let caused = at
        .checked_sub(1)
        .and_then(|before| events.get(before))
        .is_some_and(|before| !is_completed(before) && !before.kind.is_command());
    let updates = matches!(
        events.get(at + 3).map(|event| &event.kind),
        Some(EventKind::WorkflowExecutionUpdateAccepted(_))
    );
    !caused && updates
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::builder::HistoryBuilder;

    const SECOND: Duration = Duration::from_secs(1);

    fn ids(history: &HistoryBuilder) -> Vec<u64> {
        boundaries(&history.clone().build()).iter().map(|id| id.0).collect()
    }

    #[test]
    fn commands_are_written_with_their_task_and_news_with_the_task_that_tells_them() {
        let mut history = HistoryBuilder::new("order");
        history.complete_task();
        assert_eq!(ids(&history), [2, 3, 4]);
        let timer = history.start_timer(SECOND);
        assert_eq!(ids(&history), [2, 3, 5]);
        history.fire_timer(timer);
        assert_eq!(ids(&history), [2, 3, 5], "{}", history.clone().build().print());
        history.complete_task();
        assert_eq!(ids(&history), [2, 3, 5, 7, 8, 9]);
    }
}
