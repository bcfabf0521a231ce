//! Recordings of a real server, played through the service again.
//!
//! What came from outside (clients, workers, activities) is read off a recording and given to the service at the same
//! times; what the server made of it must come out again, event by event and field by field, once both are scrubbed of
//! what differs from run to run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rehearsal_activation::{
    ScheduleActivityTask, ServerCommand, TaskDelivery, TaskOutcome, TaskResponse, WorkerTaskFailure,
};
use rehearsal_history::event::{ActivityTaskScheduled, SdkMetadata, WorkflowExecutionStarted};
use rehearsal_history::{
    Event, EventId, EventKind, FailureInfo, History, TaskQueue, TimeSkippingConfig, Timestamp,
    WorkflowTaskFailedCause, scrub,
};
use rehearsal_service::{
    ActivityToken, Answer, Effect, Input, Outbox, Poll, RunRef, Service, ServiceConfig,
    StartWorkflow, Target,
};

/// What the server writes for a task that it starts itself (H-16).
const INLINE: &str = "request-from-RespondWorkflowTaskCompleted";

/// The scenarios that need nothing but what is simulated.
const SCENARIOS: [&str; 31] = [
    "activity-timeouts",
    "await-canceled",
    "await-timeout-elapses",
    "buffered-cancel-and-completion-no-wait",
    "buffered-cancel-and-completion-wait",
    "buffered-cancel-then-timer",
    "busy-workflow",
    "cancel-activity-completed-in-buffer",
    "cancel-activity-in-backoff",
    "cancel-activity-not-started",
    "cancel-before-first-task",
    "cancel-outcomes",
    "cancel-timer-fired-in-buffer",
    "no-wait-running",
    "retry-then-success",
    "run-timeout",
    "saga-compensates",
    "seed-cancel-running",
    "seed-completes",
    "seed-no-cancel",
    "short-timers",
    "start-and-cancel-in-one-task",
    "terminate",
    "timer-canceled",
    "unhandled-command",
    "wait-activity-ignores-cancel",
    "wait-activity-returns-canceled-with-details",
    "wait-activity-returns-ctx-err",
    "worker-crash",
    "worker-restart",
    "workflow-panic",
];

#[test]
fn the_service_writes_what_the_server_wrote() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/go");
    for scenario in SCENARIOS {
        let path = golden.join(scenario).join("history.json");
        let recorded = History::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let played = Player::play(&recorded);

        assert_eq!(
            scrub(&played).json,
            scrub(&recorded).json,
            "{scenario}:\n{played}\nrecorded:\n{recorded}"
        );
        played.check_well_formed().unwrap();
    }
}

/// Workflows whose time was skipped, recorded on a server that has `frontend.WorkflowTimeSkippingEnabled` on, each twice with
/// the same sequence of events.
#[test]
fn the_service_skips_where_the_server_has_skipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/skipped");
    let mut played = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let recorded = History::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let simulated = Player::play(&recorded);

        // A timer fires up to a second late, here and there.
        let second = |_| Duration::from_millis(1_200);
        let differences = scrub::compare(&simulated, &recorded, second);
        let shown: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert!(shown.is_empty(), "{}: {shown:#?}\n{simulated}", path.display());
        simulated.check_well_formed().unwrap();
        played.push(path);
    }
    assert_eq!(played.len(), 9);
}

struct Player<'a> {
    recorded: &'a History,
    service: Service,
    now: Timestamp,
    run: RunRef,
    workflow_tasks: Vec<Effect>,
    /// The activities that wait for a worker.
    activity_tasks: Vec<(EventId, u32)>,
    task: Option<TaskDelivery>,
    /// The attempts that run, and whether they heartbeat.
    running: BTreeMap<EventId, (ActivityToken, bool)>,
}

impl<'a> Player<'a> {
    fn play(recorded: &'a History) -> History {
        let mut events: Vec<&Event> = recorded.events().iter().map(|event| &**event).collect();
        events.sort_by_key(|event| event.time);
        let mut service = Service::new(ServiceConfig::default());
        let (run, out) = start(&mut service, events[0].time, recorded.started());
        let mut player = Self {
            recorded,
            service,
            now: events[0].time,
            run,
            workflow_tasks: Vec::new(),
            activity_tasks: Vec::new(),
            task: None,
            running: BTreeMap::new(),
        };
        player.sort_out(out);
        for event in events {
            player.advance(event.time);
            player.cause(event);
        }
        History::new(player.service.visible_history(player.run)).unwrap()
    }

    /// Lets time pass, with heartbeats every half second.
    fn advance(&mut self, to: Timestamp) {
        loop {
            // The time of the run is ahead of that of the service if it was skipped.
            let left = to.since(self.service.time_of(self.run, self.now));
            if left.is_zero() {
                return;
            }
            self.now = self.now + left.min(Duration::from_millis(500));
            self.handle(Input::Elapsed);
            for (token, beats) in self.running.clone().into_values() {
                if beats {
                    let input = Input::RecordHeartbeat { token, details: None };
                    self.service.handle(self.now, input, &mut Outbox::default()).ok();
                }
            }
        }
    }

    fn handle(&mut self, input: Input) -> Option<Answer> {
        let mut out = Outbox::default();
        let answer = self.service.handle(self.now, input, &mut out);
        self.sort_out(out);
        answer.ok()
    }

    fn sort_out(&mut self, out: Outbox) {
        for effect in out.effects {
            match effect {
                Effect::ActivityTask { scheduled, attempt, .. } => self.offered(scheduled, attempt),
                Effect::WorkflowTask { .. } => self.workflow_tasks.push(effect),
                Effect::Started { .. }
                | Effect::Closed { .. }
                | Effect::Loose { .. }
                | Effect::Transfer { .. }
                | Effect::Query { .. }
                | Effect::QueryCleared { .. }
                | Effect::QueryAnswered { .. } => {}
            }
        }
    }

    /// Attempts that the recording only knows to have failed are played at once.
    fn offered(&mut self, scheduled: EventId, attempt: u32) {
        let last = self.recorded.events().iter().find_map(|event| match &event.kind {
            EventKind::ActivityTaskStarted(it) if it.scheduled_event_id == scheduled => Some(it),
            _ => None,
        });
        self.activity_tasks.push((scheduled, attempt));
        let Some(last) = last.filter(|last| u32::try_from(last.attempt).unwrap() > attempt) else {
            return;
        };
        let failure = last.last_failure.clone().expect("the attempt before it failed");
        let token = self.start_activity(scheduled, false);
        if !matches!(failure.info, Some(FailureInfo::Timeout(_))) {
            let identity = "worker-1".into();
            self.handle(Input::RespondActivityFailed {
                token,
                failure,
                last_heartbeat_details: None,
                identity,
            });
        }
    }

    fn start_activity(&mut self, scheduled: EventId, beats: bool) -> ActivityToken {
        let place = self
            .activity_tasks
            .iter()
            .position(|(id, _)| *id == scheduled)
            .expect("it was offered");
        let (scheduled, attempt) = self.activity_tasks.remove(place);
        let (run, identity, request_id) = (self.run, "worker-1".into(), "poll".into());
        let answer =
            self.handle(Input::StartActivityTask { run, scheduled, attempt, identity, request_id });
        let Some(Answer::ActivityTask(task)) = answer else {
            panic!("activity {scheduled}: {answer:?}")
        };
        self.running.insert(scheduled, (task.token, beats));
        task.token
    }

    fn token(&mut self, scheduled: EventId) -> ActivityToken {
        self.running.remove(&scheduled).expect("it runs").0
    }

    /// Does what must have been done for `event` to be recorded.
    fn cause(&mut self, event: &Event) {
        self.ask_as_client(event);
        self.work_on_task(event);
        self.work_on_activity(event);
    }

    fn ask_as_client(&mut self, event: &Event) {
        let target = Target::current(self.recorded.started().workflow_id.clone());
        match event.kind.clone() {
            EventKind::WorkflowExecutionSignaled(it) => {
                let (name, input, identity) = (it.signal_name, it.input, it.identity);
                let (header, request_id) = (it.header, it.request_id);
                self.handle(Input::SignalWorkflow {
                    target,
                    name,
                    input,
                    header,
                    identity,
                    request_id,
                });
            }
            EventKind::WorkflowExecutionCancelRequested(it) => {
                let (reason, identity) = (it.cause, it.identity);
                self.handle(Input::RequestCancelWorkflow { target, reason, identity });
            }
            EventKind::WorkflowExecutionOptionsUpdated(it) => {
                let config = it.time_skipping_config.map(|it| Box::new(as_asked(*it)));
                self.handle(Input::UpdateTimeSkipping { target, config, identity: it.identity });
            }
            EventKind::WorkflowExecutionTerminated(it) => {
                let (reason, details, identity) = (it.reason, it.details, it.identity);
                self.handle(Input::TerminateWorkflow { target, reason, details, identity });
            }
            _ => {}
        }
    }

    fn work_on_task(&mut self, event: &Event) {
        match event.kind.clone() {
            EventKind::WorkflowTaskStarted(it) if it.request_id != INLINE => {
                // The real timer queue is a few milliseconds early now and then.
                while self.workflow_tasks.is_empty() {
                    self.advance(self.service.deadline().expect("something is due"));
                }
                let Some(Effect::WorkflowTask { run, scheduled, attempt, .. }) =
                    self.workflow_tasks.pop()
                else {
                    unreachable!("only workflow tasks are kept there")
                };
                let (identity, request_id) = (it.identity, it.request_id);
                let poll = Poll::Sticky { cached: false };
                let input = Input::StartWorkflowTask {
                    run,
                    scheduled,
                    attempt,
                    identity,
                    request_id,
                    poll,
                };
                let answer = self.handle(input);
                let Some(Answer::WorkflowTask(task)) = answer else {
                    panic!("event {}: {answer:?}", event.id)
                };
                self.task = Some(task);
            }
            EventKind::WorkflowTaskCompleted(it) => {
                let commands = self.commands(event.id);
                let sticky =
                    TaskQueue::sticky("sticky", self.recorded.started().task_queue.name.clone());
                let sticky = Some((sticky, Duration::from_secs(5)));
                let (sdk_metadata, force_new_task) = (it.sdk_metadata.unwrap_or_default(), false);
                self.respond(TaskOutcome::Completed {
                    commands,
                    sticky,
                    sdk_metadata,
                    force_new_task,
                    return_new_task: true,
                });
            }
            EventKind::WorkflowTaskFailed(it)
                if it.cause == WorkflowTaskFailedCause::UnhandledCommand =>
            {
                let commands = vec![ServerCommand::CompleteWorkflow { result: None }];
                let (sdk_metadata, force_new_task) = (SdkMetadata::default(), false);
                self.respond(TaskOutcome::Completed {
                    commands,
                    sticky: None,
                    sdk_metadata,
                    force_new_task,
                    return_new_task: true,
                });
            }
            EventKind::WorkflowTaskFailed(it) => {
                let (cause, failure) = (it.cause, it.failure.unwrap());
                self.respond(TaskOutcome::Failed(Box::new(WorkerTaskFailure { cause, failure })));
            }
            _ => {}
        }
    }

    fn work_on_activity(&mut self, event: &Event) {
        match event.kind.clone() {
            EventKind::ActivityTaskStarted(it) => {
                let ends_by_timeout = self.recorded.events().iter().any(|event| {
                    matches!(&event.kind, EventKind::ActivityTaskTimedOut(end)
                        if end.scheduled_event_id == it.scheduled_event_id)
                });
                self.start_activity(it.scheduled_event_id, !ends_by_timeout);
            }
            EventKind::ActivityTaskCompleted(it) => {
                let (token, result, identity) =
                    (self.token(it.scheduled_event_id), it.result, it.identity);
                self.handle(Input::RespondActivityCompleted { token, result, identity });
            }
            EventKind::ActivityTaskFailed(it) => {
                let (token, identity) = (self.token(it.scheduled_event_id), it.identity);
                let (failure, last_heartbeat_details) = (it.failure.unwrap(), None);
                self.handle(Input::RespondActivityFailed {
                    token,
                    failure,
                    last_heartbeat_details,
                    identity,
                });
            }
            EventKind::ActivityTaskCanceled(it) if !it.started_event_id.is_none() => {
                let (token, details, identity) =
                    (self.token(it.scheduled_event_id), it.details, it.identity);
                self.handle(Input::RespondActivityCanceled { token, details, identity });
            }
            _ => {}
        }
    }

    fn respond(&mut self, outcome: TaskOutcome) {
        let token = self.task.take().expect("a task is started").token;
        let response =
            TaskResponse { token, identity: "worker-1".into(), outcome, answers: Vec::new() };
        let answer =
            self.handle(Input::RespondWorkflowTask { response, request_id: "inline".into() });
        if let Some(Answer::TaskDone { next }) = answer {
            self.task = next;
        }
    }

    /// The commands that the events of a completion came from.
    fn commands(&self, task: EventId) -> Vec<ServerCommand> {
        let command = |event: &Event| match event.kind.clone() {
            EventKind::ActivityTaskScheduled(it) => {
                (it.workflow_task_completed_event_id == task).then(|| schedule(*it))
            }
            EventKind::ActivityTaskCancelRequested(it) => (it.workflow_task_completed_event_id
                == task)
                .then_some(ServerCommand::RequestCancelActivityTask {
                    scheduled: it.scheduled_event_id,
                    user_metadata: event.user_metadata.clone(),
                }),
            EventKind::TimerStarted(it) => {
                (it.workflow_task_completed_event_id == task).then(|| ServerCommand::StartTimer {
                    timer_id: it.timer_id,
                    after: it.start_to_fire_timeout.unwrap(),
                    user_metadata: event.user_metadata.clone(),
                })
            }
            EventKind::TimerCanceled(it) => (it.workflow_task_completed_event_id == task)
                .then_some(ServerCommand::CancelTimer {
                    timer_id: it.timer_id,
                    user_metadata: event.user_metadata.clone(),
                }),
            EventKind::WorkflowExecutionCompleted(it) => (it.workflow_task_completed_event_id
                == task)
                .then_some(ServerCommand::CompleteWorkflow { result: it.result }),
            EventKind::WorkflowExecutionFailed(it) => (it.workflow_task_completed_event_id == task)
                .then(|| ServerCommand::FailWorkflow { failure: Box::new(it.failure.unwrap()) }),
            EventKind::WorkflowExecutionCanceled(it) => (it.workflow_task_completed_event_id
                == task)
                .then_some(ServerCommand::CancelWorkflow { details: it.details }),
            _ => None,
        };
        self.recorded.events().iter().filter_map(|event| command(event)).collect()
    }
}

fn start(
    service: &mut Service,
    now: Timestamp,
    started: &WorkflowExecutionStarted,
) -> (RunRef, Outbox) {
    let start = StartWorkflow {
        workflow_id: started.workflow_id.clone(),
        run_id: started.original_execution_run_id.clone(),
        workflow_type: started.workflow_type.name.clone(),
        task_queue: started.task_queue.name.clone(),
        input: started.input.clone(),
        header: started.header.clone(),
        identity: started.identity.clone(),
        run_timeout: started.workflow_run_timeout,
        execution_timeout: started.workflow_execution_timeout,
        start_delay: started.first_workflow_task_backoff,
        time_skipping: started.time_skipping_config.clone().map(|it| Box::new(as_asked(*it))),
        ..StartWorkflow::default()
    };
    let mut out = Outbox::default();
    let answer = service.handle(now, Input::StartWorkflow(Box::new(start)), &mut out);
    let Ok(Answer::Started(run)) = answer else { panic!("not started: {answer:?}") };
    (run, out)
}

/// How the time of a workflow was asked to be skipped: with a fast-forward it was enabled, though its event may say that it is
/// not any more.
fn as_asked(mut config: TimeSkippingConfig) -> TimeSkippingConfig {
    config.enabled |= config.fast_forward_config.is_some();
    config
}

fn schedule(it: ActivityTaskScheduled) -> ServerCommand {
    ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
        activity_id: it.activity_id,
        activity_type: it.activity_type.name,
        task_queue: it.task_queue.name,
        input: it.input,
        header: it.header,
        schedule_to_close: it.schedule_to_close_timeout,
        schedule_to_start: it.schedule_to_start_timeout,
        start_to_close: it.start_to_close_timeout,
        heartbeat: it.heartbeat_timeout,
        retry_policy: it.retry_policy,
        priority: it.priority,
        use_workflow_build_id: it.use_workflow_build_id,
        user_metadata: None,
    }))
}
