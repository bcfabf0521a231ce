//! What was recorded of a scenario: its script and its histories.

use std::collections::BTreeMap;
use std::{fs, iter};

use super::{Folder, Script};

/// A scenario with what a real server recorded of it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Who does what, and when.
    pub script: Script,
    /// The histories by the names of their files, as text.
    pub histories: BTreeMap<String, String>,
}

impl Recording {
    /// Reads what is in the folder.
    ///
    /// # Errors
    ///
    /// What cannot be read, in a line for people.
    pub fn read(folder: &Folder) -> Result<Self, String> {
        let text = fs::read_to_string(folder.file("scenario.toml"))
            .map_err(|error| format!("scenario.toml: {error}"))?;
        let script =
            toml::from_str(&text).map_err(|error| format!("scenario.toml: {}", error.message()))?;

        let mut histories = BTreeMap::new();
        let entries = fs::read_dir(folder.path).map_err(|error| format!("the folder: {error}"))?;
        for entry in entries {
            let name = entry
                .map_err(|error| format!("the folder: {error}"))?
                .file_name()
                .to_string_lossy()
                .into_owned();
            let parts: Vec<&str> = name.split('.').collect();
            if parts.first() == Some(&"history") && parts.last() == Some(&"json") {
                let text = fs::read_to_string(folder.file(&name))
                    .map_err(|error| format!("{name}: {error}"))?;
                histories.insert(name, text);
            }
        }
        if let Some(file) = needed(&script).find(|file| !histories.contains_key(*file)) {
            return Err(format!("no {file}"));
        }
        Ok(Self { script, histories })
    }
}

/// The histories that there must be.
fn needed(script: &Script) -> impl Iterator<Item = &str> {
    iter::once("history.json").chain(script.expect.runs.keys().map(String::as_str))
}
