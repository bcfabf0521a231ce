//! Ids of workflows that are used again, and requests that name runs of a chain (T-14, C-3, C-7).

use rehearsal_activation::ServerCommand;
use rehearsal_history::event::{UpdateMeta, UpdateRequest, WorkflowExecutionTerminated};
use rehearsal_history::{EventKind, WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use rehearsal_service::{Answer, Input, NotFound, RequestError, StartWorkflow, Target};

use crate::bench::{Bench, COMPLETE, fail_workflow};
use crate::chain::continue_as_new;

fn start(
    bench: &mut Bench,
    change: impl FnOnce(&mut StartWorkflow),
) -> Result<Answer, RequestError> {
    let mut again = StartWorkflow {
        workflow_id: "wf".into(),
        run_id: "run-2".into(),
        workflow_type: "Workflow".into(),
        task_queue: "main".into(),
        ..StartWorkflow::default()
    };
    change(&mut again);
    bench.handle(Input::StartWorkflow(Box::new(again)))
}

fn refused(bench: &mut Bench, change: impl FnOnce(&mut StartWorkflow)) -> String {
    start(bench, change).unwrap_err().to_string()
}

/// A workflow that closed with `command`, more than a second ago.
fn closed(command: ServerCommand) -> Bench {
    let mut bench = Bench::after(vec![command]);
    bench.at(2_000);
    bench
}

#[test]
fn t_14_an_id_is_free_again_after_the_close() {
    let mut bench = Bench::start(|_| {});
    let running = refused(&mut bench, |_| {});
    assert_eq!(running, "Workflow execution is already running. WorkflowId: wf, RunId: run-1.");
    bench.turn(vec![COMPLETE]);

    assert!(start(&mut bench, |_| {}).is_ok());
}

#[test]
fn t_14_a_running_workflow_is_taken_for_the_one_that_is_started() {
    let mut bench = Bench::start(|_| {});
    let answer = start(&mut bench, |it| {
        it.id_conflict_policy = WorkflowIdConflictPolicy::UseExisting;
    });

    assert_eq!(answer, Ok(Answer::Started(bench.run)));
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
}

#[test]
fn t_14_a_running_workflow_makes_room() {
    let mut bench = Bench::start(|_| {});
    let replace = |it: &mut StartWorkflow| {
        it.id_conflict_policy = WorkflowIdConflictPolicy::TerminateExisting;
    };
    bench.poll();
    start(&mut bench, replace).unwrap();

    assert_eq!(
        bench.history(),
        "1 WFStarted, 2 TaskSched, 3 TaskStarted, 4 TaskFailed(FORCE_CLOSE_COMMAND), 5 WFTerminated"
    );
    let EventKind::WorkflowExecutionTerminated(it) = bench.event(5) else { panic!("the close") };
    let WorkflowExecutionTerminated { reason, details, identity, .. } = it;
    assert_eq!(reason, "TerminateIfRunning WorkflowIdReusePolicy");
    let details = details.as_ref().unwrap().as_slice()[0].as_json();
    assert_eq!(details, Some("\"terminated by new runID: run-2\""));
    assert_eq!(identity, "history-service");
    assert_eq!(bench.follow().original_execution_run_id, "run-2");
}

#[test]
fn t_14_the_older_policy_means_the_same() {
    let mut bench = Bench::start(|_| {});
    bench.at(1_500);
    let older = |it: &mut StartWorkflow| {
        it.id_reuse_policy = WorkflowIdReusePolicy::TerminateIfRunning;
    };
    start(&mut bench, older).unwrap();
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched, 3 WFTerminated");

    let both = refused(&mut bench, |it| {
        older(it);
        it.id_conflict_policy = WorkflowIdConflictPolicy::Fail;
    });
    assert!(both.ends_with("cannot be used together with a WorkflowIDConflictPolicy"), "{both}");
    let neither = refused(&mut bench, |it| {
        it.id_reuse_policy = WorkflowIdReusePolicy::RejectDuplicate;
        it.id_conflict_policy = WorkflowIdConflictPolicy::TerminateExisting;
    });
    assert!(neither.ends_with("WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING"), "{neither}");
}

#[test]
fn t_14_the_id_of_a_closed_workflow() {
    let only_failed = |it: &mut StartWorkflow| {
        it.id_reuse_policy = WorkflowIdReusePolicy::AllowDuplicateFailedOnly;
    };
    let reject = |it: &mut StartWorkflow| {
        it.id_reuse_policy = WorkflowIdReusePolicy::RejectDuplicate;
    };
    assert_eq!(
        refused(&mut closed(COMPLETE), only_failed),
        "Workflow execution already finished successfully. WorkflowId: wf, RunId: run-1. Workflow Id reuse policy: allow \
         duplicate workflow Id if last run failed."
    );
    start(&mut closed(fail_workflow()), only_failed).unwrap();
    assert_eq!(
        refused(&mut closed(fail_workflow()), reject),
        "Workflow execution already finished. WorkflowId: wf, RunId: run-1. Workflow Id reuse policy: reject duplicate \
         workflow Id."
    );
}

#[test]
fn sb_9_a_cancel_with_the_id_of_a_closed_run_does_nothing() {
    let mut bench = closed(continue_as_new(|_| {}));
    let (reason, identity) = ("".into(), "client".into());
    let target = Target::run("wf", "run-1");
    let answer = bench.handle(Input::RequestCancelWorkflow { target, reason, identity });
    assert_eq!(answer, Ok(Answer::Done));
    bench.follow();
    assert!(!bench.service.run(bench.run).cancel_requested, "C-3");

    bench.cancel();
    assert!(bench.service.run(bench.run).cancel_requested, "C-1: by workflow id alone");
}

#[test]
fn c_7_a_cancel_with_the_first_run_reaches_the_current_one_of_its_chain() {
    let mut bench = closed(continue_as_new(|_| {}));
    let cancel = |bench: &mut Bench, first: &str| {
        let target =
            Target { run_id: None, first_run_id: Some(first.into()), ..Target::current("wf") };
        let (reason, identity) = ("".into(), "client".into());
        bench.handle(Input::RequestCancelWorkflow { target, reason, identity })
    };
    let other = cancel(&mut bench, "run-7").unwrap_err();
    assert_eq!(other.to_string(), "workflow execution not found");
    cancel(&mut bench, "run-1").unwrap();
    bench.follow();
    assert!(bench.service.run(bench.run).cancel_requested);

    bench.terminate();
    assert_eq!(cancel(&mut bench, "run-7"), Ok(Answer::Done), "closed, so there is nothing to do");
}

/// An update that names the first run of its chain is for no other (`ApplyRequest` in `updateworkflow/api.go`), whether the
/// workflow is open or closed.
#[test]
fn an_update_reaches_no_other_chain() {
    let mut bench = Bench::after(vec![COMPLETE]);
    bench.at(2_000);
    start(&mut bench, |_| {}).unwrap();
    let mut update = |first: &str| {
        let meta = UpdateMeta { update_id: "u-1".into(), ..UpdateMeta::default() };
        let request = Box::new(UpdateRequest { meta: Some(meta), ..UpdateRequest::default() });
        let target = Target { first_run_id: Some(first.into()), ..Target::current("wf") };
        bench.handle(Input::UpdateWorkflow { target, request })
    };
    assert_eq!(update("run-1"), Err(NotFound::Chain.into()));
    assert_eq!(update("run-2"), Ok(Answer::Done));
    assert_eq!(update(""), Ok(Answer::Done));
}
