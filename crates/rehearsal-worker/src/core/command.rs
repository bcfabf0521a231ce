//! Workflow commands to server commands: what is canceled before it is sent leaves none.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use rehearsal_activation::{
    ActivityResolution, Job, ScheduleActivity, ScheduleActivityTask, Seq, ServerCommand,
    StartTimer, WorkflowCommand,
};
use rehearsal_history::{EventId, SmolStr, UserMetadata};

use super::activity::{ActivityInput, ActivityReaction, ActivityState};
use super::failure::{Fault, activity_canceled};
use super::machines::{Activity, Machine, Machines, Queued, Timer};
use super::timer::{TimerInput, TimerReaction, TimerState};

impl Machines {
    /// Takes what one activation asks for. A close command goes last; of several the first counts (C-48). In a replay of
    /// what an older core has recorded, nothing behind it counts.
    ///
    /// # Errors
    ///
    /// A [`Fault`] if the machines cannot take it.
    pub(crate) fn answer(
        &mut self,
        replaying: bool,
        mut commands: Vec<WorkflowCommand>,
    ) -> Result<(), Fault> {
        if let Some(what) = commands.iter().find_map(WorkflowCommand::not_simulated) {
            return Err(Fault::NotSimulated(what.into()));
        }
        let first_close = commands.iter().position(WorkflowCommand::is_close);
        let close = first_close.map(|at| {
            let close = commands.remove(at);
            if replaying && !self.sdk.moves_terminal_commands() {
                commands.truncate(at);
            }
            close
        });
        for command in commands.into_iter().filter(|command| !command.is_close()).chain(close) {
            self.take(command)?;
        }
        for seq in core::mem::take(&mut self.canceled) {
            if let Some(timer) = self.timers.get_mut(&seq)
                && let Ok((state, _)) = timer.state.on(TimerInput::CancelTaken)
            {
                timer.state = state;
            }
        }
        Ok(())
    }

    fn take(&mut self, command: WorkflowCommand) -> Result<(), Fault> {
        let (machine, command) = match command {
            WorkflowCommand::ScheduleActivity(schedule) => {
                (Machine::Activity(schedule.seq), self.schedule(*schedule))
            }
            WorkflowCommand::StartTimer(timer) => {
                (Machine::Timer(timer.seq), self.start_timer(timer))
            }
            WorkflowCommand::RequestCancelActivity { seq } => return self.cancel_activity(seq),
            WorkflowCommand::CancelTimer { seq } => return self.cancel_timer(seq),
            // Core has no such selectors.
            WorkflowCommand::SelectorReceived => return Ok(()),
            WorkflowCommand::CompleteWorkflow { result } => {
                (Machine::Close("Complete workflow"), ServerCommand::CompleteWorkflow { result })
            }
            WorkflowCommand::FailWorkflow { failure } => {
                (Machine::Close("Fail workflow"), ServerCommand::FailWorkflow { failure })
            }
            WorkflowCommand::CancelWorkflow { details } => {
                (Machine::Close("Cancel workflow"), ServerCommand::CancelWorkflow { details })
            }
            _ => return Err(Fault::NotSimulated("a command of a later version".into())),
        };
        self.queue.push(Queued { machine, command });
        Ok(())
    }

    /// An id that workflow code does not choose is the number (I-1).
    fn schedule(&mut self, schedule: ScheduleActivity) -> ServerCommand {
        let activity_id = schedule.activity_id.unwrap_or_else(|| number(schedule.seq));
        let user_metadata = schedule.summary.map(UserMetadata::of_summary).map(Box::new);
        let activity = Activity {
            id: activity_id.clone(),
            name: schedule.activity_type.clone(),
            scheduled: EventId::NONE,
            cancellation: schedule.cancellation_type,
            user_metadata: user_metadata.clone(),
            state: ActivityState::ScheduleCommandCreated,
        };
        self.activities.insert(schedule.seq, activity);
        let task_queue = schedule.task_queue.unwrap_or_else(|| self.task_queue.clone());
        // `determine_use_compatible_flag`: the same build where the queues are the same.
        let use_workflow_build_id = task_queue == self.task_queue;
        ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
            activity_id,
            activity_type: schedule.activity_type,
            task_queue,
            input: schedule.input,
            // Core always sends a header, even an empty one.
            header: Some(schedule.header.unwrap_or_default()),
            schedule_to_close: schedule.schedule_to_close,
            schedule_to_start: schedule.schedule_to_start,
            start_to_close: schedule.start_to_close,
            heartbeat: schedule.heartbeat,
            retry_policy: schedule.retry_policy,
            use_workflow_build_id,
            user_metadata,
        }))
    }

    fn start_timer(&mut self, timer: StartTimer) -> ServerCommand {
        let user_metadata = timer.summary.map(UserMetadata::of_summary).map(Box::new);
        let machine =
            Timer { user_metadata: user_metadata.clone(), state: TimerState::StartCommandCreated };
        self.timers.insert(timer.seq, machine);
        ServerCommand::StartTimer { timer_id: number(timer.seq), after: timer.after, user_metadata }
    }

    fn cancel_activity(&mut self, seq: Seq) -> Result<(), Fault> {
        let activity =
            self.activities.get_mut(&seq).ok_or_else(|| missing(&format!("Activity({seq})")))?;
        let (state, reaction) = activity
            .state
            .on(ActivityInput::Cancel, activity.cancellation)
            .map_err(|_| invalid())?;
        activity.state = state;
        let (scheduled, told) = (activity.scheduled, activity_canceled(activity, None));
        let user_metadata = activity.user_metadata.clone();
        let told =
            Job::ResolveActivity { seq, resolution: ActivityResolution::Canceled(Box::new(told)) };
        let machine = Machine::Activity(seq);
        // `activity_state_machine.rs` of core sends the annotations of the start with the cancel, too.
        let command = ServerCommand::RequestCancelActivityTask { scheduled, user_metadata };
        let request = Queued { machine, command };
        match reaction {
            ActivityReaction::Suppress => {
                self.queue.retain(|queued| queued.machine != machine);
                self.jobs.push(told);
            }
            ActivityReaction::Request => self.queue.push(request),
            ActivityReaction::RequestAndResolve => {
                self.queue.push(request);
                self.jobs.push(told);
            }
            ActivityReaction::Resolve => self.jobs.push(told),
            ActivityReaction::Nothing | ActivityReaction::Tell => {}
        }
        Ok(())
    }

    fn cancel_timer(&mut self, seq: Seq) -> Result<(), Fault> {
        let timer = self.timers.get_mut(&seq).ok_or_else(|| missing(&format!("Timer({seq})")))?;
        let (state, reaction) = timer.state.on(TimerInput::Cancel).map_err(|_| invalid())?;
        timer.state = state;
        // `timer_state_machine.rs` of core sends the annotations of the start with the cancel, too.
        let user_metadata = timer.user_metadata.clone();
        let machine = Machine::Timer(seq);
        match reaction {
            TimerReaction::Suppress => self.queue.retain(|queued| queued.machine != machine),
            TimerReaction::Cancel => {
                let command = ServerCommand::CancelTimer { timer_id: number(seq), user_metadata };
                self.canceled.push(seq);
                self.queue.push(Queued { machine, command });
            }
            TimerReaction::Nothing | TimerReaction::Tell => {}
        }
        Ok(())
    }
}

fn number(seq: Seq) -> SmolStr {
    seq.to_string().into()
}

fn missing(id: &str) -> Fault {
    Fault::Nondeterminism(format!("Missing associated machine for {id}"))
}

fn invalid() -> Fault {
    Fault::Nondeterminism("Invalid transition in state machine".into())
}
