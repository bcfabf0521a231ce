//! What becomes of a command that is not recorded, by the rules of core (R-8).

use rehearsal_activation::WorkflowCommand;
use rehearsal_history::{History, HistoryBuilder};
use rehearsal_worker::Profile;

use crate::core_replay::{driven, verdict};
use crate::support::{cancel_timer, complete, delivery, drive, lines, secs, timer, worker_of};

/// R-8: core keeps a command too many, and takes the next event of a command for its record. Probes y1b, y2, y2c.
#[test]
fn a_command_too_many_breaks_production_only_if_it_meets_the_event_of_another() {
    let told = |end: fn(&mut HistoryBuilder)| {
        driven(|h| {
            h.complete_task();
            let nap = h.start_timer(secs(1));
            h.fire_timer(nap);
            h.schedule_task();
            h.complete_task();
            end(h);
        })
    };
    let twice = |told: &History, commands: &[WorkflowCommand]| {
        let answers = vec![vec![timer(5, 1), timer(10, 1)], commands.to_vec()];
        verdict(told, answers).map(|replayed| replayed.differences)
    };
    // The timer that was the second one is started with the first.
    let second = told(|h| _ = h.start_timer(secs(1)));
    let differences = twice(&second, &[]).unwrap();
    assert_eq!(differences.len(), 1);
    insta::assert_snapshot!(differences[0], @"
    workflow task 1: changes behavior
      recorded:  nothing more in this task
      attempted: StartTimer id=10 after=1s
      agreed before:
        5 TimerStarted id=5 after=1s
    ");

    // Nothing that would meet it is recorded.
    let open = told(|_| ());
    assert_eq!(twice(&open, &[]).unwrap().len(), 1);
    let differences = twice(&open, &[complete()]).unwrap();
    assert_eq!(differences.iter().map(|one| one.task).collect::<Vec<_>>(), [1, 2]);
    insta::assert_snapshot!(differences[1], @"
    workflow task 2: changes behavior
      recorded:  nothing: the history ends here, and may be cut
      attempted: CompleteWorkflow result=none
      agreed before:
        5 TimerStarted id=5 after=1s
    ");

    let closed = told(|h| _ = h.complete(None));
    insta::assert_snapshot!(twice(&closed, &[complete()]).unwrap_err(), @"
    workflow task 1: breaks production
      recorded:  nothing more in this task
      attempted: StartTimer id=10 after=1s
      agreed before:
        5 TimerStarted id=5 after=1s
    ");

    // A timer that is canceled too much cannot fire.
    let fired = driven(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(1));
        h.signal("go", None);
        h.schedule_task();
        h.complete_task();
        h.fire_timer(nap);
        h.schedule_task();
        h.complete_task();
    });
    let answers = vec![vec![timer(5, 1)], vec![cancel_timer(5)]];
    insta::assert_snapshot!(verdict(&fired, answers).unwrap_err(), @"
    workflow task 2: breaks production
      recorded:  nothing more in this task
      attempted: CancelTimer id=5
      agreed before:
        5 TimerStarted id=5 after=1s
    ");
}

/// A worker says so before it goes on with the live task, and sends the command with it.
#[test]
fn a_worker_sends_a_command_too_many_with_the_next_task() {
    let told = driven(|h| {
        h.complete_task();
        let nap = h.start_timer(secs(1));
        h.fire_timer(nap);
        h.start_task();
    });
    let answers = vec![vec![timer(5, 1), timer(9, 1)], vec![]];
    let log = drive(&mut worker_of(Profile::Core), delivery(told.events(), 1, 1), answers);
    insta::assert_snapshot!(lines(&log), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    mismatch: changes behavior
    activate at 8: FireTimer
    respond to 8: 1 commands, flags [], sdk ""
    "#);
}
