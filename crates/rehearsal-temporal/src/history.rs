//! Histories as the official SDK holds them, and as `.binpb` files hold them: those of [`rehearsal_proto`], and what the
//! codec of a data converter makes of one.

use rehearsal_history::{BadPayload, History};
pub use rehearsal_proto::history::{decode, encode, from_proto, to_proto};
use temporalio_common::data_converters::DataConverter;

use crate::codec;

/// The history with all payloads decoded by the codec of a data converter, as a worker decodes them before workflow code
/// sees them.
///
/// # Errors
///
/// [`BadPayload`] with what the codec says, or that it waits for something outside, where nothing could wake it.
///
/// # Examples
///
/// ```
/// use rehearsal_history::HistoryBuilder;
/// use rehearsal_temporal::history;
/// use temporalio_common::data_converters::DataConverter;
///
/// let recorded = HistoryBuilder::new("Order").build();
/// let decoded = history::decode_payloads(&recorded, &DataConverter::default()).unwrap();
/// assert_eq!(decoded, recorded); // the default codec does nothing
/// ```
pub fn decode_payloads(
    history: &History,
    converter: &DataConverter,
) -> Result<History, BadPayload<String>> {
    history.map_payloads(|_, payload| codec::decode_one(converter, &payload))
}
