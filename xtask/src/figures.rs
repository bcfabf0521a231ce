//! The figures of docs/fidelity.md: how much of what a real server recorded we reproduce.
//!
//! A suite prints a line `NAME: N of M`; this module runs the suites, collects the lines and keeps
//! the table in the document. Only committed fixtures count, so that a fresh clone gets the same
//! table.

use std::{collections::BTreeMap, fs, io, path::Path};

use crate::{error::Error, process::Step};

/// Every test target may print figures; a new target needs nothing here. It is all of the workspace, since a package alone
/// has other features, and would be built once more.
const SUITE: &str = "cargo test --workspace --tests -- --nocapture";

/// How many random runs of each scenario the suite of false alarms makes when the figures are written. A check makes as
/// many as the suite does by itself, which counts the same if all is well.
const ALARM_RUNS: (&str, &str) = ("REHEARSAL_ALARM_RUNS", "1000");

/// The most pairs of each scenario that it tries then. By itself it tries a few.
const ALARM_PAIRS: (&str, &str) = ("REHEARSAL_ALARM_PAIRS", "500");

/// How many random runs each sound twin of a mutation is silent in then. By itself the suite makes a tenth.
const TWIN_RUNS: (&str, &str) = ("REHEARSAL_TWIN_RUNS", "10000");

/// A suite in an environment that changes nothing about what it counts.
const fn suite(line: &'static str) -> Step {
    Step {
        line,
        set: &[],
        unset: &[
            "REHEARSAL_ALARM_PAIRS",
            "REHEARSAL_ALARM_RUNS",
            "REHEARSAL_FIND_RUNS",
            "REHEARSAL_GOLDEN",
            "REHEARSAL_GOLDEN_OUT",
            "REHEARSAL_CORPUS",
            "REHEARSAL_TWIN_RUNS",
            "PROPTEST_CASES",
        ],
    }
}

/// Figures of which there is one for each SDK, as `false alarms, go`, and that count together.
const SUMS: [&str; 1] = ["false alarms"];

const DOCUMENT: &str = "docs/fidelity.md";
const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// What the document is before anyone has written more.
const SKELETON: &str = "\
# Fidelity

What of the recorded behavior of a real server is reproduced. The table is made by `cargo xtask figures`.

<!-- figures: begin -->
<!-- figures: end -->
";

/// What to do with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Put them into the document.
    Write,
    /// Fail if they are not what the document says.
    Check,
}

/// Runs the suites, prints their figures, and writes or checks the document.
///
/// # Errors
///
/// [`Error::Failed`] if a suite fails, [`Error::FiguresDiffer`] if suites disagree,
/// [`Error::NoMarkers`] and [`Error::Stale`] about the document.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<(), Error> {
    let mut suite = suite(SUITE);
    if mode == Mode::Write {
        suite.set = &[ALARM_RUNS, ALARM_PAIRS, TWIN_RUNS];
    }
    println!("$ {suite}");
    let output = suite.capture(root)?;
    let mut figures = collect(&output)?;
    for name in SUMS {
        sum(&mut figures, name);
    }
    for (name, figure) in &figures {
        println!("{name}: {figure}");
    }

    let path = root.join(DOCUMENT);
    let old = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(Error::File { path, source }),
    };
    let base = if old.is_empty() { SKELETON } else { &old };
    let new = place(base, &table(&figures))?;
    match mode {
        Mode::Write => fs::write(&path, new).map_err(|source| Error::File { path, source }),
        Mode::Check if new == old => Ok(()),
        Mode::Check => Err(Error::Stale { path: DOCUMENT }),
    }
}

/// `N of M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Figure {
    good: u64,
    all: u64,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.good, self.all)
    }
}

/// The figures in what the suites wrote, by name.
fn collect(output: &str) -> Result<BTreeMap<&str, Figure>, Error> {
    let mut figures = BTreeMap::new();
    for (name, figure) in output.lines().filter_map(parse) {
        if let Some(first) = figures.insert(name, figure)
            && first != figure
        {
            let (first, second) = (first.to_string(), figure.to_string());
            return Err(Error::FiguresDiffer { name: name.to_owned(), first, second });
        }
    }
    Ok(figures)
}

/// Adds a figure `name` that is the sum of all `name, ..`, if there are any.
fn sum<'a>(figures: &mut BTreeMap<&'a str, Figure>, name: &'a str) {
    let part = |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.starts_with(", "));
    let parts = figures.iter().filter(|(other, _)| part(other)).map(|(_, figure)| *figure);
    let whole = parts
        .reduce(|sum, figure| Figure { good: sum.good + figure.good, all: sum.all + figure.all });
    figures.extend(whole.map(|whole| (name, whole)));
}

/// Reads `NAME: N of M` at the end of `line`, after libtest's `test NAME ... ` if that is in front.
///
/// The rest of the line must be the name: words of letters, digits and `-`, possibly with commas
/// and slashes.
fn parse(line: &str) -> Option<(&str, Figure)> {
    let line = line.rsplit_once(" ... ").map_or(line, |(_, rest)| rest);
    let (name, numbers) = line.trim_end().split_once(": ")?;
    let (good, all) = numbers.split_once(" of ")?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || " -_,/()".contains(c));
    is_name.then_some((name, Figure { good: number(good)?, all: number(all)? }))
}

/// Digits only: `u64` would take a `+` too.
fn number(digits: &str) -> Option<u64> {
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn table(figures: &BTreeMap<&str, Figure>) -> String {
    if figures.is_empty() {
        return "No suite printed a figure.\n".to_owned();
    }
    let row = |(name, figure): (&&str, &Figure)| {
        format!("| {name} | {} | {} |\n", figure.good, figure.all)
    };
    let rows: Vec<String> = figures.iter().map(row).collect();
    format!("| suite | reproduced | of |\n|---|---|---|\n{}", rows.concat())
}

/// Replaces what stands between the markers of `document`.
fn place(document: &str, table: &str) -> Result<String, Error> {
    let parts = document
        .split_once(BEGIN)
        .and_then(|(head, rest)| rest.split_once(END).map(|(_, tail)| (head, tail)));
    match parts {
        Some((head, tail)) => Ok(format!("{head}{BEGIN}\n\n{table}\n{END}{tail}")),
        None => Err(Error::NoMarkers { path: DOCUMENT, begin: BEGIN, end: END }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test golden::go ... golden go: 31 of 31
ok
laws, seeds: 200 of 200
test timers ... ok
golden rest: 9 of 15
test result: ok. 3 passed; 0 failed; 0 ignored
golden go: 31 of 31
";

    #[test]
    fn collects_figures_with_and_without_a_prefix() {
        let figures = collect(OUTPUT).unwrap();
        let lines: Vec<String> =
            figures.iter().map(|(name, figure)| format!("{name}: {figure}")).collect();

        assert_eq!(
            lines,
            ["golden go: 31 of 31", "golden rest: 9 of 15", "laws, seeds: 200 of 200"]
        );
    }

    #[test]
    fn takes_only_the_strict_shape() {
        for line in [
            "golden go: 31 of 31 scenarios",
            "golden go: 31 of",
            "golden go: +3 of 4",
            "a: b: 3 of 4",
            ": 3 of 4",
            "error[E1]: 3 of 4",
            "3: 3 of 4",
            "golden go 31 of 31",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn one_name_has_one_figure() {
        let error = collect("a: 1 of 2\na: 2 of 2\n").unwrap_err();

        assert_eq!(error.to_string(), "figure `a` was printed as `1 of 2` and as `2 of 2`");
    }

    #[test]
    fn figures_of_each_sdk_are_added_up() {
        let mut figures =
            collect("false alarms, go: 0 of 3\nfalse alarms, rust: 1 of 4\na: 1 of 1\n").unwrap();
        sum(&mut figures, "false alarms");
        sum(&mut figures, "nothing");
        let lines: Vec<String> =
            figures.iter().map(|(name, figure)| format!("{name}: {figure}")).collect();

        assert_eq!(
            lines,
            [
                "a: 1 of 1",
                "false alarms: 1 of 7",
                "false alarms, go: 0 of 3",
                "false alarms, rust: 1 of 4"
            ]
        );
    }

    #[test]
    fn the_table_replaces_what_stood_between_the_markers() {
        let figures = collect("b: 1 of 2\na: 3 of 3\n").unwrap();
        let once = place(SKELETON, &table(&figures)).unwrap();
        let twice = place(&once, &table(&figures)).unwrap();

        assert_eq!(once, twice);
        assert!(
            once.ends_with(
                "`cargo xtask figures`.\n\n<!-- figures: begin -->\n\n| suite | reproduced | of |\n|---|---|---|\n\
                 | a | 3 | 3 |\n| b | 1 | 2 |\n\n<!-- figures: end -->\n"
            ),
            "{once}"
        );
    }

    #[test]
    fn a_document_without_markers_is_refused() {
        let error = place("# Fidelity\n", "").unwrap_err();

        assert_eq!(
            error.to_string(),
            "docs/fidelity.md: expected the lines `<!-- figures: begin -->` and `<!-- figures: end -->`, in this order"
        );
    }

    #[test]
    fn no_figures_are_said_to_be_none() {
        assert_eq!(table(&BTreeMap::new()), "No suite printed a figure.\n");
    }
}
