//! Cases: one run as a text, to be repeated later and elsewhere.
//!
//! The format is described in docs/case-format.md. It has a number: a text of another format is refused and not
//! guessed at. Within a format another version of the harness may ask its questions in another order, so a case also
//! has the version that wrote it and the history of its run, and [`Case::difference`] says where a run goes another way.

use std::fmt;
use std::str::FromStr;

use rehearsal_engine::{Outcome, Tape, TapeError};
use rehearsal_history::History;

use crate::observe::Choices;

/// The number of the format.
const FORMAT: u32 = 1;

/// The version of the harness.
pub(crate) const HARNESS: &str = env!("CARGO_PKG_VERSION");

/// One run of a scenario, as a text that can be kept.
///
/// # Examples
///
/// ```
/// # mod rehearsal { pub use rehearsal_engine::*; pub use rehearsal_explore::*; }
/// use rehearsal::{Case, Choices, Injection, Tape};
///
/// let tape = Tape::calm().with_cancel(17, Injection::Alone);
/// let case = Case::new("order", Choices::Tape(tape));
/// let text = case.to_string();
/// assert!(text.starts_with("rehearsal case 1\n"));
/// assert_eq!(text.parse::<Case>()?, case);
/// # Ok::<(), rehearsal::CaseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    harness: String,
    scenario: String,
    choices: Choices,
    end: Option<End>,
}

/// What is known of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    finding: Option<String>,
    history: String,
}

impl Case {
    /// A case of a run that has not ended: all that can be written before it begins.
    ///
    /// A line break in the name of the scenario becomes a space.
    #[must_use]
    pub fn new(scenario: &str, choices: Choices) -> Self {
        Self { harness: HARNESS.to_owned(), scenario: one_line(scenario), choices, end: None }
    }

    /// A case of a run that has ended: its tape, the code of its first finding, and the history of its first execution.
    #[must_use]
    pub fn of(scenario: &str, outcome: &Outcome) -> Self {
        let finding = outcome.findings.first().map(|finding| finding.code.to_string());
        let end = Some(End { finding, history: history(outcome) });
        Self { end, ..Self::new(scenario, Choices::Tape(outcome.tape.clone())) }
    }

    /// The version of the harness that wrote it.
    #[must_use]
    pub fn harness(&self) -> &str {
        &self.harness
    }

    /// Whether this version of the harness wrote it.
    #[must_use]
    pub fn is_of_this_harness(&self) -> bool {
        self.harness == HARNESS
    }

    /// The name of the scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Whether it is a case of the scenario of this name.
    #[must_use]
    pub fn is_of(&self, scenario: &str) -> bool {
        self.scenario == one_line(scenario)
    }

    /// What gives the answers.
    #[must_use]
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// The code of what was found first; `None` if nothing was, or if the run has not ended.
    #[must_use]
    pub fn finding(&self) -> Option<&str> {
        self.end.as_ref()?.finding.as_deref()
    }

    /// Where the history of a run first differs from that of the case; `None` if it is the same, or if the case has no
    /// history because its run has not ended.
    #[must_use]
    pub fn difference(&self, outcome: &Outcome) -> Option<Difference> {
        let now = history(outcome);
        let then = &self.end.as_ref()?.history;
        let (mut old, mut new) = (then.lines(), now.lines());
        loop {
            match (old.next(), new.next()) {
                (None, None) => return None,
                (case, now) if case != now => {
                    let line = |line: Option<&str>| line.map(in_words);
                    return Some(Difference { case: line(case), now: line(now) });
                }
                _ => {}
            }
        }
    }
}

/// A text as one line, such as the name of a scenario in a case.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A line without its columns.
fn in_words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The history of the first execution in the text notation.
fn history(outcome: &Outcome) -> String {
    let events = outcome.main().map(|main| main.history.clone()).unwrap_or_default();
    History::new(events).map_or(String::new(), |history| history.print())
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rehearsal case {FORMAT}")?;
        writeln!(f, "harness {}", self.harness)?;
        writeln!(f, "scenario {}", self.scenario)?;
        writeln!(f, "{}", self.choices)?;
        let Some(end) = &self.end else { return Ok(()) };
        writeln!(f, "finding {}", end.finding.as_deref().unwrap_or("none"))?;
        writeln!(f, "history")?;
        f.write_str(&end.history)
    }
}

/// Where a run first goes another way than the case says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line of the case; `None` if its history has ended there.
    pub case: Option<String>,
    /// The line of the run; `None` if its history has ended there.
    pub now: Option<String>,
}

/// Two lines: that of the case, and that of the run.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_end = |line: &Option<String>| line.clone().unwrap_or("nothing more".to_owned());
        writeln!(f, "the case has {}", or_end(&self.case))?;
        write!(f, "this run has {}", or_end(&self.now))
    }
}

/// Why a text could not be read as a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The first line is not that of a case.
    #[error("line 1: expected `rehearsal case {FORMAT}`, found `{found}`")]
    NotACase {
        /// The first line.
        found: String,
    },

    /// A case of another format, written by an older or a newer harness.
    #[error("line 1: a case of format {found}, and rehearsal {HARNESS} reads format {FORMAT} only")]
    OtherFormat {
        /// The number of its format.
        found: u32,
    },

    /// A line is not what stands there.
    #[error("line {line}: expected `{expected}`, found `{found}`")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// How it should begin.
        expected: &'static str,
        /// The line; empty at the end of the text.
        found: String,
    },

    /// The tape could not be read.
    #[error("line {line}: not a tape")]
    Tape {
        /// The number of the line, from 1.
        line: usize,
        /// Which part of it.
        #[source]
        source: TapeError,
    },
}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, CaseError> {
        let mut lines = Lines { rest: text, number: 0 };
        check_format(lines.next().unwrap_or_default())?;
        let harness = lines.value("harness")?.to_owned();
        let scenario = lines.value("scenario")?.to_owned();
        let choices = lines.choices()?;
        if lines.rest.is_empty() {
            return Ok(Self { harness, scenario, choices, end: None });
        }
        let finding = Some(lines.value("finding")?).filter(|&code| code != "none");
        let finding = finding.map(str::to_owned);
        let heading = lines.value("history")?;
        if !heading.is_empty() {
            return Err(lines.error("history", &format!("history {heading}")));
        }
        let end = Some(End { finding, history: lines.rest.to_owned() });
        Ok(Self { harness, scenario, choices, end })
    }
}

fn check_format(line: &str) -> Result<(), CaseError> {
    let format = line.strip_prefix("rehearsal case ").and_then(|number| number.parse().ok());
    match format {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(CaseError::OtherFormat { found }),
        None => Err(CaseError::NotACase { found: line.to_owned() }),
    }
}

/// The lines of a text, and which one was read last.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line.trim_end())
    }

    fn error(&self, expected: &'static str, found: &str) -> CaseError {
        CaseError::Line { line: self.number, expected, found: found.to_owned() }
    }

    /// The rest of the next line, which begins with `name`.
    fn value(&mut self, name: &'static str) -> Result<&'a str, CaseError> {
        let line = self.next().unwrap_or_default();
        value(line, name).ok_or_else(|| self.error(name, line))
    }

    fn choices(&mut self) -> Result<Choices, CaseError> {
        let line = self.next().unwrap_or_default();
        if let Some(seed) = value(line, "seed") {
            let seed = seed.parse().map_err(|_| self.error("seed NUMBER", line))?;
            return Ok(Choices::Seed(seed));
        }
        if let Some(seed) = value(line, "pct") {
            let seed = seed.parse().map_err(|_| self.error("pct NUMBER", line))?;
            return Ok(Choices::Pct(seed));
        }
        let loose = value(line, "loose");
        let tape = loose.or_else(|| value(line, "tape"));
        let tape = tape.ok_or_else(|| self.error("tape", line))?;
        let tape = tape.parse::<Tape>();
        let tape = tape.map_err(|source| CaseError::Tape { line: self.number, source })?;
        Ok(Choices::Tape(if loose.is_some() { tape.loose() } else { tape }))
    }
}

/// What stands behind a name at the beginning of a line.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use rehearsal_engine::Injection;

    use super::*;

    const TEXT: &str = "\
rehearsal case 1
harness 0.1.0
scenario order
tape cancel.0.3=1
finding RH301
history
  1  0s  WorkflowExecutionStarted  type=Ship
  2  0s  WorkflowTaskScheduled
";

    #[test]
    fn a_case_reads_what_it_prints() {
        let case: Case = TEXT.parse().unwrap();
        assert_eq!(case.to_string(), TEXT);
        assert_eq!((case.harness(), case.scenario()), ("0.1.0", "order"));
        assert_eq!(case.finding(), Some("RH301"));
        let tape = Tape::calm().with_cancel(3, Injection::Alone);
        assert_eq!(case.choices(), &Choices::Tape(tape));

        for choices in [Choices::Seed(u64::MAX), Choices::Pct(7), Choices::Tape(Tape::calm())] {
            let begun = Case::new("an order\nof two lines", choices);
            assert_eq!(begun.to_string().parse(), Ok(begun));
        }
        let tape = Tape::calm().with_cancel(3, Injection::Alone).loose();
        let begun = Case::new("order", Choices::Tape(tape)).to_string();
        assert!(begun.ends_with("\nloose cancel.0.3=1\n"), "{begun}");
        let read: Case = begun.parse().unwrap();
        assert!(matches!(read.choices(), Choices::Tape(tape) if tape.is_loose()));
    }

    #[test]
    fn a_text_that_is_no_case_names_the_line() {
        let error = |from: &str, to: &str| {
            TEXT.replacen(from, to, 1).parse::<Case>().unwrap_err().to_string()
        };
        assert_eq!(
            error("rehearsal case 1", "rehearsal case 2"),
            format!("line 1: a case of format 2, and rehearsal {HARNESS} reads format 1 only")
        );
        assert_eq!(
            error("rehearsal case 1", "# Notes"),
            "line 1: expected `rehearsal case 1`, found `# Notes`"
        );
        assert_eq!(
            error("harness", "version"),
            "line 2: expected `harness`, found `version 0.1.0`"
        );
        assert_eq!(error("cancel.0.3=1", "cancel"), "line 4: not a tape");
        assert_eq!(
            error("tape cancel.0.3=1", "seed x"),
            "line 4: expected `seed NUMBER`, found `seed x`"
        );
        assert_eq!(
            error("finding", "findings"),
            "line 5: expected `finding`, found `findings RH301`"
        );
        assert_eq!(
            "rehearsal case 1\nharness 0.1.0\n".parse::<Case>().unwrap_err().to_string(),
            "line 3: expected `scenario`, found ``"
        );
    }
}
