//! Signals that came to nothing: dropped because they are no such value as the workflow takes, or never read.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_activation::{Fault, Unread};
use rehearsal_history::{SmolStr, Status};

use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::SignalsOf;
use crate::scenario::Scenario;

/// The signals that a workflow dropped because they could not be read, or would drop if it came to read them (RH108), in
/// every run in which that happens.
pub(crate) fn unreadable(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    const DROPPED: &str = "it was dropped, and the workflow goes on as if it had never come";
    const COUNTED: &str =
        "the workflow looked whether it is there and did not take it: it would be dropped then";
    let of_one = |(execution, of): (&Execution, &SignalsOf)| -> Vec<Finding> {
        let dropped = of.signals.dropped.iter();
        let dropped = dropped.map(|signal| (&signal.name, signal.event, &signal.why, DROPPED));
        let counted = of.signals.unread.iter();
        let counted = counted.filter_map(|signal| {
            Some((&signal.name, signal.event, signal.misfit.as_ref()?, COUNTED))
        });
        let meant = |name: &SmolStr| scenario.unread.contains(name);
        let told = dropped.chain(counted).filter(|(name, ..)| !meant(name));
        told.map(|(name, event, why, what)| {
            let id = &execution.workflow_id;
            Finding::new(
                Code::SignalUnreadable,
                format!("signal `{name}` of {id} could not be read: {why}"),
            )
            .with_detail(what)
            .with_events([event.0])
            .of(&execution.run_id, outcome)
        })
        .collect()
    };
    of_executions(outcome).flat_map(of_one).collect()
}

/// The signals that a run had not read when it went on as new (RH112), in every run in which that happens. The next one is
/// never told of them (T-12).
///
/// One that no run of this workflow listens for is lost anyway, and said to be nobody's (RH602).
pub(crate) fn left_behind(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let mut listened = BTreeSet::new();
    for (execution, of) in of_executions(outcome) {
        listened.extend(of.signals.listened.iter().map(|name| (&execution.workflow_id, name)));
    }
    let of_one = |(execution, of): (&Execution, &SignalsOf)| {
        let id = &execution.workflow_id;
        let mut left: BTreeMap<&SmolStr, Vec<u64>> = BTreeMap::new();
        for signal in &of.signals.unread {
            if listened.contains(&(id, &signal.name)) && !scenario.unread.contains(&signal.name) {
                left.entry(&signal.name).or_default().push(signal.event.0);
            }
        }
        let names = left.iter().map(|(name, events)| match events.len() {
            1 => format!("signal `{name}`"),
            count => format!("{count} signals `{name}`"),
        });
        let names = names.collect::<Vec<_>>().join(" and ");
        let events = left.into_values().flatten();
        (!names.is_empty()).then(|| {
            Finding::new(
                Code::SignalLeftBehind,
                format!("{id} went on as new without reading {names}"),
            )
            .with_detail("the next run is not told of what this one has not read")
            .with_events(events)
            .of(&execution.run_id, outcome)
        })
    };
    let continued =
        |(execution, _): &(&Execution, &SignalsOf)| execution.status == Status::ContinuedAsNew;
    of_executions(outcome).filter(continued).filter_map(of_one).collect()
}

/// Keeps count, over many runs, of the signals that nobody reads.
///
/// A signal that comes too late for the workflow to read it is lost in a race, which is a run like any other. One whose
/// name the workflow listens for in no run at all can never be read, whatever happens.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignalsSeen {
    /// By the type of the workflow, the names that it has listened for.
    listened: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    /// Those that were not read in the first run, which is the calm one.
    unread: Vec<UnreadAt>,
    runs: usize,
}

/// The signals of one name that an execution of the first run did not read.
#[derive(Debug, Clone)]
struct UnreadAt {
    workflow_type: SmolStr,
    workflow_id: SmolStr,
    name: SmolStr,
    events: Vec<u64>,
    main: bool,
    open: bool,
}

impl SignalsSeen {
    pub(crate) fn note(&mut self, scenario: &Scenario, outcome: &Outcome) {
        for (execution, of) in of_executions(outcome) {
            let listened = self.listened.entry(execution.workflow_type.clone()).or_default();
            listened.extend(of.signals.listened.iter().cloned());
            if self.runs == 0 && may_read(scenario, outcome, execution) {
                self.note_unread(execution, &of.signals.unread, outcome.is_main(&execution.run_id));
            }
        }
        self.runs += 1;
    }

    fn note_unread(&mut self, execution: &Execution, unread: &[Unread], main: bool) {
        let begin = self.unread.len();
        for signal in unread {
            let known = self.unread[begin..].iter_mut().find(|known| known.name == signal.name);
            match known {
                Some(known) => known.events.push(signal.event.0),
                None => self.unread.push(UnreadAt {
                    workflow_type: execution.workflow_type.clone(),
                    workflow_id: execution.workflow_id.clone(),
                    name: signal.name.clone(),
                    events: vec![signal.event.0],
                    main,
                    open: execution.status == Status::Running,
                }),
            }
        }
    }

    /// The signals of the first run whose names nobody listened for in any run (RH602).
    pub(crate) fn never_read(&self, scenario: &Scenario) -> Vec<Finding> {
        let listened = |unread: &UnreadAt| {
            let names = self.listened.get(&unread.workflow_type);
            names.is_some_and(|names| names.contains(&unread.name))
        };
        self.unread
            .iter()
            .filter(|unread| !listened(unread) && !scenario.unread.contains(&unread.name))
            .map(|unread| self.finding(unread))
            .collect()
    }

    fn finding(&self, unread: &UnreadAt) -> Finding {
        let UnreadAt { workflow_type, workflow_id, name, .. } = unread;
        let times = match unread.events.len() {
            1 => "was delivered".to_owned(),
            count => format!("was delivered {count} times"),
        };
        let headline =
            format!("signal `{name}` of {workflow_id} {times}, and nobody listens for it");
        let names = self.listened.get(workflow_type);
        let names: Vec<String> =
            names.into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let listens = match names.as_slice() {
            [] => format!("{workflow_type} listens for no signal in any run of this scenario"),
            names => format!("{workflow_type} listens for {}", names.join(", ")),
        };
        let still = if unread.open { "is still there" } else { "was there when it closed" };
        Finding::new(Code::SignalUnread, headline)
            .with_detail(listens)
            .with_detail(format!("it {still}, in the run in which nothing strikes"))
            .with_events(unread.events.iter().copied().filter(|_| unread.main))
    }
}

/// Whether a workflow had its chance to read what it was sent: it did all it wanted to do, or waits for more. One that
/// was canceled, failed, or was ended from outside may not have come that far, nor one that was kept from it by a failure
/// that is what the scenario is about.
fn may_read(scenario: &Scenario, outcome: &Outcome, execution: &Execution) -> bool {
    let kept = outcome.calls_of(execution).any(|call| match &call.result {
        Some(Err(error)) => {
            *error.fault() == Fault::Declared || scenario.failing.contains(&call.activity)
        }
        Some(Ok(_)) | None => false,
    });
    match execution.status {
        Status::Completed | Status::ContinuedAsNew => !kept,
        Status::Running => !kept && outcome.cancel_of(execution).is_none(),
        Status::Failed | Status::Canceled | Status::Terminated | Status::TimedOut => false,
    }
}

fn of_executions(outcome: &Outcome) -> impl Iterator<Item = (&Execution, &SignalsOf)> {
    let executions = outcome.by_run_id();
    let of_each = outcome.record.signals.iter();
    of_each.filter_map(move |of| Some((*executions.get(&*of.run_id)?, of)))
}
