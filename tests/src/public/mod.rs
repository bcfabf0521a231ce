//! Native ports of workflows whose recordings are public, with the verdict that their own project's tests give.
//!
//! The recordings are not part of this repository: they are read from `../shared/histories`, or from the folder that the
//! environment names in `REHEARSAL_CORPUS`. Each file here is about some of them; its cases join the list in [`cases`].

mod cancels;
mod chains;
mod channels;
mod children;
mod local;
mod markers;
mod updates;

use std::fmt;
use std::path::Path;

use rehearsal::{Recorded, ReplayError, Replayed, replay};

/// One recording, the code that it is replayed with, and what is to come of it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file, below the folder of the recordings.
    pub file: &'static str,
    /// Replays it.
    pub replay: fn(Recorded) -> Result<Replayed, ReplayError>,
    /// Whether it replays.
    pub replays: bool,
}

/// All cases.
pub fn cases() -> impl Iterator<Item = Case> {
    [
        cancels::CASES,
        chains::CASES,
        channels::CASES,
        children::CASES,
        local::CASES,
        markers::CASES,
        updates::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// What came of all cases. Displays as what is not as it should be, and a line `public replays: N of M`.
#[derive(Debug, Default)]
pub struct Report {
    /// How many there are.
    pub cases: usize,
    /// What is not as it should be, in lines for people.
    pub problems: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        write!(
            f,
            "public replays, from beside the clone, {} of {}",
            self.cases - self.problems.len(),
            self.cases
        )
    }
}

/// Replays all cases whose recordings are in this folder.
#[must_use]
pub fn run(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases() {
        report.cases += 1;
        let problem = match std::fs::read(folder.join(case.file)) {
            Err(error) => Some(error.to_string()),
            Ok(file) => match ((case.replay)(replay(file)), case.replays) {
                (Ok(_), true) | (Err(ReplayError::Breaks(_)), false) => None,
                (Ok(_), false) => Some("it replays, and should be refused".to_owned()),
                (Err(error), _) => Some(error.to_string()),
            },
        };
        report.problems.extend(problem.map(|problem| format!("{}: {problem}", case.file)));
    }
    report
}
