//! What the rules read in a manifest.

use toml::{Table, Value};

/// Whether `path` is the manifest of one of our crates.
pub(super) fn is_crate(path: &str) -> bool {
    path.strip_prefix("crates/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, rest)| rest == "Cargo.toml")
}

/// The value of `package.name`; empty if there is none.
pub(super) fn name(manifest: &Table) -> &str {
    manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// One entry of a dependency table.
#[derive(Debug)]
pub(super) struct Dependency<'a> {
    /// The key, as it stands at the start of a line.
    pub(super) key: &'a str,
    /// The package, which a key may rename.
    pub(super) package: &'a str,
    /// Whether it comes only with a feature.
    pub(super) optional: bool,
}

/// All normal and build dependencies, those of targets included; no dev-dependencies.
pub(super) fn dependencies(manifest: &Table) -> Vec<Dependency<'_>> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(tables)
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(Table::iter)
        .map(|(key, value)| Dependency {
            key,
            package: value.get("package").and_then(Value::as_str).unwrap_or(key),
            optional: value.get("optional").and_then(Value::as_bool).unwrap_or(false),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_from_every_table_but_dev() {
        let manifest: Table = r#"
            [package]
            name = "a"
            [dependencies]
            b.workspace = true
            c = { package = "real-c", version = "1", optional = true }
            [dev-dependencies]
            d = "1"
            [build-dependencies]
            e = "1"
            [target.'cfg(unix)'.dependencies]
            f = "1"
        "#
        .parse()
        .unwrap();
        let found: Vec<(&str, bool)> =
            dependencies(&manifest).iter().map(|found| (found.package, found.optional)).collect();

        assert_eq!(name(&manifest), "a");
        assert_eq!(found, [("b", false), ("real-c", true), ("e", false), ("f", false)]);
    }

    #[test]
    fn only_the_manifest_of_a_crate_is_one() {
        assert!(is_crate("crates/rehearsal/Cargo.toml"));
        assert!(!is_crate("crates/rehearsal/tests/x/Cargo.toml"));
        assert!(!is_crate("xtask/Cargo.toml"));
    }
}
