//! Typed names. They belong to the contract, since clients and stubs use the same constants as workflow code.

pub use rehearsal_activation::names::{Activity, Query, Signal, Update, Workflow};
