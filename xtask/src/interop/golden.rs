//! The recorded scenarios of Go, played by the official worker and client on our server.

use std::{fs, path::Path, process::Command};

use super::{
    FOLDER, Left, Package, answers, build_server, in_go, lay_out, run, server, unreadable,
};
use crate::error::Error;

/// How often what differs is played again.
const AGAIN: usize = 2;

/// Plays the recorded scenarios with the Go SDK on our server, and prints how many of them come out as recorded.
///
/// With names only these scenarios are played. Everything takes place in real time, some four minutes for all. So a machine
/// that is busy makes some scenarios differ: these are played again, by themselves. The figure is printed, and none is demanded.
pub(super) fn play(root: &Path, package: Package, names: &[&str]) -> Result<Option<Left>, Error> {
    let folder = root.join(FOLDER).join("go");
    lay_out(&root.join("interop/go"), &folder)?;
    let scenarios = root.join("fixtures/golden/go");
    if !answers(in_go(&folder, package).args(["list", "-deps", "./scenario"])) {
        return Ok(Some(Left::Packages));
    }
    run(in_go(&folder, package).args(["run", "generate.go"]).arg(&scenarios))?;
    if !answers(in_go(&folder, package).args(["list", "-deps", "./play"])) {
        return Ok(Some(Left::Packages));
    }
    run(in_go(&folder, package).args(["build", "-o", "player", "./play"]))?;
    build_server(root)?;

    let all = if names.is_empty() { folders(&scenarios)? } else { names.len() };
    let mut differ = differing(root, &folder, &scenarios, names)?;
    let at_first = all - differ.len();
    for _ in 0..AGAIN {
        if differ.is_empty() {
            break;
        }
        let names: Vec<&str> = differ.iter().map(String::as_str).collect();
        differ = differing(root, &folder, &scenarios, &names)?;
    }
    let good = all - differ.len();
    println!("golden go, workers: {good} of {all}, {at_first} of them at the first time");
    if names.is_empty() {
        judge(root, &folder, package)?;
    }
    Ok(None)
}

/// Has Go's own replayer look at what is simulated of the scenarios, canceled at each point and with each fault, and prints how
/// many of the histories it accepts. What it refuses is printed, and has its causes in `docs/interop.md`.
fn judge(root: &Path, folder: &Path, package: Package) -> Result<(), Error> {
    let left = root.join(FOLDER).join("closure");
    if left.exists() {
        fs::remove_dir_all(&left).map_err(unreadable(&left))?;
    }
    run(in_go(folder, package).args(["build", "-o", "judge-histories", "./judge"]))?;
    run(Command::new("cargo")
        .args(["test", "--workspace", "--test", "interop", "closure"])
        .env("REHEARSAL_CLOSURE_GO", &left)
        .env("REHEARSAL_ALARM_RUNS", "1")
        .current_dir(root))?;
    run(Command::new(folder.join("judge-histories")).arg(&left))
}

/// How many folders there are in this one.
fn folders(of: &Path) -> Result<usize, Error> {
    let mut count = 0;
    for entry in fs::read_dir(of).map_err(unreadable(of))? {
        count += usize::from(entry.map_err(unreadable(of))?.path().is_dir());
    }
    Ok(count)
}

/// Plays scenarios, all of them if none is named, and says which of them do not come out as recorded.
fn differing(
    root: &Path,
    folder: &Path,
    scenarios: &Path,
    names: &[&str],
) -> Result<Vec<String>, Error> {
    let played = root.join(FOLDER).join("played");
    run(Command::new(folder.join("player"))
        .arg("-server")
        .arg(server(root))
        .arg("-scenarios")
        .arg(scenarios)
        .arg("-out")
        .arg(&played)
        .arg("-state")
        .arg(root.join(FOLDER).join("state"))
        .args(names))?;
    run(Command::new("cargo")
        .args(["test", "--workspace", "--test", "interop", "go", "--", "--nocapture"])
        .env("REHEARSAL_INTEROP_GO", &played)
        .env("REHEARSAL_INTEROP_NAMES", names.join(" "))
        .current_dir(root))?;
    let differ = played.join("differ.txt");
    let differ = fs::read_to_string(&differ).map_err(unreadable(&differ))?;
    Ok(differ.lines().map(str::to_owned).collect())
}
