//! What a run costs: prints the time of one native sample run, as a multiple of an empty loop over its activations.
//!
//! Without arguments it times all subjects and prints a table. With the first word of a subject and a count it calls that
//! subject so many times and times nothing, for a profiler.

mod scenario;
mod table;
mod walltime;

use std::hint::black_box;

use crate::scenario::Sample;
use crate::walltime::Subject;

fn main() -> Result<(), String> {
    let sample = Sample::record();
    let activations = sample.activations().len();
    let (jobs, events) = (sample.touch(), sample.events());
    let heading =
        format!("the canceled sample run: {activations} activations, {jobs} jobs, {events} events");
    table::main(&heading, ["x floor", "x guest"], &subjects(&sample))
}

/// What is timed. The first two are the floors that the others are compared with.
fn subjects(sample: &Sample) -> [Subject<'_>; 5] {
    [
        Subject {
            name: "floor     an empty loop over the activations",
            call: Box::new(|| {
                black_box(sample.touch());
            }),
        },
        Subject {
            name: "guest     the workflow alone, told by hand",
            call: Box::new(|| {
                sample.guest();
            }),
        },
        Subject {
            name: "run       a run with its history",
            call: Box::new(|| {
                black_box(sample.run());
            }),
        },
        Subject {
            name: "replayed  the same, and one replay from the start",
            call: Box::new(|| {
                drop(black_box(sample.run_and_replay()));
            }),
        },
        Subject {
            name: "checked   a run with all that a sweep checks",
            call: Box::new(|| {
                black_box(sample.examine());
            }),
        },
    ]
}
