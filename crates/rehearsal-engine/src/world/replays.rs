//! Replays by workers outside: when a run is over, each of its workflow tasks is handed out once more, with the history from
//! the first event on, as to a worker that has nothing in its cache. What is asked for must be what was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_activation::{ServerCommand, TaskDelivery, TaskOutcome, TaskResponse};
use rehearsal_history::{Event, EventId, EventKind, SmolStr};
use rehearsal_service::RunRef;
use rehearsal_worker::Grade;

use super::World;
use crate::examine::EVERY_TASK_UP_TO;
use crate::finding::{Code, Finding};

/// The workflow tasks that workers outside have done, by their runs and the events that started them.
#[derive(Debug, Default)]
pub(super) struct DoneOutside(BTreeMap<(SmolStr, EventId), Done>);

/// A workflow task that was done.
#[derive(Debug)]
struct Done {
    host: usize,
    delivery: TaskDelivery,
    commands: Vec<ServerCommand>,
}

impl World {
    /// Keeps what is needed to have a workflow task done again, unless its code is here.
    pub(super) fn keep_for_replay(
        &mut self,
        host: usize,
        delivery: &TaskDelivery,
        response: &TaskResponse,
    ) {
        let TaskOutcome::Completed { commands, .. } = &response.outcome else { return };
        if self.scenario.definition(&delivery.workflow_type).is_some() {
            return;
        }
        // The events are those of the history.
        let delivery = TaskDelivery { events: Vec::new(), ..delivery.clone() };
        let key = (delivery.token.run_id.clone(), delivery.token.started);
        self.done_outside.0.insert(key, Done { host, delivery, commands: commands.clone() });
    }

    /// Has the workers outside replay every run.
    pub(crate) fn replay_outside(&mut self) {
        let runs: Vec<RunRef> = self.service.runs().collect();
        for run in runs {
            if let Err(finding) = self.replay_run(run) {
                self.findings.extend(finding.map(|finding| *finding));
            }
        }
    }

    /// # Errors
    ///
    /// What differs; none if no worker is there to replay.
    fn replay_run(&mut self, run: RunRef) -> Result<(), Option<Box<Finding>>> {
        let history = self.service.history(run).to_vec();
        let (run_id, main) = (self.service.run(run).run_id.clone(), self.main_run());
        let is_main = main.is_some_and(|(main, _)| main == run);
        let started = history.iter().filter_map(|event| match &event.kind {
            EventKind::WorkflowTaskCompleted(completed) => Some(completed.started_event_id),
            _ => None,
        });
        let started: Vec<EventId> = started.collect();
        let mut replayed = false;
        for (task, started) in (1..).zip(started) {
            let Some(done) = self.done_outside.0.remove(&(run_id.clone(), started)) else {
                continue;
            };
            self.record.replays.tasks += 1;
            let every = task <= EVERY_TASK_UP_TO || task.is_power_of_two();
            if !every || done.commands.iter().any(is_new_each_time) {
                continue;
            }
            let again = self.replay_task(&done, &history, started).ok_or(None)?;
            self.record.replays.cold += 1;
            replayed = true;
            if let Some((headline, details)) = differs(&done.commands, again) {
                let workflow_type = &done.delivery.workflow_type;
                let headline = format!(
                    "{workflow_type} does not replay from a cold cache at workflow task {task}{headline}"
                );
                let finding = Finding::new(Code::Nondeterminism, headline).with_events([started.0]);
                let mut finding = details.into_iter().fold(finding, Finding::with_detail);
                finding.grade = Some(Grade::BreaksProduction);
                finding.run_id = (!is_main).then(|| run_id.to_string());
                return Err(Some(Box::new(finding)));
            }
        }
        self.record.replays.from_start += usize::from(replayed);
        Ok(())
    }

    /// What a worker makes of a task that it has done before.
    fn replay_task(
        &mut self,
        done: &Done,
        history: &[Arc<Event>],
        started: EventId,
    ) -> Option<TaskOutcome> {
        let events = history.iter().take_while(|event| event.id <= started).cloned().collect();
        let delivery = TaskDelivery {
            events,
            first_event: EventId::FIRST,
            queries: Vec::new(),
            ..done.delivery.clone()
        };
        let response =
            self.outdoors(done.host, |remote, seen, worker| remote.replay(seen, worker, &delivery));
        response.flatten().map(|response| response.outcome)
    }
}

/// Whether a command may be another one each time that it is asked for first: what comes of code that is random, or has
/// effects, is recorded in markers.
fn is_new_each_time(command: &ServerCommand) -> bool {
    matches!(command, ServerCommand::RecordMarker(marker) if !is_of_a_version(&marker.name))
}

/// The names of the markers of versions and patches, which say the same each time.
fn is_of_a_version(marker: &str) -> bool {
    matches!(marker, "Version" | "core_patch")
}

/// What differs, behind a headline and in lines.
fn differs(recorded: &[ServerCommand], again: TaskOutcome) -> Option<(String, Vec<String>)> {
    match again {
        TaskOutcome::Failed(failed) => Some((format!(": {}", failed.failure.message), Vec::new())),
        TaskOutcome::Completed { commands, .. } => {
            let most = recorded.len().max(commands.len());
            let at = (0..most).find(|&at| recorded.get(at) != commands.get(at))?;
            let shown = |command: Option<&ServerCommand>| {
                command.map_or_else(|| "nothing".to_owned(), |command| format!("{command:?}"))
            };
            let lines = vec![
                format!("recorded: {}", shown(recorded.get(at))),
                format!("replayed: {}", shown(commands.get(at))),
            ];
            Some((String::new(), lines))
        }
    }
}
