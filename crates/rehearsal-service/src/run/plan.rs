//! What the commands of a completion come to, before any of it happens (W-10 to W-15).
//!
//! Commands build on each other: one may cancel what another has started. So the plan keeps the entities that earlier
//! commands have touched beside the run, evolved by the events it foretells, and the run itself stays as it is until the
//! whole plan holds. Ids are known in advance, as these events stand in one block (H-11).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{ScheduleActivityTask, ServerCommand};
use rehearsal_history::event::{
    TimerStarted, WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionFailed,
};
use rehearsal_history::{Event, EventId, EventKind, RetryState, SmolStr, Timestamp, UserMetadata};

use super::activity::{Activity, ActivityInput};
use super::defect::Defect;
use super::schedule;
use super::state::State;
use super::step::{Decision, Step, is_direct};
use super::timer::{Timer, TimerInput, TimerState};
use crate::config::Limits;

use crate::refusal::{BadCommand, Refusal};

/// The outcome of a completion's commands.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Whether a workflow task must follow: events wait in the buffer, or an activity was canceled in its worker's
    /// place (C-24).
    pub(crate) needs_task: bool,
    /// The activities that wait for a worker now.
    pub(crate) scheduled: Vec<EventId>,
}

/// Where and when the commands come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) now: Timestamp,
    /// The `WorkflowTaskCompleted` that they will stand behind.
    pub(crate) task: EventId,
    /// The worker.
    pub(crate) identity: &'a SmolStr,
    /// How many events wait in the buffer.
    pub(crate) buffered: usize,
    pub(crate) limits: &'a Limits,
    pub(crate) defect: Option<Defect>,
}

/// Plans `commands` in order.
///
/// # Errors
///
/// [`Refusal`] of the first command that does not hold.
pub(crate) fn plan(
    state: &State,
    origin: Origin<'_>,
    commands: Vec<ServerCommand>,
) -> Result<Plan, Refusal> {
    let mut planner = Planner {
        state,
        origin,
        next: origin.task.next(),
        buffered: origin.buffered,
        timers: BTreeMap::new(),
        activities: BTreeMap::new(),
        steps: Vec::new(),
        canceled_unstarted: false,
    };
    for command in commands {
        planner.add(command)?;
    }
    Ok(planner.finish())
}

struct Planner<'a> {
    state: &'a State,
    origin: Origin<'a>,
    /// The id of the next event.
    next: EventId,
    /// How many events that came before this completion still wait in the buffer (W-12).
    buffered: usize,
    /// The timers and activities that the commands so far have touched, as they will be.
    timers: BTreeMap<SmolStr, Timer>,
    activities: BTreeMap<EventId, Box<Activity>>,
    steps: Vec<Step>,
    canceled_unstarted: bool,
}

impl Planner<'_> {
    fn add(&mut self, command: ServerCommand) -> Result<(), Refusal> {
        if command.is_close() && self.buffered > 0 {
            return Err(Refusal::UnhandledCommand);
        }
        let task = self.origin.task;
        match command {
            ServerCommand::ScheduleActivityTask(command) => self.schedule_activity(*command)?,
            ServerCommand::RequestCancelActivityTask { scheduled, user_metadata } => {
                self.cancel_activity(scheduled, user_metadata)?;
            }
            ServerCommand::StartTimer { timer_id, after, user_metadata } => {
                self.start_timer(timer_id, after, user_metadata)?;
            }
            ServerCommand::CancelTimer { timer_id, user_metadata } => {
                self.cancel_timer(timer_id, user_metadata)?;
            }
            ServerCommand::CompleteWorkflow { result } => self.record(
                WorkflowExecutionCompleted {
                    result,
                    workflow_task_completed_event_id: task,
                    ..WorkflowExecutionCompleted::default()
                },
                None,
            ),
            ServerCommand::FailWorkflow { failure } => self.record(
                Box::new(WorkflowExecutionFailed {
                    failure: Some(*failure),
                    // T-11: workflows have no retry policy unless they are given one.
                    retry_state: RetryState::RetryPolicyNotSet,
                    workflow_task_completed_event_id: task,
                    ..WorkflowExecutionFailed::default()
                }),
                None,
            ),
            ServerCommand::CancelWorkflow { details } => self.record(
                WorkflowExecutionCanceled {
                    workflow_task_completed_event_id: task,
                    details,
                    ..WorkflowExecutionCanceled::default()
                },
                None,
            ),
            // Refused by name before a plan is made.
            _ => {
                unreachable!("commands that are not simulated are refused before they are planned")
            }
        }
        Ok(())
    }

    fn schedule_activity(&mut self, mut command: ScheduleActivityTask) -> Result<(), BadCommand> {
        let user_metadata = command.user_metadata.take();
        let settings = &self.state.settings;
        let queue = &self.state.view.task_queue;
        let attributes =
            schedule::attributes(command, self.origin.task, queue, settings.run_timeout)?;
        let pending = self.pending().count();
        let limit = self.origin.limits.pending_activities;
        if pending >= limit {
            return Err(BadCommand::TooManyActivities { pending, limit });
        }
        let activity_id = &attributes.activity_id;
        if self.pending().any(|activity| activity.attributes().activity_id == *activity_id) {
            return Err(BadCommand::DuplicateActivity { activity_id: attributes.activity_id });
        }
        self.record(Box::new(attributes), user_metadata);
        Ok(())
    }

    fn cancel_activity(
        &mut self,
        scheduled: EventId,
        user_metadata: Option<Box<UserMetadata>>,
    ) -> Result<(), BadCommand> {
        if scheduled.is_none() {
            return Err(BadCommand::NoScheduledEvent);
        }
        let unknown = BadCommand::UnknownActivity { scheduled };
        let (task, next, now) = (self.origin.task, self.next, self.origin.now);
        let identity = self.origin.identity.clone();
        let activity =
            self.activities.get(&scheduled).or_else(|| self.state.activities.get(&scheduled));
        let activity = activity.cloned().ok_or_else(|| unknown.clone())?;
        let mut decision = Decision::default();
        activity
            .decide(now, ActivityInput::RequestCancel { task, next, identity }, &mut decision)
            .map_err(|_| unknown)?;
        if let Some(defect) = self.origin.defect {
            defect.bend(now, &mut decision);
        }
        self.canceled_unstarted |= decision.needs_task;
        self.activities.insert(scheduled, activity);
        annotate(&mut decision, user_metadata);
        self.extend(decision);
        Ok(())
    }

    fn start_timer(
        &mut self,
        timer_id: SmolStr,
        after: core::time::Duration,
        user_metadata: Option<Box<UserMetadata>>,
    ) -> Result<(), BadCommand> {
        if timer_id.is_empty() {
            return Err(BadCommand::NoTimerId);
        }
        if self
            .timer(&timer_id)
            .is_some_and(|timer| matches!(timer.state, TimerState::Running { .. }))
        {
            return Err(BadCommand::DuplicateTimer { timer_id });
        }
        let started = TimerStarted {
            timer_id,
            start_to_fire_timeout: Some(after),
            workflow_task_completed_event_id: self.origin.task,
            ..TimerStarted::default()
        };
        self.record(started, user_metadata);
        Ok(())
    }

    fn cancel_timer(
        &mut self,
        timer_id: SmolStr,
        user_metadata: Option<Box<UserMetadata>>,
    ) -> Result<(), BadCommand> {
        if timer_id.is_empty() {
            return Err(BadCommand::NoTimerToCancel);
        }
        let Some(timer) = self.timer(&timer_id).cloned() else {
            return Err(BadCommand::UnknownTimer { timer_id });
        };
        let mut decision = Decision::default();
        let input = TimerInput::Cancel { task: self.origin.task, identity: self.origin.identity };
        if timer.decide(self.origin.now, input, &mut decision).is_err() {
            return Err(BadCommand::UnknownTimer { timer_id });
        }
        self.timers.insert(timer_id, timer);
        annotate(&mut decision, user_metadata);
        self.extend(decision);
        Ok(())
    }

    fn timer(&self, id: &SmolStr) -> Option<&Timer> {
        self.timers.get(id).or_else(|| self.state.timers.get(id))
    }

    /// The activities that will be pending.
    fn pending(&self) -> impl Iterator<Item = &Activity> {
        let untouched =
            self.state.activities.iter().filter(|(id, _)| !self.activities.contains_key(id));
        untouched
            .map(|(_, activity)| activity)
            .chain(self.activities.values())
            .map(|activity| &**activity)
            .filter(|activity| activity.is_pending())
    }

    fn extend(&mut self, decision: Decision) {
        for step in decision.steps {
            match step {
                Step::Event(event) => self.foretell(event),
                Step::Unbuffer { .. } => {
                    self.buffered = self.buffered.saturating_sub(1);
                    self.steps.push(step);
                }
                Step::Task(_) | Step::Activity(..) | Step::Sticky(_) => self.steps.push(step),
            }
        }
    }

    fn record(&mut self, kind: impl Into<EventKind>, user_metadata: Option<Box<UserMetadata>>) {
        let event = Event::new(EventId::NONE, self.origin.now, kind.into());
        self.foretell(Arc::new(Event { user_metadata, ..event }));
    }

    /// Gives an event the id it will have, and evolves what it concerns.
    fn foretell(&mut self, mut event: Arc<Event>) {
        if is_direct(&event.kind) {
            Arc::make_mut(&mut event).id = self.next;
            self.next = self.next.next();
        }
        match &event.kind {
            EventKind::ActivityTaskScheduled(_) => {
                let activity = Activity::new(Arc::clone(&event), event.time);
                self.activities.insert(event.id, Box::new(activity));
            }
            EventKind::ActivityTaskCancelRequested(it) => {
                if let Some(activity) = self.activities.get_mut(&it.scheduled_event_id) {
                    activity.evolve(&event);
                }
            }
            EventKind::ActivityTaskCanceled(it) => {
                if let Some(activity) = self.activities.get_mut(&it.scheduled_event_id) {
                    activity.evolve(&event);
                }
            }
            EventKind::TimerStarted(started) => {
                self.timers.insert(started.timer_id.clone(), Timer::new(&event, started));
            }
            EventKind::TimerCanceled(it) => {
                if let Some(timer) = self.timers.get_mut(&it.timer_id) {
                    timer.evolve(&event);
                }
            }
            _ => {}
        }
        self.steps.push(Step::Event(event));
    }

    fn finish(self) -> Plan {
        let new = self.activities.range(self.origin.task..);
        Plan {
            scheduled: new
                .filter(|(_, activity)| activity.is_pending())
                .map(|(id, _)| *id)
                .collect(),
            needs_task: self.buffered > 0 || self.canceled_unstarted,
            steps: self.steps,
        }
    }
}

/// Puts what came with a cancel command beside the event that echoes it, not beside what the server adds.
fn annotate(decision: &mut Decision, user_metadata: Option<Box<UserMetadata>>) {
    let Some(user_metadata) = user_metadata else { return };
    let echo = decision.steps.iter_mut().find_map(|step| match step {
        Step::Event(event) => Some(event).filter(|event| {
            matches!(
                event.kind,
                EventKind::ActivityTaskCancelRequested(_) | EventKind::TimerCanceled(_)
            )
        }),
        _ => None,
    });
    if let Some(event) = echo {
        Arc::make_mut(event).user_metadata = Some(user_metadata);
    }
}
