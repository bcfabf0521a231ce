//! Local activities (C-45, Rust): run inside of a workflow task, and recorded by a marker when they have ended.
//!
//! [`LocalState`] is the machine; what stands around it is that of `workflow_machines.rs` and `local_acts.rs` of core
//! 0.10.1: markers that are found ahead of workflow code in a replay, and the order in which they are told. The
//! [`Executor`] says what is to be run.

mod ahead;
mod executor;
pub(super) mod machine;
pub(crate) mod marker;
mod outcome;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use rehearsal_activation::{
    CancellationType, Job, LocalResolution, ScheduleLocalActivity, Seq, ServerCommand,
};
use rehearsal_history::{Event, EventKind, SmolStr, Timestamp, UserMetadata};

use self::ahead::Ahead;
use self::executor::{Executor, Report};
use self::machine::{LocalInput, LocalReaction, LocalState};
use self::marker::Note;
use self::outcome::{Outcome, Resolve};
use super::failure::{Breakdown, invalid, missing};
use super::machine::Machine;
use super::out::Out;
use crate::local::{LocalEvent, LocalRequest};
use crate::run_info::RunInfo;
use crate::slice::Task;

/// The local activities of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Locals {
    by_seq: BTreeMap<Seq, Local>,
    executor: Executor,
    /// Those whose code is to be run. They are asked for in the order of their numbers.
    queue: BTreeSet<Seq>,
    /// Those that are to be canceled.
    cancels: Vec<Seq>,
    /// Those whose code is run and that have not reported their end.
    executing: BTreeSet<Seq>,
    /// Those that are replayed and wait for a marker.
    unresolved: BTreeSet<Seq>,
    /// Those whose markers are commands that no activation has taken yet.
    created: Vec<Seq>,
    ahead: Ahead,
    /// How many activations this workflow task has had.
    activation_index: u64,
    terminating: bool,
}

/// One of them.
#[derive(Debug, Clone)]
struct Local {
    command: ScheduleLocalActivity,
    state: LocalState,
    replaying: bool,
    /// Workflow time when it was asked for.
    asked: Timestamp,
}

impl Local {
    fn activity_id(&self) -> SmolStr {
        self.command.activity_id.clone().unwrap_or_default()
    }
}

/// Where in a run something happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) run: &'a RunInfo,
    pub(super) now: Timestamp,
    /// Workflow time.
    pub(super) time: Timestamp,
}

impl Locals {
    /// A task begins, all of whose events were told.
    pub(super) fn begin(
        &mut self,
        task: &Task,
        here: Here<'_>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        self.activation_index = 0;
        if task.completed.is_none() {
            for seq in core::mem::take(&mut self.unresolved) {
                self.step(seq, LocalInput::StartedNonReplayWft, None, here, out)?;
            }
        }
        for event in task.commands.iter().filter(|event| marker::is_marker(event)) {
            let note = note(event)?;
            let known = self.by_seq.get(&note.seq).map(|local| local.state);
            if known.is_none_or(|it| it == LocalState::WaitingResolveFromMarkerLookAhead) {
                self.ahead.push(note);
                self.apply_ahead(false, here, out)?;
            }
        }
        self.release(here, out)
    }

    /// An activation is handed out.
    pub(super) const fn activated(&mut self) {
        self.activation_index += 1;
    }

    /// Workflow code asks for one.
    pub(super) fn schedule(
        &mut self,
        mut command: ScheduleLocalActivity,
        replaying: bool,
        here: Here<'_>,
    ) -> Result<(), Breakdown> {
        let seq = command.seq;
        match (command.schedule_to_close, command.start_to_close) {
            (None, None) => {
                return Err(Breakdown::Fatal(format!(
                    "Invalid schedule local activity request (seq {seq}): One or both of schedule_to_close or start_to_close timeouts must be set for local activities"
                )));
            }
            (Some(all), Some(one)) => command.start_to_close = Some(one.min(all)),
            (Some(_), None) | (None, Some(_)) => {}
        }
        if let (Some(start), Some(all)) = (command.schedule_to_start, command.schedule_to_close) {
            command.schedule_to_start = Some(start.min(all));
        }
        command.first_scheduled_at.get_or_insert(here.now);
        command.activity_id.get_or_insert_with(|| seq.to_string().into());
        let state = if replaying {
            self.unresolved.insert(seq);
            LocalState::WaitingResolveFromMarkerLookAhead
        } else {
            self.queue.insert(seq);
            LocalState::RequestSent
        };
        self.by_seq.insert(seq, Local { command, state, replaying, asked: here.time });
        Ok(())
    }

    /// Workflow code cancels one.
    pub(super) fn cancel(
        &mut self,
        seq: Seq,
        here: Here<'_>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let local = self.by_seq.get(&seq).ok_or_else(|| missing("LocalActivity", seq))?;
        let cancellation = local.command.cancellation_type;
        let resolve = Resolve {
            attempt: local.command.attempt,
            activation_index: Some(self.activation_index),
            ..Resolve::of(Outcome::empty_cancel(), local.command.first_scheduled_at)
        };
        self.step(seq, LocalInput::Cancel(cancellation), Some(resolve), here, out)
    }

    /// All that one activation asks for is taken (`iterate_machines`); `closes`: the workflow too.
    pub(super) fn taken(
        &mut self,
        closes: bool,
        here: Here<'_>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        self.terminating |= closes;
        self.apply_ahead(false, here, out)?;
        self.release(here, out)?;
        self.prepare();
        self.drain(here, out)
    }

    /// A task begins without anything to tell, so that nobody asks for anything: what a replay has left open is run.
    pub(super) fn start(&mut self, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        if out.jobs.is_empty() { self.drain(here, out) } else { Ok(()) }
    }

    /// What is a command is sent.
    fn prepare(&mut self) {
        for seq in core::mem::take(&mut self.created) {
            if let Some(local) = self.by_seq.get_mut(&seq)
                && let Ok((state, _)) = local.state.on(LocalInput::CommandRecordMarker)
            {
                local.state = state;
            }
        }
    }

    /// What is to be run or canceled goes to the executor (`take_all_reqs`).
    fn drain(&mut self, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        if self.terminating {
            self.executor.cancel_all(here.run);
            return Ok(());
        }
        let mut reports = Vec::new();
        for seq in core::mem::take(&mut self.cancels) {
            reports.extend(self.executor.cancel(seq, here.run));
        }
        for seq in core::mem::take(&mut self.queue) {
            self.executing.insert(seq);
            if let Some(local) = self.by_seq.get(&seq) {
                reports.extend(self.executor.enqueue(local.command.clone(), here.run, here.now));
            }
        }
        reports.into_iter().try_for_each(|report| self.report(report, here, out))
    }

    /// Something happened to one while a task waits.
    pub(super) fn happened(
        &mut self,
        happened: LocalEvent,
        here: Here<'_>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        match self.executor.happened(happened, here.run, here.now) {
            Some(report) => {
                self.report(report, here, out)?;
                self.prepare();
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The executor reports an end (`local_resolution`).
    fn report(&mut self, report: Report, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        let Report { seq, runtime, mut resolve } = report;
        if let Some(local) = self.by_seq.get(&seq) {
            resolve.complete_time = Some(local.asked.saturating_add(runtime));
            resolve.activation_index = Some(self.activation_index);
            self.step(seq, LocalInput::HandleResult, Some(resolve), here, out)?;
        }
        self.done(seq);
        Ok(())
    }

    fn done(&mut self, seq: Seq) {
        self.queue.remove(&seq);
        self.executing.remove(&seq);
    }

    /// Whether any keeps the task open.
    pub(super) fn is_waiting(&self) -> bool {
        let none = self.executing.is_empty() && self.queue.is_empty();
        !none && !self.terminating
    }

    pub(super) fn take_requests(&mut self) -> Vec<LocalRequest> {
        core::mem::take(&mut self.executor.requests)
    }

    /// Tells what markers say that were found ahead, up to one that belongs to what workflow code has not asked for, or to
    /// a later activation.
    fn apply_ahead(&mut self, held: bool, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        while let Some(note) = self.ahead.first() {
            if !held && self.is_held(note) || !self.by_seq.contains_key(&note.seq) {
                break;
            }
            let Some(Note { seq, resolve, .. }) = self.ahead.take(note.seq) else { break };
            self.step(seq, LocalInput::HandleKnownResult, Some(resolve), here, out)?;
        }
        Ok(())
    }

    fn is_held(&self, note: &Note) -> bool {
        note.resolve.activation_index.is_some_and(|index| index > self.activation_index)
    }

    /// Without anything else to tell there is no later activation to wait for.
    fn release(&mut self, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        if out.jobs.is_empty() { self.apply_ahead(true, here, out) } else { Ok(()) }
    }

    /// Lets a machine go on; `resolve` is what it resolves with, if it does.
    fn step(
        &mut self,
        seq: Seq,
        input: LocalInput,
        resolve: Option<Resolve>,
        here: Here<'_>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let local = self.by_seq.get_mut(&seq).ok_or_else(|| missing("LocalActivity", seq))?;
        let (state, LocalReaction { runs, cancels, resolves }) = match input {
            LocalInput::Cancel(_) => local.state.on(input).map_err(|_| invalid())?,
            _ => local.state.on(input).map_err(|_| no_arc(seq, local.state, input))?,
        };
        let before = core::mem::replace(&mut local.state, state);
        if state != before && state == LocalState::MarkerCommandCreated {
            self.created.push(seq);
        }
        if state != LocalState::WaitingResolveFromMarkerLookAhead {
            self.unresolved.remove(&seq);
        }
        if runs {
            local.replaying = false;
            self.queue.insert(seq);
        }
        if cancels {
            self.request_cancel(seq, here, out)?;
        }
        if let Some(resolve) = resolve.filter(|_| resolves) {
            self.resolved(seq, resolve, out);
        }
        Ok(())
    }

    /// `MachineResponse::RequestCancelLocalActivity`.
    fn request_cancel(&mut self, seq: Seq, here: Here<'_>, out: &mut Out) -> Result<(), Breakdown> {
        if self.ahead.get(seq).is_some_and(|note| self.is_held(note)) {
            return Ok(());
        }
        if let Some(note) = self.ahead.take(seq) {
            let resolve = Some(note.resolve);
            return self.step(seq, LocalInput::HandleKnownResult, resolve, here, out);
        }
        if self.queue.remove(&seq) {
            let command = &self.by_seq[&seq].command;
            let resolve = Resolve {
                complete_time: Some(self.by_seq[&seq].asked),
                attempt: command.attempt,
                activation_index: Some(self.activation_index),
                ..Resolve::of(Outcome::empty_cancel(), command.first_scheduled_at)
            };
            return self.step(seq, LocalInput::HandleResult, Some(resolve), here, out);
        }
        self.cancels.push(seq);
        Ok(())
    }

    /// One is resolved: workflow code is told, and unless it is replayed its marker is recorded (`adapt_response`).
    fn resolved(&mut self, seq: Seq, resolve: Resolve, out: &mut Out) {
        let Some(local) = self.by_seq.get(&seq) else { return };
        let abandoned = local.command.cancellation_type == CancellationType::Abandon
            && matches!(resolve.outcome, Outcome::Canceled(_) | Outcome::TimedOut(_));
        let resolution = if let Some(after) = resolve.backoff {
            LocalResolution::Backoff {
                attempt: resolve.attempt + 1,
                after,
                first_scheduled_at: resolve.first_scheduled_at.unwrap_or_default(),
            }
        } else {
            let (name, id) = (local.command.activity_type.clone(), local.activity_id());
            LocalResolution::Ended(resolve.outcome.told(name, id))
        };
        out.jobs.push(Job::ResolveLocalActivity { seq, resolution });
        out.time = out.time.max(resolve.complete_time);
        if !local.replaying {
            let activity_type = local.command.activity_type.clone();
            let note = Note { seq, activity_id: local.activity_id(), activity_type, resolve };
            let input = local.command.input.clone().filter(|_| local.command.input_in_marker);
            let mut marker = marker::record(&note, input);
            let summary = local.command.summary.clone();
            marker.user_metadata = summary.map(UserMetadata::of_summary).map(Box::new);
            out.queue.push(Machine::Local(seq), ServerCommand::RecordMarker(Box::new(marker)));
        }
        if abandoned {
            self.done(seq);
        }
    }

    /// This event records the marker of one.
    pub(super) fn record(&mut self, seq: Seq) {
        if let Some(local) = self.by_seq.get_mut(&seq)
            && let Ok((state, _)) = local.state.on(LocalInput::MarkerRecorded)
        {
            local.state = state;
        }
    }

    /// Workflow code got no further in a recorded task: its markers are looked at (`handle_command_event`). The error says
    /// at which event.
    pub(super) fn check(&mut self, task: &Task, compares: bool) -> Result<(), (usize, Breakdown)> {
        for (index, event) in task.commands.iter().enumerate() {
            if marker::is_marker(event) {
                self.check_marker(event, compares).map_err(|fault| (index, fault))?;
            }
        }
        Ok(())
    }

    fn check_marker(&mut self, event: &Event, compares: bool) -> Result<(), Breakdown> {
        let note = note(event)?;
        let seq = note.seq;
        let local = self.by_seq.get_mut(&seq).ok_or_else(|| missing("LocalActivity", seq))?;
        let (state, _) = local.state.on(LocalInput::MarkerRecorded).map_err(|_| {
            Breakdown::Fatal(format!(
                "Attempted to check for LA marker handling in invalid state {:?}",
                local.state
            ))
        })?;
        local.state = state;
        let differs = |what: &str, recorded: &str, asked: &str| {
            Breakdown::Nondeterminism(format!(
                "Activity {what} of recorded marker '{recorded}' does not match activity {what} of local activity command '{asked}'"
            ))
        };
        if compares {
            let (id, name) = (local.activity_id(), &local.command.activity_type);
            if note.activity_id != id {
                return Err(differs("id", &note.activity_id, &id));
            }
            if note.activity_type != *name {
                return Err(differs("type", &note.activity_type, name));
            }
        }
        Ok(())
    }
}

fn note(event: &Event) -> Result<Note, Breakdown> {
    let EventKind::MarkerRecorded(recorded) = &event.kind else {
        return Err(Breakdown::Fatal(String::from("Local activity marker was unparsable")));
    };
    marker::read(recorded).ok_or_else(|| {
        Breakdown::Fatal(format!(
            "Local activity marker was unparsable: {}",
            super::failure::printed(event)
        ))
    })
}

fn no_arc(seq: Seq, state: LocalState, input: LocalInput) -> Breakdown {
    let from_marker = input == LocalInput::HandleKnownResult;
    Breakdown::Fatal(format!(
        "Invalid transition resolving local activity (seq {seq}, from marker: {from_marker}) in {state:?}"
    ))
}
