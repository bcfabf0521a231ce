//! Histories as the official SDK holds them, and as `.binpb` files hold them.
//!
//! The SDK's own JSON of a history is a shape that nothing else writes (R-13), so histories go over as messages, field
//! by field, and nothing is lost on the way: what has no counterpart is refused by name.

mod activity;
mod child;
mod external;
mod marker;
mod task;
mod timer;
mod update;
mod workflow;

use std::sync::Arc;

use prost::Message as _;
use rehearsal_history::event::ServerFields;
use rehearsal_history::{Event, EventKind, History, Timestamp};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::history::v1::{History as ProtoHistory, HistoryEvent};

use crate::mirror::{ConvertError, Mirror, json_member, refuse_unknown, take_json};

/// A history as the official SDK holds it, for its `WorkflowReplayer` say.
///
/// # Errors
///
/// [`ConvertError`] names the event and the field that Temporal's messages do not have. Events of types that Rehearsal
/// does not look into are refused too.
///
/// # Examples
///
/// ```
/// use rehearsal_history::HistoryBuilder;
/// use rehearsal_proto::history;
///
/// let recorded = HistoryBuilder::new("Order").build();
/// let proto = history::to_proto(&recorded)?;
/// assert_eq!(proto.events.len(), recorded.events().len());
/// assert_eq!(history::from_proto(proto)?, recorded);
/// # Ok::<(), rehearsal_proto::ConvertError>(())
/// ```
pub fn to_proto(history: &History) -> Result<ProtoHistory, ConvertError> {
    let events = history.events().iter().map(|event| {
        event_to_proto(event).map_err(|error| error.within(&format!("event {}", event.id)))
    });
    Ok(ProtoHistory { events: events.collect::<Result<_, _>>()? })
}

/// A history that the official SDK holds.
///
/// # Errors
///
/// [`ConvertError`] names the event and the field that Rehearsal does not know, or says why the events are no history.
pub fn from_proto(proto: ProtoHistory) -> Result<History, ConvertError> {
    let events = proto.events.into_iter().map(|event| {
        let id = event.event_id;
        let event = event_from_proto(event);
        event.map(Arc::new).map_err(|error| error.within(&format!("event {id}")))
    });
    History::new(events.collect::<Result<_, _>>()?).map_err(ConvertError::not_a_history)
}

/// Reads a history from the bytes of a protobuf message, as `.binpb` files hold it.
///
/// # Errors
///
/// [`ConvertError`] if the bytes are no such message, and as [`from_proto`].
///
/// # Examples
///
/// ```
/// use rehearsal_history::HistoryBuilder;
/// use rehearsal_proto::history;
///
/// let recorded = HistoryBuilder::new("Order").build();
/// assert_eq!(history::decode(&history::encode(&recorded)?)?, recorded);
/// # Ok::<(), rehearsal_proto::ConvertError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<History, ConvertError> {
    from_proto(ProtoHistory::decode(bytes).map_err(ConvertError::not_a_history)?)
}

/// Writes a history as the bytes of a protobuf message.
///
/// # Errors
///
/// As [`to_proto`].
pub fn encode(history: &History) -> Result<Vec<u8>, ConvertError> {
    to_proto(history).map(|proto| proto.encode_to_vec())
}

/// Members of an event that are kept as JSON.
const LINKS: &str = "links";
const PRINCIPAL: &str = "principal";

pub(crate) fn event_to_proto(event: &Event) -> Result<HistoryEvent, ConvertError> {
    let ServerFields { version, task_id, worker_may_ignore, unknown } = &event.server;
    refuse_unknown(unknown, &[LINKS, PRINCIPAL])?;
    let event_type = EventType::from_str_name(event.kind.type_name()).ok_or_else(|| {
        ConvertError::new("a type of event that the SDK knows", event.kind.type_name())
    })?;
    Ok(HistoryEvent {
        event_id: event.id.to_proto()?,
        event_time: Some(event.time.to_proto()?),
        event_type: event_type.into(),
        version: *version,
        task_id: *task_id,
        worker_may_ignore: *worker_may_ignore,
        user_metadata: event.user_metadata.to_proto()?,
        links: take_json(unknown, LINKS)?,
        principal: take_json(unknown, PRINCIPAL)?,
        event_group_markers: Vec::new(),
        attributes: Some(attributes_to_proto(&event.kind)?),
    })
}

fn event_from_proto(proto: HistoryEvent) -> Result<Event, ConvertError> {
    if !proto.event_group_markers.is_empty() {
        return Err(ConvertError::unmapped("event_group_markers"));
    }
    let mut unknown = Vec::new();
    json_member(&mut unknown, LINKS, &proto.links)?;
    json_member(&mut unknown, PRINCIPAL, &proto.principal)?;
    let attributes = proto
        .attributes
        .ok_or_else(|| ConvertError::new("attributes", "none").within("attributes"))?;
    let kind = attributes_from_proto(attributes)?;
    let event_type = EventType::try_from(proto.event_type).unwrap_or_default().as_str_name();
    if event_type != kind.type_name() {
        let error = ConvertError::new("the type of its attributes", event_type);
        return Err(error.within("event_type"));
    }
    let time = proto.event_time.map_or(Ok(Timestamp::EPOCH), Mirror::from_proto)?;
    Ok(Event {
        user_metadata: Mirror::from_proto(proto.user_metadata)?,
        server: ServerFields {
            version: proto.version,
            task_id: proto.task_id,
            worker_may_ignore: proto.worker_may_ignore,
            unknown: unknown.into_iter().collect(),
        },
        ..Event::new(Mirror::from_proto(proto.event_id)?, time, kind)
    })
}

/// Lists the types of events that both sides know, ours beside the SDK's.
macro_rules! kinds {
    ($($kind:ident = $theirs:ident),+ $(,)?) => {
        fn attributes_to_proto(kind: &EventKind) -> Result<Attributes, ConvertError> {
            match kind {
                $( EventKind::$kind(attributes) => {
                    Mirror::to_proto(attributes).map(Attributes::$theirs)
                } )+
                other => Err(ConvertError::new("a type of event that Rehearsal knows", other.name())),
            }
        }

        fn attributes_from_proto(proto: Attributes) -> Result<EventKind, ConvertError> {
            match proto {
                $( Attributes::$theirs(attributes) => {
                    Mirror::from_proto(attributes).map(EventKind::$kind)
                } )+
                other => {
                    let found = format!("{other:?}");
                    let name = found.split_once('(').map_or(&*found, |(name, _)| name);
                    Err(ConvertError::new("a type of event that Rehearsal knows", name))
                }
            }
        }
    };
}

kinds! {
    WorkflowExecutionStarted = WorkflowExecutionStartedEventAttributes,
    WorkflowExecutionCompleted = WorkflowExecutionCompletedEventAttributes,
    WorkflowExecutionFailed = WorkflowExecutionFailedEventAttributes,
    WorkflowExecutionTimedOut = WorkflowExecutionTimedOutEventAttributes,
    WorkflowTaskScheduled = WorkflowTaskScheduledEventAttributes,
    WorkflowTaskStarted = WorkflowTaskStartedEventAttributes,
    WorkflowTaskCompleted = WorkflowTaskCompletedEventAttributes,
    WorkflowTaskTimedOut = WorkflowTaskTimedOutEventAttributes,
    WorkflowTaskFailed = WorkflowTaskFailedEventAttributes,
    ActivityTaskScheduled = ActivityTaskScheduledEventAttributes,
    ActivityTaskStarted = ActivityTaskStartedEventAttributes,
    ActivityTaskCompleted = ActivityTaskCompletedEventAttributes,
    ActivityTaskFailed = ActivityTaskFailedEventAttributes,
    ActivityTaskTimedOut = ActivityTaskTimedOutEventAttributes,
    ActivityTaskCancelRequested = ActivityTaskCancelRequestedEventAttributes,
    ActivityTaskCanceled = ActivityTaskCanceledEventAttributes,
    TimerStarted = TimerStartedEventAttributes,
    TimerFired = TimerFiredEventAttributes,
    TimerCanceled = TimerCanceledEventAttributes,
    WorkflowExecutionCancelRequested = WorkflowExecutionCancelRequestedEventAttributes,
    WorkflowExecutionCanceled = WorkflowExecutionCanceledEventAttributes,
    RequestCancelExternalWorkflowExecutionInitiated = RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
    RequestCancelExternalWorkflowExecutionFailed = RequestCancelExternalWorkflowExecutionFailedEventAttributes,
    ExternalWorkflowExecutionCancelRequested = ExternalWorkflowExecutionCancelRequestedEventAttributes,
    MarkerRecorded = MarkerRecordedEventAttributes,
    WorkflowExecutionSignaled = WorkflowExecutionSignaledEventAttributes,
    WorkflowExecutionTerminated = WorkflowExecutionTerminatedEventAttributes,
    WorkflowExecutionContinuedAsNew = WorkflowExecutionContinuedAsNewEventAttributes,
    StartChildWorkflowExecutionInitiated = StartChildWorkflowExecutionInitiatedEventAttributes,
    StartChildWorkflowExecutionFailed = StartChildWorkflowExecutionFailedEventAttributes,
    ChildWorkflowExecutionStarted = ChildWorkflowExecutionStartedEventAttributes,
    ChildWorkflowExecutionCompleted = ChildWorkflowExecutionCompletedEventAttributes,
    ChildWorkflowExecutionFailed = ChildWorkflowExecutionFailedEventAttributes,
    ChildWorkflowExecutionCanceled = ChildWorkflowExecutionCanceledEventAttributes,
    ChildWorkflowExecutionTimedOut = ChildWorkflowExecutionTimedOutEventAttributes,
    ChildWorkflowExecutionTerminated = ChildWorkflowExecutionTerminatedEventAttributes,
    SignalExternalWorkflowExecutionInitiated = SignalExternalWorkflowExecutionInitiatedEventAttributes,
    SignalExternalWorkflowExecutionFailed = SignalExternalWorkflowExecutionFailedEventAttributes,
    ExternalWorkflowExecutionSignaled = ExternalWorkflowExecutionSignaledEventAttributes,
    UpsertWorkflowSearchAttributes = UpsertWorkflowSearchAttributesEventAttributes,
    WorkflowExecutionUpdateAccepted = WorkflowExecutionUpdateAcceptedEventAttributes,
    WorkflowExecutionUpdateRejected = WorkflowExecutionUpdateRejectedEventAttributes,
    WorkflowExecutionUpdateCompleted = WorkflowExecutionUpdateCompletedEventAttributes,
    WorkflowPropertiesModified = WorkflowPropertiesModifiedEventAttributes,
    WorkflowExecutionUpdateAdmitted = WorkflowExecutionUpdateAdmittedEventAttributes,
    WorkflowExecutionOptionsUpdated = WorkflowExecutionOptionsUpdatedEventAttributes,
    WorkflowExecutionTimeSkippingTransitioned = WorkflowExecutionTimeSkippingTransitionedEventAttributes,
}

#[cfg(test)]
mod tests;
