//! Tests of the public surface of `rehearsal-history`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod dialects;
mod diff;
mod forms;
mod full_text;
mod generate;
mod json;
mod laws;
mod scrub;
mod streams;
mod table;
mod text;
mod well_formed;

use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_history::History;

/// A history with a first event and the given further events, as text.
fn history_text(further: &[&str]) -> String {
    let started = r#"{"eventId": "1", "eventTime": "2026-01-02T03:04:05Z",
        "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
        "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"}}}"#;
    let events: Vec<&str> = std::iter::once(started).chain(further.iter().copied()).collect();
    format!(r#"{{"events": [{}]}}"#, events.join(", "))
}

/// A history with a first event and the given further events.
fn history(further: &[&str]) -> History {
    History::from_json(&history_text(further)).unwrap()
}

/// An error and what led to it, one a line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}\n{cause}");
        source = cause.source();
    }
    text
}

/// The recorded histories of `fixtures/golden`, in the order of their names, each with its file.
fn fixtures() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files.retain(|(_, text)| text.contains("\"eventId\""));
    files.sort();
    assert!(files.len() > 20, "expected recorded histories, found {}", files.len());
    files
}
