//! Running other programs: each is printed before it runs, in the form a person would type.

use std::{
    fmt,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::Error;

/// One program to run, from words without spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Program and arguments, separated by spaces.
    pub(crate) line: &'static str,
    /// Environment variables to set, after others are removed.
    pub(crate) set: &'static [(&'static str, &'static str)],
    /// Environment variables to remove.
    pub(crate) unset: &'static [&'static str],
}

impl Step {
    /// A program that runs in the environment as it is.
    pub(crate) const fn new(line: &'static str) -> Self {
        Self { line, set: &[], unset: &[] }
    }

    /// Runs it in `root` with its output on the terminal.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] if there is no such program, [`Error::Failed`] if it does not return 0.
    pub(crate) fn run(self, root: &Path) -> Result<(), Error> {
        println!("$ {self}");
        let status = self.command(root).status().map_err(|source| self.cannot_start(source))?;
        if status.success() { Ok(()) } else { Err(Error::Failed { command: self.to_string() }) }
    }

    /// Runs it in `root` and returns what it wrote to standard output.
    ///
    /// Says nothing unless the program fails: then its output is printed after all, because nobody
    /// else has it.
    ///
    /// # Errors
    ///
    /// As [`Step::run`].
    pub(crate) fn capture(self, root: &Path) -> Result<String, Error> {
        let output = self
            .command(root)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| self.cannot_start(source))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            print!("{text}");
            Err(Error::Failed { command: self.to_string() })
        }
    }

    fn command(self, root: &Path) -> Command {
        let mut words = self.line.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(root);
        for name in self.unset {
            command.env_remove(name);
        }
        command.envs(self.set.iter().copied());
        command
    }

    fn cannot_start(self, source: std::io::Error) -> Error {
        Error::Start { command: self.to_string(), source }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.unset.is_empty() {
            write!(f, "env")?;
            for name in self.unset {
                write!(f, " -u {name}")?;
            }
            write!(f, " ")?;
        }
        for (name, value) in self.set {
            write!(f, "{name}='{value}' ")?;
        }
        write!(f, "{}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_a_person_would_type() {
        let step = Step { line: "cargo doc", set: &[("A", "-D warnings")], unset: &["B", "C"] };

        assert_eq!(step.to_string(), "env -u B -u C A='-D warnings' cargo doc");
        assert_eq!(Step::new("git diff").to_string(), "git diff");
    }

    #[test]
    fn a_failing_program_is_the_projects_fault() {
        let error = Step::new("git config --get no.such-key").run(Path::new(".")).unwrap_err();

        assert_eq!(error.to_string(), "`git config --get no.such-key` failed");
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Step::new("no-such-program now").capture(Path::new(".")).unwrap_err();

        assert!(error.to_string().starts_with("cannot start `no-such-program now`: "), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn captures_standard_output() {
        let text = Step::new("cargo --version").capture(Path::new(".")).unwrap();

        assert!(text.starts_with("cargo 1."), "{text}");
    }
}
