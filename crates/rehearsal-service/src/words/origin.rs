//! Where commands come from.

use alloc::collections::BTreeMap;
use core::time::Duration;

use rehearsal_history::{EventId, SearchType, SmolStr, Timestamp};

use super::chain::Chain;
use crate::config::Limits;

/// Where and when a command comes, and what its run was started with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) now: Timestamp,
    /// The `WorkflowTaskCompleted` that it stands behind.
    pub(crate) task: EventId,
    /// The id of the next event (H-11).
    pub(crate) next: EventId,
    /// The worker.
    pub(crate) identity: &'a SmolStr,
    /// The queue of the run.
    pub(crate) task_queue: &'a SmolStr,
    /// The timeout of the run.
    pub(crate) run_timeout: Option<Duration>,
    /// The namespace of all workflows.
    pub(crate) namespace: &'a SmolStr,
    pub(crate) limits: &'a Limits,
    /// The search attributes that the namespace has, by their names.
    pub(crate) search_attributes: &'a BTreeMap<SmolStr, SearchType>,
    /// The run as one of its chain.
    pub(crate) chain: Chain<'a>,
}
