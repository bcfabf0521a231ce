//! A campaign as a text: so much of it that it can go on after it was stopped, and that the reports of shards can be
//! put together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rehearsal_engine::{ChoiceKind, Tape};

use crate::campaign::{ExploredRun, Found};
use crate::case::{HARNESS, one_line};
use crate::portfolio::ChosenBy;
use crate::shard::Shard;

/// The first line, with the number of the format.
const TITLE: &str = "rehearsal campaign 1";

/// Where a campaign stands, between two generations of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The version of the harness that wrote it.
    pub harness: String,
    /// The name of the scenario, in one line.
    pub scenario: String,
    /// The seed of the campaign.
    pub seed: u64,
    /// Which part of it.
    pub shard: Shard,
    /// All runs with a number below this one are made, as far as they belong to the shard.
    pub next: u32,
    /// How many runs were made.
    pub made: u32,
    /// How many of the last ones saw nothing new.
    pub quiet: u32,
    /// How long it has gone on, in milliseconds of real time.
    pub spent: u64,
    /// Why it ended, in one line; `None` while it goes on.
    pub ended: Option<String>,
    /// How many runs were of some kind, by what that is in words: how their first execution ended, who chose, what struck.
    pub counts: BTreeMap<String, u32>,
    /// The tapes that it began with.
    pub corpus: Vec<Tape>,
    /// The numbers and the tapes of the runs from which its lanes learn.
    pub kept: Vec<(u32, Tape)>,
    /// What its runs did in which nothing was found.
    pub marks: Vec<String>,
    /// What is wrong, in the order in which it was found.
    pub found: Vec<SavedFinding>,
}

/// Something that is wrong, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFinding {
    /// How many runs show it.
    pub count: u32,
    /// The number of the first of them.
    pub nth: u32,
    /// Who chose its answers.
    pub chosen_by: ChosenBy,
    /// Which one of the runs of its chooser it was, from 1.
    pub turn: u32,
    /// How many answers it had.
    pub long: usize,
    /// In how many tries it was shrunk; 0 if it was not.
    pub tries: u32,
    /// The code of the finding.
    pub code: String,
    /// The answers that are left.
    pub tape: Tape,
    /// What is wrong, in one line.
    pub headline: String,
}

impl SavedFinding {
    /// What is kept of it.
    pub(crate) fn of(found: &Found) -> Self {
        let first = found.outcome.findings.first();
        Self {
            count: found.count,
            nth: found.run.nth,
            chosen_by: found.run.chosen_by,
            turn: found.turn,
            long: found.long,
            tries: found.shrunk.as_ref().map_or(0, |shrunk| shrunk.tries),
            code: first.map_or(String::new(), |finding| finding.code.to_string()),
            tape: found.outcome.tape.clone(),
            headline: first.map_or(String::new(), |finding| one_line(&finding.headline)),
        }
    }

    /// Reads what stands behind `found` in a line.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(9, ' ');
        let mut word = || words.next();
        Some(Self {
            count: word()?.parse().ok()?,
            nth: word()?.parse().ok()?,
            chosen_by: ChosenBy::of_word(word()?)?,
            turn: word()?.parse().ok()?,
            long: word()?.parse().ok()?,
            tries: word()?.parse().ok()?,
            code: word()?.to_owned(),
            tape: word()?.parse().ok()?,
            headline: word()?.to_owned(),
        })
    }
}

impl fmt::Display for SavedFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, nth, turn, long, tries, code, tape, headline, .. } = self;
        let by = self.chosen_by.word();
        write!(f, "{count} {nth} {by} {turn} {long} {tries} {code} {tape} {headline}")
    }
}

impl Saved {
    /// A campaign that has made no run.
    #[must_use]
    pub fn new(scenario: &str, seed: u64, shard: Shard) -> Self {
        Self {
            harness: HARNESS.to_owned(),
            scenario: one_line(scenario),
            seed,
            shard,
            next: 0,
            made: 0,
            quiet: 0,
            spent: 0,
            ended: None,
            counts: BTreeMap::new(),
            corpus: Vec::new(),
            kept: Vec::new(),
            marks: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Whether a campaign of this scenario, seed and shard can go on from here: with this version of the harness.
    #[must_use]
    pub fn is_of(&self, scenario: &str, seed: u64, shard: Shard) -> bool {
        self.scenario == one_line(scenario)
            && (self.seed, self.shard) == (seed, shard)
            && self.harness == HARNESS
    }
}

impl Saved {
    /// Counts a run.
    pub(crate) fn count(&mut self, run: &ExploredRun) {
        self.made += 1;
        let mut of_kind: BTreeMap<ChoiceKind, u32> = BTreeMap::new();
        for (key, _) in run.tape.iter() {
            *of_kind.entry(key.kind).or_default() += 1;
        }
        let mut add = |what: String| *self.counts.entry(what).or_default() += 1;
        add(format!("ended {:?}", run.status));
        add(by(run.chosen_by));
        if run.code.is_some() {
            add(WITH_FINDING.to_owned());
        }
        for (kind, count) in &of_kind {
            add(format!("with {kind}"));
            if *kind == ChoiceKind::Cancel && *count > 1 {
                add("with two cancels".to_owned());
            }
        }
        if of_kind.keys().any(|kind| kind.is_fault()) {
            add("with a fault".to_owned());
        }
    }

    /// How many runs were counted as this.
    #[must_use]
    pub fn counted(&self, what: &str) -> u32 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// How many runs one of the choosers made.
    #[must_use]
    pub fn counted_by(&self, chosen_by: ChosenBy) -> u32 {
        self.counted(&by(chosen_by))
    }
}

/// The runs in which something was found, in words.
pub const WITH_FINDING: &str = "with a finding";

/// The runs in which something was found beyond the 16 kinds of findings that have entries, in words.
pub const BEYOND: &str = "with a finding beyond 16 kinds";

/// The kind of the runs that a chooser made, in words.
fn by(chosen_by: ChosenBy) -> String {
    format!("by {}", chosen_by.label())
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE}")?;
        writeln!(f, "harness {}", self.harness)?;
        writeln!(f, "scenario {}", self.scenario)?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "shard {}", self.shard)?;
        writeln!(f, "next {}", self.next)?;
        writeln!(f, "made {}", self.made)?;
        writeln!(f, "quiet {}", self.quiet)?;
        writeln!(f, "spent {}", self.spent)?;
        for (what, count) in &self.counts {
            writeln!(f, "count {count} {what}")?;
        }
        for tape in &self.corpus {
            writeln!(f, "corpus {tape}")?;
        }
        for (nth, tape) in &self.kept {
            writeln!(f, "kept {nth} {tape}")?;
        }
        for mark in &self.marks {
            writeln!(f, "mark {}", one_line(mark))?;
        }
        for found in &self.found {
            writeln!(f, "found {found}")?;
        }
        match &self.ended {
            Some(why) => writeln!(f, "ended {}", one_line(why)),
            None => writeln!(f, "goes on"),
        }
    }
}

/// Why a text could not be read as a campaign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found `{found}`")]
pub struct SavedError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
    /// The line; empty at the end of the text.
    pub found: String,
}

/// How a line may begin.
const LINES: &str = "one of `harness`, `scenario`, `seed`, `shard`, `next`, `made`, `quiet`, `spent`, `count`, `corpus`, `kept`, `mark`, `found`, `ended`, `goes on`";

impl FromStr for Saved {
    type Err = SavedError;

    fn from_str(text: &str) -> Result<Self, SavedError> {
        let mut saved = Self::new("", 0, Shard::WHOLE);
        let mut is_whole = false;
        let mut last = 0;
        for (line, number) in text.lines().zip(1..) {
            last = number;
            let error = |expected| SavedError { line: number, expected, found: line.to_owned() };
            if number == 1 {
                if line != TITLE {
                    return Err(error("`rehearsal campaign 1`"));
                }
                continue;
            }
            if is_whole {
                return Err(error("nothing more"));
            }
            is_whole = saved.read(line).map_err(error)?;
        }
        // A text that was cut off is not guessed at.
        if is_whole {
            return Ok(saved);
        }
        Err(SavedError { line: last + 1, expected: "`ended` or `goes on`", found: String::new() })
    }
}

impl Saved {
    /// Reads one line; whether it is the last.
    fn read(&mut self, line: &str) -> Result<bool, &'static str> {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "harness" => value.clone_into(&mut self.harness),
            "scenario" => value.clone_into(&mut self.scenario),
            "seed" => self.seed = value.parse().map_err(|_| "`seed NUMBER`")?,
            "shard" => self.shard = value.parse().map_err(|_| "`shard 3/16`")?,
            "next" => self.next = value.parse().map_err(|_| "`next NUMBER`")?,
            "made" => self.made = value.parse().map_err(|_| "`made NUMBER`")?,
            "quiet" => self.quiet = value.parse().map_err(|_| "`quiet NUMBER`")?,
            "spent" => self.spent = value.parse().map_err(|_| "`spent NUMBER`")?,
            "count" => {
                let expected = "`count NUMBER WHAT`";
                let (count, what) = value.split_once(' ').ok_or(expected)?;
                self.counts.insert(what.to_owned(), count.parse().map_err(|_| expected)?);
            }
            "corpus" => self.corpus.push(value.parse().map_err(|_| "`corpus TAPE`")?),
            "kept" => {
                let expected = "`kept NUMBER TAPE`";
                let (nth, tape) = value.split_once(' ').ok_or(expected)?;
                let nth = nth.parse().map_err(|_| expected)?;
                self.kept.push((nth, tape.parse().map_err(|_| expected)?));
            }
            "mark" => self.marks.push(value.to_owned()),
            "found" => {
                let expected = "`found COUNT NUMBER CHOOSER TURN ANSWERS TRIES CODE TAPE HEADLINE`";
                self.found.push(SavedFinding::read(value).ok_or(expected)?);
            }
            "ended" => {
                self.ended = Some(value.to_owned());
                return Ok(true);
            }
            "goes" if value == "on" => return Ok(true),
            _ => return Err(LINES),
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
rehearsal campaign 1
harness 0.1.0
scenario order
seed 7
shard 3/16
next 256
made 16
quiet 3
spent 1500
count 10 ended Completed
count 6 with evict
corpus cancel.0.3=1
kept 17 cancel.0.3=1,evict.0.0=1
kept 130 
mark activity Pack run once
found 12 40 pair 3 9 31 RH211 cancel.0.17=1 Refund did not undo Charge
goes on
";

    #[test]
    fn it_reads_what_it_prints() {
        let saved: Saved = TEXT.parse().unwrap();
        assert_eq!(saved.to_string(), TEXT);
        assert!(!saved.is_of("order", 7, Shard::WHOLE));
        let ended = Saved { ended: Some("all runs are made".to_owned()), ..saved };
        assert_eq!(ended.to_string().parse(), Ok(ended));
    }

    /// Wherever a file is cut, there is one error that names a line, and never another campaign.
    #[test]
    fn a_text_that_is_cut_off_names_the_line() {
        for length in 0..TEXT.len() - 1 {
            let error = TEXT[..length].parse::<Saved>().unwrap_err();
            let lines = TEXT[..length].lines().count();
            assert!(error.line == lines.max(1) || error.line == lines + 1, "{length}: {error}");
        }
    }

    #[test]
    fn a_text_that_is_damaged_names_the_line() {
        let error = |from: &str, to: &str| {
            TEXT.replacen(from, to, 1).parse::<Saved>().unwrap_err().to_string()
        };
        assert_eq!(
            error("campaign 1", "campaign 2"),
            "line 1: expected `rehearsal campaign 1`, found `rehearsal campaign 2`"
        );
        assert_eq!(
            error("shard 3/16", "shard 3"),
            "line 5: expected `shard 3/16`, found `shard 3`"
        );
        assert_eq!(
            error("kept 17 cancel", "kept 17 cancle"),
            "line 13: expected `kept NUMBER TAPE`, found `kept 17 cancle.0.3=1,evict.0.0=1`"
        );
        assert_eq!(
            error("40 pair 3", "40 twins 3"),
            "line 16: expected `found COUNT NUMBER CHOOSER TURN ANSWERS TRIES CODE TAPE HEADLINE`, found `found 12 40 twins 3 9 31 RH211 cancel.0.17=1 Refund did not undo Charge`"
        );
        assert_eq!(
            error("goes on\n", "goes on\ngoes on\n"),
            "line 18: expected nothing more, found `goes on`"
        );
    }
}
