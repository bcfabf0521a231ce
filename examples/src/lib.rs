//! The workflows of the examples, so that tests can use them too.

pub mod cancellation;
pub mod upgrade;
