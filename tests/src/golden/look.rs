//! What clients give a workflow to be found by, and what they see of it.

use std::collections::BTreeMap;

use rehearsal::{
    ClientError, Description, Memo, ParentClosePolicy, Payload, PendingActivityState, Scenario,
    SearchAttribute, SearchAttributes, Timestamp, World,
};
use serde_json::{Map, Value, json};

/// The search attributes that the namespace of the recorder has.
const KEYWORD: SearchAttribute<String> = SearchAttribute::keyword("CustomKeywordField");
const TEXT: SearchAttribute<String> = SearchAttribute::text("CustomStringField");
const INT: SearchAttribute<i64> = SearchAttribute::int("CustomIntField");
const BOOL: SearchAttribute<bool> = SearchAttribute::bool("CustomBoolField");
const DOUBLE: SearchAttribute<f64> = SearchAttribute::double("CustomDoubleField");
const DATETIME: SearchAttribute<Timestamp> = SearchAttribute::datetime("CustomDatetimeField");
const LIST: SearchAttribute<Vec<String>> = SearchAttribute::keyword_list("CustomKeywordListField");
/// What earlier recorders did not print of a workflow.
const LATER: [&str; 3] = ["cancel_requested", "pending_children", "pending_task"];
/// One that it does not have.
const UNKNOWN: SearchAttribute<String> = SearchAttribute::keyword("NoSuchAttribute");

/// The scenario in that namespace.
pub(super) fn namespace(scenario: Scenario) -> Scenario {
    scenario
        .search_attribute(KEYWORD)
        .search_attribute(TEXT)
        .search_attribute(INT)
        .search_attribute(BOOL)
        .search_attribute(DOUBLE)
        .search_attribute(DATETIME)
        .search_attribute(LIST)
}

/// A memo as a script gives it.
pub(super) fn memo(fields: &BTreeMap<String, Value>) -> Option<Memo> {
    (!fields.is_empty()).then(|| {
        fields.iter().fold(Memo::new(), |memo, (key, value)| memo.with(key.as_str(), value))
    })
}

/// Search attributes as a script gives them, typed by their names.
pub(super) fn search_attributes(fields: &BTreeMap<String, Value>) -> Option<SearchAttributes> {
    let update = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("CustomKeywordField", Value::String(text)) => Some(KEYWORD.set(text.as_str())),
        ("CustomStringField", Value::String(text)) => Some(TEXT.set(text.as_str())),
        ("CustomIntField", value) => Some(INT.set(value.as_i64()?)),
        ("CustomBoolField", value) => Some(BOOL.set(value.as_bool()?)),
        ("CustomDoubleField", value) => Some(DOUBLE.set(value.as_f64()?)),
        ("CustomDatetimeField", Value::String(text)) => {
            Some(DATETIME.set(Timestamp::parse_rfc3339(text)?))
        }
        ("CustomKeywordListField", Value::Array(items)) => {
            let texts = items.iter().filter_map(|item| Some(item.as_str()?.to_owned()));
            Some(LIST.set(texts.collect::<Vec<_>>()))
        }
        ("NoSuchAttribute", Value::String(text)) => Some(UNKNOWN.set(text.as_str())),
        _ => None,
    };
    (!fields.is_empty()).then(|| SearchAttributes::of(fields.iter().filter_map(update)))
}

/// What the recorder prints of a workflow. A real server has the attribute `BuildIds` too; the recorder leaves it out.
pub(super) fn describe(
    world: &World,
    workflow_id: &str,
    run_id: Option<&str>,
) -> Result<String, ClientError> {
    let described = world.describe_workflow(workflow_id, run_id)?;
    let mut seen = json!({
        "history_length": described.history_length,
        "memo": fields(&described.memo.fields),
        "search_attributes": fields(&described.search_attributes.indexed_fields),
        "status": described.status.as_str(),
    });
    let pending = described.pending_activities.iter().map(
        |it| json!({ "ID": *it.activity_id, "State": it.state.as_str(), "Attempt": it.attempt }),
    );
    let pending: Vec<Value> = pending.collect();
    if !pending.is_empty() {
        seen["pending_activities"] = Value::Array(pending);
    }
    let children = described.pending_children.iter().map(|it| {
        json!({
            "ID": *it.workflow_id,
            "Type": *it.workflow_type,
            "Initiated": it.initiated.0,
            "Policy": policy(&it.parent_close_policy),
            "Started": it.run_id.is_some(),
        })
    });
    seen["pending_children"] = Value::Array(children.collect());
    let task = described.pending_workflow_task;
    seen["pending_task"] =
        task.map(|it| json!({ "State": it.state.as_str(), "Attempt": it.attempt })).into();
    seen["cancel_requested"] = described.cancel_requested.into();
    Ok(seen.to_string())
}

fn policy(policy: &ParentClosePolicy) -> &'static str {
    match policy {
        ParentClosePolicy::Terminate => "Terminate",
        ParentClosePolicy::Abandon => "Abandon",
        ParentClosePolicy::RequestCancel => "RequestCancel",
        _ => "Unspecified",
    }
}

/// Leaves out of a description what an earlier recorder did not print.
pub(super) fn as_recorded(seen: &str, recorded: Option<&str>) -> String {
    let value = |text| serde_json::from_str::<Map<String, Value>>(text).ok();
    match (value(seen), recorded.and_then(value)) {
        (Some(mut seen), Some(recorded)) => {
            let told = |key: &str| !LATER.contains(&key) || recorded.contains_key(key);
            seen.retain(|key, _| told(key));
            Value::Object(seen).to_string()
        }
        _ => seen.to_owned(),
    }
}

/// Puts the pending activities of a description in order: a server goes through a map. The recorder of Rust gives their
/// states the names of protobuf.
pub(super) fn in_order(mut seen: Value) -> Value {
    if let Some(Value::Array(pending)) = seen.get_mut("pending_activities") {
        for activity in pending.iter_mut() {
            let state = match activity["State"].as_str() {
                Some("PENDING_ACTIVITY_STATE_SCHEDULED") => PendingActivityState::Scheduled,
                Some("PENDING_ACTIVITY_STATE_STARTED") => PendingActivityState::Started,
                Some("PENDING_ACTIVITY_STATE_CANCEL_REQUESTED") => {
                    PendingActivityState::CancelRequested
                }
                Some(_) | None => continue,
            };
            activity["State"] = state.as_str().into();
        }
        pending.sort_by_key(|it| it["ID"].to_string());
    }
    seen
}

fn fields<K: ToString>(fields: &BTreeMap<K, Payload>) -> Map<String, Value> {
    fields
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_value().unwrap_or_default()))
        .collect()
}

/// What the recorder prints of a list.
pub(super) fn list(world: &World, query: &str) -> Result<String, ClientError> {
    let mut found: Vec<Description> = world.list(query)?;
    let row =
        |it: &Description| (it.workflow_id.clone(), it.workflow_type.clone(), it.status.as_str());
    found.sort_by_key(row);
    if found.is_empty() {
        return Ok("null".to_owned());
    }
    let rows =
        found.iter().map(|it| json!([*it.workflow_id, *it.workflow_type, it.status.as_str()]));
    Ok(Value::Array(rows.collect()).to_string())
}
