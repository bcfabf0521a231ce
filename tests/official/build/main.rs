//! Generates the table of Rust scenarios. Each `rust/<name>/workflow.rs` is compiled as it was recorded, as a module;
//! what `scenario.toml` says of its workflows and activities is registered.

#[path = "../../build/folders.rs"]
mod folders;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    let mut modules = String::new();
    let mut rows = String::new();
    let mut hosted = String::new();
    for folder in folders::folders(&fixtures, "rust")? {
        let (name, module) = folders::names(&folder, "rust");
        let code = folder.join("workflow.rs");
        let mut register = "None".to_owned();
        if code.is_file() {
            writeln!(modules, "#[path = {:?}]\npub mod {module};", code.to_string_lossy())?;
            writeln!(modules, "{}", registration(&folder, &module)?)?;
            register = format!("Some(register_{module})");
            writeln!(
                hosted,
                "    Hosted {{ scenario: {name:?}, replay: replay_{module}, define: define_{module}, hire: hire_{module} }},"
            )?;
        }
        let path = folder.to_string_lossy();
        writeln!(
            rows,
            "    Folder {{ sdk: \"rust\", name: {name:?}, path: {path:?}, register: {register} }},"
        )?;
    }
    writeln!(
        modules,
        "/// The workflows of each scenario, for replayers.\npub const HOSTED: &[Hosted] = &[\n{hosted}];"
    )?;
    folders::write(&modules, &rows)
}

/// Functions that register what the scenario names: its workflows and activities for a rehearsal, its workflows for the
/// official replayer, the same for ours, and all for a worker of the SDK that has this code.
fn registration(folder: &Path, module: &str) -> Result<String, Box<dyn Error>> {
    let script: toml::Table = fs::read_to_string(folder.join("scenario.toml"))?.parse()?;
    let mut code = fs::read_to_string(folder.join("workflow.rs"))?;
    if code.contains("pub use super::rust_program::") {
        code = fs::read_to_string(folder.join("../program/workflow.rs"))?;
    }
    let mut body = String::from("scenario");
    let (mut replay, mut define, mut hire) = (String::new(), String::new(), String::new());
    for workflow in script.get("workflows").and_then(|value| value.as_array()).into_iter().flatten()
    {
        let workflow = workflow.as_str().unwrap_or_default();
        write!(body, ".official::<{module}::{workflow}>()")?;
        // Replayers are given the code of the last worker.
        let mut last = workflow.to_owned();
        let mut codes = String::new();
        for version in versions(&script) {
            let other = format!("{workflow}{version}");
            if code.contains(&format!("pub struct {other}")) {
                write!(body, ".official_as::<{module}::{other}>({other:?})")?;
                write!(
                    codes,
                    "{version:?} => drop(options.register_workflow::<{module}::{other}>()?), "
                )?;
                last = other;
            }
        }
        write!(
            hire,
            "match code {{ {codes}_ => drop(options.register_workflow::<{module}::{workflow}>()?) }} "
        )?;
        write!(replay, "options.register_workflow::<{module}::{last}>()?; ")?;
        write!(define, "rehearsal_temporal::workflow::<{module}::{last}>(), ")?;
    }
    if let Some(activities) = script.get("activities").and_then(|value| value.as_str()) {
        write!(body, ".activities({module}::{activities}::default)")?;
        for activity in activities_in(&code) {
            write!(body, ".real({module}::{activities}::{activity})")?;
        }
        write!(hire, "options.register_activities({module}::{activities}::default()); ")?;
    }
    Ok(format!(
        "fn register_{module}(scenario: rehearsal::Scenario) -> rehearsal::Scenario {{ {body} }}\n\
         fn replay_{module}(options: &mut WorkflowReplayerOptions) -> Result<(), Failed> {{ {replay}Ok(()) }}\n\
         fn define_{module}() -> Vec<Arc<SdkWorkflow>> {{ vec![{define}] }}\n\
         fn hire_{module}(options: &mut WorkerOptions, code: &str) -> Result<(), Failed> {{ {hire}Ok(()) }}"
    ))
}

/// The codes that workers have, in their order.
fn versions(script: &toml::Table) -> impl Iterator<Item = &str> {
    let workers = script.get("worker").and_then(|value| value.as_array());
    workers.into_iter().flatten().filter_map(|worker| worker.get("code")?.as_str())
}

/// The names of the functions behind `#[activity]`.
fn activities_in(code: &str) -> impl Iterator<Item = &str> {
    code.split("#[activity").skip(1).filter(|after| !after.starts_with("ies")).filter_map(|after| {
        let (_, after) = after.split_once("fn ")?;
        after.split(['(', '<']).next().map(str::trim)
    })
}
