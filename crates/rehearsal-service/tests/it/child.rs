//! Scenarios SE-*: child workflows, from the side of the server.

use rehearsal_history::{EventKind, ParentClosePolicy, Status};

use crate::bench::{CANCEL, COMPLETE, timer};
use crate::family::{Family, cancel, child, child_with};

/// A parent whose child `c` runs; both are idle.
fn started() -> Family {
    let mut family = Family::new();
    family.turn("wf", vec![child("c")]);
    family.settle();
    family.turn("wf", vec![]);
    family.turn("c", vec![]);
    family
}

#[test]
fn se_1_a_child_starts_and_completes() {
    let mut family = Family::new();
    family.turn("wf", vec![child("c")]);
    family.settle();
    family.turn("wf", vec![]);
    family.turn("c", vec![COMPLETE]);
    family.settle();
    family.turn("wf", vec![COMPLETE]);

    assert_eq!(
        family.tail("wf", 5),
        "5 ChildInit(c), 6 ChildStarted(i5), 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, \
         10 ChildCompleted(i5 st6), 11 TaskSched, 12 TaskStarted, 13 TaskCompleted, 14 WFCompleted(wtc13)"
    );
    let EventKind::WorkflowExecutionStarted(start) = family.event("c", 1) else { panic!() };
    let parent = start.parent_workflow_execution.as_ref().unwrap();
    assert_eq!((&*parent.workflow_id, &*parent.run_id), ("wf", "run-of-wf"));
    assert_eq!((start.parent_initiated_event_id.0, &*start.task_queue.name), (5, "main"));
    assert_eq!(start.root_workflow_execution.as_ref(), Some(parent));
    assert_eq!(start.workflow_task_timeout, Some(core::time::Duration::from_secs(10)));
}

/// Recorded: `child-fails`. The parent is told before the child's first workflow task is scheduled.
#[test]
fn a_child_is_created_then_told_then_given_its_first_task() {
    let mut family = Family::new();
    family.turn("wf", vec![child("c")]);
    family.transfer();

    let scheduled = |id: &str, event: usize| {
        let runs = family.service.history(family.run(id));
        runs[event - 1].kind.name().to_owned()
    };
    assert_eq!(scheduled("c", 2), "WorkflowTaskScheduled");
    assert_eq!(family.tail("wf", 6), "6 ChildStarted(i5), 7 TaskSched");
}

#[test]
fn h_4_the_end_of_a_child_moves_behind_its_start_and_learns_its_id() {
    let mut family = Family::new();
    family.poll("wf");
    family.cancel("wf");
    family.complete("wf", vec![child("c")]);
    // The next task was started at once: what comes is held back.
    family.settle();
    family.turn("c", vec![COMPLETE]);
    family.settle();
    family.complete("wf", vec![timer("9", 60_000)]);

    assert_eq!(
        family.tail("wf", 5),
        "5 ChildInit(c), 6 WFCancelReq, 7 TaskSched, 8 TaskStarted, 9 TaskCompleted, 10 TimerStarted(9), \
         11 ChildStarted(i5), 12 ChildCompleted(i5 st11), 13 TaskSched, 14 TaskStarted"
    );
}

#[test]
fn se_10_an_id_that_is_taken() {
    let mut family = Family::new();
    family.start("c");
    family.turn("wf", vec![child("c"), child("wf")]);
    family.settle();

    assert_eq!(
        family.tail("wf", 5),
        "5 ChildInit(c), 6 ChildInit(wf), 7 ChildStartFailed(WORKFLOW_ALREADY_EXISTS i6), 8 TaskSched, \
         9 ChildStartFailed(WORKFLOW_ALREADY_EXISTS i5)"
    );
}

#[test]
fn se_2_cancel_of_a_child_that_runs() {
    let mut family = started();
    family.cancel("wf");
    family.turn("wf", vec![cancel("c", true)]);
    family.settle();
    family.turn("c", vec![CANCEL]);
    family.settle();

    assert_eq!(
        family.tail("wf", 10),
        "10 WFCancelReq, 11 TaskSched, 12 TaskStarted, 13 TaskCompleted, 14 CanExtInit(c), 15 ExtCancelReq(i14), \
         16 TaskSched, 17 ChildCanceled(i5 st6)"
    );
    let EventKind::WorkflowExecutionCancelRequested(request) = family.event("c", 5) else {
        panic!()
    };
    assert_eq!(
        (request.external_initiated_event_id.0, &*request.identity),
        (14, "history-service")
    );
    assert_eq!(request.external_workflow_execution.as_ref().unwrap().workflow_id, "wf");
}

#[test]
fn se_9_start_and_cancel_of_a_child_in_one_task() {
    let mut family = Family::new();
    family.poll("wf");
    let refused = family.try_complete("wf", vec![child("c"), cancel("c", true)]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "BadRequestCancelExternalWorkflowExecutionAttributes: Start and RequestCancel for child workflow is not allowed \
         in same workflow task. WorkflowId=c RunId= Namespace=default"
    );
    assert_eq!(
        family.tail("wf", 4),
        "4 TaskFailed(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES)"
    );
}

#[test]
fn c_40_close_policies() {
    let mut family = Family::new();
    family.turn(
        "wf",
        vec![
            child_with("t", ParentClosePolicy::Terminate),
            child_with("r", ParentClosePolicy::RequestCancel),
            child_with("a", ParentClosePolicy::Abandon),
        ],
    );
    family.settle();
    family.turn("wf", vec![COMPLETE]);
    family.settle();

    assert_eq!(family.tail("t", 3), "3 WFTerminated");
    assert_eq!(family.tail("r", 3), "3 WFCancelReq");
    assert_eq!(family.tail("a", 2), "2 TaskSched");
    let EventKind::WorkflowExecutionTerminated(close) = family.event("t", 3) else { panic!() };
    assert_eq!((&*close.reason, &*close.identity), ("by parent close policy", "history-service"));
    let EventKind::WorkflowExecutionCancelRequested(request) = family.event("r", 3) else {
        panic!()
    };
    assert!(request.cause.is_empty() && request.external_initiated_event_id.is_none());
    assert_eq!(request.external_workflow_execution.as_ref().unwrap().workflow_id, "wf");
    assert_eq!(family.tail("wf", 14), "14 WFCompleted(wtc13)");
}

#[test]
fn se_12_a_parent_that_closes_before_its_child_is_created() {
    let mut family = Family::new();
    family.turn("wf", vec![child_with("c", ParentClosePolicy::Abandon), COMPLETE]);
    family.settle();

    assert_eq!(family.tail("wf", 5), "5 ChildInit(c), 6 WFCompleted(wtc4)");
    assert_eq!(family.service.run_of("c"), None);
}

#[test]
fn c_9_a_child_of_another_is_not_found() {
    let mut family = started();
    family.start("other");
    family.turn("other", vec![cancel("c", true)]);
    family.settle();

    assert_eq!(
        family.tail("other", 5),
        "5 CanExtInit(c), 6 CanExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i5), 7 TaskSched"
    );
    assert_eq!(family.service.run(family.run("c")).status, Status::Running);
}

#[test]
fn children_of_children_know_the_root_and_end_with_their_parents() {
    let mut family = started();
    family.cancel("c");
    family.turn("c", vec![child("g")]);
    family.settle();
    let EventKind::WorkflowExecutionStarted(start) = family.event("g", 1) else { panic!() };
    assert_eq!(start.parent_workflow_execution.as_ref().unwrap().workflow_id, "c");
    assert_eq!(start.root_workflow_execution.as_ref().unwrap().workflow_id, "wf");

    family.cancel("wf");
    family.turn("wf", vec![CANCEL]);
    family.settle();
    let status = |id: &str| family.service.run(family.run(id)).status;
    assert_eq!([status("c"), status("g")], [Status::Terminated, Status::Terminated]);
}

#[test]
fn the_parent_hears_of_a_child_that_is_terminated() {
    let mut family = started();
    let target = rehearsal_service::Target::current("c");
    let (reason, identity) = ("enough".into(), "client".into());
    let input =
        rehearsal_service::Input::TerminateWorkflow { target, reason, details: None, identity };
    family.handle(input).unwrap();
    family.settle();
    assert_eq!(family.tail("wf", 10), "10 ChildTerminated(i5 st6), 11 TaskSched");
}
