//! What a run with a workflow of the official SDK costs, as a multiple of the same workflow told by hand, twice.
//!
//! Without arguments it times all subjects and prints a table. With the first word of a subject and a count it calls that
//! subject so many times and times nothing, for a profiler.

mod by_hand;
mod scenario;
#[path = "../../src/table.rs"]
mod table;
#[path = "../../src/walltime.rs"]
mod walltime;

use std::hint::black_box;

use crate::scenario::{Activities, Sample};
use crate::walltime::Subject;

fn main() -> Result<(), String> {
    let sample = Sample::record();
    let heading = format!(
        "the canceled sample run of the official SDK: {} activations, {} jobs, {} events",
        sample.activations(),
        sample.jobs(),
        sample.events(),
    );
    table::main(&heading, ["x guest2", "x hosted2"], &subjects(&sample))
}

/// What is timed. The first two are the floors that the others are compared with.
fn subjects(sample: &Sample) -> Vec<Subject<'_>> {
    let floors = [
        subject(sample, "guest2         the SDK's workflow told by hand, twice", |sample| {
            sample.by_hand();
            sample.by_hand();
        }),
        subject(sample, "hosted2        the same through our instance, twice", |sample| {
            sample.hosted();
            sample.hosted();
        }),
    ];
    let with = |activities, names: [&'static str; 3]| {
        let [run, replayed, checked] = names;
        [
            subject(sample, run, move |sample| drop(black_box(sample.run(activities)))),
            subject(sample, replayed, move |sample| {
                drop(black_box(sample.run_and_replay(activities)));
            }),
            subject(sample, checked, move |sample| drop(black_box(sample.examine(activities)))),
        ]
    };
    let stubs = [
        "run            a run with its history; stubs",
        "replayed       the same, and one replay of all of it; stubs",
        "checked        a run with all that a sweep checks; stubs",
    ];
    let real = [
        "run-real       a run with its history; real activities",
        "replayed-real  the same, and one replay of all of it; real",
        "checked-real   a run with all that a sweep checks; real",
    ];
    let runs = [with(Activities::Stubs, stubs), with(Activities::Real, real)];
    floors.into_iter().chain(runs.into_iter().flatten()).collect()
}

fn subject<'a>(sample: &'a Sample, name: &'static str, call: impl Fn(&Sample) + 'a) -> Subject<'a> {
    Subject { name, call: Box::new(move || call(sample)) }
}
