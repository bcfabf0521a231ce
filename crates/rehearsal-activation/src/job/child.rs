//! How child workflows start and end.

use alloc::boxed::Box;

use rehearsal_history::{Failure, Payloads, SmolStr, StartChildFailedCause};

/// Whether a child workflow was started.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildStart {
    /// It runs.
    Started {
        /// Its id.
        workflow_id: SmolStr,
        /// Its run.
        run_id: SmolStr,
    },
    /// It could not be started.
    Failed {
        /// Its id.
        workflow_id: SmolStr,
        /// Its type.
        workflow_type: SmolStr,
        /// Why.
        cause: StartChildFailedCause,
        /// The failure that workflow code sees.
        failure: Box<Failure>,
    },
    /// It was canceled before it was started.
    Canceled(Box<Failure>),
}

/// How a child workflow has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildResolution {
    /// It returned a value.
    Completed(Option<Payloads>),
    /// It failed, timed out or was terminated, or, in Go, was canceled. The failure is the one that workflow code sees:
    /// of kind child workflow, with what the event holds as its cause (C-36).
    Failed(Box<Failure>),
    /// It was canceled. Only SDKs on Temporal's core tell this apart.
    Canceled(Box<Failure>),
}
