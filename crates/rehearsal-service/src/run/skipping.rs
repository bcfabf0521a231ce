//! Time that is skipped: when a run has nothing to do at the end of a transaction, its time is that of what comes next
//! (`closeTransactionHandleWorkflowTimeSkipping` in `service/history/workflow/timeskipping.go` of server 1.32).
//!
//! Each run has a time of its own, which is so far [ahead](Run::ahead) of the clock of the service. Its events, its deadlines
//! and all that it is told are in its own time; what leaves it is in that of the service.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::event::{
    WorkflowExecutionOptionsUpdated, WorkflowExecutionTimeSkippingTransitioned,
};
use rehearsal_history::{EventId, EventKind, SmolStr, TimeSkippingConfig, Timestamp};

use super::{Run, Turn};
use crate::error::{NotFound, RequestError};
use crate::machine::activity::ActivityState;
use crate::machine::timer::Timer;
use crate::view::SkippingView;
use crate::words::{Decision, Due, Forward, Moment, Skipping, Wake, size};

/// What is wanted of the time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skip {
    /// What it is to be.
    target: Option<Timestamp>,
    /// Whether a fast-forward has come to its end with it.
    last: bool,
}

impl Run {
    /// By how much the time of the run is ahead of the clock of the service.
    pub(crate) const fn ahead(&self) -> Duration {
        self.ahead
    }

    /// How its time is skipped, if anybody ever asked for it.
    pub(crate) fn skipping(&self) -> Option<SkippingView<'_>> {
        let skipping = self.state.skipping.as_deref()?;
        let follows = self.state.view.close.as_ref().and_then(|close| close.kind.next_run_id());
        Some(SkippingView {
            config: skipping.config.as_deref(),
            forward: skipping.forward.map(|forward| (forward.target, forward.reached)),
            is_over: !self.is_open() && follows.is_none(),
        })
    }

    /// `MergeAndApply` in `service/history/api/updateworkflowoptions/api.go`. A fast-forward is one anew although it is the
    /// same; else what changes nothing is not recorded.
    ///
    /// # Errors
    ///
    /// The run is closed.
    pub(crate) fn update_skipping(
        &mut self,
        turn: &mut Turn<'_>,
        config: Option<Box<TimeSkippingConfig>>,
        identity: SmolStr,
    ) -> Result<(), RequestError> {
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        let before = self.state.skipping.as_deref().and_then(|it| it.config.as_ref());
        let forwards = config.as_ref().is_some_and(|it| it.fast_forward_config.is_some());
        if !forwards && before == config.as_ref() {
            return Ok(());
        }
        let mut decision = Decision::default();
        decision.record(
            turn.now,
            WorkflowExecutionOptionsUpdated {
                unset_versioning_override: true,
                identity,
                time_skipping_config: config,
                time_skipping_config_updated: true,
                ..WorkflowExecutionOptionsUpdated::default()
            },
        );
        self.settle(turn, decision);
        self.arm_forward(turn);
        self.finish(turn, false);
        Ok(())
    }

    /// The end of the fast-forward that the run has, if it has one.
    fn pending_forward(&self) -> Option<Timestamp> {
        self.state.skipping.as_deref().and_then(Skipping::pending_forward)
    }

    /// Arms the end of the fast-forward, which comes by itself if nothing is skipped; without one nothing is armed.
    pub(super) fn arm_forward(&mut self, turn: &mut Turn<'_>) {
        let due = self.pending_forward().map(|at| Due { at, moment: Moment::of(EventId::FIRST) });
        self.forward = due.map(|due| turn.arm(&mut self.queue, due));
    }

    /// A fast-forward has come to its end although the run had things to do (`executeTimeSkippingTimerTask`).
    pub(super) fn end_forward(&mut self, turn: &mut Turn<'_>) {
        self.forward = None;
        let is_over = self.pending_forward().is_some_and(|target| target <= turn.now);
        if is_over {
            self.record_skip(turn, Skip { target: None, last: true });
        }
        self.finish_as(turn, false, !is_over);
    }

    /// What time is skipped to, if it is (`isWorkflowSkippable`, `findNextSkipTarget`).
    pub(super) fn skip(&self, now: Timestamp) -> Option<Skip> {
        let state = &self.state;
        let skipping = state.skipping.as_deref().filter(|skipping| skipping.is_enabled())?;
        let is_idle =
            state.task.is_idle() && state.children.is_empty() && state.externals.is_empty();
        if !is_idle {
            return None;
        }
        let mut backoffs = Vec::new();
        for activity in state.activities.values() {
            match activity.state {
                // One that is to be tried again is waited for; any other is worked on.
                ActivityState::Backoff { until } if until > now => backoffs.push(until),
                ActivityState::Unseen | ActivityState::Closed => {}
                ActivityState::Backoff { .. }
                | ActivityState::Scheduled { .. }
                | ActivityState::Started { .. } => return None,
            }
        }
        let timers = state.timers.values().filter_map(Timer::due).map(|due| due.at);
        let expires = state.settings.expires.filter(|_| state.had_task);
        let begins = state.settings.begins.filter(|begins| !state.had_task && *begins > now);
        let all = backoffs.into_iter().chain(timers).chain(expires).chain(begins);
        let target = all.filter(|at| *at >= now).min();
        // `GateByFastForward`.
        let forward = skipping.forward.filter(|forward| !forward.reached);
        let last = forward.filter(|forward| target.is_none_or(|target| target >= forward.target));
        let skip = match last {
            // One whose time has passed already is not gone back to.
            Some(Forward { target: end, .. }) if end >= now => {
                Skip { target: Some(end), last: true }
            }
            Some(_) => Skip { target, last: true },
            None => Skip { target, last: false },
        };
        (skip.target.is_some() || skip.last).then_some(skip)
    }

    /// Records that time is skipped.
    pub(super) fn record_skip(&mut self, turn: &Turn<'_>, skip: Skip) {
        let mut decision = Decision::default();
        decision.record(
            turn.now,
            WorkflowExecutionTimeSkippingTransitioned {
                target_time: skip.target,
                disabled_after_fast_forward: skip.last,
                wall_clock_time: Some(turn.now),
                ..WorkflowExecutionTimeSkippingTransitioned::default()
            },
        );
        self.settle(turn, decision);
    }

    /// Time is that of the skip from now on. What is to go off then is put into the timer queue anew
    /// (`RegenerateTimerTasksForTimeSkipping`); all else in it goes by the clock of the shard.
    pub(super) fn leap(&mut self, turn: &mut Turn<'_>, skip: Skip) {
        self.say_disabled();
        let Some(by) = skip.target.map(|target| target.since(turn.now)) else { return };
        self.ahead = self.ahead.saturating_add(by);
        turn.leap(by);
        self.queue.leap(by);
        for tasks in [&mut self.timer_tasks, &mut self.activity_tasks] {
            *tasks = tasks.iter().map(|wake| wake.later(by)).collect();
        }
        for activity in self.state.activities.values_mut() {
            let wakes = activity.wakes.iter_mut().flatten();
            wakes.for_each(|wake| *wake = wake.later(by));
            // Armed anew with all others.
            activity.retry = None;
        }
        let timers = self.state.timers.values();
        let mut timers: Vec<(Due, EventId, SmolStr)> = timers
            .filter_map(|timer| Some((timer.due()?, timer.started, timer.id.clone())))
            .collect();
        timers.sort_unstable();
        for (due, _, id) in timers {
            let wake = turn.arm(&mut self.queue, due);
            self.timer_tasks.insert(wake);
            if let Some(timer) = self.state.timers.get_mut(&id) {
                timer.wake = Some(wake);
            }
        }
        if let Some(Wake { due, .. }) = self.expiry {
            self.expiry = Some(turn.arm(&mut self.queue, due));
        }
        self.arm_forward(turn);
        if let Some(Wake { due, .. }) = self.begin {
            self.begin = Some(turn.arm(&mut self.queue, due));
        }
    }

    /// An event of this transaction that asked for skips says whether they go on behind them: the server keeps one and the
    /// same configuration in the event and in its state.
    fn say_disabled(&mut self) {
        if self.state.skipping.as_deref().is_none_or(Skipping::is_enabled) {
            return;
        }
        for event in self.events.iter_mut().skip(self.written_events) {
            let asked = match &event.kind {
                EventKind::WorkflowExecutionStarted(it) => &it.time_skipping_config,
                EventKind::WorkflowExecutionOptionsUpdated(it) => &it.time_skipping_config,
                _ => &None,
            };
            if asked.as_ref().is_none_or(|config| !config.enabled) {
                continue;
            }
            self.size = self.size.saturating_sub(size(event));
            let config = match &mut Arc::make_mut(event).kind {
                EventKind::WorkflowExecutionStarted(it) => &mut it.time_skipping_config,
                EventKind::WorkflowExecutionOptionsUpdated(it) => &mut it.time_skipping_config,
                _ => continue,
            };
            if let Some(config) = config {
                config.enabled = false;
            }
            self.size = self.size.saturating_add(size(event));
        }
    }
}
