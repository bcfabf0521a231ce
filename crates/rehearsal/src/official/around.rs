//! The runtime that official activities run in, beside the engine.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, ActivityResult, Code, Fakes, Finding,
    Surroundings,
};
use rehearsal_history::{Payloads, Timestamp};
use rehearsal_temporal::activity::{
    Attempt, AttemptInfo, Instances, Outcome, Registry, Runtime, Setup,
};

use crate::scenario::caught;

/// The namespace that activities are told.
const NAMESPACE: &str = "default";

type Findings = Rc<RefCell<Vec<Finding>>>;

/// A runtime of tokio with the structs of one run.
pub(super) struct Around {
    /// Nothing runs if the system refuses a runtime.
    running: Option<(Runtime, Instances)>,
    findings: Findings,
}

impl Around {
    pub(super) fn new(registry: &Registry, began: Timestamp) -> Self {
        let findings = Findings::default();
        let running = match Runtime::new(&Setup::new(began)) {
            Ok(runtime) => {
                let instances = registry.instances(&runtime);
                Some((runtime, instances))
            }
            Err(error) => {
                findings.borrow_mut().push(Finding::new(Code::Setup, error.to_string()));
                None
            }
        };
        Self { running, findings }
    }
}

impl Surroundings for Around {
    fn fakes(&self) -> Fakes {
        Fakes::of(self.running.iter().flat_map(|(_, instances)| instances.structs()))
    }

    fn start(&mut self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture {
        let info = info(&ctx);
        let attempt =
            self.running.as_ref().and_then(|(_, instances)| instances.start(info, input.as_ref()));
        match attempt {
            Some(attempt) => {
                let findings = Rc::clone(&self.findings);
                caught(&ctx.clone(), Running { ctx, attempt, told: false, findings })
            }
            None => Box::pin(std::future::ready(Err(ActivityError::from("no runtime")))),
        }
    }

    fn enter(&mut self, now: Timestamp, poll: &mut dyn FnMut()) {
        match &mut self.running {
            Some((runtime, _)) => runtime.enter(now, poll),
            None => poll(),
        }
    }

    fn pass(
        &mut self,
        until: Timestamp,
        root: &AtomicWaker,
        woken: &dyn Fn() -> bool,
    ) -> Timestamp {
        match &mut self.running {
            Some((runtime, _)) => runtime.pass(until, root, woken),
            None => until,
        }
    }

    fn findings(&mut self) -> Vec<Finding> {
        let mut findings = self.findings.take();
        let foreign = self.running.as_ref().map(|(runtime, _)| runtime.foreign_wakes());
        for activity in foreign.unwrap_or_default() {
            let headline =
                format!("activity {activity} awaits something that is not part of the run");
            let detail = "it was woken by a thread that is none of the run's";
            findings.push(Finding::new(Code::ForeignActivity, headline).with_detail(detail));
        }
        findings
    }
}

/// What the server says of an attempt, for the SDK.
fn info(ctx: &ActivityContext) -> AttemptInfo {
    let info = ctx.info();
    AttemptInfo {
        task_token: info.task_token.to_bytes().to_vec(),
        namespace: NAMESPACE.into(),
        workflow_id: info.workflow_id.clone(),
        run_id: info.run_id.clone(),
        workflow_type: info.workflow_type.clone(),
        activity_id: info.activity_id.clone(),
        activity_type: info.activity_type.clone(),
        task_queue: info.task_queue.clone(),
        attempt: info.attempt,
        scheduled_at: info.scheduled_at,
        attempt_scheduled_at: info.attempt_scheduled_at,
        started_at: info.started_at,
        start_to_close: info.start_to_close,
        schedule_to_close: info.schedule_to_close,
        heartbeat_timeout: info.heartbeat_timeout,
        retry_policy: info.retry_policy.clone(),
        priority: info.priority.clone(),
        header: info.header.clone(),
        heartbeat_details: ctx.encoded_heartbeat_details().cloned(),
        is_local: info.is_local,
    }
}

/// An attempt, as the engine polls it.
struct Running {
    ctx: ActivityContext,
    attempt: Attempt,
    /// Whether it was told of its cancel.
    told: bool,
    findings: Findings,
}

impl Future for Running {
    type Output = ActivityResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ActivityResult> {
        if self.ctx.is_canceled() && !self.told {
            self.told = true;
            self.attempt.cancel();
        }
        let polled = Pin::new(&mut self.attempt).poll(cx);
        for details in self.attempt.take_heartbeats() {
            self.ctx.heartbeat_encoded(details);
        }
        polled.map(|outcome| match outcome {
            Outcome::Completed(result) => Ok(result),
            Outcome::Failed(failure, fault) => Err(ActivityError::from(*failure).with_fault(fault)),
            Outcome::Canceled(Some(details)) => Err(ActivityError::canceled_with(details)),
            Outcome::Canceled(None) => Err(ActivityError::canceled()),
            Outcome::Pending => Err(ActivityError::result_pending()),
            Outcome::Refused(refusal) => {
                let message = refusal.to_string();
                self.findings.borrow_mut().push(Finding::new(Code::NotSimulated, message.as_str()));
                Err(ActivityError::from(message).non_retryable())
            }
        })
    }
}
