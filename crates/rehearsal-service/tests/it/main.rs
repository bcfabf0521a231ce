//! The service driven by hand, scenario by scenario.
//!
//! Tests are named after the scenario of the catalogue, or after the rule, that they show.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod again;
mod baselines;
mod bench;
mod cancel_activity;
mod cancel_workflow;
mod chain;
mod child;
mod child_options;
mod deadlines;
mod external;
mod family;
mod ids;
mod limits;
mod notation;
mod outside;
mod queries;
mod recordings;
mod refused;
mod skipping;
mod timers;
