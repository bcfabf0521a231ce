//! Whether a run is a function of its choices: it is made twice and compared.

use std::sync::Arc;

use rehearsal_history::{Event, History, Timestamp, diff, duration_text, side_by_side};

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

/// The events at a place of two histories in the text notation, with what differs: if the notation does not show it, as it is
/// with flags of an SDK, by the names that values have in JSON.
fn lines(a: &[Arc<Event>], b: &[Arc<Event>], at: usize) -> [String; 2] {
    let line = |history: &[Arc<Event>]| {
        let lines = History::new(history.to_vec()).map(|history| history.whole_lines());
        lines.ok()?.into_iter().nth(at)
    };
    let (Some(once), Some(again)) = (line(a), line(b)) else { return Default::default() };
    let [left, right] = if once == again {
        let [left, right] = unseen(&a[at], &b[at]);
        side_by_side(&left, &right, LONGEST)
    } else {
        side_by_side(&once.details, &again.details, LONGEST)
    };
    [(once, left), (again, right)].map(|(line, details)| {
        format!("{} {} {} {details}", line.id, line.time, line.name).trim_end().to_owned()
    })
}

/// All values in which two events differ, as they are in each.
fn unseen(a: &Event, b: &Event) -> [String; 2] {
    let changes = diff::changes(a, b);
    let side = |of: fn(&diff::Change) -> &Option<serde_json::Value>| {
        let values = changes.iter().map(|change| match of(change) {
            Some(value) => format!("{}={value}", change.path),
            None => format!("no {}", change.path),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    [side(|change| &change.left), side(|change| &change.right)]
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
    let [once, again] = endings(a, b);
    // What a line does not show of an end is shown of the event that records it.
    if once == again && parted.is_some() {
        return None;
    }
    let headline = format!("activity {} of {} does not repeat itself", a.activity, a.workflow_id);
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

#[cfg(test)]
mod tests {
    use rehearsal_history::event::{SdkMetadata, WorkflowTaskCompleted};
    use rehearsal_history::{EventId, EventKind, HistoryBuilder};

    use super::*;

    fn history(flags: &[u32], version: &str) -> Vec<Arc<Event>> {
        let mut builder = HistoryBuilder::new("order");
        builder.complete_task();
        let mut events = builder.build().events().to_vec();
        let last = events.last_mut().unwrap();
        let metadata = SdkMetadata {
            lang_used_flags: flags.to_vec(),
            sdk_version: version.into(),
            ..SdkMetadata::default()
        };
        let completed = WorkflowTaskCompleted {
            sdk_metadata: Some(metadata),
            ..WorkflowTaskCompleted::default()
        };
        let kind = EventKind::WorkflowTaskCompleted(Box::new(completed));
        *last = Arc::new(Event::new(EventId(4), last.time, kind));
        events
    }

    fn told(a: &[Arc<Event>], b: &[Arc<Event>]) -> Vec<String> {
        Parted::of("Order", a, b).unwrap().finding().unwrap().details
    }

    /// What the text notation does not show is shown by its name.
    #[test]
    fn two_events_that_differ_are_never_shown_as_equal() {
        assert_eq!(
            told(&history(&[1, 3], "1.47.0"), &history(&[3], "1.47.0")),
            [
                "once  4 0s WorkflowTaskCompleted sdkMetadata.langUsedFlags=[1,3]",
                "again 4 0s WorkflowTaskCompleted sdkMetadata.langUsedFlags=[3]",
            ]
        );
        assert_eq!(
            told(&history(&[], ""), &history(&[], "1.47.0")),
            [
                "once  4 0s WorkflowTaskCompleted no sdkMetadata.sdkVersion",
                "again 4 0s WorkflowTaskCompleted sdkMetadata.sdkVersion=\"1.47.0\"",
            ]
        );
        let mut later = history(&[], "");
        let last = later.last_mut().unwrap();
        let time = last.time.saturating_add(std::time::Duration::from_micros(1));
        *last = Arc::new(Event::new(last.id, time, last.kind.clone()));
        let [once, again] = told(&history(&[], ""), &later).try_into().unwrap();
        assert!(once.contains("eventTime=") && again.contains("eventTime="), "{once} {again}");
        assert_ne!(once.replace("once ", ""), again.replace("again", ""));
    }
}
