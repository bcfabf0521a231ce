//! Compares two runs that were canceled at the same point.

use std::fmt::Debug;
use std::time::Duration;

use rehearsal::{Call, Code, History, Outcome, Status};
use rehearsal_history::scrub;
use rehearsal_tests::golden::divergence;

use super::table::{Covers, DIFFERENCES, Difference, Seen};

/// What came of one pair of runs.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The rows of the table that were needed, by index, each once.
    pub(super) rows: Vec<usize>,
    /// What no row covers.
    pub(super) uncovered: Vec<String>,
}

/// Compares the histories of the first executions event by event, then those of all others, and everything else that is a
/// run's.
pub(super) fn compare(workflow: &str, native: &Outcome, official: &Outcome) -> Compared {
    let mut compared = Compared::default();
    let (left, right) = match (history(native), history(official)) {
        (Ok(left), Ok(right)) => (left, right),
        (left, right) => {
            compared.uncovered.extend(left.err());
            compared.uncovered.extend(right.err());
            return compared;
        }
    };
    for difference in scrub::compare(&left, &right, |_| Duration::ZERO) {
        let seen = Seen { native: &left, official: &right, difference: &difference };
        let covering = |row: &Difference| row.workflows.contains(&workflow) && (row.matches)(&seen);
        let Some(index) = DIFFERENCES.iter().position(covering) else {
            if compared.uncovered.is_empty() {
                let titles = ["native", "official"];
                compared.uncovered.extend(divergence(titles, [&left, &right], seen.event()));
            }
            let text = difference.to_string();
            let text = text.replace("simulated", "native").replace("recorded", "official");
            compared.uncovered.push(text);
            continue;
        };
        if !compared.rows.contains(&index) {
            compared.rows.push(index);
        }
        if let Covers::Rest { native: left, official: right, finding } = DIFFERENCES[index].covers {
            compared.uncovered.extend(end("native", native, left, None));
            compared.uncovered.extend(end("official", official, right, finding));
            return compared;
        }
    }
    compared.uncovered.extend(beside_histories(native, official));
    compared
}

/// What is wrong with the end of a run that must end as `status`, with this finding and no other.
fn end(side: &str, run: &Outcome, status: Status, finding: Option<Code>) -> Option<String> {
    let ended = run.main().map(|main| main.status);
    let mut found: Vec<Code> = run.findings.iter().map(|finding| finding.code).collect();
    found.dedup();
    let good = ended == Some(status) && found == Vec::from_iter(finding);
    (!good).then(|| format!("{side}: ended as {ended:?}, with {found:?}"))
}

fn history(outcome: &Outcome) -> Result<History, String> {
    let main = outcome.main().ok_or("no workflow was started")?;
    History::new(main.history.clone()).map_err(|error| error.to_string())
}

/// What differs in the runs though their histories agree.
fn beside_histories(native: &Outcome, official: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let findings = native.findings.iter().chain(&official.findings);
    found
        .extend(findings.map(|finding| format!("{}: {}", finding.code.as_str(), finding.headline)));
    let status = |side: &Outcome| side.main().map(|main| main.status);
    found.extend(later_runs(native, official));
    found.extend(first("status", [status(native)].as_slice(), [status(official)].as_slice()));
    let (left, right) = (&native.record, &official.record);
    found.extend(first("point", &left.points, &right.points));
    found.extend(first("call", &calls(native), &calls(official)));
    found.extend(first("heartbeat", &left.heartbeats, &right.heartbeats));
    found
}

/// What differs in the executions behind the first: children, and the runs of a chain.
fn later_runs(native: &Outcome, official: &Outcome) -> Vec<String> {
    let (left, right) = (&native.executions, &official.executions);
    if left.len() != right.len() {
        return vec![format!("executions: native {}, official {}", left.len(), right.len())];
    }
    let mut found = Vec::new();
    for (nth, (left, right)) in left.iter().zip(right).enumerate().skip(1) {
        let history = |history: &[_]| History::new(history.to_vec());
        match (history(&left.history), history(&right.history)) {
            (Ok(left), Ok(right)) => {
                let differences = scrub::compare(&left, &right, |_| Duration::ZERO);
                found.extend(differences.into_iter().map(|it| format!("execution {nth}: {it}")));
            }
            (left, right) => found.extend(
                [left.err(), right.err()].into_iter().flatten().map(|error| error.to_string()),
            ),
        }
    }
    found
}

/// The attempts of activities, and whether each went well. What failures say is compared in the histories.
fn calls(outcome: &Outcome) -> Vec<(Call, Option<bool>)> {
    let calls = outcome.record.calls.iter().cloned();
    calls
        .map(|call| {
            let well = call.result.as_ref().map(Result::is_ok);
            (Call { result: None, ..call }, well)
        })
        .collect()
}

/// The first of many that is not the same on both sides.
fn first<T: PartialEq + Debug>(what: &str, native: &[T], official: &[T]) -> Option<String> {
    let longest = native.len().max(official.len());
    let at = (0..longest).find(|&at| native.get(at) != official.get(at))?;
    Some(format!("{what} {at}: native {:?}, official {:?}", native.get(at), official.get(at)))
}
