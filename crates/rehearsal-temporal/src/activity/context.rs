//! How an `ActivityContext` is had: the one public door leads through the SDK's `ActivityEnvironment`.
//!
//! An environment runs an activity and hands it a context made of its own parts. It would keep the activity's struct to
//! itself, and its facts are the same for every run. So there is one environment for each attempt, and the activity that
//! it runs is [`Door`], which does nothing but put its context where the attempt finds it.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use temporalio_common::ActivityDefinition;
use temporalio_common::data_converters::{
    ErasedSerdePayloadConverter, PayloadConversionError, PayloadConverter, RawValue,
    SerializationContextData,
};
use temporalio_common::protos::coresdk::activity_task::Start;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_sdk::activities::{
    ActivityContext, ActivityDefinitions, ActivityError, ActivityImplementer, ActivityInfo,
    ExecutableActivity,
};
use temporalio_sdk::testing::ActivityEnvironment;

/// What the SDK's environment says when code asks for a client. The simulation has none.
pub(super) const NO_CLIENT: &str = "ActivityEnvironment was created without a Client";

/// An environment for one attempt. It must live as long as the attempt can be canceled.
///
/// `task` has the headers and the heartbeat details, decoded by the codec.
///
/// # Errors
///
/// If the details are several payloads, and `converter` knows serde types only, which are one payload each.
pub(super) fn environment(
    info: ActivityInfo,
    task: Start,
    converter: &PayloadConverter,
    on_heartbeat: impl Fn(Box<dyn Any>) + Send + Sync + 'static,
) -> Result<ActivityEnvironment, PayloadConversionError> {
    let environment = ActivityEnvironment::builder().on_heartbeat(on_heartbeat);
    let environment = match (converter, task.heartbeat_details) {
        (PayloadConverter::Serde(inner), mut details) if details.len() == 1 => {
            let payload = details.remove(0);
            let remembers = Remembers { inner: Arc::clone(inner), payload };
            environment
                .payload_converter(PayloadConverter::Serde(Arc::new(remembers)))
                .heartbeat_details(true)?
        }
        (PayloadConverter::Serde(_), details) if details.is_empty() => {
            environment.payload_converter(converter.clone())
        }
        (_, details) => environment
            .payload_converter(converter.clone())
            .heartbeat_details(RawValue::new(details))?,
    };
    Ok(environment.info(info).headers(task.header_fields).build())
}

/// Hands raw details over to an environment with a converter that knows serde types only: whatever it is to encode, it
/// gives the payload that it remembers. An environment encodes nothing but these details.
struct Remembers {
    inner: Arc<dyn ErasedSerdePayloadConverter>,
    payload: Payload,
}

impl ErasedSerdePayloadConverter for Remembers {
    fn to_payload(
        &self,
        _: &SerializationContextData,
        _: &dyn erased_serde::Serialize,
    ) -> Result<Payload, PayloadConversionError> {
        Ok(self.payload.clone())
    }

    fn from_payload(
        &self,
        context: &SerializationContextData,
        payload: Payload,
    ) -> Result<Box<dyn erased_serde::Deserializer<'static>>, PayloadConversionError> {
        self.inner.from_payload(context, payload)
    }
}

/// The context that the code of the attempt is called with.
pub(super) fn context(environment: &ActivityEnvironment) -> ActivityContext {
    let left = environment.run(Door, ()).now_or_never().and_then(|_| LEFT.take());
    left.expect("the SDK's environment runs the activity that it is given at once")
}

thread_local! {
    static LEFT: RefCell<Option<ActivityContext>> = const { RefCell::new(None) };
}

/// The activity that leaves its context behind.
struct Door;

/// [`Door`] belongs to no struct of a user.
struct Nobody;

impl ActivityImplementer for Nobody {
    fn register_all(self: Arc<Self>, _: &mut ActivityDefinitions) {}
}

impl ActivityDefinition for Door {
    type Input = ();
    type Output = ();

    fn name(&self) -> &'static str {
        "door"
    }
}

impl ExecutableActivity for Door {
    type Implementer = Nobody;
    const REQUIRES_INSTANCE: bool = false;

    fn definition() -> Self {
        Self
    }

    fn execute(
        _: Option<Arc<Nobody>>,
        context: ActivityContext,
        (): (),
    ) -> BoxFuture<'static, Result<(), ActivityError>> {
        LEFT.set(Some(context));
        ready(Ok(())).boxed()
    }
}
