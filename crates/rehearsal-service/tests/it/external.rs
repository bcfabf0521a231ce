//! Scenarios SF-*: signals and cancels of other workflows, from the side of the server.

use rehearsal_history::{EventId, EventKind};
use rehearsal_service::Across;

use crate::bench::{COMPLETE, timer};
use crate::family::{Family, cancel, signal};

#[test]
fn sf_1_cancel_of_a_running_workflow() {
    let mut family = Family::new();
    family.start("other");
    family.turn("wf", vec![cancel("other", false)]);
    family.settle();

    assert_eq!(family.tail("wf", 5), "5 CanExtInit(other), 6 ExtCancelReq(i5), 7 TaskSched");
    assert_eq!(family.tail("other", 2), "2 TaskSched, 3 WFCancelReq");
    let EventKind::WorkflowExecutionCancelRequested(request) = family.event("other", 3) else {
        panic!()
    };
    assert_eq!(request.external_initiated_event_id.0, 5);
}

#[test]
fn sf_2_cancel_of_a_closed_workflow() {
    let mut family = Family::new();
    family.start("other");
    family.turn("other", vec![COMPLETE]);
    family.turn("wf", vec![cancel("other", false)]);
    family.settle();

    assert_eq!(family.tail("wf", 5), "5 CanExtInit(other), 6 ExtCancelReq(i5), 7 TaskSched");
    assert_eq!(family.tail("other", 5), "5 WFCompleted(wtc4)");
}

#[test]
fn sf_3_sf_4_sf_5_unknown_closed_and_own_workflows() {
    let mut family = Family::new();
    family.start("closed");
    family.turn("closed", vec![COMPLETE]);
    let commands = vec![
        cancel("nobody", false),
        signal("nobody"),
        signal("closed"),
        signal("wf"),
        cancel("wf", false),
    ];
    family.turn("wf", commands);
    family.settle();

    assert_eq!(
        family.tail("wf", 10),
        "10 CanExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i5), 11 TaskSched, \
         12 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i6), \
         13 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i7), \
         14 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i8), \
         15 CanExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i9)"
    );
}

#[test]
fn a_signal_reaches_a_running_workflow() {
    let mut family = Family::new();
    family.start("other");
    family.turn("wf", vec![signal("other")]);
    family.settle();

    assert_eq!(family.tail("wf", 5), "5 SigExtInit(other), 6 ExtSignaled(i5), 7 TaskSched");
    let EventKind::WorkflowExecutionSignaled(signaled) = family.event("other", 3) else { panic!() };
    assert_eq!(signaled.external_workflow_execution.as_ref().unwrap().workflow_id, "wf");
    assert_eq!(signaled.identity, "history-service");
}

#[test]
fn sf_7_w_16_what_a_closed_workflow_wanted_to_send_is_lost() {
    let mut family = Family::new();
    family.start("other");
    family.turn("wf", vec![signal("other"), cancel("other", false), COMPLETE]);
    family.settle();

    assert_eq!(
        family.tail("wf", 5),
        "5 SigExtInit(other), 6 CanExtInit(other), 7 WFCompleted(wtc4)"
    );
    assert_eq!(family.tail("other", 2), "2 TaskSched");
}

#[test]
fn w_13_a_signal_to_a_workflow_that_is_closing_is_tried_again() {
    let mut family = Family::new();
    family.start("other");
    family.poll("other");
    family.cancel("other");
    assert!(family.try_complete("other", vec![COMPLETE]).is_err());
    family.poll("other");
    family.turn("wf", vec![signal("other")]);
    family.transfer();
    let initiated = EventId(5);
    assert_eq!(family.waiting(), [(Across::SignalExternal { initiated }, 1000)]);

    family.complete("other", vec![timer("9", 60_000)]);
    family.at(1000);
    family.settle();
    assert_eq!(family.tail("wf", 6), "6 ExtSignaled(i5), 7 TaskSched");
}

#[test]
fn c_8_a_second_cancel_arrives_and_records_nothing() {
    let mut family = Family::new();
    family.start("other");
    family.turn("wf", vec![cancel("other", false), cancel("other", false)]);
    family.settle();

    assert_eq!(family.tail("wf", 7), "7 ExtCancelReq(i5), 8 TaskSched, 9 ExtCancelReq(i6)");
    assert_eq!(family.tail("other", 3), "3 WFCancelReq");
}
