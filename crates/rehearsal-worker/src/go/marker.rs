//! Markers: side effects, mutable side effects and versions.
//!
//! Go tells workflow code what the markers of a recorded task hold before anything else of that task (`ProcessWorkflowTask`,
//! `internal_task_handlers.go`, sdk-go 1.47).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt::Display;

use rehearsal_activation::{
    Recalled, RecordMarker, RecordMutableSideEffect, RecordSideEffect, RecordVersion, ServerCommand,
};
use rehearsal_history::event::MarkerRecorded;
use rehearsal_history::{
    Event, EventKind, Payload, Payloads, SearchAttributes, SearchUpdate, SmolStr,
};

use super::local;
use super::outbox::Outbox;
use crate::slice::Task;
use crate::told::Misplaced;

pub(crate) const SIDE_EFFECT: &str = "SideEffect";
pub(crate) const MUTABLE_SIDE_EFFECT: &str = "MutableSideEffect";
pub(crate) const VERSION: &str = "Version";

const SIDE_EFFECT_ID: &str = "side-effect-id";
const DATA: &str = "data";
const CALL_COUNTER: &str = "mutable-side-effect-call-counter";
pub(crate) const CHANGE_ID: &str = "change-id";
const VERSION_DATA: &str = "version";
const SEARCH_ATTRIBUTE_UPDATED: &str = "version-search-attribute-updated";

/// The search attribute that lists the versions of a run.
pub(crate) const CHANGE_VERSION: SmolStr = SmolStr::new_static("TemporalChangeVersion");

/// The markers of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Markers {
    /// Whether the run has any.
    any: bool,
}

impl Markers {
    /// What the markers of a recorded task hold; `None` if the run has none.
    pub(super) fn recall(
        &mut self,
        task: &Task,
    ) -> Result<Option<Box<Recalled>>, (usize, Misplaced)> {
        let mut recalled = Recalled::default();
        for (index, event) in task.commands.iter().enumerate() {
            if let EventKind::MarkerRecorded(marker) = &event.kind
                && !local::is_marker(marker)
            {
                self.any = true;
                read(event, marker, &mut recalled).map_err(|misplaced| (index, misplaced))?;
            }
        }
        Ok((self.any && task.completed.is_some()).then(|| Box::new(recalled)))
    }

    /// Workflow code notes what a side effect returned.
    pub(super) fn side_effect(&mut self, command: RecordSideEffect, out: &mut Outbox) {
        self.any = true;
        let details =
            [(SIDE_EFFECT_ID, number(command.id)), (DATA, command.result.unwrap_or_default())];
        record(SIDE_EFFECT, details, out);
    }

    /// Workflow code notes the value of a mutable side effect. In a recorded task that is withdrawn unless it is what is
    /// recorded in this very place (`mutableSideEffectsRecorded`).
    pub(super) fn mutable(&mut self, command: RecordMutableSideEffect, out: &mut Outbox) {
        self.any = true;
        let id: SmolStr = format!("{}_{}", command.id, out.next_event()).into();
        if !out.records_mutable(&id) {
            return;
        }
        let value = Payload::of_payloads(&command.result.unwrap_or_default());
        let data = [Payload::text(&command.id), value].into_iter().collect();
        let details =
            [(SIDE_EFFECT_ID, text(&id)), (DATA, data), (CALL_COUNTER, number(command.call))];
        record(MUTABLE_SIDE_EFFECT, details, out);
    }

    /// Workflow code notes the version of a change. Returns the search attribute that is changed with it, unless that
    /// grows too large (`GetVersion` of `internal_event_handlers.go`).
    pub(super) fn version(
        &mut self,
        command: RecordVersion,
        out: &mut Outbox,
    ) -> Option<SearchAttributes> {
        const LIMIT: usize = 2048;

        self.any = true;
        let RecordVersion { change_id, version, versions } = command;
        let update = change_versions(&versions);
        let upserts = update.value.data.0.len() < LIMIT;
        let details = [(CHANGE_ID, text(&change_id)), (VERSION_DATA, number(version))];
        let skipped = (!upserts).then(|| (SEARCH_ATTRIBUTE_UPDATED, number(false)));
        record(VERSION, details.into_iter().chain(skipped), out);
        upserts.then(|| SearchAttributes::of([update]))
    }
}

/// The search attribute that lists these versions.
pub(crate) fn change_versions(versions: &[SmolStr]) -> SearchUpdate {
    SearchUpdate::keyword_list(CHANGE_VERSION, versions)
}

/// What one marker holds.
fn read(event: &Event, marker: &MarkerRecorded, recalled: &mut Recalled) -> Result<(), Misplaced> {
    let details = Details { event, marker };
    match marker.marker_name.as_str() {
        SIDE_EFFECT => recalled.side_effects.push(RecordSideEffect {
            id: details.get(SIDE_EFFECT_ID, Payloads::decode::<u64>)?,
            result: Some(details.find(DATA)?.clone()),
        }),
        MUTABLE_SIDE_EFFECT => {
            let data = details.find(DATA)?.as_slice();
            let id = data.first().map(|id| Payloads::one(id.clone()));
            let value = data.get(1).and_then(Payload::to_payloads);
            let (Some(id), Some(value)) = (id, value) else {
                return Err(details.unreadable(DATA, "it is no id and value"));
            };
            let id = Payloads::decode::<String>(Some(&id))
                .map_err(|error| details.unreadable(DATA, error))?;
            // A marker of an old SDK does not count the calls.
            let call = if marker.details.contains_key(CALL_COUNTER) {
                details.get(CALL_COUNTER, Payloads::decode::<u64>)?
            } else {
                0
            };
            let id = id.into();
            recalled.mutable.push(RecordMutableSideEffect { id, call, result: Some(value) });
        }
        VERSION => {
            let change_id = details.get(CHANGE_ID, Payloads::decode::<String>)?;
            let version = details.get(VERSION_DATA, Payloads::decode::<i64>)?;
            recalled.versions.push((change_id.into(), version));
        }
        name => {
            return Err(Misplaced::NoSuchOperation(format!(
                "marker name {name:?} for eventId {}: unknown marker name",
                event.id
            )));
        }
    }
    Ok(())
}

/// The details of one marker.
struct Details<'a> {
    event: &'a Event,
    marker: &'a MarkerRecorded,
}

impl Details<'_> {
    fn find(&self, key: &str) -> Result<&Payloads, Misplaced> {
        self.marker.details.get(key).ok_or_else(|| self.unreadable(key, "missing marker data key"))
    }

    fn get<T, E: Display>(
        &self,
        key: &str,
        decode: impl FnOnce(Option<&Payloads>) -> Result<T, E>,
    ) -> Result<T, Misplaced> {
        decode(Some(self.find(key)?)).map_err(|error| self.unreadable(key, error))
    }

    fn unreadable(&self, key: &str, why: impl Display) -> Misplaced {
        let (name, event) = (&self.marker.marker_name, self.event.id);
        Misplaced::NoSuchOperation(format!(
            "marker name {name:?} for eventId {event}: key {key:?}: {why}"
        ))
    }
}

/// Whether a search attribute was upserted with the marker of a version.
pub(super) fn upserts(marker: &MarkerRecorded) -> bool {
    let updated = marker.details.get(SEARCH_ATTRIBUTE_UPDATED);
    updated.is_none_or(|updated| Payloads::decode::<bool>(Some(updated)).unwrap_or(true))
}

/// The id of a mutable side effect that a marker is of.
pub(super) fn mutable_id(marker: &MarkerRecorded) -> Option<SmolStr> {
    let id = Payloads::decode::<String>(marker.details.get(SIDE_EFFECT_ID));
    id.ok().map(SmolStr::from)
}

fn record(
    name: &'static str,
    details: impl IntoIterator<Item = (&'static str, Payloads)>,
    out: &mut Outbox,
) {
    let details = details.into_iter().map(|(key, value)| (SmolStr::new_static(key), value));
    let details: BTreeMap<_, _> = details.collect();
    let name = SmolStr::new_static(name);
    let marker = RecordMarker { name, details, ..RecordMarker::default() };
    out.push(ServerCommand::RecordMarker(Box::new(marker)));
}

fn number(number: impl Display) -> Payloads {
    Payloads::one(Payload::json(format!("{number}")))
}

fn text(text: &str) -> Payloads {
    Payloads::one(Payload::text(text))
}
