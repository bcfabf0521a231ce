//! What differs from SDK to SDK: the interface between a session and its profile.
//!
//! A session drives; the rules decide. Each profile implements [`Rules`] once, in its own module, and knows there what it
//! needs of the run.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use rehearsal_activation::{
    Job, MissingFlags, ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, Timestamp};

use crate::core::Core;
use crate::go::Go;
use crate::local::{LocalEvent, LocalRequest};
use crate::matcher::{Context, Ends, Pair, Strictness};
use crate::mismatch::Mismatch;
use crate::profile::Profile;
use crate::run_info::RunInfo;
use crate::slice::Task;

/// The rules of an SDK, and what they know of one run.
///
/// For each task: [`begin`](Self::begin), then [`answer`](Self::answer) for each activation. A recorded task is compared
/// in the [`context`](Self::context), and if it agrees is [`recorded`](Self::recorded); a live one is
/// [completed](Self::completes).
pub(crate) trait Rules {
    /// What happens from now on happens at this time.
    fn at(&mut self, now: Timestamp);

    /// A task begins.
    ///
    /// All of it is here before workflow code runs: what happened, and for a recorded task its command events, in which an
    /// operation may look for what resolves it.
    fn begin(&mut self, task: &Task) -> Result<Next, Box<Wrong>>;

    /// Workflow code has been told, and asks for `commands`.
    fn answer(
        &mut self,
        task: &Task,
        replaying: bool,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Next, Box<Wrong>>;

    /// Of the rules that the SDK has changed, those that the task does not follow yet.
    fn missing_flags(&self) -> MissingFlags {
        MissingFlags::default()
    }

    /// What is known of the run.
    fn run(&self) -> &RunInfo;

    /// Which life of the run in the worker's cache this is.
    fn lives(&mut self, life: u64);

    /// Something happened to a local activity of this task, which waits for those.
    fn local(&mut self, task: &Task, happened: LocalEvent) -> Result<Next, Box<Wrong>>;

    /// What is to be done for local activities since this was asked for.
    fn take_local(&mut self) -> Vec<LocalRequest>;

    /// The task waits for local activities for too long: what has been asked for so far is sent, and a new one asked for
    /// (W-18).
    fn heartbeat(&mut self) -> Vec<ServerCommand>;

    /// What the SDK got wrong since this was asked for, without failing a task for it.
    fn take_troubles(&mut self) -> Vec<Trouble> {
        Vec::new()
    }

    /// How strictly the SDK compares.
    fn strictness(&self) -> Strictness;

    /// Whether what becomes of updates has its place among the commands of the task.
    fn places_updates(&self) -> bool {
        true
    }

    /// What decides how the task is compared.
    fn context(&self) -> Context {
        let run = self.run();
        Context {
            strictness: self.strictness(),
            places_updates: self.places_updates(),
            run_timeout: run.run_timeout,
            execution_timeout: run.execution_timeout,
        }
    }

    /// What fails a task because of this difference, found at this one of its commands, if it is about one. `event` is what
    /// is recorded there, if anything is.
    fn mismatch_failure(
        &self,
        command: (Option<usize>, Option<&ServerCommand>),
        event: Option<&Event>,
        mismatch: &Mismatch,
    ) -> WorkerTaskFailure;

    /// Whether the SDK goes on replaying where it finds a difference in its commands, be it at this event, and notices only
    /// at the end.
    fn notices_late(&self, event: Option<&Event>) -> bool;

    /// A recorded task agrees: this is which of its events records which command.
    fn recorded(&mut self, task: &Task, pairs: &[Pair]);

    /// The live task of this `WorkflowTaskStarted` is completed: what the SDK says of itself.
    fn completes(&mut self, started: EventId) -> SdkMetadata;
}

/// What comes next in a task.
pub(crate) enum Next {
    /// The instance is told these jobs, at this workflow time.
    Tell { time: Timestamp, jobs: Vec<Job> },
    /// There is nothing more to be told: these commands are the task's answer.
    Send(Vec<ServerCommand>),
    /// The live task waits for local activities.
    Wait,
}

/// Why a task cannot go on.
pub(crate) enum Wrong {
    /// This event cannot be told to workflow code, as it is now.
    Event {
        event: Arc<Event>,
        why: String,
        /// What is wrong, if it is more than a difference.
        trouble: Option<Trouble>,
        failure: WorkerTaskFailure,
    },
    /// What workflow code asks for cannot be had.
    Command(Refused),
}

/// What workflow code asks for and cannot get, and what fails the task for it.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) trouble: Trouble,
    pub(crate) failure: WorkerTaskFailure,
}

/// The rules of the SDK that a run is driven by.
#[derive(Debug, Clone)]
pub(crate) enum Ruling {
    Go(Box<Go>),
    Core(Box<Core>),
}

impl Ruling {
    /// Those of this profile, for a run whose recorded history, if there is one, ends so.
    pub(crate) fn new(profile: Profile, run: RunInfo, ends: Ends) -> Self {
        match profile {
            Profile::Go => Self::Go(Box::new(Go::new(run, ends))),
            Profile::Core => Self::Core(Box::new(Core::new(run))),
        }
    }
}

impl Deref for Ruling {
    type Target = dyn Rules;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Go(rules) => &**rules,
            Self::Core(rules) => &**rules,
        }
    }
}

impl DerefMut for Ruling {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Go(rules) => &mut **rules,
            Self::Core(rules) => &mut **rules,
        }
    }
}
