//! Whether a run is a function of its choices: it is made twice and compared.

use std::sync::Arc;

use rehearsal_history::{Event, History, Timestamp};

use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::record::{Call, seconds};

/// Two runs of one scenario with one tape must give the same bytes.
pub(crate) fn repeatable(first: &Outcome, second: &Outcome) -> Option<Finding> {
    let parted = first
        .executions
        .iter()
        .zip(&second.executions)
        .filter_map(|(a, b)| parted_at(&a.history, &b.history))
        .min();
    if let Some(finding) = activities(first, second, parted) {
        return Some(finding);
    }
    for (a, b) in first.executions.iter().zip(&second.executions) {
        let pairs = a.history.iter().zip(&b.history);
        if let Some(at) = pairs.clone().position(|(one, other)| one != other) {
            let headline =
                format!("{} is not a function of its choices: two runs differ", a.workflow_type);
            let finding = Finding::new(Code::NotRepeatable, headline)
                .with_detail(format!("once  {}", line(&a.history, at)))
                .with_detail(format!("again {}", line(&b.history, at)));
            return Some(finding.with_events(a.history.get(at).map(|event| event.id.0)));
        }
    }
    let lengths = |outcome: &Outcome| -> Vec<usize> {
        outcome.executions.iter().map(|execution| execution.history.len()).collect()
    };
    (lengths(first) != lengths(second)).then(|| {
        Finding::new(
            Code::NotRepeatable,
            "the run is not a function of its choices: one of two runs went further",
        )
    })
}

/// An event in the text notation.
fn line(history: &[Arc<Event>], at: usize) -> String {
    let lines = History::new(history.to_vec()).map(|history| history.lines()).unwrap_or_default();
    lines.get(at).map_or_else(String::new, |line| {
        format!("{} {} {} {}", line.id, line.time, line.name, line.details).trim_end().to_owned()
    })
}

/// When two histories part, if they do.
fn parted_at(a: &[Arc<Event>], b: &[Arc<Event>]) -> Option<Timestamp> {
    let at = a.iter().zip(b).position(|(one, other)| one != other);
    let at = at.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))?;
    [a.get(at), b.get(at)].into_iter().flatten().map(|event| event.time).min()
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
    let finding = Finding::new(Code::ActivityNotRepeatable, headline)
        .with_detail(format!("attempt {}, which began at {}", a.attempt, seconds(a.started)))
        .with_detail(format!("once   {}", ending(a)))
        .with_detail(format!("again  {}", ending(b)));
    Some(finding)
}

/// How an attempt ended, in a line.
fn ending(call: &Call) -> String {
    let Some(at) = call.ended else { return "did not end".to_owned() };
    let how = match &call.result {
        Some(Ok(Some(result))) => {
            let values = result.as_slice().iter().map(|value| value.as_json().unwrap_or("bytes"));
            format!("returned {}", values.collect::<Vec<_>>().join(", "))
        }
        Some(Ok(None)) => "returned nothing".to_owned(),
        Some(Err(error)) => format!("failed: {error}"),
        None => "ended".to_owned(),
    };
    format!("{how} at {}", seconds(at))
}
