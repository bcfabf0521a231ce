//! What keeps a scenario with official code from being about anything: an activity that cannot work in a run, signals
//! without a handler, signals that are something else than their handler takes.

#![expect(
    missing_docs,
    missing_debug_implementations,
    unnameable_types,
    clippy::missing_errors_doc,
    clippy::unused_async,
    reason = "what the SDK asks of workflows and activities, and what its macros make of them"
)]

use std::time::Duration;

use rehearsal::{Code, Failure, OfficialWorld as _, Payload, Payloads, Scenario, Stub, Tape, secs};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ActivityOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult};

/// Prints labels.
#[derive(Debug)]
pub struct Printer;

#[activities]
impl Printer {
    /// Asks a printer in the network.
    #[activity]
    async fn dials(_ctx: ActivityContext, order: u64) -> Result<u64, ActivityError> {
        tokio::net::TcpStream::connect("127.0.0.1:9").await?;
        Ok(order)
    }

    #[activity]
    async fn panics(_ctx: ActivityContext, order: u64) -> Result<u64, ActivityError> {
        assert!(order > 100, "the roll is empty");
        Ok(order)
    }
}

/// An activity of the same name as one of [`Printer`], as somebody else thinks that it is.
#[derive(Debug)]
pub struct Other;

#[activities]
impl Other {
    #[activity(name = "Printer::dials")]
    async fn dials(_ctx: ActivityContext, order: String) -> Result<String, ActivityError> {
        Ok(order)
    }
}

fn options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1)).build()
}

#[workflow]
#[derive(Debug, Default)]
pub struct Dial;

#[workflow_methods]
impl Dial {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: u64) -> WorkflowResult<u64> {
        Ok(ctx.execute_activity(Printer::dials, order, options()).await?)
    }
}

#[workflow]
#[derive(Debug, Default)]
pub struct Print;

#[workflow_methods]
impl Print {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: u64) -> WorkflowResult<u64> {
        Ok(ctx.execute_activity(Printer::panics, order, options()).await?)
    }
}

/// Waits for an approval.
#[workflow]
#[derive(Debug, Default)]
pub struct Approval {
    by: Option<String>,
}

#[workflow_methods]
impl Approval {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Option<String>> {
        ctx.wait_condition(|approval| approval.by.is_some()).await?;
        Ok(ctx.state(|approval| approval.by.clone()))
    }

    #[signal]
    pub fn approve(&mut self, _ctx: &mut SyncWorkflowContext<Self>, by: String) {
        self.by = Some(by);
    }
}

fn dialing() -> Scenario {
    Scenario::new("dial").official::<Dial>().client(|world| {
        world.start_official::<Dial>("order-7", 7);
    })
}

/// Somebody sends a signal after 5 s.
fn signaled(name: &'static str, json: &'static str) -> Scenario {
    Scenario::new("approval").official::<Approval>().client(move |world| {
        let approval = world.start_official::<Approval>("article-7", ());
        world.advance(secs(5));
        let input = Payloads::one(Payload::json(json));
        let _closed = world.signal_workflow(&approval.workflow_id, None, name, Some(&input));
    })
}

#[track_caller]
fn only(scenario: &Scenario, code: Code) -> Failure {
    let failure = scenario.try_sweep().expect_err("a mistake was made");
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [code], "{failure}");
    failure
}

#[test]
fn an_activity_that_needs_a_socket_never_succeeds() {
    let failure = only(&dialing().real(Printer::dials), Code::NeverSucceeded);
    let [attempt, outside, _] = failure.findings()[0].details.as_slice() else {
        panic!("{failure}")
    };
    assert!(attempt.contains("IO is disabled"), "{failure}");
    assert!(outside.contains("a socket"), "{failure}");
}

#[test]
fn an_activity_that_panics_is_named_with_its_place() {
    let scenario =
        Scenario::new("print").official::<Print>().real(Printer::panics).client(|world| {
            world.start_official::<Print>("order-7", 7);
        });
    insta::assert_snapshot!(only(&scenario, Code::NeverSucceeded));
    assert!(scenario.expect_failing(Printer::panics).try_sweep().is_ok());
}

#[test]
fn arguments_of_another_type_are_named() {
    let failure = only(&dialing().real(Other::dials), Code::NeverSucceeded);
    insta::assert_snapshot!(failure.findings()[0]);
}

#[test]
fn a_stub_that_answers_is_enough() {
    assert!(dialing().stub(Printer::dials, Stub::returns(7)).try_sweep().is_ok());
}

#[test]
fn a_signal_without_a_handler_is_named() {
    let failure = only(&signaled("aprove", r#""ada""#), Code::SignalUnread);
    insta::assert_snapshot!(failure.findings()[0]);
}

#[test]
fn a_signal_of_another_type_is_a_stuck_workflow() {
    let failure = only(&signaled("approve", "17"), Code::SignalUnreadable);
    insta::assert_snapshot!(failure);
    let alone = signaled("approve", "17").try_run(&Tape::calm()).unwrap_err();
    assert_eq!(alone.findings(), failure.findings());
}

#[test]
fn a_signal_with_its_handler_is_no_finding() {
    assert!(signaled("approve", r#""ada""#).try_sweep().is_ok());
}
