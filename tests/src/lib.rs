//! Cross-crate suites; what they share.

pub mod bad_input;
pub mod controls;
pub mod each;
pub mod finds;
pub mod golden;
pub mod laws;
pub mod mutations;
pub mod outside;
pub mod public;
pub mod simulated;
