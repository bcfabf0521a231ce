//! Compares activities.

use rehearsal_activation::ScheduleActivityTask;
use rehearsal_history::EventId;
use rehearsal_history::event::{ActivityTaskCancelRequested, ActivityTaskScheduled};

use super::attributes::Attributes;
use super::strictness::Strictness;
use crate::describe;
use crate::mismatch::Grade;
use crate::normal::{Timeouts, retry_policy};

/// An activity is scheduled.
pub(super) fn scheduled(
    at: &mut Attributes<'_>,
    recorded: &ActivityTaskScheduled,
    attempted: &ScheduleActivityTask,
) {
    if let Some(grade) = another(at.context.strictness, recorded, attempted) {
        return at.whole(grade);
    }
    at.behavior("type", &recorded.activity_type.name, &attempted.activity_type);
    at.behavior("task queue", &recorded.task_queue.name, &attempted.task_queue);
    at.input(recorded.input.as_ref(), attempted.input.as_ref());
    let timeouts = Timeouts::recorded(recorded);
    let wanted = Timeouts::normalized(attempted, at.context.run_timeout);
    for ((name, recorded), (_, attempted)) in timeouts.named().into_iter().zip(wanted.named()) {
        if recorded != attempted {
            at.behavior(name, &describe::timeout(recorded), &describe::timeout(attempted));
        }
    }
    let policy = retry_policy(recorded.retry_policy.as_ref());
    let wanted = retry_policy(attempted.retry_policy.as_ref());
    if policy != wanted {
        let wanted = describe::retry_policy(&wanted);
        for ((name, recorded), (_, attempted)) in
            describe::retry_policy(&policy).into_iter().zip(wanted)
        {
            at.behavior(name, &recorded, &attempted);
        }
    }
    at.priority(recorded.priority.as_ref(), attempted.priority.as_ref());
    at.header(recorded.header.as_ref(), attempted.header.as_ref());
    at.summary(attempted.user_metadata.as_deref());
}

/// An activity is asked to cancel.
pub(super) fn cancel_requested(
    at: &mut Attributes<'_>,
    recorded: &ActivityTaskCancelRequested,
    scheduled: EventId,
) {
    at.target(recorded.scheduled_event_id == scheduled);
}

/// How bad it is that another activity is named than recorded, if one is. Core looks if the history says so.
fn another(
    strictness: Strictness,
    recorded: &ActivityTaskScheduled,
    attempted: &ScheduleActivityTask,
) -> Option<Grade> {
    let same_id = recorded.activity_id == attempted.activity_id;
    let types = (&*recorded.activity_type.name, &*attempted.activity_type);
    let (same, grade) = match strictness {
        Strictness::Go(_) => {
            (same_id && last_part(types.0) == last_part(types.1), Grade::BreaksProduction)
        }
        Strictness::Core { activities: true } => {
            (same_id && types.0 == types.1, Grade::BreaksProduction)
        }
        Strictness::Core { activities: false } => (same_id, Grade::ChangesBehavior),
    };
    (!same).then_some(grade)
}

/// What Go compares of a type's name: what follows its last dot.
pub(super) fn last_part(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => last,
        _ => name,
    }
}
