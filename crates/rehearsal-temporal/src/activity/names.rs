//! The names of all activities of a struct.
//!
//! `ActivityImplementer::register_all` fills a list whose names are private; its one public view is `Debug`. That is no
//! promise of the SDK, so a list that looks different is no error: then nobody knows the names, and nothing is checked.
//! The unit test fails when it begins to look different.

use std::sync::Arc;

use temporalio_sdk::activities::{ActivityDefinitions, ActivityImplementer};

/// The names in the order of the alphabet; `None` if the SDK shows them in another way than version 1.1.1 does.
pub(super) fn all_names<S: ActivityImplementer>(instance: Arc<S>) -> Option<Vec<String>> {
    let mut definitions = ActivityDefinitions::default();
    instance.register_all(&mut definitions);
    parse(&format!("{definitions:?}"))
}

/// Reads `ActivityDefinitions { activities: ["a", "b"] }`. The names are the keys of a hash map, in any order.
fn parse(shown: &str) -> Option<Vec<String>> {
    let list = shown.strip_prefix("ActivityDefinitions { activities: [")?.strip_suffix("] }")?;
    let mut names = Vec::new();
    for name in list.split(", ").filter(|name| !name.is_empty()) {
        names.push(name.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    names.sort_unstable();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_has_no_names() {
        assert_eq!(parse(&format!("{:?}", ActivityDefinitions::default())), Some(Vec::new()));
    }

    #[test]
    fn another_look_gives_no_names() {
        assert_eq!(parse("ActivityDefinitions { activities: {\"a\"} }"), None);
        assert_eq!(parse("ActivityDefinitions(2)"), None);
    }
}
