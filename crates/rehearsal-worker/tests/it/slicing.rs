//! How histories are cut into workflow tasks.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal_history::{Event, EventId, History, HistoryBuilder, WorkflowTaskFailedCause};
use rehearsal_worker::{ReplayEnd, slice};

use crate::support::{Script, activity, history, secs, timer, verdict};

#[test]
fn a_batch_is_what_happened_between_two_successful_tasks() {
    let told = history(|h| {
        h.complete_task();
        let work = h.schedule_activity("Work");
        let nap = h.start_timer(secs(1));
        h.schedule_task();
        h.request_cancel("enough");
        h.fire_timer(nap);
        h.complete_task();
        h.start_activity(work);
        h.complete_activity(work, None);
        h.complete_task();
        h.complete(None);
    });
    insta::assert_snapshot!(table(&told), @"
    1 at 3: 1 WorkflowExecutionStarted => 5 ActivityTaskScheduled 6 TimerStarted
    2 at 10: 8 WorkflowExecutionCancelRequested 9 TimerFired =>
    3 at 15: 12 ActivityTaskStarted 13 ActivityTaskCompleted => 17 WorkflowExecutionCompleted
    rest:
    ");
}

#[test]
fn failed_and_timed_out_tasks_leave_no_trace() {
    let told = history(|h| {
        h.fail_task(WorkflowTaskFailedCause::UnhandledCommand);
        h.signal("go", None);
        h.time_out_task();
        h.signal("on", None);
        h.complete_task();
        h.start_timer(secs(1));
        h.fail_task(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure);
        h.schedule_task();
    });
    insta::assert_snapshot!(table(&told), @"
    1 at 11: 1 WorkflowExecutionStarted 5 WorkflowExecutionSignaled 9 WorkflowExecutionSignaled => 13 TimerStarted
    rest:
    ");
}

#[test]
fn a_task_that_is_open_ends_the_history() {
    let told = history(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(1));
        h.fire_timer(nap);
        h.start_task();
    });
    insta::assert_snapshot!(table(&told), @"
    1 at 3: 1 WorkflowExecutionStarted => 5 TimerStarted
    open at 8: 6 TimerFired
    rest:
    ");
}

#[test]
fn what_follows_the_last_task_is_told_to_none() {
    let told = history(|h| {
        h.complete_task();
        h.schedule_activity("Work");
        h.signal("go", None);
        h.start_task();
        h.terminate("enough");
    });
    insta::assert_snapshot!(table(&told), @"
    1 at 3: 1 WorkflowExecutionStarted => 5 ActivityTaskScheduled
    rest: 6 WorkflowExecutionSignaled 9 WorkflowExecutionTerminated
    ");
}

#[test]
fn a_part_of_a_history_begins_behind_the_task_that_is_done() {
    let told = history(|h| {
        h.complete_task();
        h.start_timer(secs(1));
        h.signal("go", None);
        h.start_task();
    });
    let slices = slice(&told.events()[3..]);
    assert_eq!(slices.tasks, []);
    let open = slices.open.unwrap();
    assert_eq!(
        open.events.iter().map(|event| event.kind.name()).collect::<Vec<_>>(),
        ["WorkflowExecutionSignaled"]
    );
    assert_eq!(open.started, EventId(8));
}

#[test]
fn the_verdict_says_how_a_history_ends() {
    let script = Script::of([vec![timer(1, 1), activity(2, "Work")]]);
    let end = |tell: fn(&mut HistoryBuilder)| {
        let told = history(|h| {
            h.complete_task();
            h.start_timer(secs(1));
            h.schedule_activity("Work");
            tell(h);
        });
        let replayed = verdict(&told, &script).unwrap();
        (replayed.tasks, replayed.end)
    };
    assert_eq!(end(|_| {}), (1, ReplayEnd::Waiting(EventId(6))));
    assert_eq!(end(|h| _ = h.signal("go", None)), (1, ReplayEnd::Waiting(EventId(7))));
    assert_eq!(end(|h| _ = h.schedule_task()), (1, ReplayEnd::TaskScheduled(EventId(7))));
    assert_eq!(end(|h| _ = h.start_task()), (1, ReplayEnd::TaskOpen(EventId(8))));
    assert_eq!(end(|h| _ = h.time_out_task()), (1, ReplayEnd::TaskFailed(EventId(9))));
    assert_eq!(end(|h| _ = h.terminate("enough")), (1, ReplayEnd::Closed(EventId(7))));
    let failed = end(|h| {
        h.fail_task(WorkflowTaskFailedCause::NonDeterministicError);
        h.schedule_task();
    });
    assert_eq!(failed, (1, ReplayEnd::TaskFailed(EventId(9))));
}

proptest! {
    /// Nothing is lost, doubled or moved: the slices, put together again, are the history without its workflow tasks.
    #[test]
    fn slices_are_a_partition(steps in vec(0..7_u8, 0..40)) {
        let told = any_history(&steps);
        let slices = slice(told.events());
        let open = slices.open.iter().flat_map(|task| &task.events);
        let tasks = slices.tasks.iter().flat_map(|task| task.events.iter().chain(&task.commands));
        let together: Vec<_> = tasks.chain(open).chain(&slices.rest).cloned().collect();
        let of_tasks = |event: &&Arc<Event>| event.kind.name().starts_with("WorkflowTask");
        let expected: Vec<_> = told.events().iter().filter(|event| !of_tasks(event)).cloned().collect();
        prop_assert_eq!(together, expected);
    }

    /// A worker that has seen the tasks before is told the same as one that is told all.
    #[test]
    fn a_warm_task_is_the_same_as_a_cold_one(steps in vec(0..7_u8, 0..40)) {
        let told = any_history(&steps);
        let mut seen = 0;
        for task in slice(told.events()).tasks {
            let started = usize::try_from(task.started.0).unwrap();
            let warm = slice(&told.events()[seen..started]);
            prop_assert_eq!(warm.tasks, []);
            prop_assert_eq!(warm.open.map(|warm| (warm.events, warm.started)), Some((task.events, task.started)));
            seen = started;
        }
    }
}

/// A history out of small steps.
fn any_history(steps: &[u8]) -> History {
    history(|h| {
        for step in steps {
            match step {
                0 => h.schedule_task(),
                1 | 2 => h.complete_task(),
                3 => h.fail_task(WorkflowTaskFailedCause::UnhandledCommand),
                4 => h.time_out_task(),
                5 => h.start_timer(secs(1)),
                _ => h.signal("go", None),
            };
        }
    })
}

/// One line a task: its `WorkflowTaskStarted`, what happened before, and the commands behind it.
fn table(history: &History) -> String {
    let slices = slice(history.events());
    let names = |events: &[Arc<Event>]| {
        let name = |event: &Arc<Event>| format!(" {} {}", event.id, event.kind.name());
        events.iter().map(name).collect::<Vec<_>>().concat()
    };
    let mut lines = Vec::new();
    for task in &slices.tasks {
        let (number, started) = (task.number, task.started);
        let (told, asked) = (names(&task.events), names(&task.commands));
        lines.push(format!("{number} at {started}:{told} =>{asked}"));
    }
    if let Some(open) = &slices.open {
        lines.push(format!("open at {}:{}", open.started, names(&open.events)));
    }
    lines.push(format!("rest:{}", names(&slices.rest)));
    lines.join("\n")
}
