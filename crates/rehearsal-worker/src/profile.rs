//! Which SDK a worker behaves like.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::{Failure, Header};

use crate::local::LocalWhat;

/// The SDK whose rules a worker follows. Histories of one profile are never judged by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Temporal's Go SDK, version 1.47.
    #[default]
    Go,
    /// Temporal's Rust SDK, version 1.1.1, on its core 0.10.1.
    Core,
}

impl Profile {
    /// How long a workflow task may wait in the sticky queue of a worker (W-9).
    #[must_use]
    pub const fn sticky_timeout(self) -> Duration {
        match self {
            Self::Go => Duration::from_secs(5),
            Self::Core => Duration::from_secs(10),
        }
    }

    /// Whether what a worker waits for beside local activities is still due in a later life of the run, if the task of the
    /// first has failed. Core drops such a run, and leaves the timer of its heartbeat armed (`finish_activation` and
    /// `sink_heartbeat_timeout_start` in `managed_run.rs`), which then is that of whatever task of the run waits
    /// (`heartbeat_timeout`); so it does with deadlines of earlier attempts (`TimeoutBag` in `local_activities.rs`).
    #[must_use]
    pub const fn outlives(self, what: LocalWhat) -> bool {
        match self {
            Self::Go => false,
            Self::Core => matches!(what, LocalWhat::Task(_) | LocalWhat::Loose(..)),
        }
    }

    /// Whether a worker that takes workflow tasks only runs local activities. That of the Rust SDK has none registered then,
    /// and asks nobody to run them, and for no heartbeat (`to_core_options` in `lib.rs` of temporalio-sdk 1.1.1, `task_types`;
    /// `sink_la_requests` in `managed_run.rs`): the task waits until it times out. Go has `LocalActivityWorkerOnly`.
    #[must_use]
    pub const fn runs_local_activities_only(self) -> bool {
        match self {
            Self::Go => true,
            Self::Core => false,
        }
    }

    /// How many runs with nothing to do stay in the cache of a worker that is told to keep `told`. Go keeps one less
    /// (`newWorkerCache` in `internal_worker_cache.go`: `cache.New(cacheSize-1, ..)`, which drops one when there are more).
    #[must_use]
    pub const fn keeps(self, told: usize) -> usize {
        match self {
            Self::Go => told.saturating_sub(1),
            Self::Core => told,
        }
    }

    /// The context that a client of this SDK sends along when it has none to send.
    #[must_use]
    pub fn client_header(self) -> Option<Header> {
        match self {
            Self::Go => Some(Header::default()),
            Self::Core => None,
        }
    }

    /// The timeout that a client of this SDK sends for one that its user left out.
    #[must_use]
    pub const fn client_timeout(self, given: Option<Duration>) -> Option<Duration> {
        match (self, given) {
            (Self::Go, None) => Some(Duration::ZERO),
            (Self::Go | Self::Core, given) => given,
        }
    }

    /// What a worker fails the task of a workflow with for whose type it has no code; `known` are those for which it has.
    #[must_use]
    pub fn unknown_workflow<'a>(
        self,
        workflow_type: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Failure {
        match self {
            // `getWorkflowDefinition` in `internal_worker.go`, which names them in any order.
            Self::Go => {
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                let message = format!(
                    "unable to find workflow type: {workflow_type}. Supported types: [{known}]"
                );
                Failure { source: "GoSDK".into(), ..Failure::application(message, "") }
            }
            // `workflow_activation_handler` in `lib.rs` of the SDK.
            Self::Core => {
                Failure::application(format!("Workflow type {workflow_type} not found"), "")
            }
        }
    }
}
