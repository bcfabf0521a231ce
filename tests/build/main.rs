//! Generates the table of Go scenarios. Their ports, `go/<name>/native.rs`, become modules.

mod folders;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden");
    let mut modules = String::new();
    let mut rows = String::new();
    for folder in folders::folders(&fixtures, "go")? {
        let (name, module) = folders::names(&folder, "go");
        let path = folder.to_string_lossy();
        let native = folder.join("native.rs");
        let mut register = "None".to_owned();
        if native.is_file() {
            writeln!(modules, "#[path = {:?}]\npub mod {module};", native.to_string_lossy())?;
            register = format!("Some({module}::register)");
        }
        writeln!(
            rows,
            "    Folder {{ sdk: \"go\", name: {name:?}, path: {path:?}, register: {register} }},"
        )?;
    }
    folders::write(&modules, &rows)
}
