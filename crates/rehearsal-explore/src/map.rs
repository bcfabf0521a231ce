//! The map of a sweep: which awaits of workflow code a cancel reached, how often, and how that ended.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_activation::{Asked, Awaited};
use rehearsal_engine::{CancelAccepted, Outcome};
use rehearsal_history::{EventKind, Status};

use crate::sweep::{Sweep, Swept};

/// Something that workflow code waits for, and where it asks for that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwaitPlace {
    /// What it is: `activity Charge`, `timer of 5s`, `a condition`.
    pub what: String,
    /// The lines that ask for it, as `file:line` with commas between; `None` if that is not known, as of the official SDK.
    pub at: Option<String>,
}

/// What cancels did to one await.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedAwait {
    /// The await.
    pub place: AwaitPlace,
    /// In how many runs the cancel came while the code waited there.
    pub cancels: usize,
    /// How many of these runs ended in each way: the execution that was canceled.
    pub ended: Vec<(Status, usize)>,
    /// In how many of them something was found.
    pub findings: usize,
}

/// Which awaits the cancels of a sweep reached, and which they did not.
///
/// Of each run the cancel counts that was injected for its point. Code that waits for several things at once, as for an
/// activity and a timer, is canceled at each of them, so the counts of all awaits may be more than there are points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitMap {
    /// The awaits that a cancel reached, in order.
    pub reached: Vec<ReachedAwait>,
    /// The awaits that some run asked for, and at which no cancel came.
    pub unreached: Vec<AwaitPlace>,
    /// How many cancels came while the code waited for nothing that is known: before its first task, in the last steps
    /// before its close, or while no worker had it in its cache.
    pub elsewhere: usize,
    /// How many cancels came after the close, and had no effect.
    pub after_close: usize,
}

/// Counts of one await.
#[derive(Debug, Default)]
struct Count {
    cancels: usize,
    ended: BTreeMap<Status, usize>,
    findings: usize,
}

impl Sweep {
    /// The map of its cancels.
    #[must_use]
    pub fn map(&self) -> AwaitMap {
        let outcomes = || self.runs.iter().map(|run| &run.outcome).chain([&self.baseline]);
        let asked = Places::of(outcomes());
        let mut reached: BTreeMap<AwaitPlace, Count> = BTreeMap::new();
        let mut map = AwaitMap::default();
        for run in &self.runs {
            let Some(cancel) = injected(run) else {
                map.after_close += 1;
                continue;
            };
            let places: BTreeSet<AwaitPlace> =
                cancel.awaits.iter().map(|awaited| asked.place(awaited)).collect();
            map.elsewhere += usize::from(places.is_empty());
            let status = run.outcome.status_of(run.target.execution);
            for place in places {
                let count = reached.entry(place).or_default();
                count.cancels += 1;
                *count.ended.entry(status).or_default() += 1;
                count.findings += usize::from(!run.outcome.findings.is_empty());
            }
        }
        map.unreached = asked.all();
        map.unreached.retain(|place| !reached.contains_key(place));
        let of = |(place, count): (AwaitPlace, Count)| ReachedAwait {
            place,
            cancels: count.cancels,
            ended: count.ended.into_iter().collect(),
            findings: count.findings,
        };
        map.reached = reached.into_iter().map(of).collect();
        map
    }
}

/// The cancel that was injected for the point of a run; `None` if the run was closed by then.
fn injected(run: &Swept) -> Option<&CancelAccepted> {
    let Swept { target, outcome } = run;
    let at = outcome.record.point(target.execution, target.nth)?.at;
    let run_id = &outcome.run_of(target.execution, target.run)?.run_id;
    // A second one may come at the instant of the first.
    outcome.record.cancels.iter().rfind(|cancel| cancel.at == at && cancel.run_id == *run_id)
}

/// What the code of many runs asked for, timers without their summaries, and where.
#[derive(Debug, Default)]
struct Places(BTreeMap<Asked, BTreeSet<String>>);

impl Places {
    fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut places = Self::default();
        for outcome in outcomes {
            for at in &outcome.record.asked_at {
                let lines = places.0.entry(without_summary(&at.asked)).or_default();
                if !lines.contains(&at.place) {
                    lines.insert(at.place.clone());
                }
            }
            let events = outcome.executions.iter().flat_map(|execution| &execution.history);
            for asked in events.filter_map(|event| opened(&event.kind)) {
                places.0.entry(asked).or_default();
            }
        }
        places
    }

    /// Where an await stands. What has no line of its own has those at which anything like it was asked for.
    fn place(&self, awaited: &Awaited) -> AwaitPlace {
        let Some(asked) = &awaited.asked else {
            return AwaitPlace { what: awaited.what.clone(), at: awaited.at.clone() };
        };
        let all = || self.0.get(asked).and_then(joined);
        AwaitPlace { what: asked.to_string(), at: awaited.at.clone().or_else(all) }
    }

    /// Every await, one for each line. A channel of signals may be read in many places, so it is one.
    fn all(&self) -> Vec<AwaitPlace> {
        let mut all = Vec::new();
        for (asked, lines) in &self.0 {
            let what = asked.to_string();
            if lines.is_empty() || matches!(asked, Asked::Signal(_)) {
                all.push(AwaitPlace { what, at: joined(lines) });
            } else {
                let place = |at: &String| AwaitPlace { what: what.clone(), at: Some(at.clone()) };
                all.extend(lines.iter().map(place));
            }
        }
        all
    }
}

fn joined(lines: &BTreeSet<String>) -> Option<String> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn without_summary(asked: &Asked) -> Asked {
    match asked {
        Asked::Timer { after, .. } => Asked::Timer { after: *after, summary: None },
        Asked::Activity(_) | Asked::Signal(_) | Asked::Child(_) | Asked::Condition => asked.clone(),
    }
}

/// What an event says that workflow code asked for, where its host says nothing.
fn opened(kind: &EventKind) -> Option<Asked> {
    match kind {
        EventKind::ActivityTaskScheduled(it) => {
            Some(Asked::Activity(it.activity_type.name.clone()))
        }
        EventKind::TimerStarted(it) => {
            let after = it.start_to_fire_timeout.unwrap_or_default();
            Some(Asked::Timer { after, summary: None })
        }
        EventKind::StartChildWorkflowExecutionInitiated(it) => {
            Some(Asked::Child(it.workflow_type.name.clone()))
        }
        _ => None,
    }
}
