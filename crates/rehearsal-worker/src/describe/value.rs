//! Values, headers, failures and options, for a line of a report.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use rehearsal_history::{
    Failure, Header, Payload, Payloads, Priority, RetryPolicy, UserMetadata, duration_text,
};

/// The longest value that a line quotes.
pub(crate) const LONGEST: usize = 48;

/// Values, cut if they are long; `none` if there are none.
pub(super) fn payloads(values: Option<&Payloads>) -> String {
    shortened(whole(values))
}

/// Values, however long they are; `none` if there are none.
pub(crate) fn whole(values: Option<&Payloads>) -> String {
    let values = values.map(Payloads::as_slice).unwrap_or_default();
    if values.is_empty() {
        return "none".into();
    }
    let mut text = String::new();
    for value in values {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&payload(value));
    }
    text
}

/// One value.
fn payload(value: &Payload) -> String {
    match (value.as_json(), value.encoding()) {
        (Some(json), _) => json.into(),
        (None, Some("binary/null")) => "null".into(),
        (None, encoding) => {
            format!("<{}, {} bytes>", encoding.unwrap_or("no encoding"), value.data.0.len())
        }
    }
}

/// The names of the fields.
pub(crate) fn header(header: Option<&Header>) -> String {
    let mut names = String::new();
    for name in header.into_iter().flat_map(|header| header.fields.keys()) {
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(name);
    }
    if names.is_empty() { "none".into() } else { shortened(names) }
}

/// A place among the tasks of a queue.
pub(crate) fn priority(priority: Option<&Priority>) -> String {
    let set = priority.filter(|priority| **priority != Priority::default());
    set.map_or_else(
        || "none".into(),
        |Priority { priority_key, fairness_key, fairness_weight, .. }| {
            format!("key={priority_key} fairness={fairness_key:?} weight={fairness_weight}")
        },
    )
}

/// The line that a person reads beside an event.
pub(crate) fn summary(user_metadata: Option<&UserMetadata>) -> String {
    let summary = user_metadata.and_then(|metadata| metadata.summary.as_ref());
    summary.map_or_else(|| "none".into(), payload)
}

/// What a person reads beside an event besides that line.
pub(crate) fn details(user_metadata: Option<&UserMetadata>) -> String {
    let details = user_metadata.and_then(|metadata| metadata.details.as_ref());
    details.map_or_else(|| "none".into(), payload)
}

/// A failure with its causes, messages only, cut if it is long.
pub(super) fn failure(failure: &Failure) -> String {
    shortened(whole_failure(failure))
}

/// A failure with its causes, messages only.
pub(crate) fn whole_failure(failure: &Failure) -> String {
    let mut text = String::new();
    for link in failure.chain() {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&link.message);
    }
    format!("\"{text}\"")
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// A retry policy: name and text of each attribute.
pub(crate) fn retry_policy(policy: &RetryPolicy) -> [(&'static str, String); 5] {
    let interval = |interval: Option<Duration>| duration_text(interval.unwrap_or_default());
    [
        ("initial interval", interval(policy.initial_interval)),
        ("backoff coefficient", format!("{}", policy.backoff_coefficient)),
        ("maximum interval", interval(policy.maximum_interval)),
        ("maximum attempts", format!("{}", policy.maximum_attempts)),
        ("non-retryable error types", format!("{:?}", policy.non_retryable_error_types)),
    ]
}

/// A duration; `none` for zero.
pub(crate) fn timeout(timeout: Duration) -> String {
    if timeout.is_zero() { "none".into() } else { duration_text(timeout) }
}
