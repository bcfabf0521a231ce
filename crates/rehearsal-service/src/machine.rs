//! What a run is made of, one room each: a machine, and what the commands about it come to.
//!
//! A room knows the words, never another room, and never the run that it stands in (`xtask/src/tidy/rooms.rs`). For the
//! entities of which a run can have many, a room has `plan`, what a command comes to, and `evolve`, what an event makes of
//! all of them.

pub(crate) mod activity;
pub(crate) mod child;
pub(crate) mod close;
pub(crate) mod external;
pub(crate) mod marker;
pub(crate) mod properties;
#[cfg(test)]
mod tables;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod update;
