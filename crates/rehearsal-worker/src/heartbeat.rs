//! Which heartbeats of an activity are sent, and when (C-32, C-33).

use core::time::Duration;

use rehearsal_history::{Payloads, Timestamp};

/// The interval of an activity without a heartbeat timeout.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
/// The longest interval.
const MAX_INTERVAL: Duration = Duration::from_secs(60);

/// A heartbeat to be sent now, with its details.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat(pub Option<Payloads>);

/// Holds back the heartbeats of one attempt of an activity, as the SDKs do.
///
/// The first beat is sent at once and opens a window. Beats within it only replace the pending details. When the window
/// ends, what is pending is sent and opens the next window; with nothing pending it lapses, and the next beat is again
/// sent at once.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_history::Timestamp;
/// use rehearsal_worker::HeartbeatThrottle;
///
/// let at = |seconds| Timestamp::EPOCH + Duration::from_secs(seconds);
/// let mut throttle = HeartbeatThrottle::new(Some(Duration::from_secs(5)));
///
/// assert!(throttle.beat(at(1), None).is_some());
/// assert!(throttle.beat(at(2), None).is_none());
/// assert_eq!(throttle.deadline(), Some(at(5)));
/// assert!(throttle.elapsed(at(5)).is_some());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeartbeatThrottle {
    interval: Duration,
    window: Window,
}

/// Whether heartbeats are held back.
#[derive(Debug, Clone, PartialEq)]
enum Window {
    /// The next beat is sent at once.
    Closed,
    /// Until `ends` beats are held back; `pending` is the last of them.
    Open { ends: Timestamp, pending: Option<Beat> },
}

impl HeartbeatThrottle {
    /// A throttle for an activity with this heartbeat timeout: it lets one beat through in 0.8 times that, or in 30 s
    /// without a timeout, but in no more than 60 s. A timeout of zero is none.
    #[must_use]
    pub fn new(heartbeat_timeout: Option<Duration>) -> Self {
        let interval = heartbeat_timeout
            .filter(|timeout| !timeout.is_zero())
            .map_or(DEFAULT_INTERVAL, |timeout| timeout.saturating_mul(8) / 10);
        Self { interval: interval.min(MAX_INTERVAL), window: Window::Closed }
    }

    /// How long a window stays open.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// Activity code beats at `now`; returns what is to be sent at once.
    ///
    /// A beat at the very end of a window, before [`elapsed`](Self::elapsed) was called, is still held back.
    pub fn beat(&mut self, now: Timestamp, details: Option<Payloads>) -> Option<Beat> {
        match &mut self.window {
            Window::Closed if self.interval.is_zero() => Some(Beat(details)),
            Window::Closed => {
                self.window = Window::Open { ends: now + self.interval, pending: None };
                Some(Beat(details))
            }
            Window::Open { pending, .. } => {
                *pending = Some(Beat(details));
                None
            }
        }
    }

    /// When the window ends, if one is open.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match &self.window {
            Window::Closed => None,
            Window::Open { ends, .. } => Some(*ends),
        }
    }

    /// Ends the window if its time is up; returns what is to be sent now. An early call changes nothing.
    pub fn elapsed(&mut self, now: Timestamp) -> Option<Beat> {
        match &mut self.window {
            Window::Open { ends, pending } if *ends <= now => {
                let sent = pending.take();
                self.window = match sent {
                    Some(_) => Window::Open { ends: now + self.interval, pending: None },
                    None => Window::Closed,
                };
                sent
            }
            Window::Closed | Window::Open { .. } => None,
        }
    }

    /// From now on no beat is held back. Returns what was.
    pub fn open(&mut self) -> Option<Beat> {
        self.interval = Duration::ZERO;
        self.flush()
    }

    /// The attempt ends with anything but success: returns what is to be sent before that is reported (C-33). On
    /// success pending details are dropped, so this is not called.
    pub fn flush(&mut self) -> Option<Beat> {
        match core::mem::replace(&mut self.window, Window::Closed) {
            Window::Closed => None,
            Window::Open { pending, .. } => pending,
        }
    }
}
