//! The rules of the core that Temporal's Rust SDK runs on.
//!
//! Core keeps one state machine for each operation. Workflow code drives them with its commands, events drive
//! them on; what they have to tell goes to the workflow as jobs. Jobs that come of commands are told in a further
//! activation of the same workflow task, and only when there are none left is the task answered.

mod activity;
mod command;
mod failure;
mod job;
mod machines;
mod sdk;
#[cfg(test)]
mod tables;
mod timer;

pub(crate) use self::failure::Fault;
pub(crate) use self::machines::Machines;
