//! How an activity looks from outside.

use super::{Activity, ActivityState};
use crate::view::{PendingKind, PendingOp, PendingState, Standing};

impl Activity {
    /// How far it has come.
    pub(crate) fn standing(&self) -> Standing<'_> {
        let attributes = self.attributes();
        let limit = attributes.schedule_to_close_timeout.filter(|limit| !limit.is_zero());
        let (retry, started_at) = match self.state {
            ActivityState::Backoff { until } => (Some(until), None),
            ActivityState::Started { at, .. } => (None, Some(at)),
            ActivityState::Scheduled { .. } | ActivityState::Unseen | ActivityState::Closed => {
                (None, None)
            }
        };
        Standing {
            attributes,
            attempt: self.attempt,
            last_failure: self.last_failure.as_deref(),
            retry,
            heartbeats: self.last_beat.is_some(),
            scheduled_at: self.queued_at,
            started_at,
            worker: self.worker.as_ref(),
            ended_at: self.ended_at,
            last_beat: self.beat_at.map(|at| (at, self.details.as_ref())),
            expires_at: limit.map(|limit| self.scheduled_at().saturating_add(limit)),
        }
    }

    /// How it looks from outside; `None` if it has ended.
    pub(crate) const fn pending_state(&self) -> Option<PendingState> {
        match &self.state {
            ActivityState::Scheduled { .. } => Some(PendingState::Scheduled),
            ActivityState::Backoff { .. } => Some(PendingState::Backoff),
            ActivityState::Started { .. } if self.cancel.is_some() => {
                Some(PendingState::CancelRequested)
            }
            ActivityState::Started { .. } if self.last_beat.is_some() => {
                Some(PendingState::Heartbeating)
            }
            ActivityState::Started { .. } => Some(PendingState::Started),
            ActivityState::Unseen | ActivityState::Closed => None,
        }
    }

    /// The same with what it is.
    pub(crate) fn pending(&self) -> Option<PendingOp> {
        let attributes = self.attributes();
        Some(PendingOp {
            kind: PendingKind::Activity,
            id: attributes.activity_id.clone(),
            name: attributes.activity_type.name.clone(),
            state: self.pending_state()?,
            scheduled: self.scheduled(),
        })
    }
}
