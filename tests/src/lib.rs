//! Cross-crate suites; what they share.

pub mod controls;
pub mod golden;
pub mod laws;
