//! Chains: continue-as-new, retry, cron, and what holds the first workflow task back (T-10 to T-12, H-17, C-10, C-11).

use std::time::Duration;

use rehearsal_activation::{ContinueAsNewWorkflow, ServerCommand};
use rehearsal_history::{
    ContinueAsNewInitiator, EventKind, Failure, FailureInfo, RetryPolicy, RetryState, Status,
};

use crate::bench::{Bench, COMPLETE, attempts, boom, fail_workflow, json, timer};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn continue_as_new(change: impl FnOnce(&mut ContinueAsNewWorkflow)) -> ServerCommand {
    let mut command = ContinueAsNewWorkflow::default();
    change(&mut command);
    ServerCommand::ContinueAsNew(Box::new(command))
}

/// What a workflow fails with here.
fn failed() -> Failure {
    Failure::application("failed", "")
}

fn statuses(bench: &Bench) -> Vec<Status> {
    bench.service.runs().map(|run| bench.service.run(run).status).collect()
}

#[test]
fn t_12_a_run_goes_on_in_a_new_one() {
    let mut bench = Bench::start(|it| it.input = Some(json("one")));
    bench.at(2_000);
    bench.turn(vec![continue_as_new(|it| {
        it.input = Some(json("two"));
        it.inherit_build_id = true;
    })]);
    assert_eq!(bench.tail(4), "4 TaskCompleted, 5 WFContinuedAsNew(wtc4)");
    let EventKind::WorkflowExecutionContinuedAsNew(close) = bench.event(5).clone() else {
        panic!("the close")
    };
    let started = bench.follow();

    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
    assert_eq!(close.new_execution_run_id, started.original_execution_run_id);
    assert_eq!((&*close.workflow_type.name, &*close.task_queue.name), ("Workflow", "main"));
    assert_eq!(close.workflow_run_timeout, Some(Duration::ZERO));
    assert_eq!(close.workflow_task_timeout, Some(10 * SECOND));
    assert_eq!(close.initiator, ContinueAsNewInitiator::Unspecified);
    assert!(close.inherit_build_id);
    assert_eq!(started.initiator, ContinueAsNewInitiator::Workflow);
    assert_eq!(started.input, Some(json("two")));
    assert_eq!(started.attempt, 1);
    assert_eq!(started.continued_execution_run_id, "run-1");
    assert_eq!(started.first_execution_run_id, "run-1");
    assert_eq!(started.identity, "");
    assert_eq!(started.first_workflow_task_backoff, None);
    bench.turn(vec![COMPLETE]);
    assert_eq!(statuses(&bench), [Status::ContinuedAsNew, Status::Completed]);
}

#[test]
fn t_12_the_command_says_what_is_another_in_the_new_run() {
    let mut bench = Bench::start(|it| {
        it.execution_timeout = Some(60 * SECOND);
        it.retry_policy = Some(attempts(3));
    });
    bench.at(2_000);
    bench.turn(vec![continue_as_new(|it| {
        it.workflow_type = "Other".into();
        it.task_queue = "other".into();
        it.run_timeout = Some(90 * SECOND);
        it.task_timeout = Some(5 * SECOND);
    })]);
    let started = bench.follow();

    assert_eq!((&*started.workflow_type.name, &*started.task_queue.name), ("Other", "other"));
    assert_eq!(started.workflow_run_timeout, Some(60 * SECOND), "as long as all runs at most");
    assert_eq!(started.workflow_task_timeout, Some(5 * SECOND));
    assert_eq!(started.retry_policy, None, "the SDKs take it along, the server does not");
    bench.at(60_000);
    assert_eq!(bench.tail(3), "3 WFTimedOut(TIMEOUT)", "T-10: the time of all runs is up");
}

#[test]
fn t_12_a_bad_policy_fails_the_task() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    let command = continue_as_new(|it| it.retry_policy = Some(attempts(-1)));
    let told = bench.try_complete(vec![command]).unwrap_err().to_string();

    assert!(told.starts_with("BadContinueAsNewAttributes: invalid WorkflowRetryPolicy"), "{told}");
    assert_eq!(bench.tail(4), "4 TaskFailed(BAD_CONTINUE_AS_NEW_ATTRIBUTES)");
}

#[test]
fn sg_15_a_run_that_lasted_less_than_a_second_delays_the_next() {
    let mut bench = Bench::start(|_| {});
    bench.at(300);
    bench.turn(vec![continue_as_new(|_| {})]);
    let started = bench.follow();
    assert_eq!(started.first_workflow_task_backoff, Some(Duration::from_millis(700)));
    assert_eq!(bench.history(), "1 WFStarted");

    bench.at(999);
    assert_eq!(bench.history(), "1 WFStarted");
    bench.at(1_000);
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
}

#[test]
fn t_12_a_run_that_began_before_its_delay_was_over_has_lasted_since_its_start() {
    let backoff = |at: u64| {
        let mut bench = Bench::start(|it| it.start_delay = Some(3 * SECOND));
        bench.at(at);
        bench.cancel();
        bench.turn(vec![continue_as_new(|_| {})]);
        bench.follow().first_workflow_task_backoff
    };
    assert_eq!(backoff(300), Some(Duration::from_millis(700)));
    assert_eq!(backoff(1_500), None);
}

#[test]
fn sb_16_a_cancel_that_is_answered_with_a_new_run_is_over() {
    let mut bench = Bench::after(vec![]);
    bench.at(2_000);
    bench.cancel();
    bench.turn(vec![continue_as_new(|_| {})]);
    bench.follow();

    assert!(!bench.service.run(bench.run).cancel_requested, "C-11");
    bench.cancel();
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched, 3 WFCancelReq");
}

#[test]
fn sb_17_what_the_run_has_not_seen_keeps_it_from_going_on() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    bench.try_complete(vec![continue_as_new(|_| {})]).unwrap_err();

    assert_eq!(bench.tail(4), "4 TaskFailed(UNHANDLED_COMMAND), 5 WFSignaled, 6 TaskSched");
    assert_eq!(statuses(&bench), [Status::Running]);
}

#[test]
fn sg_10_a_workflow_that_fails_is_tried_again() {
    let mut bench = Bench::start(|it| {
        it.retry_policy = Some(attempts(3));
        it.input = Some(json("order"));
    });
    bench.at(2_000);
    let mut seen = Vec::new();
    for _ in 0..3 {
        bench.turn(vec![fail_workflow()]);
        let EventKind::WorkflowExecutionFailed(close) = bench.event(5).clone() else {
            panic!("the close")
        };
        let next = (!close.new_execution_run_id.is_empty()).then(|| bench.follow());
        if let Some(next) = &next {
            assert_eq!(next.original_execution_run_id, close.new_execution_run_id);
            assert_eq!(next.initiator, ContinueAsNewInitiator::Retry);
            assert_eq!(next.input, Some(json("order")));
            assert_eq!(next.continued_failure.as_deref(), Some(&failed()));
            let wait = next.first_workflow_task_backoff.unwrap();
            let now = bench.deadline().unwrap();
            seen.push((next.attempt, wait.as_secs()));
            bench.at(now);
            assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
        } else {
            assert_eq!(close.retry_state, RetryState::MaximumAttemptsReached);
        }
    }
    assert_eq!(seen, [(2, 1), (3, 2)]);
    assert_eq!(statuses(&bench), [Status::Failed; 3]);
}

#[test]
fn t_11_what_is_not_tried_again() {
    let ended = |change: fn(&mut RetryPolicy), failure: Failure| {
        let mut bench = Bench::start(|it| {
            let mut policy = RetryPolicy::default();
            change(&mut policy);
            it.retry_policy = Some(policy);
            it.execution_timeout = Some(2 * SECOND);
        });
        bench.turn(vec![ServerCommand::FailWorkflow { failure: Box::new(failure) }]);
        match bench.event(5) {
            EventKind::WorkflowExecutionFailed(close) => close.retry_state.clone(),
            other => panic!("not a failure: {other:?}"),
        }
    };
    let mut fatal = boom();
    let Some(FailureInfo::Application(info)) = &mut fatal.info else { panic!("an application's") };
    info.non_retryable = true;

    assert_eq!(ended(|_| {}, boom()), RetryState::InProgress);
    assert_eq!(ended(|_| {}, fatal), RetryState::NonRetryableFailure);
    assert_eq!(ended(|it| it.maximum_attempts = 1, boom()), RetryState::MaximumAttemptsReached);
    assert_eq!(
        ended(|it| it.initial_interval = Some(2 * SECOND), boom()),
        RetryState::Timeout,
        "the time of all runs is up by then"
    );
}

#[test]
fn t_11_a_delay_of_the_failure_is_no_longer_than_the_maximum_interval() {
    let mut bench = Bench::start(|it| {
        let maximum_interval = Some(5 * SECOND);
        it.retry_policy = Some(RetryPolicy { maximum_interval, ..RetryPolicy::default() });
    });
    let mut failure = boom();
    if let Some(FailureInfo::Application(info)) = &mut failure.info {
        info.next_retry_delay = Some(60 * SECOND);
    }
    bench.turn(vec![ServerCommand::FailWorkflow { failure: Box::new(failure) }]);

    assert_eq!(bench.follow().first_workflow_task_backoff, Some(5 * SECOND));
}

#[test]
fn t_10_a_run_whose_time_is_up_is_tried_again() {
    let mut bench = Bench::start(|it| {
        it.run_timeout = Some(3 * SECOND);
        it.retry_policy = Some(attempts(2));
    });
    bench.turn(vec![timer("5", 60_000)]);
    bench.at(3_000);
    assert_eq!(bench.tail(6), "6 WFTimedOut(IN_PROGRESS)");
    let started = bench.follow();
    assert_eq!(started.attempt, 2);
    let failure = started.continued_failure.unwrap();
    assert_eq!(failure.message, "workflow timeout");

    // The wait of 1 s does not count.
    bench.at(6_999);
    assert_eq!(bench.tail(2), "2 TaskSched");
    bench.at(7_000);
    assert_eq!(bench.tail(3), "3 WFTimedOut(MAXIMUM_ATTEMPTS_REACHED)");
    assert_eq!(statuses(&bench).len(), 2);
}

#[test]
fn h_17_a_signal_does_not_end_the_wait_and_a_cancel_does() {
    let start = || Bench::start(|it| it.start_delay = Some(3 * SECOND));
    let mut signaled = start();
    signaled.at(1_000);
    signaled.signal().unwrap();
    assert_eq!(signaled.history(), "1 WFStarted, 2 WFSignaled");
    signaled.at(3_000);
    assert_eq!(signaled.history(), "1 WFStarted, 2 WFSignaled, 3 TaskSched");

    let mut canceled = start();
    canceled.at(1_000);
    canceled.cancel();
    assert_eq!(canceled.history(), "1 WFStarted, 2 WFCancelReq, 3 TaskSched", "C-10");
    canceled.signal().unwrap();
    canceled.at(4_000);
    assert_eq!(canceled.tail(3), "3 TaskSched, 4 WFSignaled");
}

#[test]
fn t_10_a_delay_does_not_shorten_a_run() {
    let mut bench = Bench::start(|it| {
        it.start_delay = Some(3 * SECOND);
        it.run_timeout = Some(2 * SECOND);
    });
    bench.at(4_999);
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
    bench.at(5_000);
    assert_eq!(bench.tail(3), "3 WFTimedOut(RETRY_POLICY_NOT_SET)");
}

#[test]
fn a_cron_schedule_runs_again_and_again() {
    let mut bench = Bench::start(|it| {
        it.cron_schedule = "@every 3s".into();
        it.input = Some(json("report"));
    });
    let started = bench.follow();
    assert_eq!(started.initiator, ContinueAsNewInitiator::CronSchedule);
    assert_eq!(started.first_workflow_task_backoff, Some(3 * SECOND));
    bench.at(3_000);
    bench.poll();
    bench.complete(vec![ServerCommand::CompleteWorkflow { result: Some(json("done")) }]);

    let second = bench.follow();
    assert_eq!(second.initiator, ContinueAsNewInitiator::CronSchedule);
    assert_eq!(second.last_completion_result, Some(json("done")));
    assert_eq!(second.first_workflow_task_backoff, Some(3 * SECOND));
    assert_eq!(second.input, Some(json("report")));
    assert_eq!(second.first_execution_run_id, "run-1");

    // A run that fails is followed too, and the last result stays.
    bench.at(6_000);
    bench.turn(vec![timer("5", 4_000)]);
    bench.at(10_000);
    bench.turn(vec![fail_workflow()]);
    let third = bench.follow();
    assert_eq!(third.last_completion_result, Some(json("done")));
    assert_eq!(third.continued_failure.as_deref(), Some(&failed()));
    // The run at 9 s is left out, as the one before it still ran: runs do not overlap.
    assert_eq!(third.first_workflow_task_backoff, Some(2 * SECOND));
    bench.at(12_000);
    assert_eq!(bench.history(), "1 WFStarted, 2 TaskSched");
}

#[test]
fn c_14_a_cron_schedule_ends_with_a_cancel_or_a_termination() {
    let start = || Bench::start(|it| it.cron_schedule = "* * * * *".into());
    let mut canceled = start();
    canceled.cancel();
    canceled.turn(vec![ServerCommand::CancelWorkflow { details: None }]);
    let mut terminated = start();
    terminated.terminate();

    assert_eq!(statuses(&canceled), [Status::Canceled]);
    assert_eq!(statuses(&terminated), [Status::Terminated]);
}

#[test]
fn a_retry_comes_before_the_cron_schedule() {
    let mut bench = Bench::start(|it| {
        it.cron_schedule = "@every 30s".into();
        it.retry_policy = Some(attempts(2));
    });
    bench.at(30_000);
    bench.turn(vec![fail_workflow()]);
    assert_eq!(bench.follow().initiator, ContinueAsNewInitiator::Retry);
    bench.at(31_000);
    bench.turn(vec![fail_workflow()]);
    let next = bench.follow();

    assert_eq!((next.initiator, next.attempt), (ContinueAsNewInitiator::CronSchedule, 1));
    assert_eq!(next.first_workflow_task_backoff, Some(30 * SECOND));
}

#[test]
fn t_10_the_time_of_all_runs_ends_a_chain() {
    let mut bench = Bench::start(|it| {
        it.cron_schedule = "@every 3s".into();
        it.execution_timeout = Some(8 * SECOND);
    });
    for at in [3_000, 6_000] {
        bench.at(at);
        bench.turn(vec![COMPLETE]);
    }
    bench.follow();
    bench.at(20_000);

    assert_eq!(bench.history(), "1 WFStarted, 2 WFTimedOut(TIMEOUT)");
}
