//! The rules of the core that Temporal's Rust SDK runs on.
//!
//! Core keeps one state machine for each operation. Workflow code drives them with its commands, events drive
//! them on; what they have to tell goes to the workflow as jobs. Jobs that come of commands are told in a further
//! activation of the same workflow task, and only when there are none left is the task answered.
//!
//! Each operation is a file of its own here: its machine, what its commands and events make of that, and how core words
//! what does not fit. [`Operations`] has one line for each command, each event and each kind of
//! machine.

mod activity;
mod child;
mod close;
mod external;
mod failure;
pub(crate) mod local;
mod machine;
mod operations;
mod out;
pub(crate) mod patch;
mod properties;
mod sdk;
#[cfg(test)]
mod tables;
mod timer;
mod update;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, Timestamp};

use self::failure::{Breakdown, unasked};
use self::operations::Operations;
use self::sdk::Sdk;
use crate::local::{LocalEvent, LocalRequest};
use crate::matcher::{Pair, Strictness, taken};
use crate::mismatch::Mismatch;
use crate::rules::{Next, Refused, Rules, Wrong};
use crate::run_info::RunInfo;
use crate::slice::Task;

/// The rules of core, and what they know of one run.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    operations: Operations,
    sdk: Sdk,
}

impl Core {
    pub(crate) fn new(run: RunInfo) -> Self {
        Self { operations: Operations::new(run), sdk: Sdk::default() }
    }

    /// Tells what there is to be told, or else waits for local activities, or answers the task.
    fn next(&mut self, task: &Task) -> Result<Next, Box<Wrong>> {
        let jobs = self.operations.out.jobs.take().map_err(|fault| refused(&fault))?;
        let moved = self.operations.out.time.take().unwrap_or_default();
        self.operations.time = self.operations.time.max(moved);
        if !jobs.is_empty() {
            self.operations.locals().activated();
            return Ok(Next::Tell { time: self.operations.time, jobs });
        }
        if task.completed.is_none() && self.operations.locals().is_waiting() {
            return Ok(Next::Wait);
        }
        let compares = self.sdk.compares_activities();
        self.operations
            .locals()
            .check(task, compares)
            .map_err(|(index, fault)| Box::new(untold(&task.commands[index], &fault)))?;
        // What was rejected left nothing to compare with.
        Ok(Next::Send(if task.completed.is_none() {
            self.heartbeat()
        } else {
            self.operations.out.queue.commands()
        }))
    }

    /// Why `event` does not record this command, if it stands beside one.
    fn refusal(&self, command: Option<usize>, event: &Event) -> Breakdown {
        let machine = command.and_then(|command| self.operations.out.queue.machine(command));
        match (machine, patch::of_event(event)) {
            (Some(machine), _) => self.operations.refusal(machine, event),
            (None, Some(marker)) => patch::unasked(&marker),
            (None, None) => unasked(event),
        }
    }

    /// Takes what one activation asks for. A close command goes last; of several the first counts (C-48). In a replay of
    /// what an older core has recorded, nothing behind it counts.
    fn take(
        &mut self,
        recorded: bool,
        mut commands: Vec<WorkflowCommand>,
    ) -> Result<(), Breakdown> {
        let first_close = commands.iter().position(WorkflowCommand::is_close);
        let close = first_close.map(|at| {
            let close = commands.remove(at);
            if recorded && !self.sdk.moves_terminal_commands() {
                commands.truncate(at);
            }
            close
        });
        let mut closes = false;
        for command in commands.into_iter().filter(|command| !command.is_close()).chain(close) {
            closes |= command.is_close();
            self.operations.take(command, recorded)?;
        }
        self.operations.taken(closes)
    }
}

impl Rules for Core {
    /// Nothing may be left to be told, and then there is no activation (`incoming_wft`).
    fn begin(&mut self, task: &Task) -> Result<Next, Box<Wrong>> {
        for completed in task.completions() {
            self.sdk.replays(completed);
        }
        self.operations.time = self.operations.time.max(task.time);
        self.operations.out.jobs.begin();
        self.operations.look_ahead(task);
        let replaying = task.completed.is_some();
        let mut messages = task.messages.iter().peekable();
        for event in &task.events {
            // What is recorded as accepted comes behind all events (`delayed_actions` of `apply_next_wft_from_history`).
            while let Some(message) = messages.next_if(|it| !replaying && it.sequencing < event.id)
            {
                self.operations.update(message, replaying);
            }
            self.operations.apply(event).map_err(|fault| Box::new(untold(event, &fault)))?;
        }
        for message in messages {
            self.operations.update(message, replaying);
        }
        self.operations.out.messages.clear();
        self.operations.applied(task).map_err(|fault| refused(&fault))?;
        self.operations.drain().map_err(|fault| refused(&fault))?;
        self.next(task)
    }

    fn answer(
        &mut self,
        task: &Task,
        replaying: bool,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Next, Box<Wrong>> {
        let upserts = self.sdk.upserts_patches(!replaying);
        self.operations.flags(replaying, upserts);
        self.take(task.completed.is_some(), commands).map_err(|fault| refused(&fault))?;
        self.next(task)
    }

    fn at(&mut self, now: Timestamp) {
        self.operations.now = now;
    }

    fn run(&self) -> &RunInfo {
        self.operations.run()
    }

    fn lives(&mut self, life: u64) {
        self.operations.lives(life);
    }

    fn local(&mut self, task: &Task, happened: LocalEvent) -> Result<Next, Box<Wrong>> {
        self.operations.happened(happened).map_err(|fault| refused(&fault))?;
        self.next(task)
    }

    fn take_local(&mut self) -> Vec<LocalRequest> {
        self.operations.locals().take_requests()
    }

    fn heartbeat(&mut self) -> Vec<ServerCommand> {
        let mut commands = self.operations.out.queue.commands();
        commands.append(&mut self.operations.out.messages);
        commands
    }

    fn take_troubles(&mut self) -> Vec<Trouble> {
        core::mem::take(&mut self.operations.out.troubles)
    }

    fn strictness(&self) -> Strictness {
        Strictness::Core { activities: self.sdk.compares_activities() }
    }

    fn mismatch_failure(
        &self,
        (command, _): (Option<usize>, Option<&ServerCommand>),
        event: Option<&Event>,
        mismatch: &Mismatch,
    ) -> WorkerTaskFailure {
        let fault = match (&mismatch.trouble, event) {
            (Some(Trouble::NotSimulated { what }), _) => Breakdown::NotSimulated(what.clone()),
            (_, Some(event)) => self.refusal(command, event),
            // A command too many is kept, so that alone it fails no task.
            (_, None) => Breakdown::Nondeterminism(mismatch.attempted.clone()),
        };
        fault.failure()
    }

    /// Core looks at each event when it comes.
    fn notices_late(&self, _event: Option<&Event>) -> bool {
        false
    }

    /// Commands behind the events are kept: core takes the events of the next task for theirs, or sends them with it
    ///
    fn recorded(&mut self, task: &Task, pairs: &[Pair]) {
        let machines = self.operations.out.queue.take(taken(pairs));
        for Pair { event, command } in pairs {
            let event = event.and_then(|event| task.commands.get(event));
            let machine = command.and_then(|command| machines.get(command));
            if let (Some(event), Some(machine)) = (event, machine) {
                self.operations.record(*machine, event.id);
            }
        }
    }

    /// Each command leaves one event behind the `WorkflowTaskCompleted` (H-11).
    fn completes(&mut self, started: EventId) -> SdkMetadata {
        for (index, machine) in (0..).zip(self.operations.out.queue.take(usize::MAX)) {
            self.operations.record(machine, started.plus(2 + index));
        }
        self.sdk.completes()
    }
}

/// Core cannot take `event`.
fn untold(event: &Arc<Event>, fault: &Breakdown) -> Wrong {
    Wrong::Event {
        event: Arc::clone(event),
        why: fault.message(),
        trouble: fault.trouble(),
        failure: fault.failure(),
    }
}

/// Core cannot take what workflow code asks for.
fn refused(fault: &Breakdown) -> Box<Wrong> {
    let trouble =
        fault.trouble().unwrap_or_else(|| Trouble::Nondeterminism { message: fault.message() });
    Box::new(Wrong::Command(Refused { trouble, failure: fault.failure() }))
}
