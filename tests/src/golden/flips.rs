//! Goes through all leaves of recordings: whether the comparison notices that one is changed.

use std::collections::BTreeMap;
use std::fmt;

use rehearsal_history::{History, scrub};
use serde_json::{Value, json};

use super::compare::{LATE_TOLERANCE, compare};
use super::leaves::{Path as LeafPath, UUID_LENGTH, find_uuid, flip, leaves};
use super::suite::read;
use super::{Folder, Recording};
use crate::each::each;

/// What became of changing leaves. Displays as what was not noticed, what is scrubbed, and a line `golden leaves: ..`.
#[derive(Debug, Clone, Default)]
pub struct Flips {
    /// How many were changed.
    pub flipped: usize,
    /// How many of them made the comparison fail.
    pub noticed: usize,
    /// How many did not, and need not, by where they stand.
    pub scrubbed: BTreeMap<String, usize>,
    /// Those that should have been noticed.
    pub unnoticed: Vec<String>,
}

impl fmt::Display for Flips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for leaf in &self.unnoticed {
            writeln!(f, "not noticed: {leaf}")?;
        }
        for (pattern, count) in &self.scrubbed {
            writeln!(f, "scrubbed: {count:>4} {pattern}")?;
        }
        let scrubbed: usize = self.scrubbed.values().sum();
        let unnoticed = self.unnoticed.len();
        write!(
            f,
            "golden leaves: {} flipped, {} noticed, {scrubbed} scrubbed, {unnoticed} not noticed",
            self.flipped, self.noticed
        )
    }
}

/// Changes each leaf of each recording in turn, and compares with the unchanged recording.
#[must_use]
pub fn flip_all(folders: &[Folder]) -> Flips {
    let mut all = Flips::default();
    for flips in each(folders, Flips::of) {
        all.flipped += flips.flipped;
        all.noticed += flips.noticed;
        all.unnoticed.extend(flips.unnoticed);
        for (reason, count) in flips.scrubbed {
            *all.scrubbed.entry(reason).or_default() += count;
        }
    }
    all
}

impl Flips {
    /// Those of one scenario.
    fn of(folder: &Folder) -> Self {
        let mut flips = Self::default();
        match Recording::read(folder) {
            Ok(recording) => {
                for (file, text) in &recording.histories {
                    if let Err(problem) = flips.flip_each(text, recording.script.quiet) {
                        flips.unnoticed.push(format!("all of {}/{file}: {problem}", folder.name));
                    }
                }
            }
            Err(problem) => flips.unnoticed.push(format!("all of {}: {problem}", folder.name)),
        }
        flips
    }

    fn flip_each(&mut self, text: &str, quiet: bool) -> Result<(), String> {
        let original = read(text)?;
        // It stands in for the simulated history.
        let simulated = read(&original.to_json())?;
        if let Some(difference) = compare(&simulated, &original, quiet).first() {
            return Err(format!("differs from itself: {difference}"));
        }
        let mut json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let uuids = count_uuids(&json);
        let mut pairs = Pairs::new(&json);
        for path in leaves(&json) {
            let before = path.get(&json).cloned().unwrap_or_default();
            if let Some(leaf) = path.get_mut(&mut json) {
                flip(path.key(), leaf);
            }
            let noticed = pairs.differ(&json, &path)
                || read(&json.to_string())
                    .map_or(true, |flipped| !compare(&simulated, &flipped, quiet).is_empty());
            self.flipped += 1;
            if let Some(leaf) = path.get_mut(&mut json) {
                *leaf = before;
            }
            if noticed {
                self.noticed += 1;
            } else if original.events().len() == 1 && path.key() == "eventTime" {
                // Times count from the first event on.
                *self.scrubbed.entry("time of an only event".to_owned()).or_default() += 1;
            } else if let Some(reason) = scrubbed(&path, &json, &uuids) {
                *self.scrubbed.entry(reason).or_default() += 1;
            } else {
                self.unnoticed.push(format!(
                    "{} in {}",
                    path.pattern(),
                    original.started().workflow_id
                ));
            }
        }
        Ok(())
    }
}

/// The first event of a recording with one other, before anything in it is changed.
///
/// Most changes are noticed in such a pair already, for a fraction of what it costs to read and compare all events. What is
/// noticed there is noticed in the whole: events are compared by their place, times from the first event on, here with the
/// larger tolerance, and a UUID that is met first in the first event is met there first in the whole too. What is not
/// noticed there, or is none that can be read, the whole decides.
struct Pairs {
    original: Value,
    of: Option<usize>,
    pair: Option<History>,
}

impl Pairs {
    fn new(original: &Value) -> Self {
        Self { original: original.clone(), of: None, pair: None }
    }

    /// Whether a change is noticed in the pair that it is in.
    fn differ(&mut self, changed: &Value, path: &LeafPath) -> bool {
        let Some(at) = path.event() else { return false };
        if self.of != Some(at) {
            self.of = Some(at);
            self.pair = pair(&self.original, at);
        }
        let (Some(one), Some(other)) = (&self.pair, pair(changed, at)) else { return false };
        !scrub::compare(one, &other, |_| LATE_TOLERANCE).is_empty()
    }
}

/// The first event and the one of that index, which is the second here.
fn pair(history: &Value, at: usize) -> Option<History> {
    let events = history.get("events")?;
    let mut pair = vec![events.get(0)?.clone()];
    if at > 0 {
        let mut event = events.get(at)?.clone();
        *event.get_mut("eventId")? = "2".into();
        pair.push(event);
    }
    read(&json!({ "events": pair }).to_string()).ok()
}

/// Members whose values differ between any two runs of a scenario, wherever they stand.
const SCRUBBED: &[&str] = &[
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
    "deployment",
    "sdkName",
    "sdkVersion",
    "stackTrace",
];

/// The name of the scrubbed member that a leaf stands in, if it does.
fn scrubbed_member(path: &LeafPath) -> Option<&'static str> {
    let pattern = path.pattern();
    let mut keys = pattern.split(['.', '[']);
    keys.find_map(|key| SCRUBBED.iter().find(|member| **member == key).copied())
}

/// How often each UUID occurs outside of scrubbed members.
fn count_uuids(json: &Value) -> BTreeMap<String, usize> {
    let mut uuids = BTreeMap::new();
    for path in leaves(json).iter().filter(|path| scrubbed_member(path).is_none()) {
        if let Some(uuid) = path.get(json).and_then(uuid) {
            *uuids.entry(uuid.to_owned()).or_default() += 1;
        }
    }
    uuids
}

fn uuid(leaf: &Value) -> Option<&str> {
    let text = leaf.as_str()?;
    find_uuid(text).map(|at| &text[at..at + UUID_LENGTH])
}

/// Why a leaf need not be noticed: what the scrub list calls it. `None` if it must be.
fn scrubbed(path: &LeafPath, json: &Value, uuids: &BTreeMap<String, usize>) -> Option<String> {
    if let Some(member) = scrubbed_member(path) {
        return Some(member.to_owned());
    }
    let parent = path.parent().get(json)?;
    if path.key() == "name"
        && parent.get("kind").is_some_and(|kind| kind == "TASK_QUEUE_KIND_STICKY")
    {
        return Some("name of a sticky queue".to_owned());
    }
    let once = uuids.get(uuid(path.get(json)?)?) == Some(&1);
    once.then(|| format!("UUID that occurs once, {}", path.pattern()))
}
