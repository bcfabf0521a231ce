//! The operations of one run: a line for each command, each event and each kind of machine.

use rehearsal_activation::{Message, WorkflowCommand};
use rehearsal_history::{Event, EventId, EventKind, Timestamp};

use super::activity::Activities;
use super::child::Children;
use super::close;
use super::external::Externals;
use super::failure::{Breakdown, unasked, unhandled};
use super::local::{Here, Locals};
use super::machine::Machine;
use super::out::Out;
use super::patch::Patches;
use super::properties;
use super::timer::Timers;
use super::update::Updates;
use crate::local::LocalEvent;
use crate::run_info::RunInfo;
use crate::slice::Task;
use crate::told::{Misplaced, no_news, requested};

/// The operations of one run.
#[derive(Debug, Clone)]
pub(super) struct Operations {
    run: RunInfo,
    activities: Activities,
    timers: Timers,
    children: Children,
    externals: Externals,
    patches: Patches,
    locals: Locals,
    pub(super) out: Out,
    updates: Updates,
    /// The time on the worker's clock.
    pub(super) now: Timestamp,
    /// Workflow time: that of the last `WorkflowTaskStarted`, or of the last local activity, but never before what it was
    ///
    pub(super) time: Timestamp,
}

impl Operations {
    pub(super) fn new(run: RunInfo) -> Self {
        Self {
            run,
            activities: Activities::default(),
            timers: Timers::default(),
            children: Children::default(),
            externals: Externals::default(),
            patches: Patches::default(),
            updates: Updates::default(),
            locals: Locals::default(),
            out: Out::default(),
            now: Timestamp::default(),
            time: Timestamp::default(),
        }
    }

    pub(super) const fn run(&self) -> &RunInfo {
        &self.run
    }

    /// Workflow code asks for this.
    ///
    /// # Errors
    ///
    /// A [`Breakdown`] if the machines cannot take it.
    pub(super) fn take(
        &mut self,
        command: WorkflowCommand,
        replaying: bool,
    ) -> Result<(), Breakdown> {
        use WorkflowCommand as C;
        let here = Here { run: &self.run, now: self.now, time: self.time };
        let out = &mut self.out;
        match command {
            C::ScheduleActivity(command) => self.activities.schedule(*command, &self.run, out),
            C::RequestCancelActivity { seq } => return self.activities.cancel(seq, out),
            C::StartTimer(command) => self.timers.start(command, out),
            C::CancelTimer { seq } => return self.timers.cancel(seq, out),
            C::StartChildWorkflow(command) => self.children.start(*command, &self.run, out),
            C::CancelChildWorkflow(cancel) => {
                return self.children.cancel(cancel, &mut self.externals, out);
            }
            C::SignalExternalWorkflow(command) => self.externals.signal(*command, out),
            C::CancelSignalExternalWorkflow { seq } => {
                return self.externals.cancel_signal(seq, out);
            }
            C::RequestCancelExternalWorkflow(command) => {
                self.externals.cancel(*command, &self.run, out);
            }
            C::ScheduleLocalActivity(command) => {
                return self.locals.schedule(*command, replaying, here);
            }
            C::RequestCancelLocalActivity { seq } => return self.locals.cancel(seq, here, out),
            C::CompleteWorkflow { result } => close::complete(result, out),
            C::FailWorkflow { failure } => close::fail(failure, out),
            C::CancelWorkflow { details } => close::cancel(details, out),
            C::ContinueAsNew(next) => close::continue_as_new(*next, &self.run, out),
            C::SetPatch(command) => self.patches.set(command, out),
            C::UpsertSearchAttributes(changed) => {
                self.run.upsert_search(&changed);
                properties::search(changed, self.patches.upserts(), out);
            }
            C::UpsertMemo(changed) => properties::memo(changed, out),
            // Those of Go.
            C::RecordSideEffect(_) | C::RecordMutableSideEffect(_) => {
                return Err(Breakdown::NotSimulated("side effects by the rules of core".into()));
            }
            C::RecordVersion(_) => {
                return Err(Breakdown::NotSimulated("versions by the rules of core".into()));
            }
            // Core has no such rules.
            C::SelectorReceived | C::ChildIdInUse | C::UpdateHandling => {}
            C::RespondUpdate(respond) => return self.updates.respond(*respond, out),
            _ => return Err(Breakdown::NotSimulated("a command of a later version".into())),
        }
        Ok(())
    }

    /// What of a recorded task resolves something before workflow code runs it.
    pub(super) fn look_ahead(&mut self, task: &Task) {
        self.patches.look_ahead(task, &mut self.out);
    }

    /// How the task that is answered now is taken.
    pub(super) const fn flags(&mut self, replaying: bool, upserts: bool) {
        self.patches.flags(replaying, upserts);
    }

    /// All that one activation asks for is taken; `closes`: the close of the workflow too.
    pub(super) fn taken(&mut self, closes: bool) -> Result<(), Breakdown> {
        self.timers.taken();
        self.updates.taken();
        let here = Here { run: &self.run, now: self.now, time: self.time };
        self.locals.taken(closes, here, &mut self.out)
    }

    /// All events of a task are applied.
    pub(super) fn applied(&mut self, task: &Task) -> Result<(), Breakdown> {
        let here = Here { run: &self.run, now: self.now, time: self.time };
        self.locals.begin(task, here, &mut self.out)
    }

    /// A task begins: what a replay has left open is run.
    pub(super) fn drain(&mut self) -> Result<(), Breakdown> {
        let here = Here { run: &self.run, now: self.now, time: self.time };
        self.locals.start(here, &mut self.out)
    }

    /// Something happened to a local activity.
    pub(super) fn happened(&mut self, happened: LocalEvent) -> Result<(), Breakdown> {
        let here = Here { run: &self.run, now: self.now, time: self.time };
        self.locals.happened(happened, here, &mut self.out)
    }

    pub(super) const fn locals(&mut self) -> &mut Locals {
        &mut self.locals
    }

    pub(super) const fn lives(&mut self, life: u64) {
        self.run.life = life;
    }

    /// Tells the workflow of an update.
    pub(super) fn update(&mut self, message: &Message, replaying: bool) {
        self.updates.told(message, replaying, &mut self.out);
    }

    /// Feeds `event` to the machine that it concerns; what the workflow is to be told of it joins the jobs.
    ///
    /// # Errors
    ///
    /// A [`Breakdown`] if there is no such machine, or if it cannot take the event.
    pub(super) fn apply(&mut self, event: &Event) -> Result<(), Breakdown> {
        use EventKind as E;
        let out = &mut self.out;
        if let Some(job) = requested(event) {
            out.jobs.push(job);
            return Ok(());
        }
        match &event.kind {
            E::WorkflowExecutionStarted(started) => {
                out.jobs.push(self.run.begin(event, started));
                Ok(())
            }
            E::ActivityTaskStarted(started) => self.activities.started(event, started),
            E::ActivityTaskCompleted(completed) => self.activities.completed(event, completed, out),
            E::ActivityTaskFailed(failed) => self.activities.failed(event, failed, out),
            E::ActivityTaskTimedOut(timed_out) => self.activities.timed_out(event, timed_out, out),
            E::ActivityTaskCanceled(canceled) => self.activities.canceled(event, canceled, out),
            E::TimerFired(fired) => self.timers.fired(event, fired, out),
            E::StartChildWorkflowExecutionFailed(it) => self.children.start_failed(event, it, out),
            E::ChildWorkflowExecutionStarted(it) => self.children.started(event, it, out),
            E::ChildWorkflowExecutionCompleted(it) => self.children.completed(event, it, out),
            E::ChildWorkflowExecutionFailed(it) => self.children.failed(event, it, out),
            E::ChildWorkflowExecutionTimedOut(it) => self.children.timed_out(event, it, out),
            E::ChildWorkflowExecutionCanceled(it) => {
                self.children.canceled(event, it.initiated_event_id, out)
            }
            E::ChildWorkflowExecutionTerminated(it) => {
                self.children.terminated(event, it.initiated_event_id, out)
            }
            E::ExternalWorkflowExecutionSignaled(it) => {
                self.externals.signaled(event, it.initiated_event_id, None, out)
            }
            E::SignalExternalWorkflowExecutionFailed(it) => {
                self.externals.signaled(event, it.initiated_event_id, Some(&it.cause), out)
            }
            E::ExternalWorkflowExecutionCancelRequested(it) => {
                let child = self.externals.canceled(event, it.initiated_event_id, None, out)?;
                if let Some(seq) = child {
                    self.children.cancel_reached(seq, out);
                }
                Ok(())
            }
            E::RequestCancelExternalWorkflowExecutionFailed(it) => {
                let cause = Some(&it.cause);
                self.externals.canceled(event, it.initiated_event_id, cause, out).map(drop)
            }
            _ if event.server.worker_may_ignore => Ok(()),
            kind if kind.is_command() => Err(unasked(event)),
            kind => no_news(kind).map_err(|misplaced| match misplaced {
                Misplaced::NoSuchOperation(message) => Breakdown::Nondeterminism(message),
                Misplaced::NotSimulated(what) => Breakdown::NotSimulated(what),
            }),
        }
    }

    /// The event of this id records a command of `machine`, which takes it.
    pub(super) fn record(&mut self, machine: Machine, event: EventId) {
        match machine {
            Machine::Activity(seq) => self.activities.record(seq, event),
            Machine::Timer(seq) => self.timers.record(seq, event),
            Machine::Local(seq) => self.locals.record(seq),
            Machine::Child(seq) => self.children.record(seq, event),
            Machine::Signal(_) | Machine::Cancel(_) => self.externals.record(machine, event),
            Machine::Update(number) => self.updates.record(number),
            Machine::Patch(_) | Machine::Properties(_) | Machine::Close(_) => {}
        }
    }

    /// Why `machine` does not take `event` as the record of its command.
    pub(super) fn refusal(&self, machine: Machine, event: &Event) -> Breakdown {
        match machine {
            Machine::Activity(seq) => self.activities.refusal(seq, event),
            Machine::Timer(seq) => self.timers.refusal(seq, event),
            Machine::Local(_) => unhandled("Local activity", event),
            Machine::Child(seq) => self.children.refusal(seq, event),
            Machine::Signal(_) | Machine::Cancel(_) => Externals::refusal(machine, event),
            Machine::Patch(index) => self.patches.refusal(index, event),
            Machine::Properties(name) => properties::refusal(name, event),
            Machine::Close(name) => unhandled(name, event),
            Machine::Update(number) => self.updates.refusal(number, event),
        }
    }
}
