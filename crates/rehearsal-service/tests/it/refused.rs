//! What is refused: commands that are wrong (W-11, W-14, W-15) and what is not simulated.

use std::time::Duration;

use rehearsal_activation::{ServerCommand, StartChildWorkflow, UpdateMessage};
use rehearsal_history::event::{UpdateMeta, UpdateRequest};
use rehearsal_history::{
    EventKind, Failure, Memo, Priority, RetryPolicy, SearchAttribute, SearchAttributes, SearchType,
    SearchUpdate, WorkflowTaskFailedCause,
};
use rehearsal_service::{
    Busy, Input, NotFound, Outbox, RequestError, Service, ServiceConfig, StartWorkflow, TaskState,
    UpdateStage,
};

use crate::bench::{
    Bench, COMPLETE, activity, activity_with, cancel_activity, cancel_timer, timer,
};
use crate::chain::continue_as_new;

/// The message of the recorded failure after a first task with `commands`.
fn message(commands: Vec<ServerCommand>) -> String {
    let search_attributes = [("Items".into(), SearchType::Int)].into_iter().collect();
    let config = ServiceConfig { search_attributes, ..ServiceConfig::default() };
    let mut bench = Bench::configured(config, |_| {});
    bench.poll();
    let told = bench.try_complete(commands).unwrap_err().to_string();
    let EventKind::WorkflowTaskFailed(failed) = bench.event(4) else { panic!("event 4") };
    let failure = failed.failure.as_ref().expect("a failure");
    assert_eq!(failure.message, told, "the worker is told what is recorded");
    assert_eq!(bench.events().len(), 4, "nothing else is recorded");
    assert_eq!(bench.service.pending(bench.run), [], "nothing else has happened");
    format!("{}\n  {told}", failed.cause.as_str().trim_start_matches("WORKFLOW_TASK_FAILED_CAUSE_"))
}

/// An attribute that the namespace does not have.
const KEYWORD: SearchAttribute<String> = SearchAttribute::keyword("Customer");
const RESERVED: SearchAttribute<String> = SearchAttribute::keyword("WorkflowType");

fn upsert(updates: impl IntoIterator<Item = SearchUpdate>) -> ServerCommand {
    ServerCommand::UpsertSearchAttributes(SearchAttributes::of(updates))
}

/// A client updates the workflow.
fn update(bench: &mut Bench, id: &str) {
    let meta = UpdateMeta { update_id: id.into(), ..UpdateMeta::default() };
    let request = Box::new(UpdateRequest { meta: Some(meta), ..UpdateRequest::default() });
    let input = Input::UpdateWorkflow { target: Bench::target(), request };
    bench.handle(input).unwrap();
}

/// What a worker has seen is refused, what came since is asked again, in the first attempt and in the next.
#[test]
fn updates_of_a_completion_that_is_refused_are_given_up() {
    let mut bench = Bench::start(|_| {});
    for attempt in ["first", "second"] {
        let (seen, unseen) = (format!("{attempt}, seen"), format!("{attempt}, unseen"));
        update(&mut bench, &seen);
        bench.poll();
        update(&mut bench, &unseen);
        assert!(bench.try_complete(vec![cancel_timer("other")]).is_err());
        let stage = |id: &str| bench.service.update(bench.run, id);
        assert!(matches!(stage(&seen), Some(UpdateStage::Refused(_))), "{attempt}");
        assert_eq!(stage(&unseen), Some(UpdateStage::Cleared), "{attempt}");
    }
}

/// A worker says nothing of an update that it has seen: it is rejected, unless the run has closed.
#[test]
fn an_update_that_a_worker_passes_over_is_given_up_with_its_run() {
    let stage = |commands| {
        let mut bench = Bench::start(|_| {});
        update(&mut bench, "u");
        bench.poll();
        bench.complete(commands);
        let run = bench.run;
        match bench.service.update(run, "u") {
            Some(UpdateStage::Rejected(failure)) => failure.message.to_string(),
            Some(UpdateStage::Refused(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert!(stage(vec![timer("t", 1)]).contains("it wasn't processed by worker"));
    let aborted = RequestError::from(NotFound::UpdateAborted).to_string();
    assert_eq!(stage(vec![COMPLETE]), aborted);
    let closing = RequestError::from(Busy::Closing).to_string();
    assert_eq!(stage(vec![continue_as_new(|_| {})]), closing, "it is for the next run");
}

/// A worker says that its answer is too large for gRPC, which the next one would be too.
#[test]
fn an_answer_that_is_too_large_terminates_the_run() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.fail_because(WorkflowTaskFailedCause::GrpcMessageTooLarge);
    assert_eq!(bench.tail(4), "4 TaskFailed(FORCE_CLOSE_COMMAND), 5 WFTerminated");
    let EventKind::WorkflowExecutionTerminated(closed) = bench.event(5) else { panic!("event 5") };
    assert_eq!(closed.reason, "GrpcMessageTooLarge");
}

fn child_with(priority: Priority) -> ServerCommand {
    ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
        workflow_id: "child".into(),
        workflow_type: "Child".into(),
        priority: Some(priority),
        ..StartChildWorkflow::default()
    }))
}

#[test]
fn w_15_commands_that_are_wrong() {
    let policy = |policy| activity_with("5", |it| it.retry_policy = Some(policy));
    let shorter =
        RetryPolicy { maximum_interval: Some(Duration::from_millis(10)), ..RetryPolicy::default() };
    let messages = [
        message(vec![timer("7", 1_000), activity("")]),
        message(vec![activity_with("5", |it| it.activity_type = "".into())]),
        message(vec![activity_with("5", |it| it.start_to_close = None)]),
        message(vec![activity_with("5", |it| it.task_queue = "other".into())]),
        message(vec![policy(RetryPolicy { backoff_coefficient: 0.5, ..RetryPolicy::default() })]),
        message(vec![policy(RetryPolicy { maximum_attempts: -1, ..RetryPolicy::default() })]),
        message(vec![policy(shorter)]),
        message(vec![activity_with("5", |it| it.priority = Some(Priority::of_key(-1)))]),
        message(vec![child_with(Priority::of_key(-1))]),
        message(vec![activity("5"), activity("5")]),
        message(vec![activity("5"), cancel_activity(9)]),
        message(vec![cancel_activity(0)]),
        message(vec![timer("", 1_000)]),
        message(vec![timer("5", 1_000), timer("5", 1_000)]),
        message(vec![cancel_timer("")]),
        message(vec![timer("5", 1_000), cancel_timer("5"), cancel_timer("5")]),
        message(vec![ServerCommand::RecordMarker(Box::default())]),
        message(vec![ServerCommand::UpsertMemo(Memo::default())]),
        message(vec![upsert([])]),
        message(vec![upsert([KEYWORD.set("a")])]),
        message(vec![upsert([SearchAttribute::<i64>::int("Items").set(3), RESERVED.set("a")])]),
        message(vec![upsert([SearchAttribute::<String>::keyword("Items").set("three")])]),
    ];

    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn sc_26_an_activity_is_canceled_once() {
    let mut bench = Bench::after(vec![activity("5")]);
    bench.poll_activity();
    bench.cancel();
    bench.turn(vec![cancel_activity(5)]);
    bench.signal().unwrap();
    bench.poll();
    bench.try_complete(vec![cancel_activity(5)]).unwrap_err();

    assert_eq!(bench.tail(14), "14 TaskFailed(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES)");
}

#[test]
fn sc_27_an_activity_that_never_was() {
    assert!(
        message(vec![cancel_activity(5)]).starts_with("BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES")
    );
}

#[test]
fn sd_12_a_timer_that_never_was() {
    assert!(message(vec![cancel_timer("5")]).starts_with("BAD_CANCEL_TIMER_ATTRIBUTES"));
}

#[test]
fn w_14_a_later_attempt_that_is_wrong_is_left_to_its_timeout() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.try_complete(vec![cancel_timer("5")]).unwrap_err();
    bench.poll();
    bench.try_complete(vec![cancel_timer("5")]).unwrap_err();

    assert_eq!(bench.tail(4), "4 TaskFailed(BAD_CANCEL_TIMER_ATTRIBUTES)");
    let state = bench.service.workflow_task(bench.run);
    assert!(matches!(state, TaskState::Started { attempt: 2, .. }), "{state:?}");
}

#[test]
fn w_14_what_was_buffered_follows_the_failure() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    bench.signal().unwrap();
    bench.try_complete(vec![cancel_timer("5")]).unwrap_err();

    assert_eq!(
        bench.tail(4),
        "4 TaskFailed(BAD_CANCEL_TIMER_ATTRIBUTES), 5 WFSignaled, 6 TaskSched"
    );
}

#[test]
fn w_11_a_close_that_is_not_last() {
    let mut bench = Bench::start(|_| {});
    bench.poll();
    let told = bench.try_complete(vec![COMPLETE, timer("5", 1_000)]).unwrap_err();

    assert_eq!(
        told.to_string(),
        "invalid command sequence: [CompleteWorkflowExecution, StartTimer], command CompleteWorkflowExecution must be \
         the last command."
    );
    assert_eq!(bench.events().len(), 3, "nothing is recorded, and the task is still open");
    assert!(matches!(bench.service.workflow_task(bench.run), TaskState::Started { .. }));
}

/// What is rejected is no command and has no place among them, so it says nothing of which is the last.
#[test]
fn w_11_a_rejection_does_not_hide_a_close_that_is_not_last() {
    let reject = ServerCommand::AnswerUpdate(Box::new(UpdateMessage::Reject {
        update_id: "u".into(),
        failure: Box::new(Failure::application("no", "")),
    }));
    for place in 0..3 {
        let mut bench = Bench::start(|_| {});
        bench.poll();
        let mut commands = vec![COMPLETE, timer("5", 1_000)];
        commands.insert(place, reject.clone());
        let told = bench.try_complete(commands).unwrap_err();

        assert_eq!(
            told.to_string(),
            "invalid command sequence: [CompleteWorkflowExecution, StartTimer], command CompleteWorkflowExecution must \
             be the last command.",
            "the rejection in place {place}",
        );
        assert_eq!(bench.events().len(), 3, "nothing is recorded");
    }
}

#[test]
fn starts_that_cannot_be_meant_are_refused() {
    fn fair(it: &mut StartWorkflow, key: &str, fairness_weight: f32) {
        let fairness_key = key.into();
        it.priority = Some(Priority { fairness_key, fairness_weight, ..Priority::default() });
    }

    let start = |change: fn(&mut StartWorkflow)| {
        let mut start = StartWorkflow { workflow_id: "wf".into(), ..StartWorkflow::default() };
        change(&mut start);
        let mut service = Service::new(ServiceConfig::default());
        let input = Input::StartWorkflow(Box::new(start));
        service
            .handle(rehearsal_history::Timestamp::EPOCH, input, &mut Outbox::default())
            .map_err(|e| e.to_string())
    };

    assert_eq!(
        start(|it| it.cron_schedule = "TZ=Europe/Berlin 5 * * * *".into()),
        Err("not simulated: time zones of cron schedules that change their clocks".into())
    );
    assert_eq!(start(|it| it.cron_schedule = "soon".into()), Err("invalid CronSchedule.".into()));
    assert_eq!(
        start(|it| it.cron_schedule = "0 0 31 2 *".into()),
        Err("invalid CronSchedule, no time can be found to satisfy the schedule".into())
    );
    assert_eq!(
        start(|it| {
            it.cron_schedule = "@hourly".into();
            it.start_delay = Some(Duration::ZERO);
        }),
        Err("CronSchedule and WorkflowStartDelay may not be used together.".into())
    );
    assert_eq!(
        start(|it| {
            let maximum_attempts = -1;
            it.retry_policy = Some(RetryPolicy { maximum_attempts, ..RetryPolicy::default() });
        }),
        Err("MaximumAttempts cannot be negative on retry policy.".into())
    );
    assert_eq!(
        start(|it| it.workflow_id = "".into()),
        Err("WorkflowId is not set on request.".into())
    );
    assert!(start(|it| it.start_delay = Some(Duration::ZERO)).is_ok());

    assert_eq!(
        start(|it| it.priority = Some(Priority::of_key(-1))),
        Err("priority key can't be negative".into())
    );
    assert_eq!(
        start(|it| fair(it, &"a".repeat(65), 0.0)),
        Err("fairness key length exceeds limit".into())
    );
    assert_eq!(start(|it| fair(it, "a", -0.5)), Err("must be greater than zero".into()));
    assert!(start(|it| fair(it, &"a".repeat(64), 0.5)).is_ok());
}

#[test]
fn a_task_is_taken_once() {
    let mut bench = Bench::start(|_| {});
    bench.effects.push(bench.effects[0].clone());
    bench.poll();

    assert_eq!(bench.try_poll(), Err(RequestError::NotFound(NotFound::WorkflowTask)));
}
