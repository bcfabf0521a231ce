//! An operator adds and takes away search attributes, as suites of SDKs do before they start a workflow.

use temporalio_protos::temporal::api::common::v1::{Payload, SearchAttributes};
use temporalio_protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_protos::temporal::api::operatorservice::v1::operator_service_client::OperatorServiceClient;
use temporalio_protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, ListSearchAttributesRequest, ListSearchAttributesResponse,
    RemoveSearchAttributesRequest,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListWorkflowExecutionsRequest, StartWorkflowExecutionRequest,
};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::hand::{Hand, NAMESPACE, start};
use crate::running::Running;

struct Operator<'a> {
    server: &'a Running,
    client: OperatorServiceClient<Channel>,
}

impl<'a> Operator<'a> {
    fn on(server: &'a Running) -> Self {
        Self { server, client: OperatorServiceClient::new(server.connect()) }
    }

    fn add(&mut self, name: &str, kind: IndexedValueType) -> Result<(), Status> {
        let request = AddSearchAttributesRequest {
            namespace: NAMESPACE.to_owned(),
            search_attributes: [(name.to_owned(), kind.into())].into(),
        };
        self.server.runtime.block_on(self.client.add_search_attributes(request)).map(drop)
    }

    fn remove(&mut self, name: &str) -> Result<(), Status> {
        let request = RemoveSearchAttributesRequest {
            namespace: NAMESPACE.to_owned(),
            search_attributes: vec![name.to_owned()],
        };
        self.server.runtime.block_on(self.client.remove_search_attributes(request)).map(drop)
    }

    fn list(&mut self, namespace: &str) -> Result<ListSearchAttributesResponse, Status> {
        let request = ListSearchAttributesRequest { namespace: namespace.to_owned() };
        let answer = self.client.list_search_attributes(request);
        self.server.runtime.block_on(answer).map(tonic::Response::into_inner)
    }
}

/// A start of a workflow that a customer is noted of.
fn of_customer() -> StartWorkflowExecutionRequest {
    let metadata = [("encoding".to_owned(), b"json/plain".to_vec())].into();
    let ada = Payload { metadata, data: b"\"ada\"".to_vec(), ..Payload::default() };
    let indexed_fields = [("Customer".to_owned(), ada)].into();
    StartWorkflowExecutionRequest {
        search_attributes: Some(SearchAttributes { indexed_fields }),
        ..start()
    }
}

#[test]
fn what_is_added_can_be_set_and_looked_for_and_what_is_removed_cannot() {
    let server = Running::start();
    let (mut operator, mut hand) = (Operator::on(&server), Hand::on(&server));
    let refused = hand.wait(hand.client.clone().start_workflow_execution(of_customer()));
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);

    operator.add("Customer", IndexedValueType::Keyword).unwrap();
    // Once more, and nothing happens.
    operator.add("Customer", IndexedValueType::Keyword).unwrap();
    let listed = operator.list(NAMESPACE).unwrap();
    let keyword = i32::from(IndexedValueType::Keyword);
    let custom: Vec<_> = listed.custom_attributes.into_iter().collect();
    assert_eq!(custom, [("Customer".to_owned(), keyword)]);
    assert_eq!(listed.system_attributes["WorkflowId"], keyword);
    assert!(listed.system_attributes.contains_key("TemporalChangeVersion"));

    hand.wait(hand.client.clone().start_workflow_execution(of_customer())).unwrap();
    let query = ListWorkflowExecutionsRequest {
        namespace: NAMESPACE.to_owned(),
        query: "Customer = 'ada'".to_owned(),
        ..ListWorkflowExecutionsRequest::default()
    };
    let found = server.runtime.block_on(hand.client.list_workflow_executions(query)).unwrap();
    assert_eq!(found.into_inner().executions.len(), 1);

    operator.remove("Customer").unwrap();
    assert!(operator.list(NAMESPACE).unwrap().custom_attributes.is_empty());
    let another =
        StartWorkflowExecutionRequest { workflow_id: "order-2".to_owned(), ..of_customer() };
    let refused = hand.wait(hand.client.clone().start_workflow_execution(another)).unwrap_err();
    assert_eq!(
        refused.message(),
        "Namespace default has no mapping defined for search attribute Customer"
    );
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let server = Running::start();
    let mut operator = Operator::on(&server);
    let refused = [
        operator.add("RunId", IndexedValueType::Keyword).unwrap_err(),
        operator.add("Fine", IndexedValueType::Unspecified).unwrap_err(),
        operator.remove("RunId").unwrap_err(),
        operator.list("").unwrap_err(),
    ];
    assert!(refused.iter().all(|status| status.code() == Code::InvalidArgument));
    let told = refused.map(|status| status.message().to_owned()).join("\n");
    insta::assert_snapshot!(told, @r"
    Search attribute RunId is reserved by system.
    Unable to create search attributes: cannot have more than 0 search attribute of type Unspecified.
    Unable to remove non-custom search attributes: RunId.
    Namespace is not set on request.
    ");
    assert_eq!(operator.list("nowhere").unwrap_err().code(), Code::NotFound);
}
