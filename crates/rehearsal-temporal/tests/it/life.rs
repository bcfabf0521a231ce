//! The life of a run: operations, cancels, the order of it all.

use rehearsal_activation::Definition as _;
use rehearsal_temporal::workflow;

use crate::play::{cancel, canceled, completed, fire, play, play_input, signal};
use crate::workflows::{Approval, Timers, Tokens, YourWorkflow};

/// S-RS-2 and C-22: the skipped activity is asked for and canceled at once; core suppresses both, and resolves it in a
/// further activation of the same task (R-18).
#[test]
fn the_cancellation_sample() {
    let later = [
        vec![cancel()],
        vec![completed(1, r#""I am canceled by Done""#)],
        vec![canceled(2)],
        vec![completed(3, r#""cleaned up""#)],
    ];
    insta::assert_snapshot!(play(&workflow::<YourWorkflow>(), &[], &later), @r#"
    Initialize
      ScheduleActivity 1 Acts::work id 1, WaitCancellationCompleted, json/plain:"long"
      waits for Acts::work (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      waits for Acts::work (activity 1)
    ResolveActivity
      ScheduleActivity 2 Acts::work id 2, WaitCancellationCompleted, json/plain:"skipped"
      RequestCancelActivity 2
      waits for Acts::work (activity 2)
    ResolveActivity
      ScheduleActivity 3 Acts::cleanup id 3, TryCancel, none
      waits for Acts::cleanup (activity 3)
    ResolveActivity
      CancelWorkflow none
    "#);
}

#[test]
fn the_cancellation_sample_without_a_cancel() {
    let later = [vec![completed(1, r#""result""#)], vec![completed(2, r#""unused""#)]];
    insta::assert_snapshot!(play(&workflow::<YourWorkflow>(), &[], &later), @r#"
    Initialize
      ScheduleActivity 1 Acts::work id 1, WaitCancellationCompleted, json/plain:"long"
      waits for Acts::work (activity 1)
    ResolveActivity
      ScheduleActivity 2 Acts::work id 2, WaitCancellationCompleted, json/plain:"skipped"
      waits for Acts::work (activity 2)
    ResolveActivity
      CompleteWorkflow json/plain:"result"
    "#);
}

/// C-39: a canceled timer resolves at once, and its cancel is a command.
#[test]
fn timers() {
    let later = [vec![fire(1)], vec![cancel()]];
    insta::assert_snapshot!(play(&workflow::<Timers>(), &[], &later), @r#"
    Initialize
      StartTimer 1 1s "a second"
      waits for timer 1 of 1s
    FireTimer
      StartTimer 2 60s
      waits for timer 2 of 1m
    CancelWorkflow
      CancelTimer 2
      CompleteWorkflow json/plain:"Cancelled"
    "#);
}

/// C-39a: SDK 1.1.1 panics on a timer that fires after the cancel, in one batch.
#[test]
fn a_timer_that_fires_after_its_cancel_in_one_batch() {
    let later = [vec![fire(1)], vec![cancel(), fire(2)]];
    insta::assert_snapshot!(play(&workflow::<Timers>(), &[], &later), @r#"
    Initialize
      StartTimer 1 1s "a second"
      waits for timer 1 of 1s
    FireTimer
      StartTimer 2 60s
      waits for timer 2 of 1m
    CancelWorkflow, FireTimer
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Workflow function panicked: resolution must have a registered unblocker: Command Timer(2) not found to unblock" (application "" false)
      SdkDefect { id: "C-39a", message: "resolution must have a registered unblocker: Command Timer(2) not found to unblock" }
    "#);
}

/// C-19, C-20: a token of its own is canceled by workflow code, a detached one by nobody; a condition ends with the
/// cancel. C-36: what is abandoned is asked to cancel here, and it is core that does not tell the server.
#[test]
fn tokens() {
    let later = [vec![cancel()], vec![canceled(2)], vec![completed(1, r#""kept""#)]];
    insta::assert_snapshot!(play(&workflow::<Tokens>(), &[], &later), @r#"
    Initialize
      StartTimer 1 9s
      CancelTimer 1
      ScheduleActivity 1 Acts::work id 1, TryCancel, json/plain:"detached"
      ScheduleActivity 2 Acts::work id 2, Abandon, json/plain:"abandoned"
      waits for Acts::work (activity 1)
      waits for Acts::work (activity 2)
    CancelWorkflow
      RequestCancelActivity 2
      waits for Acts::work (activity 1)
      waits for Acts::work (activity 2)
    ResolveActivity
      nothing
      waits for Acts::work (activity 1)
    ResolveActivity
      CompleteWorkflow json/plain:"Cancelled, Err(WorkflowCancellationError { reason: Some(\"enough\") }), Err(\"Activity cancelled: Activity cancelled\"), Ok(\"kept\")"
    "#);
}

#[test]
fn init_takes_the_arguments_and_a_condition_waits() {
    let later = [vec![signal("approve", r#""ann""#)]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow
      CompleteWorkflow json/plain:["wanted 1","ann, canceled: false"]
    "#);
}

#[test]
fn the_definition_tells_of_its_handlers() {
    let approval = workflow::<Approval>();
    assert_eq!(approval.workflow_type(), "Approval");
    assert_eq!(approval.descriptor().signals, ["approve", "approve_later"]);
    assert_eq!(approval.descriptor().queries, ["log"]);
    assert!(approval.descriptor().updates.is_empty());
}

/// A run that is closed or that failed asks for nothing more, and does not panic (W-12 replays it in a new instance).
#[test]
fn a_closed_run_is_told_in_vain() {
    let later = [vec![signal("approve", r#""ann""#)], vec![signal("approve", r#""bob""#)]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow
      CompleteWorkflow json/plain:["wanted 1","ann, canceled: false"]
    SignalWorkflow
      nothing
    "#);
}
