//! One pass over one run: what a worker with the run in its cache knows of it, and a replayer of its history.
//!
//! For each task, in turn: [`activate`](Session::activate), the instance's answer, [`answer`](Session::answer), the last
//! two again as long as there is more to be told, and then [`judge`](Session::judge) for a recorded task, or
//! [`completes`](Session::completes) for a live one.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{
    Activation, Job, ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, SmolStr, Timestamp};

use crate::core::{Fault, Machines};
use crate::describe;
use crate::go::{self, Operations, Sdk};
use crate::matcher::{self, Difference, Ends, Strictness};
use crate::mismatch::{Grade, Mismatch};
use crate::profile::Profile;
use crate::slice::Task;
use crate::told::Misplaced;

/// How many lines of what agreed a report repeats.
const AGREED_LINES: usize = 5;

/// What is known of a run so far.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    workflow_id: SmolStr,
    run_id: SmolStr,
    rules: Rules,
    /// How many tasks were activated.
    tasks: usize,
    /// What was asked for beyond what is recorded, for each such command that core still keeps.
    held: Vec<Mismatch>,
    /// The last recorded commands that were asked for again.
    agreed: VecDeque<Arc<Event>>,
}

/// The rules of a profile, and what they know of the run.
#[derive(Debug, Clone)]
enum Rules {
    Go(Box<GoRules>),
    Core(Box<Machines>),
}

#[derive(Debug, Clone, Default)]
struct GoRules {
    operations: Operations,
    sdk: Sdk,
    /// How the history ends that is replayed.
    ends: Ends,
}

/// What comes next in a task.
pub(crate) enum Turn {
    /// The instance is to be activated, and to be answered with [`Session::answer`].
    Activate(Activation),
    /// There is nothing more to be told: this is the task's answer.
    Answered(Vec<ServerCommand>),
}

/// What breaks production in a task, and what fails the task for it.
pub(crate) struct Broken {
    pub(crate) mismatch: Box<Mismatch>,
    pub(crate) failure: WorkerTaskFailure,
}

/// What workflow code asks for and cannot get, and what fails the task for it.
pub(crate) struct Refused {
    pub(crate) trouble: Trouble,
    pub(crate) failure: WorkerTaskFailure,
}

/// Why a task cannot go on.
pub(crate) enum Halt {
    Broken(Broken),
    Refused(Refused),
}

/// What judging a recorded task gave.
pub(crate) struct Judgment {
    /// What differs, but does not break production.
    pub(crate) mild: Vec<Mismatch>,
    /// What breaks production.
    pub(crate) broken: Option<Box<Halt>>,
    /// Whether the SDK stops here: the workflow closed earlier than recorded.
    pub(crate) over: bool,
}

impl Session {
    pub(crate) fn new(profile: Profile, workflow_id: SmolStr, run_id: SmolStr) -> Self {
        let rules = match profile {
            Profile::Go => Rules::Go(Box::default()),
            Profile::Core => Rules::Core(Box::default()),
        };
        Self { workflow_id, run_id, rules, tasks: 0, held: Vec::new(), agreed: VecDeque::new() }
    }

    /// The same for a history that ends so.
    pub(crate) fn ending(mut self, ends: Ends) -> Self {
        match &mut self.rules {
            Rules::Go(rules) => rules.ends = ends,
            Rules::Core(_) => {}
        }
        self
    }

    /// How many tasks were activated so far.
    pub(crate) const fn tasks(&self) -> usize {
        self.tasks
    }

    /// Begins a task: what the instance is told, or the event that does not fit what workflow code did before.
    ///
    /// With core nothing may be left to be told, and then there is no activation (`incoming_wft`).
    pub(crate) fn activate(&mut self, task: &Task, replaying: bool) -> Result<Turn, Box<Halt>> {
        self.tasks += 1;
        match &mut self.rules {
            Rules::Go(rules) => {
                let mut jobs = Vec::with_capacity(task.events.len());
                for event in &task.events {
                    match rules.operations.job(&self.workflow_id, &self.run_id, event) {
                        Ok(job) => jobs.extend(job),
                        Err(misplaced) => {
                            let mismatch = Box::new(self.misplaced(event, misplaced));
                            return Err(self.broken(task, mismatch));
                        }
                    }
                }
                Ok(Turn::Activate(self.activation(task, task.time, replaying, jobs)))
            }
            Rules::Core(machines) => {
                machines.begin(task);
                for event in &task.events {
                    if let Err(fault) = machines.apply(&self.workflow_id, &self.run_id, event) {
                        return Err(self.faulted(event, &fault));
                    }
                }
                self.turn(task, replaying)
            }
        }
    }

    /// Takes what the instance asks for: there is more to be told in the same task, or this is all.
    pub(crate) fn answer(
        &mut self,
        task: &Task,
        replaying: bool,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Turn, Box<Halt>> {
        match &mut self.rules {
            Rules::Go(rules) => {
                if !replaying && commands.contains(&WorkflowCommand::SelectorReceived) {
                    rules.sdk.selector_received();
                }
                match rules.operations.send(task.started, commands) {
                    Ok(commands) => Ok(Turn::Answered(commands)),
                    Err(refusal) => {
                        let (cause, failure) = go::refusal_failure(&refusal);
                        let failure = WorkerTaskFailure { cause, failure };
                        Err(Box::new(Halt::Refused(Refused { trouble: refusal.into(), failure })))
                    }
                }
            }
            Rules::Core(machines) => {
                machines
                    .answer(task.completed.is_some(), commands)
                    .map_err(|fault| refused(&fault))?;
                self.turn(task, replaying)
            }
        }
    }

    /// What is next in a task of core.
    fn turn(&mut self, task: &Task, replaying: bool) -> Result<Turn, Box<Halt>> {
        let Rules::Core(machines) = &mut self.rules else {
            unreachable!("only core tells more than once in a task")
        };
        let jobs = machines.take_jobs().map_err(|fault| refused(&fault))?;
        if jobs.is_empty() {
            return Ok(Turn::Answered(machines.commands()));
        }
        let time = machines.time();
        Ok(Turn::Activate(self.activation(task, time, replaying, jobs)))
    }

    fn activation(
        &self,
        task: &Task,
        time: Timestamp,
        replaying: bool,
        jobs: Vec<Job>,
    ) -> Activation {
        Activation { run_id: self.run_id.clone(), time, replaying, started: task.started, jobs }
    }

    /// Compares what is attempted with what a recorded task holds.
    pub(crate) fn judge(&mut self, task: &Task, attempted: &[ServerCommand]) -> Judgment {
        let (strictness, run_timeout) = match &mut self.rules {
            Rules::Go(rules) => {
                if let Some(completed) = task.completion() {
                    rules.sdk.replayed(completed);
                }
                (Strictness::Go(rules.ends), rules.operations.run_timeout)
            }
            Rules::Core(machines) => {
                let activities = machines.compares_activities();
                (Strictness::Core { activities }, machines.run_timeout)
            }
        };
        let comparison = matcher::compare(strictness, &task.commands, attempted, run_timeout);
        let over = matches!(strictness, Strictness::Go(_))
            && matcher::early_close(&task.commands, attempted).is_some();
        let mut judgment = Judgment { mild: Vec::new(), broken: None, over };
        let held = self.held.len();
        let mut differences = comparison.differences.into_iter().peekable();
        for index in 0..task.commands.len().max(attempted.len()) {
            let agrees = differences.peek().is_none_or(|difference| difference.index != index);
            while let Some(difference) = differences.next_if(|difference| difference.index == index)
            {
                let mismatch = self.mismatch(difference);
                if mismatch.grade == Grade::BreaksProduction {
                    let trouble =
                        comparison.not_simulated.map(|what| Trouble::NotSimulated { what });
                    let mismatch = Box::new(Mismatch { trouble, ..mismatch });
                    judgment.broken = Some(self.broken_at(task, index, mismatch));
                    return judgment;
                }
                if !mismatch.is_extra() {
                    judgment.mild.push(mismatch);
                } else if index >= held {
                    self.held.push(mismatch);
                }
            }
            if let Some(event) = task.commands.get(index).filter(|_| agrees) {
                self.agree(event);
            }
        }
        if let Rules::Core(machines) = &mut self.rules {
            machines.recorded(&task.commands);
        }
        // Those that were recorded after all, only later.
        let recorded = self.held.drain(..held.min(task.commands.len()));
        judgment.mild.extend(recorded);
        judgment
    }

    /// What was asked for and never recorded, once there is nothing more to judge: no worker would have noticed.
    pub(crate) fn settle(&mut self) -> Vec<Mismatch> {
        core::mem::take(&mut self.held)
    }

    /// Remembers that what is recorded in `event` was asked for.
    fn agree(&mut self, event: &Arc<Event>) {
        if self.agreed.len() == AGREED_LINES {
            self.agreed.pop_front();
        }
        self.agreed.push_back(Arc::clone(event));
    }

    /// The live task of this `WorkflowTaskStarted` is completed: what the SDK says of itself.
    pub(crate) fn completes(&mut self, started: EventId) -> SdkMetadata {
        match &mut self.rules {
            Rules::Go(rules) => rules.sdk.completes(),
            Rules::Core(machines) => machines.completes(started),
        }
    }

    /// Workflow code could not go on in a recorded task.
    pub(crate) fn failed(&self, task: &Task, trouble: Trouble) -> Mismatch {
        let difference = Difference {
            index: 0,
            at: task.completed.as_ref().map(|completed| completed.id),
            recorded: "WorkflowTaskCompleted".into(),
            attempted: format!("{trouble}"),
            grade: Grade::BreaksProduction,
        };
        Mismatch { trouble: Some(trouble), ..self.mismatch(difference) }
    }

    /// `mismatch`, found at this place of the commands of `task`, breaks production.
    fn broken_at(&self, task: &Task, index: usize, mismatch: Box<Mismatch>) -> Box<Halt> {
        let Rules::Core(machines) = &self.rules else { return self.broken(task, mismatch) };
        if let Some(Trouble::NotSimulated { what }) = &mismatch.trouble {
            let failure = Fault::NotSimulated(what.clone()).failure();
            return Box::new(Halt::Broken(Broken { mismatch, failure }));
        }
        let failure = machines.refusal(index, &task.commands[index]).failure();
        let mismatch = self.held.get(index).map_or(mismatch, breaks);
        Box::new(Halt::Broken(Broken { mismatch, failure }))
    }

    /// `mismatch`, found in `task`, breaks production with Go.
    fn broken(&self, task: &Task, mismatch: Box<Mismatch>) -> Box<Halt> {
        let Rules::Go(rules) = &self.rules else { unreachable!("core says itself what is wrong") };
        let mut events = task.events.iter().chain(&task.commands);
        let event = mismatch.at.and_then(|at| events.find(|event| event.id == at));
        let (cause, failure) =
            go::mismatch_failure(&rules.operations, event.map(|event| &**event), &mismatch);
        let failure = WorkerTaskFailure { cause, failure };
        Box::new(Halt::Broken(Broken { mismatch, failure }))
    }

    /// Core cannot take `event`. If it keeps a command that was never recorded, that is why.
    fn faulted(&self, event: &Event, fault: &Fault) -> Box<Halt> {
        let untold = || Box::new(self.untold(event, fault.message(), fault.trouble()));
        let mismatch = self.held.first().map_or_else(untold, breaks);
        Box::new(Halt::Broken(Broken { mismatch, failure: fault.failure() }))
    }

    fn misplaced(&self, event: &Event, misplaced: Misplaced) -> Mismatch {
        match misplaced {
            Misplaced::NoSuchOperation(message) => self.untold(event, message, None),
            Misplaced::NotSimulated(what) => {
                let trouble = Trouble::NotSimulated { what };
                self.untold(event, format!("{trouble}"), Some(trouble))
            }
        }
    }

    /// `event` cannot be told to the workflow.
    fn untold(&self, event: &Event, why: String, trouble: Option<Trouble>) -> Mismatch {
        let difference = Difference {
            index: 0,
            at: Some(event.id),
            recorded: describe::event(event),
            attempted: why,
            grade: Grade::BreaksProduction,
        };
        Mismatch { trouble, ..self.mismatch(difference) }
    }

    fn mismatch(&self, difference: Difference) -> Mismatch {
        let line = |event: &Arc<Event>| format!("{} {}", event.id, describe::event(event));
        Mismatch {
            task: self.tasks,
            at: difference.at,
            recorded: difference.recorded,
            attempted: difference.attempted,
            grade: difference.grade,
            agreed: self.agreed.iter().map(line).collect(),
            trouble: None,
        }
    }
}

/// What was asked for too much turns out to break production.
fn breaks(held: &Mismatch) -> Box<Mismatch> {
    Box::new(Mismatch { grade: Grade::BreaksProduction, ..held.clone() })
}

/// Core cannot take what workflow code asks for.
fn refused(fault: &Fault) -> Box<Halt> {
    let trouble =
        fault.trouble().unwrap_or_else(|| Trouble::Nondeterminism { message: fault.message() });
    Box::new(Halt::Refused(Refused { trouble, failure: fault.failure() }))
}
