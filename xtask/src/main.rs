//! The project's own commands: `cargo xtask ci [PART]`, `cargo xtask tidy`, `cargo xtask figures
//! [--check]`, `cargo xtask interop [--fetch] [LANGUAGE ..]`.
//!
//! Exit codes: 0 fine, 1 something is wrong with the project, 2 the command could not be understood
//! or could not run.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks by printing"
)]

mod ci;
mod error;
mod figures;
mod interop;
mod process;
mod repo;
mod tidy;

use std::{path::Path, process::ExitCode};

use crate::{error::Error, figures::Mode, interop::Ask};

const USAGE: &str = "\
usage: cargo xtask ci [PART]            every gate in order, or one: fmt, clippy, doc, tidy, figures, pure,
                                        release, diff
       cargo xtask tidy                 the project's own rules
       cargo xtask figures [--check]    write docs/fidelity.md from the test suites, or check that it is fresh
       cargo xtask interop [--fetch] [go|python|typescript|java ..]
                                        workers of other SDKs on our server: the examples, and the recorded
                                        scenarios of Go; of all that are installed, unless some are named
       cargo xtask interop go NAME ..   only these scenarios";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dispatch(repo::root(), &words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs the command that `words` spell, in the repository at `root`.
fn dispatch(root: &Path, words: &[&str]) -> Result<(), Error> {
    match words {
        ["ci"] => ci::all(root),
        ["ci", part] => ci::part(root, part),
        ["tidy"] => tidy::run(root),
        ["figures"] => figures::run(root, Mode::Write),
        ["interop", ask @ ..] => match Ask::parse(ask) {
            Some(ask) => interop::interop(root, &ask),
            None => Err(Error::Usage { usage: USAGE }),
        },
        ["figures", "--check"] => figures::run(root, Mode::Check),
        _ => Err(Error::Usage { usage: USAGE }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_a_usage_error() {
        for words in [
            &[][..],
            &["tidyy"],
            &["figures", "--chekc"],
            &["ci", "fmt", "doc"],
            &["interop", "ruby"],
        ] {
            let error = dispatch(Path::new("."), words).unwrap_err();

            assert_eq!(error.exit_code(), 2, "{words:?}");
        }
    }

    #[test]
    fn usage_names_every_part() {
        for part in ci::names() {
            assert!(USAGE.contains(part), "usage does not name `{part}`");
        }
    }
}
