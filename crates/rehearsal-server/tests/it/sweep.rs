//! A client that waits for a result is told it after the workflow was swept, by the worker that it has.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rehearsal_server::Plan;
use temporalio_protos::temporal::api::common::v1::{FastForwardConfig, TimeSkippingConfig};
use temporalio_protos::temporal::api::enums::v1::{EventType, HistoryEventFilterType};
use temporalio_protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionOptions;
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionOptionsRequest,
};

use crate::hand::{Hand, NAMESPACE, order, start};
use crate::hired::{Code, hire};
use crate::running::Running;

/// A file of this test alone.
fn report(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.txt"));
    drop(std::fs::remove_file(&path));
    path
}

fn server(name: &str, fail: bool) -> (Running, PathBuf) {
    let path = report(name);
    let plan = Plan {
        checks: vec!["cleanup-iff-canceled=Cleanup".parse().unwrap()],
        fail,
        report: Some(path.clone()),
        ..Plan::default()
    };
    (Running::with(|arguments| arguments.plan = Some(plan)), path)
}

/// Waits for the result as an SDK does: again and again, as long as the page is empty.
fn result(hand: &mut Hand<'_>) -> HistoryEvent {
    let mut token = Vec::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let page = hand.client.get_workflow_execution_history(request);
        let page = hand.server.runtime.block_on(page).unwrap().into_inner();
        if let Some(close) = page.history.unwrap_or_default().events.pop() {
            return close;
        }
        token = page.next_page_token;
    }
}

#[test]
fn a_client_is_told_the_result_after_a_sweep() {
    let (server, report) = server("clean", true);
    let _told = hire(server.address, Code::Careful, u32::MAX);
    let mut hand = Hand::on(&server);
    hand.start();
    assert_eq!(result(&mut hand).event_type(), EventType::WorkflowExecutionCompleted);
    let report = std::fs::read_to_string(report).unwrap();
    says(&report, ["rehearsed: Order (order-1)\n", " points, all run and replayed "]);
    says(&report, ["replayed from the start, and from a cold cache at every workflow task"]);
}

/// The time of a workflow is skipped in the runs of a sweep, and what is asked of it is asked again.
#[test]
fn what_is_asked_of_the_time_of_a_workflow_is_rehearsed() {
    let (server, report) = server("skipped", false);
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    let skips = TimeSkippingConfig { enabled: true, ..TimeSkippingConfig::default() };
    let hours = |hours: i64| Some(prost_wkt_types::Duration { seconds: hours * 3600, nanos: 0 });
    let late = StartWorkflowExecutionRequest {
        workflow_start_delay: hours(3),
        time_skipping_config: Some(TimeSkippingConfig { enabled: false, ..skips.clone() }),
        ..start()
    };
    hand.wait(client.start_workflow_execution(late)).unwrap();
    let forward = FastForwardConfig { id: "f-1".to_owned(), duration: hours(2) };
    let change = UpdateWorkflowExecutionOptionsRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        workflow_execution_options: Some(WorkflowExecutionOptions {
            time_skipping_config: Some(TimeSkippingConfig {
                fast_forward_config: Some(forward),
                ..skips
            }),
            ..WorkflowExecutionOptions::default()
        }),
        update_mask: Some(prost_wkt_types::FieldMask {
            paths: vec!["time_skipping_config".to_owned()],
        }),
        ..UpdateWorkflowExecutionOptionsRequest::default()
    };
    hand.wait(client.update_workflow_execution_options(change)).unwrap();
    let _told = hire(server.address, Code::Careless, u32::MAX);
    result(&mut hand);
    let report = std::fs::read_to_string(report).unwrap();
    // Two of three hours are skipped: events are told in the time of the workflow, and the clock is at one hour then.
    says(
        &report,
        [
            "Canceled at 1h, while a workflow task is running",
            "s  WorkflowExecutionOptionsUpdated skips=",
            "s  WorkflowExecutionTimeSkippingTransitioned",
            "3h  ActivityTaskScheduled",
            " points, all run and replayed ",
        ],
    );
}

/// One file has the reports of all that was rehearsed on one server, and each as it is alone.
#[test]
fn several_rehearsals_are_told_in_one_file() {
    let (server, report) = server("several", true);
    let _told = hire(server.address, Code::Careful, u32::MAX);
    let mut hand = Hand::on(&server);
    for _ in 0..3 {
        hand.start();
        assert_eq!(result(&mut hand).event_type(), EventType::WorkflowExecutionCompleted);
    }
    let report = std::fs::read_to_string(report).unwrap();
    let (before, each) = report.split_once("rehearsed: Order (order-1)\n\n").unwrap();
    let each: Vec<&str> = each.split("\n\nrehearsed: Order (order-1)\n\n").collect();
    assert_eq!((before, each.len()), ("", 3), "{report}");
    for one in each {
        says(one, [" points, all run and replayed "]);
    }
}

/// A report says all of this. How many points there are is a matter of how long the activity took, in whole seconds.
#[track_caller]
fn says<const N: usize>(report: &str, all: [&str; N]) {
    for said in all {
        assert!(report.contains(said), "expected `{said}`, found:\n{report}");
    }
}

#[test]
fn what_is_found_is_told_in_place_of_the_result() {
    let (server, report) = server("found", true);
    let _told = hire(server.address, Code::Careless, u32::MAX);
    let mut hand = Hand::on(&server);
    hand.start();
    let close = result(&mut hand);
    let Some(Attributes::WorkflowExecutionFailedEventAttributes(failed)) = close.attributes else {
        panic!("it is told that something was found")
    };
    let failure = failed.failure.unwrap();
    let Some(FailureInfo::ApplicationFailureInfo(info)) = failure.failure_info else {
        panic!("it is an application's failure")
    };
    assert_eq!((info.r#type.as_str(), info.non_retryable), ("RehearsalFailed", true));
    assert_eq!(failure.message, std::fs::read_to_string(report).unwrap());
    says(
        &failure.message,
        [
            "RH201  Cleanup was not scheduled although Order was canceled\n",
            "Usually: it is started in the scope of the workflow, which is canceled",
            "Run exactly this again, beside `--sweep`:  --only 'cancel.0.1=1'\n",
            " points, all run and replayed ",
        ],
    );
}

/// Without `--fail` the client is told the result, whatever was found.
#[test]
fn what_is_found_is_told_in_the_report_alone() {
    let (server, report) = server("told", false);
    let _told = hire(server.address, Code::Careless, u32::MAX);
    let mut hand = Hand::on(&server);
    hand.start();
    assert_eq!(result(&mut hand).event_type(), EventType::WorkflowExecutionCompleted);
    says(&std::fs::read_to_string(report).unwrap(), ["RH201"]);
}

/// The process ends without notice: what was known by then is in the file.
#[cfg(unix)]
#[test]
fn a_process_that_is_killed_leaves_what_it_knew() {
    let path = report("killed");
    let mut server = Command::new(env!("CARGO_BIN_EXE_rehearsal-server"))
        .args(["0", "--enable-time-skipping", "--sweep", "--report"])
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut says).unwrap();
    let address = says.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
    let here = Running::at(address);
    let enough = hire(address, Code::Careful, 40);
    let mut hand = Hand::on(&here);
    hand.start();
    let waits = here.runtime.spawn({
        let mut client = hand.client.clone();
        async move {
            let request = GetWorkflowExecutionHistoryRequest {
                namespace: NAMESPACE.to_owned(),
                execution: order(),
                wait_new_event: true,
                history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
                ..GetWorkflowExecutionHistoryRequest::default()
            };
            client.get_workflow_execution_history(request).await
        }
    });
    hand.wait(enough).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(hand.wait(waits).unwrap().is_err(), "nobody is there to answer");
    let report = std::fs::read_to_string(path).unwrap();
    assert!(report.starts_with("rehearsed: Order (order-1)\n\n  not finished: "), "{report}");
}
