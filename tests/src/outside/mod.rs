//! Workers outside, made of our own: a thread that polls the door of a house as the process of an SDK would, with the
//! native worker and the instances behind it.

mod activities;
mod house;
mod stage;
mod worker;

pub use self::activities::{Attempt, attempts};
pub use self::house::House;
pub use self::stage::{Stage, StoppedClock};
pub use self::worker::{Cache, LOCAL, NO_CODE, Native, ask, work};
