//! Activities of the official SDK: real async code, run unmodified in virtual time.
//!
//! A [`Registry`] holds the activities of a scenario that run for real, and [`Instances`] are the structs of one run. An [`Attempt`] is the future of one attempt. Whoever turns the ring polls
//! it, inside of [`Runtime::enter`]; between two polls [`Runtime::pass`] moves the clock of tokio, and stops as soon as an
//! attempt is woken.
//!
//! What is built here on things that the SDK does not promise stands in three files: how an `ActivityContext` is had
//! (`context.rs`), how the names of a struct's activities are had (`names.rs`), and the copies of two private functions of
//! the SDK's worker (`execution.rs`). Compare them when the version of the SDK changes.

mod attempt;
mod context;
mod execution;
mod heartbeat;
mod idle;
mod info;
mod pool;
mod registry;
mod runtime;
mod waker;

pub use attempt::Attempt;
pub use execution::{Outcome, Refusal};
pub use info::AttemptInfo;
pub use registry::{Instances, Registry};
pub use runtime::{Runtime, RuntimeError, Setup};
