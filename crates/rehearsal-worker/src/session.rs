//! One pass over one run: what a worker with the run in its cache knows of it, and a replayer of its history.
//!
//! For each task, in turn: [`activate`](Session::activate), the instance's answer, [`send`](Session::send), and for a
//! recorded task [`judge`](Session::judge).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{
    Activation, ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, SmolStr};

use crate::describe;
use crate::go::{self, Misplaced, Operations, Refusal, Sdk};
use crate::matcher::{self, Difference};
use crate::mismatch::{Grade, Mismatch};
use crate::profile::Profile;
use crate::slice::Task;

/// How many lines of what agreed a report repeats.
const AGREED_LINES: usize = 5;

/// What is known of a run so far.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    workflow_id: SmolStr,
    run_id: SmolStr,
    operations: Operations,
    sdk: Sdk,
    /// How many tasks were activated.
    tasks: usize,
    /// The last recorded commands that were asked for again.
    agreed: VecDeque<Arc<Event>>,
}

/// What judging a recorded task gave.
pub(crate) struct Judgment {
    /// What differs, but does not break production.
    pub(crate) mild: Vec<Mismatch>,
    /// What breaks production.
    pub(crate) broken: Option<Box<Mismatch>>,
}

impl Session {
    pub(crate) fn new(profile: Profile, workflow_id: SmolStr, run_id: SmolStr) -> Self {
        match profile {
            Profile::Go => Self {
                workflow_id,
                run_id,
                operations: Operations::default(),
                sdk: Sdk::default(),
                tasks: 0,
                agreed: VecDeque::new(),
            },
        }
    }

    /// How many tasks were activated so far.
    pub(crate) const fn tasks(&self) -> usize {
        self.tasks
    }

    /// What the instance is told in this task, or the event that does not fit what workflow code did before.
    pub(crate) fn activate(
        &mut self,
        task: &Task,
        replaying: bool,
    ) -> Result<Activation, Box<Mismatch>> {
        self.tasks += 1;
        let mut jobs = Vec::with_capacity(task.events.len());
        for event in &task.events {
            match self.operations.job(&self.workflow_id, &self.run_id, event) {
                Ok(job) => jobs.extend(job),
                Err(misplaced) => return Err(Box::new(self.misplaced(event, misplaced))),
            }
        }
        Ok(Activation {
            run_id: self.run_id.clone(),
            time: task.time,
            replaying,
            started: task.started,
            jobs,
        })
    }

    /// What is sent for what workflow code asks for.
    pub(crate) fn send(
        &mut self,
        started: EventId,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Vec<ServerCommand>, Refusal> {
        self.operations.send(started, commands)
    }

    /// Compares what is attempted with what a recorded task holds.
    pub(crate) fn judge(&mut self, task: &Task, attempted: &[ServerCommand]) -> Judgment {
        if let Some(completed) = task.completion() {
            self.sdk.replayed(completed);
        }
        let comparison = matcher::compare(&task.commands, attempted, self.operations.run_timeout);
        let mut judgment = Judgment { mild: Vec::new(), broken: None };
        let mut differences = comparison.differences.into_iter().peekable();
        for index in 0..=task.commands.len() {
            let agrees = differences.peek().is_none_or(|difference| difference.index != index);
            while let Some(difference) = differences.next_if(|difference| difference.index == index)
            {
                let mismatch = self.mismatch(difference);
                if mismatch.grade == Grade::BreaksProduction {
                    let trouble =
                        comparison.not_simulated.map(|what| Trouble::NotSimulated { what });
                    judgment.broken = Some(Box::new(Mismatch { trouble, ..mismatch }));
                    return judgment;
                }
                judgment.mild.push(mismatch);
            }
            if let Some(event) = task.commands.get(index).filter(|_| agrees) {
                self.agree(event);
            }
        }
        judgment
    }

    /// Remembers that what is recorded in `event` was asked for.
    fn agree(&mut self, event: &Arc<Event>) {
        if self.agreed.len() == AGREED_LINES {
            self.agreed.pop_front();
        }
        self.agreed.push_back(Arc::clone(event));
    }

    /// What the SDK says of itself when it completes a live task now.
    pub(crate) fn sdk_metadata(&mut self) -> SdkMetadata {
        self.sdk.completes()
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

    /// What fails a live task for `mismatch`, found in `task`.
    pub(crate) fn failure(&self, task: &Task, mismatch: &Mismatch) -> WorkerTaskFailure {
        let mut events = task.events.iter().chain(&task.commands);
        let event = mismatch.at.and_then(|at| events.find(|event| event.id == at));
        let (cause, failure) =
            go::mismatch_failure(&self.operations, event.map(|event| &**event), mismatch);
        WorkerTaskFailure { cause, failure }
    }

    fn misplaced(&self, event: &Event, misplaced: Misplaced) -> Mismatch {
        let (attempted, trouble) = match misplaced {
            Misplaced::NoSuchOperation(message) => (message, None),
            Misplaced::NotSimulated(what) => {
                let trouble = Trouble::NotSimulated { what };
                (format!("{trouble}"), Some(trouble))
            }
        };
        let difference = Difference {
            index: 0,
            at: Some(event.id),
            recorded: describe::event(event),
            attempted,
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
