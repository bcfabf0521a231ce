//! The handlers: a message in, a call of the door, a message out.

pub(crate) mod activities;
pub(crate) mod client;
mod describe;
pub(crate) mod look;
pub(crate) mod meet;
pub(crate) mod operator;
pub(crate) mod time;
pub(crate) mod update;
pub(crate) mod worker;
