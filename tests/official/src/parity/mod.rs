//! Law 5, parity: one workflow, written natively and for the official SDK, gives one history under the rules of core, at
//! every cancellation point.
//!
//! Each module here holds one workflow twice, side by side, and the scenarios around it. Where the SDKs differ by rule,
//! [`DIFFERENCES`] has a row with the id of the rule; everything else that differs is a failure, and so is a row that
//! nothing needs.

mod compare;
mod report;
mod table;
pub mod workflows;

use rehearsal::Scenario;

pub use self::report::{Count, Parity, compare_all};
pub use self::table::{Covers, DIFFERENCES, Difference, Seen};
use self::workflows::{
    chain, family, order, parallel, race, retry, sample, scale, signals, updates,
};

/// A workflow, written twice.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// What the table of differences calls it.
    pub name: &'static str,
    /// Natively.
    pub native: fn() -> Scenario,
    /// For the official SDK.
    pub official: fn() -> Scenario,
}

/// All of them: ten workflows. The order comes once with an approval and once without.
pub const ALL: &[Pair] = &[
    Pair { name: "sample", native: sample::native, official: sample::official },
    Pair { name: "order", native: order::native, official: order::official },
    Pair {
        name: "order-forgotten",
        native: order::native_forgotten,
        official: order::official_forgotten,
    },
    Pair { name: "parallel", native: parallel::native, official: parallel::official },
    Pair { name: "race", native: race::native, official: race::official },
    Pair { name: "retry", native: retry::native, official: retry::official },
    Pair { name: "scale", native: scale::native, official: scale::official },
    Pair { name: "signals", native: signals::native, official: signals::official },
    Pair { name: "family", native: family::native, official: family::official },
    Pair { name: "chain", native: chain::native, official: chain::official },
    Pair { name: "updates", native: updates::native, official: updates::official },
];
