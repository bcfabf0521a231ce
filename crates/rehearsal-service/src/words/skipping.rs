//! How far the time of a run is ahead of the clock of the shard, and how it gets there
//! (`service/history/workflow/timeskipping.go` of server 1.32).

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use rehearsal_history::event::{
    WorkflowExecutionOptionsUpdated, WorkflowExecutionStarted,
    WorkflowExecutionTimeSkippingTransitioned,
};
use rehearsal_history::{
    Event, EventKind, TimeSkippingConfig, TimeSkippingStatePropagation, Timestamp,
};

/// Whether the time of a run is skipped, and how much was. A run of which nobody ever asked for it has none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Skipping {
    /// What counts; nothing once it was taken away.
    pub(crate) config: Option<Box<TimeSkippingConfig>>,
    /// How much was skipped, also by those before it.
    pub(crate) skipped: Duration,
    /// How often, since it was last asked for.
    skips: i32,
    pub(crate) forward: Option<Forward>,
}

/// A fast-forward: time is skipped until then, and no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) target: Timestamp,
    /// Whether that time has come.
    pub(crate) reached: bool,
}

impl Skipping {
    /// That of a run that begins with this event (`initTimeSkippingInfo`).
    pub(crate) fn of(started: &WorkflowExecutionStarted, at: Timestamp) -> Option<Box<Self>> {
        let config = started.time_skipping_config.clone();
        let handed_on = started.time_skipping_state_propagation.as_deref();
        let skipped = started.skipped_before();
        if config.is_none() && skipped.is_zero() {
            return None;
        }
        let target = handed_on.and_then(|it| it.fast_forward_target_time);
        let skips = handed_on.map_or(0, |it| it.initial_skip_count);
        let forward = forward(config.as_deref(), target, at);
        Some(Box::new(Self { config, skipped, skips, forward }))
    }

    /// Whether time is skipped now.
    pub(crate) fn is_enabled(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.enabled)
    }

    /// The fast-forward that has not come to its end (`HasPendingFastForward`).
    pub(crate) fn pending_forward(&self) -> Option<Timestamp> {
        let forward = self.forward.filter(|forward| self.is_enabled() && !forward.reached);
        forward.map(|forward| forward.target)
    }

    /// What the next run of the chain is started with (`propagateTimeSkippingToNextRun`).
    pub(crate) fn for_next_run(&self) -> HandedOn {
        let enabled = self.is_enabled();
        let propagation = TimeSkippingStatePropagation {
            initial_skipped_duration: Some(self.skipped).filter(|by| !by.is_zero()),
            fast_forward_target_time: self.pending_forward(),
            // A session has ended when no more is skipped.
            initial_skip_count: if enabled { self.skips } else { 0 },
            ..TimeSkippingStatePropagation::default()
        };
        HandedOn {
            config: self.config.clone().filter(|_| enabled),
            propagation: given(propagation),
        }
    }

    /// What a child is started with: no fast-forward, and a count of its own (`propagateTimeSkippingToChild`).
    pub(crate) fn for_child(&self) -> HandedOn {
        let propagation = TimeSkippingStatePropagation {
            initial_skipped_duration: Some(self.skipped).filter(|by| !by.is_zero()),
            ..TimeSkippingStatePropagation::default()
        };
        let config = self.config.as_ref().filter(|it| it.enabled && !it.disable_propagation);
        let config = config.map(|config| {
            Box::new(TimeSkippingConfig {
                enabled: true,
                max_session_skip_count: config.max_session_skip_count,
                ..TimeSkippingConfig::default()
            })
        });
        HandedOn { config, propagation: given(propagation) }
    }

    /// `ApplyWorkflowExecutionTimeSkippingTransitionedEvent`. In the buffer it ends a fast-forward at once; it counts, and
    /// time is another one, when it is recorded.
    fn transition(&mut self, it: &WorkflowExecutionTimeSkippingTransitioned, event: &Event) {
        if it.disabled_after_fast_forward
            && let Some(forward) = &mut self.forward
        {
            forward.reached = true;
            self.disable();
        }
        if event.id.is_none() {
            return;
        }
        if let Some(target) = it.target_time {
            self.skipped = self.skipped.saturating_add(target.since(event.time));
        }
        self.skips = self.skips.saturating_add(1);
        if self.config.as_ref().is_some_and(|it| self.skips >= it.max_session_skip_count) {
            self.disable();
        }
    }

    fn disable(&mut self) {
        if let Some(config) = &mut self.config {
            config.enabled = false;
        }
    }
}

/// What a run is started with of the time of another.
#[derive(Debug, Default)]
pub(crate) struct HandedOn {
    pub(crate) config: Option<Box<TimeSkippingConfig>>,
    pub(crate) propagation: Option<Box<TimeSkippingStatePropagation>>,
}

fn given(propagation: TimeSkippingStatePropagation) -> Option<Box<TimeSkippingStatePropagation>> {
    (propagation != TimeSkippingStatePropagation::default()).then(|| Box::new(propagation))
}

/// How often time is skipped if nobody says how often: `frontend.WorkflowTimeSkippingMaxSkipPerSession`.
const MOST_SKIPS: i32 = 200;

/// What is wrong with what is asked of the time of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSkipping {
    /// A fast-forward goes nowhere.
    Duration,
    /// A fast-forward has no id.
    Id,
    /// A fast-forward, while time is not skipped.
    Disabled,
}

impl fmt::Display for BadSkipping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duration => {
                "Time skipping config invalid: fast_forward duration must be positive"
            }
            Self::Id => "Time skipping config invalid: fast_forward_id must be set",
            Self::Disabled => "time_skipping_config: cannot set fast_forward when enabled is false",
        })
    }
}

/// Whether this can be meant; how often time may be skipped is filled in (`validateAndPopulateTimeSkippingConfig` in
/// `service/frontend/workflow_handler.go`).
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn check(config: Option<&mut TimeSkippingConfig>) -> Result<(), BadSkipping> {
    let Some(config) = config else { return Ok(()) };
    if config.max_session_skip_count <= 0 {
        config.max_session_skip_count = MOST_SKIPS;
    }
    let Some(forward) = &config.fast_forward_config else { return Ok(()) };
    if forward.duration.unwrap_or_default().is_zero() {
        return Err(BadSkipping::Duration);
    }
    if forward.id.trim().is_empty() {
        return Err(BadSkipping::Id);
    }
    if config.enabled { Ok(()) } else { Err(BadSkipping::Disabled) }
}

/// `applyFastForward`. A configuration with one was enabled when it was given; that it says so no more in its event means
/// that time was skipped to the end in the same transaction.
fn forward(
    config: Option<&TimeSkippingConfig>,
    target: Option<Timestamp>,
    now: Timestamp,
) -> Option<Forward> {
    let by = config?.fast_forward_config.as_ref()?.duration.filter(|by| !by.is_zero())?;
    let target = target.unwrap_or_else(|| now.saturating_add(by));
    Some(Forward { target, reached: false })
}

/// What `event` makes of how the time of a run is skipped.
pub(crate) fn evolve(skipping: &mut Option<Box<Skipping>>, event: &Event) {
    match &event.kind {
        EventKind::WorkflowExecutionOptionsUpdated(it) if it.time_skipping_config_updated => {
            update(skipping, it, event.time);
        }
        EventKind::WorkflowExecutionTimeSkippingTransitioned(it) => {
            if let Some(skipping) = skipping {
                skipping.transition(it, event);
            }
        }
        _ => {}
    }
}

/// `updateTimeSkippingInfo`.
fn update(
    skipping: &mut Option<Box<Skipping>>,
    updated: &WorkflowExecutionOptionsUpdated,
    at: Timestamp,
) {
    let config = updated.time_skipping_config.clone();
    if skipping.is_none() && config.is_none() {
        return;
    }
    let skipping = skipping.get_or_insert_default();
    skipping.forward = forward(config.as_deref(), None, at);
    skipping.config = config;
    skipping.skips = 0;
}
