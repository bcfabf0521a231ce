//! Every command comes back as it went over; what is wrong is refused by name.

#![expect(
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    reason = "one of each command, with all of its fields, most of which may be missing"
)]

use std::time::Duration;

use rehearsal_activation::{
    CancelExternalWorkflow, ContinueAsNewWorkflow, ExternalTarget, RecordMarker,
    ScheduleActivityTask, ServerCommand, SignalExternalWorkflow, StartChildWorkflow, UpdateMessage,
};
use rehearsal_history::event::{UpdateInput, UpdateMeta, UpdateRequest};
use rehearsal_history::{
    EventId, Failure, Header, Memo, ParentClosePolicy, Payload, Payloads, Priority, RetryPolicy,
    SearchAttributes, UserMetadata, WorkflowIdReusePolicy,
};
use temporalio_protos::temporal::api::command::v1::{self as proto, command::Attributes};
use temporalio_protos::temporal::api::protocol::v1::Message;

use super::{from_proto, to_proto};
use crate::mirror::Mirror as _;

fn value() -> Option<Payloads> {
    Some(Payloads::one(Payload::default()))
}

fn priority() -> Option<Priority> {
    let fairness_key = "vip".into();
    Some(Priority { fairness_key, fairness_weight: 0.1, ..Priority::of_key(2) })
}

fn note() -> Option<Box<UserMetadata>> {
    Some(Box::new(UserMetadata::of_summary(Payload::default())))
}

fn failure() -> Failure {
    Failure { message: "no".into(), ..Failure::default() }
}

fn second() -> Option<Duration> {
    Some(Duration::from_secs(1))
}

/// One of each, with all fields set.
fn every_command() -> Vec<ServerCommand> {
    let update = |id: &str| UpdateRequest {
        meta: Some(UpdateMeta { update_id: id.into(), ..UpdateMeta::default() }),
        input: Some(UpdateInput { name: "add".into(), args: value(), ..UpdateInput::default() }),
        ..UpdateRequest::default()
    };
    let target = ExternalTarget {
        workflow_id: "other".into(),
        run_id: Some("run-9".into()),
        child_only: true,
    };
    vec![
        ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
            activity_id: "5".into(),
            activity_type: "Charge".into(),
            task_queue: "main".into(),
            input: value(),
            header: Some(Header::default()),
            schedule_to_close: second(),
            schedule_to_start: second(),
            start_to_close: second(),
            heartbeat: second(),
            retry_policy: Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }),
            use_workflow_build_id: true,
            priority: priority(),
            user_metadata: note(),
        })),
        ServerCommand::RequestCancelActivityTask { scheduled: EventId(5), user_metadata: note() },
        ServerCommand::StartTimer {
            timer_id: "6".into(),
            after: Duration::from_nanos(1_500_000_001),
            user_metadata: note(),
        },
        ServerCommand::CancelTimer { timer_id: "6".into(), user_metadata: None },
        ServerCommand::RecordMarker(Box::new(RecordMarker {
            name: "Version".into(),
            details: [("version".into(), value().unwrap())].into(),
            header: None,
            failure: Some(Box::new(failure())),
            user_metadata: note(),
        })),
        ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
            workflow_id: "child".into(),
            workflow_type: "Child".into(),
            task_queue: "main".into(),
            input: value(),
            header: Some(Header::default()),
            execution_timeout: second(),
            run_timeout: second(),
            task_timeout: second(),
            parent_close_policy: ParentClosePolicy::Abandon,
            id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate,
            retry_policy: None,
            cron_schedule: "* * * * *".into(),
            memo: Some(Memo::default()),
            search_attributes: Some(SearchAttributes::default()),
            inherit_build_id: true,
            priority: priority(),
            user_metadata: note(),
        })),
        ServerCommand::SignalExternalWorkflow(Box::new(SignalExternalWorkflow {
            target: target.clone(),
            name: "go".into(),
            input: value(),
            header: Some(Header::default()),
            control: "7".into(),
            user_metadata: note(),
        })),
        ServerCommand::RequestCancelExternalWorkflow(Box::new(CancelExternalWorkflow {
            target,
            reason: "enough".into(),
            control: "8".into(),
            names_namespace: true,
            user_metadata: note(),
        })),
        ServerCommand::AnswerUpdate(Box::new(UpdateMessage::Accept {
            update_id: "u1".into(),
            sequencing: EventId(4),
            request: update("u1"),
        })),
        ServerCommand::AnswerUpdate(Box::new(UpdateMessage::Complete {
            update_id: "u1".into(),
            outcome: Ok(value()),
        })),
        ServerCommand::AnswerUpdate(Box::new(UpdateMessage::Complete {
            update_id: "u2".into(),
            outcome: Err(Box::new(failure())),
        })),
        ServerCommand::UpsertSearchAttributes(SearchAttributes::default()),
        ServerCommand::UpsertMemo(Memo::default()),
        ServerCommand::CompleteWorkflow { result: value() },
        ServerCommand::FailWorkflow { failure: Box::new(failure()) },
        ServerCommand::CancelWorkflow { details: value() },
        ServerCommand::ContinueAsNew(Box::new(ContinueAsNewWorkflow {
            workflow_type: "Again".into(),
            task_queue: "main".into(),
            input: value(),
            run_timeout: second(),
            task_timeout: second(),
            backoff: second(),
            failure: Some(failure()),
            last_completion_result: value(),
            inherit_build_id: true,
            ..ContinueAsNewWorkflow::default()
        })),
        // A rejection is a message without a command, so it comes behind all of them.
        ServerCommand::AnswerUpdate(Box::new(UpdateMessage::Reject {
            update_id: "u3".into(),
            failure: Box::new(failure()),
        })),
    ]
}

#[test]
fn every_command_comes_back() {
    let sent = every_command();
    let (commands, messages) = to_proto(&sent, "default").unwrap();

    assert_eq!(commands.len() + 1, sent.len(), "one of them is a message alone");
    assert_eq!(from_proto(commands, messages, "default").unwrap(), sent);
}

/// A message of each kind that names no command comes behind all commands, in its order.
#[test]
fn messages_without_a_command_come_last() {
    let sent = every_command();
    let (mut commands, messages) = to_proto(&sent, "default").unwrap();
    commands.retain(|command| {
        !matches!(command.attributes, Some(Attributes::ProtocolMessageCommandAttributes(_)))
    });
    let count = messages.len();
    let read = from_proto(commands, messages, "default").unwrap();

    assert_eq!(read.len(), sent.len());
    assert!(
        read[sent.len() - count..].iter().all(|it| matches!(it, ServerCommand::AnswerUpdate(_)))
    );
}

/// What becomes of one activity command that is changed a little.
#[track_caller]
fn refused(change: impl FnOnce(&mut proto::Command)) -> String {
    let (mut commands, _) = to_proto(&every_command()[..1], "default").unwrap();
    change(&mut commands[0]);
    from_proto(commands, Vec::new(), "default").unwrap_err().to_string()
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    insta::assert_snapshot!(refused(|command| command.attributes = None), @"`commands.0`: expected a command with attributes, found none");
    insta::assert_snapshot!(refused(|command| command.command_type = 4711), @"`commands.0`: expected COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, found 4711");
    insta::assert_snapshot!(
        refused(|command| {
            let Some(Attributes::ScheduleActivityTaskCommandAttributes(activity)) =
                &mut command.attributes
            else {
                unreachable!()
            };
            activity.heartbeat_timeout.as_mut().unwrap().seconds = -1;
        }),
        @"`commands.0.heartbeat_timeout`: expected a time that is not negative, found -1 s and 0 ns"
    );
    let absent = proto::ProtocolMessageCommandAttributes { message_id: "gone".into() };
    insta::assert_snapshot!(
        refused(|command| {
            command.command_type = 14;
            command.user_metadata = None;
            command.attributes = Some(absent.into());
        }),
        @"`commands.0`: expected the id of a message, found gone"
    );
}

#[test]
fn what_is_not_simulated_is_refused_by_name() {
    let nexus = proto::ScheduleNexusOperationCommandAttributes::default();
    insta::assert_snapshot!(
        refused(|command| {
            command.command_type = 17;
            command.user_metadata = None;
            command.attributes = Some(nexus.into());
        }),
        @"not simulated: Nexus operations"
    );
}

/// What becomes of a note that a command of each type has: kept, left out, or refused.
#[test]
fn a_note_has_its_place_in_some_commands_alone() {
    let all = every_command();
    let (commands, messages) = to_proto(&all, "default").unwrap();
    let mut told = std::collections::BTreeSet::new();
    for mut command in commands {
        command.user_metadata =
            Some(UserMetadata::of_summary(Payload::default()).to_proto().unwrap());
        let name = command.command_type().as_str_name();
        let mine = messages.iter().filter(|message| match &command.attributes {
            Some(Attributes::ProtocolMessageCommandAttributes(it)) => it.message_id == message.id,
            _ => false,
        });
        let mine = mine.cloned().collect();
        let what = match from_proto(vec![command], mine, "default") {
            Err(error) => error.to_string(),
            Ok(read) => {
                let (again, _) = to_proto(&read, "default").unwrap();
                if again[0].user_metadata.is_some() { "kept" } else { "left out" }.to_owned()
            }
        };
        told.insert(format!("{name}: {what}"));
    }
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"), @"
    COMMAND_TYPE_CANCEL_TIMER: kept
    COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION: not simulated: user metadata of this command
    COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION: not simulated: user metadata of this command
    COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION: not simulated: user metadata of this command
    COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION: not simulated: user metadata of this command
    COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES: not simulated: user metadata of this command
    COMMAND_TYPE_PROTOCOL_MESSAGE: left out
    COMMAND_TYPE_RECORD_MARKER: kept
    COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK: kept
    COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION: kept
    COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK: kept
    COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION: kept
    COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION: kept
    COMMAND_TYPE_START_TIMER: kept
    COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: not simulated: user metadata of this command
    ");
}

#[test]
fn a_message_that_nobody_knows_is_refused() {
    let twice = vec![Message::default(), Message::default()];
    insta::assert_snapshot!(from_proto(Vec::new(), twice, "default").unwrap_err(), @"expected a message with an id of its own, found");
    let (_, mut messages) = to_proto(&every_command(), "default").unwrap();
    messages.truncate(1);
    messages[0].body.as_mut().unwrap().value = vec![0xff];
    let error = from_proto(Vec::new(), messages.clone(), "default").unwrap_err();
    assert!(error.to_string().starts_with("expected the bytes of a message"), "{error}");
    messages[0].body.as_mut().unwrap().type_url = "what/ever".into();
    insta::assert_snapshot!(from_proto(Vec::new(), messages, "default").unwrap_err(), @"expected a message about an update, found ever");
}
