//! What a program of this directory does with its subjects: times all of them and prints a table, or calls one of them.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use crate::walltime::{Figure, Subject, compare};

/// Without arguments, times all subjects and prints a table below `heading`; `columns` name the first two, which the
/// others are compared with. With the first word of a subject and a count, calls that subject so many times and times
/// nothing, for a profiler.
///
/// # Errors
///
/// If the arguments are none of these.
pub(crate) fn main(
    heading: &str,
    columns: [&str; 2],
    subjects: &[Subject<'_>],
) -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => {
            println!("{heading}\n");
            print(columns, subjects, &compare(subjects));
            Ok(())
        }
        (Some(word), Some(count)) => repeat(subjects, &word, &count),
        (Some(_), None) => Err("expected a subject and a count, found no count".to_owned()),
    }
}

fn print(columns: [&str; 2], subjects: &[Subject<'_>], figures: &[Figure]) {
    println!(
        "{:<57}  {:>10}  {:>10}  {:>9}  {:>9}",
        "", "ns, median", "ns, 10th %", columns[0], columns[1]
    );
    for (subject, figure) in subjects.iter().zip(figures) {
        println!(
            "{:<57}  {:>10}  {:>10}  {:>9}  {:>9}",
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
