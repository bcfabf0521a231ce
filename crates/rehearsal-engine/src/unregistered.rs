//! Workflows of a type that no worker has, where that is meant: their tasks fail.

use rehearsal_activation::{Activation, Completion, Instance, TaskFailure, Trouble};
use rehearsal_history::{Failure, SmolStr, WorkflowTaskFailedCause};

use crate::scenario::Scenario;

/// What a worker makes of a run whose type it does not know: each of its tasks fails.
pub(crate) struct Unregistered {
    workflow_type: SmolStr,
    failure: Failure,
}

impl Unregistered {
    /// The run of such a type, if the scenario says that no worker is meant to have it.
    pub(crate) fn of(scenario: &Scenario, workflow_type: &str) -> Option<Self> {
        let workflow_type = scenario.unregistered.get(workflow_type)?.clone();
        let known = scenario.workflows.keys().map(SmolStr::as_str);
        let failure = scenario.profile.unknown_workflow(&workflow_type, known);
        Some(Self { workflow_type, failure })
    }
}

impl Instance for Unregistered {
    fn activate(&mut self, _: &Activation) -> Completion {
        Completion::Failed(Box::new(TaskFailure {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: self.failure.clone(),
            trouble: Trouble::Unregistered { workflow_type: self.workflow_type.to_string() },
        }))
    }

    fn pending(&self) -> Vec<String> {
        vec![format!("a worker that has workflow type `{}`", self.workflow_type)]
    }
}
