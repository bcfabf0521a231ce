//! What a user sees: the API, and a finding for each kind of mistake.

mod api;
mod case;
mod checks;
mod compensated;
mod explore;
mod findings;
mod heartbeats;
mod paint;
mod replays;
mod rerun;
mod watchdog;
