//! What an event costs in a world that is full, or goes on for long: prints times and memory beside those of a small one.
//!
//! Without arguments it plays every size in a process of its own, in turn, and prints a table. `check` runs the largest
//! world with everything that is checked in a run. `counts` has valgrind count what an event takes. `floor` times what the
//! memory alone takes. With the name of a size it plays that one and prints two numbers; with `bare` behind it, it only
//! plays, for a profiler.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod floor;
mod worlds;

use std::process::Command;

use crate::worlds::{Played, SIZES, Size};

/// How often each size is played. The sizes take turns, and the ratios are within a turn.
const TURNS: usize = 5;

/// The largest cache that valgrind plays: 32 MB, as a server has for a few cores.
const CACHE: &str = "--LL=33554432,16,64";

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => table(),
        ["check"] => check(),
        ["counts"] => counts(),
        ["floor"] => {
            floor::print();
            Ok(())
        }
        [word] => {
            let Played { picos, bytes } = worlds::play(named(word)?);
            println!("{picos} {bytes}");
            Ok(())
        }
        [word, "bare"] => {
            println!("{}", worlds::play_bare(named(word)?));
            Ok(())
        }
        words => Err(format!("expected `check`, `counts`, `floor` or a size, found {words:?}")),
    }
}

fn named(word: &str) -> Result<&'static Size, String> {
    let size = SIZES.iter().find(|size| size.word == word);
    size.ok_or_else(|| format!("expected `check`, `counts`, `floor` or a size, found `{word}`"))
}

/// Plays all sizes in turn and prints what they took.
fn table() -> Result<(), String> {
    let mut played: Vec<Vec<Played>> = SIZES.iter().map(|_| Vec::new()).collect();
    for _ in 0..TURNS {
        for (size, played) in SIZES.iter().zip(&mut played) {
            played.push(in_a_process(size)?);
        }
    }
    println!("{:<42}  {:>12}  {:>8}  {:>14}", "", "ns an event", "ratio", "bytes, one open");
    for (index, size) in SIZES.iter().enumerate() {
        let base = SIZES.iter().position(|other| other.word == size.base).unwrap_or(index);
        let ratios = played[index].iter().zip(&played[base]);
        let ratios = ratios.map(|(this, base)| this.picos * 100 / base.picos.max(1));
        let ratio = median(ratios.collect());
        let picos = median(played[index].iter().map(|played| played.picos).collect());
        let bytes = median(played[index].iter().map(|played| played.bytes).collect());
        let bytes = if size.executions > 1 { bytes.to_string() } else { "-".to_owned() };
        let ratio = format!("{}.{:02}", ratio / 100, ratio % 100);
        println!("{:<42}  {:>12}  {:>8}  {:>14}", size.name, picos / 1000, ratio, bytes);
    }
    Ok(())
}

fn in_a_process(size: &Size) -> Result<Played, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output =
        Command::new(program).arg(size.word).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(picos)), Some(Ok(bytes))) => Ok(Played { picos, bytes }),
        _ => Err(format!("expected two numbers of `{}`, found `{text}`", size.word)),
    }
}

/// Has valgrind count what an event of each size takes: instructions, and how often data is in none of the caches. That is
/// the same at every start, however busy the machine is.
fn counts() -> Result<(), String> {
    println!("{:<42}  {:>12}  {:>8}  {:>14}", "", "instructions", "ratio", "misses");
    let mut counted: Vec<(&str, u64)> = Vec::new();
    for size in &SIZES {
        let (instructions, misses) = counts_of(size)?;
        let misses = format!("{}.{}", misses / 10, misses % 10);
        counted.push((size.word, instructions));
        let base = counted.iter().find(|(word, _)| *word == size.base);
        let ratio = instructions * 100 / base.map_or(instructions, |(_, of)| *of).max(1);
        let ratio = format!("{}.{:02}", ratio / 100, ratio % 100);
        println!("{:<42}  {instructions:>12}  {ratio:>8}  {misses:>14}", size.name);
    }
    Ok(())
}

/// The instructions of one event, and its misses of data in tenths.
fn counts_of(size: &Size) -> Result<(u64, u64), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--tool=cachegrind",
        "--cache-sim=yes",
        "--cachegrind-out-file=/dev/null",
        CACHE,
    ]);
    let output = valgrind.arg(program).args([size.word, "bare"]).output();
    let output = output.map_err(|error| error.to_string())?;
    let events = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>();
    let told = String::from_utf8_lossy(&output.stderr);
    match (events, count_in(&told, "I   refs:"), count_in(&told, "LLd misses:")) {
        (Ok(events), Some(instructions), Some(misses)) => {
            Ok((instructions / events.max(1), misses * 10 / events.max(1)))
        }
        _ => Err(format!("expected the counts of `{}`, found `{told}`", size.word)),
    }
}

/// The number behind a label, which has commas in it.
fn count_in(told: &str, label: &str) -> Option<u64> {
    let count = told.lines().find_map(|line| line.split_once(label))?.1;
    count.split_whitespace().next()?.replace(',', "").parse().ok()
}

/// Runs the largest world twice over, with its form and every replay of every history.
fn check() -> Result<(), String> {
    let size = SIZES.iter().max_by_key(|size| size.executions).ok_or("expected a size")?;
    let (executions, events) = worlds::check(size)?;
    println!("{executions} executions, {events} events: well formed, and replayed");
    Ok(())
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}
