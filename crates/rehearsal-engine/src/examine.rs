//! What is checked in every run, unless it is switched off.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::sync::Arc;

use rehearsal_activation::{Definition, Trouble, quiet};
use rehearsal_history::{Event, EventId, EventKind, History, SmolStr, Status};
use rehearsal_worker::{Grade, ReplayOptions, replay};

use crate::cause::{Cause, KnownDefect};
use crate::check::Check;
use crate::choice::{Chooser, Tape};
use crate::fake::Fakes;
use crate::finding::{Code, Finding};
use crate::host::identity;
use crate::outcome::{Execution, Outcome};
use crate::outside::too_late;
use crate::record::Record;
use crate::rehearsed::{misread, never_polled, never_succeeded, wants_tokio};
use crate::repeat::{add_unrepeated, judged_alike, repeatable};
use crate::run::Patience;
use crate::scenario::Scenario;
use crate::signals;
use crate::unsettled::{OfUnsettled, set_apart};
use crate::worker_spec::WorkerSpec;

/// How many workflow tasks a history may have so that a cold cache is tried at every one; beyond that it is tried at
/// doubling steps.
pub(crate) const EVERY_TASK_UP_TO: usize = 64;

/// What Go's detector of deadlocks calls workflow code that goes on and never waits; the native API says the same.
const DEADLOCK: &str = "[TMPRL1101]";

/// How often a run was replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replays {
    /// From the start.
    pub from_start: usize,
    /// From a cold cache: at how many workflow tasks,
    pub cold: usize,
    /// of how many there are.
    pub tasks: usize,
    /// How many cosmetic differences there were, from the start.
    pub cosmetic: usize,
}

impl AddAssign for Replays {
    fn add_assign(&mut self, more: Self) {
        let Self { from_start, cold, tasks, cosmetic } = more;
        self.from_start += from_start;
        self.cold += cold;
        self.tasks += tasks;
        self.cosmetic += cosmetic;
    }
}

/// A run with what was found in it.
#[derive(Debug)]
pub struct Examined {
    /// The run; its findings are all that was found.
    pub outcome: Outcome,
    /// How often it was replayed.
    pub replays: Replays,
}

/// Runs a scenario with a tape and checks what must hold in every run: the histories are well formed, they replay from
/// the start and from a cold cache at every workflow task, the run is a function of its choices, and nothing hangs;
/// then what the caller asks for.
#[must_use]
pub fn examine(
    scenario: &Scenario,
    tape: &Tape,
    patience: Patience,
    checks: &[Arc<dyn Check>],
) -> Examined {
    examine_choices(scenario, Box::new(tape.clone()), patience, checks)
}

/// The same for answers that are given as the run goes on. It is made again from the tape that it leaves, and what one of
/// the two runs finds is found, whether the other finds it or not.
#[must_use]
pub fn examine_choices(
    scenario: &Scenario,
    chooser: Box<dyn Chooser>,
    patience: Patience,
    checks: &[Arc<dyn Check>],
) -> Examined {
    let mut outcome = scenario.run_and_replay(chooser, patience);
    let mut findings = went_wrong(scenario, &mut outcome);
    let mut again = scenario.run(Box::new(outcome.tape.clone()), patience);
    let found_again = went_wrong(scenario, &mut again);
    let unlike = repeatable(&outcome, &again);
    findings.extend(attempts_allowed(&outcome));
    findings.extend(cancels_recorded(&outcome));
    let mut replays = outcome.record.replays;
    let specs = scenario.specs();
    for execution in &outcome.executions {
        let of = |finding: Finding| finding.of(&execution.run_id, &outcome);
        findings.extend(well_formed(execution).map(of));
        // What was recorded, and broke when it was taken over, differs from the start as well.
        if scenario.origin.is_none() || !findings.iter().any(is_nondeterminism) {
            findings.extend(replayed(scenario, &specs, execution, &mut replays).map(of));
        }
    }
    let alike = unlike.is_none();
    // Code that does not replay does not repeat itself either, nor does what waits for the world outside; what was found
    // says more of it.
    let explains = |code| matches!(code, Code::Nondeterminism | Code::ForeignActivity);
    if !findings.iter().any(|finding| explains(finding.code)) {
        findings.extend(unlike);
        add_unrepeated(
            &mut findings,
            found_again,
            "found when the run was made again, and not before",
        );
    }
    let judged = |outcome: &Outcome| -> Vec<Finding> {
        checks.iter().flat_map(|check| checked(check.as_ref(), outcome)).collect()
    };
    let (once, twice) = (judged(&outcome), judged(&again));
    if alike {
        findings.extend(judged_alike(once, &twice));
    } else {
        findings.extend(once);
        add_unrepeated(&mut findings, twice, "found when the run was made again, and not before");
    }
    let accepted = |finding: &Finding| {
        let defect = finding.defect()?;
        scenario.accepted.get(&defect).map(|reason| (defect, reason.clone()))
    };
    outcome.record.accepted = findings.iter().filter_map(accepted).collect();
    findings.retain(|finding| accepted(finding).is_none());
    if scenario.of_unsettled == OfUnsettled::Apart {
        let silent = outcome.record.silent + again.record.silent > 0;
        outcome.record.unsettled = set_apart(&mut findings, silent);
    }
    outcome.findings = findings;
    scenario.assert_no_bug(&outcome);
    Examined { outcome, replays }
}

/// What is wrong with an execution that is about to be deleted: its form, and its replay from the start.
pub(crate) fn examine_closed(scenario: &Scenario, execution: &Execution) -> Vec<Finding> {
    let mut findings: Vec<Finding> = well_formed(execution).into_iter().collect();
    let specs = scenario.specs();
    if let Some(definition) = scenario.definition(code(&specs, execution)) {
        findings
            .extend(differs(scenario, execution, definition.as_ref(), None).err().map(|it| *it));
    }
    findings
}

fn is_nondeterminism(finding: &Finding) -> bool {
    finding.code == Code::Nondeterminism
}

/// What a check finds. One that panics, as an `assert!` in it does, is a finding like any other.
fn checked(check: &dyn Check, outcome: &Outcome) -> Vec<Finding> {
    quiet::catch(|| check.check(outcome)).unwrap_or_else(|panic| {
        let said = panic.placed();
        let mut lines = said.lines();
        let headline = format!("a check panicked: {}", lines.next().unwrap_or_default());
        let finding = Finding::new(Code::Custom, headline);
        vec![lines.fold(finding, Finding::with_detail)]
    })
}

/// What a run shows to be wrong by itself, before anything is compared or replayed.
fn went_wrong(scenario: &Scenario, outcome: &mut Outcome) -> Vec<Finding> {
    let mut findings = core::mem::take(&mut outcome.findings);
    // Why nothing goes on says more than that nothing does.
    findings.splice(0..0, signals::unreadable(scenario, outcome));
    findings.splice(0..0, signals::left_behind(scenario, outcome));
    findings.splice(0..0, misread(scenario, outcome));
    findings.splice(0..0, too_late(scenario, outcome));
    findings.splice(0..0, never_succeeded(scenario, outcome));
    // A run that may not stay open says what it waits for, and that nobody polls the queue.
    if !findings.iter().any(|finding| finding.code == Code::Hang) {
        findings.splice(0..0, never_polled(scenario, outcome));
    }
    let troubles = troubles(outcome);
    // Why it waits for ever says more than that it does.
    if troubles.iter().any(|finding| finding.defect() == Some(KnownDefect::EarlyCanceledChild)) {
        findings.retain(|finding| finding.code != Code::Hang);
    }
    findings.extend(troubles.into_iter().map(|finding| deployed(scenario, finding)));
    findings
}

/// Workflow code that got something wrong, each kind once for each run.
fn troubles(outcome: &Outcome) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for at in &outcome.record.troubles {
        let code = match &at.trouble {
            Trouble::Panicked { .. } => Code::Panicked,
            Trouble::ForeignFuture { .. } => Code::ForeignFuture,
            Trouble::Nondeterminism { .. } => Code::Nondeterminism,
            Trouble::NotSimulated { .. } => Code::NotSimulated,
            Trouble::BadInput { .. } | Trouble::Unregistered { .. } => Code::Setup,
            Trouble::BadSignal { .. } => Code::SignalUnreadable,
            Trouble::QueryMeddled { .. } => Code::QueryMeddled,
            Trouble::TaskFailed { .. } => Code::StuckTask,
            Trouble::SdkDefect { .. } => Code::SdkDefect,
            Trouble::Endless { .. } => Code::Limit,
            _ => Code::Custom,
        };
        // A panic may have more lines, and the last one says where it was.
        let said = at.trouble.to_string();
        let mut lines = said.lines();
        let mut finding = Finding::new(code, lines.next().unwrap_or_default());
        finding.grade = (code == Code::Nondeterminism).then_some(Grade::BreaksProduction);
        let event = at.event.filter(|_| outcome.is_main(&at.run_id));
        finding = finding.with_events(event.map(|id| id.0));
        finding.details.extend(lines.map(ToOwned::to_owned));
        finding = cause(&at.trouble).into_iter().fold(finding, Finding::with_cause);
        let of = outcome.execution(&at.run_id);
        if code == Code::ForeignFuture
            && let Some(Execution { workflow_type, workflow_id, .. }) = of
        {
            finding = finding.with_detail(format!("in workflow {workflow_type} of {workflow_id}"));
        }
        let finding = details(finding, &at.trouble);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

/// If workers have different code, that is what is behind a replay that differs.
fn deployed(scenario: &Scenario, finding: Finding) -> Finding {
    let other = |worker: &WorkerSpec| !worker.code.is_empty();
    let deploys = scenario.has_deployment()
        || scenario.origin.is_some()
        || scenario.workers.iter().any(other);
    match finding.code {
        Code::Nondeterminism if deploys => finding.with_cause(Cause::OtherCode),
        _ => finding,
    }
}

/// What is behind it, where the code alone does not tell.
fn cause(trouble: &Trouble) -> Option<Cause> {
    match trouble {
        Trouble::SdkDefect { id, .. } => KnownDefect::of(id).map(Cause::Defect),
        Trouble::BadInput { .. } => Some(Cause::BadArguments),
        Trouble::Panicked { message } if wants_tokio(message) => Some(Cause::TokioInWorkflow),
        Trouble::Panicked { message } if message.contains(DEADLOCK) => Some(Cause::Spins),
        _ => None,
    }
}

fn details(finding: Finding, trouble: &Trouble) -> Finding {
    match trouble {
        Trouble::ForeignFuture { pending, last_completed, woken_at, seen_at } => {
            let pending = if pending.is_empty() {
                "nothing of its own".to_owned()
            } else {
                pending.join(", ")
            };
            let finding = finding.with_detail(format!("it also waits for {pending}"));
            let finding = last_completed.iter().fold(finding, |finding, last| {
                finding.with_detail(format!("the last operation that ended: {last}"))
            });
            let finding = woken_at.iter().fold(finding, |finding, place| {
                finding.with_detail(format!("it was woken from outside: {place}"))
            });
            seen_at.iter().fold(finding, |finding, place| {
                finding.with_detail(format!("workflow code was last seen at {place}"))
            })
        }
        Trouble::BadSignal { .. } => finding.with_detail(
            "the SDK fails the workflow task for it in every attempt, so the workflow is stuck",
        ),
        _ => finding,
    }
}

fn well_formed(execution: &Execution) -> Option<Finding> {
    let checked = History::new(execution.history.clone())
        .map_err(|error| error.to_string())
        .and_then(|history| history.check_well_formed().map_err(|error| error.to_string()));
    checked.err().map(|error| {
        Finding::new(
            Code::IllFormed,
            format!("the history of {} is not well formed", execution.workflow_id),
        )
        .with_detail(error)
    })
}

/// Every cancel request that was accepted for an open run is in its history, once it is closed (C-1, C-12).
fn cancels_recorded(outcome: &Outcome) -> Option<Finding> {
    let is_request =
        |event: &Arc<Event>| matches!(event.kind, EventKind::WorkflowExecutionCancelRequested(_));
    let cancels = outcome.record.cancels.iter();
    let canceled: BTreeSet<&str> = cancels.map(|cancel| &*cancel.run_id).collect();
    outcome.executions.iter().find_map(|execution| {
        let accepted = canceled.contains(&*execution.run_id);
        let closed = execution.status != Status::Running;
        let lost = accepted && closed && !execution.history.iter().any(is_request);
        lost.then(|| {
            let headline = format!(
                "the cancel of {} was accepted, and is not in its history",
                execution.workflow_id
            );
            Finding::new(Code::CancelLost, headline)
        })
    })
}

/// No activity is given more attempts than its retry policy allows (T-6).
fn attempts_allowed(outcome: &Outcome) -> Option<Finding> {
    let mut made: BTreeMap<(&str, EventId), usize> = BTreeMap::new();
    for call in &outcome.record.calls {
        *made.entry((&call.run_id, call.scheduled)).or_default() += 1;
    }
    outcome.executions.iter().find_map(|execution| {
        execution.history.iter().find_map(|event| {
            let EventKind::ActivityTaskScheduled(scheduled) = &event.kind else { return None };
            let maximum = scheduled.retry_policy.as_ref()?.maximum_attempts;
            let attempts = made.get(&(&*execution.run_id, event.id)).copied().unwrap_or(0);
            let too_many = maximum > 0 && attempts > usize::try_from(maximum).unwrap_or(usize::MAX);
            too_many.then(|| {
                let name = &scheduled.activity_type.name;
                Finding::new(
                    Code::IllFormed,
                    format!("{name} was given {attempts} attempts, {maximum} are allowed"),
                )
                .with_events([event.id.0])
                .of(&execution.run_id, outcome)
            })
        })
    })
}

/// The code of the worker that completed the last workflow task.
fn code<'a>(specs: &'a [WorkerSpec], execution: &'a Execution) -> &'a str {
    match completed(execution).next_back() {
        Some(by) => code_of(specs, execution, by),
        None => &execution.workflow_type,
    }
}

/// The workers that completed the workflow tasks, in order.
fn completed(execution: &Execution) -> impl DoubleEndedIterator<Item = &SmolStr> {
    execution.history.iter().filter_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => Some(&completed.identity),
        _ => None,
    })
}

/// The code that a worker has for an execution.
fn code_of<'a>(specs: &'a [WorkerSpec], execution: &'a Execution, worker: &str) -> &'a str {
    let workflow_type = execution.workflow_type.as_str();
    let mut workers = (0..).zip(specs);
    let of = workers.find(|(index, _)| identity(*index) == worker);
    of.map_or(workflow_type, |(_, spec)| spec.code_of(workflow_type))
}

/// Replays from the start, and from a cold cache at every workflow task.
fn replayed(
    scenario: &Scenario,
    specs: &[WorkerSpec],
    execution: &Execution,
    replays: &mut Replays,
) -> Option<Finding> {
    let code = code(specs, execution);
    let definition = scenario.definition(code)?;
    let tasks = completed(execution).count();
    // What was recorded elsewhere was not live here.
    let recorded = scenario.recorded_tasks(&execution.run_id).min(tasks);
    replays.tasks += tasks - recorded;
    let _silence = scenario.listen(None);
    // A task that other code has completed was not live for this code.
    let own: Vec<bool> =
        completed(execution).map(|by| code_of(specs, execution, by) == code).collect();
    let cold = (1..=tasks).filter(|&task| task <= EVERY_TASK_UP_TO || task.is_power_of_two());
    let cold = cold.filter(|&task| task > recorded && own.get(task - 1) == Some(&true));
    for cold_at in core::iter::once(None).chain(cold.map(Some)) {
        let differences = match differs(scenario, execution, definition.as_ref(), cold_at) {
            Ok(cosmetic) => cosmetic,
            Err(finding) => return Some(*finding),
        };
        match cold_at {
            None => {
                replays.from_start += 1;
                replays.cosmetic += differences;
            }
            Some(_) => replays.cold += 1,
        }
    }
    None
}

/// Replays a history, and says how many cosmetic differences there are.
///
/// # Errors
///
/// What differs otherwise.
fn differs(
    scenario: &Scenario,
    execution: &Execution,
    definition: &dyn Definition,
    cold_at: Option<usize>,
) -> Result<usize, Box<Finding>> {
    let options = ReplayOptions { profile: scenario.profile, cold_at };
    let differences = match replay(&execution.history, definition, options) {
        Ok(replayed) => replayed.differences,
        Err(mismatch) => vec![*mismatch],
    };
    let differs = differences.iter().find(|difference| difference.grade != Grade::Cosmetic);
    let Some(mismatch) = differs else { return Ok(differences.len()) };
    let whence = cold_at.map_or_else(
        || "from the start".to_owned(),
        |task| format!("from a cold cache at workflow task {task}"),
    );
    let code = match mismatch.trouble {
        Some(Trouble::SdkDefect { .. }) => Code::SdkDefect,
        _ => Code::Nondeterminism,
    };
    let finding =
        Finding::new(code, format!("{} does not replay {whence}", execution.workflow_type));
    let mut finding = finding.with_events(mismatch.at.map(|id| id.0));
    finding.grade = (code == Code::Nondeterminism).then_some(mismatch.grade);
    let finding = finding.about(format!("{} {}", mismatch.recorded, mismatch.attempted));
    let cause = mismatch.trouble.as_ref().and_then(cause);
    let finding = cause.into_iter().fold(finding, Finding::with_cause);
    let finding = deployed(scenario, finding);
    Err(Box::new(mismatch.to_string().lines().fold(finding, Finding::with_detail)))
}

/// Replays a recorded run with the code of the scenario, where it cannot be gone on from. What differs is a finding.
#[must_use]
pub fn examine_recorded(scenario: &Scenario, history: &History) -> Examined {
    let started = history.started();
    let execution = Execution {
        workflow_id: started.workflow_id.clone(),
        run_id: started.original_execution_run_id.clone(),
        workflow_type: started.workflow_type.name.clone(),
        history: history.events().to_vec(),
        status: history.status(),
    };
    let mut replays = Replays { from_start: 1, ..Replays::default() };
    let mut findings = Vec::new();
    if let Some(definition) = scenario.definition(&execution.workflow_type) {
        let _silence = scenario.listen(None);
        match differs(scenario, &execution, definition.as_ref(), None) {
            Ok(cosmetic) => replays.cosmetic = cosmetic,
            Err(finding) => findings.push(finding.with_cause(Cause::OtherCode)),
        }
    }
    let began = history.events().first().map(|event| event.time).unwrap_or_default();
    let outcome = Outcome {
        executions: vec![execution],
        record: Record { began, ..Record::default() },
        findings,
        tape: Tape::calm(),
        patience: Patience::MayStayOpen,
        dialect: scenario.dialect,
        fakes: Fakes::default(),
    };
    Examined { outcome, replays }
}
