//! Payloads that a codec seals: a history of them is replayed with it, and refused without.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rehearsal::{History, ReplayError, replay};
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_common::protos::temporal::api::common::v1::Payload;

use crate::{Pack, json, packing};

/// Seals payloads with a salt of its own, and opens them whatever their salt is.
#[derive(Debug)]
struct Seal(u64);

type Coded = BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>>;

impl PayloadCodec for Seal {
    fn encode(&self, _context: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        let salt = self.0.to_be_bytes();
        let seal = move |payload: Payload| {
            let data = [salt.as_slice(), &payload.data].concat();
            let metadata = [("encoding".to_owned(), b"binary/sealed".to_vec())];
            Payload { metadata: metadata.into_iter().collect(), data, ..Payload::default() }
        };
        async move { Ok(payloads.into_iter().map(seal).collect()) }.boxed()
    }

    fn decode(&self, _context: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        let open = |payload: Payload| {
            if payload.metadata.get("encoding").is_none_or(|encoding| encoding != b"binary/sealed")
            {
                return Ok(payload);
            }
            let data = payload.data.get(8..).ok_or(PayloadConversionError::WrongEncoding)?;
            let metadata = [("encoding".to_owned(), b"json/plain".to_vec())];
            Ok(Payload {
                metadata: metadata.into_iter().collect(),
                data: data.to_vec(),
                ..Payload::default()
            })
        };
        async move { payloads.into_iter().map(open).collect() }.boxed()
    }
}

fn sealing(salt: u64) -> DataConverter {
    let (payloads, failures) = (PayloadConverter::default(), DefaultFailureConverter::default());
    DataConverter::new(payloads, failures, Seal(salt))
}

#[test]
fn a_history_of_sealed_payloads_is_replayed_decoded() {
    let outcome = packing().data_converter(sealing(1)).run();
    let file = json(&outcome);
    let sealed = replay(&file);
    assert!(!sealed.history().unwrap().print().contains("parcels for"));

    // Another salt makes other bytes of the same values.
    sealed.official_with::<Pack>(sealing(2)).unwrap().assert_faithful();

    let error = replay(&file).official::<Pack>().unwrap_err();
    assert!(matches!(error, ReplayError::Undecodable { .. }), "{error:?}");
    assert_eq!(error.grade(), None);

    // Cut off in the seal, no codec opens it.
    let torn = History::from_json(&file).unwrap().map_payloads(|_, mut payload| {
        payload.data.0.truncate(4);
        Ok::<_, std::convert::Infallible>(payload)
    });
    let error = replay(torn.unwrap().to_json()).official_with::<Pack>(sealing(2)).unwrap_err();
    assert!(matches!(error, ReplayError::Undecodable { .. }), "{error:?}");
}
