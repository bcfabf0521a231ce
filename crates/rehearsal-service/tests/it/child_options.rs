//! What children can be started with beside their id: chains of them, and what is refused.

use std::time::Duration;

use rehearsal_activation::{ServerCommand, StartChildWorkflow};
use rehearsal_history::{
    EventKind, Failure, Memo, Payload, RetryPolicy, SearchAttributes, Status, WorkflowIdReusePolicy,
};

use crate::bench::COMPLETE;
use crate::family::{Family, child_that};

fn fails() -> ServerCommand {
    ServerCommand::FailWorkflow { failure: Box::new(Failure::application("once", "")) }
}

fn policy() -> RetryPolicy {
    RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }
}

/// Recorded: `child-retries`.
#[test]
fn t_13_the_parent_hears_of_the_end_of_the_chain() {
    let mut family = Family::new();
    family.turn("wf", vec![child_that(|child| child.retry_policy = Some(policy()))]);
    family.settle();
    family.turn("wf", vec![]);
    let first = family.run("c");
    family.turn("c", vec![fails()]);
    family.settle();
    let EventKind::StartChildWorkflowExecutionInitiated(asked) = family.event("wf", 5) else {
        panic!()
    };
    assert_eq!(asked.retry_policy.as_ref().unwrap().initial_interval, Some(Duration::from_secs(1)));
    assert_eq!(family.service.history(family.run("wf")).len(), 9, "nobody tells of one run");

    family.at(1_000);
    family.turn("c", vec![COMPLETE]);
    family.settle();
    assert_ne!(family.run("c"), first);
    assert_eq!(family.tail("wf", 10), "10 ChildCompleted(i5 st6), 11 TaskSched");
    let EventKind::ChildWorkflowExecutionCompleted(end) = family.event("wf", 10) else { panic!() };
    assert_eq!(end.workflow_execution.run_id, family.service.run(family.run("c")).run_id);
}

/// Recorded: `child-of-cron`.
#[test]
fn a_child_of_a_schedule_waits_for_its_time_and_is_told_of_when_it_is_over() {
    let mut family = Family::new();
    family.turn("wf", vec![child_that(|child| child.cron_schedule = "@every 2s".into())]);
    family.settle();
    family.turn("wf", vec![]);
    assert_eq!(family.service.history(family.run("c")).len(), 1, "its time has not come");

    family.at(2_000);
    family.turn("c", vec![COMPLETE]);
    family.settle();
    assert_eq!(family.service.history(family.run("wf")).len(), 9, "the next run follows");
    let EventKind::WorkflowExecutionStarted(next) = family.event("c", 1) else { panic!() };
    assert_eq!(next.parent_initiated_event_id.0, 5);
}

/// Recorded: `child-id-terminate-if-running`.
#[test]
fn t_14_whoever_has_the_id_makes_room() {
    let mut family = Family::new();
    family.start("c");
    let before = family.run("c");
    let policy = WorkflowIdReusePolicy::TerminateIfRunning;
    family.turn("wf", vec![child_that(|child| child.id_reuse_policy = policy)]);
    family.settle();
    assert_eq!(family.tail("wf", 5), "5 ChildInit(c), 6 ChildStarted(i5), 7 TaskSched");
    assert_eq!(family.service.run(before).status, Status::Terminated);
    assert_eq!(family.service.run(family.run("c")).status, Status::Running);
}

/// Recorded: `child-id-reuse-rejected`.
#[test]
fn t_14_an_id_that_was_used_can_be_refused() {
    let mut family = Family::new();
    family.start("c");
    family.turn("c", vec![COMPLETE]);
    let policy = WorkflowIdReusePolicy::RejectDuplicate;
    family.turn("wf", vec![child_that(|child| child.id_reuse_policy = policy)]);
    family.settle();
    assert_eq!(
        family.tail("wf", 5),
        "5 ChildInit(c), 6 ChildStartFailed(WORKFLOW_ALREADY_EXISTS i5), 7 TaskSched"
    );
}

#[test]
fn what_has_no_value_is_not_recorded() {
    let mut family = Family::new();
    let memo = Memo::new().with("kept", 1).without("gone");
    family.turn("wf", vec![child_that(|child| child.memo = Some(memo))]);
    family.settle();
    let EventKind::WorkflowExecutionStarted(start) = family.event("c", 1) else { panic!() };
    let fields = &start.memo.as_ref().unwrap().fields;
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["kept"]);
}

/// `ValidateStartChildExecutionAttributes`.
#[test]
fn what_cannot_be_meant_fails_the_workflow_task() {
    let refused = |change: fn(&mut StartChildWorkflow)| {
        let mut family = Family::new();
        family.poll("wf");
        let refused = family.try_complete("wf", vec![child_that(change)]);
        let text = refused.unwrap_err().to_string();
        format!("{text}\n{}\n", family.tail("wf", 4))
    };
    let all = [
        refused(|child| {
            let policy = RetryPolicy { maximum_attempts: -1, ..RetryPolicy::default() };
            child.retry_policy = Some(policy);
        }),
        refused(|child| child.cron_schedule = "at noon".into()),
        refused(|child| child.cron_schedule = "0 0 31 2 *".into()),
        refused(|child| {
            let mut attributes = SearchAttributes::default();
            attributes.indexed_fields.insert("Color".into(), Payload::text("red"));
            child.search_attributes = Some(attributes);
        }),
        refused(|child| child.cron_schedule = "CRON_TZ=Europe/Berlin 0 0 * * *".into()),
    ];
    insta::assert_snapshot!(all.join(""), @"
    BadStartChildExecutionAttributes: invalid WorkflowRetryPolicy on StartChildWorkflowExecutionCommand: MaximumAttempts cannot be negative on retry policy.. WorkflowId=c WorkflowType=Child Namespace=default
    4 TaskFailed(BAD_START_CHILD_EXECUTION_ATTRIBUTES)
    BadStartChildExecutionAttributes: invalid CronSchedule on StartChildWorkflowExecutionCommand: invalid CronSchedule.. WorkflowId=c WorkflowType=Child Namespace=default
    4 TaskFailed(BAD_START_CHILD_EXECUTION_ATTRIBUTES)
    BadStartChildExecutionAttributes: invalid CronSchedule on StartChildWorkflowExecutionCommand: invalid CronSchedule, no time can be found to satisfy the schedule. WorkflowId=c WorkflowType=Child Namespace=default
    4 TaskFailed(BAD_START_CHILD_EXECUTION_ATTRIBUTES)
    BadSearchAttributes: invalid SearchAttributes on StartChildWorkflowCommand: Namespace default has no mapping defined for search attribute Color. WorkflowId=c WorkflowType=Child Namespace=default
    4 TaskFailed(BAD_SEARCH_ATTRIBUTES)
    not simulated: time zones of cron schedules that change their clocks
    ");
}
