//! What the suites of SDKs ask of a server, beside what every test does.

use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Code;

use crate::hand::{Hand, NAMESPACE, complete, order};
use crate::running::Running;

fn namespace() -> String {
    NAMESPACE.to_owned()
}

/// A client asks after an update that nobody sent, then after one that no worker has seen. An answer that may be asked for
/// again is asked for again by the clients of SDKs, so the first must not be one.
#[test]
fn an_update_is_asked_after_before_and_behind_its_coming() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let poll = || PollWorkflowExecutionUpdateRequest {
        namespace: namespace(),
        update_ref: Some(update::UpdateRef {
            workflow_execution: order(),
            update_id: "u-1".to_owned(),
        }),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    let unknown = hand.wait(client.poll_workflow_execution_update(poll())).unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.message(), "update \"u-1\" not found");

    let request = UpdateWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: order(),
        request: Some(update::Request {
            meta: Some(update::Meta { update_id: "u-1".to_owned(), ..Default::default() }),
            input: Some(update::Input { name: "add".to_owned(), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut updates = client.clone();
    let sent =
        server.runtime.spawn(async move { updates.update_workflow_execution(request).await });
    let standing = loop {
        match hand.wait(client.poll_workflow_execution_update(poll())) {
            Ok(standing) => break standing.into_inner(),
            Err(status) => assert_eq!(status.code(), Code::NotFound),
        }
    };
    assert_eq!((standing.stage, standing.outcome), (1, None));

    // The workflow closes, and the server tells whoever waits.
    let task = hand.workflow_task();
    assert_eq!(task.messages.len(), 1);
    hand.answer(task.task_token, vec![complete("done")]);
    let sent = hand.wait(sent).unwrap();
    assert!(sent.is_err() || sent.unwrap().into_inner().outcome.is_some());
}
