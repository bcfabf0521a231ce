//! What a run costs: prints the time of one native sample run, as a multiple of an empty loop over its activations.
//!
//! Without arguments it times all subjects and prints a table. With the first word of a subject and a count it calls that
//! subject so many times and times nothing, for a profiler.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod scenario;
mod walltime;

use std::hint::black_box;

use crate::scenario::Sample;
use crate::walltime::{Figure, Subject, compare};

fn main() -> Result<(), String> {
    let sample = Sample::record();
    let subjects = subjects(&sample);
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => {
            print(&sample, &subjects, &compare(&subjects));
            Ok(())
        }
        (Some(word), Some(count)) => repeat(&subjects, &word, &count),
        (Some(_), None) => Err("expected a subject and a count, found no count".to_owned()),
    }
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
                black_box(sample.run_and_replay());
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

fn print(sample: &Sample, subjects: &[Subject<'_>], figures: &[Figure]) {
    let activations = sample.activations().len();
    let (jobs, events) = (sample.touch(), sample.events());
    println!("the canceled sample run: {activations} activations, {jobs} jobs, {events} events\n");
    println!(
        "{:<49}  {:>10}  {:>10}  {:>9}  {:>7}",
        "", "ns, median", "ns, 10th %", "x floor", "x guest"
    );
    for (subject, figure) in subjects.iter().zip(figures) {
        println!(
            "{:<49}  {:>10}  {:>10}  {:>9}  {:>7}",
            subject.name,
            decimal(figure.picos / 100, 10),
            decimal(figure.low / 100, 10),
            decimal(figure.to_first, 100),
            decimal(figure.to_second, 100),
        );
    }
}

/// `value / scale`, with as many decimals as the power of ten `scale` has.
fn decimal(value: u64, scale: u64) -> String {
    let digits = if scale == 10 { 1 } else { 2 };
    format!("{}.{:0digits$}", value / scale, value % scale)
}

/// Calls the subject whose name begins with `word`, `count` times.
fn repeat(subjects: &[Subject<'_>], word: &str, count: &str) -> Result<(), String> {
    let count: u32 =
        count.parse().map_err(|_| format!("expected how many times, found `{count}`"))?;
    let subject = subjects
        .iter()
        .find(|subject| subject.name.split(' ').next() == Some(word))
        .ok_or_else(|| format!("expected the first word of a subject, found `{word}`"))?;
    for _ in 0..count {
        (subject.call)();
    }
    Ok(())
}
