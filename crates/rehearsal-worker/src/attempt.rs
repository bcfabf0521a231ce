//! What a worker makes of the end of an activity's attempt, by profile (C-28, C-30, C-33, C-34, §3.4.3).

use core::time::Duration;

use rehearsal_history::Payloads;

use crate::heartbeat::Beat;
use crate::profile::Profile;

/// How the worker of a profile treats the attempts of activities.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_worker::{AttemptRules, Expiry, Profile};
///
/// let limit = Some(Duration::from_secs(10));
/// let go = AttemptRules::new(Profile::Go).expiry(limit, None, None);
/// assert_eq!(go.start_to_close, Some(Duration::from_secs(10)));
///
/// let core = AttemptRules::new(Profile::Core).expiry(limit, None, Some(Duration::from_secs(2)));
/// assert_eq!(core, Expiry {
///     start_to_close: Some(Duration::from_secs(15)),
///     heartbeat: Some(Duration::from_secs(7)),
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptRules {
    profile: Profile,
}

/// How an attempt has ended, in the worker's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It returned a value.
    Completed,
    /// It failed.
    Failed,
    /// It says that it was canceled.
    Canceled,
    /// It says that somebody outside ends it: nothing is reported.
    Pending,
}

/// When a worker gives an attempt up by itself, counted from its start. `None` for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expiry {
    /// The attempt as a whole.
    pub start_to_close: Option<Duration>,
    /// Since its start, or since the service has last answered a heartbeat.
    pub heartbeat: Option<Duration>,
}

/// How much longer than a timeout core waits until it gives an attempt up by itself.
const BUFFER: Duration = Duration::from_secs(5);

impl AttemptRules {
    /// The rules of this profile.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile }
    }

    /// Whether a heartbeat that is held back is sent before the end is reported (C-33): Go sends it before anything but
    /// a success, also if nothing is reported (`activityTaskHandlerImpl.Execute`), core before a cancellation only
    /// (`complete_activity_task` in its `worker/activities.rs`).
    #[must_use]
    pub const fn flushes(&self, report: Report) -> bool {
        match (self.profile, report) {
            (Profile::Go | Profile::Core, Report::Completed)
            | (Profile::Core, Report::Failed | Report::Pending) => false,
            (Profile::Go, Report::Failed | Report::Pending)
            | (Profile::Go | Profile::Core, Report::Canceled) => true,
        }
    }

    /// Whether heartbeats are sent after the attempt was told that it is canceled, gone or out of time (C-32): in Go a
    /// heartbeat uses the context of the attempt, which is over then (`RecordActivityHeartbeat` and
    /// `temporalInvoker.internalHeartBeat` of the SDK 1.47). Core goes on sending.
    #[must_use]
    pub const fn beats_when_told(&self) -> bool {
        match self.profile {
            Profile::Go => false,
            Profile::Core => true,
        }
    }

    /// Whether heartbeats are held back no longer once the worker stops: Go ends the batch then (`temporalInvoker.Heartbeat`
    /// waits for its stop channel too), core does not.
    #[must_use]
    pub const fn stop_ends_throttle(&self) -> bool {
        match self.profile {
            Profile::Go => true,
            Profile::Core => false,
        }
    }

    /// What the report of a failure carries as the last heartbeat (C-33): with core the details of the last one that
    /// activity code recorded in this attempt, sent or held back; with Go nothing.
    #[must_use]
    pub fn failure_details(&self, last: Option<Beat>) -> Option<Payloads> {
        match self.profile {
            Profile::Go => None,
            Profile::Core => last.and_then(|Beat(details)| details),
        }
    }

    /// When the worker gives an attempt up by itself (C-34). `left` is what is left of the schedule-to-close timeout at
    /// the start of the attempt. A timeout of zero is none.
    ///
    /// Go ends the context of the attempt at the earlier of two deadlines. Core waits 5 s longer than the service, looks
    /// at heartbeats too, and not at schedule-to-close; it then cancels the attempt as timed out.
    #[must_use]
    pub fn expiry(
        &self,
        start_to_close: Option<Duration>,
        left: Option<Duration>,
        heartbeat: Option<Duration>,
    ) -> Expiry {
        let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
        match self.profile {
            Profile::Go => Expiry {
                start_to_close: [given(start_to_close), given(left)].into_iter().flatten().min(),
                heartbeat: None,
            },
            Profile::Core => {
                let buffered = |timeout| given(timeout).map(|limit| limit.saturating_add(BUFFER));
                Expiry { start_to_close: buffered(start_to_close), heartbeat: buffered(heartbeat) }
            }
        }
    }

    /// Whether the end of an attempt is reported after it [expired](Self::expiry) on the worker (C-34). Core tells an
    /// attempt of one cancel only, and does not notice that it expired if it had told it of another one before.
    #[must_use]
    pub const fn reports_when_expired(&self, told_of_cancel: bool) -> bool {
        match self.profile {
            Profile::Go => false,
            Profile::Core => told_of_cancel,
        }
    }

    /// Whether the end of an attempt is reported after a heartbeat was answered with "not found" (C-30): Go reports it,
    /// core does not, unless it had told the attempt of another cancel before.
    #[must_use]
    pub const fn reports_when_not_found(&self, told_of_cancel: bool) -> bool {
        match self.profile {
            Profile::Go => true,
            Profile::Core => told_of_cancel,
        }
    }

    /// What is reported for an attempt that says that it was canceled, though nobody asked it to (C-28, §3.4.3): Go
    /// reports a failure, which is retried; core a cancellation, which the service refuses, so that the attempt runs into
    /// its timeout.
    #[must_use]
    pub const fn uncalled_cancel(&self) -> Report {
        match self.profile {
            Profile::Go => Report::Failed,
            Profile::Core => Report::Canceled,
        }
    }
}
