//! What comes from outside.

use rehearsal_activation::{QueryWorkflow, Signal, Update};
use rehearsal_proto::{ConvertError, header, list};
use temporalio_protos::coresdk::workflow_activation::{
    DoUpdate, QueryWorkflow as ProtoQuery, SignalWorkflow,
};
use temporalio_protos::temporal::api::update::v1::Meta;

use super::text;

pub(super) fn signal(signal: &Signal) -> Result<SignalWorkflow, ConvertError> {
    Ok(SignalWorkflow {
        signal_name: text(&signal.name),
        input: list(signal.input.as_ref())?,
        headers: header(signal.header.as_ref())?,
        ..SignalWorkflow::default()
    })
}

pub(super) fn update(update: &Update) -> Result<DoUpdate, ConvertError> {
    Ok(DoUpdate {
        id: text(&update.id),
        protocol_instance_id: text(&update.protocol_instance_id),
        name: text(&update.name),
        input: list(update.input.as_ref())?,
        headers: header(update.header.as_ref())?,
        meta: Some(Meta { update_id: text(&update.id), identity: text(&update.identity) }),
        run_validator: update.validates,
    })
}

pub(super) fn query(query: &QueryWorkflow) -> Result<ProtoQuery, ConvertError> {
    Ok(ProtoQuery {
        query_id: text(&query.query_id),
        query_type: text(&query.name),
        arguments: list(query.input.as_ref())?,
        headers: header(query.header.as_ref())?,
    })
}
