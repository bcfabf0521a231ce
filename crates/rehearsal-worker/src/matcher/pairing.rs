//! What stands beside what: which event records which command.
//!
//! As a rule each command leaves one event, in the same order. Markers are the exceptions. Go passes over those of versions
//! and mutable side effects, on both sides (`matchReplayWithHistory`, `internal_task_handlers.go`, sdk-go 1.47). Core passes
//! over those of patches that are deprecated, and over a patch that is asked for where another event stands
//! (`patch_marker_handling`, `workflow_machines.rs`, core 0.10.1).

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Event, EventKind};

use super::strictness::{Context, Strictness};
use super::{answers_update, is_of_update};
use crate::core::{local, patch};
use crate::go::marker;

/// An event and a command that stand beside each other, by their places in the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) event: Option<usize>,
    pub(crate) command: Option<usize>,
}

/// How many of the commands, from the first, the events have taken or passed over.
pub(crate) fn taken(pairs: &[Pair]) -> usize {
    let recorded = pairs.iter().filter(|pair| pair.event.is_some());
    recorded.filter_map(|pair| pair.command).max().map_or(0, |last| last.saturating_add(1))
}

/// The pairs of a task, in their order.
pub(super) fn pairs(
    context: Context,
    recorded: &[Arc<Event>],
    attempted: &[ServerCommand],
) -> Vec<Pair> {
    match context.strictness {
        Strictness::Go(_) => go(context.places_updates, recorded, attempted),
        Strictness::Core { .. } => core(recorded, attempted),
    }
}

/// What became of updates that have no places among the commands is paired apart, behind the rest.
fn go(places_updates: bool, recorded: &[Arc<Event>], attempted: &[ServerCommand]) -> Vec<Pair> {
    let mut events = Vec::with_capacity(recorded.len());
    let mut index = 0;
    while let Some(event) = recorded.get(index) {
        let passed = passed_by_go(event, recorded.get(index + 1).map(|next| &**next));
        if passed == 0 {
            events.push(index);
        }
        index += passed.max(1);
    }
    let is_compared = |command: &ServerCommand| match command {
        ServerCommand::RecordMarker(marker) => !is_passed_over(&marker.name),
        _ => true,
    };
    let commands: Vec<usize> =
        (0..).zip(attempted).filter(|(_, it)| is_compared(it)).map(|(index, _)| index).collect();
    if places_updates {
        return beside(&events, &commands);
    }
    let of_update = |event: &usize| recorded.get(*event).is_some_and(is_of_update);
    let answers = |command: &usize| attempted.get(*command).is_some_and(answers_update);
    let (told, events): (Vec<usize>, Vec<usize>) = events.into_iter().partition(of_update);
    let (answers, commands): (Vec<usize>, Vec<usize>) = commands.into_iter().partition(answers);
    let mut pairs = beside(&events, &commands);
    pairs.extend(beside(&told, &answers));
    pairs
}

/// One beside the other, in their orders.
fn beside(events: &[usize], commands: &[usize]) -> Vec<Pair> {
    let pair =
        |place| Pair { event: events.get(place).copied(), command: commands.get(place).copied() };
    (0..events.len().max(commands.len())).map(pair).collect()
}

/// How many events Go passes over here: the marker of a version with its search attribute, or a marker alone.
fn passed_by_go(event: &Event, next: Option<&Event>) -> usize {
    let EventKind::MarkerRecorded(recorded) = &event.kind else { return 0 };
    match recorded.marker_name.as_str() {
        marker::VERSION if next.is_some_and(lists_versions) => 2,
        name if is_passed_over(name) => 1,
        _ => 0,
    }
}

fn is_passed_over(marker: &str) -> bool {
    marker == marker::VERSION || marker == marker::MUTABLE_SIDE_EFFECT
}

/// Whether an event upserts the search attribute of versions and patches.
pub(crate) fn lists_versions(event: &Event) -> bool {
    let EventKind::UpsertWorkflowSearchAttributes(upsert) = &event.kind else { return false };
    let attributes = upsert.search_attributes.as_ref();
    attributes.is_some_and(|it| it.indexed_fields.contains_key(&marker::CHANGE_VERSION))
}

fn core(recorded: &[Arc<Event>], attempted: &[ServerCommand]) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(recorded.len().max(attempted.len()));
    let (mut index, mut next) = (0, 0);
    while let Some(event) = recorded.get(index) {
        // In a replay it is no command (`marker_should_get_special_handling`).
        if local::marker::is_marker(event) {
            index += 1;
            continue;
        }
        let asked = attempted.get(next).and_then(patch::of_command);
        match (patch::of_event(event), asked) {
            (Some(marker), asked)
                if marker.deprecated
                    && asked.as_ref().is_none_or(|asked| asked.id != marker.id) =>
            {
                index += 1;
                index +=
                    usize::from(recorded.get(index).is_some_and(|event| lists_versions(event)));
            }
            (Some(_), None) => {
                // Nothing behind it is looked at.
                pairs.push(Pair { event: Some(index), command: None });
                return pairs;
            }
            (None, Some(_)) => next += 1,
            (Some(_), Some(_)) | (None, None) => {
                let command = (next < attempted.len()).then_some(next);
                pairs.push(Pair { event: Some(index), command });
                (index, next) = (index + 1, next + 1);
            }
        }
    }
    let surplus = next.min(attempted.len())..attempted.len();
    pairs.extend(surplus.map(|command| Pair { event: None, command: Some(command) }));
    pairs
}
