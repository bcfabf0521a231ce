//! The rules of Temporal's Go SDK.

mod command;
mod failure;
mod job;
mod operation;
mod sdk;

pub(crate) use self::failure::{mismatch_failure, refusal_failure};
pub(crate) use self::operation::Operations;
pub(crate) use self::sdk::Sdk;
