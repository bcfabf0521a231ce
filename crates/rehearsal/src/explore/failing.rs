//! The report of an exploration in which something was found: a page for each thing that is wrong.

use std::fmt::Write as _;

use rehearsal_engine::{Code, Dialect, Finding, Outcome, Tape};
use rehearsal_explore::{
    BEYOND, Campaign, ChosenBy, Explored, Found, Passing, Shrunk, WITH_FINDING,
};

use super::end_line;
use crate::answers::all_in_words;
use crate::failure::Failure;
use crate::occurrence::{Occurrence, told};
use crate::page::{Where, wrapped};
use crate::paint::{Role, Text};
use crate::rerun::{command_with, test_name};

/// The run in which something was found, and those that it is seen against.
pub(super) struct Runs<'a> {
    pub(super) found: &'a Found,
    /// The variables that make all these runs again.
    pub(super) again: Option<String>,
    pub(super) nearest: Option<&'a Passing>,
    pub(super) calm: &'a Outcome,
}

/// The page of something that is wrong, and everything that it shows.
pub(super) fn page(
    scenario: &str,
    campaign: &Campaign,
    runs: &Runs<'_>,
) -> (Text, Vec<Occurrence>) {
    let Runs { found, nearest, calm, .. } = *runs;
    let outcome = &found.outcome;
    let place = Where::Explored { how: how(campaign, found), nearest, calm };
    let mut report = Text::default();
    let others = found.others.iter().flat_map(|other| Occurrence::of_run(other).take(1));
    let all: Vec<Occurrence> = Occurrence::of_run(outcome).chain(others).collect();
    // In a run as it was found the finding in question need not be the first.
    let same = |finding: &&Finding| found.run.code == Some(finding.code);
    let first = if campaign.past_findings { None } else { outcome.findings.iter().find(same) };
    if let Some(finding) = first.or(outcome.findings.first()) {
        report = told(finding, outcome, &place, &all, scenario);
    }
    // Of a server the command line makes them again.
    if let Some(variables) =
        runs.again.as_ref().filter(|_| !matches!(outcome.dialect, Dialect::Outside(_)))
    {
        report.say(Role::Plain, "  Make all these runs again:  ");
        report.line(Role::Command, &command_with(variables, test_name().as_deref()));
    }
    (report, all)
}

/// The report of all that is wrong.
pub(super) fn failure(
    scenario: &str,
    campaign: &Campaign,
    explored: &Explored,
    pages: Vec<(Text, Vec<Occurrence>)>,
) -> Failure {
    let mut report = if campaign.past_findings { contents(explored) } else { Text::default() };
    let mut all = Vec::new();
    for (nth, (page, shown)) in pages.into_iter().enumerate() {
        if nth > 0 {
            report.line(Role::Plain, "");
        }
        report.append(&page);
        all.extend(shown);
    }
    let [first, rest @ ..] = explored.found.as_slice() else {
        let headline = "nothing was found, and that is reported";
        return Failure::of_finding(Finding::new(Code::IllFormed, headline));
    };
    let mut findings = first.outcome.findings.clone();
    for found in rest {
        let shown = found.outcome.findings.first();
        findings.extend(shown.filter(|shown| !findings.contains(shown)).cloned());
    }
    Failure::new(report, findings, scenario, &first.outcome).with_all(all)
}

/// What stands before the pages of a campaign that went on past what it found: a line for each thing that is wrong.
fn contents(explored: &Explored) -> Text {
    let mut text = Text::default();
    let (saved, count) = (&explored.saved, explored.found.len());
    let things = if count == 1 { "1 thing is".to_owned() } else { format!("{count} things are") };
    let (showing, made) = (saved.counted(WITH_FINDING), saved.made);
    let seed = saved.seed;
    let headline = format!("{things} wrong, found in {showing} of {made} runs from seed {seed}");
    text.line(Role::Headline, &headline);
    if let Some(line) = end_line(explored.end, saved.shard) {
        text.line(Role::Plain, &format!("  {line}"));
    }
    for found in &explored.found {
        if let Some(finding) = found.outcome.findings.first() {
            let runs = if found.count == 1 { "run" } else { "runs" };
            let Finding { code, headline, .. } = finding;
            let line = format!("{code}  {headline}: {} {runs}", found.count);
            text.line(Role::Plain, &wrapped(2, &line));
        }
    }
    let beyond = saved.counted(BEYOND);
    if beyond > 0 {
        let line =
            format!("{beyond} findings more, of other kinds than these {count}: mend some first");
        text.line(Role::Plain, &wrapped(2, &line));
    }
    text.line(Role::Plain, "");
    text
}

/// In which run it was found, and what is left of that run.
fn how(campaign: &Campaign, found: &Found) -> String {
    let (nth, by, seed) = (found.run.nth + 1, found.run.chosen_by, campaign.seed);
    let turn = found.turn;
    let of = match campaign.runs {
        u32::MAX => String::new(),
        runs => format!(" of {runs}"),
    };
    let mut text = if by == ChosenBy::Corpus {
        format!("  Found in run {nth} of the corpus.\n")
    } else {
        let label = by.label();
        format!("  Found in run {nth}{of} from seed {seed}: number {turn} of the {label}.\n")
    };
    let Found { run, long, shrunk, outcome, .. } = found;
    text.push_str(&choices_left(&run.tape, *long, shrunk.as_ref(), outcome));
    text
}

/// What the answers of a run do, of which there were so many, or those that it was shrunk to.
pub(crate) fn choices_left(
    found: &Tape,
    long: usize,
    shrunk: Option<&Shrunk>,
    outcome: &Outcome,
) -> String {
    let mut text = String::new();
    let tape = shrunk.map_or(found, |shrunk| &shrunk.tape);
    let _ = match shrunk {
        Some(Shrunk { tries, complete, .. }) => {
            let stopped = if *complete { "" } else { ", and there shrinking was stopped" };
            let count = if *tries == 1 { "try" } else { "tries" };
            writeln!(
                text,
                "  Choices: {long}; shrunk to {} in {tries} {count}{stopped}:\n",
                tape.len()
            )
        }
        None => writeln!(
            text,
            "  Made again, the run did not find it, so nothing was shrunk. Choices: {long}:\n"
        ),
    };
    for line in all_in_words(tape, outcome) {
        let _ = writeln!(text, "{}", wrapped(4, &line));
    }
    text
}
