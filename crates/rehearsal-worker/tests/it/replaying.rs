//! What a replay makes of workflow code that changed.

use rehearsal_activation::{
    Completion, ScheduleActivity, Seq, SetPatch, StartChild, StartTimer, TaskFailure, Trouble,
    WorkflowCommand,
};
use rehearsal_history::event::{
    ChildWorkflowExecutionStarted, StartChildWorkflowExecutionInitiated,
    WorkflowExecutionUpdateRejected,
};
use rehearsal_history::{
    Execution, Failure, History, HistoryBuilder, ParentClosePolicy, Payload, RetryPolicy,
    TaskQueue, WorkflowIdReusePolicy, WorkflowTaskFailedCause,
};
use rehearsal_worker::{Grade, ReplayOptions, ReplayStep, Replayer, replay};

use crate::support::{
    Script, activity, cancel_activity, cancel_timer, complete, delivery, drive, history, json,
    lines, report, secs, timer, verdict, worker,
};

/// An activity, a timer that is canceled with it, then the end.
fn recorded() -> History {
    history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        let nap = h.start_timer(secs(10));
        h.request_cancel("enough");
        h.complete_task();
        h.request_cancel_activity(work);
        h.cancel_timer(nap);
        h.start_activity(work);
        h.cancel_activity(work, None);
        h.complete_task();
        h.complete(None);
    })
}

#[test]
fn the_same_code_agrees() {
    let same = Script::of([
        vec![activity(1, "Work"), timer(1, 10)],
        vec![cancel_activity(1), cancel_timer(1)],
        vec![complete()],
    ]);
    insta::assert_snapshot!(report(&recorded(), &same), @"3 tasks, Closed(EventId(18))");
}

#[test]
fn a_command_that_is_missing_breaks_production() {
    let missing = Script::of([
        vec![activity(1, "Work"), timer(1, 10)],
        vec![cancel_activity(1)],
        vec![complete()],
    ]);
    insta::assert_snapshot!(report(&recorded(), &missing), @"
    workflow task 2, event 12: breaks production
      recorded:  TimerCanceled id=6
      attempted: nothing more in this task
      agreed before:
        5 ActivityTaskScheduled Work id=5
        6 TimerStarted id=6 after=10s
        11 ActivityTaskCancelRequested scheduled=5
    ");
}

#[test]
fn a_command_too_many_breaks_production() {
    let extra = Script::of([
        vec![activity(1, "Work"), timer(1, 10)],
        vec![cancel_activity(1), cancel_timer(1), activity(2, "Cleanup")],
        vec![complete()],
    ]);
    insta::assert_snapshot!(report(&recorded(), &extra), @"
    workflow task 2: breaks production
      recorded:  nothing more in this task
      attempted: ScheduleActivityTask Cleanup id=13
      agreed before:
        5 ActivityTaskScheduled Work id=5
        6 TimerStarted id=6 after=10s
        11 ActivityTaskCancelRequested scheduled=5
        12 TimerCanceled id=6
    ");
}

#[test]
fn commands_in_another_order_break_production() {
    let swapped = Script::of([
        vec![activity(1, "Work"), timer(1, 10)],
        vec![cancel_timer(1), cancel_activity(1)],
        vec![complete()],
    ]);
    insta::assert_snapshot!(report(&recorded(), &swapped), @"
    workflow task 2, event 11: breaks production
      recorded:  ActivityTaskCancelRequested scheduled=5
      attempted: CancelTimer id=6
      agreed before:
        5 ActivityTaskScheduled Work id=5
        6 TimerStarted id=6 after=10s
    ");
}

/// Go stops at its close and compares nothing any more (`ProcessWorkflowTask` in `internal_task_handlers.go`), unless the
/// history ends in another one of the closes that its replayer looks at.
#[test]
fn a_close_too_early_changes_behavior_unless_the_history_completes_in_another_way() {
    let early = Script::of([vec![activity(1, "Work"), timer(1, 10), complete()]]);
    insta::assert_snapshot!(report(&recorded(), &early), @"
    1 tasks, Closed(EventId(18))
    workflow task 1: changes behavior
      recorded:  nothing more in this task
      attempted: CompleteWorkflow result=none
      agreed before:
        5 ActivityTaskScheduled Work id=5
        6 TimerStarted id=6 after=10s
    ");

    let fail = || WorkflowCommand::FailWorkflow {
        failure: Box::new(Failure::application("no", "SoldOut")),
    };
    let fails = Script::of([vec![activity(1, "Work"), timer(1, 10), fail()]]);
    insta::assert_snapshot!(report(&recorded(), &fails), @r#"
    workflow task 1: breaks production
      recorded:  nothing more in this task
      attempted: FailWorkflow "no"
      agreed before:
        5 ActivityTaskScheduled Work id=5
        6 TimerStarted id=6 after=10s
    "#);

    // An open history, and one that ends in a close that the replayer does not look at.
    let open = |end: fn(&mut HistoryBuilder)| {
        history(|h| {
            h.complete_task();
            h.start_timer(secs(10));
            h.signal("go", None);
            h.complete_task();
            h.schedule_activity("Work");
            end(h);
        })
    };
    for (how, close) in [("completes", complete()), ("fails", fail())] {
        let early = Script::of([vec![timer(1, 10), activity(2, "Last"), close]]);
        for told in [open(|_| ()), open(|h| _ = h.terminate("enough"))] {
            let replayed = verdict(&told, &early).unwrap();
            let grades: Vec<Grade> = replayed.differences.iter().map(|one| one.grade).collect();
            assert_eq!(grades, [Grade::ChangesBehavior; 2], "{how}");
        }
    }
    // What is not asked for any more is not behind the close.
    let other = Script::of([vec![timer(1, 10)], vec![complete()]]);
    insta::assert_snapshot!(report(&open(|_| ()), &other), @"
    workflow task 2, event 10: breaks production
      recorded:  ActivityTaskScheduled Work id=10
      attempted: CompleteWorkflow result=none
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

/// The same in a worker: the close answers the task that is open.
#[test]
fn a_worker_of_go_sends_an_early_close_at_once() {
    let told = history(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(10));
        h.fire_timer(nap);
        h.complete_task();
        h.schedule_activity("Work");
        h.signal("go", None);
        h.start_task();
    });
    let answers = vec![vec![timer(1, 10), complete()]];
    let log = drive(&mut worker(), delivery(told.events(), 1, 1), answers);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    mismatch: changes behavior
    respond to 13: 2 commands, flags [], sdk "temporal-go"
    evict run
    "#);
}

#[test]
fn another_activity_type_breaks_production_but_another_package_does_not() {
    let told = history(|h| {
        h.complete_task();
        h.schedule_activity("shop.Work");
    });
    insta::assert_snapshot!(report(&told, &Script::of([vec![activity(1, "shop.Rest")]])), @"
    workflow task 1, event 5: breaks production
      recorded:  ActivityTaskScheduled shop.Work id=5
      attempted: ScheduleActivityTask shop.Rest id=5
    ");
    insta::assert_snapshot!(report(&told, &Script::of([vec![activity(1, "barn.Work")]])), @"
    1 tasks, Waiting(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled shop.Work id=5: type shop.Work
      attempted: ScheduleActivityTask barn.Work id=5: type barn.Work
    ");
}

#[test]
fn options_of_an_activity_change_behavior() {
    let told = history(|h| {
        h.complete_task();
        h.schedule_activity("Work");
    });
    let changed = WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(1),
        activity_type: "Work".into(),
        task_queue: Some("elsewhere".into()),
        input: Some(json("7")),
        schedule_to_close: Some(secs(50)),
        start_to_close: Some(secs(60)),
        heartbeat: Some(secs(70)),
        retry_policy: Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }),
        ..ScheduleActivity::default()
    }));
    insta::assert_snapshot!(report(&told, &Script::of([vec![changed]])), @"
    1 tasks, Waiting(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: task queue main
      attempted: ScheduleActivityTask Work id=5: task queue elsewhere
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: input none
      attempted: ScheduleActivityTask Work id=5: input 7
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: schedule-to-close none
      attempted: ScheduleActivityTask Work id=5: schedule-to-close 50s
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: schedule-to-start none
      attempted: ScheduleActivityTask Work id=5: schedule-to-start 50s
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: start-to-close 1m
      attempted: ScheduleActivityTask Work id=5: start-to-close 50s
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: heartbeat timeout none
      attempted: ScheduleActivityTask Work id=5: heartbeat timeout 50s
    workflow task 1, event 5: changes behavior
      recorded:  ActivityTaskScheduled Work id=5: maximum attempts 0
      attempted: ScheduleActivityTask Work id=5: maximum attempts 3
    ");
}

#[test]
fn what_the_server_fills_in_is_no_difference() {
    let told = history(|h| {
        h.complete_task();
        h.schedule_activity("Work");
    });
    let spelled_out = WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(1),
        activity_type: "Work".into(),
        start_to_close: Some(secs(60)),
        retry_policy: Some(RetryPolicy {
            initial_interval: Some(secs(1)),
            backoff_coefficient: 2.0,
            maximum_interval: Some(secs(100)),
            ..RetryPolicy::default()
        }),
        ..ScheduleActivity::default()
    }));
    assert_eq!(verdict(&told, &Script::of([vec![spelled_out]])).unwrap().differences, []);
}

#[test]
fn a_timer_of_another_length_changes_behavior_and_its_summary_is_cosmetic() {
    let told = history(|h| {
        h.complete_task();
        h.start_timer(secs(10));
    });
    let named = StartTimer { seq: Seq(1), after: secs(11), summary: Some(Payload::text("Sleep")) };
    insta::assert_snapshot!(report(&told, &Script::of([vec![WorkflowCommand::StartTimer(named)]])), @r#"
    1 tasks, Waiting(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  TimerStarted id=5 after=10s
      attempted: StartTimer id=5 after=11s
    workflow task 1, event 5: cosmetic
      recorded:  TimerStarted id=5 after=10s: summary none
      attempted: StartTimer id=5 after=11s: summary "Sleep"
    "#);
}

#[test]
fn how_a_workflow_closes_is_graded_as_go_looks_at_it() {
    let completed = history(|h| {
        h.complete_task();
        h.complete(Some(json("1")));
    });
    let failed = history(|h| {
        h.complete_task();
        h.fail(Failure::application("sold out", "SoldOut"));
    });
    let other = || WorkflowCommand::CompleteWorkflow { result: Some(json("2")) };
    let fail = |message: &str| WorkflowCommand::FailWorkflow {
        failure: Box::new(Failure::application(message, "SoldOut")),
    };
    insta::assert_snapshot!(report(&completed, &Script::of([vec![other()]])), @"
    1 tasks, Closed(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  WorkflowExecutionCompleted result=1
      attempted: CompleteWorkflow result=2
    ");
    insta::assert_snapshot!(report(&completed, &Script::of([vec![fail("no")]])), @r#"
    workflow task 1, event 5: breaks production
      recorded:  WorkflowExecutionCompleted result=1
      attempted: FailWorkflow "no"
    "#);
    insta::assert_snapshot!(report(&failed, &Script::of([vec![other()]])), @r#"
    1 tasks, Closed(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  WorkflowExecutionFailed "sold out"
      attempted: CompleteWorkflow result=2
    "#);
    insta::assert_snapshot!(report(&failed, &Script::of([vec![fail("no")]])), @r#"
    1 tasks, Closed(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  WorkflowExecutionFailed "sold out"
      attempted: FailWorkflow "no"
    "#);
    insta::assert_snapshot!(report(&failed, &Script::of([vec![]])), @r#"
    1 tasks, Closed(EventId(5))
    workflow task 1, event 5: changes behavior
      recorded:  WorkflowExecutionFailed "sold out"
      attempted: nothing more in this task
    "#);
}

#[test]
fn an_event_of_an_operation_that_was_never_started_is_named() {
    let told = history(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(10));
        h.fire_timer(nap);
        h.complete_task();
        let again = h.fire_timer(nap);
        h.complete_task();
        assert_eq!(again.0, 10);
    });
    insta::assert_snapshot!(report(&told, &Script::of([vec![timer(1, 10)]])), @"
    workflow task 3, event 10: breaks production
      recorded:  TimerFired id=5
      attempted: timer 5 had fired before
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

/// What code makes of a task that is open is not judged, but what the task tells must fit.
#[test]
fn what_the_open_task_tells_must_fit() {
    let told = history(|h| {
        h.complete_task();
        let initiated = h.push(Box::new(StartChildWorkflowExecutionInitiated {
            workflow_id: "ship-7".into(),
            workflow_type: "Ship".into(),
            task_queue: TaskQueue::normal("main"),
            parent_close_policy: ParentClosePolicy::Terminate,
            workflow_id_reuse_policy: WorkflowIdReusePolicy::AllowDuplicate,
            ..StartChildWorkflowExecutionInitiated::default()
        }));
        h.push(Box::new(ChildWorkflowExecutionStarted {
            initiated_event_id: initiated,
            workflow_execution: Execution { workflow_id: "ship-7".into(), ..Execution::default() },
            workflow_type: "Ship".into(),
            ..ChildWorkflowExecutionStarted::default()
        }));
        h.start_task();
    });
    let ship = |id: &str| {
        Script::of([vec![WorkflowCommand::StartChildWorkflow(Box::new(StartChild {
            seq: Seq(1),
            workflow_type: "Ship".into(),
            workflow_id: Some(id.into()),
            ..StartChild::default()
        }))]])
    };
    insta::assert_snapshot!(report(&told, &ship("ship-7")), @"1 tasks, TaskOpen(EventId(8))");
    insta::assert_snapshot!(report(&told, &ship("ship-8")), @"
    workflow task 2, event 6: breaks production
      recorded:  ChildWorkflowExecutionStarted Ship id=ship-7
      attempted: no child ship-7 was ever started
    ");
}

#[test]
fn a_cancel_that_was_never_requested_is_named() {
    let told = history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        h.cancel_activity(work, None);
        h.complete_task();
    });
    insta::assert_snapshot!(report(&told, &Script::of([vec![activity(1, "Work")]])), @"
    workflow task 2, event 6: breaks production
      recorded:  ActivityTaskCanceled scheduled=5
      attempted: the cancel of activity Work (event 5) was never requested
      agreed before:
        5 ActivityTaskScheduled Work id=5
    ");
}

#[test]
fn a_history_that_was_cut_says_so() {
    let told = history(|h| {
        h.complete_task();
        h.start_timer(secs(10));
    });
    insta::assert_snapshot!(report(&told, &Script::of([vec![timer(1, 10), timer(2, 20)]])), @"
    workflow task 1: breaks production
      recorded:  nothing: the history ends here, and may be cut
      attempted: StartTimer id=6 after=20s
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
    insta::assert_snapshot!(replay(&[], &Script::of([]), ReplayOptions::default()).unwrap_err(), @"
    start of the history: breaks production
      recorded:  no events
      attempted: a history begins with WorkflowExecutionStarted
    ");
    let tail = &recorded().events()[4..].to_vec();
    insta::assert_snapshot!(replay(tail, &Script::of([]), ReplayOptions::default()).unwrap_err(), @"
    start of the history, event 5: breaks production
      recorded:  ActivityTaskScheduled Work id=5
      attempted: a history begins with WorkflowExecutionStarted
    ");
}

#[test]
fn what_is_not_simulated_is_refused_by_name() {
    let marked = history(|h| {
        h.complete_task();
        h.push(Box::new(WorkflowExecutionUpdateRejected::default()));
    });
    insta::assert_snapshot!(report(&marked, &Script::of([vec![]])), @"
    workflow task 1, event 5: not simulated: recorded rejections of updates
      recorded:  WorkflowExecutionUpdateRejected
    ");
    let told = history(|h| _ = h.complete_task());
    let patch = WorkflowCommand::SetPatch(SetPatch { patch_id: "gas".into(), deprecated: false });
    insta::assert_snapshot!(report(&told, &Script::of([vec![patch]])), @"
    workflow task 1, event 4: not simulated: patches by the rules of Go
      recorded:  WorkflowTaskCompleted
    ");
}

#[test]
fn code_that_panics_in_replay_breaks_production() {
    let told = history(|h| _ = h.complete_task());
    let failed = TaskFailure {
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        failure: Failure::application("broken", "PanicError"),
        trouble: Trouble::Panicked { message: "broken".into() },
    };
    let broken = Script(vec![Completion::Failed(Box::new(failed))]);
    insta::assert_snapshot!(report(&told, &broken), @"
    workflow task 1, event 4: breaks production
      recorded:  WorkflowTaskCompleted
      attempted: workflow code panicked: broken
    ");
}

#[test]
fn tasks_from_the_cold_one_on_are_live() {
    let replaying = |cold_at| {
        let mut replayer = Replayer::new(
            recorded().events(),
            ReplayOptions { cold_at, ..ReplayOptions::default() },
        );
        let mut commands = vec![
            vec![activity(1, "Work"), timer(1, 10)],
            vec![cancel_activity(1), cancel_timer(1)],
            vec![complete()],
        ]
        .into_iter();
        let (mut flags, mut completion) = (Vec::new(), None);
        while let ReplayStep::Activate(activation) = replayer.step(completion.take()) {
            // Asking again changes nothing.
            assert_eq!(replayer.step(None), ReplayStep::Activate(activation.clone()));
            flags.push(activation.replaying);
            completion = commands.next().map(Completion::Commands);
        }
        assert!(matches!(replayer.step(None), ReplayStep::Done(Ok(_))));
        flags
    };
    assert_eq!(replaying(None), [true, true, true]);
    assert_eq!(replaying(Some(2)), [true, false, false]);
    assert_eq!(replaying(Some(1)), [false, false, false]);
}

#[test]
fn a_faithful_replay_may_differ_in_what_people_read_only() {
    let told = history(|h| {
        h.complete_task();
        h.start_timer(secs(10));
    });
    let named = |after| {
        let summary = Some(Payload::text("Sleep"));
        let timer = StartTimer { seq: Seq(1), after: secs(after), summary };
        verdict(&told, &Script::of([vec![WorkflowCommand::StartTimer(timer)]])).unwrap()
    };
    assert_eq!(named(10).assert_faithful(), 1);
    let panic = std::panic::catch_unwind(|| named(11).assert_faithful()).unwrap_err();
    insta::assert_snapshot!(panic.downcast_ref::<String>().unwrap(), @r#"
    the code does not do what was recorded

    1 workflow task replayed, up to event 5, where the run waits: 1 difference graded `changes behavior`, 1 graded `cosmetic`
    workflow task 1, event 5: changes behavior
      recorded:  TimerStarted id=5 after=10s
      attempted: StartTimer id=5 after=11s
    workflow task 1, event 5: cosmetic
      recorded:  TimerStarted id=5 after=10s: summary none
      attempted: StartTimer id=5 after=11s: summary "Sleep"
    "#);
}
