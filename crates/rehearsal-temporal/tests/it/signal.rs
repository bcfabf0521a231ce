//! Signals: when their handlers run, and which are ignored.

use rehearsal_temporal::workflow;

use crate::play::{cancel, fire, play_input, signal};
use crate::workflows::Approval;

/// C-23, R-16: a synchronous handler runs while its job is applied, before the cancel of the same activation; the main
/// routine only after both. The condition is tested before the cancel.
#[test]
fn a_synchronous_handler_does_not_see_a_cancel_of_the_same_batch() {
    let later = [vec![signal("approve", r#""ann""#), cancel()]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow, CancelWorkflow
      CompleteWorkflow json/plain:["wanted 1","ann, canceled: false"]
    "#);
}

/// C-23: an asynchronous handler starts at polling time, after all jobs.
#[test]
fn an_asynchronous_handler_sees_it() {
    let later = [vec![signal("approve_later", r#""ann""#), cancel()]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow, CancelWorkflow
      StartTimer 1 5s
      CancelTimer 1
      CompleteWorkflow json/plain:["wanted 1","ann later, canceled: true"]
    "#);
}

#[test]
fn an_asynchronous_handler_waits_beside_the_main_routine() {
    let later = [
        vec![signal("approve_later", r#""ann""#)],
        vec![signal("approve", r#""bob""#)],
        vec![fire(1)],
    ];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "2", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow
      StartTimer 1 5s
      waits for timer 1 of 5s
    SignalWorkflow
      nothing
      waits for timer 1 of 5s
    FireTimer
      CompleteWorkflow json/plain:["wanted 2","bob, canceled: false","ann later, canceled: false"]
    "#);
}

/// R-19.
#[test]
fn one_without_a_handler_is_ignored() {
    let later = [vec![signal("reject", r#""ann""#)]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow
      nothing
      waits for a condition, or something that is not an operation
    "#);
}

/// R-17: a handler whose arguments cannot be read fails the task.
#[test]
fn one_that_cannot_be_read_fails_the_task() {
    let later = [vec![signal("approve", "17")]];
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), "1", &[], &later), @r#"
    Initialize
      nothing
      waits for a condition, or something that is not an operation
    SignalWorkflow
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Encoding error: invalid type: integer `17`, expected a string" (application "" false)
      BadSignal { name: "approve", message: "Encoding error: invalid type: integer `17`, expected a string" }
    "#);
}
