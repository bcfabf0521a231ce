//! Random walks: whatever a service is asked, in whatever order, its histories hold (law 6), and evolving a history
//! gives the state of the run that wrote it.

extern crate std;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{
    ScheduleActivityTask, ServerCommand, TaskOutcome, TaskResponse, TaskToken, WorkerTaskFailure,
};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    EventId, Failure, History, SmolStr, TaskQueue, Timestamp, WorkflowTaskFailedCause,
};
use smol_str::format_smolstr;

use super::state::State;
use crate::{
    ActivityResponse, ActivityToken, Answer, Effect, Input, Outbox, PendingKind, PendingState,
    Poll, RunRef, Service, ServiceConfig, StartWorkflow, Target, TaskState,
};

/// Numbers that look random: a linear congruential generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

struct Walk {
    dice: Dice,
    service: Service,
    now: Timestamp,
    run: RunRef,
    offers: Vec<Effect>,
    task: Option<TaskToken>,
    attempts: Vec<ActivityToken>,
    ids: u32,
    /// Activities that were asked to cancel. No SDK asks twice, and the server records a second request if the
    /// activity has ended unseen.
    canceled: BTreeSet<EventId>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let run_timeout = (dice.roll(4) == 0).then(|| Duration::from_secs(60));
        let start = StartWorkflow {
            workflow_id: "wf".into(),
            run_id: "run".into(),
            task_queue: "main".into(),
            run_timeout,
            ..StartWorkflow::default()
        };
        let config = ServiceConfig { rebuilds: true, ..ServiceConfig::default() };
        let mut service = Service::new(config);
        let mut out = Outbox::default();
        service.handle(Timestamp::EPOCH, Input::StartWorkflow(Box::new(start)), &mut out).unwrap();
        let run = service.run_of("wf").unwrap();
        Self {
            dice,
            service,
            now: Timestamp::EPOCH,
            run,
            offers: out.effects,
            task: None,
            attempts: Vec::new(),
            ids: 0,
            canceled: BTreeSet::new(),
        }
    }

    fn step(&mut self) {
        let input = self.input();
        let mut out = Outbox::default();
        let answer = self.service.handle(self.now, input, &mut out);
        self.offers.append(&mut out.effects);
        match answer {
            Ok(Answer::WorkflowTask(task)) => self.task = Some(task.token),
            Ok(Answer::TaskDone { next } | Answer::TaskDropped { next, .. }) => {
                self.task = next.map(|task| task.token);
            }
            Ok(Answer::ActivityTask(task)) => self.attempts.push(task.token),
            Ok(Answer::Started(_) | Answer::Done | Answer::Query(_) | Answer::Heartbeat { .. })
            | Err(_) => {}
        }
    }

    fn input(&mut self) -> Input {
        let (target, identity) = (Target::current("wf"), SmolStr::from("walker"));
        match self.dice.roll(24) {
            0 => Input::SignalWorkflow {
                target,
                name: "go".into(),
                input: None,
                header: None,
                identity,
                request_id: SmolStr::default(),
            },
            1 => Input::RequestCancelWorkflow { target, reason: "".into(), identity },
            2 if self.dice.roll(40) == 0 => {
                Input::TerminateWorkflow { target, reason: "".into(), details: None, identity }
            }
            3..=8 => self.take(identity),
            9..=14 if self.task.is_some() => self.respond(identity),
            15..=18 if !self.attempts.is_empty() => self.attempt(identity),
            19 => self.outside(target, identity),
            _ => {
                self.now = self.now + Duration::from_millis(self.dice.roll(1_500));
                Input::Elapsed
            }
        }
    }

    /// Somebody who knows the id of an activity, and not how it stands.
    fn outside(&mut self, target: Target, identity: SmolStr) -> Input {
        let mut pending = self.service.pending(self.run);
        pending.retain(|op| op.kind == PendingKind::Activity);
        let place = self.dice.roll(pending.len() as u64 + 1);
        let activity_id = match pending.get(usize::try_from(place).unwrap()) {
            Some(op) => op.id.clone(),
            None => "nothing".into(),
        };
        let response = match self.dice.roll(4) {
            0 => ActivityResponse::Completed(None),
            1 => ActivityResponse::Failed(Box::default()),
            2 => ActivityResponse::Canceled(None),
            _ => ActivityResponse::Heartbeat(None),
        };
        Input::RespondActivityById { target, activity_id, response, identity }
    }

    fn take(&mut self, identity: SmolStr) -> Input {
        let request_id = SmolStr::from("poll");
        if self.offers.is_empty() {
            return Input::Elapsed;
        }
        let offer = self.dice.roll(self.offers.len() as u64);
        match self.offers.swap_remove(usize::try_from(offer).unwrap()) {
            Effect::WorkflowTask { run, scheduled, attempt, .. } => {
                let poll = match self.dice.roll(3) {
                    0 => Poll::Normal,
                    1 => Poll::Sticky { cached: false },
                    _ => Poll::Sticky { cached: true },
                };
                Input::StartWorkflowTask { run, scheduled, attempt, identity, request_id, poll }
            }
            Effect::ActivityTask { run, scheduled, attempt, .. } => {
                Input::StartActivityTask { run, scheduled, attempt, identity, request_id }
            }
            Effect::Transfer { run, across, .. } => {
                Input::Transfer { run, across, run_id: format_smolstr!("run-{}", self.ids) }
            }
            Effect::Started { .. }
            | Effect::Closed { .. }
            | Effect::Query { .. }
            | Effect::QueryCleared { .. }
            | Effect::QueryAnswered { .. } => Input::Elapsed,
            Effect::Loose { run, armed, soonest, latest, .. } => {
                let at = if self.dice.roll(2) == 0 { soonest } else { latest };
                Input::Shift { run, armed, at: at.max(self.now) }
            }
        }
    }

    fn respond(&mut self, identity: SmolStr) -> Input {
        // Now and then the same token twice.
        let token =
            if self.dice.roll(8) == 0 { self.task.clone() } else { self.task.take() }.unwrap();
        let outcome = if self.dice.roll(6) == 0 {
            let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
            TaskOutcome::Failed(Box::new(WorkerTaskFailure { cause, failure: Failure::default() }))
        } else {
            let sticky = TaskQueue::sticky("sticky", "main");
            TaskOutcome::Completed {
                commands: self.commands(),
                sticky: (self.dice.roll(2) == 0).then_some((sticky, Duration::from_secs(5))),
                sdk_metadata: SdkMetadata::default(),
                force_new_task: self.dice.roll(12) == 0,
                return_new_task: self.dice.roll(6) != 0,
            }
        };
        Input::RespondWorkflowTask {
            response: TaskResponse { token, identity, outcome, answers: Vec::new() },
            request_id: "inline".into(),
        }
    }

    fn commands(&mut self) -> Vec<ServerCommand> {
        let mut commands = Vec::new();
        for _ in 0..self.dice.roll(5) {
            self.ids += 1;
            let id = format_smolstr!("{}", self.ids);
            let pending = self.service.pending(self.run);
            let old = (!pending.is_empty()).then(|| {
                let place = self.dice.roll(pending.len() as u64);
                pending[usize::try_from(place).unwrap()].clone()
            });
            commands.push(match (self.dice.roll(8), old) {
                (0..=1, _) => {
                    let after = Duration::from_millis(self.dice.roll(5_000));
                    ServerCommand::StartTimer { timer_id: id, after, user_metadata: None }
                }
                (2..=3, _) => ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
                    activity_id: id,
                    activity_type: "Work".into(),
                    start_to_close: Some(Duration::from_secs(3)),
                    heartbeat: (self.dice.roll(2) == 0).then(|| Duration::from_secs(2)),
                    schedule_to_close: (self.dice.roll(3) == 0).then(|| Duration::from_secs(9)),
                    ..ScheduleActivityTask::default()
                })),
                (4, _) => ServerCommand::CancelTimer {
                    timer_id: format_smolstr!("{}", self.dice.roll(40)),
                    user_metadata: None,
                },
                (5, _) => ServerCommand::RequestCancelActivityTask {
                    scheduled: EventId(self.dice.roll(80)),
                    user_metadata: None,
                },
                (_, Some(op)) if op.kind == PendingKind::Timer => {
                    ServerCommand::CancelTimer { timer_id: op.id, user_metadata: None }
                }
                (_, Some(op)) => ServerCommand::RequestCancelActivityTask {
                    scheduled: op.scheduled,
                    user_metadata: None,
                },
                (_, None) => continue,
            });
        }
        commands.retain(|command| match command {
            ServerCommand::RequestCancelActivityTask { scheduled, .. } => {
                self.canceled.insert(*scheduled)
            }
            _ => true,
        });
        if self.dice.roll(25) == 0 {
            commands.push(ServerCommand::CompleteWorkflow { result: None });
        }
        commands
    }

    fn attempt(&mut self, identity: SmolStr) -> Input {
        let place = usize::try_from(self.dice.roll(self.attempts.len() as u64)).unwrap();
        let token = self.attempts[place];
        if self.dice.roll(2) == 0 {
            return Input::RecordHeartbeat { token, details: None };
        }
        self.attempts.swap_remove(place);
        match self.dice.roll(3) {
            0 => Input::RespondActivityCompleted { token, result: None, identity },
            1 => Input::RespondActivityCanceled { token, details: None, identity },
            _ => {
                let failure = Failure::application("boom", "");
                Input::RespondActivityFailed {
                    token,
                    failure,
                    last_heartbeat_details: None,
                    identity,
                }
            }
        }
    }

    /// The history is well formed, and evolving it gives the run; but for what only the buffer knows.
    fn check(&self) {
        let recorded = self.service.history(self.run);
        let history = History::new(recorded.to_vec()).expect("a history");
        history.check_well_formed().expect("well formed");
        if self.service.buffered(self.run) > 0 {
            return;
        }
        let mut state = State::new(&recorded[0]);
        recorded[1..].iter().for_each(|event| state.evolve(event));

        assert_eq!(&state.view, self.service.run(self.run));
        if !state.is_open() {
            // H-5: what was in the buffer then has happened, but is in no history.
            return;
        }
        let mut pending: Vec<(PendingKind, EventId, bool)> = vec![];
        pending
            .extend(state.timers.values().map(|timer| (PendingKind::Timer, timer.started, false)));
        pending.extend(
            state
                .activities
                .values()
                .map(|it| (PendingKind::Activity, it.scheduled(), it.cancel.is_some())),
        );
        pending.sort_by_key(|(_, id, _)| *id);
        let live = self.service.pending(self.run);
        let live: Vec<_> = live
            .iter()
            .map(|op| (op.kind, op.scheduled, op.state == PendingState::CancelRequested))
            .collect();
        assert_eq!(pending, live);
        match (self.service.workflow_task(self.run), state.task.slot()) {
            (
                TaskState::Scheduled { scheduled, attempt: 1, .. }
                | TaskState::Started { scheduled, attempt: 1, .. },
                slot,
            ) => {
                assert_eq!(slot.map(|slot| slot.scheduled), Some(scheduled));
            }
            // A transient task is in no history, and a closed run has none.
            (TaskState::Scheduled { .. } | TaskState::Started { .. }, slot) => {
                assert_eq!(slot, None);
            }
            (TaskState::None, _) => {}
        }
    }
}

#[test]
fn no_sequence_of_inputs_breaks_a_history() {
    let mut closed = 0;
    let mut events = 0;
    for seed in 0..200 {
        let mut walk = Walk::new(seed);
        for _ in 0..300 {
            walk.step();
            walk.check();
        }
        closed += u32::from(walk.service.run(walk.run).close.is_some());
        events += walk.service.history(walk.run).len();
    }

    assert!(
        closed > 20 && closed < 190,
        "both kinds of ends are reached: {closed} of 200 are closed"
    );
    assert!(events > 5_000, "the walks get somewhere: {events} events");
}
