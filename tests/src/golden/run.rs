//! Rehearses one scenario: its port in simulation, with the client and the workers of its script.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use rehearsal::{
    ClientError, Handle, Scenario, StartOptions, Tape, UpdateHandle, WorkerSpec, Workflow, World,
};
use rehearsal_history::{History, Payload, Payloads, Priority, RetryPolicy};
use rehearsal_service::ServiceConfig;

use super::queries::Asking;
use super::updates::{SLICE, Waiting};
use super::{Action, Folder, Place, Register, Retry, Script, Span, Step, Worker};
use super::{look, outside};

/// How long the recorder waited after everything was done before it took the histories.
const AFTERWARDS: Duration = Duration::from_millis(1200);

/// How long the client of the recorder waits for an answer unless the script says something else.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long after a whole second of the clock the recorder started workflows that run by a schedule.
const AFTER_A_SECOND: Duration = Duration::from_millis(100);

/// What a simulated scenario came to.
#[derive(Debug, Clone, Default)]
pub struct Simulated {
    /// The histories by the names of the files that they would be recorded in.
    pub histories: BTreeMap<String, History>,
    /// What is not as the script says, in lines for people.
    pub problems: Vec<String>,
}

/// Runs the port of a scenario as its script says.
#[must_use]
pub fn simulate(folder: &Folder, script: &Script, register: Register) -> Simulated {
    simulate_in(folder, script, register, Scenario::world_of)
}

/// The same in a world that `world` makes.
#[must_use]
pub fn simulate_in(
    folder: &Folder,
    script: &Script,
    register: Register,
    world: impl FnOnce(&Scenario, Tape) -> World,
) -> Simulated {
    let mut run = Run::new(folder.sdk, folder.name, script);
    match tape(folder) {
        Ok(tape) => {
            let mut world = world(&register(run.scenario()), tape);
            run.play(&mut world);
            run.conclude(world)
        }
        Err(problem) => Simulated { problems: vec![problem], ..Simulated::default() },
    }
}

/// How it went where the server was free to choose, in which order it took what was due at the same time; and what struck,
/// where a fault stands for what the recorded code or the recorder did. It is the calm run unless the scenario has a file
/// that says which.
fn tape(folder: &Folder) -> Result<Tape, String> {
    match fs::read_to_string(folder.file("tape")) {
        Ok(text) => text.trim().parse().map_err(|error| format!("tape: {error}")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Tape::calm()),
        Err(error) => Err(format!("tape: {error}")),
    }
}

/// The same as a scenario with a client script, for runs in which something strikes. What the client gets then, and how
/// the workflow ends, is not compared.
#[must_use]
pub fn scenario(folder: &Folder, script: Script, register: Register) -> Scenario {
    let (sdk, name) = (folder.sdk, folder.name);
    let scenario = Run::new(sdk, name, &script).scenario();
    register(scenario).client(move |world| Run::new(sdk, name, &script).play(world))
}

pub(super) struct Run<'a> {
    pub(super) sdk: &'a str,
    name: &'a str,
    pub(super) script: &'a Script,
    pub(super) problems: Vec<String>,
    /// What the client started, the main workflow first.
    handles: Vec<Handle>,
    /// The updates that were sent, by their ids.
    pub(super) updates: BTreeMap<String, UpdateHandle>,
    /// Those that the client waits for.
    pub(super) waiting: Vec<Waiting>,
    /// The queries that the client waits for.
    pub(super) asking: Vec<Asking>,
    /// When the main workflow was started.
    begin: Duration,
}

impl<'a> Run<'a> {
    fn new(sdk: &'a str, name: &'a str, script: &'a Script) -> Self {
        Self {
            sdk,
            name,
            script,
            problems: Vec::new(),
            handles: Vec::new(),
            updates: BTreeMap::new(),
            waiting: Vec::new(),
            asking: Vec::new(),
            begin: Duration::ZERO,
        }
    }

    /// The scenario without its code.
    fn scenario(&self) -> Scenario {
        // Law 6: at the end of every transaction, the history gives the state of the run.
        let config = ServiceConfig { rebuilds: true, ..ServiceConfig::default() };
        let scenario = Scenario::new(self.name).service_config(config);
        let mut scenario = look::namespace(scenario);
        for worker in &self.script.workers {
            scenario = scenario.worker(self.worker(worker));
        }
        for hold in &self.script.holds {
            let of = hold.workflow_id.as_ref().unwrap_or(&self.script.workflow_id);
            scenario = scenario.hold_of(of, hold.task, hold.takes.0);
        }
        // The recorder of Rust speaks to the bare service.
        if self.sdk == "rust" { scenario.bare_client() } else { scenario }
    }

    fn worker(&self, worker: &Worker) -> WorkerSpec {
        // Both count from the start of the main workflow; those that are there before it are so from the beginning.
        let begin = self.begins();
        let from = if worker.from.0.is_zero() { Duration::ZERO } else { begin + worker.from.0 };
        let mut spec = WorkerSpec::new(self.queue(&worker.queue)).from(from);
        if let Some(until) = worker.until {
            spec = spec.until(begin + until.0);
        }
        if worker.crash {
            spec = spec.crash();
        }
        if worker.exits {
            spec = spec.exits();
        }
        if !worker.workflows {
            spec = spec.no_workflows();
        }
        if !worker.activities {
            spec = spec.no_activities();
        }
        if let Some(cache) = worker.cache {
            spec = spec.with_cache(cache);
        }
        if let Some(slots) = worker.activity_slots {
            spec = spec.with_activity_slots(slots);
        }
        if let Some(timeout) = worker.stop_timeout {
            spec = spec.with_stop_timeout(timeout.0);
        }
        if let Some(code) = &worker.code {
            let types = self.script.workflows.iter();
            spec = types.fold(spec, |spec, of| {
                let code = Workflow::<(), ()>::named(format!("{of}{code}"));
                spec.with_code(Workflow::named(of.as_str()), code)
            });
        }
        spec
    }

    /// What a queue of the script is called in histories.
    fn queue(&self, name: &str) -> String {
        if name == "main" { format!("{}-main", self.name) } else { name.to_owned() }
    }

    /// When the main workflow is started: schedules count in whole seconds and minutes. A world begins at a full minute.
    fn begins(&self) -> Duration {
        match self.script.clock {
            Some(clock) => clock.0,
            None if self.script.cron.is_some() => AFTER_A_SECOND,
            None => Duration::ZERO,
        }
    }

    /// Starts the main workflow, takes each step in its time, and waits for the end.
    fn play(&mut self, world: &mut World) {
        let script = self.script;
        world.advance(self.begins());
        let begin = world.elapsed();
        self.begin = begin;
        match world.start_workflow(self.main_options()) {
            Ok(handle) => self.handles.push(handle),
            Err(error) => {
                return self.problem(format!("the workflow could not be started: {error}"));
            }
        }
        for (index, step) in script.steps.iter().enumerate() {
            self.pass(world, begin + step.at.0);
            self.take(world, step, index);
        }
        if let Some(end) = script.end {
            self.pass(world, begin + end.0);
            self.pass_until_answered(world);
        } else {
            self.pass_until_answered(world);
            for handle in &self.handles {
                world.wait(handle);
            }
            // The recorder waits for those of which it says how they end.
            for file in script.expect.runs.keys() {
                let id = file.trim_start_matches("history.").trim_end_matches(".json");
                if let Some(handle) = world.workflow(id) {
                    world.wait(&handle);
                }
            }
            world.advance(AFTERWARDS);
        }
    }

    /// The recorder waits for all answers.
    fn pass_until_answered(&mut self, world: &mut World) {
        while !self.waits_for_nothing() {
            self.pass(world, world.elapsed() + SLICE);
        }
    }

    fn main_options(&self) -> StartOptions {
        let script = self.script;
        let mut options = StartOptions::new(&script.workflow, &script.workflow_id);
        options.input = payloads(&script.input);
        options.task_queue = self.queue("main").into();
        options.execution_timeout = script.execution_timeout.map(|span| span.0);
        options.run_timeout = script.run_timeout.map(|span| span.0);
        options.task_timeout = script.task_timeout.map(|span| span.0);
        options.start_delay = script.start_delay.map(|span| span.0);
        options.retry_policy = script.retry.as_ref().map(retry_policy);
        options.memo = look::memo(&script.memo);
        options.search_attributes = look::search_attributes(&script.search_attributes);
        options.cron_schedule = script.cron.as_deref().map(Into::into);
        options.priority = script.priority.as_ref().map(priority);
        options.summary = script.static_summary.as_deref().map(Into::into);
        options.details = script.static_details.as_deref().map(Into::into);
        options.id_reuse_policy = script.id_reuse_policy.map(Into::into).unwrap_or_default();
        options.id_conflict_policy = script.id_conflict_policy.map(Into::into).unwrap_or_default();
        options
    }

    /// Does what a step says and looks at what the client gets.
    fn take(&mut self, world: &mut World, step: &Step, index: usize) {
        let id = self.script.target(step);
        let run = self.run_id(step);
        let run = run.as_deref();
        let reason = step.reason.as_deref().unwrap_or_default();
        let answer = match step.action {
            Action::Cancel => world.cancel_workflow(id, run, reason),
            Action::Terminate => world.terminate_workflow(id, run, reason),
            Action::Signal => world.signal_workflow(
                id,
                run,
                step.name.as_deref().unwrap_or_default(),
                self.signal_input(&step.input).as_ref(),
            ),
            Action::Start => self.start_other(world, step),
            Action::SignalWithStart => {
                let options = self.options(step, &step.workflow_input);
                let name = step.name.as_deref().unwrap_or_default();
                let input = self.signal_input(&step.input);
                world.signal_with_start_workflow(options, name, input.as_ref()).map(drop)
            }
            Action::Update | Action::UpdateResult | Action::UpdateWithStart => {
                return self.update(step, index);
            }
            Action::Describe => {
                let seen = look::describe(world, id, run);
                self.check_seen(step, seen)
            }
            Action::List => {
                let seen = look::list(world, step.query.as_deref().unwrap_or_default());
                self.check_seen(step, seen)
            }
            Action::CompleteActivity
            | Action::FailActivity
            | Action::CancelActivity
            | Action::HeartbeatActivity => match outside::tell(self.sdk, world, step, id, run) {
                Ok(said) => {
                    let problem = said.problem(self.sdk, step);
                    return problem.into_iter().for_each(|line| self.problem(line));
                }
                Err(error) => Err(error),
            },
            Action::Query => return self.query(step, index),
        };
        self.check_answer(step, &answer);
    }

    /// When a step is taken.
    pub(super) fn taken_at(&self, step: &Step) -> Duration {
        self.begin + step.at.0
    }

    /// When the client gives up a step for which it waits.
    pub(super) fn deadline(&self, step: &Step) -> Duration {
        self.taken_at(step) + step.timeout.map_or(PATIENCE, |span| span.0)
    }

    /// The run that a step names, if it names one.
    pub(super) fn run_id(&self, step: &Step) -> Option<String> {
        let first = || self.handles.first().map(|handle| handle.run_id.to_string());
        let named = step.run_id.as_deref()?;
        if named == "first" { first() } else { Some(named.to_owned()) }
    }

    /// The argument of a signal: a Go client sends one always, and nothing as `binary/null`.
    fn signal_input(&self, arguments: &[serde_json::Value]) -> Option<Payloads> {
        let nothing = || (self.sdk == "go").then(|| Payloads::one(Payload::null()));
        payloads(arguments).or_else(nothing)
    }

    fn start_other(&mut self, world: &mut World, step: &Step) -> Result<(), ClientError> {
        self.handles.push(world.start_workflow(self.options(step, &step.input))?);
        Ok(())
    }

    /// How a step starts a workflow.
    pub(super) fn options(&self, step: &Step, input: &[serde_json::Value]) -> StartOptions {
        let workflow = step.workflow.as_deref().unwrap_or_default();
        let mut options = StartOptions::new(workflow, step.id.as_deref().unwrap_or_default());
        options.input = payloads(input);
        options.task_queue = self.queue(step.queue.as_deref().unwrap_or("main")).into();
        options.memo = look::memo(&step.memo);
        options.search_attributes = look::search_attributes(&step.search_attributes);
        options.execution_timeout = step.execution_timeout.map(|span| span.0);
        options.run_timeout = step.run_timeout.map(|span| span.0);
        options.task_timeout = step.task_timeout.map(|span| span.0);
        options.start_delay = step.start_delay.map(|span| span.0);
        options.retry_policy = step.retry.as_ref().map(retry_policy);
        options.cron_schedule = step.cron.as_deref().map(Into::into);
        options.priority = step.priority.as_ref().map(priority);
        options.summary = step.static_summary.as_deref().map(Into::into);
        options.details = step.static_details.as_deref().map(Into::into);
        options.id_reuse_policy = step.id_reuse_policy.map(Into::into).unwrap_or_default();
        options.id_conflict_policy = step.id_conflict_policy.map(Into::into).unwrap_or_default();
        options
    }

    pub(super) fn problem(&mut self, line: String) {
        self.problems.push(line);
    }
}

/// A step, as a problem names it.
pub(super) fn title(step: &Step) -> String {
    format!("{} at {} ms", step.action.name(), step.at.0.as_millis())
}

/// Arguments as payloads, one each, as SDKs write them; none if there are none.
pub(super) fn payloads(arguments: &[serde_json::Value]) -> Option<Payloads> {
    let payloads = arguments.iter().map(|argument| {
        if argument.is_null() { Payload::null() } else { Payload::json(argument.to_string()) }
    });
    (!arguments.is_empty()).then(|| payloads.collect())
}

fn priority(place: &Place) -> Priority {
    Priority {
        priority_key: place.key,
        fairness_key: place.fairness_key.as_str().into(),
        fairness_weight: place.fairness_weight,
        ..Priority::default()
    }
}

fn retry_policy(retry: &Retry) -> RetryPolicy {
    let millis = |span: &Span| span.0;
    RetryPolicy {
        initial_interval: retry.initial_interval.as_ref().map(millis),
        backoff_coefficient: retry.backoff_coefficient.unwrap_or_default(),
        maximum_interval: retry.maximum_interval.as_ref().map(millis),
        maximum_attempts: retry.maximum_attempts.unwrap_or_default(),
        non_retryable_error_types: retry.non_retryable_error_types.iter().map(Into::into).collect(),
        ..RetryPolicy::default()
    }
}
