//! Times as requests hold them. Zero means that nothing was given (T-1), and is recorded all the same.

use std::time::Duration;

use prost_wkt_types::Duration as ProtoDuration;

use crate::mirror::{ConvertError, Mirror};

/// A time as it stands there.
pub(crate) fn stated(
    proto: Option<ProtoDuration>,
    field: &'static str,
) -> Result<Option<Duration>, ConvertError> {
    Mirror::from_proto(proto).map_err(|error: ConvertError| error.within(field))
}

/// A time that was given: not zero.
pub(crate) fn given_time(
    proto: Option<ProtoDuration>,
    field: &'static str,
) -> Result<Option<Duration>, ConvertError> {
    Ok(stated(proto, field)?.filter(|time| !time.is_zero()))
}
