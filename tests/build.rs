//! Finds the golden scenarios and generates the table that the suite goes through.
//!
//! Scenarios live under `fixtures/golden`, or under the folder that the environment names in `REHEARSAL_GOLDEN`: one
//! folder each, below one folder for each SDK. The ports of Go scenarios, `go/<name>/native.rs`, become modules.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=REHEARSAL_GOLDEN");
    let root = match env::var_os("REHEARSAL_GOLDEN") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden"),
    };
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    println!("cargo::rerun-if-changed={}", root.display());

    let mut modules = String::new();
    let mut rows = String::new();
    for sdk in ["go", "rust"] {
        for folder in folders(&root.join(sdk))? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let path = folder.to_string_lossy();
            let native = folder.join("native.rs");
            let mut register = "None".to_owned();
            if sdk == "go" && native.is_file() {
                let module = module_name(&name);
                writeln!(modules, "#[path = {:?}]\npub mod {module};", native.to_string_lossy())?;
                register = format!("Some({module}::register)");
            }
            writeln!(
                rows,
                "    Folder {{ sdk: {sdk:?}, name: {name:?}, path: {path:?}, register: {register} }},"
            )?;
        }
    }

    let table = format!(
        "{modules}\n/// Every scenario, by SDK and name.\npub const ALL: &[Folder] = &[\n{rows}];\n"
    );
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("golden.rs"), table)?;
    Ok(())
}

/// The scenarios of one SDK: its folders, by name. None if there is nothing of this SDK.
fn folders(sdk: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    if sdk.is_dir() {
        for entry in fs::read_dir(sdk)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    folders.sort();
    Ok(folders)
}

/// `name` as the name of a module: whatever may not stand in one becomes `_`.
fn module_name(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("go_{}", name.to_ascii_lowercase())
}
