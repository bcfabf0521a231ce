//! Keeps cases in a folder: that of a run while it goes on, and that of a run which fails.
//!
//! A run that ends the process was written down before it began, so the file that is left behind names it. So is one
//! with code that never yields, which the watchdog leaves behind.

use std::collections::BTreeMap;
use std::path::{self, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io, process};

use rehearsal_engine::{Finding, Outcome};
use rehearsal_explore::{Case, Choices, Observer, Shard, seed_of};

use crate::failure::Failure;
use crate::rerun::test_name;
use crate::{case, watchdog};

/// Writes the cases of one scenario, if the environment names a folder for them.
#[derive(Debug)]
pub(crate) struct Keeper {
    scenario: String,
    /// The part of a campaign that is made here: of what another part finds the case has another name.
    shard: Shard,
    /// The test that asks for the runs, whichever threads make them.
    test: Option<String>,
    folder: Option<PathBuf>,
    /// The first file that could not be written.
    trouble: Mutex<Option<Finding>>,
    /// How often a run goes on just now: two threads may make the same.
    running: Mutex<BTreeMap<PathBuf, usize>>,
}

impl Keeper {
    pub(crate) fn new(scenario: &str) -> Self {
        Self::in_folder(scenario, case::folder())
    }

    fn in_folder(scenario: &str, folder: Option<PathBuf>) -> Self {
        let (scenario, test) = (scenario.to_owned(), test_name());
        let shard = Shard::WHOLE;
        Self { scenario, shard, test, folder, trouble: Mutex::new(None), running: Mutex::default() }
    }

    /// The same for a part of a campaign.
    pub(crate) fn of_shard(self, shard: Shard) -> Self {
        Self { shard, ..self }
    }

    /// Writes the case of a failure. If that is impossible, the failure says so as well.
    pub(crate) fn keep(&self, mut failure: Failure) -> Failure {
        if let Some(case) = failure.case() {
            self.keep_case(case, 1);
        }
        if let Some(finding) = self.trouble() {
            failure.add(finding);
        }
        failure
    }

    /// Writes the case of something that was found: of several things with one code, this is the `nth`, from 1.
    pub(crate) fn keep_case(&self, case: &Case, nth: u32) {
        let Some(folder) = &self.folder else { return };
        let nth = if nth > 1 { format!("-{nth}") } else { String::new() };
        let code = case.finding().unwrap_or("none");
        let name = format!("{}-{code}{nth}", shard_name(&self.scenario, self.shard));
        let path = folder.join(file_name(&name, "case"));
        self.note(&path, write(&path, case));
    }

    /// What could not be written.
    pub(crate) fn trouble(&self) -> Option<Finding> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, path: &Path, written: io::Result<()>) {
        if let Err(error) = written {
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            trouble.get_or_insert_with(|| case::unwritable(case::CASES, path, &error));
        }
    }

    /// The file of a run that goes on; its name is short however long the tape is.
    fn running(&self, choices: &Choices) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(running(&self.scenario, choices)))
    }
}

/// Leaves the case of a run that will never end, in the folder for cases or else in that for temporary files. Returns
/// where, and whether it could be written.
pub(crate) fn leave(scenario: &str, choices: &Choices) -> (PathBuf, io::Result<()>) {
    let path = case::folder_of_last_resort().join(running(scenario, choices));
    let path = path::absolute(&path).unwrap_or(path);
    let written = write(&path, &Case::new(scenario, choices.clone()));
    (path, written)
}

/// The name of the file of a run that goes on.
fn running(scenario: &str, choices: &Choices) -> String {
    let hash = seed_of(&choices.to_string());
    file_name(&format!("{scenario}-running-{hash:016x}"), "case")
}

impl Observer for Keeper {
    fn begins(&self, choices: &Choices) {
        watchdog::begins(&self.scenario, choices, self.test.clone());
        if let Some(path) = self.running(choices) {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let count = running.entry(path.clone()).or_default();
            *count += 1;
            if *count == 1 {
                let case = Case::new(&self.scenario, choices.clone());
                self.note(&path, write(&path, &case));
            }
        }
    }

    fn ended(&self, choices: &Choices, _: &Outcome) {
        watchdog::ended();
        if let Some(path) = self.running(choices) {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let left = running.remove(&path).unwrap_or_default().saturating_sub(1);
            if left > 0 {
                running.insert(path, left);
                return;
            }
            // What could not be written has been noted.
            let _gone = fs::remove_file(path);
        }
    }
}

fn write(path: &Path, case: &Case) -> io::Result<()> {
    write_whole(path, &case.to_string())
}

/// How many files this process has begun to write.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// Writes a file so that whoever looks at it finds it whole, also if this process is killed meanwhile. Makes its folder.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Several threads, and several processes, may write the same file.
    let nth = PARTS.fetch_add(1, Ordering::Relaxed);
    let part = path.with_extension(format!("part-{}-{nth}", process::id()));
    fs::write(&part, text).and_then(|()| fs::rename(&part, path))
}

/// A part of a campaign of this scenario, by which its files are named; the whole by the scenario alone.
pub(crate) fn shard_name(scenario: &str, shard: Shard) -> String {
    if shard.is_whole() { scenario.to_owned() } else { format!("{scenario}-{shard}") }
}

/// A name that every file system takes.
pub(crate) fn file_name(name: &str, extension: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    format!("{}.{extension}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::env;

    use rehearsal_engine::Tape;

    use super::*;

    #[test]
    fn a_run_that_goes_on_is_in_the_folder() {
        let folder = env::temp_dir().join(format!("rehearsal-keeper-{}", process::id()));
        let keeper = Keeper::in_folder("ship/fast", Some(folder.clone()));
        let choices = Choices::Seed(7);
        keeper.begins(&choices);
        let files: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let [file] = files.as_slice() else { panic!("expected one file, found {files:?}") };
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("ship-fast-running-"), "{name}");
        let case: Case = fs::read_to_string(file).unwrap().parse().unwrap();
        assert_eq!((case.scenario(), case.choices()), ("ship/fast", &choices));

        let scenario = rehearsal_engine::Scenario::new("ship/fast");
        let outcome = scenario.run(Box::new(Tape::calm()), rehearsal_engine::Patience::MustEnd);
        keeper.ended(&choices, &outcome);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert_eq!(keeper.trouble(), None);
        fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_finding() {
        // A file is no folder.
        let keeper = Keeper::in_folder("ship", Some(env::current_exe().unwrap()));
        keeper.begins(&Choices::Seed(7));
        assert!(keeper.trouble().unwrap().headline.starts_with("REHEARSAL_CASES: "));
    }
}
