//! Activities with their own code: what is refused and what is found.

use rehearsal::{Code, OfficialWorld as _, Outcome, Scenario, Stub, Tape, check, secs};
use rehearsal_tests_official::golden::rust_seed_cancel_running::{Acts, YourWorkflow};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::{Pack, Packer, options, packer, packing};

/// Runs one activity.
macro_rules! runs {
    ($workflow:ident, $activity:expr) => {
        #[doc = "Runs one activity."]
        #[workflow]
        #[derive(Debug, Default)]
        pub struct $workflow;

        #[workflow_methods]
        impl $workflow {
            #[run]
            pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<()> {
                ctx.execute_activity($activity, order, options()).await?;
                Ok(())
            }
        }
    };
}
runs!(Number, Packer::number);
runs!(CallAThread, Packer::calls_a_thread);

fn refused(scenario: &Scenario) -> (Code, String) {
    let failure = scenario.try_run(&Tape::calm()).expect_err("there is something to find");
    let finding = &failure.findings()[0];
    (finding.code, finding.headline.clone())
}

#[test]
fn a_workflow_with_real_activities_is_swept() {
    let report = packing().check(check::cleanup_iff_canceled(Packer::unpack)).sweep();
    insta::assert_snapshot!(report.table());
}

/// `Packer` has others; only those that a run comes to need a name.
#[test]
fn an_activity_that_is_never_called_need_not_be_named() {
    let scenario =
        Scenario::new("packing").official::<Pack>().activities(packer).real(Packer::pack);
    let scenario = scenario.client(|world| {
        world.start_official::<Pack>("order-7", "7".to_owned());
    });
    assert_eq!(scenario.run().calls_named("Packer::pack").count(), 1);

    // A cancel has it come to another one.
    let failure = scenario.try_sweep().expect_err("unpack is not named");
    let finding = &failure.findings()[0];
    assert_eq!(finding.code, Code::Setup);
    assert_eq!(
        finding.headline,
        "activity `Packer::unpack` is scheduled, but has neither code nor a stub"
    );
}

/// With the fakes in it, as the run has left them.
#[test]
fn the_struct_of_a_run_is_handed_back_with_its_outcome() {
    let (one, two) = (packing().run(), packing().run());
    let parcels = |outcome: &Outcome| outcome.fake::<Packer>().expect("it was made").parcels;
    assert_eq!((parcels(&one), parcels(&two)), (3, 3));
    let of = |outcome: &Outcome| std::ptr::from_ref(outcome.fake::<Packer>().expect("it was made"));
    assert_ne!(of(&one), of(&two), "each run has its own");
}

#[test]
fn an_activity_whose_struct_is_missing_is_listed() {
    let (_, headline) = refused(&Scenario::new("packing").official::<Pack>().real(Packer::pack));
    assert!(headline.ends_with("`.activities(..)`: Packer::pack"), "{headline}");
}

#[test]
fn what_is_named_last_counts() {
    let stubbed = packing().stub(Packer::pack, Stub::returns("stubbed".to_owned()));
    assert_eq!(stubbed.run().calls_named("Packer::pack").next().unwrap().ended, Some(secs(0)));
    let real = stubbed.real(Packer::pack);
    assert_eq!(real.run().calls_named("Packer::pack").next().unwrap().ended, Some(secs(3)));
}

#[tokio::test]
async fn inside_a_tokio_test_one_error_says_what_to_do() {
    let (code, headline) = refused(&packing());
    assert_eq!(code, Code::Setup);
    assert!(headline.contains("use a plain `#[test]` in place of `#[tokio::test]`"), "{headline}");
}

#[test]
fn an_activity_that_does_not_repeat_itself_is_named() {
    let scenario =
        Scenario::new("number").official::<Number>().real(Packer::number).client(|world| {
            world.start_official::<Number>("order-7", "7".to_owned());
        });
    let (code, headline) = refused(&scenario);
    assert_eq!(code, Code::ActivityNotRepeatable);
    assert_eq!(headline, "activity Packer::number of order-7 does not repeat itself");
}

#[test]
fn an_activity_that_another_thread_wakes_is_named() {
    let scenario = Scenario::new("thread")
        .official::<CallAThread>()
        .real(Packer::calls_a_thread)
        .client(|world| {
            world.start_official::<CallAThread>("order-7", "7".to_owned());
        });
    let (code, headline) = refused(&scenario);
    assert_eq!(code, Code::ForeignActivity);
    assert!(headline.contains("Packer::calls_a_thread"), "{headline}");
}

#[test]
fn the_cancellation_sample_is_swept() {
    let report = Scenario::new("cancellation")
        .official::<YourWorkflow>()
        .activities(Acts::default)
        .real(Acts::activity_to_be_canceled)
        .real(Acts::activity_to_be_skipped)
        .real(Acts::cleanup)
        .client(|world| {
            world.start_official::<YourWorkflow>("seed", ());
        })
        .check(check::cleanup_iff_canceled(Acts::cleanup))
        .check(check::skipped_reported_as_canceled())
        .check(check::no_activity_outlives_close())
        .sweep();
    insta::assert_snapshot!(report.table());
}
