//! Workers of other SDKs on our server: the recorded scenarios of Go, and the example in each language.

mod example;
mod golden;

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::Error;

/// Where all of it is built, beside what is built of ours: nothing of it is committed.
const FOLDER: &str = "target/interop";

/// What tools leave beside the sources of an example.
const LEFT_BY_TOOLS: &[&str] = &[".pytest_cache", ".venv", "__pycache__", "node_modules", "target"];

/// A language whose SDK has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Go,
    Python,
    TypeScript,
    Java,
}

impl Language {
    const ALL: [Self; 4] = [Self::Go, Self::Python, Self::TypeScript, Self::Java];

    /// Its name on the command line, which is that of its folder.
    const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Java => "java",
        }
    }

    /// The program that must be there, and how it is asked whether it is.
    const fn toolchain(self) -> [&'static str; 2] {
        match self {
            Self::Go => ["go", "version"],
            Self::Python => ["python3", "--version"],
            Self::TypeScript => ["npm", "--version"],
            Self::Java => ["mvn", "--version"],
        }
    }
}

/// Where packages of other languages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Package {
    /// They are on this machine already: the network is not asked.
    There,
    /// Those that are missing are fetched.
    Fetched,
}

/// Why something was left out.
#[derive(Debug, Clone, Copy)]
enum Left {
    Toolchain(&'static str),
    Packages,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ask<'a> {
    package: Package,
    languages: Vec<Language>,
    /// The recorded scenarios that are played alone.
    names: Vec<&'a str>,
}

impl<'a> Ask<'a> {
    /// Reads the words after `interop`; none if they cannot be meant.
    pub(crate) fn parse(words: &[&'a str]) -> Option<Self> {
        let mut ask = Self { package: Package::There, languages: Vec::new(), names: Vec::new() };
        for word in words {
            let language = Language::ALL.into_iter().find(|language| language.name() == *word);
            match language {
                Some(language) => ask.languages.push(language),
                None if *word == "--fetch" => ask.package = Package::Fetched,
                None => ask.names.push(word),
            }
        }
        let known = ask.names.is_empty()
            || (ask.languages == [Language::Go]
                && ask.names.iter().all(|name| !name.starts_with('-')));
        known.then_some(ask)
    }
}

/// Runs what is asked for, or all of which the toolchain is installed, and says what was left out, and why.
///
/// # Errors
///
/// [`Error::Start`], [`Error::Failed`] or [`Error::File`] if what is ours cannot be built, played or compared, or a test
/// of an example fails; [`Error::LeftOut`] if what was asked for by its name was left out.
pub(crate) fn interop(root: &Path, ask: &Ask<'_>) -> Result<(), Error> {
    let all = ask.languages.is_empty();
    let languages = if all { &Language::ALL[..] } else { &ask.languages };
    let mut left_out = 0;
    for &language in languages {
        let name = language.name();
        let left = of(root, language, ask)?;
        match left {
            None => println!("interop {name}: done"),
            Some(Left::Toolchain(program)) => {
                println!("interop {name}: left out, there is no `{program}`");
            }
            Some(Left::Packages) => {
                println!(
                    "interop {name}: left out, its packages are not there; `--fetch` fetches them"
                );
            }
        }
        left_out += usize::from(left.is_some());
    }
    if all || left_out == 0 { Ok(()) } else { Err(Error::LeftOut { count: left_out }) }
}

fn of(root: &Path, language: Language, ask: &Ask<'_>) -> Result<Option<Left>, Error> {
    let [program, asked] = language.toolchain();
    if !answers(Command::new(program).arg(asked)) {
        return Ok(Some(Left::Toolchain(program)));
    }
    if ask.names.is_empty()
        && let Some(left) = example::test(root, language, ask.package)?
    {
        return Ok(Some(left));
    }
    match language {
        Language::Go => golden::play(root, ask.package, &ask.names),
        Language::Python | Language::TypeScript | Language::Java => Ok(None),
    }
}

/// The program of our server, once it is built.
fn server(root: &Path) -> PathBuf {
    root.join("target/debug/rehearsal-server")
}

fn build_server(root: &Path) -> Result<(), Error> {
    run(Command::new("cargo")
        .args(["build", "--workspace", "--bin", "rehearsal-server"])
        .current_dir(root))
}

/// Copies sources to where they are built: what is generated stands beside them, and not among what is committed.
fn lay_out(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(unreadable(to))?;
    for entry in fs::read_dir(from).map_err(unreadable(from))? {
        let path = entry.map_err(unreadable(from))?.path();
        let name = path.file_name().unwrap_or_default();
        if LEFT_BY_TOOLS.iter().any(|left| name == *left) {
            continue;
        }
        let copy = to.join(name);
        if path.is_dir() {
            lay_out(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(unreadable(&path))?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = PathBuf::from(path);
    move |source| Error::File { path: path.clone(), source }
}

/// Go, in that folder; without the network unless packages are fetched.
fn in_go(folder: &Path, package: Package) -> Command {
    let mut command = Command::new("go");
    command.current_dir(folder).envs([("GOFLAGS", "-mod=mod"), ("GOTOOLCHAIN", "local")]);
    if package == Package::There {
        command.env("GOPROXY", "off");
    }
    command
}

/// Whether a program is there and does what it is asked for. What it says is nobody's.
fn answers(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_and_names_of_scenarios_are_told_apart() {
        let read = |words: &[&'static str]| Ask::parse(words);
        let all = read(&[]).unwrap();
        assert_eq!((all.package, all.languages.len()), (Package::There, 0));
        let two = read(&["python", "--fetch", "java"]).unwrap();
        assert_eq!(two.package, Package::Fetched);
        assert_eq!(two.languages, [Language::Python, Language::Java]);
        assert_eq!(read(&["go", "cancel-before-start"]).unwrap().names, ["cancel-before-start"]);
        for wrong in [&["ruby"][..], &["python", "name"], &["go", "--fetsch"]] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
