//! Workers of other SDKs on our server: the recorded scenarios, played by the official worker and client.
//!
//! What is not installed, or not there without the network, is skipped, and that is said.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::Error;

/// What is played where: the program in `interop/go` and what it needs, beside what is built.
const FOLDER: &str = "target/interop";

/// Plays the recorded scenarios of Go with the Go SDK on our server, and prints how many of them come out as recorded.
///
/// With names only these scenarios are played. Everything takes place in real time, some four minutes for all. So a machine that is busy makes some scenarios differ: the figure
/// is printed, and none is demanded.
///
/// # Errors
///
/// [`Error::Start`], [`Error::Failed`] or [`Error::File`] if what is ours cannot be built, played or compared.
pub(crate) fn go(root: &Path, names: &[&str]) -> Result<(), Error> {
    let folder = root.join(FOLDER).join("go");
    if !answers("go", &["version"], root) {
        println!("interop go: skipped, there is no Go");
        return Ok(());
    }
    lay_out(&root.join("interop/go"), &folder)?;
    let scenarios = root.join("fixtures/golden/go");
    if !answers("go", &["list", "-deps", "./scenario"], &folder) {
        println!(
            "interop go: skipped, the modules of the Go SDK are not there and the network is not asked"
        );
        return Ok(());
    }
    run(in_go(&folder).args(["run", "generate.go"]).arg(&scenarios))?;
    if !answers("go", &["list", "-deps", "./play"], &folder) {
        println!(
            "interop go: skipped, the modules of the Go SDK are not there and the network is not asked"
        );
        return Ok(());
    }
    run(in_go(&folder).args(["build", "-o", "player", "./play"]))?;
    run(Command::new("cargo").args(["build", "-p", "rehearsal-server"]).current_dir(root))?;

    let played = root.join(FOLDER).join("played");
    run(Command::new(folder.join("player"))
        .arg("-server")
        .arg(root.join("target/debug/rehearsal-server"))
        .arg("-scenarios")
        .arg(&scenarios)
        .arg("-out")
        .arg(&played)
        .arg("-state")
        .arg(root.join(FOLDER).join("state"))
        .args(names))?;
    run(Command::new("cargo")
        .args(["test", "-p", "rehearsal-tests", "--test", "interop", "go", "--", "--nocapture"])
        .env("REHEARSAL_INTEROP_GO", &played)
        .env("REHEARSAL_INTEROP_NAMES", names.join(" "))
        .current_dir(root))
}

/// Copies the program to where it is built: what is generated stands beside it, and not among what is committed.
fn lay_out(from: &Path, to: &Path) -> Result<(), Error> {
    let at = |path: &Path| {
        let path = PathBuf::from(path);
        move |source: io::Error| Error::File { path: path.clone(), source }
    };
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let path = entry.map_err(at(from))?.path();
        let copy = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            lay_out(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(at(&path))?;
        }
    }
    Ok(())
}

/// Go, in that folder and without the network.
fn in_go(folder: &Path) -> Command {
    let mut command = Command::new("go");
    command.current_dir(folder).envs([
        ("GOFLAGS", "-mod=mod"),
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
    ]);
    command
}

/// Whether a program is there and does what it is asked for. What it says is nobody's.
fn answers(program: &str, words: &[&str], folder: &Path) -> bool {
    let mut command = if program == "go" { in_go(folder) } else { Command::new(program) };
    let quiet = command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a program with its output on the terminal.
fn run(command: &mut Command) -> Result<(), Error> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Error::Failed { command: line }),
        Err(source) => Err(Error::Start { command: line, source }),
    }
}
