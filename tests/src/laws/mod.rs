//! Generated workflows and client scripts, for the laws of the ring.

pub mod earlier;
pub mod order;
pub mod patch;
pub mod program;
