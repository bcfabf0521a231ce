//! What comes from outside.

use rehearsal_activation::Signal;
use temporalio_protos::coresdk::workflow_activation::SignalWorkflow;

use super::text;
use crate::proto::{ConvertError, header, list};

pub(super) fn signal(signal: &Signal) -> Result<SignalWorkflow, ConvertError> {
    Ok(SignalWorkflow {
        signal_name: text(&signal.name),
        input: list(signal.input.as_ref())?,
        headers: header(signal.header.as_ref())?,
        ..SignalWorkflow::default()
    })
}
