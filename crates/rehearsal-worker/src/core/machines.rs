//! The state machines of a run, what they want to be sent, and what they have to tell.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{CancellationType, Job, Seq, ServerCommand};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{Event, EventId, EventKind, SmolStr, Timestamp, UserMetadata};

use super::activity::{ActivityInput, ActivityState};
use super::failure::{Fault, no_transition, printed};
use super::sdk::Sdk;
use super::timer::{TimerInput, TimerState};
use crate::slice::Task;

/// The operations of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machines {
    pub(super) activities: BTreeMap<Seq, Activity>,
    pub(super) timers: BTreeMap<Seq, Timer>,
    /// The operations by the event that recorded their command.
    pub(super) by_event: BTreeMap<EventId, Machine>,
    /// What is sent when the workflow task is answered.
    pub(super) queue: Vec<Queued>,
    /// What the workflow is to be told.
    pub(super) jobs: Vec<Job>,
    /// The timers that were canceled in this activation.
    pub(super) canceled: Vec<Seq>,
    /// The queue of the workflow: that of activities which name none.
    pub(super) task_queue: SmolStr,
    /// The run timeout, which caps those of activities (T-1).
    pub(crate) run_timeout: Option<Duration>,
    pub(super) sdk: Sdk,
    time: Timestamp,
    /// How many activations the workflow task has had.
    activations: u32,
}

/// An activity that was scheduled.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) id: SmolStr,
    /// Its type.
    pub(super) name: SmolStr,
    /// Its `ActivityTaskScheduled`; none before that is recorded.
    pub(super) scheduled: EventId,
    pub(super) cancellation: CancellationType,
    /// What was sent beside the start, and is sent beside the cancel again.
    pub(super) user_metadata: Option<Box<UserMetadata>>,
    pub(super) state: ActivityState,
}

/// A timer that was started; its id is its number.
#[derive(Debug, Clone)]
pub(super) struct Timer {
    /// What was sent beside the start, and is sent beside the cancel again.
    pub(super) user_metadata: Option<Box<UserMetadata>>,
    pub(super) state: TimerState,
}

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    Activity(Seq),
    Timer(Seq),
    /// That of a close command, by the name that core gives it.
    Close(&'static str),
}

/// A command that waits for the workflow task to be answered.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) machine: Machine,
    pub(super) command: ServerCommand,
}

/// The most activations of one workflow task. A workflow that asks for an activity in a canceled scope whenever the one
/// before was canceled never ends; on a real worker the task times out.
const ACTIVATIONS: u32 = 10_000;

impl Machines {
    /// A task begins.
    pub(crate) fn begin(&mut self, task: &Task) {
        for completed in task.completions() {
            self.sdk.replays(completed);
        }
        self.time = self.time.max(task.time);
        self.activations = 0;
    }

    /// Workflow time: that of the last `WorkflowTaskStarted`, but never before what it was.
    pub(crate) const fn time(&self) -> Timestamp {
        self.time
    }

    /// Takes what the workflow is to be told, in the order in which core tells it.
    ///
    /// # Errors
    ///
    /// [`Fault::Endless`] if workflow code comes to no end in this task.
    pub(crate) fn take_jobs(&mut self) -> Result<Vec<Job>, Fault> {
        let mut jobs = core::mem::take(&mut self.jobs);
        if !jobs.is_empty() {
            self.activations += 1;
        }
        if self.activations > ACTIVATIONS {
            return Err(Fault::Endless(ACTIVATIONS));
        }
        jobs.sort_by_key(|job| match job {
            Job::Initialize(_) => 0,
            Job::SignalWorkflow(_) | Job::DoUpdate(_) => 3,
            _ => 4,
        });
        Ok(jobs)
    }

    /// What is sent once there is nothing left to be told.
    pub(crate) fn commands(&self) -> Vec<ServerCommand> {
        self.queue.iter().map(|queued| queued.command.clone()).collect()
    }

    /// The live task of this `WorkflowTaskStarted` is completed. Each command leaves one event behind the
    /// `WorkflowTaskCompleted` (H-11).
    pub(crate) fn completes(&mut self, started: EventId) -> SdkMetadata {
        for (index, queued) in (0..).zip(core::mem::take(&mut self.queue)) {
            self.record(queued.machine, started.plus(2 + index));
        }
        self.sdk.completes()
    }

    /// The recorded events of the commands, which agree. Commands behind them are kept: core takes the events of the next
    /// task for theirs, or sends them with it.
    pub(crate) fn recorded(&mut self, events: &[Arc<Event>]) {
        let kept = self.queue.split_off(events.len().min(self.queue.len()));
        for (event, queued) in events.iter().zip(core::mem::replace(&mut self.queue, kept)) {
            self.record(queued.machine, event.id);
        }
    }

    /// The event of this id records the command of `machine`, which takes it.
    fn record(&mut self, machine: Machine, event: EventId) {
        match machine {
            Machine::Activity(seq) => {
                let Some(activity) = self.activities.get_mut(&seq) else { return };
                let input = if activity.scheduled.is_none() {
                    activity.scheduled = event;
                    ActivityInput::Scheduled
                } else {
                    ActivityInput::CancelRequested
                };
                if let Ok((state, _)) = activity.state.on(input, activity.cancellation) {
                    activity.state = state;
                }
            }
            Machine::Timer(seq) => {
                let Some(timer) = self.timers.get_mut(&seq) else { return };
                let input = if timer.state == TimerState::StartCommandCreated {
                    TimerInput::Started
                } else {
                    TimerInput::Canceled
                };
                if let Ok((state, _)) = timer.state.on(input) {
                    timer.state = state;
                }
            }
            Machine::Close(_) => return,
        }
        self.by_event.insert(event, machine);
    }

    /// Whether a replay compares the ids and types of activities.
    pub(crate) fn compares_activities(&self) -> bool {
        self.sdk.compares_activities()
    }

    /// Why core does not take `event` as the record of the command at this place of the task.
    pub(crate) fn refusal(&self, index: usize, event: &Event) -> Fault {
        let Some(queued) = self.queue.get(index) else {
            return Fault::Nondeterminism(format!(
                "No command scheduled for event {}",
                printed(event)
            ));
        };
        match (queued.machine, &event.kind) {
            (
                Machine::Activity(seq),
                EventKind::ActivityTaskScheduled(_) | EventKind::ActivityTaskCancelRequested(_),
            ) => {
                let activity = &self.activities[&seq];
                activity.differs(event).map_or_else(
                    || Fault::Fatal(no_transition("ActivityMachine", activity.state, event)),
                    Fault::Nondeterminism,
                )
            }
            (Machine::Timer(seq), EventKind::TimerStarted(_) | EventKind::TimerCanceled(_)) => {
                Fault::Fatal(no_transition("TimerMachine", self.timers[&seq].state, event))
            }
            (Machine::Activity(_), _) => refuses("Activity", event),
            (Machine::Timer(_), _) => refuses("Timer", event),
            (Machine::Close(name), _) => refuses(name, event),
        }
    }
}

impl Activity {
    /// How `event` names another activity than this one, which waits to be recorded.
    fn differs(&self, event: &Event) -> Option<String> {
        let EventKind::ActivityTaskScheduled(scheduled) = &event.kind else { return None };
        if self.state != ActivityState::ScheduleCommandCreated {
            return None;
        }
        let (recorded, name) = (&scheduled.activity_id, &scheduled.activity_type.name);
        Some(if *recorded == self.id {
            format!(
                "Activity type of scheduled event '{name}' does not match activity type of activity command '{}'",
                self.name
            )
        } else {
            format!(
                "Activity id of scheduled event '{recorded}' does not match activity id of activity command '{}'",
                self.id
            )
        })
    }
}

fn refuses(machine: &str, event: &Event) -> Fault {
    Fault::Nondeterminism(format!(
        "{machine} machine does not handle this event: {}",
        printed(event)
    ))
}
