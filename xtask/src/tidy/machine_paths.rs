//! Rule: nothing in the repository names a folder of the machine it was written on.

use super::Finding;
use crate::repo::SourceFile;

const RULE: &str = "machine-paths";

/// This file has to name what it bans.
const EXEMPT: &str = "xtask/src/tidy/machine_paths.rs";

const FOLDERS: &[&str] = &["/work/", "/tmp/", "/root/"];

/// Looks for absolute paths into the folders, in every text file.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path != EXEMPT) {
        for (number, line) in file.lines() {
            for folder in FOLDERS.iter().filter(|folder| starts_in(line, folder)) {
                let message = format!("`{folder}` is a path of one machine");
                findings.push(Finding::new(&file.path, number, RULE, message));
            }
        }
    }
    findings
}

/// Whether a path in `line` begins with `folder`, rather than having it inside.
fn starts_in(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.~*})]".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_a_path_of_a_machine() {
        let files = [
            SourceFile::new("a.md", "see\n`/work/notes.md`"),
            SourceFile::new("b.json", r#""/root/go/x.go:1""#),
            SourceFile::new(".ci/run", "out=/tmp/out"),
            SourceFile::new("c.md", "file:///tmp/x"),
        ];

        assert_eq!(
            printed(&check(&files)),
            [
                "a.md:2: machine-paths: `/work/` is a path of one machine",
                "b.json:1: machine-paths: `/root/` is a path of one machine",
                ".ci/run:1: machine-paths: `/tmp/` is a path of one machine",
                "c.md:1: machine-paths: `/tmp/` is a path of one machine",
            ]
        );
    }

    #[test]
    fn is_silent_on_folders_of_that_name_elsewhere() {
        let file =
            SourceFile::new("a.md", "docs/work/x, ../tmp/y, https://example.com/root/, work/tmp");

        assert_eq!(check(&[file]), []);
    }
}
