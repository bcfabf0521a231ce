//! Compares two runs that were canceled at the same point.

use std::fmt::Debug;
use std::time::Duration;

use rehearsal::{Call, Code, Execution, History, Outcome, Record, Status};
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

/// Compares all executions in the order of their starts, the runs of a chain among them, history by history; then
/// everything else that is a run's.
pub(super) fn compare(workflow: &str, native: &Outcome, official: &Outcome) -> Compared {
    let mut compared = Compared::default();
    let (left, right) = (&native.executions, &official.executions);
    for (nth, pair) in left.iter().zip(right).enumerate() {
        if let Some(rest) = compared.histories(workflow, nth, pair) {
            let (native, official) = ((native, pair.0.status), (official, pair.1.status));
            compared.uncovered.extend(end("native", native, rest.native, None));
            compared.uncovered.extend(end("official", official, rest.official, rest.finding));
            return compared;
        }
    }
    if left.len() != right.len() || left.is_empty() {
        let text = format!("executions: native {}, official {}", left.len(), right.len());
        compared.uncovered.push(text);
    }
    compared.uncovered.extend(beside_histories(native, official));
    compared
}

/// How two runs must end that go different ways by rule.
struct Rest {
    native: Status,
    official: Status,
    finding: Option<Code>,
}

impl Compared {
    /// Compares one execution of both sides, event by event, up to where they go different ways by rule.
    fn histories(
        &mut self,
        workflow: &str,
        nth: usize,
        (native, official): (&Execution, &Execution),
    ) -> Option<Rest> {
        let history = |of: &Execution| History::new(of.history.clone());
        let (left, right) = match (history(native), history(official)) {
            (Ok(left), Ok(right)) => (left, right),
            (left, right) => {
                let errors = left.err().into_iter().chain(right.err());
                self.uncovered.extend(errors.map(|error| format!("execution {nth}: {error}")));
                return None;
            }
        };
        for difference in scrub::compare(&left, &right, |_| Duration::ZERO) {
            let seen = Seen { native: &left, official: &right, difference: &difference };
            let covering =
                |row: &Difference| row.workflows.contains(&workflow) && (row.matches)(&seen);
            let Some(index) = DIFFERENCES.iter().position(covering) else {
                if self.uncovered.is_empty() {
                    let titles = ["native", "official"];
                    self.uncovered.extend(divergence(titles, [&left, &right], seen.event()));
                }
                let text = difference.to_string();
                let text = text.replace("simulated", "native").replace("recorded", "official");
                self.uncovered.push(format!("execution {nth}: {text}"));
                continue;
            };
            if !self.rows.contains(&index) {
                self.rows.push(index);
            }
            if let Covers::Rest { native, official, finding } = DIFFERENCES[index].covers {
                return Some(Rest { native, official, finding });
            }
        }
        None
    }
}

/// What is wrong with a run one of whose executions must end as `status`, with this finding and no other.
fn end(
    side: &str,
    (run, ended): (&Outcome, Status),
    status: Status,
    finding: Option<Code>,
) -> Option<String> {
    let mut found: Vec<Code> = run.findings.iter().map(|finding| finding.code).collect();
    found.dedup();
    let good = ended == status && found == Vec::from_iter(finding);
    (!good).then(|| format!("{side}: ended as {ended:?}, with {found:?}"))
}

/// What differs in the runs though their histories agree.
fn beside_histories(native: &Outcome, official: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let findings = native.findings.iter().chain(&official.findings);
    found
        .extend(findings.map(|finding| format!("{}: {}", finding.code.as_str(), finding.headline)));
    let statuses = |side: &Outcome| side.executions.iter().map(|it| it.status).collect::<Vec<_>>();
    found.extend(first("status", &statuses(native), &statuses(official)));
    let (left, right) = (&native.record, &official.record);
    found.extend(first("point", &left.points, &right.points));
    let others = |record: &Record| record.others.clone().into_iter().collect::<Vec<_>>();
    found.extend(first("points of execution", &others(left), &others(right)));
    found.extend(first("call", &calls(native), &calls(official)));
    found.extend(first("heartbeat", &left.heartbeats, &right.heartbeats));
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
