//! The table of each machine: all states, all inputs.

extern crate std;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

use rehearsal_history::event::{
    ActivityTaskScheduled, RequestCancelExternalWorkflowExecutionInitiated, SdkMetadata,
    SignalExternalWorkflowExecutionInitiated, StartChildWorkflowExecutionInitiated, TimerStarted,
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionFailed,
    WorkflowExecutionTerminated, WorkflowExecutionTimedOut,
};
use rehearsal_history::{
    Event, EventId, EventKind, Failure, RetryPolicy, SmolStr, StartChildFailedCause, TaskQueue,
    TimeoutType, Timestamp, WorkflowTaskFailedCause,
};

use super::activity::{Activity, ActivityInput, ActivityState};
use super::child::{Child, ChildInput, ChildState};
use super::external::{Arrival, External};
use super::task::{TaskInput, WorkflowTask};
use super::timer::{Timer, TimerInput, TimerState};
use crate::words::{
    ActivityNote, Decision, Due, Extent, IllegalTransition, Moment, Note, Slot, Step, TaskNote,
    Transfer,
};

const NOW: Timestamp = Timestamp::from_nanos(10_000_000_000);

/// One line: where the machine was, what it took, where it is, and what came of it.
fn line(
    from: &str,
    input: &str,
    decided: Result<(), IllegalTransition>,
    decision: &Decision,
    to: impl FnOnce() -> String,
) -> String {
    if let Err(illegal) = decided {
        assert!(decision.steps.is_empty(), "what is illegal does nothing");
        return format!("{from} + {input} -> error: {illegal}");
    }
    let steps: Vec<String> = decision.steps.iter().map(print).collect();
    let wakes = if decision.needs_task { ", wakes the workflow" } else { "" };
    format!("{from} + {input} -> {} [{}]{wakes}", to(), steps.join(", "))
}

fn print(step: &Step) -> String {
    match step {
        Step::Event(event) => event.kind.name().to_string(),
        Step::Unbuffer { started } => format!("unbuffer {started}"),
        Step::Note(note) => format!("note {}", name(note)),
        Step::Transfer(Transfer::Activity { scheduled }) => format!("hand over {scheduled}"),
        Step::Transfer(Transfer::Across(across)) => format!("hand over {across:?}"),
        Step::Transfer(Transfer::Next(_)) => "another run follows".to_string(),
    }
}

const fn name(note: &Note) -> &'static str {
    match note {
        Note::Task(TaskNote::Scheduled(_)) => "Scheduled",
        Note::Task(TaskNote::Started { .. }) | Note::Activity(_, ActivityNote::Started { .. }) => {
            "Started"
        }
        Note::Task(TaskNote::Ended { .. }) => "Ended",
        Note::Task(TaskNote::FirstAttempt) => "FirstAttempt",
        Note::Activity(_, ActivityNote::Beat { .. }) => "Beat",
        Note::Activity(_, ActivityNote::Retried { .. }) => "Retried",
        Note::Activity(_, ActivityNote::Queued) => "Queued",
        Note::Update(..) => "Update",
    }
}

/// The events of a decision as they are recorded: with ids from 20 on, or without if they go to the buffer.
fn recorded(decision: &Decision, buffered: bool) -> Vec<Event> {
    let events = decision.steps.iter().filter_map(|step| match step {
        Step::Event(event) => Some((**event).clone()),
        Step::Unbuffer { .. } | Step::Note(_) | Step::Transfer(_) => None,
    });
    let number =
        |(id, event)| Event { id: if buffered { EventId::NONE } else { EventId(id) }, ..event };
    (20..).zip(events).map(number).collect()
}

#[test]
fn timer() {
    let due = |due| TimerState::Running {
        due: Due { at: Timestamp::from_nanos(due), moment: Moment::of(EventId(4)) },
    };
    let states = [
        ("Running, due", due(10_000_000_000)),
        ("Running, not due", due(10_000_000_001)),
        ("Unseen", TimerState::Unseen),
        ("Fired", TimerState::Fired),
        ("Canceled", TimerState::Canceled),
    ];
    let worker = "worker".into();
    let inputs = [TimerInput::Elapsed, TimerInput::Cancel { task: EventId(9), identity: &worker }];
    let started = Event::new(EventId(5), Timestamp::EPOCH, TimerStarted::default().into());
    let EventKind::TimerStarted(attributes) = &started.kind else { unreachable!("made above") };
    let mut lines = Vec::new();
    for (name, state) in states {
        for input in inputs {
            let mut timer = Timer { state, ..Timer::new(&started, attributes) };
            let mut decision = Decision::default();
            let decided = timer.decide(NOW, input, &mut decision);
            lines.push(line(name, input.name(), decided, &decision, || {
                for event in &recorded(&decision, false) {
                    timer.evolve(event);
                }
                timer.state.name().to_string()
            }));
        }
    }

    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_timer_that_fires_into_the_buffer_is_unseen_until_it_is_flushed() {
    let started = Event::new(EventId(5), Timestamp::EPOCH, TimerStarted::default().into());
    let EventKind::TimerStarted(attributes) = &started.kind else { unreachable!("made above") };
    let mut timer = Timer::new(&started, attributes);
    let mut decision = Decision::default();
    timer.decide(NOW, TimerInput::Elapsed, &mut decision).unwrap();
    timer.evolve(&recorded(&decision, true)[0]);
    assert_eq!(timer.state, TimerState::Unseen);
    timer.evolve(&recorded(&decision, false)[0]);

    assert_eq!(timer.state, TimerState::Fired);
}

fn activity_inputs() -> Vec<(&'static str, ActivityInput)> {
    let (identity, request_id) = ("worker".into(), "poll".into());
    let failure = Box::new(Failure::application("boom", ""));
    let fatal = Box::new(Failure::canceled("", None));
    let who = || "worker".into();
    vec![
        ("Start", ActivityInput::Start { identity, request_id }),
        ("Heartbeat", ActivityInput::Heartbeat { details: None }),
        ("Complete", ActivityInput::Complete { result: None, identity: who() }),
        ("CompleteById", ActivityInput::CompleteById { result: None, identity: who() }),
        ("Fail", ActivityInput::Fail { failure, details: None, identity: who() }),
        ("Fail for good", ActivityInput::Fail { failure: fatal, details: None, identity: who() }),
        ("Cancel", ActivityInput::Cancel { details: None, identity: who() }),
        ("TimeOut ScheduleToStart", ActivityInput::TimeOut(TimeoutType::ScheduleToStart)),
        ("TimeOut ScheduleToClose", ActivityInput::TimeOut(TimeoutType::ScheduleToClose)),
        ("TimeOut StartToClose", ActivityInput::TimeOut(TimeoutType::StartToClose)),
        ("TimeOut Heartbeat", ActivityInput::TimeOut(TimeoutType::Heartbeat)),
        ("Retry", ActivityInput::Retry),
        (
            "RequestCancel",
            ActivityInput::RequestCancel { task: EventId(9), next: EventId(20), identity: who() },
        ),
    ]
}

#[test]
fn activity() {
    let (identity, request_id) = ("worker".into(), "poll".into());
    let states = [
        ActivityState::Scheduled { since: Timestamp::EPOCH },
        ActivityState::Started { at: Timestamp::EPOCH, identity, request_id },
        ActivityState::Backoff { until: NOW },
        ActivityState::Unseen,
        ActivityState::Closed,
    ];
    let policy = RetryPolicy {
        initial_interval: Some(Duration::from_secs(1)),
        backoff_coefficient: 2.0,
        maximum_interval: Some(Duration::from_secs(100)),
        ..RetryPolicy::default()
    };
    let attributes =
        ActivityTaskScheduled { retry_policy: Some(policy), ..ActivityTaskScheduled::default() };
    let event = Arc::new(Event::new(EventId(5), Timestamp::EPOCH, Box::new(attributes).into()));
    let mut lines = Vec::new();
    for state in states {
        for cancel in [None, Some(EventId(7))] {
            for (name, input) in activity_inputs() {
                let mut activity = Activity::new(Arc::clone(&event), Timestamp::EPOCH);
                activity.state = state.clone();
                activity.cancel = cancel;
                let from = if cancel.is_some() {
                    format!("{}, cancel requested", state.name())
                } else {
                    state.name().to_string()
                };
                let mut decision = Decision::default();
                let decided = activity.decide(NOW, input, &mut decision);
                lines.push(line(&from, name, decided, &decision, || {
                    for event in &recorded(&decision, false) {
                        activity.evolve(event);
                    }
                    for step in &decision.steps {
                        if let Step::Note(Note::Activity(_, note)) = step {
                            activity.apply(note.clone());
                        }
                    }
                    activity.state.name().to_string()
                }));
            }
        }
    }

    insta::assert_snapshot!(lines.join("\n"));
}

fn task_inputs() -> Vec<(&'static str, TaskInput)> {
    let next = EventId(20);
    let who = || "worker".into();
    let (queue, timeout) = (TaskQueue::normal("main"), Duration::from_secs(10));
    let fail = |cause| TaskInput::Fail { cause, failure: None, identity: who() };
    let start = |next| TaskInput::Start {
        next,
        extent: Extent::default(),
        identity: who(),
        request_id: "poll".into(),
    };
    let sdk_metadata = SdkMetadata::default();
    vec![
        ("Schedule", TaskInput::Schedule { next, queue, timeout, speculative: false }),
        ("Start", start(next)),
        ("Start after new events", start(EventId(21))),
        (
            "Complete",
            TaskInput::Complete { next, extent: Extent::default(), identity: who(), sdk_metadata },
        ),
        ("Fail", fail(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure)),
        ("Fail UnhandledCommand", fail(WorkflowTaskFailedCause::UnhandledCommand)),
        ("TimeOut", TaskInput::TimeOut),
        ("GiveUpSticky", TaskInput::GiveUpSticky),
    ]
}

/// The state with its attempt, and whether the run is closing (W-13).
fn describe(task: &WorkflowTask) -> String {
    let closing = if task.is_closing() { ", closing" } else { "" };
    format!("{} attempt {}{closing}", task.name(), task.attempt())
}

#[test]
fn workflow_task() {
    let slot = |attempt, queue| Slot {
        scheduled: EventId(20),
        at: Timestamp::EPOCH,
        attempt,
        queue,
        timeout: Duration::from_secs(10),
        closing: false,
        speculative: false,
    };
    let speculative = || Slot { speculative: true, ..slot(1, TaskQueue::normal("main")) };
    let started = |slot| WorkflowTask::Started {
        slot,
        started: EventId(21),
        at: Timestamp::EPOCH,
        identity: "worker".into(),
        request_id: "poll".into(),
    };
    let (normal, sticky) = (|| TaskQueue::normal("main"), || TaskQueue::sticky("sticky", "main"));
    let states = [
        ("", WorkflowTask::NONE),
        ("", WorkflowTask::Idle { attempt: 1, closing: true }),
        ("", WorkflowTask::Idle { attempt: 2, closing: false }),
        ("", WorkflowTask::Scheduled(slot(1, normal()))),
        ("sticky ", WorkflowTask::Scheduled(slot(1, sticky()))),
        ("transient ", WorkflowTask::Scheduled(slot(2, normal()))),
        ("speculative ", WorkflowTask::Scheduled(speculative())),
        ("", started(slot(1, normal()))),
        ("sticky ", started(slot(1, sticky()))),
        ("transient ", started(slot(2, normal()))),
        ("speculative ", started(speculative())),
    ];
    let mut lines = Vec::new();
    for (kind, state) in states {
        for (name, input) in task_inputs() {
            let mut task = state.clone();
            let mut decision = Decision::default();
            let decided = task.decide(NOW, input, &mut decision);
            lines.push(line(
                &format!("{kind}{}", describe(&state)),
                name,
                decided,
                &decision,
                || {
                    for event in &recorded(&decision, false) {
                        task.evolve(event);
                    }
                    for step in &decision.steps {
                        if let Step::Note(Note::Task(note)) = step {
                            task.note(note.clone());
                        }
                    }
                    describe(&task)
                },
            ));
        }
    }

    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn child() {
    let [first, other] = [SmolStr::new_static("first"), SmolStr::new_static("other")];
    let started = ChildState::Started { run_id: first.clone(), event: EventId(6) };
    let states = [ChildState::Initiated, started];
    let closes: [EventKind; 5] = [
        WorkflowExecutionCompleted::default().into(),
        Box::new(WorkflowExecutionFailed::default()).into(),
        WorkflowExecutionCanceled::default().into(),
        WorkflowExecutionTimedOut::default().into(),
        WorkflowExecutionTerminated::default().into(),
    ];
    let closes = closes.map(|kind| Event::new(EventId(9), NOW, kind));
    let cause = &StartChildFailedCause::WorkflowAlreadyExists;
    let mut inputs = vec![
        ("Start".to_string(), ChildInput::Start { run_id: &first }),
        ("FailToStart".to_string(), ChildInput::FailToStart { cause }),
    ];
    for close in &closes {
        let name = format!("Close by {}", close.kind.name());
        let input = ChildInput::Close { first_run_id: &first, run_id: &other, close };
        inputs.push((name, input));
    }
    let close = &closes[0];
    let input = ChildInput::Close { first_run_id: &other, run_id: &other, close };
    inputs.push(("Close of another chain".to_string(), input));
    let asked = Box::new(StartChildWorkflowExecutionInitiated::default());
    let initiated = Arc::new(Event::new(EventId(5), Timestamp::EPOCH, asked.into()));
    let mut lines = Vec::new();
    for state in states {
        for (name, input) in &inputs {
            let mut child = Child::new(&initiated);
            child.state = state.clone();
            let mut decision = Decision::default();
            let decided = child.decide(NOW, &"default".into(), *input, &mut decision);
            lines.push(line(state.name(), name, decided, &decision, || {
                for event in &recorded(&decision, false) {
                    child.evolve(event);
                }
                let ended = !matches!(input, ChildInput::Start { .. });
                if ended { "gone".to_string() } else { child.state.name().to_string() }
            }));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn external() {
    let signal = Box::new(SignalExternalWorkflowExecutionInitiated::default()).into();
    let cancel = Box::new(RequestCancelExternalWorkflowExecutionInitiated::default()).into();
    let kinds: [(&str, EventKind); 2] = [("Signal", signal), ("Cancel", cancel)];
    let mut lines = Vec::new();
    for (name, kind) in kinds {
        let external = External::new(&Arc::new(Event::new(EventId(5), Timestamp::EPOCH, kind)));
        for arrival in [Arrival::Arrived, Arrival::NotFound, Arrival::TooManySignals] {
            let mut decision = Decision::default();
            external.decide(NOW, &"default".into(), arrival, &mut decision);
            let input = format!("{arrival:?}");
            lines.push(line(name, &input, Ok(()), &decision, || "gone".to_string()));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
