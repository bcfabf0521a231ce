//! What the machines of a run give out: commands to be sent, and jobs to be told.

use alloc::vec::Vec;

use rehearsal_activation::{Job, ServerCommand, Trouble};
use rehearsal_history::Timestamp;

use super::failure::Breakdown;
use super::machine::Machine;

/// The most activations of one workflow task. A workflow that asks for an activity in a canceled scope whenever the one
/// before was canceled never ends; on a real worker the task times out.
const ACTIVATIONS: u32 = 10_000;

/// Where machines put what comes of their arcs.
#[derive(Debug, Clone, Default)]
pub(super) struct Out {
    pub(super) queue: Queue,
    /// What is sent behind all commands and leaves no event.
    pub(super) messages: Vec<ServerCommand>,
    pub(super) jobs: Jobs,
    /// What core gets wrong without failing the task for it.
    pub(super) troubles: Vec<Trouble>,
    /// Workflow time, if something has moved it on.
    pub(super) time: Option<Timestamp>,
}

/// What is sent when the workflow task is answered, in this order.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue(Vec<Queued>);

/// A command that waits for the workflow task to be answered.
#[derive(Debug, Clone)]
struct Queued {
    machine: Machine,
    command: ServerCommand,
}

impl Queue {
    /// `machine` wants this to be sent.
    pub(super) fn push(&mut self, machine: Machine, command: ServerCommand) {
        self.0.push(Queued { machine, command });
    }

    /// What `machine` wanted to be sent is not: it was canceled before.
    pub(super) fn withdraw(&mut self, machine: Machine) {
        self.0.retain(|queued| queued.machine != machine);
    }

    /// All that is to be sent.
    pub(super) fn commands(&self) -> Vec<ServerCommand> {
        self.0.iter().map(|queued| queued.command.clone()).collect()
    }

    /// Whose command stands at this place.
    pub(super) fn machine(&self, index: usize) -> Option<Machine> {
        self.0.get(index).map(|queued| queued.machine)
    }

    /// Takes the first commands out, up to so many; returns whose they are.
    pub(super) fn take(&mut self, count: usize) -> Vec<Machine> {
        let count = count.min(self.0.len());
        self.0.drain(..count).map(|queued| queued.machine).collect()
    }
}

/// What the workflow is to be told.
#[derive(Debug, Clone, Default)]
pub(super) struct Jobs {
    waiting: Vec<Job>,
    /// How many activations the workflow task has had.
    activations: u32,
}

impl Jobs {
    /// A workflow task begins.
    pub(super) const fn begin(&mut self) {
        self.activations = 0;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn push(&mut self, job: Job) {
        self.waiting.push(job);
    }

    /// Takes what the workflow is to be told, in the order in which core tells it.
    ///
    /// # Errors
    ///
    /// [`Breakdown::Endless`] if workflow code comes to no end in this task.
    pub(super) fn take(&mut self) -> Result<Vec<Job>, Breakdown> {
        let mut jobs = core::mem::take(&mut self.waiting);
        if !jobs.is_empty() {
            self.activations += 1;
        }
        if self.activations > ACTIVATIONS {
            return Err(Breakdown::Endless(ACTIVATIONS));
        }
        jobs.sort_by_key(|job| match job {
            Job::Initialize(_) => 0,
            Job::NotifyHasPatch { .. } => 1,
            Job::SignalWorkflow(_) | Job::DoUpdate(_) => 3,
            Job::ResolveLocalActivity { .. } => 5,
            _ => 4,
        });
        Ok(jobs)
    }
}
