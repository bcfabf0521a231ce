//! What a report says of single faults and of pairs.

use rehearsal_engine::{ChoiceKind, Outcome};
use rehearsal_explore::{FailedPair, PairKind, Pairs, Sweep};
use rehearsal_history::Status;

use super::{ended_with, line};
use crate::answers::in_words;
use crate::page::{same_elsewhere, wrapped};
use crate::paint::{Role, Text};

/// How the runs of these rows ended; a status may come several times.
pub(super) fn statuses(sweep: &Sweep) -> Vec<Status> {
    let faults = sweep.fault_rows().into_iter().flat_map(|row| row.ended);
    let pairs = sweep.pairs.iter().flat_map(|pairs| &pairs.rows);
    let pairs = pairs.flat_map(|row| row.ended.iter().copied());
    faults.chain(pairs).map(|(status, _)| status).collect()
}

/// Adds the rows of single faults and of pairs, if there are any.
pub(super) fn rows(table: &mut Text, sweep: &Sweep, statuses: &[Status]) {
    if sweep.faults.is_some() {
        let rows = sweep.fault_rows();
        let of = |row: &rehearsal_explore::FaultRow| {
            let label = format!("{:<7} {}", row.kind.to_string(), words(row.kind));
            (label, row.runs, row.ended.clone(), row.findings)
        };
        table.line(Role::Dim, "  what strikes, once in a run");
        block(table, statuses, "faults", rows.iter().map(of).collect());
    }
    if let Some(pairs) = &sweep.pairs {
        let of = |row: &rehearsal_explore::PairRow| {
            (pair_words(row.kind), row.pairs, row.ended.clone(), row.findings)
        };
        table.line(Role::Dim, "  what strikes, one after another");
        block(table, statuses, "pairs", pairs.rows.iter().map(of).collect());
        for said in notes(pairs) {
            table.line(Role::Dim, &format!("  {said}"));
        }
    }
}

/// A label, how many runs, how they ended, and in how many something was found.
type Row = (String, usize, Vec<(Status, usize)>, usize);

fn block(table: &mut Text, statuses: &[Status], what: &str, rows: Vec<Row>) {
    let mut total: Row = (String::new(), 0, Vec::new(), 0);
    let mut said = |(label, runs, ended, findings): &Row| {
        let counts: Vec<usize> = statuses.iter().map(|status| ended_with(ended, *status)).collect();
        line(table, label, *runs, &counts, 0, *findings);
    };
    for row in rows {
        said(&row);
        total.1 += row.1;
        total.2.extend(row.2);
        total.3 += row.3;
    }
    total.0 = format!("{} {what}, all run and replayed", total.1);
    said(&total);
}

/// What is not in the rows of pairs.
fn notes(pairs: &Pairs) -> Vec<String> {
    let mut notes = Vec::new();
    if pairs.made < pairs.of {
        notes.push(format!("these are {} of {} pairs, spread over all", pairs.made, pairs.of));
    }
    let merged: usize = pairs.rows.iter().map(|row| row.merged).sum();
    if merged > 0 {
        notes.push(format!(
            "{merged} merged: nothing between two cancels can see which of them it was"
        ));
    }
    match pairs.left_out {
        0 => {}
        1 => notes.push("1 fails by itself, and is the first of no pair".to_owned()),
        many => notes.push(format!("{many} fail by themselves, and are the first of no pair")),
    }
    notes
}

/// What a fault is, in a few words.
const fn words(kind: ChoiceKind) -> &'static str {
    match kind {
        ChoiceKind::Evict => "a run leaves the cache",
        ChoiceKind::Crash => "a worker dies in a task",
        ChoiceKind::Die => "a worker dies in an activity",
        ChoiceKind::Report => "an end lost, doubled or late",
        ChoiceKind::Beat => "a heartbeat is lost",
        ChoiceKind::Fail => "an attempt fails",
        ChoiceKind::Slow => "an attempt is slow, or hangs",
        ChoiceKind::Signal => "a signal doubled or late",
        ChoiceKind::Away => "a worker is away",
        ChoiceKind::Stall => "an answer comes too late",
        ChoiceKind::Back => "a worker comes back late",
        ChoiceKind::Stub => "a stub does what it may",
        ChoiceKind::Reply => "a client is not answered",
        _ => "something else",
    }
}

fn pair_words(kind: PairKind) -> String {
    match kind {
        PairKind::CanceledTwice => "canceled, and once more".to_owned(),
        PairKind::CanceledBoth => "canceled, and then another".to_owned(),
        PairKind::CancelThen(fault) => format!("canceled, then {fault}"),
        PairKind::ThenCancel(fault) => format!("{fault}, then canceled"),
    }
}

/// The first run with a finding among those in which a fault strikes, or two things do, and what a page says of it.
pub(super) fn first(sweep: &Sweep) -> Option<(&Outcome, String)> {
    let failed = sweep.faults().enumerate().filter(|(_, run)| !run.outcome.findings.is_empty());
    let failed: Vec<_> = failed.collect();
    if let Some((index, run)) = failed.first() {
        let finding = run.outcome.findings.first()?;
        let like = |outcome: &Outcome| outcome.findings.iter().any(|it| it.is_like(finding));
        let same = failed.iter().filter(|(_, other)| like(&other.outcome)).count();
        let (nth, of) = (index + 1, sweep.faults().count());
        let struck = in_words(run.key, run.answer, &run.outcome);
        let others = same_elsewhere(same - 1, "in");
        let how = format!("  Fault {nth} of {of}.{others}\n\n{}\n", wrapped(4, &struck));
        return Some((&run.outcome, how));
    }
    let pairs = sweep.pairs.as_ref()?;
    let (outcome, pair) = (pairs.first.as_deref()?, pairs.failed.first()?);
    let finding = outcome.findings.first()?;
    let like = |pair: &&FailedPair| pair.findings.iter().any(|it| it.is_like(finding));
    let same = pairs.failed.iter().filter(like).count();
    let [first, then] =
        [pair.first, pair.second].map(|(key, answer)| in_words(key, answer, outcome));
    let how = format!(
        "  Pair {} of {}. The first of the two does no harm by itself.{}\n\n{}\n{}\n",
        pair.nth + 1,
        pairs.made,
        same_elsewhere(same.saturating_sub(1), "in"),
        wrapped(4, &first),
        wrapped(4, &format!("then {then}"))
    );
    Some((outcome, how))
}
