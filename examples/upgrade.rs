//! Rehearses three ways to change the workflow of an order: `cargo run --example upgrade`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use rehearsal::{Color, Scenario};
use rehearsal_examples::upgrade::{
    ORDER, order_v1, order_v2, order_v2_forgotten, order_v3, order_v3_too_early, rehearsal_of,
};

fn main() {
    println!("An order is charged for, packed for a day, and shipped. Now it gets a fraud check.");
    let v1 = |name| rehearsal_of(name).workflow(ORDER, order_v1);
    let v2 = |name| rehearsal_of(name).workflow(ORDER, order_v2);
    show("the check behind a patch", &v1("right-patch").deploy(ORDER, order_v2));
    show("the patch forgotten", &v1("forgotten-patch").deploy(ORDER, order_v2_forgotten));
    show("later: the patch deprecated", &v2("deprecated-patch").deploy(ORDER, order_v3));
    show("the patch removed too early", &v2("removed-patch").deploy(ORDER, order_v3_too_early));
}

fn show(what: &str, upgrade: &Scenario) {
    let color = Color::of(&std::io::stdout());
    let report = upgrade.try_sweep_upgrade();
    let text = report.map_or_else(|failure| failure.paint(color), |report| report.paint(color));
    println!("\n{what}\n\n{text}");
}
