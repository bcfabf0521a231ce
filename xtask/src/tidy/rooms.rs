//! Rule: inside the service the words know no machine, a machine knows no other, and neither knows the run.

use super::{Finding, word};
use crate::repo::SourceFile;

const RULE: &str = "rooms";

const SERVICE: &str = "crates/rehearsal-service/src/";

/// Where a file of the service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    Words,
    /// The room of one machine, and whether this is its first file.
    Room(&'a str, bool),
}

/// Looks for paths that lead up from the words and the machines, or from one machine to another.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let Some(place) = place(&file.path) else { continue };
        for (number, line) in file.lines().filter(|(_, line)| !word::is_comment(line)) {
            if let Some(path) = paths(line).find(|path| !may(place, path)) {
                let message = format!("`{path}` is not for {}", who(place));
                findings.push(Finding::new(&file.path, number, RULE, message));
            }
        }
    }
    findings
}

/// `None` for what may know everything: the run, the front door, and the tables of all machines.
fn place(path: &str) -> Option<Place<'_>> {
    let path = path.strip_prefix(SERVICE)?.strip_suffix(".rs")?;
    if path == "words" || path.starts_with("words/") {
        return Some(Place::Words);
    }
    let room = path.strip_prefix("machine/")?;
    match room.split_once('/') {
        Some((room, _)) => Some(Place::Room(room, false)),
        None if room == "tables" => None,
        None => Some(Place::Room(room, true)),
    }
}

/// The paths in a line that begin at the crate or go up: as far as names follow each other.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .map(|path| path.trim_end_matches(':'))
        .filter(|path| path.starts_with("crate::") || path.starts_with("super::"))
}

fn may(place: Place<'_>, path: &str) -> bool {
    let mut names = path.split("::");
    match (place, names.next(), names.next()) {
        (_, Some("crate"), Some("run" | "service")) => false,
        (Place::Words, Some("crate"), Some(next)) => next != "machine",
        (Place::Room(room, _), Some("crate"), Some("machine")) => names.next() == Some(room),
        (Place::Words, Some("super"), Some(next)) => next != "super",
        (Place::Room(_, first), Some("super"), Some(next)) => !first && next != "super",
        (_, _, _) => true,
    }
}

fn who(place: Place<'_>) -> String {
    match place {
        Place::Words => "the words".to_owned(),
        Place::Room(room, _) => format!("the room `{room}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile::new(format!("{SERVICE}{path}"), text.to_owned())
    }

    #[test]
    fn fires_on_a_way_up_and_on_a_way_across() {
        let files = [
            file("words/step.rs", "use crate::machine::timer::Timer;\nuse super::super::run::Run;"),
            file("machine/timer.rs", "use super::task::Slot;\nuse crate::run::{Run, Turn};"),
            file(
                "machine/timer/plan.rs",
                "use super::super::task;\nlet it = crate::machine::task::NONE;",
            ),
        ];

        assert_eq!(
            printed(&check(&files)),
            [
                "crates/rehearsal-service/src/words/step.rs:1: rooms: `crate::machine::timer::Timer` is not for the words",
                "crates/rehearsal-service/src/words/step.rs:2: rooms: `super::super::run::Run` is not for the words",
                "crates/rehearsal-service/src/machine/timer.rs:1: rooms: `super::task::Slot` is not for the room `timer`",
                "crates/rehearsal-service/src/machine/timer.rs:2: rooms: `crate::run` is not for the room `timer`",
                "crates/rehearsal-service/src/machine/timer/plan.rs:1: rooms: `super::super::task` is not for the room `timer`",
                "crates/rehearsal-service/src/machine/timer/plan.rs:2: rooms: `crate::machine::task::NONE` is not for the room `timer`",
            ]
        );
    }

    #[test]
    fn is_silent_on_words_on_the_room_itself_and_in_the_run() {
        let files = [
            file("words/step.rs", "use super::note::Note;\nuse crate::config::Limits;"),
            file(
                "machine/timer/plan.rs",
                "use super::{Timer, TimerInput};\nuse crate::words::Origin;",
            ),
            file("machine/timer.rs", "// Not `crate::run`.\nuse crate::machine::timer::plan;"),
            file("machine/tables.rs", "use super::task::WorkflowTask;"),
            file("run/plan.rs", "use crate::machine::timer;\nuse super::Turn;"),
        ];

        assert_eq!(check(&files), []);
    }
}
