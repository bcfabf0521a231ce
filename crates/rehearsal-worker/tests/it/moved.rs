//! Code that asks for the same in another workflow task, by the rules of Go.

use rehearsal_activation::WorkflowCommand;
use rehearsal_history::event::WorkflowPropertiesModified;
use rehearsal_history::{EventId, History, Memo, Payload};

use crate::support::{
    Script, activity, complete, delivery, drive, history, lines, report, secs, timer, worker,
};

fn memo(key: &str) -> Memo {
    let fields = [(key.into(), Payload::default())].into_iter().collect();
    Memo { fields, ..Memo::default() }
}

/// What an upsert in this task leaves.
fn modified(task: EventId) -> WorkflowPropertiesModified {
    WorkflowPropertiesModified {
        upserted_memo: Some(memo("state")),
        workflow_task_completed_event_id: task,
        ..WorkflowPropertiesModified::default()
    }
}

fn upsert(key: &str) -> WorkflowCommand {
    WorkflowCommand::UpsertMemo(memo(key))
}

/// A timer and an upsert of the memo; the timer fires, then comes a signal.
fn recorded() -> History {
    history(|h| {
        let completed = h.complete_task();
        let nap = h.start_timer(secs(10));
        h.push(modified(completed));
        h.fire_timer(nap);
        h.complete_task();
        h.signal("go", None);
        h.start_task();
    })
}

#[test]
fn what_is_asked_for_a_task_later_changes_behavior() {
    let later = Script::of([vec![timer(1, 10)], vec![upsert("state")]]);
    insta::assert_snapshot!(report(&recorded(), &later), @"
    2 tasks, TaskOpen(EventId(13))
    workflow task 1, event 6: changes behavior
      recorded:  WorkflowPropertiesModified state
      attempted: nothing more in this task, but the same in a later one
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

#[test]
fn what_is_asked_for_a_task_earlier_changes_behavior() {
    let told = history(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(10));
        h.fire_timer(nap);
        let completed = h.complete_task();
        h.push(modified(completed));
        h.signal("go", None);
        h.start_task();
    });
    let earlier = Script::of([vec![timer(1, 10), upsert("state")], vec![]]);
    insta::assert_snapshot!(report(&told, &earlier), @"
    2 tasks, TaskOpen(EventId(13))
    workflow task 1: changes behavior
      recorded:  nothing more in this task, but the same in a later one
      attempted: UpsertMemo state
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

/// The first difference is the one to look at.
#[test]
fn what_no_later_task_makes_up_for_breaks_production() {
    let never = Script::of([vec![timer(1, 10)], vec![]]);
    insta::assert_snapshot!(report(&recorded(), &never), @"
    workflow task 1, event 6: breaks production
      recorded:  WorkflowPropertiesModified state
      attempted: nothing more in this task
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
    let another = Script::of([vec![timer(1, 10)], vec![timer(2, 20)]]);
    insta::assert_snapshot!(report(&recorded(), &another), @"
    workflow task 1, event 6: breaks production
      recorded:  WorkflowPropertiesModified state
      attempted: nothing more in this task
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
    let closes = Script::of([vec![timer(1, 10)], vec![complete()]]);
    insta::assert_snapshot!(report(&recorded(), &closes), @"
    workflow task 1, event 6: breaks production
      recorded:  WorkflowPropertiesModified state
      attempted: nothing more in this task
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

/// The id of an activity is a number that goes on with each command, unless workflow code gives it one.
#[test]
fn what_stands_before_an_activity_breaks_production() {
    let told = history(|h| {
        let completed = h.complete_task();
        let nap = h.start_timer(secs(10));
        h.push(modified(completed));
        h.fire_timer(nap);
        h.complete_task();
        h.schedule_activity("Work");
        h.signal("go", None);
        h.start_task();
    });
    let second = vec![upsert("state"), activity(1, "Work")];
    insta::assert_snapshot!(report(&told, &Script::of([vec![timer(1, 10)], second])), @"
    workflow task 1, event 6: breaks production
      recorded:  WorkflowPropertiesModified state
      attempted: nothing more in this task
      agreed before:
        5 TimerStarted id=5 after=10s
    ");
}

/// The same in a worker, which takes what is asked for later, and refuses what is not.
#[test]
fn a_worker_of_go_goes_on_with_what_is_asked_for_later() {
    let told = recorded();
    let log = |second| {
        let answers = vec![vec![timer(1, 10)], second, Vec::new()];
        lines(&drive(&mut worker(), delivery(told.events(), 1, 1), answers))
    };
    insta::assert_snapshot!(log(vec![upsert("state")]), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 9 replaying: FireTimer
    mismatch: changes behavior
    activate at 13: SignalWorkflow
    respond to 13: 0 commands, flags [], sdk "temporal-go"
    "#);
    insta::assert_snapshot!(log(Vec::new()), @"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 9 replaying: FireTimer
    activate at 13: SignalWorkflow
    mismatch: breaks production
    respond to 13: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [TMPRL1100] nondeterministic workflow: missing replay command for WorkflowPropertiesModified state
    evict run
    ");
    insta::assert_snapshot!(log(vec![upsert("another")]), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 9 replaying: FireTimer
    mismatch: changes behavior
    mismatch: changes behavior
    mismatch: changes behavior
    activate at 13: SignalWorkflow
    respond to 13: 0 commands, flags [], sdk "temporal-go"
    "#);
}
