//! What the documentation promises to hold: all features, and an example of every method that a test calls in its client
//! script or its activities.

use std::fs;
use std::path::PathBuf;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_documentation_of_the_crate_names_every_feature() {
    let manifest = read("Cargo.toml");
    let features = manifest.split("[features]\n").nth(1).and_then(|rest| rest.split("\n[").next());
    let names = features.expect("the manifest has features").lines().filter_map(|line| {
        line.split_once(" = ").map(|(name, _)| name).filter(|name| !name.starts_with('#'))
    });
    let page = read("src/lib.rs");
    let listed = page.split("//! # Features").nth(1).expect("the page has a list of features");
    let missing: Vec<&str> = names.filter(|name| !listed.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_method_of_a_world_and_of_the_context_of_an_activity_has_an_example() {
    let mut methods = 0;
    let mut bare = Vec::new();
    for (path, begin) in [
        ("../rehearsal-engine/src/world.rs", "impl World {"),
        ("../rehearsal-engine/src/world/client.rs", "impl World {"),
        ("../rehearsal-engine/src/world/end.rs", "impl World {"),
        ("../rehearsal-engine/src/activity.rs", "impl ActivityContext {"),
    ] {
        let text = read(path);
        let code = text.split(begin).nth(1).and_then(|rest| rest.split("\n}\n").next());
        let mut example = false;
        for line in code.expect("the file has the block").lines() {
            let line = line.trim_start();
            if line.starts_with("pub fn ") || line.starts_with("pub async fn ") {
                methods += 1;
                bare.extend((!example).then(|| line.to_owned()));
            }
            example = line.starts_with("///") && (example || line == "/// ```")
                || example && line.starts_with("#[");
        }
    }
    assert_eq!(bare, [""; 0]);
    assert!(methods > 20, "only {methods} methods were seen");
}
