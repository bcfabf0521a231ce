//! Compares the commands of a task with the events that record them, one by one, attribute by attribute.
//!
//! What the SDK itself compares breaks production when it differs (Go; core: ); what it does not
//! changes behavior, or is for people only. The first difference that breaks production ends the comparison of a task:
//! behind it every command would differ.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{ScheduleActivityTask, ServerCommand};
use rehearsal_history::event::{ActivityTaskScheduled, TimerStarted};
use rehearsal_history::{
    Event, EventId, EventKind, Failure, Header, Payload, Payloads, SmolStr, UserMetadata,
    side_by_side,
};

use crate::describe;
use crate::mismatch::{Grade, NOTHING};
use crate::normal::{Timeouts, retry_policy};
use crate::unsupported::not_simulated;

/// One difference, not yet placed in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The place of the event and the command in their task, from 0.
    pub(crate) index: usize,
    pub(crate) at: Option<EventId>,
    pub(crate) recorded: String,
    pub(crate) attempted: String,
    pub(crate) grade: Grade,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Comparison {
    /// In the order of the commands. The last one may break production, no other does.
    pub(crate) differences: Vec<Difference>,
    /// What no command simulates, if the comparison ended at an event of that.
    pub(crate) not_simulated: Option<String>,
}

/// What an SDK compares by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Go: whatever names an operation, and only the last part of a type's name; how a run closes only at the end of a
    /// history that ends in one of two ways.
    Go(Ends),
    /// Core: the order and kinds of commands, closes too. Ids and types of activities only if `activities`; that of a
    /// timer when it fires.
    Core { activities: bool },
}

/// How a history ends, as far as Go looks: its replayer wants the same close again, in whichever task, if it is one of
/// these (`replayWorkflowHistoryRoot` in `internal_worker.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ends {
    Completed,
    ContinuedAsNew,
    /// It is open, or was closed in another way.
    #[default]
    Otherwise,
}

impl Ends {
    /// How `history` ends.
    pub(crate) fn of(history: &[Arc<Event>]) -> Self {
        match history.last().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionCompleted(_)) => Self::Completed,
            Some(EventKind::WorkflowExecutionContinuedAsNew(_)) => Self::ContinuedAsNew,
            _ => Self::Otherwise,
        }
    }

    /// Whether this command is a close that the replayer takes for that end.
    const fn takes(self, close: &ServerCommand) -> bool {
        match self {
            Self::Completed => matches!(close, ServerCommand::CompleteWorkflow { .. }),
            Self::ContinuedAsNew => matches!(close, ServerCommand::ContinueAsNew(_)),
            Self::Otherwise => true,
        }
    }
}

/// The close that `attempted` has and `recorded` has not, with nothing recorded beyond what is attempted before it.
pub(crate) fn early_close<'a>(
    recorded: &[Arc<Event>],
    attempted: &'a [ServerCommand],
) -> Option<&'a ServerCommand> {
    let (close, before) = attempted.split_last()?;
    (close.is_close() && recorded.len() <= before.len()).then_some(close)
}

/// Compares what a task recorded with what it attempts now, in a run with this run timeout.
pub(crate) fn compare(
    strictness: Strictness,
    recorded: &[Arc<Event>],
    attempted: &[ServerCommand],
    run: Option<Duration>,
) -> Comparison {
    let mut found = Comparison::default();
    let surplus = surplus(strictness, early_close(recorded, attempted));
    for index in 0..recorded.len().max(attempted.len()) {
        let before = found.differences.len();
        match (recorded.get(index), attempted.get(index)) {
            (Some(event), Some(command)) => {
                let attributes =
                    Attributes { strictness, index, event, command, differences: Vec::new() };
                pair(attributes, run, &mut found);
            }
            (Some(event), None) => missing(strictness, index, event, &mut found),
            (None, Some(command)) => found.differences.push(extra(surplus, index, command)),
            (None, None) => {}
        }
        let broken =
            found.differences[before..].iter().any(|found| found.grade == Grade::BreaksProduction);
        if broken || found.not_simulated.is_some() {
            break;
        }
    }
    found
}

/// How bad it is that commands are asked for where nothing more is recorded, in a task that closes early or does not.
///
/// Core keeps such commands for the events of the next task (R-8: `handle_command_event` in core's
/// `workflow_machines.rs`). Go takes them for an extra command (`matchReplayWithHistory`), unless the workflow closes in
/// that task: then `ProcessWorkflowTask` (`internal_task_handlers.go`, sdk-go 1.47) leaves its loop over the events,
/// compares nothing (`!w.isWorkflowCompleted`), and sends the close. Only a replay of a history that ends in a close of
/// one of two kinds wants that one again.
fn surplus(strictness: Strictness, early_close: Option<&ServerCommand>) -> Grade {
    match (strictness, early_close) {
        (Strictness::Core { .. }, _) => Grade::ChangesBehavior,
        (Strictness::Go(ends), Some(close)) if ends.takes(close) => Grade::ChangesBehavior,
        (Strictness::Go(_), _) => Grade::BreaksProduction,
    }
}

/// `command` was asked for where nothing more is recorded.
fn extra(grade: Grade, index: usize, command: &ServerCommand) -> Difference {
    Difference {
        index,
        at: None,
        recorded: NOTHING.into(),
        attempted: describe::command(command),
        grade,
    }
}

/// Nothing was asked for where `event` is recorded. Go looks for a close event only where the run was completed.
fn missing(strictness: Strictness, index: usize, event: &Event, found: &mut Comparison) {
    found.not_simulated = not_simulated(&event.kind);
    let grade = match (strictness, &event.kind) {
        (
            Strictness::Go(_),
            EventKind::WorkflowExecutionFailed(_) | EventKind::WorkflowExecutionCanceled(_),
        ) => Grade::ChangesBehavior,
        _ => Grade::BreaksProduction,
    };
    found.differences.push(Difference {
        index,
        at: Some(event.id),
        recorded: describe::event(event),
        attempted: NOTHING.into(),
        grade,
    });
}

/// Compares one command with the event at its place.
fn pair(mut attributes: Attributes<'_>, run: Option<Duration>, found: &mut Comparison) {
    use {EventKind as E, ServerCommand as C};
    match (&attributes.event.kind, attributes.command) {
        (E::ActivityTaskScheduled(scheduled), C::ScheduleActivityTask(schedule)) => {
            attributes.activity(scheduled, schedule, run);
        }
        (
            E::ActivityTaskCancelRequested(request),
            C::RequestCancelActivityTask { scheduled, .. },
        ) => {
            attributes.target(request.scheduled_event_id == *scheduled);
        }
        (E::TimerStarted(timer), C::StartTimer { timer_id, after, user_metadata }) => {
            attributes.target(timer.timer_id == *timer_id);
            attributes.timer(timer, *after, user_metadata.as_deref());
        }
        (E::TimerCanceled(timer), C::CancelTimer { timer_id, .. }) => {
            attributes.target(timer.timer_id == *timer_id);
        }
        (E::WorkflowExecutionCompleted(completed), C::CompleteWorkflow { result }) => {
            let grade = compare_values(completed.result.as_ref(), result.as_ref()).grade();
            let recorded = describe::whole(completed.result.as_ref());
            let attempted = describe::whole(result.as_ref());
            attributes.closes(grade, ["CompleteWorkflow", "result="], &recorded, &attempted);
        }
        (E::WorkflowExecutionFailed(failed), C::FailWorkflow { failure }) => {
            let recorded = failed.failure.as_ref();
            let same = recorded.is_some_and(|recorded| same_failure(recorded, failure));
            let recorded =
                recorded.map_or_else(|| "without a failure".into(), describe::whole_failure);
            let attempted = describe::whole_failure(failure);
            let grade = (!same).then_some(Grade::ChangesBehavior);
            attributes.closes(grade, ["FailWorkflow", ""], &recorded, &attempted);
        }
        (E::WorkflowExecutionCanceled(canceled), C::CancelWorkflow { details }) => {
            let grade = compare_values(canceled.details.as_ref(), details.as_ref()).grade();
            let recorded = describe::whole(canceled.details.as_ref());
            let attempted = describe::whole(details.as_ref());
            attributes.closes(grade, ["CancelWorkflow", "details="], &recorded, &attempted);
        }
        (E::WorkflowExecutionFailed(_) | E::WorkflowExecutionCanceled(_), command)
            if command.is_close() && matches!(attributes.strictness, Strictness::Go(_)) =>
        {
            attributes.close(Values::Other);
        }
        (kind, _) => {
            found.not_simulated = not_simulated(kind);
            attributes.name(false);
        }
    }
    found.differences.append(&mut attributes.differences);
}

/// The attributes of one event and its command.
struct Attributes<'a> {
    strictness: Strictness,
    index: usize,
    event: &'a Event,
    command: &'a ServerCommand,
    differences: Vec<Difference>,
}

impl Attributes<'_> {
    /// What every SDK looks at: that it differs breaks production.
    fn name(&mut self, same: bool) {
        if !same {
            self.whole(Grade::BreaksProduction);
        }
    }

    /// What names the timer or the activity of a request: Go looks, core goes by the order alone.
    fn target(&mut self, same: bool) {
        if !same {
            self.whole(match self.strictness {
                Strictness::Go(_) => Grade::BreaksProduction,
                Strictness::Core { .. } => Grade::ChangesBehavior,
            });
        }
    }

    /// What names an activity. Core looks if the history says so.
    fn activity_name(
        &mut self,
        recorded: &ActivityTaskScheduled,
        attempted: &ScheduleActivityTask,
    ) {
        let same_id = recorded.activity_id == attempted.activity_id;
        let types = (&*recorded.activity_type.name, &*attempted.activity_type);
        let (same, grade) = match self.strictness {
            Strictness::Go(_) => {
                (same_id && last_part(types.0) == last_part(types.1), Grade::BreaksProduction)
            }
            Strictness::Core { activities: true } => {
                (same_id && types.0 == types.1, Grade::BreaksProduction)
            }
            Strictness::Core { activities: false } => (same_id, Grade::ChangesBehavior),
        };
        if !same {
            self.whole(grade);
        }
    }

    /// How the workflow closes: Temporal does not look.
    fn close(&mut self, values: Values) {
        if let Some(grade) = values.grade() {
            self.whole(grade);
        }
    }

    /// It closes with another value, or with one that is written otherwise.
    fn closes(
        &mut self,
        grade: Option<Grade>,
        [command, key]: [&str; 2],
        recorded: &str,
        attempted: &str,
    ) {
        let Some(grade) = grade else { return };
        let name = self.event.kind.name();
        let [recorded, attempted] = side_by_side(recorded, attempted, describe::LONGEST);
        self.push(format!("{name} {key}{recorded}"), format!("{command} {key}{attempted}"), grade);
    }

    fn activity(
        &mut self,
        recorded: &ActivityTaskScheduled,
        attempted: &ScheduleActivityTask,
        run: Option<Duration>,
    ) {
        self.activity_name(recorded, attempted);
        if !self.differences.is_empty() {
            return;
        }
        self.behavior("type", &recorded.activity_type.name, &attempted.activity_type);
        self.behavior("task queue", &recorded.task_queue.name, &attempted.task_queue);
        let values = compare_values(recorded.input.as_ref(), attempted.input.as_ref());
        if let Some(grade) = values.grade() {
            let recorded = describe::whole(recorded.input.as_ref());
            let attempted = describe::whole(attempted.input.as_ref());
            self.value("input", &recorded, &attempted, grade);
        }
        let timeouts = Timeouts::recorded(recorded);
        let wanted = Timeouts::normalized(attempted, run);
        for ((name, recorded), (_, attempted)) in timeouts.named().into_iter().zip(wanted.named()) {
            if recorded != attempted {
                self.behavior(name, &describe::timeout(recorded), &describe::timeout(attempted));
            }
        }
        let policy = retry_policy(recorded.retry_policy.as_ref());
        let wanted = retry_policy(attempted.retry_policy.as_ref());
        if policy != wanted {
            let wanted = describe::retry_policy(&wanted);
            for ((name, recorded), (_, attempted)) in
                describe::retry_policy(&policy).into_iter().zip(wanted)
            {
                self.behavior(name, &recorded, &attempted);
            }
        }
        if fields(recorded.header.as_ref()) != fields(attempted.header.as_ref()) {
            let recorded = describe::header(recorded.header.as_ref());
            let attempted = describe::header(attempted.header.as_ref());
            self.attribute("header", &recorded, &attempted, Grade::Cosmetic);
        }
        self.summary(attempted.user_metadata.as_deref());
    }

    fn timer(
        &mut self,
        recorded: &TimerStarted,
        after: Duration,
        user_metadata: Option<&UserMetadata>,
    ) {
        if recorded.start_to_fire_timeout.unwrap_or_default() != after {
            self.whole(Grade::ChangesBehavior);
        }
        self.summary(user_metadata);
    }

    /// What a person reads beside the event.
    fn summary(&mut self, user_metadata: Option<&UserMetadata>) {
        let recorded = describe::summary(self.event.user_metadata.as_deref());
        let attempted = describe::summary(user_metadata);
        if recorded != attempted {
            self.value("summary", &recorded, &attempted, Grade::Cosmetic);
        }
    }

    /// Notes that `attribute` differs, if it does.
    fn behavior(&mut self, attribute: &str, recorded: &str, attempted: &str) {
        if recorded != attempted {
            self.attribute(attribute, recorded, attempted, Grade::ChangesBehavior);
        }
    }

    /// Notes that a value of user code differs, and where.
    fn value(&mut self, attribute: &str, recorded: &str, attempted: &str, grade: Grade) {
        let [recorded, attempted] = side_by_side(recorded, attempted, describe::LONGEST);
        self.attribute(attribute, &recorded, &attempted, grade);
    }

    fn attribute(&mut self, attribute: &str, recorded: &str, attempted: &str, grade: Grade) {
        let event = format!("{}: {attribute} {recorded}", describe::event(self.event));
        let command = format!("{}: {attribute} {attempted}", describe::command(self.command));
        self.push(event, command, grade);
    }

    /// Notes a difference that shows in what the event and the command are called.
    fn whole(&mut self, grade: Grade) {
        self.push(describe::event(self.event), describe::command(self.command), grade);
    }

    fn push(&mut self, recorded: String, attempted: String, grade: Grade) {
        let at = Some(self.event.id);
        self.differences.push(Difference { index: self.index, at, recorded, attempted, grade });
    }
}

/// How two lists of values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// They are the same.
    Same,
    /// They are the same values of JSON, spelled in another way, as SDKs of other languages do.
    Respelled,
    Other,
}

impl Values {
    const fn grade(self) -> Option<Grade> {
        match self {
            Self::Same => None,
            Self::Respelled => Some(Grade::Cosmetic),
            Self::Other => Some(Grade::ChangesBehavior),
        }
    }
}

fn compare_values(recorded: Option<&Payloads>, attempted: Option<&Payloads>) -> Values {
    let (recorded, attempted) = (values(recorded), values(attempted));
    if recorded == attempted {
        return Values::Same;
    }
    let same = |(recorded, attempted): (&Payload, &Payload)| recorded.is_same_value(attempted);
    if recorded.len() == attempted.len() && recorded.iter().zip(attempted).all(same) {
        Values::Respelled
    } else {
        Values::Other
    }
}

/// The values, none if there are none.
fn values(payloads: Option<&Payloads>) -> &[Payload] {
    payloads.map(Payloads::as_slice).unwrap_or_default()
}

/// The fields; none and no header are the same.
fn fields(header: Option<&Header>) -> Option<&BTreeMap<SmolStr, Payload>> {
    header.map(|header| &header.fields).filter(|fields| !fields.is_empty())
}

/// What Go compares of a type's name: what follows its last dot.
fn last_part(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => last,
        _ => name,
    }
}

/// Whether two failures are the same but for stack traces.
fn same_failure(recorded: &Failure, attempted: &Failure) -> bool {
    let link =
        |failure: &Failure| (failure.message.clone(), failure.source.clone(), failure.info.clone());
    recorded.chain().map(link).eq(attempted.chain().map(link))
}
