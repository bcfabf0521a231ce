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
use core::time::Duration;

use rehearsal_activation::{
    Activation, ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, SmolStr, Timestamp};

use crate::describe;
use crate::local::{LocalEvent, LocalRequest};
use crate::matcher::{self, Difference, Ends, Pair, taken};
use crate::mismatch::{Grade, IN_A_LATER_TASK, Mismatch};
use crate::profile::Profile;
use crate::rules::{Next, Refused, Ruling, Wrong};
use crate::run_info::RunInfo;
use crate::slice::Task;

/// How many lines of what agreed a report repeats.
const AGREED_LINES: usize = 5;

/// What is known of a run so far.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    run_id: SmolStr,
    rules: Ruling,
    /// How many tasks were activated.
    tasks: usize,
    /// What was asked for beyond what is recorded, for each such command that the SDK still keeps.
    held: Vec<Mismatch>,
    /// What Go may yet find in a later task.
    behind: Option<Behind>,
    /// The last recorded commands that were asked for again.
    agreed: VecDeque<Arc<Event>>,
}

/// What a task has recorded or asked for beyond the other, at its end. Go compares all that was recorded with all that was
/// asked for, once all tasks are through, whatever task it belongs to (`replayCommands`, `respondEvents` of
/// `ProcessWorkflowTask`, `internal_task_handlers.go` of sdk-go 1.47): the next task may make up for it.
#[derive(Debug, Clone)]
struct Behind {
    events: Vec<Arc<Event>>,
    commands: Vec<ServerCommand>,
    /// What it is if no task does.
    broken: Broken,
}

impl Behind {
    /// What is told of it if a later task has made up for it.
    fn made_up_for(self) -> Mismatch {
        let mut mismatch = *self.broken.mismatch;
        mismatch.grade = Grade::ChangesBehavior;
        let absent =
            if mismatch.is_extra() { &mut mismatch.recorded } else { &mut mismatch.attempted };
        *absent = IN_A_LATER_TASK.into();
        mismatch
    }

    /// Whether what stands alone at a place is what was left open. It stands first.
    const fn has_alone(&self, pair: Pair) -> bool {
        match (pair.event, pair.command) {
            (Some(event), None) => event < self.events.len(),
            (None, Some(command)) => command < self.commands.len(),
            (Some(_), Some(_)) | (None, None) => false,
        }
    }
}

/// What comes next in a task.
pub(crate) enum Turn {
    /// The instance is to be activated, and to be answered with [`Session::answer`].
    Activate(Activation),
    /// There is nothing more to be told: this is the task's answer.
    Answered(Vec<ServerCommand>),
    /// The live task waits for local activities; [`Session::local`] goes on.
    Waits,
}

/// What breaks production in a task, and what fails the task for it.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) mismatch: Box<Mismatch>,
    pub(crate) failure: WorkerTaskFailure,
    /// Whether the SDK notices only when it compares at last, and not at all if the workflow closes before that.
    pub(crate) late: bool,
}

/// Why a task cannot go on.
#[derive(Debug, Clone)]
pub(crate) enum Halt {
    Broken(Broken),
    Refused(Refused),
}

impl Halt {
    /// Whether it is the SDK that cannot go on, whatever the code.
    pub(crate) fn is_of_the_sdk(&self) -> bool {
        let trouble = match self {
            Self::Broken(broken) => broken.mismatch.trouble.as_ref(),
            Self::Refused(refused) => Some(&refused.trouble),
        };
        matches!(trouble, Some(Trouble::SdkDefect { .. }))
    }

    /// Whether the SDK does not notice yet.
    pub(crate) const fn is_late(&self) -> bool {
        match self {
            Self::Broken(broken) => broken.late,
            Self::Refused(_) => false,
        }
    }
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
    /// A session of a run whose recorded history, if there is one, ends so.
    pub(crate) fn new(profile: Profile, workflow_id: SmolStr, run_id: SmolStr, ends: Ends) -> Self {
        let rules = Ruling::new(profile, RunInfo::new(workflow_id, run_id.clone()), ends);
        let agreed = VecDeque::new();
        Self { run_id, rules, tasks: 0, held: Vec::new(), behind: None, agreed }
    }

    /// As the life with this number of the run in a worker's cache.
    pub(crate) fn with_life(mut self, life: u64) -> Self {
        self.rules.lives(life);
        self
    }

    /// What happens from now on happens at this time.
    pub(crate) fn at(&mut self, now: Timestamp) {
        self.rules.at(now);
    }

    /// Something happened to a local activity of this task, which waits for those.
    pub(crate) fn local(&mut self, task: &Task, happened: LocalEvent) -> Result<Turn, Box<Halt>> {
        let next = self.rules.local(task, happened);
        self.turn(task, false, next)
    }

    /// What is to be done for local activities since this was asked for.
    pub(crate) fn take_local(&mut self) -> Vec<LocalRequest> {
        self.rules.take_local()
    }

    /// What has been asked for so far is sent, and a new task asked for (W-18).
    pub(crate) fn heartbeat(&mut self) -> Vec<ServerCommand> {
        self.rules.heartbeat()
    }

    /// How long one workflow task may take.
    pub(crate) fn task_timeout(&self) -> Duration {
        self.rules.run().task_timeout
    }

    /// How many tasks were activated so far.
    pub(crate) const fn tasks(&self) -> usize {
        self.tasks
    }

    /// Begins a task: what the instance is told, or the event that does not fit what workflow code did before. Nothing may
    /// be left to be told, and then there is no activation.
    pub(crate) fn activate(&mut self, task: &Task, replaying: bool) -> Result<Turn, Box<Halt>> {
        self.tasks += 1;
        let next = self.rules.begin(task);
        self.turn(task, replaying, next)
    }

    /// Takes what the instance asks for: there is more to be told in the same task, or this is all.
    pub(crate) fn answer(
        &mut self,
        task: &Task,
        replaying: bool,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Turn, Box<Halt>> {
        let next = self.rules.answer(task, replaying, commands);
        self.turn(task, replaying, next)
    }

    fn turn(
        &self,
        task: &Task,
        replaying: bool,
        next: Result<Next, Box<Wrong>>,
    ) -> Result<Turn, Box<Halt>> {
        match next {
            Ok(Next::Tell { time, jobs }) => Ok(Turn::Activate(Activation {
                run_id: self.run_id.clone(),
                time,
                replaying,
                started: task.started,
                history_size: task.history_size,
                continue_as_new_suggested: task.continue_as_new_suggested,
                missing_flags: self.rules.missing_flags(),
                jobs,
            })),
            Ok(Next::Send(commands)) => Ok(Turn::Answered(commands)),
            Ok(Next::Wait) => Ok(Turn::Waits),
            Err(wrong) => Err(Box::new(self.halt(*wrong))),
        }
    }

    /// What the SDK got wrong since this was asked for, without failing a task for it.
    pub(crate) fn take_troubles(&mut self) -> Vec<Trouble> {
        self.rules.take_troubles()
    }

    /// Compares what is attempted with what a recorded task holds, and what tasks before have left open.
    pub(crate) fn judge(&mut self, task: &Task, attempted: &[ServerCommand]) -> Judgment {
        let Some(behind) = self.behind.take() else {
            return self.compare(task, &task.commands, attempted, None);
        };
        let recorded = [&behind.events, &task.commands[..]].concat();
        let attempted = [&behind.commands, attempted].concat();
        self.compare(task, &recorded, &attempted, Some(behind))
    }

    /// The same, of which `behind` was left open.
    fn compare(
        &mut self,
        task: &Task,
        recorded: &[Arc<Event>],
        attempted: &[ServerCommand],
        behind: Option<Behind>,
    ) -> Judgment {
        let found = matcher::compare(self.rules.context(), recorded, attempted);
        let mut judgment = Judgment { mild: Vec::new(), broken: None, over: found.over };
        let held = self.held.len();
        let rest = found.rest();
        for place in found.places {
            let agrees = place.differences.is_empty();
            for difference in place.differences {
                let mismatch = self.mismatch(difference);
                if mismatch.grade == Grade::BreaksProduction {
                    let trouble = place.not_simulated.map(|what| Trouble::NotSimulated { what });
                    let mismatch = Box::new(Mismatch { trouble, ..mismatch });
                    let asked = place.command.and_then(|command| attempted.get(command));
                    let command = (place.command, asked);
                    let mut broken = self.broken(command, place.event.as_deref(), mismatch);
                    if let Some(behind) = behind {
                        broken.mismatch = behind.broken.mismatch;
                    }
                    if broken.late {
                        self.rules.recorded(task, &found.pairs);
                    }
                    match rest.filter(|_| broken.late) {
                        Some((events, commands)) => {
                            let events = recorded.get(events..).unwrap_or_default().to_vec();
                            let commands = attempted.get(commands..).unwrap_or_default().to_vec();
                            self.behind = Some(Behind { events, commands, broken });
                        }
                        None => judgment.broken = Some(Box::new(Halt::Broken(broken))),
                    }
                    return judgment;
                }
                if !mismatch.is_extra() {
                    judgment.mild.push(mismatch);
                } else if place.command.is_some_and(|command| command >= held) {
                    self.held.push(mismatch);
                }
            }
            if let Some(event) = place.event.filter(|_| agrees) {
                self.agree(event);
            }
        }
        self.rules.recorded(task, &found.pairs);
        if let Some(behind) = behind {
            if found.pairs.iter().any(|pair| behind.has_alone(*pair)) {
                judgment.broken = Some(Box::new(Halt::Broken(behind.broken)));
                return judgment;
            }
            judgment.mild.push(behind.made_up_for());
        }
        // Those that were recorded after all, only later.
        let recorded = self.held.drain(..held.min(taken(&found.pairs)));
        judgment.mild.extend(recorded);
        judgment
    }

    /// What no later task has made up for, once all of them are through or one cannot go on.
    pub(crate) fn left_open(&mut self) -> Option<Broken> {
        self.behind.take().map(|behind| behind.broken)
    }

    /// What was asked for and never recorded, once there is nothing more to judge: no worker would have noticed.
    pub(crate) fn settle(&mut self) -> Vec<Mismatch> {
        core::mem::take(&mut self.held)
    }

    /// Remembers that what is recorded in `event` was asked for.
    fn agree(&mut self, event: Arc<Event>) {
        if self.agreed.len() == AGREED_LINES {
            self.agreed.pop_front();
        }
        self.agreed.push_back(event);
    }

    /// The live task of this `WorkflowTaskStarted` is completed: what the SDK says of itself.
    pub(crate) fn completes(&mut self, started: EventId) -> SdkMetadata {
        self.rules.completes(started)
    }

    /// Workflow code could not go on in a recorded task.
    pub(crate) fn failed(&self, task: &Task, trouble: Trouble) -> Mismatch {
        let difference = Difference {
            at: task.completed.as_ref().map(|completed| completed.id),
            recorded: "WorkflowTaskCompleted".into(),
            attempted: format!("{trouble}"),
            grade: Grade::BreaksProduction,
        };
        Mismatch { trouble: Some(trouble), ..self.mismatch(difference) }
    }

    /// `mismatch`, found at this place of the commands of a task, breaks production. If a command is kept there that was
    /// never recorded, that is why; but what nothing simulates may be fine.
    fn broken(
        &self,
        command: (Option<usize>, Option<&ServerCommand>),
        event: Option<&Event>,
        mismatch: Box<Mismatch>,
    ) -> Broken {
        let failure = self.rules.mismatch_failure(command, event, &mismatch);
        let held = command.0.and_then(|command| self.held.get(command));
        let mismatch = match (&mismatch.trouble, held) {
            (None, Some(held)) => breaks(held),
            (Some(_), _) | (None, None) => mismatch,
        };
        let late = mismatch.trouble.is_none() && self.rules.notices_late(event);
        Broken { mismatch, failure, late }
    }

    /// A task cannot go on. If a command is kept that was never recorded, that is why an event does not fit.
    fn halt(&self, wrong: Wrong) -> Halt {
        match wrong {
            Wrong::Event { event, why, trouble, failure } => {
                let untold = || Box::new(self.untold(&event, why, trouble));
                let mismatch = self.held.first().map_or_else(untold, breaks);
                Halt::Broken(Broken { mismatch, failure, late: false })
            }
            Wrong::Command(refused) => Halt::Refused(refused),
        }
    }

    /// `event` cannot be told to the workflow.
    fn untold(&self, event: &Event, why: String, trouble: Option<Trouble>) -> Mismatch {
        let difference = Difference {
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
