//! The marker of a local activity (`LocalActivityMarkerData` of core's protocol).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use rehearsal_activation::{RecordMarker, Seq};
use rehearsal_history::event::MarkerRecorded;
use rehearsal_history::{
    Event, EventKind, Failure, FailureInfo, Payload, Payloads, SmolStr, Timestamp,
};

use super::outcome::{Outcome, Resolve};

pub(crate) const NAME: &str = "core_local_activity";
const DATA: &str = "data";
const RESULT: &str = "result";
const INPUT: &str = "input";

/// What a marker says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    pub(super) seq: Seq,
    pub(super) activity_id: SmolStr,
    pub(super) activity_type: SmolStr,
    pub(super) resolve: Resolve,
}

/// The marker to be recorded, as `build_local_activity_marker_details` writes it.
pub(super) fn record(note: &Note, input: Option<Payloads>) -> RecordMarker {
    let Note { seq, activity_id, activity_type, resolve } = note;
    let quoted = |text: &str| {
        let payload = Payload::text(text);
        String::from(payload.as_json().unwrap_or_default())
    };
    let span = |span: Option<Duration>| {
        span.map_or_else(
            || String::from("null"),
            |span| format!("{{\"seconds\":{},\"nanos\":{}}}", span.as_secs(), span.subsec_nanos()),
        )
    };
    let time =
        |time: Option<Timestamp>| span(time.map(|time| Duration::from_nanos(time.as_nanos())));
    let index = resolve.activation_index.map_or_else(|| "null".into(), |index| format!("{index}"));
    let data = format!(
        "{{\"seq\":{seq},\"attempt\":{},\"activity_id\":{},\"activity_type\":{},\"complete_time\":{},\"backoff\":{},\
         \"original_schedule_time\":{},\"activation_index\":{index}}}",
        resolve.attempt,
        quoted(activity_id),
        quoted(activity_type),
        time(resolve.complete_time),
        span(resolve.backoff),
        time(resolve.first_scheduled_at),
    );
    let mut details = BTreeMap::new();
    details.insert(SmolStr::new_static(DATA), Payloads::one(Payload::json(data)));
    if let Outcome::Completed(Some(result)) = &resolve.outcome {
        details.insert(SmolStr::new_static(RESULT), result.clone());
    }
    if let Some(input) = input {
        details.insert(SmolStr::new_static(INPUT), input);
    }
    RecordMarker {
        name: SmolStr::new_static(NAME),
        details,
        failure: resolve.outcome.failure().cloned().map(Box::new),
        ..RecordMarker::default()
    }
}

/// Whether an event is the marker of a local activity.
pub(crate) fn is_marker(event: &Event) -> bool {
    matches!(&event.kind, EventKind::MarkerRecorded(marker) if marker.marker_name == NAME)
}

/// What a recorded marker says; `None` if it cannot be read.
pub(super) fn read(recorded: &MarkerRecorded) -> Option<Note> {
    let data = recorded.details.get(DATA)?.as_slice().first()?;
    let text = |key: &str| data.member::<String>(key).map(SmolStr::from);
    let span = |key: &str| {
        let span = data.member::<BTreeMap<String, u64>>(key)?;
        let nanos = span.get("nanos").copied().unwrap_or_default();
        Some(Duration::new(*span.get("seconds")?, u32::try_from(nanos).unwrap_or_default()))
    };
    let time = |key: &str| Some(Timestamp::EPOCH.saturating_add(span(key)?));
    let outcome = match &recorded.failure {
        // What a marker holds as timed out is told as failed (`From<CompleteLocalActivityData> for ResolveDat`).
        Some(failure) if says_canceled(failure) => Outcome::Canceled(failure.clone()),
        Some(failure) => Outcome::Failed(failure.clone()),
        None => Outcome::Completed(recorded.details.get(RESULT).cloned()),
    };
    Some(Note {
        seq: Seq(data.member("seq")?),
        activity_id: text("activity_id").unwrap_or_default(),
        activity_type: text("activity_type").unwrap_or_default(),
        resolve: Resolve {
            outcome,
            complete_time: time("complete_time"),
            attempt: data.member("attempt").unwrap_or_default(),
            backoff: span("backoff"),
            first_scheduled_at: time("original_schedule_time"),
            activation_index: data.member("activation_index"),
        },
    })
}

fn says_canceled(failure: &Failure) -> bool {
    let is = |failure: &Failure| matches!(failure.info, Some(FailureInfo::Canceled(_)));
    is(failure) || failure.cause.as_deref().is_some_and(is)
}
