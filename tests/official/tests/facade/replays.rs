//! Recorded histories: how what differs is graded, and which are refused.

use std::time::Duration;

use rehearsal::{Grade, History, OfficialWorld as _, Profile, ReplayError, Scenario, replay};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{SyncWorkflowContext, WorkflowContext, WorkflowResult};

use crate::{Pack, json};

/// Waits for a timer and, with another length, does what production did not.
#[workflow]
#[derive(Debug, Default)]
pub struct Nap {
    woken: bool,
}

#[workflow_methods]
impl Nap {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<bool> {
        ctx.timer(Duration::from_secs(seconds)).await;
        Ok(ctx.state(|nap| nap.woken))
    }

    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {
        self.woken = true;
    }
}

/// `Nap` as it was changed.
#[workflow]
#[derive(Debug, Default)]
pub struct ChangedNap;

#[workflow_methods]
impl ChangedNap {
    #[run(name = "Nap")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<bool> {
        ctx.timer(Duration::from_secs(seconds + 998)).await;
        Ok(false)
    }
}

/// `Nap` as it must not be changed.
#[workflow]
#[derive(Debug, Default)]
pub struct BrokenNap;

#[workflow_methods]
impl BrokenNap {
    #[run(name = "Nap")]
    pub async fn run(_ctx: &mut WorkflowContext<Self>, _seconds: u64) -> WorkflowResult<bool> {
        Ok(false)
    }
}

fn nap() -> String {
    let scenario = Scenario::new("nap").official::<Nap>().client(|world| {
        let nap = world.start_official::<Nap>("nap-1", 1);
        world.signal_official(&nap, Nap::wake, ()).expect("it is open");
    });
    json(&scenario.run())
}

#[test]
fn a_recorded_history_is_replayed_and_differences_are_graded() {
    let json = nap();
    assert!(replay(&json).official::<Nap>().unwrap().differences.is_empty());

    // The official replayer accepts 1 s that became 999 s.
    let replayed = replay(&json).official::<ChangedNap>().unwrap();
    let grades: Vec<Grade> = replayed.differences.iter().map(|found| found.grade).collect();
    assert_eq!(grades, [Grade::ChangesBehavior, Grade::ChangesBehavior]);

    let error = replay(&json).official::<BrokenNap>().unwrap_err();
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
    assert!(error.to_string().contains("TimerStarted"), "{error}");
}

#[test]
fn a_history_of_another_workflow_or_sdk_is_refused_by_name() {
    let error = replay(nap()).official::<Pack>().unwrap_err();
    assert_eq!(error.to_string(), "the history is one of workflow type `Nap`, not of `Pack`");

    let foreign = nap().replace("temporal-rust", "temporal-go");
    let error = replay(&foreign).official::<Nap>().unwrap_err();
    assert!(matches!(&error, ReplayError::OtherSdk { recorded } if recorded == "temporal-go"));

    assert!(matches!(replay("{}").official::<Nap>(), Err(ReplayError::Unreadable(_))));
}

#[test]
fn binary_protobuf_is_replayed_as_it_is() {
    let history = History::from_json(&nap()).unwrap();
    let file = rehearsal_temporal::history::encode(&history).unwrap();
    replay(&file).official::<Nap>().unwrap().assert_faithful();
    let error = replay(&file[..file.len() / 2]).official::<Nap>().unwrap_err();
    assert!(matches!(error, ReplayError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().starts_with("not a history in binary protobuf"), "{error}");
}

#[test]
fn the_rules_of_another_sdk_on_core_are_chosen() {
    let python = nap().replace("temporal-rust", "temporal-python");
    let error = replay(&python).official::<Nap>().unwrap_err();
    assert!(error.to_string().contains("`.rules(Profile::Core)`"), "{error}");
    replay(&python).rules(Profile::Core).official::<Nap>().unwrap().assert_faithful();
    // Code of the official SDK has the rules of core, whatever is asked for.
    let error = replay(nap()).rules(Profile::Go).official::<Nap>().unwrap_err();
    assert!(matches!(error, ReplayError::OtherSdk { .. }), "{error:?}");
}
