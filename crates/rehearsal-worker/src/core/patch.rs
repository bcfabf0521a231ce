//! Patches: what is known of them, and what their commands and markers make of it.
//!
//! `patch_state_machine.rs` and `workflow_machines.rs` of core 0.10.1. The machine itself has one arc that matters: the
//! marker must be of the same patch.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_activation::{Job, RecordMarker, ServerCommand, SetPatch};
use rehearsal_history::event::MarkerRecorded;
use rehearsal_history::{
    Event, EventKind, Payload, Payloads, SearchAttributes, SearchUpdate, SmolStr,
};

use super::failure::Breakdown;
use super::machine::Machine;
use super::out::Out;
use super::properties::UPSERT;
use crate::go::marker::CHANGE_VERSION;
use crate::slice::Task;

pub(crate) const MARKER: &str = "core_patch";
const DATA: SmolStr = SmolStr::new_static("patch-data");

/// What a marker of a patch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) id: SmolStr,
    pub(crate) deprecated: bool,
}

/// The patches of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Patches {
    /// Those that were found in the history or asked for, and whether workflow code has asked for them
    /// (`encountered_patch_markers`).
    encountered: BTreeMap<SmolStr, bool>,
    /// Those that workflow code has asked for, in that order.
    asked: Vec<SmolStr>,
    replaying: bool,
    /// Whether a patch writes a search attribute.
    upserts: bool,
}

impl Patches {
    /// How the task that is answered now is taken.
    pub(super) const fn flags(&mut self, replaying: bool, upserts: bool) {
        (self.replaying, self.upserts) = (replaying, upserts);
    }

    /// Whether the search attribute that lists patches is core's alone.
    pub(super) const fn upserts(&self) -> bool {
        self.upserts
    }

    /// A recorded task begins: workflow code is told of the patches in it before it runs.
    pub(super) fn look_ahead(&mut self, task: &Task, out: &mut Out) {
        for marker in task.commands.iter().filter_map(|event| of_event(event)) {
            self.encountered.insert(marker.id.clone(), false);
            out.jobs.push(Job::NotifyHasPatch { patch_id: marker.id });
        }
    }

    /// Workflow code asks for one.
    pub(super) fn set(&mut self, command: SetPatch, out: &mut Out) {
        const LIMIT: usize = 2048;

        let SetPatch { patch_id, deprecated } = command;
        let encountered = self.encountered.get(&patch_id).copied();
        if encountered == Some(true) {
            return;
        }
        let machine = Machine::Patch(self.asked.len());
        self.asked.push(patch_id.clone());
        out.queue
            .push(machine, ServerCommand::RecordMarker(Box::new(marker(&patch_id, deprecated))));
        if self.upserts && !(self.replaying && encountered.is_none()) {
            let all: BTreeSet<&SmolStr> = self
                .encountered
                .iter()
                .filter(|(_, asked)| **asked)
                .map(|(id, _)| id)
                .chain([&patch_id])
                .collect();
            let all: Vec<SmolStr> = all.into_iter().cloned().collect();
            let update = SearchUpdate::keyword_list(CHANGE_VERSION, &all);
            if update.value.data.0.len() < LIMIT {
                let command = ServerCommand::UpsertSearchAttributes(SearchAttributes::of([update]));
                out.queue.push(Machine::Properties(UPSERT), command);
            }
        }
        self.encountered.insert(patch_id, true);
    }

    /// Why the patch does not take `event` as the record of its command.
    pub(super) fn refusal(&self, index: usize, event: &Event) -> Breakdown {
        match of_event(event) {
            Some(marker) => Breakdown::Nondeterminism(format!(
                "Change id {} does not match expected id {}",
                marker.id, self.asked[index]
            )),
            None => Breakdown::Nondeterminism(format!(
                "Change machine cannot handle this event: {}",
                super::failure::printed(event)
            )),
        }
    }
}

/// A patch is recorded for which workflow code does not ask.
pub(super) fn unasked(marker: &Patch) -> Breakdown {
    Breakdown::Nondeterminism(format!(
        "Non-deprecated patch marker encountered for change {}, but there is no corresponding change command!",
        marker.id
    ))
}

/// As `build_has_change_marker_details` writes it.
fn marker(id: &str, deprecated: bool) -> RecordMarker {
    let quoted = Payload::text(id);
    let id = quoted.as_json().unwrap_or_default();
    let data = Payload::json(format!("{{\"id\":{id},\"deprecated\":{deprecated}}}"));
    let details = [(DATA, Payloads::one(data))].into_iter().collect();
    RecordMarker { name: SmolStr::new_static(MARKER), details, ..RecordMarker::default() }
}

/// The patch that a command notes.
pub(crate) fn of_command(command: &ServerCommand) -> Option<Patch> {
    match command {
        ServerCommand::RecordMarker(marker) => read(&marker.name, &marker.details),
        _ => None,
    }
}

/// The patch that an event has noted.
pub(crate) fn of_event(event: &Event) -> Option<Patch> {
    match &event.kind {
        EventKind::MarkerRecorded(marker) => of_marker(marker),
        _ => None,
    }
}

/// The patch that a marker has noted.
pub(crate) fn of_marker(marker: &MarkerRecorded) -> Option<Patch> {
    read(&marker.marker_name, &marker.details)
}

fn read(name: &str, details: &BTreeMap<SmolStr, Payloads>) -> Option<Patch> {
    if name != MARKER {
        return None;
    }
    let first = |key: &str| details.get(key)?.as_slice().first();
    if let Some(data) = first(&DATA) {
        let id = data.member::<String>("id")?.into();
        return Some(Patch { id, deprecated: data.member("deprecated")? });
    }
    // Older ones are plain bytes (`decode_change_marker_details`).
    let id = core::str::from_utf8(&first("patch_id")?.data.0).ok()?.into();
    Some(Patch { id, deprecated: *first("deprecated")?.data.0.first()? != 0 })
}
