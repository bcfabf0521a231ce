//! Compares changes of search attributes and of the memo. Temporal looks at the kind of the event alone.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use rehearsal_history::event::{UpsertWorkflowSearchAttributes, WorkflowPropertiesModified};
use rehearsal_history::{Memo, Payload, Payloads, SearchAttributes, SmolStr};

use super::attributes::Attributes;
use super::values::Values;
use crate::describe;
use crate::go::marker::CHANGE_VERSION;

/// What the run can be searched by changes. The list of its versions or patches is the SDK's business.
pub(super) fn search(
    at: &mut Attributes<'_>,
    recorded: &UpsertWorkflowSearchAttributes,
    attempted: &SearchAttributes,
) {
    let none = SearchAttributes::default();
    let recorded = recorded.search_attributes.as_ref().unwrap_or(&none);
    let lists = |it: &SearchAttributes| it.indexed_fields.contains_key(&CHANGE_VERSION);
    if !(lists(recorded) && lists(attempted)) {
        fields(at, &recorded.indexed_fields, &attempted.indexed_fields);
    }
}

/// The notes of the run change.
pub(super) fn memo(
    at: &mut Attributes<'_>,
    recorded: &WorkflowPropertiesModified,
    attempted: &Memo,
) {
    let none = Memo::default();
    let recorded = recorded.upserted_memo.as_ref().unwrap_or(&none);
    fields(at, &recorded.fields, &attempted.fields);
}

/// A value without its type, which the server adds where the SDK has left it out.
fn untyped(value: &Payload) -> Payload {
    let mut value = value.clone();
    if value.metadata.contains_key("type") {
        Arc::make_mut(&mut value.metadata).remove("type");
    }
    value
}

fn fields(
    at: &mut Attributes<'_>,
    recorded: &BTreeMap<SmolStr, Payload>,
    attempted: &BTreeMap<SmolStr, Payload>,
) {
    let added = attempted.keys().filter(|key| !recorded.contains_key(*key));
    for key in recorded.keys().chain(added) {
        let value = |fields: &BTreeMap<_, _>| fields.get(key).map(untyped).map(Payloads::one);
        let (recorded, attempted) = (value(recorded), value(attempted));
        if let Some(grade) = Values::of(recorded.as_ref(), attempted.as_ref()).grade() {
            let [recorded, attempted] =
                [recorded, attempted].map(|value| describe::whole(value.as_ref()));
            at.value(key, &recorded, &attempted, grade);
        }
    }
}
