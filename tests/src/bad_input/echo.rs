//! A workflow that asks for what a history says it asked for, task after task, whatever it is told.

use std::collections::{BTreeMap, VecDeque};

use rehearsal_activation::{
    Activation, Completion, Definition, Instance, ScheduleActivity, Seq, StartTimer,
    WorkflowCommand,
};
use rehearsal_history::{EventId, EventKind, History};

/// The definition of such a workflow.
#[derive(Debug, Clone)]
pub struct Echo(VecDeque<Vec<WorkflowCommand>>);

impl Echo {
    /// One that asks for nothing.
    #[must_use]
    pub const fn silent() -> Self {
        Self(VecDeque::new())
    }

    /// One that asks for the activities, timers, cancels and the end that `history` has.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut tasks = VecDeque::new();
        let mut seqs: BTreeMap<EventId, Seq> = BTreeMap::new();
        for event in history.events() {
            if matches!(event.kind, EventKind::WorkflowTaskCompleted(_)) {
                tasks.push_back(Vec::new());
            }
            let seq = Seq(u32::try_from(seqs.len() + 1).unwrap_or(u32::MAX));
            let known = |id: EventId| seqs.get(&id).copied().unwrap_or(seq);
            let command = match &event.kind {
                EventKind::ActivityTaskScheduled(e) => {
                    WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
                        seq,
                        activity_type: e.activity_type.name.clone(),
                        input: e.input.clone(),
                        schedule_to_close: e.schedule_to_close_timeout,
                        schedule_to_start: e.schedule_to_start_timeout,
                        start_to_close: e.start_to_close_timeout,
                        heartbeat: e.heartbeat_timeout,
                        retry_policy: e.retry_policy.clone(),
                        ..ScheduleActivity::default()
                    }))
                }
                EventKind::TimerStarted(e) => {
                    let after = e.start_to_fire_timeout.unwrap_or_default();
                    WorkflowCommand::StartTimer(StartTimer { seq, after, summary: None })
                }
                EventKind::ActivityTaskCancelRequested(e) => {
                    let seq = known(e.scheduled_event_id);
                    WorkflowCommand::RequestCancelActivity { seq }
                }
                EventKind::TimerCanceled(e) => {
                    WorkflowCommand::CancelTimer { seq: known(e.started_event_id) }
                }
                EventKind::WorkflowExecutionCompleted(e) => {
                    WorkflowCommand::CompleteWorkflow { result: e.result.clone() }
                }
                EventKind::WorkflowExecutionFailed(e) => WorkflowCommand::FailWorkflow {
                    failure: Box::new(e.failure.clone().unwrap_or_default()),
                },
                EventKind::WorkflowExecutionCanceled(e) => {
                    WorkflowCommand::CancelWorkflow { details: e.details.clone() }
                }
                _ => continue,
            };
            seqs.insert(event.id, seq);
            if let Some(task) = tasks.back_mut() {
                task.push(command);
            }
        }
        Self(tasks)
    }
}

impl Definition for Echo {
    fn workflow_type(&self) -> &'static str {
        "echo"
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        Box::new(Running(self.0.clone()))
    }
}

/// One run of an [`Echo`]; behind its end it asks for nothing.
struct Running(VecDeque<Vec<WorkflowCommand>>);

impl Instance for Running {
    fn activate(&mut self, _: &Activation) -> Completion {
        Completion::Commands(self.0.pop_front().unwrap_or_default())
    }

    fn pending(&self) -> Vec<String> {
        Vec::new()
    }
}
