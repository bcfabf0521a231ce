//! A worker fed from a recorded history, with no service.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{Activation, Completion, Definition};
use rehearsal_history::{Event, EventId, EventKind, SmolStr};

use crate::describe;
use crate::matcher::Ends;
use crate::mismatch::{AT_THE_CUT, Grade, Mismatch};
use crate::profile::Profile;
use crate::session::{Halt, Session, Turn};
use crate::slice::{Slices, Task, slice_as};

/// How a history is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplayOptions {
    /// Whose rules apply.
    pub profile: Profile,
    /// The workflow task, from 1, at which the worker had to start over from an empty cache: the tasks before it are
    /// activated as replayed, it and those after it as live. `None` for a replay of everything.
    pub cold_at: Option<usize>,
}

/// What a [`Replayer`] wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayStep {
    /// The instance is to be activated, and the replayer stepped with its completion.
    Activate(Activation),
    /// It is over.
    Done(ReplayVerdict),
}

/// What came of a replay: the first difference that breaks production, or else what was replayed.
pub type ReplayVerdict = Result<Replayed, Box<Mismatch>>;

/// What was replayed. Its text is the report: how much was replayed, and each difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a history that replays may still show differences: `assert_faithful` looks at them"]
pub struct Replayed {
    /// How many workflow tasks were replayed and agreed.
    pub tasks: usize,
    /// The differences that do not break production.
    pub differences: Vec<Mismatch>,
    /// How the history ends.
    pub end: ReplayEnd,
    /// What was odd in the file that the history was read from, one line each. A replay of events leaves it empty.
    pub notes: Vec<String>,
}

/// How a history that was replayed ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayEnd {
    /// With the event that closed the run.
    Closed(EventId),
    /// With a workflow task that nobody has answered yet. What code makes of it is not judged.
    TaskOpen(EventId),
    /// With a workflow task that failed or timed out. It is not judged.
    TaskFailed(EventId),
    /// With a workflow task that nobody has taken yet.
    TaskScheduled(EventId),
    /// The run waits; all that is recorded was judged.
    Waiting(EventId),
}

/// Replays a recorded history, one activation at a time.
///
/// It takes as many steps as the history has workflow tasks, and one more; with [`Profile::Core`] a workflow task may
/// take several, or none.
#[derive(Debug, Clone)]
pub struct Replayer {
    options: ReplayOptions,
    session: Session,
    queue: VecDeque<Task>,
    /// The task that nobody has answered yet.
    open: Option<Task>,
    end: ReplayEnd,
    /// Whether the last event is one of the last task's commands, or its completion.
    ends_in_commands: bool,
    differences: Vec<Mismatch>,
    stage: Stage,
}

/// What a replayer waits for.
#[derive(Debug, Clone)]
enum Stage {
    /// The next task is to be activated.
    Ready,
    /// The instance has this activation.
    Active { task: Task, activation: Activation },
    /// It is over.
    Over(ReplayVerdict),
}

impl Replayer {
    /// A replayer for these events, which begin with `WorkflowExecutionStarted`.
    #[must_use]
    pub fn new(history: &[Arc<Event>], options: ReplayOptions) -> Self {
        let (workflow_id, run_id, stage) = match history.first().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionStarted(started)) => {
                let run_id = Some(&started.original_execution_run_id).filter(|id| !id.is_empty());
                let run_id = run_id.unwrap_or(&started.first_execution_run_id).clone();
                (started.workflow_id.clone(), run_id, Stage::Ready)
            }
            _ => (
                SmolStr::default(),
                SmolStr::default(),
                Stage::Over(Err(Box::new(headless(history)))),
            ),
        };
        let slices = slice_as(options.profile, history);
        let end = end(history, &slices);
        Self {
            options,
            session: Session::new(options.profile, workflow_id, run_id, Ends::of(history)),
            ends_in_commands: slices.open.is_none()
                && matches!(end, ReplayEnd::Waiting(_))
                && slices.rest.is_empty(),
            queue: slices.tasks.into(),
            open: slices.open,
            end,
            differences: Vec::new(),
            stage,
        }
    }

    /// Takes the completion of the last activation, if there was one, and says what comes next.
    ///
    /// Without a completion where one is due the activation is handed out again; after the end the verdict is. A
    /// completion that nobody waits for is dropped.
    pub fn step(&mut self, completion: Option<Completion>) -> ReplayStep {
        match self.advance(completion) {
            Stage::Active { activation, .. } => ReplayStep::Activate(activation.clone()),
            Stage::Over(verdict) => ReplayStep::Done(verdict.clone()),
            Stage::Ready => unreachable!("a step ends with an activation or a verdict"),
        }
    }

    /// Takes a step; what comes next is lent.
    fn advance(&mut self, completion: Option<Completion>) -> &Stage {
        let mut stage = match (core::mem::replace(&mut self.stage, Stage::Ready), completion) {
            (Stage::Active { task, activation }, Some(completion)) => {
                self.complete(task, activation.replaying, completion)
            }
            (stage, _) => stage,
        };
        while matches!(stage, Stage::Ready) {
            stage = self.activate();
        }
        self.stage = stage;
        &self.stage
    }

    /// Goes on to the next task that is recorded as completed.
    fn activate(&mut self) -> Stage {
        let Some(task) = self.queue.pop_front() else { return self.look_ahead() };
        let replaying = self.options.cold_at.is_none_or(|cold_at| task.number < cold_at);
        let turn = self.session.activate(&task, replaying);
        self.turn(task, turn)
    }

    /// What workflow code makes of the open task is not judged. But what happened until then must fit what it has asked for
    /// before: the worker that takes the task cannot tell it otherwise. What is wrong with the SDK is no difference.
    fn look_ahead(&mut self) -> Stage {
        let tasks = self.session.tasks();
        if let Some(open) = self.open.take()
            && let Err(halt) = self.session.activate(&open, false)
            && !halt.is_of_the_sdk()
        {
            return self.halt(&open, *halt);
        }
        self.finish(tasks)
    }

    /// All is judged that is going to be, of so many tasks.
    fn finish(&mut self, tasks: usize) -> Stage {
        if let Some(broken) = self.session.left_open() {
            return Stage::Over(Err(Box::new(self.at_the_cut(*broken.mismatch))));
        }
        let mut differences = core::mem::take(&mut self.differences);
        let settled = self.session.settle().into_iter();
        differences.extend(settled.map(|mismatch| self.at_the_cut(mismatch)));
        differences.sort_by_key(|mismatch| mismatch.task);
        Stage::Over(Ok(Replayed { tasks, differences, end: self.end, notes: Vec::new() }))
    }

    /// The instance has answered.
    fn complete(&mut self, task: Task, replaying: bool, completion: Completion) -> Stage {
        match completion {
            Completion::Failed(failed) => {
                let open = self.session.left_open().map(|broken| *broken.mismatch);
                let mismatch = open.unwrap_or_else(|| self.session.failed(&task, failed.trouble));
                Stage::Over(Err(Box::new(mismatch)))
            }
            Completion::Commands(commands) => {
                let turn = self.session.answer(&task, replaying, commands);
                self.turn(task, turn)
            }
        }
    }

    /// Activates again, or compares what was asked for with what is recorded.
    fn turn(&mut self, task: Task, turn: Result<Turn, Box<Halt>>) -> Stage {
        let commands = match turn {
            Ok(Turn::Activate(activation)) => return Stage::Active { task, activation },
            Ok(Turn::Answered(commands)) => commands,
            // Only a live task waits, and none is replayed.
            Ok(Turn::Waits) => return Stage::Ready,
            Err(halt) => return self.halt(&task, *halt),
        };
        let judgment = self.session.judge(&task, &commands);
        self.differences.extend(judgment.mild);
        match judgment.broken {
            Some(halt) => self.halt(&task, *halt),
            None if judgment.over => self.finish(self.session.tasks()),
            None => Stage::Ready,
        }
    }

    fn halt(&mut self, task: &Task, halt: Halt) -> Stage {
        let halt = self.session.left_open().map_or(halt, Halt::Broken);
        Stage::Over(Err(match halt {
            Halt::Broken(broken) => Box::new(self.at_the_cut(*broken.mismatch)),
            Halt::Refused(refused) => Box::new(self.session.failed(task, refused.trouble)),
        }))
    }

    /// Says of a command too many that the history ends where it would stand, and may have been cut there.
    fn at_the_cut(&self, mut mismatch: Mismatch) -> Mismatch {
        let last = self.queue.is_empty() && mismatch.task == self.session.tasks();
        if mismatch.is_extra() && last && self.ends_in_commands {
            mismatch.recorded = AT_THE_CUT.into();
        }
        mismatch
    }
}

/// The verdict on events that do not begin with the start of a run.
fn headless(history: &[Arc<Event>]) -> Mismatch {
    Mismatch {
        task: 0,
        at: history.first().map(|event| event.id),
        recorded: history
            .first()
            .map_or_else(|| "no events".into(), |event| describe::event(event)),
        attempted: "a history begins with WorkflowExecutionStarted".into(),
        grade: Grade::BreaksProduction,
        agreed: Vec::new(),
        trouble: None,
    }
}

/// How the history ends.
fn end(history: &[Arc<Event>], slices: &Slices) -> ReplayEnd {
    if let Some(open) = &slices.open {
        return ReplayEnd::TaskOpen(open.started);
    }
    let last = history.last().map_or(EventId::NONE, |event| event.id);
    let mut task = None;
    for event in history.iter().rev() {
        match &event.kind {
            kind if is_close(kind) => return ReplayEnd::Closed(event.id),
            EventKind::WorkflowTaskFailed(_) | EventKind::WorkflowTaskTimedOut(_) => {
                return ReplayEnd::TaskFailed(event.id);
            }
            EventKind::WorkflowTaskScheduled(_) => task = task.or(Some(event.id)),
            EventKind::WorkflowTaskCompleted(_) => break,
            _ => {}
        }
    }
    task.map_or(ReplayEnd::Waiting(last), ReplayEnd::TaskScheduled)
}

const fn is_close(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::WorkflowExecutionCompleted(_)
            | EventKind::WorkflowExecutionFailed(_)
            | EventKind::WorkflowExecutionCanceled(_)
            | EventKind::WorkflowExecutionTimedOut(_)
            | EventKind::WorkflowExecutionTerminated(_)
            | EventKind::WorkflowExecutionContinuedAsNew(_)
    )
}

/// Replays a history against a fresh instance of `definition`.
///
/// # Errors
///
/// The first difference that breaks production, or where the replay had to end before the history did: workflow code
/// panicked, or something is not simulated.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_activation::{Activation, Completion, Definition, Instance, Seq, StartTimer, WorkflowCommand};
/// use rehearsal_history::HistoryBuilder;
/// use rehearsal_worker::{ReplayOptions, replay};
///
/// /// Starts a timer each time it is told anything.
/// struct Ticker(u32);
///
/// impl Instance for Ticker {
///     fn activate(&mut self, _: &Activation) -> Completion {
///         self.0 += 1;
///         let timer = StartTimer { seq: Seq(self.0), after: Duration::from_secs(1), summary: None };
///         Completion::Commands(vec![WorkflowCommand::StartTimer(timer)])
///     }
///
///     fn pending(&self) -> Vec<String> {
///         Vec::new()
///     }
/// }
///
/// struct Ticking;
///
/// impl Definition for Ticking {
///     fn workflow_type(&self) -> &str {
///         "ticking"
///     }
///
///     fn instantiate(&self) -> Box<dyn Instance> {
///         Box::new(Ticker(0))
///     }
/// }
///
/// let mut recorded = HistoryBuilder::new("ticking");
/// recorded.complete_task();
/// let timer = recorded.start_timer(Duration::from_secs(1));
/// recorded.fire_timer(timer);
/// recorded.complete_task();
/// recorded.start_timer(Duration::from_secs(2));
///
/// let replayed = replay(recorded.build().events(), &Ticking, ReplayOptions::default())?;
/// assert_eq!(replayed.tasks, 2);
/// assert_eq!(replayed.differences[0].recorded, "TimerStarted id=10 after=2s");
/// # Ok::<(), Box<rehearsal_worker::Mismatch>>(())
/// ```
pub fn replay(
    history: &[Arc<Event>],
    definition: &dyn Definition,
    options: ReplayOptions,
) -> ReplayVerdict {
    let mut instance = definition.instantiate();
    let mut replayer = Replayer::new(history, options);
    let mut completion = None;
    loop {
        match replayer.advance(completion.take()) {
            Stage::Ready => {}
            Stage::Active { activation, .. } => completion = Some(instance.activate(activation)),
            Stage::Over(verdict) => return verdict.clone(),
        }
    }
}
