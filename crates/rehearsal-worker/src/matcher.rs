//! Compares the commands of a task with the events that record them, one by one, attribute by attribute.
//!
//! What the SDK itself compares breaks production when it differs (Go; core: ); what it does not
//! changes behavior, or is for people only. The first difference that breaks production ends the comparison of a task:
//! behind it every command would differ.
//!
//! Each operation has a file, which compares its attributes, and one line for each of its commands in [`pair`]. What
//! stands beside what is said in [`pairing`].

mod activity;
mod attributes;
mod child;
mod close;
mod external;
mod marker;
mod pairing;
mod properties;
mod strictness;
mod timer;
mod update;
mod values;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Event, EventId, EventKind};

use self::attributes::Attributes;
pub(crate) use self::close::Ends;
pub(crate) use self::pairing::{Pair, taken};
pub(crate) use self::strictness::{Context, Strictness};
use crate::describe;
use crate::mismatch::{Grade, NOTHING};
use crate::unsupported::not_simulated;

/// One difference, not yet placed in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) at: Option<EventId>,
    pub(crate) recorded: String,
    pub(crate) attempted: String,
    pub(crate) grade: Grade,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Comparison {
    /// In the order of the commands. The last one may break production, and then is where the comparison ended; no other
    /// does.
    pub(crate) places: Vec<Place>,
    /// Whether the SDK stops here: Go does if the workflow closes earlier than recorded.
    pub(crate) over: bool,
    /// Which events record which commands.
    pub(crate) pairs: Vec<Pair>,
}

impl Comparison {
    /// Where the events and the commands begin that stand alone behind all others, if it is there that the comparison ended.
    pub(crate) fn rest(&self) -> Option<(usize, usize)> {
        let rest = self.pairs.get(self.places.len().checked_sub(1)?..)?;
        let alone = rest.iter().all(|pair| pair.command.is_none())
            || rest.iter().all(|pair| pair.event.is_none());
        let events = rest.iter().find_map(|pair| pair.event).unwrap_or(usize::MAX);
        let commands = rest.iter().find_map(|pair| pair.command).unwrap_or(usize::MAX);
        (alone && !self.over).then_some((events, commands))
    }
}

/// What was found where an event, a command, or both of them stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) event: Option<Arc<Event>>,
    /// Which of the commands it is.
    pub(crate) command: Option<usize>,
    pub(crate) differences: Vec<Difference>,
    /// What the event belongs to, if no command simulates that.
    pub(crate) not_simulated: Option<String>,
}

/// Compares what a task recorded with what it attempts now.
pub(crate) fn compare(
    context: Context,
    recorded: &[Arc<Event>],
    attempted: &[ServerCommand],
) -> Comparison {
    let pairs = pairing::pairs(context, recorded, attempted);
    let early_close = close::early(&pairs, attempted);
    let surplus = surplus(context.strictness, early_close);
    let mut found = Comparison {
        places: Vec::new(),
        over: matches!(context.strictness, Strictness::Go(_)) && early_close.is_some(),
        pairs,
    };
    for at in &found.pairs {
        let event = at.event.and_then(|at| recorded.get(at));
        let command = at.command.and_then(|at| attempted.get(at));
        let mut place = Place {
            event: event.cloned(),
            command: at.command,
            differences: Vec::new(),
            not_simulated: None,
        };
        match (event, command) {
            (Some(event), Some(command)) => {
                let mut attributes =
                    Attributes { context, event, command, differences: Vec::new() };
                place.not_simulated = pair(&mut attributes);
                place.differences = attributes.differences;
            }
            (Some(event), None) => {
                place.not_simulated = not_simulated(&event.kind);
                place.differences.push(missing(context.strictness, event));
            }
            (None, Some(command)) => place.differences.push(extra(surplus, command)),
            (None, None) => {}
        }
        let of_update = event.is_some_and(is_of_update) || command.is_some_and(answers_update);
        if of_update && !context.places_updates {
            // Go looks at none of it.
            for difference in &mut place.differences {
                difference.grade = Grade::ChangesBehavior;
            }
        }
        let mut grades = place.differences.iter().map(|difference| difference.grade);
        let broken = grades.any(|grade| grade == Grade::BreaksProduction);
        found.places.push(place);
        if broken {
            break;
        }
    }
    found
}

/// Whether an event says what has become of an update, but for a rejection, which no SDK leaves.
pub(crate) fn is_of_update(event: &Arc<Event>) -> bool {
    matches!(
        event.kind,
        EventKind::WorkflowExecutionUpdateAccepted(_)
            | EventKind::WorkflowExecutionUpdateCompleted(_)
    )
}

/// Whether a command says what becomes of an update.
pub(crate) const fn answers_update(command: &ServerCommand) -> bool {
    matches!(command, ServerCommand::AnswerUpdate(_))
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
fn extra(grade: Grade, command: &ServerCommand) -> Difference {
    Difference { at: None, recorded: NOTHING.into(), attempted: describe::command(command), grade }
}

/// Nothing was asked for where `event` is recorded.
fn missing(strictness: Strictness, event: &Event) -> Difference {
    let unseen = matches!(strictness, Strictness::Go(_)) && close::is_unseen_by_go(&event.kind);
    Difference {
        at: Some(event.id),
        recorded: describe::event(event),
        attempted: NOTHING.into(),
        grade: if unseen { Grade::ChangesBehavior } else { Grade::BreaksProduction },
    }
}

/// Compares one command with the event at its place; returns what the event belongs to, if no command simulates that.
fn pair(at: &mut Attributes<'_>) -> Option<String> {
    use {EventKind as E, ServerCommand as C};
    match (&at.event.kind, at.command) {
        (E::ActivityTaskScheduled(recorded), C::ScheduleActivityTask(attempted)) => {
            activity::scheduled(at, recorded, attempted);
        }
        (
            E::ActivityTaskCancelRequested(recorded),
            C::RequestCancelActivityTask { scheduled, .. },
        ) => activity::cancel_requested(at, recorded, *scheduled),
        (E::TimerStarted(recorded), C::StartTimer { timer_id, after, user_metadata }) => {
            timer::started(at, recorded, timer_id, *after, user_metadata.as_deref());
        }
        (E::TimerCanceled(recorded), C::CancelTimer { timer_id, .. }) => {
            timer::canceled(at, recorded, timer_id);
        }
        (E::StartChildWorkflowExecutionInitiated(recorded), C::StartChildWorkflow(attempted)) => {
            child::initiated(at, recorded, attempted);
        }
        (
            E::SignalExternalWorkflowExecutionInitiated(recorded),
            C::SignalExternalWorkflow(attempted),
        ) => external::signal(at, recorded, attempted),
        (
            E::RequestCancelExternalWorkflowExecutionInitiated(recorded),
            C::RequestCancelExternalWorkflow(attempted),
        ) => external::cancel(at, recorded, attempted),
        (E::MarkerRecorded(recorded), C::RecordMarker(attempted)) => {
            marker::recorded(at, recorded, attempted);
        }
        (E::UpsertWorkflowSearchAttributes(recorded), C::UpsertSearchAttributes(attempted)) => {
            properties::search(at, recorded, attempted);
        }
        (E::WorkflowPropertiesModified(recorded), C::UpsertMemo(attempted)) => {
            properties::memo(at, recorded, attempted);
        }
        (E::WorkflowExecutionUpdateAccepted(recorded), C::AnswerUpdate(attempted)) => {
            update::accepted(at, recorded, attempted);
        }
        (E::WorkflowExecutionUpdateCompleted(recorded), C::AnswerUpdate(attempted)) => {
            update::completed(at, recorded, attempted);
        }
        (E::WorkflowExecutionCompleted(recorded), C::CompleteWorkflow { result }) => {
            close::completed(at, recorded, result.as_ref());
        }
        (E::WorkflowExecutionFailed(recorded), C::FailWorkflow { failure }) => {
            close::failed(at, recorded, failure);
        }
        (E::WorkflowExecutionCanceled(recorded), C::CancelWorkflow { details }) => {
            close::canceled(at, recorded, details.as_ref());
        }
        (E::WorkflowExecutionContinuedAsNew(recorded), C::ContinueAsNew(attempted)) => {
            close::continued(at, recorded, attempted);
        }
        (kind, command)
            if close::is_unseen_by_go(kind)
                && command.is_close()
                && matches!(at.context.strictness, Strictness::Go(_)) =>
        {
            at.whole(Grade::ChangesBehavior);
        }
        (kind, _) => {
            at.unlike();
            return not_simulated(kind);
        }
    }
    None
}
