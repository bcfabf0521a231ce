//! Upgrades of workflows of the official SDK: the code of two workers that were recorded.

use rehearsal::{OfficialWorld as _, Scenario};
use rehearsal_tests_official::golden::{rust_patch_forgotten, rust_patched_new_in_old_run};

#[test]
fn a_forgotten_patch_breaks_what_was_recorded_before() {
    use rust_patch_forgotten::{Acts, MyWorkflow, MyWorkflowV2};

    let upgrade = Scenario::new("patch-forgotten")
        .official::<MyWorkflow>()
        .deploy_official::<MyWorkflowV2>()
        .activities(Acts::default)
        .real(Acts::old_step)
        .real(Acts::new_step)
        .client(|world| drop(world.start_official::<MyWorkflow>("order-7", ())));
    let failure = upgrade.try_sweep_upgrade().unwrap_err();
    insta::assert_snapshot!(failure.report());
}

#[test]
fn a_patch_lets_open_runs_go_on() {
    use rust_patched_new_in_old_run::{MyWorkflow, MyWorkflowV2};

    let upgrade = Scenario::new("patched")
        .official::<MyWorkflow>()
        .deploy_official::<MyWorkflowV2>()
        .client(|world| drop(world.start_official::<MyWorkflow>("order-7", ())));
    insta::assert_snapshot!(upgrade.sweep_upgrade().table());
}
