//! Ids that are told before the events exist (R-6), and what else is filled in.

use rehearsal_activation::{
    ScheduleActivity, Seq, ServerCommand, SetPatch, StartTimer, WorkflowCommand,
};
use rehearsal_history::Payload;

use crate::support::{
    activity, complete, delivery, drive, history, lines, secs, sent, timer, worker,
};

/// What is sent for `commands` in the first task, whose `WorkflowTaskStarted` is event 3.
fn first_task(commands: Vec<WorkflowCommand>) -> Vec<ServerCommand> {
    let told = history(|h| _ = h.start_task());
    sent(&drive(&mut worker(), delivery(told.events(), 1, 1), vec![commands]))
}

#[test]
fn ids_are_those_of_the_events_to_come() {
    let chosen = WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(2),
        activity_id: Some("mine".into()),
        activity_type: "Work".into(),
        task_queue: Some("elsewhere".into()),
        ..ScheduleActivity::default()
    }));
    let sent = first_task(vec![activity(1, "Work"), chosen, timer(1, 1), activity(3, "Work")]);
    let ids: Vec<_> = sent
        .iter()
        .map(|command| match command {
            ServerCommand::ScheduleActivityTask(schedule) => (
                schedule.activity_id.as_str(),
                schedule.task_queue.as_str(),
                schedule.use_workflow_build_id,
            ),
            ServerCommand::StartTimer { timer_id, .. } => (timer_id.as_str(), "", false),
            other => panic!("not asked for: {other:?}"),
        })
        .collect();
    assert_eq!(
        ids,
        [("5", "main", true), ("mine", "elsewhere", false), ("7", "", false), ("8", "main", true)]
    );
}

#[test]
fn a_close_command_goes_last() {
    let sent = first_task(vec![activity(1, "Work"), complete(), timer(1, 1)]);
    assert!(matches!(
        &sent[..],
        [
            ServerCommand::ScheduleActivityTask(_),
            ServerCommand::StartTimer { .. },
            ServerCommand::CompleteWorkflow { result: None }
        ]
    ));
}

#[test]
fn a_summary_is_escaped_as_go_does() {
    let summary = |text: &str| {
        let named = StartTimer { seq: Seq(1), after: secs(1), summary: Some(Payload::text(text)) };
        let sent = first_task(vec![WorkflowCommand::StartTimer(named)]);
        let [ServerCommand::StartTimer { user_metadata: Some(metadata), .. }] = &sent[..] else {
            panic!("no metadata: {sent:?}")
        };
        metadata.summary.as_ref().unwrap().as_json().unwrap().to_owned()
    };
    assert_eq!(summary("Sleep"), r#""Sleep""#);
    assert_eq!(
        summary("a \"b\" \\ <c> & \n\u{1}\u{2028}é"),
        r#""a \"b\" \\ \u003cc\u003e \u0026 \n\u0001\u2028é""#
    );
}

/// Names and flags come with the first completion; a worker that takes over names itself again unless the last
/// recorded completion did (`worker-restart` event 15, `worker-crash` event 12).
#[test]
fn the_sdk_names_itself_when_it_must() {
    let told = history(|h| {
        h.complete_task();
        h.signal("go", None);
        h.start_task();
    });
    let mut first = worker();
    insta::assert_snapshot!(lines(&drive(&mut first, delivery(&told.events()[..3], 1, 1), vec![])), @r#"
    instantiate run
    activate at 3: Initialize
    respond to 3: 0 commands, flags [3], sdk "temporal-go"
    "#);
    insta::assert_snapshot!(lines(&drive(&mut first, delivery(told.events(), 4, 1), vec![])), @r#"
    activate at 7: SignalWorkflow
    respond to 7: 0 commands, flags [], sdk ""
    "#);
    insta::assert_snapshot!(lines(&drive(&mut worker(), delivery(told.events(), 1, 1), vec![])), @r#"
    instantiate run
    activate at 3 replaying: Initialize
    activate at 7: SignalWorkflow
    respond to 7: 0 commands, flags [], sdk "temporal-go"
    "#);
}

#[test]
fn what_is_not_simulated_fails_the_task_by_name() {
    let told = history(|h| _ = h.start_task());
    let later = WorkflowCommand::SetPatch(SetPatch::default());
    let log = drive(&mut worker(), delivery(told.events(), 1, 1), vec![vec![later]]);
    insta::assert_snapshot!(lines(&log), @"
    instantiate run
    activate at 3: Initialize
    trouble: not simulated: patches by the rules of Go
    respond to 3: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: not simulated: patches by the rules of Go
    evict run
    ");
}
