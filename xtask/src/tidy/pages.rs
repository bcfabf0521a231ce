//! Rule: what is published with the crate is there as files of its own. A page of `docs/` that is part of the documentation
//! of `rehearsal` has a copy in that crate, and nothing is a symbolic link: `cargo package` and checkouts without the right
//! to make links would be without the page.

use std::collections::BTreeSet;

use super::Finding;
use crate::repo::SourceFile;

const RULE: &str = "pages";

/// Where the pages are written, and where their copies are.
const PAGES: &str = "docs/";
const COPIES: &str = "crates/rehearsal/docs/";

/// Looks for copies that are not what they are copies of, and for links.
pub(super) fn check(files: &[SourceFile], links: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = links
        .iter()
        .map(|link| Finding::new(link, 1, RULE, "a symbolic link; not everybody can check it out"))
        .collect();
    for copy in files {
        let Some(name) = copy.path.strip_prefix(COPIES) else { continue };
        let page = files.iter().find(|file| file.path.strip_prefix(PAGES) == Some(name));
        if page.is_none_or(|page| page.text != copy.text) {
            let message = format!("not the page: cp {PAGES}{name} {COPIES}{name}");
            findings.push(Finding::new(&copy.path, 1, RULE, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_an_old_copy_and_on_a_link() {
        let files = [
            SourceFile::new("docs/a.md", "new"),
            SourceFile::new("crates/rehearsal/docs/a.md", "old"),
            SourceFile::new("crates/rehearsal/docs/gone.md", ""),
        ];
        assert_eq!(
            printed(&check(&files, &["b.md".to_owned()].into())),
            [
                "b.md:1: pages: a symbolic link; not everybody can check it out",
                "crates/rehearsal/docs/a.md:1: pages: not the page: cp docs/a.md crates/rehearsal/docs/a.md",
                "crates/rehearsal/docs/gone.md:1: pages: not the page: cp docs/gone.md crates/rehearsal/docs/gone.md",
            ]
        );
    }

    #[test]
    fn silent_on_copies_and_on_pages_without_one() {
        let files = [
            SourceFile::new("docs/a.md", "same"),
            SourceFile::new("crates/rehearsal/docs/a.md", "same"),
            SourceFile::new("docs/ours.md", ""),
        ];
        assert_eq!(printed(&check(&files, &BTreeSet::new())), [""; 0]);
    }
}
