//! Payloads, and maps of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_history::{
    Bytes, Header, Memo, Metadata, Payload, Payloads, SearchAttributes, SmolStr, UserMetadata,
};
use temporalio_protos::temporal::api::common::v1 as proto;
use temporalio_protos::temporal::api::sdk::v1 as proto_sdk;

use super::{ConvertError, Mirror, json_member, mirror, refuse_unknown, take_json};

/// What the maps of protobuf are in Rust.
#[expect(clippy::disallowed_types, reason = "the SDK's type; here it is only made and taken apart")]
pub type ProtoMap<T> = std::collections::HashMap<String, T>;

/// The member of a payload's JSON that says what of it is stored elsewhere.
const EXTERNAL: &str = "externalPayloads";

impl Mirror<proto::Payload> for Payload {
    fn to_proto(&self) -> Result<proto::Payload, ConvertError> {
        refuse_unknown(&self.unknown, &[EXTERNAL])?;
        Ok(proto::Payload {
            metadata: self
                .metadata
                .iter()
                .map(|(key, bytes)| (key.as_str().to_owned(), bytes.0.clone()))
                .collect(),
            data: self.data.0.clone(),
            external_payloads: take_json(&self.unknown, EXTERNAL)?,
        })
    }

    fn from_proto(proto: proto::Payload) -> Result<Self, ConvertError> {
        let metadata: Metadata =
            proto.metadata.into_iter().map(|(key, bytes)| (key.into(), Bytes(bytes))).collect();
        let mut unknown = Vec::new();
        json_member(&mut unknown, EXTERNAL, &proto.external_payloads)?;
        Ok(Self {
            metadata: Arc::new(metadata),
            data: Bytes(proto.data),
            unknown: unknown.into_iter().collect(),
        })
    }
}

impl Mirror<proto::Payloads> for Payloads {
    fn to_proto(&self) -> Result<proto::Payloads, ConvertError> {
        Ok(proto::Payloads { payloads: list(Some(self))? })
    }

    fn from_proto(proto: proto::Payloads) -> Result<Self, ConvertError> {
        proto.payloads.into_iter().map(Payload::from_proto).collect()
    }
}

/// Arguments as the messages between core and an SDK hold them: a list, empty for none.
///
/// # Errors
///
/// [`ConvertError`] if a payload has no counterpart.
pub fn list(payloads: Option<&Payloads>) -> Result<Vec<proto::Payload>, ConvertError> {
    payloads.map_or(&[][..], Payloads::as_slice).iter().map(Payload::to_proto).collect()
}

/// Arguments from such a list. Core records an empty one as no arguments at all.
///
/// # Errors
///
/// [`ConvertError`] if a payload has no counterpart.
pub fn from_list(list: Vec<proto::Payload>) -> Result<Option<Payloads>, ConvertError> {
    (!list.is_empty()).then(|| list.into_iter().map(Payload::from_proto).collect()).transpose()
}

impl<T: Mirror<P>, P> Mirror<ProtoMap<P>> for BTreeMap<SmolStr, T> {
    fn to_proto(&self) -> Result<ProtoMap<P>, ConvertError> {
        self.iter().map(|(key, value)| Ok((key.to_proto()?, value.to_proto()?))).collect()
    }

    fn from_proto(proto: ProtoMap<P>) -> Result<Self, ConvertError> {
        proto.into_iter().map(|(key, value)| Ok((key.into(), T::from_proto(value)?))).collect()
    }
}

/// A header as the messages between core and an SDK hold it: its map, empty for none.
///
/// # Errors
///
/// [`ConvertError`] if a payload has no counterpart.
pub fn header(header: Option<&Header>) -> Result<ProtoMap<proto::Payload>, ConvertError> {
    header.map_or_else(|| Ok(ProtoMap::default()), |header| header.fields.to_proto())
}

/// A header from such a map.
///
/// # Errors
///
/// [`ConvertError`] if a payload has no counterpart.
pub fn from_header(map: ProtoMap<proto::Payload>) -> Result<Option<Header>, ConvertError> {
    if map.is_empty() {
        return Ok(None);
    }
    Ok(Some(Header { fields: Mirror::from_proto(map)?, ..Header::default() }))
}

mirror! {
    Header => proto::Header { mirror { fields } }
    Memo => proto::Memo { mirror { fields } }
    SearchAttributes => proto::SearchAttributes { mirror { indexed_fields } }
    UserMetadata => proto_sdk::UserMetadata { mirror { summary, details } }
}
