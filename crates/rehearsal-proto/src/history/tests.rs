//! Histories as messages: nothing is lost on the way.

use std::path::{Path, PathBuf};

use rehearsal_history::{EventId, History};

use crate::history;

/// All recordings of a real server, those of kinds that are not simulated among them.
#[test]
fn every_recording_comes_back() {
    let mut count = 0;
    for path in recordings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden")) {
        let recorded = History::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let bytes = history::encode(&recorded).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(history::decode(&bytes).unwrap(), recorded, "{path:?}");
        count += 1;
    }
    assert!(count >= 31, "{count} recordings");
}

/// The files `history*.json` under a folder.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the recordings are there") {
        let path = entry.expect("the recordings are there").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            found.extend(recordings(&path));
        } else if name.starts_with("history") && path.extension().is_some_and(|ext| ext == "json") {
            found.push(path);
        }
    }
    found
}

#[test]
fn bytes_that_are_no_history_are_refused() {
    let error = history::decode(&[0xff, 0xff]).unwrap_err();
    assert!(error.to_string().starts_with("not a history: failed to decode"), "{error}");
    insta::assert_snapshot!(history::decode(&[]).unwrap_err(), @"not a history: expected at least one event, found none");
}

#[test]
fn a_type_that_does_not_fit_its_attributes_is_refused() {
    let recorded = rehearsal_history::HistoryBuilder::new("Order").build();
    let mut proto = history::to_proto(&recorded).unwrap();
    assert_eq!(proto.events[0].event_id, i64::try_from(EventId::FIRST.0).unwrap());
    proto.events[0].event_type = 5;
    insta::assert_snapshot!(history::from_proto(proto).unwrap_err(), @"`event 1.event_type`: expected the type of its attributes, found EVENT_TYPE_WORKFLOW_TASK_SCHEDULED");
}
