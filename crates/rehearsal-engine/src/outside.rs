//! Results of activities that came from outside when their time was over.

use std::collections::BTreeSet;
use std::time::Duration;

use rehearsal_history::{EventId, EventKind, FailureInfo, SmolStr, duration_text};

use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::NotTaken;
use crate::scenario::Scenario;

/// The results that somebody outside gave for activities that had timed out (RH111), in every run in which that happens:
/// the service refuses them, and the workflow never hears of them. An activity that the scenario says fails is meant to be
/// late.
pub(crate) fn too_late(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let mut told: BTreeSet<(&SmolStr, EventId)> = BTreeSet::new();
    let mut findings = Vec::new();
    for refused in &outcome.record.too_late {
        let NotTaken { at, run_id, scheduled, lapsed, answer } = refused;
        let Some(execution) = outcome.execution(run_id) else { continue };
        let Some(activity) = name(execution, *scheduled) else { continue };
        let timed_out = timed_out(execution, outcome, *scheduled).filter(|(when, ..)| when <= at);
        let is_late = *lapsed || timed_out.is_some();
        if !is_late || scenario.failing.contains(activity) || !told.insert((run_id, *scheduled)) {
            continue;
        }
        let headline = format!(
            "the result of {activity} of {} came from outside when its time was over",
            execution.workflow_id
        );
        let detail = match &timed_out {
            Some((when, _, kind)) => format!(
                "it came at {}; the activity had run into its {kind} timeout at {}",
                duration_text(*at),
                duration_text(*when)
            ),
            None => format!(
                "it came at {}, for an attempt that had timed out; the workflow waits for another",
                duration_text(*at)
            ),
        };
        let finding = Finding::new(Code::ResultTooLate, headline)
            .with_detail(detail)
            .with_detail(format!("the service answered: {answer}"));
        let end = timed_out.map(|(_, id, _)| id.0);
        findings.push(finding.with_events(end).of(&execution.run_id, outcome));
    }
    findings
}

/// The type of the activity that this event scheduled.
fn name(execution: &Execution, scheduled: EventId) -> Option<&SmolStr> {
    execution.history.iter().find_map(|event| match &event.kind {
        EventKind::ActivityTaskScheduled(attributes) if event.id == scheduled => {
            Some(&attributes.activity_type.name)
        }
        _ => None,
    })
}

/// When the activity timed out for good, the event that says so, and what kind of timeout it was.
fn timed_out(
    execution: &Execution,
    outcome: &Outcome,
    scheduled: EventId,
) -> Option<(Duration, EventId, String)> {
    execution.history.iter().find_map(|event| match &event.kind {
        EventKind::ActivityTaskTimedOut(attributes)
            if attributes.scheduled_event_id == scheduled =>
        {
            let kind = match attributes.failure.as_ref()?.info.as_ref()? {
                FailureInfo::Timeout(info) => format!("{:?}", info.timeout_type),
                _ => return None,
            };
            Some((event.time.since(outcome.record.began), event.id, kind))
        }
        _ => None,
    })
}
