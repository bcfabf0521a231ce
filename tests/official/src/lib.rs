//! Suites that need the official Rust SDK; what they share.

pub mod closure;
pub mod golden;
pub mod judge;
pub mod parity;
pub mod probes;
