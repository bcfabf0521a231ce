//! The folder of a corpus: a case for each run that saw something new, and where each campaign stands.
//!
//! Files are written whole or not at all, and by names that follow from what is in them, so that folders of several shards
//! can be copied over one another.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rehearsal_engine::{Code, Finding, Tape};
use rehearsal_explore::{Case, Choices, Saved, Shard, seed_of};

use crate::case::chain;
use crate::keeper::{file_name, shard_name, write_whole};

/// A folder that may be there.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The tapes of all cases of a scenario in it, with their files, in the order of the names of these.
    ///
    /// # Errors
    ///
    /// A finding that names the first file that cannot be read, and its line.
    pub(crate) fn corpus(&self, scenario: &str) -> Result<Vec<(PathBuf, Tape)>, Box<Finding>> {
        let mut tapes = Vec::new();
        for path in self.files("case")? {
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                // Another shard that opened the folder did not need it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&path, &error)),
            };
            let case: Case = text.parse().map_err(|error| unreadable(&path, &error))?;
            // What is known of a run by its seed alone is made by every campaign of that seed.
            if let (true, Choices::Tape(tape)) = (case.is_of(scenario), case.choices()) {
                tapes.push((path, tape.clone()));
            }
        }
        Ok(tapes)
    }

    /// Where a campaign was stopped, if one of this scenario, seed and shard was.
    ///
    /// # Errors
    ///
    /// A finding that names the file if it cannot be read, and its line.
    pub(crate) fn stopped(
        &self,
        scenario: &str,
        seed: u64,
        shard: Shard,
    ) -> Result<Option<Saved>, Box<Finding>> {
        let path = self.saved(scenario, shard);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let saved: Saved = text.parse().map_err(|error| unreadable(&path, &error))?;
        let goes_on = saved.ended.is_none() && saved.is_of(scenario, seed, shard);
        Ok(goes_on.then_some(saved))
    }

    /// All campaigns of which the folder knows.
    ///
    /// # Errors
    ///
    /// A finding that names the first file that cannot be read, and its line.
    pub(crate) fn campaigns(&self) -> Result<Vec<Saved>, Box<Finding>> {
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
            text.parse().map_err(|error| unreadable(path, &error))
        };
        self.files("campaign")?.iter().map(read).collect()
    }

    /// Removes a file of the corpus, which may be gone.
    pub(crate) fn remove(path: &Path) -> Result<(), (PathBuf, io::Error)> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err((path.to_owned(), error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes where a campaign stands.
    pub(crate) fn save(&self, scenario: &str, saved: &Saved) -> Result<(), (PathBuf, io::Error)> {
        let path = self.saved(scenario, saved.shard);
        write_whole(&path, &saved.to_string()).map_err(|error| (path, error))
    }

    /// Writes the case of a run that saw something new.
    pub(crate) fn keep(&self, scenario: &str, tape: &Tape) -> Result<(), (PathBuf, io::Error)> {
        let hash = seed_of(&tape.to_string());
        let path = self.0.join(file_name(&format!("{scenario}-{hash:016x}"), "case"));
        let case = Case::new(scenario, Choices::Tape(tape.clone()));
        write_whole(&path, &case.to_string()).map_err(|error| (path, error))
    }

    fn saved(&self, scenario: &str, shard: Shard) -> PathBuf {
        self.0.join(file_name(&shard_name(scenario, shard), "campaign"))
    }

    /// The files with such a name, in the order of their names; none if there is no folder.
    fn files(&self, extension: &str) -> Result<Vec<PathBuf>, Box<Finding>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&self.0, &error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&self.0, &error))?.path();
            if path.extension().is_some_and(|of| of == extension) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Box<Finding> {
    let headline = format!("corpus: {} could not be read: {}", path.display(), chain(error));
    Box::new(Finding::new(Code::Setup, headline))
}
