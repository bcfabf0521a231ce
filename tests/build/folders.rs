//! Finds golden scenarios; shared by the build scripts of the suites of both SDKs.
//!
//! Scenarios live under `fixtures/golden`, or under the folder that the environment names in `REHEARSAL_GOLDEN`: one
//! folder each, below one folder for each SDK.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The scenarios of one SDK, by name; none if there is nothing of this SDK.
#[expect(clippy::print_stdout, reason = "build scripts talk to cargo on standard output")]
pub(crate) fn folders(fixtures: &Path, sdk: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=REHEARSAL_GOLDEN");
    let root = env::var_os("REHEARSAL_GOLDEN").map_or_else(|| fixtures.to_owned(), PathBuf::from);
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut folders = Vec::new();
    let root = root.join(sdk);
    if root.is_dir() {
        for entry in fs::read_dir(root)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    folders.sort();
    Ok(folders)
}

/// The name of a scenario, and that of the module its code becomes: whatever may not stand in one becomes `_`.
pub(crate) fn names(folder: &Path, sdk: &str) -> (String, String) {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    (name, format!("{sdk}_{}", plain.to_ascii_lowercase()))
}

/// Writes the modules and the table of scenarios that the suite goes through.
pub(crate) fn write(modules: &str, rows: &str) -> Result<(), Box<dyn Error>> {
    let table = format!(
        "{modules}\n/// Every scenario, by name.\npub const ALL: &[Folder] = &[\n{rows}];\n"
    );
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("golden.rs"), table)?;
    Ok(())
}
