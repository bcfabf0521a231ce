//! Parts that Rehearsal keeps as they stand in JSON.

use rehearsal_history::Opaque;
use serde_json::Value;
use temporalio_protos::temporal::api::common::v1 as proto_common;
use temporalio_protos::temporal::api::enums::v1::ApplicationErrorCategory;
use temporalio_protos::temporal::api::workflow::v1 as proto_workflow;

use super::{ConvertError, Mirror, with_json};

/// A message that Rehearsal keeps as its JSON.
pub(super) fn opaque(proto: &impl serde::Serialize) -> Result<Opaque, ConvertError> {
    serde_json::to_value(proto)
        .map(Opaque)
        .map_err(|error| ConvertError::new("a message with JSON", error))
}

/// Messages that Rehearsal keeps as their JSON.
macro_rules! opaque {
    ($($proto:ty),+ $(,)?) => {$(
        impl Mirror<$proto> for Opaque {
            fn to_proto(&self) -> Result<$proto, ConvertError> {
                with_json(&self.0)
            }

            fn from_proto(proto: $proto) -> Result<Self, ConvertError> {
                opaque(&proto)
            }
        }
    )+};
}

opaque!(proto_common::WorkerVersionStamp, proto_common::MeteringMetadata);

/// Messages for which the SDK has no JSON of Temporal's.
macro_rules! without_json {
    ($($proto:ty),+ $(,)?) => {$(
        impl Mirror<$proto> for Opaque {
            fn to_proto(&self) -> Result<$proto, ConvertError> {
                Err(ConvertError::new("a message for which the SDK has JSON", &self.0))
            }

            fn from_proto(_: $proto) -> Result<Self, ConvertError> {
                Err(ConvertError::new("a message for which the SDK has JSON", "another"))
            }
        }
    )+};
}

without_json!(proto_workflow::VersioningOverride);

/// The category of an application failure: an enum that Rehearsal keeps as it stands in JSON.
impl Mirror<i32> for Option<Opaque> {
    fn to_proto(&self) -> Result<i32, ConvertError> {
        let Some(Opaque(category)) = self else { return Ok(0) };
        let known = match category {
            Value::String(name) => ApplicationErrorCategory::from_str_name(name).map(i32::from),
            Value::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
            _ => None,
        };
        known.ok_or_else(|| ConvertError::new("a category of application errors", category))
    }

    fn from_proto(proto: i32) -> Result<Self, ConvertError> {
        Ok(match ApplicationErrorCategory::try_from(proto) {
            Ok(ApplicationErrorCategory::Unspecified) => None,
            Ok(category) => Some(Opaque(category.as_str_name().into())),
            Err(_) => Some(Opaque(proto.into())),
        })
    }
}
