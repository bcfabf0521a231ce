//! The rules of Temporal's Go SDK.
//!
//! Go keeps one state machine for each operation, and tells workflow code all events of a task in one activation.
//! Each operation is a file of its own here: what is known of it, what is sent for it, what its events tell, and how its
//! machine panics. [`Operations`] has one line for each command and each event.

mod activity;
mod child;
mod close;
mod external;
mod failure;
pub(crate) mod local;
pub(crate) mod marker;
mod operations;
mod outbox;
mod phase;
mod properties;
mod sdk;
mod timer;
mod update;
mod words;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use rehearsal_activation::{
    Job, Message, MissingFlags, ServerCommand, Trouble, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, Timestamp};

use self::failure::{Refusal, difference, not_replayed, not_simulated, not_taken};
use self::local::Told;
use self::operations::Operations;
use self::sdk::Sdk;
use crate::local::{LocalEvent, LocalRequest};
use crate::matcher::{Ends, Pair, Strictness};
use crate::mismatch::Mismatch;
use crate::rules::{Next, Refused, Rules, Wrong};
use crate::run_info::RunInfo;
use crate::slice::Task;
use crate::told::Misplaced;

/// The rules of Go, and what they know of one run.
#[derive(Debug, Clone)]
pub(crate) struct Go {
    operations: Operations,
    sdk: Sdk,
    /// How the history ends that is replayed.
    ends: Ends,
    /// The time on the worker's clock.
    now: Timestamp,
    /// Workflow time: that of the last `WorkflowTaskStarted`, or of the last local activity, but never before what it was
    /// (`SetCurrentReplayTime`).
    time: Timestamp,
}

impl Go {
    pub(crate) fn new(run: RunInfo, ends: Ends) -> Self {
        let (now, time) = (Timestamp::default(), Timestamp::default());
        Self { operations: Operations::new(run), sdk: Sdk::default(), ends, now, time }
    }

    fn update(&mut self, message: &Message, replaying: bool) -> Job {
        if !replaying {
            self.sdk.takes_update();
        }
        self.operations.update(message, replaying)
    }

    /// A local activity has ended: workflow code is told at once (`handleLocalActivityMarker`).
    fn tell(&mut self, told: Told) -> Next {
        self.time = self.time.max(told.time);
        Next::Tell { time: self.time, jobs: vec![told.job] }
    }

    /// The live task is answered, unless it waits for local activities (`CompleteWorkflowTask`).
    fn wait(&mut self) -> Next {
        if !self.operations.waits() {
            let commands = self.operations.send();
            self.sdk.sends(&commands);
            return Next::Send(commands);
        }
        match self.operations.run_locals(self.now, self.time) {
            Some(told) => self.tell(told),
            None => Next::Wait,
        }
    }

    /// A marker is of another local activity than workflow code asked for, which makes Go panic.
    fn unrecalled(&self, event: &Arc<Event>, misplaced: Misplaced) -> Wrong {
        match misplaced {
            Misplaced::NoSuchOperation(why) => {
                let failure = not_replayed(Some(why.clone()), String::new);
                Wrong::Event { event: Arc::clone(event), why, trouble: None, failure }
            }
            Misplaced::NotSimulated(_) => self.untold(event, misplaced),
        }
    }

    /// `event` cannot be told to workflow code.
    fn untold(&self, event: &Arc<Event>, misplaced: Misplaced) -> Wrong {
        let (why, trouble, failure) = match misplaced {
            Misplaced::NoSuchOperation(why) => {
                let failure = not_taken(self.operations.panic_text(event), event, &why);
                (why, None, failure)
            }
            Misplaced::NotSimulated(what) => {
                let failure = not_simulated(&what);
                let trouble = Trouble::NotSimulated { what };
                (format!("{trouble}"), Some(trouble), failure)
            }
        };
        Wrong::Event { event: Arc::clone(event), why, trouble, failure }
    }
}

impl Rules for Go {
    /// All events of the task become jobs of one activation, strictly in the order of the history (C-16).
    /// The markers of a recorded task come before that, behind the start of the run.
    fn begin(&mut self, task: &Task) -> Result<Next, Box<Wrong>> {
        self.time = self.time.max(task.time);
        self.operations.begin(task);
        self.sdk.begin(task.completion());
        let recalled = self.operations.recall(task).map_err(|(index, misplaced)| {
            Box::new(self.untold(&task.commands[index], misplaced))
        })?;
        let mut jobs = Vec::with_capacity(task.events.len());
        let replaying = task.completed.is_some();
        if task.failed {
            self.sdk.takes_event();
        }
        let mut messages = task.messages.iter().peekable();
        for event in &task.events {
            // `ProcessWorkflowTask`: a message stands behind the event that it names.
            while let Some(message) = messages.next_if(|it| it.sequencing < event.id) {
                jobs.push(self.update(message, replaying));
            }
            if !replaying {
                self.sdk.takes_event();
            }
            let told = self.operations.apply(event);
            jobs.extend(told.map_err(|misplaced| Box::new(self.untold(event, misplaced)))?);
        }
        if let Some(recalled) = recalled {
            jobs.insert(usize::from(matches!(jobs.first(), Some(Job::Initialize(_)))), recalled);
        }
        jobs.extend(messages.map(|message| self.update(message, replaying)));
        if !replaying {
            self.sdk.takes_event();
        }
        Ok(Next::Tell { time: self.time, jobs })
    }

    fn answer(
        &mut self,
        task: &Task,
        replaying: bool,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Next, Box<Wrong>> {
        if !replaying {
            self.sdk.uses(&commands);
        }
        let refused = |refusal: Refusal| {
            let failure = refusal.failure();
            Box::new(Wrong::Command(Refused { trouble: refusal.into(), failure }))
        };
        self.operations.ask(commands).map_err(refused)?;
        if task.completed.is_some() {
            // Markers of local activities come last, one by one (`ProcessWorkflowTask`).
            let told = self.operations.recall_local(task).map_err(|(index, misplaced)| {
                Box::new(self.unrecalled(&task.commands[index], misplaced))
            })?;
            if let Some(told) = told {
                return Ok(self.tell(told));
            }
            // What was rejected left nothing to compare with.
            let mut sent = self.operations.send();
            sent.retain(|command| !command.is_message());
            return Ok(Next::Send(sent));
        }
        Ok(self.wait())
    }

    fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    fn missing_flags(&self) -> MissingFlags {
        self.sdk.missing_flags()
    }

    fn run(&self) -> &RunInfo {
        self.operations.run()
    }

    fn lives(&mut self, life: u64) {
        self.operations.lives(life);
    }

    fn local(&mut self, _task: &Task, happened: LocalEvent) -> Result<Next, Box<Wrong>> {
        let told = self.operations.happened(happened, self.now, self.time);
        Ok(told.map_or(Next::Wait, |told| self.tell(told)))
    }

    fn take_local(&mut self) -> Vec<LocalRequest> {
        self.operations.take_local()
    }

    fn heartbeat(&mut self) -> Vec<ServerCommand> {
        let commands = self.operations.send();
        self.sdk.sends(&commands);
        commands
    }

    fn strictness(&self) -> Strictness {
        Strictness::Go(self.ends)
    }

    fn places_updates(&self) -> bool {
        self.sdk.places_updates()
    }

    fn mismatch_failure(
        &self,
        (_, asked): (Option<usize>, Option<&ServerCommand>),
        event: Option<&Event>,
        mismatch: &Mismatch,
    ) -> WorkerTaskFailure {
        if let Some(Trouble::NotSimulated { what }) = &mismatch.trouble {
            return not_simulated(what);
        }
        let panic = event.and_then(|event| self.operations.panic_text(event));
        not_replayed(panic, || difference(mismatch, event, asked))
    }

    /// Go compares when all is replayed, unless a state machine panics before that.
    fn notices_late(&self, event: Option<&Event>) -> bool {
        event.is_none_or(|event| self.operations.panic_text(event).is_none())
    }

    fn recorded(&mut self, task: &Task, _pairs: &[Pair]) {
        if let Some(completed) = task.completion() {
            self.sdk.replayed(completed, &task.commands);
        }
        self.operations.recorded(task);
    }

    fn completes(&mut self, _started: EventId) -> SdkMetadata {
        self.sdk.completes()
    }
}
