//! Which recorded histories hold only what is simulated.
//!
//! What is simulated is what the recordings of `fixtures/golden` hold: each of them is simulated and compared, attribute by
//! attribute. So a history is simulated if every attribute of every event of it stands in one of these recordings too, with
//! the same value where values are names out of a list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_history::{History, decode_list};
use serde_json::Value;

/// The attributes that the golden recordings hold.
#[derive(Debug, Clone, Default)]
pub struct Simulated(BTreeSet<String>);

/// How many histories are simulated, and in how many each of the rest has its part. Displays as a table.
#[derive(Debug, Clone, Default)]
pub struct Count {
    /// Those that hold only what is simulated.
    pub simulated: usize,
    /// All of them.
    pub all: usize,
    /// What is not simulated, and in how many it is.
    pub rest: BTreeMap<String, usize>,
}

/// What is simulated and stands in no recording, as that would be too long.
const NOT_RECORDED: [&str; 1] = ["WORKFLOW_TASK_STARTED suggestContinueAsNew"];

impl Simulated {
    /// Reads the recordings below `golden`.
    #[must_use]
    pub fn of(golden: &Path) -> Self {
        let files = files(golden);
        let recorded = files.iter().flat_map(|file| histories(file));
        let recorded = recorded.flat_map(|history| attributes(&history));
        Self(recorded.chain(NOT_RECORDED.map(str::to_owned)).collect())
    }

    /// Looks at all histories below `folder`.
    #[must_use]
    pub fn count(&self, folder: &Path) -> Count {
        let mut count = Count::default();
        for history in files(folder).iter().flat_map(|file| histories(file)) {
            let rest: BTreeSet<String> =
                attributes(&history).difference(&self.0).map(|rest| feature(rest)).collect();
            count.all += 1;
            count.simulated += usize::from(rest.is_empty());
            for feature in rest {
                *count.rest.entry(feature).or_default() += 1;
            }
        }
        count
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest: Vec<_> = self.rest.iter().collect();
        rest.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        rest.iter().try_for_each(|(feature, count)| writeln!(f, "  {count:>4}  {feature}"))
    }
}

/// All files below `folder` that hold histories, in the order of their names.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") && is_history(&path)
        {
            files.push(path);
        }
    }
}

/// Whether a JSON file is meant to be a history, rather than some other file that stands beside one.
fn is_history(path: &Path) -> bool {
    fs::read_to_string(path)
        .is_ok_and(|text| text.contains("\"eventId\"") || text.contains("\"event_id\""))
}

/// The histories of a file; none if it cannot be read.
fn histories(file: &Path) -> Vec<History> {
    let text = fs::read_to_string(file).unwrap_or_default();
    decode_list(&text).unwrap_or_default()
}

/// Members that say who wrote an event, with what, and where: they are nobody's to simulate.
const ASIDE: [&str; 22] = [
    "eventId",
    "eventTime",
    "eventType",
    "taskId",
    "version",
    "identity",
    "requestId",
    "attachedRequestId",
    "namespaceId",
    "parentWorkflowNamespaceId",
    "prevAutoResetPoints",
    "historySizeBytes",
    "meteringMetadata",
    "workerVersion",
    "binaryChecksum",
    "sdkName",
    "sdkVersion",
    "stackTrace",
    "langUsedFlags",
    "coreUsedFlags",
    "encodedAttributes",
    "lastWorkerIdentity",
];

/// What the events of a history hold: the type of the event and the way to each value.
fn attributes(history: &History) -> BTreeSet<String> {
    let json: Value = serde_json::from_str(&history.to_json()).unwrap_or_default();
    let mut found = BTreeSet::new();
    for event in json["events"].as_array().into_iter().flatten() {
        let kind = event["eventType"].as_str().unwrap_or_default();
        let kind = kind.trim_start_matches("EVENT_TYPE_");
        found.insert(kind.to_owned());
        for (key, value) in event.as_object().into_iter().flatten() {
            let key = if key.ends_with("EventAttributes") { "" } else { key };
            walk(value, kind, key, &mut found);
        }
    }
    found
}

fn walk(value: &Value, kind: &str, key: &str, found: &mut BTreeSet<String>) {
    let last = key.rsplit('.').next().unwrap_or_default();
    if ASIDE.contains(&last) || nothing(value) {
        return;
    }
    match value {
        // What values hold, and what they are called, is user code's.
        Value::Object(_) if matches!(last, "details" | "fields" | "indexedFields") => {
            found.insert(format!("{kind} {key}"));
        }
        _ if matches!(last, "payloads" | "data" | "metadata") => {
            found.insert(format!("{kind} {key}"));
        }
        Value::Object(members) => {
            for (name, value) in members {
                // A failure may be behind a failure, and so on.
                let deeper = name == "cause" && (last == "cause" || last == "failure");
                let inner = match (key, deeper) {
                    ("", _) => name.clone(),
                    (key, true) => key.to_owned(),
                    (key, false) => format!("{key}.{name}"),
                };
                walk(value, kind, &inner, found);
            }
        }
        Value::Array(members) => {
            for value in members {
                walk(value, kind, key, found);
            }
        }
        Value::String(text) if is_name(text) && last != "type" || last == "markerName" => {
            found.insert(format!("{kind} {key} {text}"));
        }
        _ => {
            found.insert(format!("{kind} {key}"));
        }
    }
}

/// Whether a value is the one that a member has which is not written.
fn nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.as_str(), "" | "0" | "0s"),
        Value::Array(members) => members.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Whether a text is a name out of a list, such as `TIMEOUT_TYPE_HEARTBEAT`.
fn is_name(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// What an attribute belongs to, in words.
fn feature(attribute: &str) -> String {
    const WORDS: [(&str, &str); 18] = [
        ("NEXUS_", "Nexus"),
        ("WORKFLOW_EXECUTION_OPTIONS_UPDATED", "options of a run that are changed"),
        ("PROPERTIES_MODIFIED_EXTERNALLY", "properties that are changed from outside"),
        ("eployment", "worker versioning"),
        ("ersioningBehavior", "worker versioning"),
        ("seWorkflowBuildId", "worker versioning"),
        ("header", "headers"),
        ("ompletionCallbacks", "callbacks"),
        ("links", "links"),
        ("principal", "links"),
        ("RESET_WORKFLOW", "resets"),
        ("UPDATE_ADMITTED", "resets"),
        ("baseRunId", "resets"),
        ("newRunId", "resets"),
        ("seCompatibleVersion", "worker versioning"),
        ("workerVersioningId", "worker versioning"),
        ("Unknown", "events and attributes of a later version"),
        ("someNewField", "events and attributes of a later version"),
    ];
    if let Some((_, marker)) = attribute.split_once(" markerName ") {
        return format!("markers of kind `{marker}`");
    }
    let known = WORDS.iter().find(|(part, _)| attribute.contains(part));
    known.map_or_else(|| attribute.to_owned(), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_recording_holds_is_named() {
        let text = |marker: &str| {
            format!(
                r#"{{"events":[{{"eventId":"1","eventTime":"2026-01-01T00:00:00Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
                "workflowExecutionStartedEventAttributes":{{"workflowType":{{"name":"order"}},"originalExecutionRunId":"1",
                "firstExecutionRunId":"1"}}}},
                {{"eventId":"2","eventTime":"2026-01-01T00:00:00Z","eventType":"EVENT_TYPE_MARKER_RECORDED",
                "markerRecordedEventAttributes":{{"markerName":"{marker}"}}}}]}}"#
            )
        };
        let read = |text: &str| attributes(&decode_list(text).unwrap()[0]);
        let known = read(&text("Version"));
        let rest: Vec<String> =
            read(&text("Other")).difference(&known).map(|rest| feature(rest)).collect();
        assert_eq!(rest, ["markers of kind `Other`"]);
    }
}
