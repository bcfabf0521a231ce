//! Runs by the rules of core, with an instance that follows a table.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    Activation, ActivityResolution, CancellationType, Completion, Definition, Instance, Job,
    ScheduleActivity, Seq, StartTimer, WorkflowCommand,
};
use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, Code, Dialect, Examined, KnownDefect, Patience,
    Scenario, StartOptions, Tape, World, examine,
};
use rehearsal_history::{EventKind, Payloads};
use rehearsal_worker::Profile;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Waits for an activity, which a cancel of the workflow cancels in this way, then for a timer, then completes.
#[derive(Clone, Copy)]
struct Pausing(CancellationType);

impl Definition for Pausing {
    fn workflow_type(&self) -> &'static str {
        "Pausing"
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        Box::new(*self)
    }
}

impl Instance for Pausing {
    fn activate(&mut self, activation: &Activation) -> Completion {
        let command = |job: &Job| match job {
            Job::Initialize(_) => WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
                seq: Seq(1),
                activity_type: "work".into(),
                start_to_close: Some(secs(30)),
                cancellation_type: self.0,
                ..ScheduleActivity::default()
            })),
            Job::CancelWorkflow { .. } => WorkflowCommand::RequestCancelActivity { seq: Seq(1) },
            Job::ResolveActivity { resolution: ActivityResolution::Canceled(_), .. } => {
                let timer = StartTimer { seq: Seq(1), after: secs(10), summary: None };
                WorkflowCommand::StartTimer(timer)
            }
            _ => WorkflowCommand::CompleteWorkflow { result: None },
        };
        Completion::Commands(activation.jobs.iter().map(command).collect())
    }

    fn pending(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Fails for good after 4 s.
fn work(ctx: ActivityContext, _: Option<Payloads>) -> ActivityFuture {
    Box::pin(async move {
        ctx.sleep(secs(4)).await;
        Err(ActivityError::application("failed late", "").non_retryable())
    })
}

/// Cancels the workflow at 2 s.
fn canceled(cancellation: CancellationType) -> Examined {
    examine(&scenario(cancellation), &Tape::default(), Patience::MustEnd, &[])
}

fn scenario(cancellation: CancellationType) -> Scenario {
    Scenario::new("core")
        .with_profile(Profile::Core)
        .with_workflow(Arc::new(Pausing(cancellation)))
        .with_activity("work", Arc::new(work))
        .with_client(Arc::new(|world: &mut World| {
            let order = world.start_workflow(StartOptions::new("Pausing", "one")).unwrap();
            world.advance(secs(2));
            world.cancel(&order).unwrap();
            world.wait(&order);
            Ok(())
        }))
}

fn events(examined: &Examined) -> Vec<&str> {
    let events = examined.outcome.executions[0].history.iter();
    let is_task = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::WorkflowTaskScheduled(_)
                | EventKind::WorkflowTaskStarted(_)
                | EventKind::WorkflowTaskCompleted(_)
        )
    };
    events.map(|event| &event.kind).filter(|kind| !is_task(kind)).map(EventKind::name).collect()
}

/// the timer is started in the task that requests the cancel. The late failure is told to nobody.
#[test]
fn a_run_goes_on_in_the_task_of_the_cancel_and_replays() {
    let examined = canceled(CancellationType::TryCancel);
    assert_eq!(examined.outcome.findings, []);
    assert_eq!(
        events(&examined),
        [
            "WorkflowExecutionStarted",
            "ActivityTaskScheduled",
            "WorkflowExecutionCancelRequested",
            "ActivityTaskCancelRequested",
            "TimerStarted",
            "ActivityTaskStarted",
            "ActivityTaskFailed",
            "TimerFired",
            "WorkflowExecutionCompleted",
        ]
    );
}

/// C-37: core cannot take the failure of what was abandoned.
#[test]
fn a_defect_of_the_sdk_is_a_finding_of_its_own() {
    let examined = canceled(CancellationType::Abandon);
    let found: Vec<Code> = examined.outcome.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [Code::SdkDefect]);
    let headline = &examined.outcome.findings[0].headline;
    assert!(headline.contains("(C-37): ActivityMachine in state Canceled"), "{headline}");
    let finding = &examined.outcome.findings[0];
    assert_eq!(finding.defect(), Some(KnownDefect::AbandonedActivity));
    let cure = finding.usual_cause(Dialect::Official);
    assert!(cure.contains("cancel it with `TryCancel`"), "{cure}");
}

#[test]
fn a_defect_that_is_accepted_is_counted_and_no_other_is() {
    let examined = |defect| {
        let scenario = scenario(CancellationType::Abandon).with_accepted(defect, "mended soon");
        examine(&scenario, &Tape::default(), Patience::MustEnd, &[]).outcome
    };
    let accepted = examined(KnownDefect::AbandonedActivity);
    assert_eq!(accepted.findings, []);
    let record: Vec<_> = accepted.record.accepted.into_iter().collect();
    assert_eq!(record, [(KnownDefect::AbandonedActivity, "mended soon".into())]);

    let other = examined(KnownDefect::CanceledTimer);
    assert_eq!(other.findings[0].code, Code::SdkDefect);
    assert!(other.record.accepted.is_empty());
}
