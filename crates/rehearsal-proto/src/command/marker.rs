//! Markers.

use rehearsal_activation::{RecordMarker, ServerCommand};
use rehearsal_history::UserMetadata;
use temporalio_protos::temporal::api::command::v1::RecordMarkerCommandAttributes as Proto;

use crate::mirror::{ConvertError, Mirror};
use crate::refusal::BadMessage;

pub(super) fn from_proto(
    proto: Proto,
    user_metadata: Option<Box<UserMetadata>>,
) -> Result<ServerCommand, BadMessage> {
    let Proto { marker_name, details, header, failure } = proto;
    let failure: Option<rehearsal_history::Failure> = Mirror::from_proto(failure)?;
    Ok(ServerCommand::RecordMarker(Box::new(RecordMarker {
        name: marker_name.into(),
        details: Mirror::from_proto(details)?,
        header: Mirror::from_proto(header)?,
        failure: failure.map(Box::new),
        user_metadata,
    })))
}

pub(super) fn to_proto(marker: &RecordMarker) -> Result<Proto, ConvertError> {
    Ok(Proto {
        marker_name: marker.name.to_proto()?,
        details: marker.details.to_proto()?,
        header: marker.header.to_proto()?,
        failure: marker.failure.to_proto()?,
    })
}
