//! Whether a run is a function of its choices: it is made twice and compared.

use std::sync::Arc;

use rehearsal_history::{Event, History, Timestamp, duration_text, side_by_side};

use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::record::Call;

/// The most characters of what differs.
const LONGEST: usize = 80;

/// Two runs of one scenario with one tape must give the same bytes.
pub(crate) fn repeatable(first: &Outcome, second: &Outcome) -> Option<Finding> {
    let pairs = first.executions.iter().zip(&second.executions);
    let parted: Vec<Parted<'_>> =
        pairs.filter_map(|(a, b)| Parted::of(&a.workflow_type, &a.history, &b.history)).collect();
    let when = parted.iter().filter_map(Parted::time).min();
    if let Some(finding) = activities(first, second, when) {
        return Some(finding);
    }
    if let Some(finding) = parted.iter().find_map(Parted::finding) {
        return Some(finding);
    }
    let lengths = |outcome: &Outcome| -> Vec<usize> {
        outcome.executions.iter().map(|execution| execution.history.len()).collect()
    };
    let forgotten = first.record.forgotten != second.record.forgotten;
    (forgotten || lengths(first) != lengths(second)).then(|| {
        Finding::new(
            Code::NotRepeatable,
            "the run is not a function of its choices: one of two runs went further",
        )
    })
}

/// Says of a run in which something was found that it was made again with the same answers, and its first finding was
/// not made then. Nothing that was found in either is lost.
pub fn note_unrepeated(found: &mut Outcome, again: Outcome) {
    let unlike = repeatable(found, &again).unwrap_or_else(|| {
        let headline = "what is found in the run is not a function of its choices";
        Finding::new(Code::NotRepeatable, headline)
            .with_detail("two runs have one history, and findings that differ")
    });
    if let Some(first) = found.findings.first_mut() {
        let why =
            "not repeatable: the run was made again with the same choices, and this was not found";
        first.details.push(why.to_owned());
        first.details.extend(unlike.details.iter().map(|line| format!("  {line}")));
    }
    if !found.findings.iter().any(|finding| finding.code == unlike.code) {
        found.findings.push(unlike);
    }
    add_unrepeated(&mut found.findings, again.findings, "found when the run was made again");
}

/// Adds what only another run with the same answers has shown: of each code that is not there yet one finding.
pub(crate) fn add_unrepeated(findings: &mut Vec<Finding>, others: Vec<Finding>, why: &str) {
    for mut other in others {
        if !findings.iter().any(|finding| finding.code == other.code) {
            other.details.push(format!("not repeatable: {why}"));
            // It points at events of a history that is not shown.
            other.events.clear();
            findings.push(other);
        }
    }
}

/// What the checks find, which were asked of two runs that are the same. What they say of one of them only is found as well,
/// and is a fault of theirs: a check may look at nothing but the run.
pub(crate) fn judged_alike(once: Vec<Finding>, twice: &[Finding]) -> Vec<Finding> {
    let why = "not repeatable: asked once more about the same run, the check did not find this";
    let only_now: Vec<Finding> =
        twice.iter().filter(|finding| !once.contains(finding)).cloned().collect();
    let mut findings = once;
    let mut differs = !only_now.is_empty();
    for finding in findings.iter_mut().filter(|finding| !twice.contains(finding)) {
        finding.details.push(why.to_owned());
        differs = true;
    }
    add_unrepeated(
        &mut findings,
        only_now,
        "found when the check was asked once more about the same run, and not before",
    );
    if differs {
        let headline = "a check is not a function of the run: asked twice, it finds something else";
        findings.push(Finding::new(Code::NotRepeatable, headline));
    }
    findings
}

/// The events at a place of two histories in the text notation, with what differs.
fn lines(a: &[Arc<Event>], b: &[Arc<Event>], at: usize) -> [String; 2] {
    let line = |history: &[Arc<Event>]| {
        let lines = History::new(history.to_vec()).map(|history| history.whole_lines());
        lines.ok()?.into_iter().nth(at)
    };
    let (Some(a), Some(b)) = (line(a), line(b)) else { return Default::default() };
    let [left, right] = side_by_side(&a.details, &b.details, LONGEST);
    [(a, left), (b, right)].map(|(line, details)| {
        format!("{} {} {} {details}", line.id, line.time, line.name).trim_end().to_owned()
    })
}

/// Two histories of one execution, and the place of the first event that they do not share.
struct Parted<'a> {
    workflow_type: &'a str,
    a: &'a [Arc<Event>],
    b: &'a [Arc<Event>],
    at: usize,
}

impl<'a> Parted<'a> {
    fn of(workflow_type: &'a str, a: &'a [Arc<Event>], b: &'a [Arc<Event>]) -> Option<Self> {
        let at = a.iter().zip(b).position(|(one, other)| one != other);
        let at = at.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))?;
        Some(Self { workflow_type, a, b, at })
    }

    /// When they part.
    fn time(&self) -> Option<Timestamp> {
        [self.a.get(self.at), self.b.get(self.at)]
            .into_iter()
            .flatten()
            .map(|event| event.time)
            .min()
    }

    /// What a report says of it; `None` if one is the other cut short.
    fn finding(&self) -> Option<Finding> {
        let (event, _) = self.a.get(self.at).zip(self.b.get(self.at))?;
        let headline =
            format!("{} is not a function of its choices: two runs differ", self.workflow_type);
        let [once, again] = lines(self.a, self.b, self.at);
        let finding = Finding::new(Code::NotRepeatable, headline)
            .with_detail(format!("once  {once}"))
            .with_detail(format!("again {again}"));
        Some(finding.with_events([event.id.0]))
    }
}

/// An attempt that began alike in both runs and went on otherwise, before anything in the histories differs: its own
/// code is to blame, not the workflow.
fn activities(first: &Outcome, second: &Outcome, parted: Option<Timestamp>) -> Option<Finding> {
    let calls = first.record.calls.iter().zip(&second.record.calls);
    let (a, b) = calls.into_iter().find(|(a, b)| a != b)?;
    let alike = a.activity == b.activity
        && (a.attempt, a.started, &a.input) == (b.attempt, b.started, &b.input);
    let ended = [a.ended, b.ended].into_iter().flatten().min()?;
    if !alike || parted.is_some_and(|parted| parted < first.record.began + ended) {
        return None;
    }
    let headline = format!("activity {} of {} does not repeat itself", a.activity, a.workflow_id);
    let [once, again] = endings(a, b);
    let finding = Finding::new(Code::ActivityNotRepeatable, headline)
        .with_detail(format!("attempt {}, which began at {}", a.attempt, duration_text(a.started)))
        .with_detail(format!("once   {once}"))
        .with_detail(format!("again  {again}"));
    Some(finding)
}

/// How an attempt ended, in a line; of its value as much as fits, and where it differs from the other one.
fn endings(a: &Call, b: &Call) -> [String; 2] {
    let ((one, left), (other, right)) = (ending(a), ending(b));
    let [left, right] = side_by_side(&left, &right, LONGEST);
    [(a, one, left), (b, other, right)].map(|(call, how, value)| match call.ended {
        Some(at) => format!("{how}{value} at {}", duration_text(at)),
        None => "did not end".to_owned(),
    })
}

/// How an attempt ended: in which way, and the value.
fn ending(call: &Call) -> (&'static str, String) {
    match &call.result {
        Some(Ok(Some(result))) => {
            let values = result.as_slice().iter().map(|value| value.as_json().unwrap_or("bytes"));
            ("returned ", values.collect::<Vec<_>>().join(", "))
        }
        Some(Ok(None)) => ("returned nothing", String::new()),
        Some(Err(error)) => ("failed: ", error.to_string()),
        None if call.outside => ("left its end to somebody outside", String::new()),
        None => ("ended", String::new()),
    }
}
