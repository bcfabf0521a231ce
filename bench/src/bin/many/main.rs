//! What an event costs in a world that is full, or goes on for long: prints times and memory beside those of a small one.
//!
//! Without arguments it plays every size in a process of its own, in turn, and prints a table. `check` runs the largest
//! world with everything that is checked in a run. With the name of a size it plays that one and prints two numbers.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod worlds;

use std::process::Command;

use crate::worlds::{Played, SIZES, Size};

/// How often each size is played. The sizes take turns, and the ratios are within a turn.
const TURNS: usize = 5;

fn main() -> Result<(), String> {
    match std::env::args().nth(1).as_deref() {
        None => table(),
        Some("check") => check(),
        Some(word) => match SIZES.iter().find(|size| size.word == word) {
            Some(size) => {
                let Played { picos, bytes } = worlds::play(size);
                println!("{picos} {bytes}");
                Ok(())
            }
            None => Err(format!("expected `check` or a size, found `{word}`")),
        },
    }
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
    let output = Command::new(program).arg(size.word).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(picos)), Some(Ok(bytes))) => Ok(Played { picos, bytes }),
        _ => Err(format!("expected two numbers of `{}`, found `{text}`", size.word)),
    }
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
