//! What clients did in a recorded history, to be done again.

use std::sync::Arc;

use rehearsal_engine::{ClientScript, World};
use rehearsal_history::{EventId, EventKind, Execution, History, Payloads, SmolStr, Timestamp};

/// Something that a client did.
#[derive(Debug)]
enum Act {
    Signal { name: SmolStr, input: Option<Payloads> },
    Cancel { reason: SmolStr },
    Update { name: SmolStr, id: SmolStr, input: Option<Payloads> },
    Terminate { reason: SmolStr },
}

impl Act {
    fn of(kind: &EventKind) -> Option<Self> {
        match kind {
            EventKind::WorkflowExecutionSignaled(signal) => {
                Some(Self::Signal { name: signal.signal_name.clone(), input: signal.input.clone() })
            }
            EventKind::WorkflowExecutionCancelRequested(request) => {
                Some(Self::Cancel { reason: request.cause.clone() })
            }
            EventKind::WorkflowExecutionUpdateAccepted(accepted) => {
                let request = accepted.accepted_request.as_ref()?;
                let (meta, input) = (request.meta.as_ref()?, request.input.as_ref()?);
                let (name, id) = (input.name.clone(), meta.update_id.clone());
                Some(Self::Update { name, id, input: input.args.clone() })
            }
            EventKind::WorkflowExecutionTerminated(terminated) => {
                Some(Self::Terminate { reason: terminated.reason.clone() })
            }
            _ => None,
        }
    }

    /// Does it again. The run may have closed by now, and then nobody is there to be told.
    fn again(&self, world: &mut World, workflow_id: &str) {
        let _refused = match self {
            Self::Signal { name, input } => {
                world.signal_workflow(workflow_id, None, name, input.as_ref())
            }
            Self::Cancel { reason } => world.cancel_workflow(workflow_id, None, reason),
            Self::Update { name, id, input } => {
                world.send_update(workflow_id, None, name, id, input.as_ref()).map(drop)
            }
            Self::Terminate { reason } => world.terminate_workflow(workflow_id, None, reason),
        };
    }
}

/// The workflow that a signal or a cancel came from.
fn sender(kind: &EventKind) -> Option<&Execution> {
    match kind {
        EventKind::WorkflowExecutionSignaled(it) => it.external_workflow_execution.as_ref(),
        EventKind::WorkflowExecutionCancelRequested(it) => it.external_workflow_execution.as_ref(),
        _ => None,
    }
}

/// What clients did behind an event, at the times at which it is recorded. What one of the family did it does by itself.
pub(super) fn recorded(history: &History, behind: EventId, family: &[History]) -> ClientScript {
    let goes_on =
        |sender: &Execution| family.iter().any(|of| of.started().workflow_id == sender.workflow_id);
    let later = history
        .events()
        .iter()
        .filter(|event| event.id > behind && !sender(&event.kind).is_some_and(goes_on));
    let mut acts: Vec<(Timestamp, Act)> =
        later.filter_map(|event| Some((event.time, Act::of(&event.kind)?))).collect();
    acts.sort_by_key(|(at, _)| *at);
    Arc::new(move |world: &mut World| {
        let Some(run) = world.forked() else { return Ok(()) };
        for (at, act) in &acts {
            world.advance(at.since(world.now()));
            act.again(world, &run.workflow_id);
        }
        Ok(())
    })
}
