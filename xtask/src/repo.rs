//! What the repository holds, as git sees it: tracked files and new ones that are not ignored.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{error::Error, process::Step};

/// The repository this xtask was built from.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// One text file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// From the root, with `/` as separator.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl SourceFile {
    /// A file with this content.
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Whether the name ends in `.` and one of `extensions`.
    pub(crate) fn is_a(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, ending)| extensions.contains(&ending))
    }

    /// The number of the first line that starts with `start`, spaces aside; 1 if there is none.
    pub(crate) fn line_of(&self, start: &str) -> usize {
        self.lines().find(|(_, line)| line.trim_start().starts_with(start)).map_or(1, |(n, _)| n)
    }
}

/// All files of the repository.
#[derive(Debug, Default)]
pub(crate) struct Repo {
    /// Every path, text or not.
    pub(crate) paths: BTreeSet<String>,
    /// Those that are symbolic links.
    pub(crate) links: BTreeSet<String>,
    /// The files that are text, by path.
    pub(crate) files: Vec<SourceFile>,
}

impl Repo {
    /// Reads all files below `root`.
    ///
    /// A file that was deleted but not yet from git's index does not count.
    ///
    /// # Errors
    ///
    /// If git cannot list the files or one cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let list =
            Step::new("git ls-files -z --cached --others --exclude-standard").capture(root)?;
        Self::load(root, list.split_terminator('\0'))
    }

    fn load<'a>(root: &Path, list: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        let paths: BTreeSet<String> =
            list.filter(|path| root.join(path).is_file()).map(str::to_owned).collect();
        let mut files = Vec::new();
        for path in &paths {
            let full = root.join(path);
            let bytes = fs::read(&full).map_err(|source| Error::File { path: full, source })?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(SourceFile::new(path, text));
            }
        }
        let links = paths.iter().filter(|path| root.join(path).is_symlink()).cloned().collect();
        Ok(Self { paths, links, files })
    }

    /// The text of the file at `path`; empty if there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_what_is_listed_and_still_there() {
        let list = ["xtask/src/repo.rs", "gone.rs", "Cargo.toml"];
        let repo = Repo::load(root(), list.into_iter()).unwrap();
        let paths: Vec<&str> = repo.files.iter().map(|file| file.path.as_str()).collect();

        assert_eq!(paths, ["Cargo.toml", "xtask/src/repo.rs"]);
        assert!(repo.text("xtask/src/repo.rs").contains("fn loads_what_is_listed"));
        assert_eq!(repo.text("gone.rs"), "");
    }

    #[test]
    fn knows_extension_and_line() {
        let file = SourceFile::new("docs/a.b.md", "one\n  two\nthree");

        assert!(file.is_a(&["rs", "md"]));
        assert!(!file.is_a(&["b"]));
        assert_eq!(file.line_of("two"), 2);
        assert_eq!(file.line_of("four"), 1);
    }
}
