//! Goes on from what a real server recorded: `cargo run --example fork`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use rehearsal::{Color, ForkError, replay};
use rehearsal_examples::cancellation::{RECORDED, YOUR_WORKFLOW, rehearsal_of, your_workflow};

fn main() -> Result<(), ForkError> {
    let scenario = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow);
    let report = scenario.try_sweep_forks(&replay(RECORDED))?;
    println!(
        "YourWorkflow, recorded by a real server and canceled there at 3.5s, goes on from every moment of its history\n"
    );
    print!("{}", report.paint(Color::of(&std::io::stdout())));
    Ok(())
}
