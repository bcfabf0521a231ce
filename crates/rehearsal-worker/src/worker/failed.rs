//! Tasks that cannot go on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_activation::{TaskOutcome, TaskResponse, TaskToken, Trouble, WorkerTaskFailure};
use rehearsal_history::{Failure, WorkflowTaskFailedCause};

use super::{Run, Work, Worker, WorkerOutput};
use crate::session::{Broken, Halt, Session};

impl Work {
    /// What tasks before have left open is made up for by none.
    pub(super) fn leave_open(&mut self, session: &mut Session) {
        if let Some(open) = session.left_open() {
            self.late.get_or_insert_with(|| Box::new(Halt::Broken(open)));
        }
    }

    /// `halt` with what differed first, which is why.
    fn first(&mut self, session: &mut Session, halt: Halt) -> Halt {
        self.leave_open(session);
        match (self.late.as_deref(), halt) {
            (Some(Halt::Broken(first)), Halt::Broken(broken)) => {
                Halt::Broken(Broken { mismatch: first.mismatch.clone(), ..broken })
            }
            (_, halt) => halt,
        }
    }
}

impl Worker {
    /// A task cannot go on, perhaps for what differed before.
    pub(super) fn break_off(
        &mut self,
        mut run: Box<Run>,
        mut work: Work,
        halt: Halt,
        out: &mut Vec<WorkerOutput>,
    ) {
        let halt = work.first(&mut run.session, halt);
        self.halt(&work.token, halt, out);
    }

    /// A task cannot go on.
    pub(super) fn halt(&mut self, token: &TaskToken, halt: Halt, out: &mut Vec<WorkerOutput>) {
        match halt {
            Halt::Refused(refused) => self.fail(token, refused.trouble, refused.failure, out),
            Halt::Broken(broken) => {
                // What is wrong with the SDK is no difference between the replay and the history.
                if let Some(trouble @ Trouble::SdkDefect { .. }) = broken.mismatch.trouble {
                    self.fail(token, trouble, broken.failure, out);
                } else {
                    out.push(WorkerOutput::Mismatch(broken.mismatch));
                    self.fail_task(token, broken.failure, out);
                }
            }
        }
    }

    /// Something is wrong with the workflow.
    pub(super) fn fail(
        &mut self,
        token: &TaskToken,
        trouble: Trouble,
        failure: WorkerTaskFailure,
        out: &mut Vec<WorkerOutput>,
    ) {
        out.push(WorkerOutput::Trouble { run_id: token.run_id.clone(), trouble });
        self.fail_task(token, failure, out);
    }

    /// The delivery is one that no service should make.
    pub(super) fn bad_delivery(
        &mut self,
        token: &TaskToken,
        message: &str,
        out: &mut Vec<WorkerOutput>,
    ) {
        let failure = WorkerTaskFailure {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: Failure::application(
                "the delivery is not one of a workflow task",
                "BadDelivery",
            ),
        };
        self.fail(token, Trouble::Nondeterminism { message: message.into() }, failure, out);
    }

    /// Reports the failure of a first attempt and keeps silent on others (W-7); the run leaves the cache.
    fn fail_task(
        &mut self,
        token: &TaskToken,
        failure: WorkerTaskFailure,
        out: &mut Vec<WorkerOutput>,
    ) {
        out.push(if token.attempt > 1 {
            WorkerOutput::Silent { token: token.clone() }
        } else {
            WorkerOutput::Respond(Box::new(TaskResponse {
                token: token.clone(),
                identity: self.options.identity.clone(),
                outcome: TaskOutcome::Failed(Box::new(failure)),
                answers: Vec::new(),
            }))
        });
        self.cache.remove(&token.run_id);
        out.push(WorkerOutput::Evict { run_id: token.run_id.clone() });
    }
}
