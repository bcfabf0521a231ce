//! Workflow commands to server commands: numbered, withdrawn, in the order in which they are sent.
//!
//! Every command that is sent leaves one event behind the `WorkflowTaskCompleted`, so that its id can be told before: the
//! id of the `WorkflowTaskStarted`, plus 2, plus the index of the command. It serves as the default id of an
//! activity or timer, and names the activity in a cancel.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use rehearsal_activation::{
    ScheduleActivity, ScheduleActivityTask, Seq, ServerCommand, StartTimer, WorkflowCommand,
};
use rehearsal_history::{EventId, SmolStr, UserMetadata};

use super::operation::{Activity, Operations, Phase, Refusal, Timer};

impl Operations {
    /// What is sent for `commands`, asked for in the task of this `WorkflowTaskStarted`.
    ///
    /// A cancel of what has ended, or was canceled before, is dropped and takes no id (C-18). A close command goes last;
    /// if there is more than one, the first counts.
    pub(crate) fn send(
        &mut self,
        started: EventId,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Vec<ServerCommand>, Refusal> {
        let mut sent = Vec::with_capacity(commands.len());
        let mut close = None;
        for command in commands {
            let id = started.plus(2 + sent.len() as u64);
            if let Some(what) = command.not_simulated() {
                return Err(Refusal::NotSimulated(what));
            }
            match command {
                WorkflowCommand::ScheduleActivity(schedule) => {
                    sent.push(self.schedule(id, *schedule)?);
                }
                WorkflowCommand::StartTimer(timer) => sent.push(self.start_timer(id, timer)),
                WorkflowCommand::RequestCancelActivity { seq } => {
                    sent.extend(self.cancel_activity(seq)?);
                }
                WorkflowCommand::CancelTimer { seq } => sent.extend(self.cancel_timer(seq)?),
                // A flag of the completion.
                WorkflowCommand::SelectorReceived => {}
                WorkflowCommand::CompleteWorkflow { result } => {
                    close.get_or_insert(ServerCommand::CompleteWorkflow { result });
                }
                WorkflowCommand::FailWorkflow { failure } => {
                    close.get_or_insert(ServerCommand::FailWorkflow { failure });
                }
                WorkflowCommand::CancelWorkflow { details } => {
                    close.get_or_insert(ServerCommand::CancelWorkflow { details });
                }
                _ => return Err(Refusal::NotSimulated("a command of a later version")),
            }
        }
        sent.extend(close);
        Ok(sent)
    }

    fn schedule(
        &mut self,
        id: EventId,
        schedule: ScheduleActivity,
    ) -> Result<ServerCommand, Refusal> {
        let activity_id = schedule.activity_id.unwrap_or_else(|| number(id));
        let runs = |other: &Activity| other.id == activity_id && other.phase != Phase::Ended;
        if self.activities.values().any(runs) {
            // In Go's words (recorded: `activity-id-reused`).
            return Err(Refusal::Illegal(format!(
                "adding duplicate command CommandType: Activity, ID: {activity_id}, state=Created, \
                 isDone()=false, history=[Created]"
            )));
        }
        let activity = Activity {
            id: activity_id.clone(),
            name: schedule.activity_type.clone(),
            scheduled: id,
            phase: Phase::Pending,
        };
        self.activities.insert(schedule.seq, activity);
        self.by_scheduled.insert(id, schedule.seq);
        let task_queue = schedule.task_queue.unwrap_or_else(|| self.task_queue.clone());
        // Go asks for the build of the workflow where workers of both are likely the same: on the same queue.
        let use_workflow_build_id = task_queue == self.task_queue;
        Ok(ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
            activity_id,
            activity_type: schedule.activity_type,
            task_queue,
            input: schedule.input,
            header: schedule.header,
            schedule_to_close: schedule.schedule_to_close,
            schedule_to_start: schedule.schedule_to_start,
            start_to_close: schedule.start_to_close,
            heartbeat: schedule.heartbeat,
            retry_policy: schedule.retry_policy,
            use_workflow_build_id,
            user_metadata: schedule.summary.map(UserMetadata::of_summary).map(Box::new),
        })))
    }

    fn start_timer(&mut self, id: EventId, timer: StartTimer) -> ServerCommand {
        let timer_id = number(id);
        self.timers.insert(timer.seq, Timer { id: timer_id.clone(), phase: Phase::Pending });
        self.by_timer_id.insert(timer_id.clone(), timer.seq);
        let user_metadata = timer.summary.map(UserMetadata::of_summary).map(Box::new);
        ServerCommand::StartTimer { timer_id, after: timer.after, user_metadata }
    }

    fn cancel_activity(&mut self, seq: Seq) -> Result<Option<ServerCommand>, Refusal> {
        let activity = self.activities.get_mut(&seq).ok_or_else(|| {
            Refusal::Illegal(format!("cancel of activity {seq}, which was never scheduled"))
        })?;
        if !activity.phase.sends_cancel() {
            return Ok(None);
        }
        activity.phase = Phase::CancelSent;
        Ok(Some(ServerCommand::RequestCancelActivityTask {
            scheduled: activity.scheduled,
            user_metadata: None,
        }))
    }

    fn cancel_timer(&mut self, seq: Seq) -> Result<Option<ServerCommand>, Refusal> {
        let timer = self.timers.get_mut(&seq).ok_or_else(|| {
            Refusal::Illegal(format!("cancel of timer {seq}, which was never started"))
        })?;
        if !timer.phase.sends_cancel() {
            return Ok(None);
        }
        timer.phase = Phase::CancelSent;
        Ok(Some(ServerCommand::CancelTimer { timer_id: timer.id.clone(), user_metadata: None }))
    }
}

fn number(id: EventId) -> SmolStr {
    id.to_string().into()
}
