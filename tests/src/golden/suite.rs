//! Goes through all scenarios.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rehearsal_history::History;

use super::compare::{compare, describe};
use super::{Folder, Recording, simulate};
use crate::each::each;

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
    let check = |folder: &Folder| {
        // A bug must not hide what the other scenarios do.
        catch_unwind(AssertUnwindSafe(|| run(folder, out.as_deref()))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text =
                text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            vec![format!("panicked: {text}")]
        })
    };
    let problems = each(folders, |folder| check(folder));
    Report { scenarios: folders.iter().zip(problems).collect() }
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
    problems.extend(differences(&recording, &simulated.histories));
    problems
}

/// What differs between a recording and what was simulated, in lines for people.
#[must_use]
pub fn differences(recording: &Recording, simulated: &BTreeMap<String, History>) -> Vec<String> {
    let mut problems = Vec::new();
    for file in simulated.keys().filter(|file| !recording.histories.contains_key(*file)) {
        problems.push(format!("{file}: simulated, but not recorded"));
    }
    for (file, text) in &recording.histories {
        match (read(text), simulated.get(file)) {
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

pub(super) fn read(text: &str) -> Result<History, String> {
    History::from_json(text).map_err(|error| describe(&error))
}
