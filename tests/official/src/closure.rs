//! Simulated histories, and what is changed in them so that no replay may take them any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rehearsal::strategy::{ClientAction, client_scripts};
use rehearsal::{
    Code, Event, EventKind, Execution, Failure, History, Injection, Outcome, Report, Scenario, Tape,
};
use rehearsal_tests::each::each;
use rehearsal_tests::golden::{
    Action, Alarms, Folder, Recording, Register, Script, Span, Step, false_alarms_and, scenario,
    simulate,
};

use crate::golden::ALL;

/// A simulated history, and whose code it belongs to.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// What it is called in reports.
    pub name: String,
    /// The scenario whose workflows it replays with.
    pub suite: &'static str,
    /// The history.
    pub history: History,
}

/// What no run may be found to be. Recorded workflows may hang or panic when they are canceled elsewhere, and may meet
/// defects of the SDK (RH106), such as C-39a in a task that brings a cancel and the end of a timer. What such a run
/// recorded before its task began to fail must be accepted all the same.
const OURS: [Code; 4] =
    [Code::Nondeterminism, Code::NotRepeatable, Code::CancelLost, Code::IllFormed];

/// Its workflow returns the text of an error that core words otherwise in a replay: a local activity that was out of time
/// (C-45). So it does not replay to the same result, with the SDK's own worker either.
const TOLD_OTHERWISE: &str = "local-activity-start-to-close";

/// The scenarios whose clients are generated: those whose workflows do most, without what their clients did.
const PLAYED: [&str; 15] = [
    "abandon-running",
    "cancel-activity-in-backoff",
    "local-activities-in-parallel",
    "local-activity-longer-than-task",
    "markers-of-all-kinds-in-one-task",
    "parallel-ten-activities",
    "saga",
    "seed-no-cancel",
    "select-activity-vs-timer",
    "signal-then-cancel",
    "try-cancel-running",
    "unhandled-command",
    "update-goes-on-after-cancel",
    "update-in-flight-at-close",
    "wait-condition-canceled",
];

/// How many scripts are generated for each of them.
const SCRIPTS: usize = 20;

/// A generated client acts within this time, and the histories are taken long after.
const WITHIN: Duration = Duration::from_secs(8);
const TAKEN_AT: Span = Span(Duration::from_mins(1));

/// Every history that the suite simulates, and what was found while all scenarios were swept for it.
///
/// # Errors
///
/// In a line for people: a scenario that cannot be read or rehearsed.
pub fn all() -> Result<(Alarms, Vec<Simulated>), String> {
    let (alarms, mut histories) = false_alarms_and(ALL, of);
    histories.extend(each(&PLAYED, |name| played(name)));
    Ok((alarms, flat(histories.into_iter().collect::<Result<_, _>>()?)))
}

/// The histories of one scenario that was swept.
fn of(
    folder: &Folder,
    scenario: &Scenario,
    swept: Result<Report, Failure>,
) -> Result<Vec<Simulated>, String> {
    let (register, script) = read(folder)?;
    // The replayer has one code: where workers have different ones it cannot take what they record.
    let has_two_codes = script.workers.iter().any(|worker| worker.code.is_some());
    if has_two_codes || folder.name == TOLD_OTHERWISE {
        return Ok(Vec::new());
    }
    let mut histories: Vec<_> = simulated(folder, "recorded", &script, register).collect();
    histories.extend(runs(folder, scenario, swept)?);
    Ok(histories)
}

fn read(folder: &Folder) -> Result<(Register, Script), String> {
    let name = folder.name;
    let recording = Recording::read(folder).map_err(|problem| format!("{name}: {problem}"))?;
    let register = folder.register.ok_or_else(|| format!("{name}: no code"))?;
    Ok((register, recording.script))
}

fn named(name: &str) -> Result<&'static Folder, String> {
    ALL.iter().find(|folder| folder.name == name).ok_or_else(|| format!("no scenario {name}"))
}

/// The histories of one run of a scenario. How it ends is of no interest here.
fn simulated(
    folder: &Folder,
    client: &str,
    script: &Script,
    register: Register,
) -> impl Iterator<Item = Simulated> + use<> {
    let (suite, client) = (folder.name, client.to_owned());
    let histories = simulate(folder, script, register).histories;
    let histories = histories.into_iter().filter(|(_, history)| began(history.events()));
    histories.map(move |(file, history)| {
        let name = format!("{suite}, {client}, {file}");
        Simulated { name, suite, history }
    })
}

/// A scenario, canceled at each of its points.
fn runs(
    folder: &Folder,
    scenario: &Scenario,
    swept: Result<Report, Failure>,
) -> Result<Vec<Simulated>, String> {
    if let Ok(report) = swept {
        let runs = report.runs().map(|(_, outcome)| outcome);
        let runs = [report.baseline()].into_iter().chain(runs);
        return runs.map(|run| judged(folder, run)).collect::<Result<Vec<_>, _>>().map(flat);
    }
    canceled(folder, scenario)
}

/// The same run by run, since a sweep with findings shows one run only.
fn canceled(folder: &Folder, scenario: &Scenario) -> Result<Vec<Simulated>, String> {
    let run = |tape: &Tape| match scenario.try_run(tape) {
        Ok(outcome) => Ok(outcome),
        Err(failure) => {
            let ours = failure.findings().iter().any(|finding| OURS.contains(&finding.code));
            let outcome = failure.outcome().filter(|_| !ours).cloned();
            outcome.ok_or_else(|| failure.report().to_owned())
        }
    };
    let calm = run(&Tape::calm())?;
    let others = calm.record.others.iter().map(|(execution, points)| (*execution, points.len()));
    let points = [(0, calm.record.points.len())].into_iter().chain(others);
    let points = points.flat_map(|(of, count)| (0_u32..).take(count).map(move |nth| (of, nth)));
    let points: Vec<(u32, u32)> = points.collect();
    let answers = [Injection::Alone, Injection::WithNext];
    // Together with the next step: also where there is none, so such a cancel may not be asked for.
    let tapes = points.into_iter().flat_map(|(of, nth)| {
        answers.map(|answer| Tape::calm().with_cancel_of(of, nth, answer).loose())
    });
    let runs = [Ok(calm)].into_iter().chain(tapes.map(|tape| run(&tape)));
    runs.map(|run| judged(folder, &run?)).collect::<Result<Vec<_>, _>>().map(flat)
}

fn flat(runs: Vec<Vec<Simulated>>) -> Vec<Simulated> {
    runs.into_iter().flatten().collect()
}

/// The histories of a run that are judged: that of the workflow that was started first, of those that were canceled, and of
/// the next one in the chain of such a one. The others are as in the run that was not canceled, or like the next one.
fn judged(folder: &Folder, outcome: &Outcome) -> Result<Vec<Simulated>, String> {
    let run = format!("{}, swept, {}", folder.name, outcome.tape);
    let main = outcome.main().ok_or_else(|| format!("{run}: nothing was started"))?;
    let is_canceled =
        |of: &Execution| outcome.record.cancels.iter().any(|cancel| cancel.run_id == of.run_id);
    let is_judged = |of: &&Execution| {
        let mut last_two = chain_up_to(outcome, of).into_iter().rev().take(2);
        of.run_id != main.run_id && last_two.any(is_canceled) && began(&of.history)
    };
    let others = outcome.executions.iter().filter(is_judged);
    let simulated = |of: &Execution| -> Result<Simulated, String> {
        let nth = chain_up_to(outcome, of).len() - 1;
        let name = format!("{run}, {} (run {nth})", of.workflow_id);
        let history = History::new(of.history.clone());
        let history = history.map_err(|error| format!("{name}: {error}"))?;
        Ok(Simulated { name, suite: folder.name, history })
    };
    [main].into_iter().chain(others).map(simulated).collect()
}

/// The runs of a chain up to this one.
fn chain_up_to<'a>(outcome: &'a Outcome, of: &Execution) -> Vec<&'a Execution> {
    let last = outcome.executions.iter().position(|it| it.run_id == of.run_id).unwrap_or_default();
    let is_of_chain = |it: &&Execution| first_run_id(it) == first_run_id(of);
    outcome.executions[..=last].iter().filter(is_of_chain).collect()
}

/// The first run of its chain.
fn first_run_id(of: &Execution) -> &str {
    match of.history.first().map(|event| &event.kind) {
        Some(EventKind::WorkflowExecutionStarted(started)) => &started.first_execution_run_id,
        _ => &of.run_id,
    }
}

/// Whether a worker has taken a task of it. The replayer says nothing of a run whose first task has not come.
fn began(events: &[Arc<Event>]) -> bool {
    events.iter().any(|event| matches!(event.kind, EventKind::WorkflowTaskStarted(_)))
}

/// A scenario with clients that signal, cancel and terminate whenever they like. Always the same ones.
fn played(name: &str) -> Result<Vec<Simulated>, String> {
    let folder = named(name)?;
    let (register, mut script) = read(folder)?;
    script.end = Some(TAKEN_AT);
    let signal = ClientAction::Signal { name: "poke".into(), input: None };
    let mut actions = vec![signal, ClientAction::Cancel, ClientAction::Terminate];
    if name.starts_with("update") {
        actions.push(ClientAction::Update { name: "add".into(), input: None });
    }
    script.steps.clear();
    let calm = scenario(folder, script.clone(), register);
    let scripts = client_scripts(&calm, actions, WITHIN, 4);
    let mut runner = TestRunner::deterministic();
    let mut histories = Vec::new();
    for nth in 1..=SCRIPTS {
        let drawn = scripts.new_tree(&mut runner).map_err(|reason| format!("{name}: {reason}"))?;
        script.steps = drawn.current().into_iter().map(|(at, action)| step(at, &action)).collect();
        histories.extend(simulated(folder, &format!("client {nth}"), &script, register));
    }
    Ok(histories)
}

/// An action as a step of a script.
fn step(at: Duration, action: &ClientAction) -> Step {
    let (action, name) = match action {
        ClientAction::Signal { name, .. } => (Action::Signal, Some(name.to_string())),
        ClientAction::Update { name, .. } => (Action::Update, Some(name.to_string())),
        ClientAction::Terminate => (Action::Terminate, None),
        _ => (Action::Cancel, None),
    };
    let updates = action == Action::Update;
    Step {
        at: Span(at),
        action,
        name,
        input: if updates { vec![1.into()] } else { Vec::new() },
        update_id: updates.then(|| format!("drawn-{}", at.as_millis())),
        reason: Some("drawn".to_owned()),
        ..Step::default()
    }
}

/// What is changed in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The id of an activity.
    ActivityId,
    /// The type of an activity.
    ActivityType,
    /// The id of a timer that fires, where it is started and where it fires.
    TimerId,
}

/// Another id or another type, that no scenario uses.
const OTHER: &str = "another";

/// The history with another id or type in it, once for each change that it has a place for.
///
/// Of several activities one is changed that is well inside the history. A timer is changed where there is no activity,
/// if it fires in a task that is judged: its id is looked at when it fires.
///
/// # Panics
///
/// Panics if the changed events are no history, which no change of an id can cause.
#[must_use]
pub fn changed(history: &History) -> BTreeMap<Change, History> {
    let at = |test: fn(&EventKind) -> bool| -> Vec<usize> {
        let events = history.events().iter().enumerate();
        events.filter(|(_, event)| test(&event.kind)).map(|(index, _)| index).collect()
    };
    let scheduled = at(|kind| matches!(kind, EventKind::ActivityTaskScheduled(_)));
    let judged = at(|kind| matches!(kind, EventKind::WorkflowTaskCompleted(_))).pop().unwrap_or(0);
    let mut fired = at(|kind| matches!(kind, EventKind::TimerFired(_)));
    fired.retain(|index| *index < judged);
    let mut changes = Vec::new();
    if let Some(&index) = scheduled.get(scheduled.len() / 2) {
        changes.extend([(Change::ActivityId, index), (Change::ActivityType, index)]);
    } else if let Some(&index) = fired.first() {
        changes.push((Change::TimerId, index));
    }
    let change = |(change, index): (Change, usize)| {
        let mut events = history.events().to_vec();
        edit(&mut events, change, index);
        let history = History::new(events);
        (change, history.unwrap_or_else(|error| panic!("a changed id broke the events: {error}")))
    };
    changes.into_iter().map(change).collect()
}

fn edit(events: &mut [Arc<Event>], change: Change, index: usize) {
    let mut started = None;
    match (&mut Arc::make_mut(&mut events[index]).kind, change) {
        (EventKind::ActivityTaskScheduled(scheduled), Change::ActivityId) => {
            scheduled.activity_id = OTHER.into();
        }
        (EventKind::ActivityTaskScheduled(scheduled), Change::ActivityType) => {
            scheduled.activity_type = OTHER.into();
        }
        (EventKind::TimerFired(fired), Change::TimerId) => {
            fired.timer_id = OTHER.into();
            started = Some(fired.started_event_id);
        }
        (kind, change) => unreachable!("{change:?} of {}", kind.name()),
    }
    let started = events.iter_mut().find(|event| Some(event.id) == started);
    if let Some(event) = started
        && let EventKind::TimerStarted(timer) = &mut Arc::make_mut(event).kind
    {
        timer.timer_id = OTHER.into();
    }
}
