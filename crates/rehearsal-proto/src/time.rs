//! Times as requests hold them: none and zero both mean that nothing was given (T-1).

use std::time::Duration;

use prost_wkt_types::Duration as ProtoDuration;

use crate::mirror::{ConvertError, Mirror};

/// A time that was given.
pub(crate) fn given_time(
    proto: Option<ProtoDuration>,
    field: &'static str,
) -> Result<Option<Duration>, ConvertError> {
    let time: Option<Duration> = Mirror::from_proto(proto).map_err(|error| error.within(field))?;
    Ok(time.filter(|time| !time.is_zero()))
}
