//! The marker of a local activity (`localActivityMarkerData`).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::RecordMarker;
use rehearsal_history::event::MarkerRecorded;
use rehearsal_history::{Payload, Payloads, SmolStr, Timestamp};

use super::Ended;

pub(crate) const NAME: &str = "LocalActivity";
pub(super) const RESULT: &str = "result";
const DATA: &str = "data";

/// What a marker says beside the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) activity_id: SmolStr,
    pub(super) activity_type: SmolStr,
    /// Workflow time from then on.
    pub(super) time: Timestamp,
    pub(super) attempt: u32,
    /// In nanoseconds: the wait that workflow code is told of; 0 if it was not tried again because it succeeded or was
    /// canceled, -1 if it may not be.
    pub(super) backoff: i64,
}

impl Note {
    /// As JSON.
    pub(super) fn printed(&self) -> String {
        let Self { activity_id, activity_type, time, attempt, backoff } = self;
        let quoted = |text: &str| {
            let payload = Payload::text(text);
            String::from(payload.as_json().unwrap_or_default())
        };
        let (id, name, time) =
            (quoted(activity_id), quoted(activity_type), quoted(&time.to_rfc3339_nano()));
        format!(
            "{{\"ActivityID\":{id},\"ActivityType\":{name},\"ReplayTime\":{time},\"Attempt\":{attempt},\"Backoff\":{backoff}}}"
        )
    }
}

/// The marker to be recorded.
pub(super) fn record(note: &Note, result: &Ended) -> RecordMarker {
    let mut details = BTreeMap::new();
    let data = Payloads::one(Payload::json(note.printed()));
    details.insert(SmolStr::new_static(DATA), data);
    if let Ok(Some(result)) = result {
        details.insert(SmolStr::new_static(RESULT), result.clone());
    }
    let failure = result.as_ref().err().cloned();
    RecordMarker { name: SmolStr::new_static(NAME), details, failure, ..RecordMarker::default() }
}

/// What a recorded marker says.
pub(super) fn read(recorded: &MarkerRecorded) -> Result<Note, &'static str> {
    let data = recorded.details.get(DATA).ok_or("key \"data\": missing marker data key")?;
    let data = data.as_slice().first().ok_or("key \"data\": no payload")?;
    let text = |key| data.member::<String>(key).map(SmolStr::from);
    let time = data.member::<String>("ReplayTime");
    Ok(Note {
        activity_id: text("ActivityID").ok_or("key \"data\": no ActivityID")?,
        activity_type: text("ActivityType").unwrap_or_default(),
        time: time.and_then(|time| Timestamp::parse_rfc3339(&time)).unwrap_or_default(),
        attempt: data.member("Attempt").unwrap_or_default(),
        backoff: data.member("Backoff").unwrap_or_default(),
    })
}
