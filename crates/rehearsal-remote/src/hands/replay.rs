//! Workflow tasks of a run that is over, handed out once more.

use rehearsal_activation::{TaskDelivery, TaskOutcome, TaskResponse};
use rehearsal_engine::{RemoteWorker, SeenByRemote};
use rehearsal_history::TaskQueue;
use rehearsal_service::NotFound;

use super::{Hands, times};
use crate::answer::{Refused, WorkflowWork};
use crate::ask::WorkflowPoll;
use crate::inbox::{Says, TaskSaid};
use crate::token::{Token, What};

impl Hands {
    /// Has a worker do a task again. It knows the run by an id that it has never heard of, so its cache is cold; what it asks
    /// for is refused, so that it forgets the run.
    pub(super) fn replayed(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        delivery: &TaskDelivery,
    ) -> Option<TaskResponse> {
        let of = &delivery.token;
        let run = seen.service.run_by_id(&of.workflow_id, &of.run_id)?;
        self.handed += 1;
        let run = u32::try_from(run.index()).unwrap_or(u32::MAX);
        let what = What::Task { run, started: of.started, nth: self.handed };
        let token = Token { world: self.world, what };
        let (times, timeout) = times(delivery);
        let work = WorkflowWork::Task {
            token: token.to_bytes(),
            run_id: self.shared.alias(self.shared.next_number()).wire_id(&of.run_id),
            delivery: Box::new(delivery.clone()),
            queue: TaskQueue::normal(worker.queue.clone()),
            scheduled_at: times.0,
            started_at: times.1,
        };
        let said = if self.hand_out::<WorkflowPoll>(seen, worker, (&token, false), &work) {
            self.wait_for(seen, timeout, |inbox| inbox.take_said(&token))
        } else {
            None
        };
        self.shared.put_down(&token);
        let gone = || Refused::Request(NotFound::WorkflowTask.into());
        let (identity, outcome, answers) = match said? {
            Says::Task(TaskSaid::Completed(completed, reply)) => {
                reply.tell(Err(gone()));
                let outcome = TaskOutcome::Completed {
                    commands: completed.commands,
                    sticky: None,
                    sdk_metadata: completed.sdk_metadata,
                    force_new_task: completed.force_new_task,
                    return_new_task: false,
                };
                (completed.identity, outcome, completed.answers)
            }
            Says::Task(TaskSaid::Failed(identity, failure, reply)) => {
                reply.tell(Err(gone()));
                (identity, TaskOutcome::Failed(failure), Vec::new())
            }
            other => {
                other.refuse(Refused::BadToken);
                return None;
            }
        };
        Some(TaskResponse { token: of.clone(), identity, outcome, answers })
    }
}
