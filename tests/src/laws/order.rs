//! Any sequence of inputs to the service, legal or not, in any order.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rehearsal_activation::{
    CancelExternalWorkflow, ExternalTarget, Query, ScheduleActivityTask, ServerCommand,
    SignalExternalWorkflow, StartChildWorkflow, TaskOutcome, TaskResponse, TaskToken,
    UpdateMessage, WorkerTaskFailure,
};
use rehearsal_history::event::{SdkMetadata, UpdateMeta, UpdateRequest};
use rehearsal_history::{
    Event, EventId, Failure, ParentClosePolicy, RetryPolicy, SmolStr, TaskQueue, Timestamp,
    WorkflowIdConflictPolicy, WorkflowTaskFailedCause,
};
use rehearsal_service::{
    Across, ActivityToken, Answer, Effect, Input, Outbox, Poll, QueryInput, RunRef, Service,
    ServiceConfig, StartWorkflow, Target,
};

/// One thing that somebody does to the service.
#[derive(Debug, Clone)]
enum Doing {
    Pass { tenths: u16 },
    TakeTask { which: usize },
    Answer { which: usize, commands: Vec<Order>, sticky: bool },
    FailTask { which: usize },
    TakeActivity { which: usize },
    Heartbeat { which: usize },
    Complete { which: usize },
    Fail { which: usize },
    Cancel { which: usize },
    Transfer { which: usize },
    TerminateChild { id: u8 },
    Signal,
    SignalWithStart,
    Update { id: u8 },
    UpdateWithStart { id: u8 },
    Ask,
    RequestCancel,
    Terminate,
}

/// A command with small ids, so that they clash.
#[derive(Debug, Clone)]
enum Order {
    Schedule(u8),
    CancelActivity(u8),
    StartTimer(u8),
    CancelTimer(u8),
    StartChild(u8),
    CancelChild(u8),
    SignalOther(u8),
    Accept(u8),
    Reject(u8),
    End(u8),
    Complete,
    Fail,
    Cancel,
    ContinueAsNew,
}

/// What another run may follow a run for.
#[derive(Debug, Clone, Copy)]
struct Follows {
    retry: bool,
    cron: bool,
    delay: bool,
}

/// A sequence of inputs.
#[derive(Debug, Clone)]
pub struct Inputs(Follows, Vec<Doing>);

/// Any sequence.
pub fn any_inputs() -> impl Strategy<Value = Inputs> {
    let order = prop_oneof![
        4 => (0..4_u8).prop_map(Order::Schedule),
        3 => (4..16_u8).prop_map(Order::CancelActivity),
        4 => (0..4_u8).prop_map(Order::StartTimer),
        3 => (0..4_u8).prop_map(Order::CancelTimer),
        3 => (0..3_u8).prop_map(Order::StartChild),
        2 => (0..3_u8).prop_map(Order::CancelChild),
        2 => (0..4_u8).prop_map(Order::SignalOther),
        3 => (0..3_u8).prop_map(Order::Accept),
        2 => (0..3_u8).prop_map(Order::Reject),
        3 => (0..3_u8).prop_map(Order::End),
        1 => Just(Order::Complete),
        1 => Just(Order::Fail),
        1 => Just(Order::Cancel),
        1 => Just(Order::ContinueAsNew),
    ];
    let which = 0..3_usize;
    let doing = prop_oneof![
        4 => (0..60_u16).prop_map(|tenths| Doing::Pass { tenths }),
        6 => which.clone().prop_map(|which| Doing::TakeTask { which }),
        6 => (which.clone(), prop::collection::vec(order, 0..4), any::<bool>())
            .prop_map(|(which, commands, sticky)| Doing::Answer { which, commands, sticky }),
        1 => which.clone().prop_map(|which| Doing::FailTask { which }),
        4 => which.clone().prop_map(|which| Doing::TakeActivity { which }),
        2 => which.clone().prop_map(|which| Doing::Heartbeat { which }),
        2 => which.clone().prop_map(|which| Doing::Complete { which }),
        2 => which.clone().prop_map(|which| Doing::Fail { which }),
        2 => which.clone().prop_map(|which| Doing::Cancel { which }),
        5 => which.prop_map(|which| Doing::Transfer { which }),
        1 => (0..3_u8).prop_map(|id| Doing::TerminateChild { id }),
        3 => Just(Doing::Signal),
        1 => Just(Doing::SignalWithStart),
        3 => (0..3_u8).prop_map(|id| Doing::Update { id }),
        1 => (0..3_u8).prop_map(|id| Doing::UpdateWithStart { id }),
        1 => Just(Doing::Ask),
        2 => Just(Doing::RequestCancel),
        1 => Just(Doing::Terminate),
    ];
    let follows = any::<(bool, bool, bool)>();
    let follows = follows.prop_map(|(retry, cron, delay)| Follows { retry, cron, delay });
    (follows, prop::collection::vec(doing, 0..60)).prop_map(|(follows, all)| Inputs(follows, all))
}

/// The service under test, with everything that it has given out.
struct Player {
    service: Service,
    now: Timestamp,
    out: Outbox,
    tasks: Vec<(RunRef, EventId, u32)>,
    taken: Vec<TaskToken>,
    activities: Vec<(RunRef, EventId, u32)>,
    attempts: Vec<ActivityToken>,
    transfers: Vec<(RunRef, Across)>,
    histories: Vec<Vec<Arc<Event>>>,
}

impl Inputs {
    /// Plays the sequence and returns the history as it stands after every input.
    ///
    /// # Panics
    ///
    /// Panics if the workflow cannot be started.
    #[must_use]
    pub fn play(&self) -> Vec<Vec<Arc<Event>>> {
        let mut player = Player {
            service: Service::new(ServiceConfig { rebuilds: true, ..ServiceConfig::default() }),
            now: Timestamp::from_nanos(1_000_000_000_000_000_000),
            out: Outbox::default(),
            tasks: Vec::new(),
            taken: Vec::new(),
            activities: Vec::new(),
            attempts: Vec::new(),
            transfers: Vec::new(),
            histories: Vec::new(),
        };
        player.give(Input::StartWorkflow(Box::new(start(self.0))));
        for doing in &self.1 {
            player.play(doing);
        }
        player.histories
    }
}

fn start(follows: Follows) -> StartWorkflow {
    let policy = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
    StartWorkflow {
        workflow_id: "order".into(),
        run_id: "11111111-2222-4333-8444-555555555555".into(),
        workflow_type: "Any".into(),
        task_queue: "main".into(),
        identity: "client".into(),
        start_delay: (follows.delay && !follows.cron).then_some(Duration::from_secs(2)),
        retry_policy: follows.retry.then_some(policy),
        cron_schedule: if follows.cron { "@every 5s".into() } else { "".into() },
        ..StartWorkflow::default()
    }
}

fn target() -> Target {
    Target::current("order")
}

const WORKER: SmolStr = SmolStr::new_static("worker");

impl Player {
    fn give(&mut self, input: Input) {
        // A refusal is an answer like any other; the history must be whole all the same.
        match self.service.handle(self.now, input, &mut self.out) {
            Ok(
                Answer::WorkflowTask(task)
                | Answer::TaskDone { next: Some(task) }
                | Answer::TaskDropped { next: Some(task), .. },
            ) => {
                self.taken.push(task.token);
            }
            Ok(Answer::ActivityTask(task)) => self.attempts.push(task.token),
            Ok(_) | Err(_) => {}
        }
        for effect in std::mem::take(&mut self.out.effects) {
            match effect {
                Effect::WorkflowTask { run, scheduled, attempt, .. } => {
                    self.tasks.push((run, scheduled, attempt));
                }
                Effect::Transfer { run, across, .. } => self.transfers.push((run, across)),
                Effect::ActivityTask { run, scheduled, attempt, .. } => {
                    self.activities.push((run, scheduled, attempt));
                }
                Effect::Closed { run } => {
                    self.histories.push(self.service.visible_history(run));
                }
                Effect::Started { .. }
                | Effect::Loose { .. }
                | Effect::Query { .. }
                | Effect::QueryCleared { .. }
                | Effect::QueryAnswered { .. } => {}
            }
        }
        for run in self.service.runs() {
            self.histories.push(self.service.visible_history(run));
        }
    }

    /// The last few that were given out; stale ones among them.
    fn recent<T: Clone>(from: &[T], which: usize) -> Option<T> {
        from.iter().rev().nth(which).cloned()
    }

    fn play(&mut self, doing: &Doing) {
        if let Doing::Pass { tenths } = doing {
            self.now = self.now + Duration::from_millis(u64::from(*tenths) * 100);
        }
        if let Some(input) = Self::client(doing)
            .or_else(|| self.messages(doing))
            .or_else(|| self.worker(doing))
            .or_else(|| self.activity(doing))
            .or_else(|| self.transfer(doing))
        {
            self.give(input);
        }
    }

    /// What a client or the clock does.
    fn client(doing: &Doing) -> Option<Input> {
        match doing {
            Doing::Pass { .. } => Some(Input::Elapsed),
            Doing::Signal => Some(Input::SignalWorkflow {
                target: target(),
                name: "go".into(),
                input: None,
                header: None,
                identity: WORKER,
                request_id: SmolStr::default(),
            }),
            Doing::RequestCancel => Some(Input::RequestCancelWorkflow {
                target: target(),
                reason: "".into(),
                identity: WORKER,
            }),
            Doing::TerminateChild { id } => Some(Input::TerminateWorkflow {
                target: Target::current(child_id(*id)),
                reason: "enough".into(),
                details: None,
                identity: WORKER,
            }),
            Doing::Terminate => Some(Input::TerminateWorkflow {
                target: target(),
                reason: "enough".into(),
                details: None,
                identity: WORKER,
            }),
            _ => None,
        }
    }

    /// What a client asks of workflow code, and starts it for.
    fn messages(&self, doing: &Doing) -> Option<Input> {
        let started = self.service.runs().count();
        let start = || {
            Box::new(StartWorkflow {
                run_id: format!("33333333-2222-4333-8444-{started:012}").into(),
                id_conflict_policy: WorkflowIdConflictPolicy::UseExisting,
                ..start(Follows { retry: false, cron: false, delay: false })
            })
        };
        Some(match doing {
            Doing::SignalWithStart => {
                Input::SignalWithStart { start: start(), name: "go".into(), input: None }
            }
            Doing::Update { id } => {
                Input::UpdateWorkflow { target: target(), request: Box::new(update(*id)) }
            }
            Doing::UpdateWithStart { id } => {
                Input::UpdateWithStart { start: start(), request: Box::new(update(*id)) }
            }
            Doing::Ask => Input::Query(Box::new(QueryInput::Ask {
                target: target(),
                query: Query { id: "query".into(), name: "done".into(), ..Query::default() },
                until: Timestamp::EPOCH,
            })),
            _ => return None,
        })
    }

    /// What a worker does with tasks.
    fn worker(&self, doing: &Doing) -> Option<Input> {
        match doing {
            Doing::TakeTask { which } => {
                Self::recent(&self.tasks, *which).map(|(run, scheduled, attempt)| {
                    Input::StartWorkflowTask {
                        run,
                        scheduled,
                        attempt,
                        identity: WORKER,
                        request_id: "request".into(),
                        poll: Poll::Normal,
                    }
                })
            }
            Doing::Answer { which, commands, sticky } => {
                Self::recent(&self.taken, *which).map(|token| {
                    let queue =
                        || (TaskQueue::sticky("worker:sticky", "main"), Duration::from_secs(5));
                    let outcome = TaskOutcome::Completed {
                        commands: commands.iter().map(command).collect(),
                        sticky: sticky.then(queue),
                        sdk_metadata: SdkMetadata::default(),
                        force_new_task: false,
                        return_new_task: true,
                    };
                    respond(token, outcome)
                })
            }
            Doing::FailTask { which } => Self::recent(&self.taken, *which).map(|token| {
                let failure = WorkerTaskFailure {
                    cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
                    failure: Failure::application("broken", "PanicError"),
                };
                respond(token, TaskOutcome::Failed(Box::new(failure)))
            }),
            Doing::TakeActivity { which } => {
                Self::recent(&self.activities, *which).map(|(run, scheduled, attempt)| {
                    Input::StartActivityTask {
                        run,
                        scheduled,
                        attempt,
                        identity: WORKER,
                        request_id: "request".into(),
                    }
                })
            }
            _ => None,
        }
    }

    /// What the server does between runs, twice over and out of order too.
    fn transfer(&self, doing: &Doing) -> Option<Input> {
        let Doing::Transfer { which } = doing else { return None };
        let (run, across) = Self::recent(&self.transfers, *which)?;
        let started = self.service.runs().count();
        let run_id = format!("22222222-2222-4333-8444-{started:012}").into();
        Some(Input::Transfer { run, across, run_id })
    }

    /// What an activity does.
    fn activity(&self, doing: &Doing) -> Option<Input> {
        let (Doing::Heartbeat { which }
        | Doing::Complete { which }
        | Doing::Fail { which }
        | Doing::Cancel { which }) = doing
        else {
            return None;
        };
        let token = Self::recent(&self.attempts, *which)?;
        Some(match doing {
            Doing::Complete { .. } => {
                Input::RespondActivityCompleted { token, result: None, identity: WORKER }
            }
            Doing::Fail { .. } => Input::RespondActivityFailed {
                token,
                failure: Failure::application("failed", ""),
                last_heartbeat_details: None,
                identity: WORKER,
            },
            Doing::Cancel { .. } => {
                Input::RespondActivityCanceled { token, details: None, identity: WORKER }
            }
            _ => Input::RecordHeartbeat { token, details: None },
        })
    }
}

fn update_id(id: u8) -> SmolStr {
    format!("update-{id}").into()
}

fn update(id: u8) -> UpdateRequest {
    UpdateRequest {
        meta: Some(UpdateMeta { update_id: update_id(id), ..UpdateMeta::default() }),
        ..UpdateRequest::default()
    }
}

/// What a worker says of an update.
fn answer(message: UpdateMessage) -> ServerCommand {
    ServerCommand::AnswerUpdate(Box::new(message))
}

fn respond(token: TaskToken, outcome: TaskOutcome) -> Input {
    let response = TaskResponse { token, identity: WORKER, outcome, answers: Vec::new() };
    Input::RespondWorkflowTask { response, request_id: "request".into() }
}

fn child_id(id: u8) -> SmolStr {
    format!("child-{id}").into()
}

/// A child, or the workflow itself.
fn other(id: u8, child_only: bool) -> ExternalTarget {
    let workflow_id = if id == 3 { "order".into() } else { child_id(id) };
    ExternalTarget { workflow_id, run_id: None, child_only }
}

fn command(order: &Order) -> ServerCommand {
    match order {
        Order::Schedule(id) => {
            ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
                activity_id: id.to_string().into(),
                activity_type: "Work".into(),
                task_queue: "main".into(),
                start_to_close: Some(Duration::from_secs(u64::from(*id))),
                heartbeat: Some(Duration::from_secs(1)),
                ..ScheduleActivityTask::default()
            }))
        }
        Order::CancelActivity(id) => ServerCommand::RequestCancelActivityTask {
            scheduled: EventId(u64::from(*id)),
            user_metadata: None,
        },
        Order::StartTimer(id) => ServerCommand::StartTimer {
            timer_id: id.to_string().into(),
            after: Duration::from_secs(u64::from(*id)),
            user_metadata: None,
        },
        Order::CancelTimer(id) => {
            ServerCommand::CancelTimer { timer_id: id.to_string().into(), user_metadata: None }
        }
        Order::StartChild(id) => ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
            workflow_id: child_id(*id),
            workflow_type: "Any".into(),
            parent_close_policy: match id {
                0 => ParentClosePolicy::Terminate,
                1 => ParentClosePolicy::RequestCancel,
                _ => ParentClosePolicy::Abandon,
            },
            ..StartChildWorkflow::default()
        })),
        Order::CancelChild(id) => {
            ServerCommand::RequestCancelExternalWorkflow(Box::new(CancelExternalWorkflow {
                target: other(*id, true),
                ..CancelExternalWorkflow::default()
            }))
        }
        Order::SignalOther(id) => {
            ServerCommand::SignalExternalWorkflow(Box::new(SignalExternalWorkflow {
                target: other(*id, false),
                name: "go".into(),
                ..SignalExternalWorkflow::default()
            }))
        }
        Order::Accept(id) => answer(UpdateMessage::Accept {
            update_id: update_id(*id),
            sequencing: EventId(u64::from(*id)),
            request: update(*id),
        }),
        Order::Reject(id) => answer(UpdateMessage::Reject {
            update_id: update_id(*id),
            failure: Box::new(Failure::application("no", "")),
        }),
        Order::End(id) => {
            answer(UpdateMessage::Complete { update_id: update_id(*id), outcome: Ok(None) })
        }
        Order::Complete => ServerCommand::CompleteWorkflow { result: None },
        Order::Fail => {
            ServerCommand::FailWorkflow { failure: Box::new(Failure::application("failed", "")) }
        }
        Order::Cancel => ServerCommand::CancelWorkflow { details: None },
        Order::ContinueAsNew => ServerCommand::ContinueAsNew(Box::default()),
    }
}
