//! Names of Rust types as one writes them.

/// The name of a type without the paths of the standard library: `Vec<String>` for `alloc::vec::Vec<alloc::string::String>`.
/// Paths of other crates stay, since two of them may have a type of one name.
pub(super) fn written(type_name: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut written = String::new();
    let mut rest = type_name;
    while let Some(first) = rest.chars().next() {
        let end = if is_path(first) {
            rest.find(|c| !is_path(c)).unwrap_or(rest.len())
        } else {
            rest.find(is_path).unwrap_or(rest.len())
        };
        let (word, behind) = rest.split_at(end);
        let of_std = ["alloc::", "core::", "std::"].iter().any(|root| word.starts_with(root));
        let last = word.rsplit("::").next().unwrap_or(word);
        written.push_str(if of_std { last } else { word });
        rest = behind;
    }
    written
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::collections::BTreeMap;

    use super::written;

    #[test]
    fn paths_of_the_standard_library_are_left_out() {
        assert_eq!(written(type_name::<String>()), "String");
        assert_eq!(
            written(type_name::<BTreeMap<String, Option<Vec<u8>>>>()),
            "BTreeMap<String, Option<Vec<u8>>>"
        );
        assert_eq!(
            written(type_name::<(Result<(), Box<str>>, [u64; 3], &str)>()),
            "(Result<(), Box<str>>, [u64; 3], &str)"
        );
    }

    #[test]
    fn paths_of_other_crates_stay() {
        assert_eq!(
            written(type_name::<Vec<crate::Payloads>>()),
            "Vec<rehearsal_history::payload::Payloads>"
        );
    }
}
