//! How activities end.

use rehearsal_activation::{ActivityResolution, LocalResolution};
use rehearsal_proto::{ConvertError, Mirror, list};
use temporalio_protos::coresdk::activity_result::{
    ActivityResolution as ProtoResolution, Cancellation, DoBackoff, Failure, Success,
    activity_resolution,
};

pub(super) fn resolution(how: &ActivityResolution) -> Result<ProtoResolution, ConvertError> {
    Ok(ProtoResolution { status: Some(status(how)?) })
}

pub(super) fn local_resolution(how: &LocalResolution) -> Result<ProtoResolution, ConvertError> {
    let status = match how {
        LocalResolution::Ended(how) => status(how)?,
        LocalResolution::Backoff { attempt, after, first_scheduled_at } => {
            activity_resolution::Status::Backoff(DoBackoff {
                attempt: *attempt,
                backoff_duration: Some(after.to_proto()?),
                original_schedule_time: Some(first_scheduled_at.to_proto()?),
            })
        }
    };
    Ok(ProtoResolution { status: Some(status) })
}

fn status(how: &ActivityResolution) -> Result<activity_resolution::Status, ConvertError> {
    Ok(match how {
        ActivityResolution::Completed(result) => {
            // Core takes the first of several results; the SDK never makes more than one.
            let result = list(result.as_ref())?.into_iter().next();
            activity_resolution::Status::Completed(Success { result })
        }
        ActivityResolution::Failed(failure) => activity_resolution::Status::Failed(Failure {
            failure: Some(failure.to_proto()?),
            ..Failure::default()
        }),
        ActivityResolution::Canceled(failure) => {
            activity_resolution::Status::Cancelled(Cancellation {
                failure: Some(failure.to_proto()?),
            })
        }
    })
}
