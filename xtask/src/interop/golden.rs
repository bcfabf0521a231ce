//! The recorded scenarios of Go, played by the official worker and client on our server.

use std::{path::Path, process::Command};

use super::{FOLDER, Left, Package, answers, build_server, in_go, lay_out, run, server};
use crate::error::Error;

/// Plays the recorded scenarios with the Go SDK on our server, and prints how many of them come out as recorded.
///
/// With names only these scenarios are played. Everything takes place in real time, some four minutes for all. So a machine
/// that is busy makes some scenarios differ: the figure is printed, and none is demanded.
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

    let played = root.join(FOLDER).join("played");
    run(Command::new(folder.join("player"))
        .arg("-server")
        .arg(server(root))
        .arg("-scenarios")
        .arg(&scenarios)
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
    Ok(None)
}
