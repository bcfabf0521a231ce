//! Looks for the run that fails: the sweep over every cancellation point of a baseline.

mod points;
mod sweep;

pub use points::{Target, targets};
pub use sweep::{Row, Sweep, Swept, sweep};
