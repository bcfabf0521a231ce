//! Generated workflows and client scripts, for the laws of the ring.

pub mod order;
pub mod program;
