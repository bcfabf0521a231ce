//! What a user sees: the API, and a finding for each kind of mistake.

mod api;
mod case;
mod chains;
mod checks;
mod cleanup;
mod compensated;
mod documentation;
mod explore;
mod findings;
mod fork;
mod heartbeats;
mod late;
mod left;
mod many;
mod markers;
mod messages;
mod outside;
mod paint;
mod replays;
mod reports;
mod rerun;
mod selector;
mod upgrade;
mod watchdog;
mod with_start;
mod workers;
