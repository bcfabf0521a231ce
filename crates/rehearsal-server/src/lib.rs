//! A server that speaks Temporal's gRPC, in front of the simulated service: the unmodified worker and client of any SDK run on
//! it, in virtual time.
//!
//! [`Server::bind`] opens a socket, [`Server::run`] serves until it is told to stop. What is served is one table of RPCs
//! (`table.rs`); an RPC that is not in it answers `UNIMPLEMENTED` with its name, and is a finding of the report.
//! [`InProcess`] is the same without a socket, for the Rust SDK. What the RPCs mean is none of this crate's business: each
//! handler turns a message into a call of [`Door`](rehearsal_remote::Door), and the answer into a message.

pub mod arguments;
mod clock;
mod front;
mod in_process;
mod listen;
mod namespaces;
mod plan;
mod rehearse;
mod rpc;
mod table;
mod wire;

pub use arguments::{Arguments, BadArguments};
pub use clock::WallClock;
pub use in_process::InProcess;
pub use listen::{Server, Stop};
pub use plan::{NamedCheck, NoSuchCheck, Plan};
pub use table::{SERVED, Served};
