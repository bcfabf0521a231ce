//! Random numbers of a run come from its id.

use std::hash::{Hash, Hasher};

use rehearsal_activation::{Completion, Definition, WorkflowCommand};
use rehearsal_temporal::workflow;
use siphasher::sip::SipHasher13;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowContextView, WorkflowResult};

use crate::play::{activation, initialize, show_payloads};

#[workflow]
pub struct Dice {
    seed: u64,
}

#[workflow_methods]
impl Dice {
    #[init]
    pub fn new(ctx: &WorkflowContextView) -> Self {
        Self { seed: ctx.raw().randomness_seed }
    }

    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<(u64, String, u64)> {
        let seed = ctx.state(|it| it.seed);
        Ok((ctx.random::<u64>(), ctx.uuid4(), seed))
    }
}

fn throw(run_id: &str) -> String {
    let mut instance = workflow::<Dice>().instantiate();
    let completion = instance.activate(&activation(0, vec![initialize(run_id, None)]));
    let Completion::Commands(commands) = completion else { panic!("{completion:?}") };
    let [WorkflowCommand::CompleteWorkflow { result }] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    show_payloads(result.as_ref())
}

#[test]
fn they_repeat_in_one_run_and_differ_in_two() {
    let first = throw("8c1f7a52-run-one");
    assert_eq!(first, throw("8c1f7a52-run-one"));
    assert_ne!(first, throw("8c1f7a52-run-two"));

    let mut hasher = SipHasher13::new();
    "8c1f7a52-run-one".hash(&mut hasher);
    let seed = hasher.finish();
    assert!(first.ends_with(&format!(",{seed}]")), "{first}, {seed}");
}
