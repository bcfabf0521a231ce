//! Reset points, which Rehearsal keeps as JSON and the SDK has no JSON of Temporal's for.

use rehearsal_history::{Opaque, Timestamp};
use serde::{Deserialize, Serialize};
use temporalio_protos::temporal::api::workflow::v1 as proto;

use super::{ConvertError, Mirror, with_json};

#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Points {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    points: Vec<Point>,
}

/// One point, in the spelling of protobuf's JSON.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Point {
    #[serde(skip_serializing_if = "String::is_empty")]
    build_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    binary_checksum: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    run_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    first_workflow_task_completed_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_time: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resettable: bool,
}

impl Mirror<proto::ResetPoints> for Opaque {
    fn to_proto(&self) -> Result<proto::ResetPoints, ConvertError> {
        let Points { points } = with_json(&self.0)?;
        let points = points.into_iter().map(Point::into_proto).collect::<Result<_, _>>()?;
        Ok(proto::ResetPoints { points })
    }

    fn from_proto(proto: proto::ResetPoints) -> Result<Self, ConvertError> {
        let points = proto.points.into_iter().map(Point::from_proto).collect::<Result<_, _>>()?;
        super::opaque::opaque(&Points { points })
    }
}

impl Point {
    fn into_proto(self) -> Result<proto::ResetPointInfo, ConvertError> {
        let id = self.first_workflow_task_completed_id;
        let id = match id.as_str() {
            "" => Ok(0),
            id => id.parse().map_err(|_| ConvertError::new("an id of an event", id)),
        };
        #[expect(deprecated, reason = "a history may hold it")]
        Ok(proto::ResetPointInfo {
            build_id: self.build_id,
            binary_checksum: self.binary_checksum,
            run_id: self.run_id,
            first_workflow_task_completed_id: id?,
            create_time: time(self.create_time)?.to_proto()?,
            expire_time: time(self.expire_time)?.to_proto()?,
            resettable: self.resettable,
        })
    }

    fn from_proto(proto: proto::ResetPointInfo) -> Result<Self, ConvertError> {
        let id = proto.first_workflow_task_completed_id;
        let text = |time: Option<Timestamp>| time.map(Timestamp::to_rfc3339);
        #[expect(deprecated, reason = "a history may hold it")]
        Ok(Self {
            build_id: proto.build_id,
            binary_checksum: proto.binary_checksum,
            run_id: proto.run_id,
            first_workflow_task_completed_id: if id == 0 { String::new() } else { id.to_string() },
            create_time: text(Mirror::from_proto(proto.create_time)?),
            expire_time: text(Mirror::from_proto(proto.expire_time)?),
            resettable: proto.resettable,
        })
    }
}

fn time(text: Option<String>) -> Result<Option<Timestamp>, ConvertError> {
    let parse = |text: String| {
        Timestamp::parse_rfc3339(&text).ok_or_else(|| ConvertError::new("a point in time", text))
    };
    text.map(parse).transpose()
}
