//! The page for one finding: what, where, the lines of history around it, what was logged, how the nearest run differs
//! in which it is not so, the usual cause, and how to have exactly this run again.

mod attempts;
mod beside;
mod contrast;

use std::fmt::Write as _;
use std::time::Duration;

use rehearsal_engine::{
    Code, Dialect, Execution, Finding, LogLevel, LogLine, Moment, Outcome, Record, Tape,
};
use rehearsal_explore::{Passing, Swept, TakenOver};
use rehearsal_history::{History, Line, duration_text};

use self::attempts::attempts;
use self::contrast::{contrast_with, contrast_with_calm, contrast_with_point};
use crate::answers::{all_in_words, place_in_words};
use crate::pages::link;
use crate::paint::{Role, Text};
use crate::rerun;

/// How many lines of history stand before and after the events that a finding points at.
const AROUND: usize = 2;

/// The most lines of a log that are shown.
const MOST_LOGS: usize = 8;

/// A page has fewer lines than this, unless a finding itself says more. One is left for what an exploration adds.
const LONGEST: usize = 39;

/// Which run a finding is of.
pub(crate) enum Where<'a> {
    Baseline,
    /// A run by itself, with the scenario that the environment knows.
    Alone,
    /// The run that the environment asks for; `nearest` is the nearest one in which all is well.
    Case {
        nearest: Option<&'a Passing>,
    },
    /// A run of which the test has drawn the scenario and the tape; `nearest` as above.
    #[cfg_attr(
        not(feature = "proptest"),
        expect(dead_code, reason = "only strategies draw scenarios")
    )]
    Input {
        nearest: Option<&'a Passing>,
    },
    /// A run whose tape the test has given: the environment does not know the scenario that it was given to.
    Given,
    /// A random run; `nearest` is the nearest one in which all is well, and `calm` the one in which nothing strikes.
    Explored {
        how: String,
        nearest: Option<&'a Passing>,
        calm: &'a Outcome,
    },
    /// A run of `old` code that new code has taken over.
    Moment {
        taken: &'a TakenOver,
        index: usize,
        of: usize,
        others: usize,
        /// `None` if it was recorded.
        old: Option<&'a Outcome>,
    },
    Point {
        run: &'a Swept,
        index: usize,
        of: usize,
        others: usize,
        passing: Option<&'a Swept>,
        /// As above, if more than one cancel strikes.
        nearest: Option<&'a Passing>,
        baseline: &'a Outcome,
    },
}

/// The page for a finding.
pub(crate) fn explain(
    finding: &Finding,
    outcome: &Outcome,
    place: &Where<'_>,
    scenario: &str,
) -> Text {
    let mut page = Text::default();
    page.say(Role::Bad, finding.code.as_str());
    page.say(Role::Plain, "  ");
    let indent = finding.code.as_str().len() + 2;
    let mut headline = finding.headline.lines();
    let first = headline.next().unwrap_or_default();
    page.line(Role::Headline, wrapped(indent, first).trim_start());
    if let Where::Explored { how, .. } = place {
        let _ = write!(page, "\n{how}");
    }
    if let Where::Case { .. } | Where::Input { .. } | Where::Given = place {
        answered(&mut page, outcome);
    }
    if let Where::Point { run, index, of, others, .. } = place {
        canceled(&mut page, outcome, run, *index, *of, *others);
    }
    if let Where::Moment { taken, index, of, others, .. } = place {
        taken_over(&mut page, taken, *index, *of, *others);
    }
    let details: Vec<&str> = headline.chain(finding.details.iter().map(String::as_str)).collect();
    if !details.is_empty() {
        page.line(Role::Plain, "");
        for detail in details {
            let _ = writeln!(page, "{}", wrapped(2, detail));
        }
    }
    excerpt(&mut page, finding, outcome);
    // Side by side with another run the attempts are told as well.
    if !matches!(place, Where::Case { nearest: Some(_) } | Where::Explored { nearest: Some(_), .. })
    {
        attempts(&mut page, finding, outcome);
    }
    let rest = rest(finding, outcome, place, scenario);
    if finding.code != Code::NeverReached {
        let room = LONGEST.saturating_sub(page.lines() + rest.lines() + 1);
        logged(&mut page, finding, outcome, room);
    }
    page.append(&rest);
    page
}

/// What strikes in a run whose answers were given.
fn answered(page: &mut Text, outcome: &Outcome) {
    let lines = all_in_words(&outcome.tape, outcome);
    if lines.is_empty() {
        return;
    }
    page.line(Role::Plain, "\n  In this run:\n");
    for line in lines {
        page.line(Role::Plain, &wrapped(4, &line));
    }
}

/// At which point the workflow was canceled.
fn canceled(
    page: &mut Text,
    outcome: &Outcome,
    run: &Swept,
    index: usize,
    of: usize,
    others: usize,
) {
    let target = &run.target;
    let point = outcome.record.point(target.execution, target.nth);
    let at = point.map_or(String::new(), |point| format!(" at {}", duration_text(point.at)));
    let who = who(outcome, target.execution, "Canceled");
    let (place, nth) = (place_in_words(target.place), index + 1);
    let _ = write!(page, "\n  {who}{at}, {place}: point {nth} of {of}.");
    page.line(Role::Plain, &same_elsewhere(others, "at"));
}

/// At which moment new code took over.
fn taken_over(page: &mut Text, taken: &TakenOver, index: usize, of: usize, others: usize) {
    let Moment { at, workflow_id, task, after_event, .. } = &taken.moment;
    let (at, nth) = (duration_text(*at), index + 1);
    let _ = writeln!(
        page,
        "\n  The new code takes over at {at}, before workflow task {task} of {workflow_id}, behind event {after_event}:"
    );
    let _ = write!(page, "  moment {nth} of {of}.");
    page.line(Role::Plain, &same_elsewhere(others, "at"));
}

/// In how many other runs, or at how many other points, the same happens.
pub(crate) fn same_elsewhere(others: usize, at: &str) -> String {
    match others {
        0 => String::new(),
        1 => format!(" The same happens {at} 1 other."),
        others => format!(" The same happens {at} {others} others."),
    }
}

/// `canceled`, and which execution if it is not the first one.
pub(crate) fn who(outcome: &Outcome, execution: u32, canceled: &str) -> String {
    match outcome.run_of(execution, 0).filter(|_| execution > 0) {
        Some(of) => format!("{canceled} {}", of.workflow_id),
        None => canceled.to_owned(),
    }
}

/// What stands below the excerpt.
fn rest(finding: &Finding, outcome: &Outcome, place: &Where<'_>, scenario: &str) -> Text {
    let mut page = Text::default();
    let to = &mut page;
    match place {
        Where::Baseline | Where::Alone | Where::Given | Where::Moment { old: None, .. } => {}
        Where::Case { nearest } | Where::Input { nearest } => {
            if let Some(well) = nearest {
                contrast_with(to, finding, outcome, well);
            }
        }
        Where::Explored { nearest: Some(well), .. } | Where::Point { nearest: Some(well), .. } => {
            contrast_with(to, finding, outcome, well);
        }
        Where::Point { passing: Some(well), .. } => {
            contrast_with_point(to, finding, outcome, well);
        }
        Where::Explored { calm, .. }
        | Where::Moment { old: Some(calm), .. }
        | Where::Point { baseline: calm, .. } => {
            contrast_with_calm(to, finding, outcome, calm);
        }
    }
    page.line(Role::Plain, "");
    if let Some(hint) = finding.hint(outcome.dialect) {
        page.line(Role::Plain, &wrapped(2, &format!("Usually: {hint}.")));
    }
    page.line(Role::Dim, &format!("  More: {}", link(finding.code)));
    if finding.is_of_another_run() {
        // What was run is not what is meant, and green perhaps.
        return page;
    }
    let single =
        matches!(place, Where::Alone | Where::Case { .. } | Where::Input { .. } | Where::Given);
    if let Dialect::Outside(_) = outcome.dialect {
        // What made the runs is a server, and a test of whichever language.
        if !is_of_all(finding.code) && !outcome.tape.is_empty() {
            page.say(Role::Plain, "\n  Run exactly this again, beside `--sweep`:  ");
            page.line(Role::Command, &command(scenario, &outcome.tape, outcome.dialect));
        }
        return page;
    }
    if is_of_all(finding.code) && !single {
        page.say(Role::Plain, "\n  No single run shows this. Make all of them again:  ");
        page.line(Role::Command, &rerun::cargo_test(rerun::test_name().as_deref()));
        return page;
    }
    if let Where::Moment { old: None, .. } = place {
        // A fork from there is refused where the code does not replay, and where something goes on that cannot be rebuilt.
        page.say(Role::Plain, "\n  Run all its moments again:  ");
        page.line(Role::Command, "`scenario.try_sweep_upgrade_of(&[recorded])`");
        return page;
    }
    page.say(Role::Plain, "\n  Run exactly this again:  ");
    let tape = &outcome.tape;
    let again = match place {
        Where::Given | Where::Input { .. } => rerun::in_code(tape),
        Where::Baseline
        | Where::Alone
        | Where::Case { .. }
        | Where::Explored { .. }
        | Where::Moment { .. }
        | Where::Point { .. } => command(scenario, tape, outcome.dialect),
    };
    page.line(Role::Command, &again);
    page
}

/// Whether a finding of many runs is one of all of them, so that no single one shows it.
pub(crate) const fn is_of_all(code: Code) -> bool {
    matches!(code, Code::NeverReached | Code::SignalUnread | Code::NeverPassed | Code::NeverJudged)
}

/// What makes one run again.
pub(crate) fn command(scenario: &str, tape: &Tape, dialect: Dialect) -> String {
    if let Dialect::Outside(_) = dialect {
        return format!("--only '{tape}'");
    }
    rerun::command(&format!("{scenario}/{tape}"), rerun::test_name().as_deref())
}

/// The execution that a finding points at the events of.
fn shown<'a>(finding: &Finding, outcome: &'a Outcome) -> Option<&'a Execution> {
    match &finding.run_id {
        Some(run_id) => outcome.executions.iter().find(|it| it.run_id == run_id.as_str()),
        None => outcome.main(),
    }
}

/// What an execution that is not the first is called: by its workflow id, and which of the runs with that id it is.
fn called(execution: &Execution, outcome: &Outcome) -> String {
    let id = &execution.workflow_id;
    let runs: Vec<_> = outcome.executions.iter().filter(|it| it.workflow_id == *id).collect();
    let nth = runs.iter().position(|it| it.run_id == execution.run_id).unwrap_or(0) + 1;
    if runs.len() > 1 { format!("run {nth} of {id}") } else { id.to_string() }
}

/// The lines of history around the events that a finding points at; the last lines if it points at none.
fn excerpt(page: &mut Text, finding: &Finding, outcome: &Outcome) {
    let Some(execution) = shown(finding, outcome) else { return };
    let Ok(history) = History::new(execution.history.clone()) else { return };
    let lines = history.lines();
    let marked = |line: &Line| finding.events.contains(&line.id.0);
    let first = lines.iter().position(marked).unwrap_or(lines.len().saturating_sub(3));
    let last = lines.iter().rposition(marked).unwrap_or(lines.len().saturating_sub(1));
    let range = first.saturating_sub(AROUND)..(last + AROUND + 1).min(lines.len());
    page.line(Role::Plain, "");
    if finding.run_id.is_some() {
        page.line(Role::Plain, &format!("  in the history of {}:", called(execution, outcome)));
    }
    let shown = &lines[range];
    let name_width = shown.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let time_width = shown.iter().map(|line| line.time.len()).max().unwrap_or(0);
    for line in shown {
        let (mark, role) = if marked(line) { ('>', Role::Mark) } else { (' ', Role::Dim) };
        let limit =
            history.timeout(line.id).map(|limit| format!("limit={} ", duration_text(limit)));
        let limit = limit.unwrap_or_default();
        let text = format!(
            "  {mark} {:>3}  {:<time_width$}  {:<name_width$}  {limit}{}",
            line.id.0, line.time, line.name, line.details
        );
        page.line(role, &cut(text.trim_end()));
    }
}

/// What was logged about when the finding was made, in at most `room` lines, or a few more if that is next to nothing.
fn logged(page: &mut Text, finding: &Finding, outcome: &Outcome, room: usize) {
    let Record { logs, logs_dropped, .. } = &outcome.record;
    let shown = nearest(logs, when(finding, outcome), room.saturating_sub(3).clamp(1, MOST_LOGS));
    if shown.is_empty() {
        return;
    }
    page.line(Role::Plain, "");
    page.line(
        Role::Plain,
        match finding.code {
            // To hear what is logged the run is made once more, and such a run may be another one then.
            Code::Nondeterminism | Code::NotRepeatable => "  logged when this run was made again:",
            _ => "  logged in this run:",
        },
    );
    let times: Vec<String> = shown.iter().map(|line| duration_text(line.at)).collect();
    let time_width = times.iter().map(String::len).max().unwrap_or(0);
    let level_width = shown.iter().map(|line| line.level.as_str().len()).max().unwrap_or(0);
    let target_width = shown.iter().map(|line| line.target.chars().count()).max().unwrap_or(0);
    for (line, time) in shown.iter().zip(&times) {
        let role = match line.level {
            LogLevel::Error => Role::Bad,
            LogLevel::Warn => Role::Mark,
            LogLevel::Info => Role::Plain,
            LogLevel::Debug | LogLevel::Trace => Role::Dim,
        };
        let text = format!(
            "     {time:<time_width$}  {:<level_width$}  {:<target_width$}  {line}",
            line.level, line.target
        );
        page.line(role, &cut(&escaped(text.trim_end())));
    }
    let more = (logs.len() - shown.len()) as u64 + logs_dropped;
    match (more, logs_dropped) {
        (0, _) => {}
        (more, 0) => page.line(Role::Dim, &format!("     … {more} more")),
        (more, dropped) => {
            let line = format!("     … {more} more, {dropped} of them not kept");
            page.line(Role::Dim, &line);
        }
    }
}

/// From when to when the events are that a finding points at; the end of the run if it points at none.
fn when(finding: &Finding, outcome: &Outcome) -> (Duration, Duration) {
    let began = outcome.record.began;
    let events = shown(finding, outcome).map_or(&[][..], |it| it.history.as_slice());
    let marked = events.iter().filter(|event| finding.events.contains(&event.id.0));
    let times: Vec<Duration> = marked.map(|event| event.time.since(began)).collect();
    let end = Duration::MAX;
    (times.iter().min().copied().unwrap_or(end), times.iter().max().copied().unwrap_or(end))
}

/// The `most` lines nearest to a time, in their order. Of lines that are as near the later ones.
fn nearest(logs: &[LogLine], (from, to): (Duration, Duration), most: usize) -> &[LogLine] {
    let distance = |line: &LogLine| from.saturating_sub(line.at).max(line.at.saturating_sub(to));
    let mut shown = logs;
    while shown.len() > most {
        shown = match shown {
            [first, .., last] if distance(first) < distance(last) => &shown[..shown.len() - 1],
            _ => &shown[1..],
        };
    }
    shown
}

/// What is logged may hold anything; a report is made of lines, and leaves the terminal as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_control() {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// How wide a line of a report is at most.
const WIDEST: usize = 100;

/// Indented lines of a report, of which those after the first are set in; only a word alone can be too wide.
pub(crate) fn wrapped(indent: usize, text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let more = word.chars().count() + 1;
        if width == 0 {
            let _ = write!(lines, "{:indent$}{word}", "");
            width = indent + more - 1;
        } else if width + more > WIDEST {
            let _ = write!(lines, "\n{:indent$}  {word}", "");
            width = indent + 2 + more - 1;
        } else {
            let _ = write!(lines, " {word}");
            width += more;
        }
    }
    lines
}

/// A line of a report, no wider than 100 columns.
fn cut(line: &str) -> String {
    cut_to(line, WIDEST)
}

fn cut_to(line: &str, widest: usize) -> String {
    if line.chars().count() <= widest {
        return line.to_owned();
    }
    line.chars().take(widest - 1).chain(['…']).collect()
}

/// What the line of an event says besides the numbers of other events, which move with every event that comes before.
fn values(details: &str) -> impl Iterator<Item = &str> {
    const NUMBERS: [&str; 4] = ["id=", "scheduled=", "started=", "initiated="];
    details.split(' ').filter(|word| !NUMBERS.iter().any(|key| word.starts_with(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(times: impl IntoIterator<Item = u64>) -> Vec<LogLine> {
        let line = |at| LogLine {
            at: Duration::from_secs(at),
            level: LogLevel::Info,
            target: "shop".to_owned(),
            spans: Vec::new(),
            message: String::new(),
            fields: Vec::new(),
        };
        times.into_iter().map(line).collect()
    }

    fn times(from: u64, to: u64, most: usize) -> Vec<u64> {
        let logs = logs([0, 1, 2, 3, 4, 5, 5, 9]);
        let between = (Duration::from_secs(from), Duration::from_secs(to));
        nearest(&logs, between, most).iter().map(|line| line.at.as_secs()).collect()
    }

    #[test]
    fn the_lines_nearest_to_the_finding_are_shown() {
        assert_eq!(times(2, 2, 3), [1, 2, 3]);
        assert_eq!(times(2, 2, 2), [2, 3]);
        assert_eq!(times(0, 0, 3), [0, 1, 2]);
        assert_eq!(times(1, 5, 9), [0, 1, 2, 3, 4, 5, 5, 9]);
        assert_eq!(times(1, 5, 6), [1, 2, 3, 4, 5, 5]);
        assert_eq!(times(100, 100, 3), [5, 5, 9]);
    }

    #[test]
    fn a_logged_text_stays_in_its_line() {
        assert_eq!(escaped("a\nb\u{1b}[31mé"), "a\\nb\\u{1b}[31mé");
    }

    #[test]
    fn a_long_text_is_wrapped_between_words() {
        assert_eq!(wrapped(2, "one two"), "  one two");
        let text = format!("{} {} {}", "a".repeat(60), "b".repeat(37), "c".repeat(120));
        let lines = wrapped(2, &text);
        let widths: Vec<usize> = lines.lines().map(str::len).collect();
        assert_eq!(widths, [100, 124], "{lines}");
        assert_eq!(lines.split_whitespace().collect::<Vec<_>>().join(" "), text);
    }
}
