//! Rehearses the sample of Temporal's cancellation guide: `cargo run --example cancellation`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use rehearsal::{Color, Tape, millis, timeline};
use rehearsal_examples::cancellation::{
    YOUR_WORKFLOW, rehearsal_of, your_workflow, your_workflow_careless, your_workflow_swallowing,
};

fn main() -> Result<(), rehearsal::Failure> {
    let color = Color::of(&std::io::stdout());
    println!(
        "YourWorkflow runs ActivityToBeCanceled, which heartbeats every 1s (timeout 5s) until it learns that it is\n\
         canceled, then ActivityToBeSkipped; if it was canceled, CleanupActivity on a disconnected context.\n"
    );
    println!("YourWorkflow, canceled by its client at 3.5s, returns the canceled error\n");
    let canceled =
        rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow).client(|world| {
            let order = world.start(YOUR_WORKFLOW, "order-7", ());
            world.advance(millis(3500));
            world.cancel(&order).expect("it is running");
        });
    print!("{}", timeline(&canceled.try_run(&Tape::calm())?));

    println!("\ncanceled at every point, returning the canceled error\n");
    let returned = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow);
    print!("{}", returned.try_sweep()?.paint(color));

    println!("\ncanceled at every point, swallowing the canceled error\n");
    let swallowed =
        rehearsal_of("cancellation-swallowed").workflow(YOUR_WORKFLOW, your_workflow_swallowing);
    print!("{}", swallowed.try_sweep()?.paint(color));

    println!("\nwith cleanup on the canceled context, a mistake made on purpose\n");
    let careless =
        rehearsal_of("cancellation-careless").workflow(YOUR_WORKFLOW, your_workflow_careless);
    match careless.try_sweep() {
        Ok(report) => println!("nothing was found, which is wrong:\n{report}"),
        Err(failure) => print!("{}", failure.paint(color)),
    }
    Ok(())
}
