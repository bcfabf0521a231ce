//! The time of single workflows, as the client of Python's `start_time_skipping_v2` asks for it.

use prost_wkt_types::{Duration as ProtoDuration, FieldMask};
use temporalio_protos::temporal::api::common::v1::{
    FastForwardConfig, TimeSkippingConfig, TimeSkippingInfo,
};
use temporalio_protos::temporal::api::enums::v1::FastForwardPollingResult as Polled;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionOptions;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Status;

use crate::hand::{Hand, NAMESPACE, complete, order, start, timer};
use crate::running::Running;

fn skips() -> TimeSkippingConfig {
    TimeSkippingConfig { enabled: true, ..Default::default() }
}

fn forward(id: &str, seconds: i64) -> TimeSkippingConfig {
    let duration = Some(ProtoDuration { seconds, nanos: 0 });
    let forward = FastForwardConfig { id: id.to_owned(), duration };
    TimeSkippingConfig { fast_forward_config: Some(forward), ..skips() }
}

fn mask(path: &str) -> Option<FieldMask> {
    Some(FieldMask { paths: vec![path.to_owned()] })
}

fn change(config: Option<TimeSkippingConfig>) -> UpdateWorkflowExecutionOptionsRequest {
    UpdateWorkflowExecutionOptionsRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        workflow_execution_options: Some(WorkflowExecutionOptions {
            time_skipping_config: config,
            ..Default::default()
        }),
        update_mask: mask("time_skipping_config"),
        identity: "client".to_owned(),
    }
}

impl Hand<'_> {
    fn start_as(&self, config: TimeSkippingConfig) -> Result<(), Status> {
        let request =
            StartWorkflowExecutionRequest { time_skipping_config: Some(config), ..start() };
        let mut client = self.client.clone();
        self.wait(client.start_workflow_execution(request)).map(drop)
    }

    fn change(
        &self,
        request: UpdateWorkflowExecutionOptionsRequest,
    ) -> Result<Option<TimeSkippingConfig>, Status> {
        let mut client = self.client.clone();
        let answer = self.wait(client.update_workflow_execution_options(request))?.into_inner();
        Ok(answer.workflow_execution_options.unwrap().time_skipping_config)
    }

    fn poll_forward(&self, id: &str) -> PollWorkflowExecutionTimeSkippingResponse {
        let mut client = self.client.clone();
        self.wait(client.poll_workflow_execution_time_skipping(polls(id))).unwrap().into_inner()
    }

    fn info(&self) -> Option<TimeSkippingInfo> {
        let request = DescribeWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
        };
        let mut client = self.client.clone();
        let described = self.wait(client.describe_workflow_execution(request)).unwrap();
        described.into_inner().workflow_extended_info.unwrap().time_skipping_info
    }

    fn recorded(&self) -> Vec<HistoryEvent> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
            ..Default::default()
        };
        let mut client = self.client.clone();
        let page = self.wait(client.get_workflow_execution_history(request)).unwrap();
        page.into_inner().history.unwrap().events
    }
}

fn polls(id: &str) -> PollWorkflowExecutionTimeSkippingRequest {
    PollWorkflowExecutionTimeSkippingRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        fast_forward_id: id.to_owned(),
    }
}

/// How many seconds after the start each event is, where time was skipped, and whether it was the last time.
fn told(events: &[HistoryEvent]) -> String {
    let seconds = |event: &HistoryEvent| event.event_time.unwrap().seconds;
    let began = seconds(&events[0]);
    let line = |event: &HistoryEvent| {
        let name = event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_");
        let what = match event.attributes.as_ref().unwrap() {
            Attributes::WorkflowExecutionTimeSkippingTransitionedEventAttributes(it) => {
                assert!(event.worker_may_ignore);
                assert_eq!(it.wall_clock_time, event.event_time, "as a server of 1.32 says");
                let by = it.target_time.map(|to| (to.seconds - began + 5) / 10 * 10);
                format!(" to {by:?}, last {}", it.disabled_after_fast_forward)
            }
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it) => {
                assert!(it.unset_versioning_override && it.time_skipping_config_updated);
                format!(" enabled {:?}", it.time_skipping_config.as_ref().map(|it| it.enabled))
            }
            _ => String::new(),
        };
        format!(
            "{} about {} s {name}{what}",
            event.event_id,
            (seconds(event) - began + 5) / 10 * 10
        )
    };
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// On a server whose time passes with the clock on the wall, as on a real one.
#[test]
fn the_time_of_a_workflow_is_skipped_while_all_others_wait() {
    let server = Running::with(|arguments| arguments.locked = true);
    let mut hand = Hand::on(&server);
    hand.start_as(skips()).unwrap();
    let began = hand.recorded()[0].event_time.unwrap().seconds;
    assert!((0..60).contains(&(hand.info().unwrap().current_time.unwrap().seconds - began)));
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(30 * 24 * 3600)]);
    let info = hand.info().unwrap();
    let passed = info.current_time.unwrap().seconds - began;
    assert!((0..60).contains(&(passed - 30 * 24 * 3600)), "{passed}");
    let with = TimeSkippingConfig { max_session_skip_count: 200, ..skips() };
    assert_eq!(info.effective_config, Some(with));
    assert_eq!(info.fast_forward_info, None, "not told by a server of 1.32");
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![complete("done")]);

    insta::assert_snapshot!(told(&hand.recorded()), @"
    1 about 0 s WORKFLOW_EXECUTION_STARTED
    2 about 0 s WORKFLOW_TASK_SCHEDULED
    3 about 0 s WORKFLOW_TASK_STARTED
    4 about 0 s WORKFLOW_TASK_COMPLETED
    5 about 0 s TIMER_STARTED
    6 about 0 s WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED to Some(2592000), last false
    7 about 2592000 s TIMER_FIRED
    8 about 2592000 s WORKFLOW_TASK_SCHEDULED
    9 about 2592000 s WORKFLOW_TASK_STARTED
    10 about 2592000 s WORKFLOW_TASK_COMPLETED
    11 about 2592000 s WORKFLOW_EXECUTION_COMPLETED
    ");
}

#[test]
fn a_fast_forward_is_waited_for() {
    let server = Running::with(|arguments| arguments.locked = true);
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(3600)]);
    assert_eq!(hand.info(), None, "nobody asked for it");
    let polled = hand.poll_forward("one");
    assert_eq!(polled.fast_forward_polling_result(), Polled::FastForwardFailed);
    assert_eq!(
        polled.failed_reason,
        "the requested fast_forward_id does not match the execution's current fast-forward"
    );
    // Another client waits before the timer has fired.
    assert!(hand.change(change(Some(forward("one", 5400)))).unwrap().unwrap().enabled);
    let mut client = hand.client.clone();
    let waits = server
        .runtime
        .spawn(async move { client.poll_workflow_execution_time_skipping(polls("one")).await });
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(3600)]);
    let polled = hand.wait(waits).unwrap().unwrap().into_inner();
    assert_eq!(polled.fast_forward_polling_result(), Polled::FastForwardCompleted);
    let told_of = polled.fast_forward_info.unwrap();
    assert!(told_of.has_completed && told_of.fast_forward_id == "one");
    assert_eq!(told_of.fast_forward_duration.unwrap().seconds, 5400);
    assert_eq!(hand.poll_forward("one").fast_forward_info, Some(told_of));
    let config = hand.info().unwrap().effective_config.unwrap();
    assert!(!config.enabled && config.fast_forward_config.is_some());
    assert_eq!(hand.change(change(None)).unwrap(), None);
    assert_eq!(hand.info().unwrap().effective_config, None);

    insta::assert_snapshot!(told(&hand.recorded()), @"
    1 about 0 s WORKFLOW_EXECUTION_STARTED
    2 about 0 s WORKFLOW_TASK_SCHEDULED
    3 about 0 s WORKFLOW_TASK_STARTED
    4 about 0 s WORKFLOW_TASK_COMPLETED
    5 about 0 s TIMER_STARTED
    6 about 0 s WORKFLOW_EXECUTION_OPTIONS_UPDATED enabled Some(true)
    7 about 0 s WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED to Some(3600), last false
    8 about 3600 s TIMER_FIRED
    9 about 3600 s WORKFLOW_TASK_SCHEDULED
    10 about 3600 s WORKFLOW_TASK_STARTED
    11 about 3600 s WORKFLOW_TASK_COMPLETED
    12 about 3600 s TIMER_STARTED
    13 about 3600 s WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED to Some(5400), last true
    14 about 5400 s WORKFLOW_EXECUTION_OPTIONS_UPDATED enabled None
    ");
}

#[test]
fn a_fast_forward_is_another_one_or_over() {
    let server = Running::with(|arguments| arguments.locked = true);
    let mut hand = Hand::on(&server);
    // A task that nobody takes keeps the workflow busy.
    hand.start_as(forward("one", 7200)).unwrap();
    let ends = |hand: &mut Hand<'_>, then: &dyn Fn(&mut Hand<'_>)| {
        let mut client = hand.client.clone();
        let waits = server
            .runtime
            .spawn(async move { client.poll_workflow_execution_time_skipping(polls("one")).await });
        hand.wait(async {
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
        });
        then(hand);
        let polled = hand.wait(waits).unwrap().unwrap().into_inner();
        assert_eq!(polled.fast_forward_polling_result(), Polled::FastForwardFailed);
        polled.failed_reason
    };
    let all = [
        ends(&mut hand, &|hand| drop(hand.change(change(Some(forward("one", 3600)))).unwrap())),
        ends(&mut hand, &|hand| drop(hand.change(change(Some(forward("two", 3600)))).unwrap())),
        ends(&mut hand, &|_| {}),
        {
            hand.change(change(Some(forward("one", 3600)))).unwrap();
            ends(&mut hand, &|hand| {
                let request = TerminateWorkflowExecutionRequest {
                    namespace: NAMESPACE.to_owned(),
                    workflow_execution: order(),
                    ..Default::default()
                };
                let mut client = hand.client.clone();
                hand.wait(client.terminate_workflow_execution(request)).unwrap();
            })
        },
    ];
    insta::assert_snapshot!(all.join("\n"), @"
    the fast-forward was reset
    the requested fast_forward_id does not match the execution's current fast-forward
    the requested fast_forward_id does not match the execution's current fast-forward
    the execution ended before the fast-forward completed
    ");
}

#[test]
fn what_cannot_be_meant_is_refused_as_by_a_server() {
    let server = Running::start();
    let hand = Hand::on(&server);
    let start = |config| hand.start_as(config).unwrap_err();
    let off = TimeSkippingConfig::default();
    let mut all = vec![
        start(forward("one", 0)),
        start(forward("one", -1)),
        start(forward(" ", 1)),
        start(TimeSkippingConfig { enabled: false, ..forward("one", 1) }),
    ];
    hand.start_as(off).unwrap();
    let whole = || change(Some(skips()));
    let but =
        |path: &str| UpdateWorkflowExecutionOptionsRequest { update_mask: mask(path), ..whole() };
    for request in [
        UpdateWorkflowExecutionOptionsRequest { workflow_execution: None, ..whole() },
        UpdateWorkflowExecutionOptionsRequest { update_mask: None, ..whole() },
        UpdateWorkflowExecutionOptionsRequest { workflow_execution_options: None, ..whole() },
        but("foo"),
        but("time_skipping_config.enabled"),
        but("time_skipping_config.colour"),
        but("priority.priority_key"),
        but("versioning_override"),
        change(Some(forward("", 1))),
    ] {
        all.push(hand.change(request).unwrap_err());
    }
    let nothing = UpdateWorkflowExecutionOptionsRequest {
        update_mask: Some(FieldMask::default()),
        ..whole()
    };
    assert!(
        !hand.change(nothing).unwrap().unwrap().enabled,
        "what counts is told, nothing changed"
    );
    let mut client = hand.client.clone();
    all.push(hand.wait(client.poll_workflow_execution_time_skipping(polls(" "))).unwrap_err());
    let told: Vec<String> =
        all.iter().map(|it| format!("{:?}: {}", it.code(), it.message())).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    InvalidArgument: Time skipping config invalid: fast_forward duration must be positive
    InvalidArgument: Time skipping config invalid: fast_forward duration must be positive
    InvalidArgument: Time skipping config invalid: fast_forward_id must be set
    InvalidArgument: time_skipping_config: cannot set fast_forward when enabled is false
    InvalidArgument: WorkflowId is not set on request.
    InvalidArgument: UpdateMask is required
    InvalidArgument: WorkflowExecutionOptions is required
    InvalidArgument: error parsing UpdateMask: proto: invalid path "foo" for message "temporal.api.workflow.v1.WorkflowExecutionOptions"
    InvalidArgument: error applying update_options: time_skipping_config doesn't support partial update
    InvalidArgument: error parsing UpdateMask: proto: invalid path "time_skipping_config.colour" for message "temporal.api.workflow.v1.WorkflowExecutionOptions"
    Unimplemented: not simulated: a change of the priority of a workflow
    Unimplemented: not simulated: worker deployments
    InvalidArgument: Time skipping config invalid: fast_forward_id must be set
    InvalidArgument: Time skipping config invalid: fast_forward_id must be set
    "#);
}

/// Where time leaps for whoever waits, it leaps for who waits for a fast-forward.
#[test]
fn a_fast_forward_is_leapt_for() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    // Nobody polls this queue: the workflow has a task at hand for ever.
    let request = StartWorkflowExecutionRequest {
        time_skipping_config: Some(forward("one", 24 * 3600)),
        ..start()
    };
    let mut client = hand.client.clone();
    hand.wait(client.start_workflow_execution(request)).unwrap();
    let polled = hand.poll_forward("one");
    assert_eq!(polled.fast_forward_polling_result(), Polled::FastForwardCompleted);
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![complete("done")]);
    insta::assert_snapshot!(told(&hand.recorded()), @"
    1 about 0 s WORKFLOW_EXECUTION_STARTED
    2 about 0 s WORKFLOW_TASK_SCHEDULED
    3 about 86400 s WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED to None, last true
    4 about 86400 s WORKFLOW_TASK_STARTED
    5 about 86400 s WORKFLOW_TASK_COMPLETED
    6 about 86400 s WORKFLOW_EXECUTION_COMPLETED
    ");
}
