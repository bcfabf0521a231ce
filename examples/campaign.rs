//! A campaign in two shards, each a process of its own with a budget, and what they come to together:
//! `cargo run --example campaign`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::process::Command;
use std::{env, fs};

use rehearsal::{Exploration, merge_campaigns};
use rehearsal_examples::cancellation::{YOUR_WORKFLOW, rehearsal_of, your_workflow};

fn main() -> Result<(), Box<dyn Error>> {
    if env::args().nth(1).as_deref() == Some("shard") {
        return shard();
    }
    let folder = env::temp_dir().join("rehearsal-example-campaign");
    let _absent = fs::remove_dir_all(&folder);
    for shard in ["1/2", "2/2"] {
        println!("REHEARSAL_BUDGET=600 REHEARSAL_SHARD={shard}");
        let status = Command::new(env::current_exe()?)
            .arg("shard")
            .env("REHEARSAL_BUDGET", "600")
            .env("REHEARSAL_SHARD", shard)
            .env("REHEARSAL_CAMPAIGN", &folder)
            .status()?;
        println!("{status}\n");
    }
    for campaign in merge_campaigns(&folder)? {
        print!("{campaign}");
    }
    Ok(())
}

/// What a test would do: how much it is, and which part, is said by the variables.
fn shard() -> Result<(), Box<dyn Error>> {
    let scenario = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow);
    print!("{}", scenario.try_explore(Exploration::new(100))?);
    Ok(())
}
