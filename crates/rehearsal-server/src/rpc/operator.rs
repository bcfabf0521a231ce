//! What operators change while the server runs: the search attributes that workflows may have.
//!
//! Suites of SDKs add what they need before they start a workflow. There is one set of them for all namespaces, as all are in
//! one world.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_history::{SearchType, SmolStr};
use rehearsal_remote::AttributesAsk;
use rehearsal_service::Service;
use temporalio_protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, AddSearchAttributesResponse, ListSearchAttributesRequest,
    ListSearchAttributesResponse, RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use tonic::{Request, Status};

use crate::front::{Front, ask};

pub(crate) async fn add_search_attributes(
    front: Arc<Front>,
    request: Request<AddSearchAttributesRequest>,
) -> Result<AddSearchAttributesResponse, Status> {
    let AddSearchAttributesRequest { search_attributes, namespace } = request.into_inner();
    check(&front, &namespace)?;
    let types: BTreeMap<String, i32> = search_attributes.into_iter().collect();
    let read = |(name, kind): (String, i32)| Ok((SmolStr::from(name), search_type(kind)?));
    let added = types.into_iter().map(read).collect::<Result<_, Status>>()?;
    ask(|reply| front.door.search_attributes(AttributesAsk::Add(added), reply)).await?;
    Ok(AddSearchAttributesResponse {})
}

pub(crate) async fn remove_search_attributes(
    front: Arc<Front>,
    request: Request<RemoveSearchAttributesRequest>,
) -> Result<RemoveSearchAttributesResponse, Status> {
    let RemoveSearchAttributesRequest { search_attributes, namespace } = request.into_inner();
    check(&front, &namespace)?;
    let names = search_attributes.into_iter().map(SmolStr::from).collect();
    ask(|reply| front.door.search_attributes(AttributesAsk::Remove(names), reply)).await?;
    Ok(RemoveSearchAttributesResponse {})
}

pub(crate) async fn search_attributes(
    front: Arc<Front>,
    request: Request<ListSearchAttributesRequest>,
) -> Result<ListSearchAttributesResponse, Status> {
    check(&front, &request.into_inner().namespace)?;
    let custom = ask(|reply| front.door.search_attributes(AttributesAsk::List, reply)).await?;
    let custom = custom.into_iter().map(|(name, kind)| (name.to_string(), indexed(kind).into()));
    let system = Service::system_search_attributes();
    let system = system.map(|(name, kind)| (name.to_owned(), indexed(kind).into()));
    Ok(ListSearchAttributesResponse {
        custom_attributes: custom.collect(),
        system_attributes: system.collect(),
        ..ListSearchAttributesResponse::default()
    })
}

/// A store in SQL has attributes for each namespace, so it must be named.
fn check(front: &Front, namespace: &str) -> Result<(), Status> {
    if namespace.is_empty() {
        return Err(Status::invalid_argument("Namespace is not set on request."));
    }
    front.check(namespace)
}

/// A type by its number. Of the one that says nothing a server has no columns.
fn search_type(kind: i32) -> Result<SearchType, Status> {
    Ok(match IndexedValueType::try_from(kind) {
        Ok(IndexedValueType::Bool) => SearchType::Bool,
        Ok(IndexedValueType::Datetime) => SearchType::Datetime,
        Ok(IndexedValueType::Double) => SearchType::Double,
        Ok(IndexedValueType::Int) => SearchType::Int,
        Ok(IndexedValueType::Keyword) => SearchType::Keyword,
        Ok(IndexedValueType::KeywordList) => SearchType::KeywordList,
        Ok(IndexedValueType::Text) => SearchType::Text,
        Ok(IndexedValueType::Unspecified) => {
            let none = "Unable to create search attributes: cannot have more than 0 search attribute of type Unspecified.";
            return Err(Status::invalid_argument(none));
        }
        Err(_) => {
            return Err(Status::invalid_argument(format!(
                "Unknown search attribute type: {kind}."
            )));
        }
    })
}

const fn indexed(kind: SearchType) -> IndexedValueType {
    match kind {
        SearchType::Bool => IndexedValueType::Bool,
        SearchType::Datetime => IndexedValueType::Datetime,
        SearchType::Double => IndexedValueType::Double,
        SearchType::Int => IndexedValueType::Int,
        SearchType::Keyword => IndexedValueType::Keyword,
        SearchType::KeywordList => IndexedValueType::KeywordList,
        SearchType::Text => IndexedValueType::Text,
    }
}
