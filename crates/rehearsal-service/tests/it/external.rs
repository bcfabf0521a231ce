//! Scenarios SF-*: signals and cancels of other workflows, from the side of the server.

use rehearsal_history::{EventId, EventKind};
use rehearsal_service::Across;

use crate::bench::{COMPLETE, activity, activity_with, timer};
use crate::family::{Family, cancel, child, signal};

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
        "10 CanExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i9), 11 TaskSched, \
         12 CanExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i5), \
         13 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i6), \
         14 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i7), \
         15 SigExtFailed(EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND i8)"
    );
}

#[test]
fn what_a_task_asks_for_last_is_taken_first() {
    let asked = |commands| {
        let mut family = Family::new();
        family.turn("wf", commands);
        let initiated = |(across, _): &(Across, u64)| match across {
            Across::StartChild { initiated }
            | Across::SignalExternal { initiated }
            | Across::CancelExternal { initiated } => initiated.0,
            Across::Close => panic!("it goes on"),
        };
        family.waiting().iter().map(initiated).collect::<Vec<_>>()
    };
    let signals = || vec![signal("a"), signal("b"), signal("c")];

    assert_eq!(asked(signals()), [7, 5, 6]);
    assert_eq!(asked(vec![signal("a"), child("b"), cancel("c", false), activity("d")]), [7, 5, 6]);
    // Workers take three activities along with their answer. What they do not is a transfer task too.
    let of_others = activity_with("d", |it| {
        it.task_queue = "others".into();
        it.use_workflow_build_id = false;
    });
    assert_eq!(asked([signals(), vec![of_others]].concat()), [5, 6, 7]);
    let four = ["d", "e", "f", "g"].map(activity).to_vec();
    assert_eq!(asked([signals(), four.clone()].concat()), [5, 6, 7]);
    assert_eq!(asked([four, signals()].concat()), [11, 9, 10]);
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

    assert_eq!(family.tail("wf", 7), "7 ExtCancelReq(i6), 8 TaskSched, 9 ExtCancelReq(i5)");
    assert_eq!(family.tail("other", 3), "3 WFCancelReq");
}
