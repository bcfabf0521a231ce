//! The program: reads its arguments, serves, and prints what was found.

#![expect(clippy::print_stderr, reason = "a program speaks by printing")]

use std::process::ExitCode;

use rehearsal_remote::Report;
use rehearsal_server::Server;
use rehearsal_server::arguments::{Arguments, USAGE};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match Arguments::parse(words.iter().map(String::as_str)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("rehearsal-server: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let server = match Server::bind(&arguments) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("rehearsal-server: {}: {error}", arguments.address);
            return ExitCode::FAILURE;
        }
    };
    if arguments.address.port() == 0 {
        eprintln!("rehearsal-server: listening on {}", server.address());
    }
    match server.run() {
        Ok(report) => {
            print(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("rehearsal-server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was found, a line each; nothing if there was nothing.
fn print(report: &Report) {
    for finding in &report.findings {
        eprintln!("{finding}");
    }
    for (what, count) in &report.not_simulated {
        eprintln!("not simulated: {what}, asked for {count} times");
    }
}
