//! All activities of a run together.

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::{Event, EventId, EventKind};

use super::Activity;
use crate::words::Table;

/// What `event` makes of all activities. One that has ended for good is gone.
pub(crate) fn evolve(activities: &mut impl Table<EventId, Box<Activity>>, event: &Arc<Event>) {
    let scheduled = match &event.kind {
        EventKind::ActivityTaskScheduled(_) => {
            let activity = Activity::new(Arc::clone(event), event.time);
            return activities.put(event.id, Box::new(activity));
        }
        EventKind::ActivityTaskCancelRequested(it) => it.scheduled_event_id,
        EventKind::ActivityTaskCompleted(it) => it.scheduled_event_id,
        EventKind::ActivityTaskFailed(it) => it.scheduled_event_id,
        EventKind::ActivityTaskTimedOut(it) => it.scheduled_event_id,
        EventKind::ActivityTaskCanceled(it) => it.scheduled_event_id,
        // H-12: a start is written when the activity closes, so it changes nothing. The others are about something else.
        _ => return,
    };
    let Some(activity) = activities.change(&scheduled) else { return };
    activity.evolve(event);
    if activity.has_ended() {
        activities.drop(&scheduled);
    }
}
