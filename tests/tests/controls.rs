//! Controls: a service in which one rule is broken on purpose makes exactly the right check fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rehearsal::{Check, Code, Failure, Finding, Outcome, Scenario, Tape};
use rehearsal_examples::cancellation::{YOUR_WORKFLOW, rehearsal_of, your_workflow};
use rehearsal_service::{Bend, ServiceConfig};
use rehearsal_tests::controls::{defect, retried};

fn broken(scenario: Scenario, defect: Bend) -> Failure {
    let config = ServiceConfig { bend: Some(defect), ..ServiceConfig::default() };
    scenario.service_config(config).try_sweep().expect_err("a rule is broken")
}

/// The codes of everything that was found, each once.
fn codes(failure: &Failure) -> Vec<Code> {
    let mut codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn sample() -> Scenario {
    rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow)
}

#[test]
fn nothing_is_found_where_no_rule_is_broken() {
    assert!(sample().try_sweep().is_ok());
    assert!(retried().try_sweep().is_ok());
}

#[test]
fn a_skipped_activity_that_runs_is_found() {
    let failure = broken(sample(), defect::SKIPPED_RUNS);
    assert_eq!(codes(&failure), [Code::SkippedNotCanceled], "{failure}");
}

#[test]
fn a_cancel_that_is_lost_is_found() {
    let failure = broken(retried(), defect::CANCEL_LOST);
    assert_eq!(codes(&failure), [Code::CancelLost], "{failure}");
}

#[test]
fn an_event_that_is_dropped_is_found() {
    let failure = broken(sample(), defect::EVENT_DROPPED);
    assert_eq!(codes(&failure), [Code::IllFormed]);
    assert!(failure.report().contains("is not well formed"), "{failure}");
}

#[test]
fn an_attempt_too_many_is_found() {
    let failure = broken(retried(), defect::RETRY_TOO_MANY);
    assert_eq!(codes(&failure), [Code::IllFormed]);
    assert!(failure.report().contains("Charge was given 3 attempts, 2 are allowed"), "{failure}");
}

/// Whatever a test is about, it fails if some run in it meets a bug of ours: what tolerates findings tolerates none of
/// these.
#[test]
fn a_bug_of_ours_fails_the_test_that_meets_it() {
    #[derive(Debug)]
    struct Bug;
    impl Check for Bug {
        fn check(&self, _: &Outcome) -> Vec<Finding> {
            vec![
                Finding::new(Code::Custom, "something else"),
                Finding::new(Code::IllFormed, "a bug"),
            ]
        }
    }
    let met = catch_unwind(AssertUnwindSafe(|| {
        let _tolerated = sample().check(Arc::new(Bug)).try_run(&Tape::calm());
    }));
    let message = met.unwrap_err().downcast_ref::<String>().cloned().unwrap_or_default();
    assert_eq!(message, "scenario `cancellation` with the tape `` met a bug: RH401  a bug");
}
