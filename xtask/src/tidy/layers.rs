//! Rule: dependencies between our crates go down only.
//!
//! The table is that of ARCHITECTURE.md; a new line here is an architecture change, and the
//! document moves with it.

use toml::Table;

use super::{Finding, manifest};
use crate::repo::SourceFile;

const RULE: &str = "layers";

const HISTORY: &str = "rehearsal-history";
const ACTIVATION: &str = "rehearsal-activation";
const SERVICE: &str = "rehearsal-service";
const WORKER: &str = "rehearsal-worker";
const WORKFLOW: &str = "rehearsal-workflow";
const PROTO: &str = "rehearsal-proto";
const ENGINE: &str = "rehearsal-engine";
const TEMPORAL: &str = "rehearsal-temporal";
const EXPLORE: &str = "rehearsal-explore";
const REMOTE: &str = "rehearsal-remote";
const SERVER: &str = "rehearsal-server";
const FACADE: &str = "rehearsal";
const CAMPAIGN: &str = "rehearsal-campaign";

/// Each crate and what it may depend on among our own, lowest layer first.
const MAY: &[(&str, &[&str])] = &[
    (HISTORY, &[]),
    (ACTIVATION, &[HISTORY]),
    (SERVICE, &[ACTIVATION, HISTORY]),
    (WORKER, &[ACTIVATION, HISTORY]),
    (WORKFLOW, &[ACTIVATION, HISTORY]),
    (ENGINE, &[SERVICE, WORKER, ACTIVATION, HISTORY]),
    (PROTO, &[SERVICE, ACTIVATION, HISTORY]),
    (TEMPORAL, &[PROTO, ACTIVATION, HISTORY]),
    (EXPLORE, &[ENGINE, ACTIVATION, HISTORY]),
    (REMOTE, &[EXPLORE, ENGINE, SERVICE, ACTIVATION, HISTORY]),
    (FACADE, &[EXPLORE, ENGINE, TEMPORAL, WORKFLOW, WORKER, SERVICE, ACTIVATION, HISTORY]),
    (SERVER, &[FACADE, REMOTE, EXPLORE, ENGINE, PROTO, SERVICE, ACTIVATION, HISTORY]),
    (CAMPAIGN, &[FACADE]),
];

/// Compares every manifest with the table. Dev-dependencies are free.
pub(super) fn check(manifests: &[&SourceFile]) -> Vec<Finding> {
    manifests.iter().flat_map(|file| check_one(file)).collect()
}

fn check_one(file: &SourceFile) -> Vec<Finding> {
    let finding = |line, message| Finding::new(&file.path, line, RULE, message);
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![finding(1, format!("not a manifest: {}", error.message()))],
    };
    let name = manifest::name(&manifest);
    let Some((_, may)) = MAY.iter().find(|(krate, _)| *krate == name) else {
        let message =
            format!("crate `{name}` has no layer; give it one in xtask/src/tidy/layers.rs");
        return vec![finding(file.line_of("name"), message)];
    };
    manifest::dependencies(&manifest)
        .iter()
        .filter(|found| is_ours(found.package) && !may.contains(&found.package))
        .map(|found| {
            let list = if may.is_empty() { "none of ours".to_owned() } else { may.join(", ") };
            let message =
                format!("`{name}` may not depend on `{}`, only on: {list}", found.package);
            finding(file.line_of(found.key), message)
        })
        .collect()
}

fn is_ours(package: &str) -> bool {
    package == FACADE || package.starts_with("rehearsal-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn manifest(name: &str, rest: &str) -> SourceFile {
        SourceFile::new(
            format!("crates/{name}/Cargo.toml"),
            format!("[package]\nname = \"{name}\"\n{rest}"),
        )
    }

    #[test]
    fn fires_on_a_sibling_and_on_a_step_up() {
        let worker =
            manifest(WORKER, "[dependencies]\nserde = \"1\"\nrehearsal-service.workspace = true\n");
        let history = manifest(
            HISTORY,
            "[target.'cfg(unix)'.dependencies]\nup = { package = \"rehearsal\" }\n",
        );
        let engine = manifest(ENGINE, "[dependencies]\nrehearsal-workflow.workspace = true\n");

        assert_eq!(
            printed(&check(&[&worker, &history, &engine])),
            [
                "crates/rehearsal-worker/Cargo.toml:5: layers: `rehearsal-worker` may not depend on \
                 `rehearsal-service`, only on: rehearsal-activation, rehearsal-history",
                "crates/rehearsal-history/Cargo.toml:4: layers: `rehearsal-history` may not depend on \
                 `rehearsal`, only on: none of ours",
                "crates/rehearsal-engine/Cargo.toml:4: layers: `rehearsal-engine` may not depend on \
                 `rehearsal-workflow`, only on: rehearsal-service, rehearsal-worker, rehearsal-activation, \
                 rehearsal-history",
            ]
        );
    }

    #[test]
    fn fires_on_a_crate_without_a_layer_and_on_no_toml() {
        let new = manifest("rehearsal-new", "");
        let broken = SourceFile::new("crates/b/Cargo.toml", "[package");
        let found = printed(&check(&[&new, &broken]));

        assert_eq!(
            found[0],
            "crates/rehearsal-new/Cargo.toml:2: layers: crate `rehearsal-new` has no layer; \
             give it one in xtask/src/tidy/layers.rs"
        );
        assert!(
            found[1].starts_with("crates/b/Cargo.toml:1: layers: not a manifest: "),
            "{}",
            found[1]
        );
    }

    #[test]
    fn is_silent_on_steps_down_and_on_dev_dependencies() {
        let engine = manifest(
            ENGINE,
            "[dependencies]\nrehearsal-service.workspace = true\n[dev-dependencies]\nrehearsal.workspace = true\n",
        );

        assert_eq!(check(&[&engine]), []);
    }

    #[test]
    fn the_table_goes_down_only() {
        for (at, (krate, may)) in MAY.iter().enumerate() {
            for low in *may {
                let place = MAY.iter().position(|(name, _)| name == low);
                assert!(place.is_some_and(|place| place < at), "`{krate}` and `{low}`");
            }
        }
    }
}
