//! Every recorded history reads, is written back equal, and is well formed.
//!
//! The histories are those of `fixtures/golden` and, if `REHEARSAL_CORPUS` names a folder, all below it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_history::{EventKind, History, Timestamp, decode_list};
use rehearsal_tests::simulated;
use serde_json::{Map, Value};

/// Files that are no histories of a server, by the end of their path, and why. They must read and be written back all
/// the same.
const NOT_WELL_FORMED: &[(&str, &str)] = &[
    (
        "child-workflow-cancel-with-update.json",
        "event 12 names a task that comes later: edited by hand",
    ),
    (
        "replay-tests-cancel-order-timer-resolved.json",
        "event 11 names the start of its task: edited by hand",
    ),
    ("non_deterministic_update.json", UPDATE),
    ("update_accept_and_complete_and_exit.json", UPDATE),
    ("update_before_protocol_message_command.json", UPDATE),
    ("update_complete_and_exit.json", UPDATE),
    ("update_with_protocol_message_command.json", UPDATE),
    ("testGetVersionInterleavedUpdateReplayWaitForMarkerHistory.json", UPDATE),
];

/// Why recordings of early updates are not well formed.
const UPDATE: &str = "its server did not write yet which update is completed";
/// Types that are kept as they came: Nexus and others outside the catalog.
const KEPT: &[&str] = &["nexusoperation", "unknown", "workflowpropertiesmodifiedexternally"];

#[test]
#[expect(clippy::print_stdout, reason = "the count is what a person wants to see of this test")]
fn every_recorded_history_reads_and_is_written_back() {
    let files = files();
    let mut failures = String::new();
    let mut good = 0_usize;
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        match check(file, &text) {
            Ok(()) => good += 1,
            Err(error) => writeln!(failures, "{}: {error}", file.display()).unwrap(),
        }
    }
    println!("histories: {good} of {}", files.len());
    assert!(failures.is_empty(), "histories that fail:\n{failures}");
}

/// All files that hold histories, in the order of their names.
#[expect(clippy::disallowed_methods, reason = "this test owns the knob")]
fn files() -> Vec<PathBuf> {
    let mut files =
        simulated::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden"));
    if let Ok(corpus) = std::env::var("REHEARSAL_CORPUS") {
        let more = simulated::files(Path::new(&corpus));
        assert!(!more.is_empty(), "REHEARSAL_CORPUS: expected histories in `{corpus}`, found none");
        files.extend(more);
    }
    files.sort();
    files.dedup();
    files
}

fn check(file: &Path, text: &str) -> Result<(), String> {
    let histories = decode_list(text).map_err(chain)?;
    let original: Value = serde_json::from_str(text).map_err(chain)?;
    let originals = match &original {
        Value::Array(items) if items.iter().any(|item| item.get("events").is_some()) => {
            items.iter().collect()
        }
        other => vec![other],
    };
    if histories.len() != originals.len() {
        return Err(format!("expected {} histories, found {}", originals.len(), histories.len()));
    }
    for (history, original) in histories.iter().zip(originals) {
        written_back(history, original)?;
        if let Some(kept) = history.events().iter().find(|event| is_kept_though_known(&event.kind))
        {
            return Err(format!("event {}: `{}` is kept as it came", kept.id, kept.kind.name()));
        }
        let known = NOT_WELL_FORMED.iter().find(|(name, _)| file.ends_with(name));
        match (history.check_well_formed(), known) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Err(error), None) => return Err(chain(error)),
            (Ok(()), Some((_, why))) => return Err(format!("well formed, though {why}")),
        }
    }
    Ok(())
}

/// Whether an event is kept as it came although its type is in the catalog.
fn is_kept_though_known(kind: &EventKind) -> bool {
    let EventKind::Other(other) = kind else {
        return false;
    };
    let name = other.event_type.trim_start_matches("EVENT_TYPE_").replace('_', "").to_lowercase();
    !KEPT.iter().any(|kept| name.starts_with(kept))
}

/// The newer dialect is written back equal; what is read from any dialect comes back from what is written.
fn written_back(history: &History, original: &Value) -> Result<(), String> {
    let written = history.to_json();
    if History::from_json(&written).map_err(chain)? != *history {
        return Err("what is written reads as another history".to_owned());
    }
    let events = original.get("events").unwrap_or(original);
    let newer = !events.to_string().contains("\"eventType\":\"W");
    let written: Value = serde_json::from_str(&written).map_err(chain)?;
    let mut differences = Vec::new();
    compare("", events, &written["events"], newer, &mut differences);
    if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
}

/// Compares what was read with what is written: `null` and an empty list are absent, keys in the names' other spelling
/// are the same keys, and times and numbers are compared as such. Unless `strict`, older
/// spellings of values are the same as newer ones.
fn compare(path: &str, read: &Value, written: &Value, strict: bool, out: &mut Vec<String>) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => members(path, read, written, strict, out),
        (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
            for (index, (read, written)) in read.iter().zip(written).enumerate() {
                compare(&format!("{path}.{index}"), read, written, strict, out);
            }
        }
        (Value::Number(read), Value::Number(written)) if read.as_f64() == written.as_f64() => {}
        (Value::String(read), Value::String(written)) if is_same_time(read, written) => {}
        (read, written) if read == written || !strict && is_same_leaf(read, written) => {}
        (read, written) => out.push(format!("{path}: read `{read}`, written `{written}`")),
    }
}

fn members(
    path: &str,
    read: &Map<String, Value>,
    written: &Map<String, Value>,
    strict: bool,
    out: &mut Vec<String>,
) {
    for (key, value) in read.iter().filter(|(_, value)| !is_absent(value)) {
        match written.get(key).or_else(|| written.get(&camel(key))) {
            Some(other) => compare(&format!("{path}.{key}"), value, other, strict, out),
            None if !strict && is_default(value) => {}
            None => out.push(format!("{path}.{key}: read `{value}`, not written")),
        }
    }
    for (key, value) in written.iter().filter(|(_, value)| !is_absent(value)) {
        if !read.iter().any(|(other, value)| camel(other) == camel(key) && !is_absent(value)) {
            out.push(format!("{path}.{key}: not read, written `{value}`"));
        }
    }
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether an older spelling and a newer one say the same: `Normal` and `TASK_QUEUE_KIND_NORMAL`, `5` and `"5"`.
fn is_same_leaf(read: &Value, written: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.replace('_', "").to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match (text(read), text(written)) {
        (Some(read), Some(written)) => !read.is_empty() && written.ends_with(&read),
        _ => false,
    }
}

fn is_same_time(read: &str, written: &str) -> bool {
    Timestamp::parse_rfc3339(read)
        .is_some_and(|time| Some(time) == Timestamp::parse_rfc3339(written))
}

/// `some_name` as `someName`.
fn camel(name: &str) -> String {
    let mut upper = false;
    name.chars()
        .filter_map(|c| {
            let c = if upper { c.to_ascii_uppercase() } else { c };
            upper = c == '_';
            (!upper).then_some(c)
        })
        .collect()
}

/// Whether a value of the older dialects says that there is nothing.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(value) => {
            value.is_empty()
                || value == "0"
                || value == "Unspecified"
                || value == "0001-01-01T00:00:00Z"
        }
        Value::Array(value) => value.is_empty(),
        Value::Object(value) => value.is_empty(),
    }
}

/// An error and what led to it, on one line.
fn chain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, ": {cause}").unwrap();
        source = cause.source();
    }
    text
}
