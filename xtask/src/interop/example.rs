//! The examples in other languages: each is an ordinary test of that SDK, run on our server.

use std::{fs, path::Path, process::Command};

use super::{
    FOLDER, Language, Left, Package, answers, build_server, in_go, lay_out, run, server, unreadable,
};
use crate::error::Error;

/// Runs the tests of the example in a language, and compares the table of its sweep with the one that is committed.
///
/// # Errors
///
/// Those of [`super::interop`]; [`Error::AnotherTable`].
pub(super) fn test(
    root: &Path,
    language: Language,
    package: Package,
) -> Result<Option<Left>, Error> {
    let from = root.join("examples").join(language.name());
    let folder = root.join(FOLDER).join("examples").join(language.name());
    lay_out(&from, &folder)?;
    if package == Package::Fetched {
        for mut command in fetch(language, &folder) {
            run(&mut command)?;
        }
    }
    if !answers(&mut there(language, &folder)) {
        return Ok(Some(Left::Packages));
    }
    build_server(root)?;
    run(tests(language, package, &folder).env("REHEARSAL_SERVER", server(root)))?;

    let read = |path: &Path| fs::read_to_string(path).map_err(unreadable(path));
    let report = read(&folder.join("your-workflow.txt"))?;
    let table = report.split_once("\n\n").map_or("", |(_, table)| table);
    let name = language.name();
    if table != read(&from.join("table.txt"))? {
        println!("interop {name}: another table:\n{table}");
        return Err(Error::AnotherTable { language: name });
    }
    println!("interop {name}: the table is that of examples/{name}/table.txt");
    Ok(None)
}

/// What fetches the packages of an example into its folder, or to where its tools keep them.
fn fetch(language: Language, folder: &Path) -> Vec<Command> {
    match language {
        Language::Go => vec![line(folder, "go mod download")],
        Language::Python => vec![
            line(folder, "python3 -m venv .venv"),
            line(folder, ".venv/bin/pip install --quiet --requirement requirements.txt"),
        ],
        Language::TypeScript => vec![line(folder, "npm ci --no-fund --no-audit")],
        // What a plugin needs while it works is known only then.
        Language::Java => Vec::new(),
    }
}

/// What succeeds if the packages of an example are there.
fn there(language: Language, folder: &Path) -> Command {
    match language {
        Language::Go => {
            let mut command = in_go(folder, Package::There);
            command.args(["list", "-deps", "-test", "."]);
            command
        }
        Language::Python => {
            let mut command = line(folder, ".venv/bin/python -c");
            command.arg("import pytest, pytest_asyncio, temporalio");
            command
        }
        Language::TypeScript => line(folder, "node_modules/.bin/mocha --version"),
        Language::Java => line(folder, "mvn --quiet --batch-mode --offline validate"),
    }
}

/// The tests of an example.
fn tests(language: Language, package: Package, folder: &Path) -> Command {
    match language {
        Language::Go => {
            let mut command = in_go(folder, package);
            command.args(["test", "-count=1", "."]);
            command
        }
        Language::Python => line(folder, ".venv/bin/python -m pytest"),
        Language::TypeScript => line(folder, "npm test"),
        Language::Java => {
            let mut command = line(folder, "mvn --quiet --batch-mode test");
            if package == Package::There {
                command.arg("--offline");
            }
            command
        }
    }
}

/// A command in a folder, from words without spaces. A program that stands in the folder is named by its path.
fn line(folder: &Path, words: &str) -> Command {
    let mut words = words.split_whitespace();
    let program = words.next().unwrap_or_default();
    let inside = program.contains('/').then(|| folder.join(program));
    let mut command = inside.map_or_else(|| Command::new(program), Command::new);
    command.args(words).current_dir(folder);
    command
}
