//! Upgrades of workflows of the official SDK, with the code of two workers that were recorded; and forks of recorded runs.

use rehearsal::{ForkError, OfficialWorld as _, Scenario, check, replay};
use rehearsal_tests_official::golden::{
    rust_patch_forgotten, rust_patched_new_in_old_run, rust_seed_cancel_running,
};

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

/// Real activities run on from there in the runtime of the SDK, whose clock begins with the fork.
#[test]
fn a_recorded_history_goes_on_from_every_moment() {
    use rust_seed_cancel_running::{Acts, YourWorkflow};

    let file = include_str!("../../../fixtures/golden/rust/seed-cancel-running/history.json");
    let scenario = Scenario::new("cancellation")
        .official::<YourWorkflow>()
        .activities(Acts::default)
        .real(Acts::activity_to_be_canceled)
        .real(Acts::activity_to_be_skipped)
        .real(Acts::cleanup)
        .check(check::cleanup_iff_canceled(Acts::cleanup));
    insta::assert_snapshot!(scenario.sweep_forks(&replay(file)).table());

    // What another SDK has recorded is not judged by its rules.
    let go = include_str!("../../../fixtures/golden/go/seed-cancel-running/history.json");
    let refused = scenario.try_sweep_forks(&replay(go)).unwrap_err();
    assert!(matches!(refused, ForkError::Replay(_)), "{refused:?}");
}

/// What production has recorded of the old code breaks with the new one.
#[test]
fn a_recorded_run_is_taken_over() {
    use rust_patch_forgotten::{Acts, MyWorkflow, MyWorkflowV2};

    let file = include_str!("../../../fixtures/golden/rust/patch-forgotten/history.json");
    let upgrade = Scenario::new("patch-forgotten")
        .official::<MyWorkflow>()
        .deploy_official::<MyWorkflowV2>()
        .activities(Acts::default)
        .real(Acts::old_step)
        .real(Acts::new_step);
    let Err(ForkError::Found(failure)) = upgrade.try_sweep_upgrade_of(&[replay(file)]) else {
        panic!("it breaks")
    };
    insta::assert_snapshot!(failure.report());
}
