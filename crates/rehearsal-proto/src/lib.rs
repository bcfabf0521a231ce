//! Conversions between Rehearsal's types and Temporal's messages, both ways.
//!
//! Needs the messages alone (`temporalio-protos`), and nothing of an SDK. What has no counterpart on the other side is one
//! error that names the field; nothing is dropped, and no message makes anything here panic.
//!
//! | module | what goes over |
//! |---|---|
//! | [`history`] | whole histories, both ways |
//! | [`command`] | commands of a worker and messages about updates, both ways |
//! | [`workflow_task`] | workflow tasks and queries to a worker, its answers from it |
//! | [`activity_task`] | activity tasks to a worker |
//! | [`request`] | what clients ask |
//! | [`view`] | what clients are shown of a run |
//! | [`status`] | errors, with the details by which clients tell them apart |
//!
//! All else goes over with [`Mirror`].

pub mod activity_task;
pub mod command;
pub mod history;
mod mirror;
mod refusal;
pub mod request;
pub mod status;
mod time;
pub mod view;
pub mod workflow_task;

pub use mirror::{ConvertError, Mirror, ProtoMap, from_header, from_list, header, list};
pub use refusal::BadMessage;
