//! The pages that reports and examples point at, as documentation and as texts.
//!
//! The files are those in `docs/` of the repository: in this crate are copies of them, so that they are part of what is
//! published. Tidy keeps the copies equal.

use rehearsal_engine::Code;

/// The text of [`diagnostics`].
const DIAGNOSTICS: &str = include_str!("../docs/diagnostics.md");

/// Where the page of [`diagnostics`] is read.
const URL: &str = "https://docs.rs/rehearsal/latest/rehearsal/diagnostics/";

#[doc = include_str!("../docs/campaigns.md")]
pub mod campaigns {}

#[doc = include_str!("../docs/case-format.md")]
pub mod case_format {}

#[doc = include_str!("../docs/checks.md")]
pub mod checks {}

#[doc = include_str!("../docs/determinism.md")]
pub mod determinism {}

#[doc = include_str!("../docs/diagnostics.md")]
pub mod diagnostics {}

#[doc = include_str!("../docs/fork.md")]
pub mod forks {}

#[doc = include_str!("../docs/native-api.md")]
pub mod native_api {}

#[doc = include_str!("../docs/not-simulated.md")]
pub mod not_simulated {}

#[doc = include_str!("../docs/replay.md")]
pub mod replays {}

#[doc = include_str!("../docs/upgrade.md")]
pub mod upgrades {}

/// What a code means, its usual cause and its cure: the section of the page [`diagnostics`], in Markdown.
///
/// # Examples
///
/// ```
/// use rehearsal::{Code, explain};
///
/// let text = explain(Code::Hang);
/// assert!(text.starts_with("## RH301\n"));
/// assert!(text.contains("*Cure.*"));
/// ```
#[must_use]
pub fn explain(code: Code) -> &'static str {
    section(DIAGNOSTICS, code.as_str()).unwrap_or_default()
}

/// The section of a page with this heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let is_heading = |at: &usize| page[*at..].lines().next() == Some(&format!("## {heading}"));
    let mut headings = page.match_indices("\n## ").map(|(at, _)| at + 1);
    let start = headings.find(is_heading)?;
    let end = headings.next().unwrap_or(page.len());
    Some(page[start..end].trim_end())
}

/// Where the section of a code is read.
pub(crate) fn link(code: Code) -> String {
    format!("{URL}#{}", code.as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_text_of_its_own() {
        for code in Code::ALL {
            let text = explain(code);
            assert!(text.starts_with(&format!("## {code}\n\n**")), "{code}: {text}");
            assert!(text.contains("*Cure.*") && !text[3..].contains("\n## "), "{code}: {text}");
        }
        assert_eq!(section("# A\n\n## B\n\nb\n\n## BC\n\nbc\n", "BC"), Some("## BC\n\nbc"));
        assert_eq!(section("# A\n\n## B\n\nb\n", "C"), None);
    }

    #[test]
    fn the_link_of_a_code_leads_to_its_heading() {
        let link = link(Code::Hang);
        assert_eq!(link, "https://docs.rs/rehearsal/latest/rehearsal/diagnostics/#rh301");
    }
}
