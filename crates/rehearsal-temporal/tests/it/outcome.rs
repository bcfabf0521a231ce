//! How a run ends, and how a workflow task fails.

use std::time::Duration;

use rehearsal_activation::{Job, Update};
use rehearsal_history::Failure;
use rehearsal_temporal::workflow;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityOptions, ApplicationFailure, ChildWorkflowOptions, LocalActivityOptions,
    WorkflowContext, WorkflowResult, WorkflowTermination,
};

use crate::play::{cancel, canceled, failed, fire, play_input};
use crate::workflows::{Acts, Approval};

/// What the workflow is to do is its argument.
#[workflow]
#[derive(Default)]
pub struct Ends;

#[workflow_methods]
impl Ends {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, how: String) -> WorkflowResult<String> {
        match how.as_str() {
            "panics" => {
                ctx.timer(Duration::from_secs(1)).await;
                panic!("this workflow is broken")
            }
            "fails" => {
                let cause = std::io::Error::other("disk full");
                let failure = ApplicationFailure::builder(anyhow_like("order refused", cause))
                    .type_name("OrderRefused".to_owned())
                    .non_retryable(true)
                    .build();
                Err(failure.into())
            }
            "is canceled" => Err(WorkflowTermination::cancelled_with_details("why".to_owned())),
            "patches" => Ok(format!("{}", ctx.patched("new-code"))),
            "local" => {
                let options = LocalActivityOptions::default();
                ctx.execute_local_activity(Acts::cleanup, (), options).await?;
                Ok(how)
            }
            "child" => {
                let options =
                    ChildWorkflowOptions::builder().workflow_id("child-1".to_owned()).build();
                let _child = ctx.start_child_workflow(Self::run, "fails".to_owned(), options).await;
                Ok(how)
            }
            _ => {
                let options = ActivityOptions::start_to_close_timeout(Duration::from_secs(5));
                Ok(ctx.execute_activity(Acts::work, how, options).await?)
            }
        }
    }
}

#[derive(Debug)]
struct Caused(&'static str, std::io::Error);

impl std::fmt::Display for Caused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Caused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.1)
    }
}

fn anyhow_like(what: &'static str, cause: std::io::Error) -> Caused {
    Caused(what, cause)
}

/// As recorded in `golden/rust/panic-in-workflow`.
#[test]
fn a_panic_fails_the_task_in_the_words_of_the_sdk() {
    let log = play_input(&workflow::<Ends>(), r#""panics""#, &[], &[vec![fire(1)], vec![]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Workflow function panicked: this workflow is broken" (application "" false)
      Panicked { message: "this workflow is broken\nat it/outcome.rs:29:17" }

      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Workflow function panicked: this workflow is broken" (application "" false)
      Panicked { message: "this workflow is broken\nat it/outcome.rs:29:17" }
    "#);
}

#[test]
fn an_error_with_a_cause_closes_as_failed() {
    insta::assert_snapshot!(play_input(&workflow::<Ends>(), r#""fails""#, &[], &[]), @r#"
    Initialize
      FailWorkflow "order refused" (application "OrderRefused" true) <- "disk full" (application "" false)
    "#);
}

/// C-13: no request is needed.
#[test]
fn a_workflow_may_close_as_canceled_by_itself() {
    insta::assert_snapshot!(play_input(&workflow::<Ends>(), r#""is canceled""#, &[], &[]), @r#"
    Initialize
      CancelWorkflow json/plain:"why"
    "#);
}

#[test]
fn a_failed_activity_is_the_cause_of_the_failure() {
    let log = play_input(
        &workflow::<Ends>(),
        r#""works""#,
        &[],
        &[vec![failed(1, Failure::application("no such card", "CardError"))]],
    );
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Acts::work id 1, TryCancel, json/plain:"works"
      waits for Acts::work (activity 1)
    ResolveActivity
      FailWorkflow "Activity task failed" (activity) <- "no such card" (application "CardError" false)
    "#);
}

/// C-36, C-47: returning the error of a canceled activity closes as canceled, if the workflow was canceled.
#[test]
fn a_canceled_activity_cancels_the_workflow() {
    let log =
        play_input(&workflow::<Ends>(), r#""works""#, &[], &[vec![cancel()], vec![canceled(1)]]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Acts::work id 1, TryCancel, json/plain:"works"
      waits for Acts::work (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      waits for Acts::work (activity 1)
    ResolveActivity
      CancelWorkflow none
    "#);
}

/// The SDK fails the task, not the workflow, and keeps no cause (`workflow_activation_handler` in its `lib.rs`).
#[test]
fn arguments_that_cannot_be_read_fail_the_task() {
    insta::assert_snapshot!(play_input(&workflow::<Approval>(), r#""many""#, &[], &[]), @r#"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Failed to create workflow: Failed to create workflow execution" (application "" false)
      BadInput { message: "Encoding error: invalid type: string \"many\", expected usize" }
    "#);
}

/// A result that cannot be read fails the task too, unless the workflow handles the error.
#[test]
fn a_result_that_cannot_be_read_fails_the_task() {
    let log = play_input(
        &workflow::<Ends>(),
        r#""works""#,
        &[],
        &[vec![crate::play::completed(1, "17")]],
    );
    insta::assert_snapshot!(log, @r#"
    Initialize
      ScheduleActivity 1 Acts::work id 1, TryCancel, json/plain:"works"
      waits for Acts::work (activity 1)
    ResolveActivity
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Workflow payload conversion failed: Encoding error: invalid type: integer `17`, expected a string" (no kind)
      TaskFailed { message: "Workflow payload conversion failed: Encoding error: invalid type: integer `17`, expected a string" }
    "#);
}

/// Whether a command is simulated is for the worker to say.
#[test]
fn every_command_reaches_the_worker() {
    let commands = [
        ("patches", "SetPatch(SetPatch { patch_id: \"new-code\", deprecated: false })"),
        ("local", "ScheduleLocalActivity(ScheduleLocalActivity { seq: Seq(1), "),
        ("child", "StartChildWorkflow(StartChild { seq: Seq(1), workflow_type: \"Ends\", "),
    ];
    for (case, command) in commands {
        let log = play_input(&workflow::<Ends>(), &format!("\"{case}\""), &[], &[]);
        assert!(log.contains(command), "{log}");
    }
}

#[test]
fn an_update_without_a_handler_is_rejected() {
    let update = Update { name: "change".into(), ..Update::default() };
    let jobs = [Job::DoUpdate(Box::new(update))];
    let log = play_input(&workflow::<Ends>(), r#""works""#, &jobs, &[]);
    let rejected = "response: Rejected(Failure { message: \"No update handler registered for update name change\"";
    assert!(log.contains(rejected), "{log}");
    // Answers go before what the workflow asks for.
    assert!(log.find(rejected) < log.find("ScheduleActivity"), "{log}");
}

#[test]
fn a_run_that_is_not_initialized_says_so() {
    use rehearsal_activation::Definition as _;
    let mut instance = workflow::<Ends>().instantiate();
    let completion = instance.activate(&crate::play::activation(0, vec![fire(1)]));
    let rehearsal_activation::Completion::Failed(failed) = completion else {
        panic!("{completion:?}");
    };
    assert_eq!(failed.failure.message, "the first job of a run is not InitializeWorkflow");
}
