//! Goes through all scenarios, and through all leaves of their recordings.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rehearsal_history::History;
use serde_json::Value;

use super::compare::{compare, describe};
use super::leaves::{Path as LeafPath, UUID_LENGTH, find_uuid, flip, leaves};
use super::{Folder, Recording, simulate};

/// How all scenarios came out. Displays as the failing ones, each with its reasons, and a line `golden go: N of M`.
#[derive(Debug, Clone)]
pub struct Report {
    /// The scenarios in their order, each with what is wrong, in lines for people.
    pub scenarios: Vec<(&'static Folder, Vec<String>)>,
}

impl Report {
    /// Whether there are scenarios, and none of them fails.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.scenarios.is_empty() && self.scenarios.iter().all(|(_, problems)| problems.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (folder, problems) in self.scenarios.iter().filter(|(_, problems)| !problems.is_empty())
        {
            writeln!(f, "{}/{} fails:", folder.sdk, folder.name)?;
            problems
                .iter()
                .try_for_each(|problem| writeln!(f, "  {}", problem.replace('\n', "\n  ")))?;
            writeln!(f)?;
        }
        let good = self.scenarios.iter().filter(|(_, problems)| problems.is_empty()).count();
        let sdk = self.scenarios.first().map_or("none", |(folder, _)| folder.sdk);
        write!(f, "golden {sdk}: {good} of {}", self.scenarios.len())
    }
}

/// Simulates scenarios of one SDK and compares them with their recordings.
///
/// If the environment names a folder in `REHEARSAL_GOLDEN_OUT`, the simulated histories are written there, those of
/// each scenario into a folder of its name.
#[must_use]
pub fn run_all(folders: &'static [Folder]) -> Report {
    let out = env::var_os("REHEARSAL_GOLDEN_OUT").map(PathBuf::from);
    let check = |folder: &'static Folder| {
        // A bug must not hide what the other scenarios do.
        catch_unwind(AssertUnwindSafe(|| run(folder, out.as_deref()))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text =
                text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            vec![format!("panicked: {text}")]
        })
    };
    Report { scenarios: folders.iter().map(|folder| (folder, check(folder))).collect() }
}

/// Simulates one scenario and compares it with its recording. Returns what is wrong.
fn run(folder: &Folder, out: Option<&Path>) -> Vec<String> {
    let Some(register) = folder.register else {
        return vec!["it has no code that can be rehearsed".to_owned()];
    };
    let recording = match Recording::read(folder) {
        Ok(recording) => recording,
        Err(problem) => return vec![problem],
    };
    let simulated = simulate(folder, &recording.script, register);
    let mut problems = simulated.problems;
    if let Some(out) = out {
        for (file, history) in &simulated.histories {
            let folder = out.join(folder.name);
            let written = fs::create_dir_all(&folder)
                .and_then(|()| fs::write(folder.join(file), history.to_json()));
            if let Err(error) = written {
                problems.push(format!("{}: {error}", folder.join(file).display()));
            }
        }
    }
    for file in simulated.histories.keys().filter(|file| !recording.histories.contains_key(*file)) {
        problems.push(format!("{file}: simulated, but not recorded"));
    }
    for (file, text) in &recording.histories {
        match (read(text), simulated.histories.get(file)) {
            (Err(error), _) => problems.push(format!("{file}: {error}")),
            (Ok(_), None) => problems.push(format!("{file}: recorded, but not simulated")),
            (Ok(recorded), Some(history)) => {
                let differences = compare(history, &recorded, recording.script.quiet);
                problems.extend(differences.into_iter().map(|line| format!("{file}: {line}")));
            }
        }
    }
    problems
}

fn read(text: &str) -> Result<History, String> {
    History::from_json(text).map_err(|error| describe(&error))
}

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
    let mut flips = Flips::default();
    for folder in folders {
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
    }
    flips
}

impl Flips {
    fn flip_each(&mut self, text: &str, quiet: bool) -> Result<(), String> {
        let original = read(text)?;
        // It stands in for the simulated history.
        let simulated = read(&original.to_json())?;
        if let Some(difference) = compare(&simulated, &original, quiet).first() {
            return Err(format!("differs from itself: {difference}"));
        }
        let mut json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let uuids = count_uuids(&json);
        for path in leaves(&json) {
            let before = path.get(&json).cloned().unwrap_or_default();
            if let Some(leaf) = path.get_mut(&mut json) {
                flip(path.key(), leaf);
            }
            let noticed = read(&json.to_string())
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
