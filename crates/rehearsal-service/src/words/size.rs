//! How many bytes an event takes on the server.
//!
//! An estimate: for each type what events of that type took on average in the recordings (`fixtures/golden`), plus the
//! values and failures that it holds. Of a history with nothing but small values it is off by a tenth at most times, by a
//! quarter at worst; large values count in full.

use rehearsal_history::{Event, EventKind, Failure, FailureInfo, Payload, Payloads};

/// What a history of so many events and bytes means for a workflow task (T-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    /// The bytes of all events that were written before this transaction.
    pub(crate) size: u64,
    /// Whether the workflow should continue as new.
    pub(crate) suggested: bool,
}

/// The bytes of one event.
pub(crate) fn size(event: &Event) -> u64 {
    use EventKind as E;
    let (own, held) = match &event.kind {
        E::WorkflowExecutionStarted(it) => {
            let failure = it.continued_failure.as_deref();
            (
                200,
                values(it.input.as_ref())
                    + failed(failure)
                    + values(it.last_completion_result.as_ref()),
            )
        }
        E::WorkflowExecutionSignaled(it) => (94, values(it.input.as_ref())),
        E::WorkflowExecutionCancelRequested(it) => (58, it.cause.len()),
        E::WorkflowExecutionCompleted(it) => (31, values(it.result.as_ref())),
        E::WorkflowExecutionFailed(it) => (32, failed(it.failure.as_ref())),
        E::WorkflowExecutionCanceled(it) => (29, values(it.details.as_ref())),
        E::WorkflowExecutionContinuedAsNew(it) => (124, values(it.input.as_ref())),
        E::WorkflowExecutionTerminated(it) => (48, values(it.details.as_ref())),
        E::WorkflowExecutionTimedOut(_) => (28, 0),
        E::WorkflowTaskScheduled(_) => (91, 0),
        E::WorkflowTaskStarted(_) => (102, 0),
        E::WorkflowTaskCompleted(_) => (76, 0),
        E::WorkflowTaskFailed(it) => (42, failed(it.failure.as_ref())),
        E::WorkflowTaskTimedOut(_) => (31, 0),
        E::ActivityTaskScheduled(it) => (106, values(it.input.as_ref())),
        E::ActivityTaskStarted(it) => (99, failed(it.last_failure.as_ref())),
        E::ActivityTaskCompleted(it) => (41, values(it.result.as_ref())),
        E::ActivityTaskFailed(it) => (41, failed(it.failure.as_ref())),
        E::ActivityTaskTimedOut(it) => (32, failed(it.failure.as_ref())),
        E::ActivityTaskCancelRequested(_) | E::TimerFired(_) => (30, 0),
        E::ActivityTaskCanceled(it) => (42, values(it.details.as_ref())),
        E::TimerStarted(_) => (37, 0),
        E::TimerCanceled(_) => (41, 0),
        E::MarkerRecorded(it) => {
            let details = it.details.values().map(|details| values(Some(details)));
            (54, details.sum::<usize>() + failed(it.failure.as_ref()))
        }
        _ => (120, 0),
    };
    own + u64::try_from(held).unwrap_or(u64::MAX)
}

fn values(payloads: Option<&Payloads>) -> usize {
    payloads.map_or(0, |payloads| payloads.as_slice().iter().map(value).sum())
}

fn value(payload: &Payload) -> usize {
    // The encoding is told beside it.
    payload.data.0.len() + 30
}

fn failed(failure: Option<&Failure>) -> usize {
    let links = failure.into_iter().flat_map(Failure::chain);
    links.map(|link| link.message.len() + link.stack_trace.len() + held(link) + 16).sum()
}

fn held(failure: &Failure) -> usize {
    match &failure.info {
        Some(FailureInfo::Application(info)) => info.kind.len() + values(info.details.as_ref()),
        Some(FailureInfo::Canceled(info)) => values(info.details.as_ref()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use std::path::Path;

    use rehearsal_history::History;

    use super::*;

    extern crate std;

    /// What recordings say of their size, against the estimate. Tasks that were started in the transaction that wrote
    /// what is before them do not count that, and are left out.
    #[test]
    fn recorded_sizes_are_met_roughly() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
        let mut errors: Vec<u64> = Vec::new();
        for sdk in ["go", "rust"] {
            for folder in std::fs::read_dir(golden.join(sdk)).unwrap() {
                let text = std::fs::read_to_string(folder.unwrap().path().join("history.json"));
                let history = History::from_json(&text.unwrap()).unwrap();
                let mut estimate = 0;
                for event in history.events() {
                    if let EventKind::WorkflowTaskStarted(started) = &event.kind
                        && !started.request_id.starts_with("request-from")
                        && let Ok(recorded @ 1..) = u64::try_from(started.history_size_bytes)
                    {
                        errors.push(recorded.abs_diff(estimate) * 100 / recorded);
                    }
                    estimate += size(event);
                }
            }
        }
        errors.sort_unstable();
        let at = |percent: usize| errors[errors.len() * percent / 100];
        assert!(errors.len() > 500);
        assert!(at(50) <= 8 && at(90) <= 18, "median {} %, 9 of 10 {} %", at(50), at(90));
    }
}
