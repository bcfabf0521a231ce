//! Scenarios that others have played, compared with their recordings: workers and clients of the Go SDK on our server, by
//! `cargo xtask interop go`.

use std::fs;
use std::path::Path;

use super::answers::{same_json, without_uuids};
use super::compare::compare;
use super::look::as_recorded;
use super::run::title;
use super::suite::read;
use super::{Folder, Recording, Report, Step};

/// What the client was told at a step: the type of the error or `ok`, its message, the result as JSON.
type Answer = [String; 3];

/// Compares what was played with what was recorded. What was played is in a folder for each scenario, under its name: the
/// histories by the names of their files, and `answers.json`, a list of what the client was told at each step. Only the
/// scenarios with these names are looked at; without names, all.
#[must_use]
pub fn compare_all(folders: &'static [Folder], played: &Path, names: &[&str]) -> Report {
    let problems = |folder| match one(folder, &played.join(folder.name)) {
        Ok(problems) => problems,
        Err(problem) => vec![problem],
    };
    let wanted = folders.iter().filter(|it| names.is_empty() || names.contains(&it.name));
    Report { scenarios: wanted.map(|folder| (folder, problems(folder))).collect() }
}

fn one(folder: &Folder, played: &Path) -> Result<Vec<String>, String> {
    let recording = Recording::read(folder)?;
    if !played.is_dir() {
        return Err("it was not played to its end".to_owned());
    }
    let mut problems = Vec::new();
    for (file, text) in &recording.histories {
        let Ok(found) = fs::read_to_string(played.join(file)) else {
            problems.push(format!("{file}: recorded, but not played"));
            continue;
        };
        let (found, recorded) = match (read(&found), read(text)) {
            (Ok(found), Ok(recorded)) => (found, recorded),
            (Err(error), _) | (_, Err(error)) => {
                problems.push(format!("{file}: {error}"));
                continue;
            }
        };
        let differences = compare(&found, &recorded, recording.script.quiet);
        problems.extend(differences.into_iter().map(|line| format!("{file}: {line}")));
    }
    for entry in fs::read_dir(played).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("history") && !recording.histories.contains_key(&*name) {
            problems.push(format!("{name}: played, but not recorded"));
        }
    }
    let answers = fs::read_to_string(played.join("answers.json"));
    let answers = answers.map_err(|error| format!("answers.json: {error}"))?;
    let answers: Vec<Answer> =
        serde_json::from_str(&answers).map_err(|error| format!("answers.json: {error}"))?;
    for (step, answer) in recording.script.steps.iter().zip(&answers) {
        problems.extend(told(step, answer));
    }
    Ok(problems)
}

/// What the client was told at a step, if it is not what it was told then.
fn told(step: &Step, [kind, message, result]: &Answer) -> Vec<String> {
    let mut problems = Vec::new();
    let mut differ = |found: &str, recorded: &str| {
        problems.push(format!("{}: the client got `{found}`, recorded `{recorded}`", title(step)));
    };
    let expected = step.expect.as_deref().unwrap_or("ok");
    if kind != expected {
        differ(&format!("{kind}: {message}"), expected);
    }
    if let Some(recorded) = &step.message
        && without_uuids(recorded) != without_uuids(message)
    {
        differ(message, recorded);
    }
    if let Some(recorded) = &step.result
        && !same_json(recorded, &as_recorded(result, Some(recorded)))
    {
        differ(result, recorded);
    }
    problems
}
