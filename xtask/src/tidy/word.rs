//! Finding words in lines of code.

/// Whether `word` stands in `line` and is not a piece of a longer identifier.
///
/// Only an end of `word` that is itself part of an identifier can be inside a longer one: `todo!`
/// stands in `todo!()`, but not in `my_todo!`.
pub(super) fn stands_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let cut_before = joins(before) && joins(word.chars().next());
        let cut_after = joins(after) && joins(word.chars().next_back());
        !cut_before && !cut_after
    })
}

/// Whether the line is a comment and nothing else.
pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_where_an_identifier_ends() {
        assert!(stands_in("x = todo!();", "todo!"));
        assert!(stands_in("mytodo!() todo!()", "todo!"));
        assert!(!stands_in("my_todo!()", "todo!"));
        assert!(!stands_in("XXXL", "XXX"));
        assert!(stands_in("    #[ignore]", "#[ignore"));
        assert!(stands_in("use rand::Rng;", "rand::"));
        assert!(!stands_in("use fastrand::Rng;", "rand::"));
    }

    #[test]
    fn only_a_whole_line_is_a_comment() {
        assert!(is_comment("    /// text"));
        assert!(!is_comment("code(); // text"));
    }
}
