//! What can be set on the simulated service; the defaults are the server's.

use alloc::collections::BTreeMap;
use core::time::Duration;

use rehearsal_history::{SearchType, SmolStr};

use crate::words::Bend;

/// Settings of a [`Service`](crate::Service). The default is that of a Temporal server 1.32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// The namespace that all workflows are in.
    pub namespace: SmolStr,
    /// The resolution of the timer queue (T-2, T-9): no deadline goes off sooner than this after the queues were read
    /// for the last time before it was armed; the others are on time. One second; zero makes every deadline exact.
    pub timer_resolution: Duration,
    /// How long a worker may take for a workflow task if the client does not say (W-4). Ten seconds.
    pub default_task_timeout: Duration,
    /// The longest timeout of a workflow task that a client may ask for. Two minutes.
    pub max_task_timeout: Duration,
    /// For how long a workflow task may be heartbeated that asks for nothing (W-18). Thirty minutes.
    pub task_heartbeat_timeout: Duration,
    /// How long after the start of a run the next one of its chain begins at the soonest (T-12). One second.
    pub minimal_reuse_interval: Duration,
    /// The search attributes of the namespace beside the server's own, by their names. None.
    pub search_attributes: BTreeMap<SmolStr, SearchType>,
    /// How much is too much.
    pub limits: Limits,
    /// Bends what is decided, before it happens; `None` outside of Rehearsal's own controls.
    #[doc(hidden)]
    pub bend: Option<Bend>,
    /// Whether the service looks after each transaction whether evolving the history gives the state of the run, and
    /// panics if not. For Rehearsal's own suites: it takes as long as the history is.
    #[doc(hidden)]
    pub rebuilds: bool,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            namespace: SmolStr::new_static("default"),
            timer_resolution: Duration::from_secs(1),
            default_task_timeout: Duration::from_secs(10),
            max_task_timeout: Duration::from_secs(120),
            task_heartbeat_timeout: Duration::from_secs(30 * 60),
            minimal_reuse_interval: Duration::from_secs(1),
            search_attributes: BTreeMap::new(),
            limits: Limits::default(),
            bend: None,
            rebuilds: false,
        }
    }
}

impl ServiceConfig {
    /// How long a worker may take for a workflow task of a run with this timeout (W-4,
    /// `overrideWorkflowTaskTimeout`); zero for what was not given.
    pub(crate) fn task_timeout(&self, given: Duration, run: Duration) -> Duration {
        let task = if given.is_zero() { self.default_task_timeout } else { given };
        let task = task.min(self.max_task_timeout);
        if run.is_zero() { task } else { task.min(run) }
    }
}

/// How long a run may take: no run outlives the execution (T-10). Zero is none of both.
pub(crate) fn run_timeout(run: Duration, execution: Duration) -> Duration {
    if run.is_zero() {
        execution
    } else if execution.is_zero() {
        run
    } else {
        run.min(execution)
    }
}

/// Limits of one run. The default is the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many events may wait in the buffer; one more fails the workflow task (H-7). 100.
    pub buffered_events: usize,
    /// How many activities may be pending; one more fails the workflow task (W-15). 2000.
    pub pending_activities: usize,
    /// How many children may be pending; one more fails the workflow task (W-15). 2000.
    pub pending_children: usize,
    /// How many signals to other workflows may be under way; one more fails the workflow task (W-15). 2000.
    pub pending_signals: usize,
    /// How many cancels of other workflows may be under way; one more fails the workflow task (W-15). 2000.
    pub pending_cancels: usize,
    /// How many signals a run takes; one more is refused. 10000.
    pub signals: u32,
    /// How many queries may wait for a workflow task; one more is refused. 1.
    pub buffered_queries: usize,
    /// How many updates may be in flight; one more is refused. 10.
    pub updates_in_flight: usize,
    /// How many updates a run takes; one more is refused. 2000.
    pub updates: usize,
    /// From how many events on a workflow task suggests to continue as new (T-12). 4096.
    pub suggest_continue_as_new: usize,
    /// The same of bytes, which are estimated. 4 MiB.
    pub suggest_continue_as_new_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            buffered_events: 100,
            pending_activities: 2000,
            pending_children: 2000,
            pending_signals: 2000,
            pending_cancels: 2000,
            signals: 10_000,
            buffered_queries: 1,
            updates_in_flight: 10,
            updates: 2000,
            suggest_continue_as_new: 4096,
            suggest_continue_as_new_bytes: 4 * 1024 * 1024,
        }
    }
}
