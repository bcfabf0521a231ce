//! The details of heartbeats: values of any type, to be made payloads of.
//!
//! The SDK's test environment hands the details over as `Box<dyn Any>`, where a worker would encode them on the spot. So
//! the types must be known beforehand: the common ones are, others are registered.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;

use serde_json::Value;
use temporalio_common::data_converters::{
    GenericPayloadConverter, PayloadConversionError, PayloadConverter, RawValue,
    SerializationContext, SerializationContextData, TemporalSerializable,
};
use temporalio_common::protos::temporal::api::common::v1::Payload;

type Encoded = Result<Vec<Payload>, PayloadConversionError>;
type Encode = fn(&dyn Any, &PayloadConverter, &SerializationContextData) -> Option<Encoded>;

/// The types whose values can be details of a heartbeat.
#[derive(Debug, Clone)]
pub(super) struct HeartbeatTypes(BTreeMap<TypeId, Encode>);

/// Adds each type by itself, in an `Option` and in a `Vec`.
macro_rules! common {
    ($types:ident: $($name:ty),+ $(,)?) => {
        $( $types.add::<$name>(); $types.add::<Option<$name>>(); $types.add::<Vec<$name>>(); )+
    };
}

impl Default for HeartbeatTypes {
    fn default() -> Self {
        let mut types = Self(BTreeMap::new());
        common!(types: u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64, bool, String, Value);
        common!(types: (u32, u32), (u64, u64), (usize, usize), (String, u32), (String, u64), (String, String));
        common!(types: char, Vec<u8>);
        types.add::<()>();
        types.add::<&'static str>();
        types.add::<BTreeMap<String, Value>>();
        types.add::<BTreeMap<String, String>>();
        types.add::<serde_json::Map<String, Value>>();
        types.add::<RawValue>();
        types
    }
}

impl HeartbeatTypes {
    pub(super) fn add<T: TemporalSerializable + 'static>(&mut self) {
        self.0.insert(TypeId::of::<T>(), encode::<T>);
    }

    /// The payloads that a worker makes of `details`; `None` if nobody knows their type.
    pub(super) fn encode(
        &self,
        details: &dyn Any,
        converter: &PayloadConverter,
        context: &SerializationContextData,
    ) -> Option<Encoded> {
        self.0.get(&details.type_id())?(details, converter, context)
    }
}

fn encode<T: TemporalSerializable + 'static>(
    details: &dyn Any,
    converter: &PayloadConverter,
    context: &SerializationContextData,
) -> Option<Encoded> {
    let context = SerializationContext::new(context, converter);
    details.downcast_ref::<T>().map(|details| converter.to_payloads(&context, details))
}
