//! Three ways to change the workflow of an order, told apart; the reports are snapshots for people.

use rehearsal::Failure;
use rehearsal_examples::upgrade::{
    ORDER, order_v1, order_v2, order_v2_forgotten, order_v3, order_v3_too_early, rehearsal_of,
};

#[test]
fn a_patch_lets_open_orders_go_on_as_they_began() -> Result<(), Failure> {
    let upgrade = rehearsal_of("right-patch").workflow(ORDER, order_v1).deploy(ORDER, order_v2);
    insta::assert_snapshot!(upgrade.try_sweep_upgrade()?.table());
    Ok(())
}

#[test]
fn a_forgotten_patch_breaks_every_order_that_was_charged_for() {
    let upgrade =
        rehearsal_of("forgotten-patch").workflow(ORDER, order_v1).deploy(ORDER, order_v2_forgotten);
    insta::assert_snapshot!(upgrade.try_sweep_upgrade().unwrap_err().report());
}

#[test]
fn a_patch_is_deprecated_before_it_is_removed() -> Result<(), Failure> {
    let upgrade =
        rehearsal_of("deprecated-patch").workflow(ORDER, order_v2).deploy(ORDER, order_v3);
    insta::assert_snapshot!(upgrade.try_sweep_upgrade()?.table());
    Ok(())
}

#[test]
fn a_patch_that_is_removed_too_early_breaks_every_order_that_noted_it() {
    let upgrade =
        rehearsal_of("removed-patch").workflow(ORDER, order_v2).deploy(ORDER, order_v3_too_early);
    insta::assert_snapshot!(upgrade.try_sweep_upgrade().unwrap_err().report());
}

/// What the page shows is what the example prints.
#[test]
fn the_page_shows_the_real_tables() {
    let page = include_str!("../../docs/upgrade.md");
    let v1 = || rehearsal_of("shown").workflow(ORDER, order_v1);
    let v2 = || rehearsal_of("shown").workflow(ORDER, order_v2);
    for upgrade in [
        v1().deploy(ORDER, order_v2),
        v1().deploy(ORDER, order_v2_forgotten),
        v2().deploy(ORDER, order_v3_too_early),
    ] {
        let shown = upgrade
            .try_sweep_upgrade()
            .map_or_else(|failure| failure.report().to_owned(), |report| report.to_string());
        let table = &shown[shown.find("  run of the old code").expect("a table")..];
        assert!(page.contains(&format!("```text\n{table}```")), "{table}");
    }
}
