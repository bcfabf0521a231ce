//! Errors print what the Go SDK prints.

use rehearsal_history::{
    ApplicationFailureInfo, ChildFailureInfo, EventId, Execution, Failure, FailureInfo, Payload,
    Payloads, ServerFailureInfo, TerminatedFailureInfo, TimeoutType,
};
use rehearsal_workflow::WorkflowError;

use crate::play::activity_error;

fn print(failure: Failure) -> String {
    WorkflowError::from(failure).to_string()
}

#[test]
fn application_errors() {
    assert_eq!(WorkflowError::new("broken").to_string(), "broken");
    let error = WorkflowError::application("broken", "Broken");
    assert_eq!(error.to_string(), "broken (type: Broken, retryable: true)");
    let error = error.non_retryable().with_cause(WorkflowError::new("deep down"));
    assert_eq!(error.to_string(), "broken (type: Broken, retryable: false): deep down");
    let panicked = Failure {
        cause: Some(Box::new(Failure::application("hidden", ""))),
        ..Failure::application("broken", "PanicError")
    };
    assert_eq!(print(panicked), "broken");
}

#[test]
fn canceled_errors() {
    assert_eq!(WorkflowError::canceled().to_string(), "canceled");
    assert_eq!(WorkflowError::canceled_with_details(&7).to_string(), "canceled");
    assert_eq!(print(Failure::canceled("", None)), "canceled");
    assert_eq!(print(Failure::canceled("stopped", None)), "stopped");
}

#[test]
fn errors_of_activities_and_children() {
    assert_eq!(
        print(activity_error(Failure::canceled("canceled", None))),
        "activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    );
    let timeout = Failure::timeout("activity StartToClose timeout", TimeoutType::StartToClose);
    assert_eq!(
        print(activity_error(timeout)),
        "activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): \
         activity StartToClose timeout (type: StartToClose)"
    );
    let child = ChildFailureInfo {
        workflow_execution: Execution {
            workflow_id: "child".into(),
            run_id: "run-2".into(),
            ..Execution::default()
        },
        workflow_type: "Child".into(),
        initiated_event_id: EventId(5),
        started_event_id: EventId(6),
        ..ChildFailureInfo::default()
    };
    let info = Some(FailureInfo::ChildWorkflow(child));
    assert_eq!(
        print(Failure {
            info,
            cause: Some(Box::new(Failure::application("broken", ""))),
            ..Failure::default()
        }),
        "child workflow execution error (type: Child, workflowID: child, runID: run-2, initiatedEventID: 5, \
         startedEventID: 6): broken"
    );
}

#[test]
fn errors_of_the_server() {
    let info = Some(FailureInfo::Terminated(TerminatedFailureInfo::default()));
    assert_eq!(print(Failure { message: "any".into(), info, ..Failure::default() }), "terminated");
    let info = Some(FailureInfo::Server(ServerFailureInfo::default()));
    assert_eq!(print(Failure { message: "down".into(), info, ..Failure::default() }), "down");
    assert_eq!(print(Failure { message: "unknown".into(), ..Failure::default() }), "unknown");
}

#[test]
fn what_is_asked_of_an_error_is_looked_for_in_the_whole_chain() {
    let error = WorkflowError::from(activity_error(Failure::canceled("canceled", None)));
    assert!(error.is_canceled());
    assert_eq!((error.timeout_type(), error.application_type()), (None, None));
    let error = WorkflowError::from(activity_error(Failure::application("broken", "Broken")));
    assert!(!error.is_canceled());
    assert_eq!(error.application_type(), Some("Broken"));
}

#[test]
fn details_are_read_back() {
    let error = WorkflowError::application("broken", "Broken").with_details(&7);
    assert_eq!(error.details::<u8>(), Some(7));
    assert_eq!(error.details::<String>(), None);
    assert_eq!(WorkflowError::canceled().details::<u8>(), None);
    let several =
        [Payload::json(r#""stopped at""#), Payload::json("9")].into_iter().collect::<Payloads>();
    let error = WorkflowError::from(Failure::canceled("canceled", Some(several)));
    assert_eq!(error.details(), Some(("stopped at".to_owned(), 9)));
}

#[test]
fn a_plain_error_has_an_application_info_that_says_nothing() {
    let failure = WorkflowError::new("broken").into_failure();
    assert_eq!(failure.source, "GoSDK");
    assert_eq!(failure.info, Some(FailureInfo::Application(ApplicationFailureInfo::default())));
}

/// What `errors.As` finds in each: an activity that failed, timed out or was canceled, and errors of workflow code.
#[test]
fn errors_can_be_asked_for_their_kind() {
    let failed = Failure::application("no car left", "SoldOut");
    let timeout = Failure::timeout("activity Heartbeat timeout", TimeoutType::Heartbeat);
    let canceled = Failure::canceled("canceled", None);
    let panicked = Failure::application("index out of bounds", "PanicError");
    let errors = [
        WorkflowError::from(activity_error(failed.clone())),
        WorkflowError::from(activity_error(timeout)),
        WorkflowError::from(activity_error(canceled)),
        WorkflowError::from(activity_error(panicked)),
        WorkflowError::from(failed).non_retryable(),
        WorkflowError::new("not shipped").with_cause(WorkflowError::canceled()),
    ];
    let line = |error: &WorkflowError| {
        let activity = error.as_activity().map(|info| info.activity_type.name.to_string());
        let timeout = error.as_timeout().map(|info| info.timeout_type.as_str().to_owned());
        format!(
            "activity {activity:?}, type {:?}, timeout {timeout:?}, canceled {}, panic {}, final {}, cause {:?}",
            error.application_type(),
            error.is_canceled(),
            error.is_panic(),
            error.is_non_retryable(),
            error.cause().map(|cause| cause.message().to_owned()),
        )
    };
    let lines: Vec<String> = errors.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    activity Some("Work"), type Some("SoldOut"), timeout None, canceled false, panic false, final false, cause Some("no car left")
    activity Some("Work"), type None, timeout Some("TIMEOUT_TYPE_HEARTBEAT"), canceled false, panic false, final false, cause Some("activity Heartbeat timeout")
    activity Some("Work"), type None, timeout None, canceled true, panic false, final false, cause Some("canceled")
    activity Some("Work"), type Some("PanicError"), timeout None, canceled false, panic true, final false, cause Some("index out of bounds")
    activity None, type Some("SoldOut"), timeout None, canceled false, panic false, final true, cause None
    activity None, type Some(""), timeout None, canceled true, panic false, final false, cause Some("canceled")
    "#);

    let messages: Vec<_> = errors[5].chain().map(|error| error.to_string()).collect();
    assert_eq!(messages, ["not shipped: canceled", "canceled"]);
}
