//! How the runs of a scenario ended, compared with how the recorded ones did.

use std::collections::BTreeMap;

use rehearsal::{Code, World};
use rehearsal_history::{EventKind, Failure, History, Payloads};

use super::answers::same_json;
use super::compare::describe;
use super::run::{Run, Simulated};
use super::{Action, Expect, Step};

impl Run<'_> {
    /// Takes the histories and compares how the runs ended.
    pub(super) fn conclude(mut self, world: World) -> Simulated {
        let outcome = world.finish();
        let mut histories = BTreeMap::new();
        let mut count = BTreeMap::<&str, usize>::new();
        for execution in &outcome.executions {
            let nth = count.entry(&execution.workflow_id).or_default();
            *nth += 1;
            let file = self.file(&execution.workflow_id, *nth);
            match History::new(execution.history.clone()) {
                Ok(history) => {
                    if let Err(error) = history.check_well_formed() {
                        self.problem(format!(
                            "{file}: the simulated history is not well formed: {}",
                            describe(&error)
                        ));
                    }
                    histories.insert(file, history);
                }
                Err(error) => {
                    self.problem(format!("{file}: what was simulated is no history: {error}"));
                }
            }
        }
        // What else may be found wrong with the workflow is what the scenario is about, or shows in its history.
        for finding in &outcome.findings {
            if matches!(
                finding.code,
                Code::NotSimulated | Code::Setup | Code::Limit | Code::IllFormed
            ) {
                self.problem(finding.to_string());
            }
        }
        let script = self.script;
        let last = (1..)
            .map(|nth| self.file(&script.workflow_id, nth))
            .take_while(|file| histories.contains_key(file));
        let last = last.last().unwrap_or_else(|| "history.json".to_owned());
        self.check_end(&last, &histories, &script.expect);
        for (file, expect) in &script.expect.runs {
            self.check_end(file, &histories, expect);
        }
        Simulated { histories, problems: self.problems }
    }

    /// The file that holds the `nth` run of a workflow, counting from 1.
    fn file(&self, workflow_id: &str, nth: usize) -> String {
        let main = workflow_id == self.script.workflow_id;
        match (main, nth) {
            (true, 1) => "history.json".to_owned(),
            (true, nth) => format!("history.{nth}.json"),
            (false, nth) if nth == 1 || self.keeps_last(workflow_id) => {
                format!("history.{workflow_id}.json")
            }
            (false, nth) => format!("history.{workflow_id}.{nth}.json"),
        }
    }

    /// Whether the recorder has kept the last run alone: that of Rust did of workflows that a signal or an update starts.
    fn keeps_last(&self, workflow_id: &str) -> bool {
        let second = format!("history.{workflow_id}.2.json");
        let starts = |step: &Step| {
            matches!(step.action, Action::SignalWithStart | Action::UpdateWithStart)
                && step.id.as_deref() == Some(workflow_id)
        };
        self.sdk == "rust"
            && !self.script.expect.runs.contains_key(&second)
            && self.script.steps.iter().any(starts)
    }

    fn check_end(&mut self, file: &str, histories: &BTreeMap<String, History>, expect: &Expect) {
        // That a recorded history was not simulated is noticed where the histories are compared.
        let Some(history) = histories.get(file) else {
            return;
        };
        let status = history.status();
        if status.as_str() != expect.status {
            self.problem(format!("{file}: ended {status}, recorded {}", expect.status));
        }
        let end = End::of(history);
        for (what, expected, found) in [
            ("result", &expect.result, end.result),
            ("details", &expect.details, end.details),
            ("failure", &expect.failure, end.failure),
        ] {
            if let Some(expected) = expected
                && found.as_ref().is_none_or(|found| !same_json(found, expected))
            {
                let found = found.unwrap_or_else(|| "nothing".to_owned());
                self.problem(format!("{file}: {what}: simulated {found}, recorded {expected}"));
            }
        }
    }
}

/// What a run ended with: values as JSON text, a failure as its message.
#[derive(Debug, Default)]
struct End {
    result: Option<String>,
    details: Option<String>,
    failure: Option<String>,
}

impl End {
    fn of(history: &History) -> Self {
        let text = |payloads: &Option<Payloads>| {
            payloads.as_ref()?.as_slice().first()?.as_json().map(str::to_owned)
        };
        let message =
            |failure: &Option<Failure>| failure.as_ref().map(|failure| failure.message.to_string());
        match history.close().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionCompleted(close)) => {
                Self { result: text(&close.result), ..Self::default() }
            }
            Some(EventKind::WorkflowExecutionCanceled(close)) => {
                Self { details: text(&close.details), ..Self::default() }
            }
            Some(EventKind::WorkflowExecutionFailed(close)) => {
                Self { failure: message(&close.failure), ..Self::default() }
            }
            _ => Self::default(),
        }
    }
}
