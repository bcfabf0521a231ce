//! How core cancels: what is sent and what is told, by the type of cancellation (R-10, R-11, R-18, section 3.4.4).

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal_activation::{
    Activation, ActivityResolution, CancellationType, Job, ScheduleActivity, Seq, ServerCommand,
    TaskOutcome, Trouble, WorkflowCommand,
};
use rehearsal_history::{
    EventId, Failure, FailureInfo, History, HistoryBuilder, RetryState, TypeName, UserMetadata,
};
use rehearsal_worker::{Profile, WorkerOutput};

use crate::support::{
    cancel_activity, cancel_timer, complete, delivery, drive, history, json, lines, secs, sent,
    timer, worker_of,
};

const TYPES: [CancellationType; 3] = [
    CancellationType::TryCancel,
    CancellationType::WaitCancellationCompleted,
    CancellationType::Abandon,
];

/// An activity that is canceled in this way.
fn activity(seq: u32, cancellation_type: CancellationType) -> WorkflowCommand {
    WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(seq),
        activity_type: "Work".into(),
        start_to_close: Some(secs(60)),
        cancellation_type,
        ..ScheduleActivity::default()
    }))
}

/// What was told, without the first activation of the run.
fn activations(log: &[WorkerOutput]) -> Vec<&Activation> {
    log.iter()
        .filter_map(|output| match output {
            WorkerOutput::Activate(activation) => Some(activation),
            _ => None,
        })
        .collect()
}

/// Event 5 is activity 5, event 6 is timer 6; `tell` says what happened before the next task.
fn second_task(tell: impl FnOnce(&mut HistoryBuilder, EventId, EventId)) -> History {
    history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        let nap = h.start_timer(secs(10));
        tell(h, work, nap);
        h.start_task();
    })
}

/// What the worker puts out for the second task, in a cold cache and in a warm one.
#[track_caller]
fn second(
    told: &History,
    cancellation: CancellationType,
    answers: &[Vec<WorkflowCommand>],
) -> Vec<WorkerOutput> {
    let first = vec![activity(5, cancellation), timer(6, 10)];
    let all = core::iter::once(first.clone()).chain(answers.iter().cloned()).collect();
    let cold = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), all);
    let mut cached = worker_of(Profile::Core);
    drive(&mut cached, delivery(&told.events()[..3], 1, 1), vec![first]);
    let warm = drive(&mut cached, delivery(told.events(), 4, 1), answers.to_vec());
    assert_eq!(activations(&cold)[1..], activations(&warm));
    assert_eq!(outcome(&cold), outcome(&warm));
    warm
}

/// What was sent, or the message of the failure.
fn outcome(log: &[WorkerOutput]) -> Result<Vec<ServerCommand>, String> {
    let response = log.iter().find_map(|output| match output {
        WorkerOutput::Respond(response) => Some(&response.outcome),
        _ => None,
    });
    match response.unwrap() {
        TaskOutcome::Completed { commands, .. } => Ok(commands.clone()),
        TaskOutcome::Failed(failed) => Err(failed.failure.message.to_string()),
    }
}

/// The failure of an activity that is told to be canceled.
fn canceled(job: &Job) -> &Failure {
    match job {
        Job::ResolveActivity { resolution: ActivityResolution::Canceled(failure), .. } => failure,
        other => panic!("{other:?}"),
    }
}

/// C-22, R-10: nothing is sent, and all types are told alike, in a further activation of the same task.
#[test]
fn what_is_canceled_before_it_is_sent_leaves_nothing_but_its_number() {
    for cancellation in TYPES {
        let told = history(|h| _ = h.start_task());
        let answers = vec![
            vec![activity(1, cancellation), timer(1, 5), cancel_activity(1), cancel_timer(1)],
            vec![activity(2, cancellation), timer(2, 5)],
        ];
        let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
        let [first, again] = activations(&log)[..] else { panic!("{}", lines(&log)) };
        assert_eq!((first.started, first.time), (again.started, again.time));
        assert_eq!(again.jobs.len(), 1, "the instance resolves its timers itself");
        let failure = canceled(&again.jobs[0]);
        assert_eq!(failure.message, "Activity cancelled");
        let sent = sent(&log);
        let [
            ServerCommand::ScheduleActivityTask(schedule),
            ServerCommand::StartTimer { timer_id, .. },
        ] = &sent[..]
        else {
            panic!("{sent:?}")
        };
        assert_eq!((&*schedule.activity_id, &**timer_id), ("2", "2"));
    }
}

/// R-10: a command waits for the answer of the task, not of the activation that asked for it.
#[test]
fn a_further_activation_can_still_withdraw_what_the_first_asked_for() {
    let try_cancel = CancellationType::TryCancel;
    let told = history(|h| _ = h.start_task());
    let answers = vec![
        vec![activity(1, try_cancel), activity(2, try_cancel), timer(1, 5), cancel_activity(1)],
        vec![cancel_activity(2), cancel_timer(1)],
        vec![timer(2, 5)],
    ];
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3: Initialize
    activate at 3: ResolveActivity
    activate at 3: ResolveActivity
    respond to 3: 1 commands, flags [], sdk "temporal-rust"
    "#);
}

/// The rows of table 3.4.4 for an activity that is recorded as scheduled.
#[test]
fn a_cancel_is_sent_and_told_as_its_type_says() {
    let told = second_task(|h, _, _| _ = h.request_cancel("enough"));
    let mut table = Vec::new();
    for cancellation in TYPES {
        let answers = [vec![cancel_activity(5)], vec![]];
        let log = second(&told, cancellation, &answers);
        let names: Vec<Vec<_>> = activations(&log)
            .iter()
            .map(|activation| activation.jobs.iter().map(Job::name).collect())
            .collect();
        table.push(format!("{cancellation:?}: told {names:?}, sent {:?}", outcome(&log).unwrap()));
    }
    insta::assert_snapshot!(table.join("\n"), @r#"
    TryCancel: told [["CancelWorkflow"], ["ResolveActivity"]], sent [RequestCancelActivityTask { scheduled: EventId(5), user_metadata: None }]
    WaitCancellationCompleted: told [["CancelWorkflow"]], sent [RequestCancelActivityTask { scheduled: EventId(5), user_metadata: None }]
    Abandon: told [["CancelWorkflow"], ["ResolveActivity"]], sent []
    "#);
}

/// `timer_state_machine.rs` and `activity_state_machine.rs` of core send the annotations of the start again.
#[test]
fn a_cancel_carries_what_people_read_beside_the_start() {
    let told = second_task(|h, _, _| _ = h.request_cancel("enough"));
    let summary = || json("\"rest\"").as_slice().first().cloned();
    let mut work = activity(5, CancellationType::WaitCancellationCompleted);
    let mut nap = timer(6, 10);
    if let WorkflowCommand::ScheduleActivity(work) = &mut work {
        work.summary = summary();
    }
    if let WorkflowCommand::StartTimer(nap) = &mut nap {
        nap.summary = summary();
    }
    let mut answers = vec![vec![work, nap], vec![cancel_activity(5), cancel_timer(6)]];
    let cold = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers.clone());
    let mut cached = worker_of(Profile::Core);
    drive(&mut cached, delivery(&told.events()[..3], 1, 1), vec![answers.remove(0)]);
    let warm = drive(&mut cached, delivery(told.events(), 4, 1), answers);

    let user_metadata = || summary().map(UserMetadata::of_summary).map(Box::new);
    let expected = [
        ServerCommand::RequestCancelActivityTask {
            scheduled: EventId(5),
            user_metadata: user_metadata(),
        },
        ServerCommand::CancelTimer { timer_id: "6".into(), user_metadata: user_metadata() },
    ];
    assert!(user_metadata().is_some());
    assert_eq!((sent(&cold), sent(&warm)), (expected.to_vec(), expected.to_vec()));
}

/// What ends the activity later in the batch is known to its machine before workflow code runs (table 3.4.4).
#[test]
fn a_cancel_of_what_ended_in_the_same_batch_is_not_sent_and_the_result_counts() {
    for cancellation in TYPES {
        let told = second_task(|h, work, nap| {
            h.request_cancel("enough");
            h.complete_activity(work, Some(json("7")));
            h.fire_timer(nap);
        });
        let log = second(&told, cancellation, &[vec![cancel_activity(5), cancel_timer(6)]]);
        assert_eq!(outcome(&log), Ok(vec![]));
        let names: Vec<_> = activations(&log)[0].jobs.iter().map(Job::name).collect();
        assert_eq!(names, ["CancelWorkflow", "ResolveActivity", "FireTimer"]);
    }
}

/// Whatever ends an activity that was asked to cancel is told only if it is waited for.
#[test]
fn the_end_of_a_canceled_activity_is_told_to_who_waits() {
    type End = fn(&mut HistoryBuilder, EventId);
    let ends: [End; 4] = [
        |h, work| _ = h.complete_activity(work, None),
        |h, work| _ = h.fail_activity(work, Failure::application("broken", "")),
        |h, work| _ = h.time_out_activity(work),
        |h, work| _ = h.cancel_activity(work, Some(json("\"why\""))),
    ];
    for end in ends {
        let told = history(|h| {
            h.complete_task();
            let work = h.schedule_activity("Work");
            h.request_cancel("enough");
            h.complete_task();
            h.request_cancel_activity(work);
            end(h, work);
            h.start_task();
        });
        let told_of = |cancellation, further: usize| {
            let mut answers = vec![vec![activity(5, cancellation)], vec![cancel_activity(5)]];
            answers.extend(vec![vec![]; further]);
            let mut worker = worker_of(Profile::Core);
            let log = drive(&mut worker, delivery(told.events(), 1, 1), answers);
            assert_eq!(outcome(&log), Ok(vec![]));
            let last = activations(&log).into_iter().rfind(|activation| !activation.replaying);
            last.map(|activation| activation.jobs.clone())
        };
        assert_eq!(told_of(CancellationType::TryCancel, 1), None);
        let jobs = told_of(CancellationType::WaitCancellationCompleted, 1).unwrap();
        assert!(matches!(jobs[..], [Job::ResolveActivity { seq: Seq(5), .. }]));
    }
}

/// C-36: with an event it names the events and the worker, without one it does not.
#[test]
fn the_error_of_a_canceled_activity_has_the_shape_of_core() {
    let at_once = second(
        &second_task(|h, _, _| _ = h.request_cancel("enough")),
        CancellationType::TryCancel,
        &[vec![cancel_activity(5)], vec![]],
    );
    let failure = canceled(&activations(&at_once)[1].jobs[0]).clone();
    let Some(FailureInfo::Activity(info)) = &failure.info else { panic!("{failure:?}") };
    assert_eq!((&*failure.message, &*failure.source), ("Activity cancelled", ""));
    assert_eq!((info.scheduled_event_id, info.started_event_id), (EventId::NONE, EventId::NONE));
    assert_eq!((&*info.activity_id, &info.activity_type), ("5", &TypeName::from("Work")));
    assert_eq!((&*info.identity, &info.retry_state), ("", &RetryState::CancelRequested));
    assert_eq!(failure.cause.as_deref(), Some(&Failure::canceled("", None)));

    let told = history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        h.request_cancel("enough");
        h.complete_task();
        h.request_cancel_activity(work);
        h.start_activity(work);
        h.cancel_activity(work, Some(json("\"why\"")));
        h.start_task();
    });
    let wait = CancellationType::WaitCancellationCompleted;
    let answers = vec![vec![activity(5, wait)], vec![cancel_activity(5)], vec![]];
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    let failure = canceled(&activations(&log)[2].jobs[0]).clone();
    let Some(FailureInfo::Activity(info)) = &failure.info else { panic!("{failure:?}") };
    assert_eq!((info.scheduled_event_id, info.started_event_id), (EventId(5), EventId(11)));
    assert!(!info.identity.is_empty());
    assert_eq!(failure.cause.as_deref(), Some(&Failure::canceled("", Some(json("\"why\"")))));
}

/// C-37, its second half: nobody asked for that cancel.
#[test]
fn an_activity_that_is_canceled_by_itself_is_a_defect() {
    let told = second_task(|h, work, _| {
        h.start_activity(work);
        h.cancel_activity(work, None);
    });
    let log = second(&told, CancellationType::TryCancel, &[vec![]]);
    let defect = log.iter().any(|output| {
        matches!(
            output,
            WorkerOutput::Trouble { trouble: Trouble::SdkDefect { id: "C-37", .. }, .. }
        )
    });
    assert!(defect, "{}", lines(&log));
    insta::assert_snapshot!(outcome(&log).unwrap_err(), @"Fatal error in workflow machines: ActivityMachine in state Started says the transition is invalid during event EventInfo { event_id: 8, event_type: ActivityTaskCanceled }");
}

/// C-37: of the events that can end an abandoned activity only one is taken.
#[test]
fn an_abandoned_activity_can_only_complete() {
    let ended = |end: fn(&mut HistoryBuilder, EventId)| {
        let told = history(|h| {
            h.complete_task();
            let work = h.schedule_activity("Work");
            h.request_cancel("enough");
            h.complete_task();
            end(h, work);
            h.start_task();
        });
        let abandon = CancellationType::Abandon;
        let answers = vec![vec![activity(5, abandon)], vec![cancel_activity(5)], vec![]];
        outcome(&drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers))
    };
    assert_eq!(ended(|h, work| _ = h.complete_activity(work, None)), Ok(vec![]));
    insta::assert_snapshot!(ended(|h, work| _ = h.time_out_activity(work)).unwrap_err(), @"Fatal error in workflow machines: ActivityMachine in state Canceled says the transition is invalid during event EventInfo { event_id: 11, event_type: ActivityTaskTimedOut }");
    insta::assert_snapshot!(
        ended(|h, work| {
            h.start_activity(work);
            h.cancel_activity(work, None);
        })
        .unwrap_err(), @"Fatal error in workflow machines: ActivityMachine in state Canceled says the transition is invalid during event EventInfo { event_id: 11, event_type: ActivityTaskCanceled }");
}

#[test]
fn a_second_cancel_of_an_activity_is_refused_until_it_has_ended() {
    let told = second_task(|h, _, _| _ = h.request_cancel("enough"));
    let twice = [vec![cancel_activity(5), cancel_activity(5)], vec![]];
    let log = second(&told, CancellationType::WaitCancellationCompleted, &twice);
    insta::assert_snapshot!(outcome(&log).unwrap_err(), @"[TMPRL1100] Nondeterminism error: Invalid transition in state machine");
    // What is abandoned has ended for core.
    assert_eq!(outcome(&second(&told, CancellationType::Abandon, &twice)), Ok(vec![]));
    let unknown = second(&told, CancellationType::Abandon, &[vec![cancel_timer(9)]]);
    insta::assert_snapshot!(outcome(&unknown).unwrap_err(), @"[TMPRL1100] Nondeterminism error: Missing associated machine for Timer(9)");
}

/// A workflow that asks again for what is canceled at once does not come to an end.
#[test]
fn a_task_without_an_end_is_given_up() {
    let told = history(|h| _ = h.start_task());
    let answers = (1..).map(|seq| vec![activity(seq, TYPES[0]), cancel_activity(seq)]);
    let answers = answers.take(10_001).collect();
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    assert!(log.iter().any(|output| matches!(
        output,
        WorkerOutput::Trouble { trouble: Trouble::Endless { activations: 10_000 }, .. }
    )));
    insta::assert_snapshot!(outcome(&log).unwrap_err(), @"workflow code was activated 10000 times in one workflow task");
}

/// One thing that a random workflow does with a number of its own.
#[derive(Debug, Clone, Copy)]
struct Asked {
    activity: bool,
    cancellation: CancellationType,
    /// In which activation it is canceled, if at all, counted from that in which it is asked for.
    canceled_after: Option<usize>,
}

fn asked() -> impl Strategy<Value = Asked> {
    (any::<bool>(), 0..3_usize, proptest::option::of(0..2_usize)).prop_map(
        |(activity, cancellation, canceled_after)| Asked {
            activity,
            cancellation: TYPES[cancellation],
            canceled_after,
        },
    )
}

proptest! {
    /// R-10: what is canceled in the task that asks for it leaves no command, in whichever activation that is; the rest
    /// keep their numbers and their order. The model: leave out what is canceled.
    #[test]
    fn suppressed_operations_leave_nothing_but_a_hole_in_the_numbers(asked in vec(asked(), 0..8)) {
        let told = history(|h| _ = h.start_task());
        let numbered: Vec<(u32, Asked)> = (1..).zip(asked).collect();
        // The first activation ends with an activity that is canceled at once, so that there is a second one.
        let mut answers = vec![Vec::new(), Vec::new()];
        for &(seq, asked) in &numbered {
            let (start, cancel) = if asked.activity {
                (activity(seq, asked.cancellation), cancel_activity(seq))
            } else {
                (timer(seq, 5), cancel_timer(seq))
            };
            answers[0].push(start);
            if let Some(after) = asked.canceled_after {
                answers[after].push(cancel);
            }
        }
        answers[0].extend([activity(99, TYPES[0]), cancel_activity(99)]);
        answers.push(Vec::new());
        let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
        let ids: Vec<String> = sent(&log).iter().map(|command| match command {
            ServerCommand::ScheduleActivityTask(schedule) => schedule.activity_id.to_string(),
            ServerCommand::StartTimer { timer_id, .. } => timer_id.to_string(),
            other => panic!("{other:?}"),
        }).collect();
        let model: Vec<String> = numbered
            .iter()
            .filter(|(_, asked)| asked.canceled_after.is_none())
            .map(|(seq, _)| seq.to_string())
            .collect();
        prop_assert_eq!(ids, model);
        let resolved: usize = activations(&log)[1..].iter().map(|activation| activation.jobs.len()).sum();
        let suppressed = numbered
            .iter()
            .filter(|(_, asked)| asked.activity && asked.canceled_after.is_some())
            .count();
        prop_assert_eq!(resolved, suppressed + 1);
    }
}

/// The close command is the last, and what the first said counts (C-48).
#[test]
fn a_close_command_goes_last_and_the_first_counts() {
    let told = history(|h| _ = h.start_task());
    let fail = WorkflowCommand::FailWorkflow { failure: Box::default() };
    let answers = vec![vec![timer(1, 5), complete(), timer(2, 5), fail]];
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    let sent = sent(&log);
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2], ServerCommand::CompleteWorkflow { result: None });
}
