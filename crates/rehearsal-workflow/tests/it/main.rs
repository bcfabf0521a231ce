//! Instances of native workflows, played by hand: activations in, commands out.

mod activity;
mod cancel;
mod channel;
mod child;
mod condition;
mod error;
mod external;
mod flags;
mod foreign;
mod golden;
mod outcome;
mod play;
mod quiet;
mod random;
mod routine;
mod select;
mod selector;
mod signal;
mod timer;
