//! Texts that were made to do harm, each with a name.

use std::fmt::Write as _;

/// What a hostile text must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// An error.
    Refused,
    /// An error that names an event.
    Named,
    /// A history, well formed or not: the text is odd but says something.
    Read,
}

/// One hostile text.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What it is.
    pub name: &'static str,
    /// The text.
    pub text: Vec<u8>,
    /// What it must come to.
    pub wanted: Wanted,
}

/// The largest numbers that fit, and that do not.
const BIG: &str = "999999999999999999999999";
const STARTED: &str = r#"{"eventId":"1","eventTime":"2026-01-02T03:04:05Z","eventType":"WorkflowExecutionStarted","workflowExecutionStartedEventAttributes":{"workflowType":{"name":"order"}}}"#;

/// A history with one more event, which says this.
fn event(rest: &str) -> String {
    format!(r#"{{"events":[{STARTED},{rest}]}}"#)
}

/// A history with one more event of a type, with these attributes.
fn attributes(name: &str, attributes: &str) -> String {
    let mut key = name.to_owned();
    key[..1].make_ascii_lowercase();
    event(&format!(
        r#"{{"eventId":"2","eventTime":"2026-01-02T03:04:06Z","eventType":"{name}","{key}EventAttributes":{attributes}}}"#
    ))
}

/// All of them.
#[must_use]
pub fn hostile() -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |name, text: String, wanted| {
        all.push(Hostile { name, text: text.into_bytes(), wanted });
    };
    foreign(&mut add);
    cut_and_reordered(&mut add);
    large_and_deep(&mut add);
    overflowing(&mut add);
    lying(&mut add);
    all
}

type Add<'a> = &'a mut dyn FnMut(&'static str, String, Wanted);

fn foreign(add: Add<'_>) {
    use Wanted::Refused;
    add("nothing", String::new(), Refused);
    add("white space", " \n\t ".to_owned(), Refused);
    add("a byte order mark", format!("\u{feff}{{\"events\":[{STARTED}]}}"), Wanted::Read);
    add("YAML", "events:\n  - eventId: 1\n".to_owned(), Refused);
    add("a number", "5".to_owned(), Refused);
    add("an object of something else", r#"{"name":"x","version":"1.0.0"}"#.to_owned(), Refused);
    add("a list of numbers", "[1,2,3]".to_owned(), Wanted::Named);
    add("events that are an object", r#"{"events":{}}"#.to_owned(), Refused);
    add("no events", r#"{"events":[]}"#.to_owned(), Refused);
    add(
        "two histories",
        format!(r#"[{{"events":[{STARTED}]}},{{"events":[{STARTED}]}}]"#),
        Refused,
    );
    add("text behind the history", format!(r#"{{"events":[{STARTED}]}}{{}}"#), Wanted::Named);
    add("an error in place of an event", event(r#"{"error":"deadline exceeded"}"#), Wanted::Named);
    add(
        "shortened payloads",
        attributes("WorkflowExecutionSignaled", r#"{"input":["x"]}"#),
        Wanted::Named,
    );
    let readable = r#"{"input":{"payloads":[{"metadata":{"encoding":"json/plain"},"data":{}}]}}"#;
    add("readable payloads", attributes("WorkflowExecutionSignaled", readable), Wanted::Named);
}

fn cut_and_reordered(add: Add<'_>) {
    use Wanted::Named;
    let scheduled = r#"{"eventId":"2","eventType":"WorkflowTaskScheduled","workflowTaskScheduledEventAttributes":{}}"#;
    let started = r#"{"eventId":"3","eventType":"WorkflowTaskStarted","workflowTaskStartedEventAttributes":{"scheduledEventId":"2"}}"#;
    let list = |events: &[&str]| format!(r#"{{"events":[{}]}}"#, events.join(","));
    let whole = list(&[STARTED, scheduled, started]);
    add("cut in the last event", whole[..whole.len() - 20].to_owned(), Named);
    add("cut between events", list(&[STARTED, scheduled])[..STARTED.len() + 11].to_owned(), Named);
    add("two events swapped", list(&[STARTED, started, scheduled]), Named);
    add("an event twice", list(&[STARTED, scheduled, scheduled]), Named);
    add("an event left out", list(&[STARTED, started]), Named);
    add("the start left out", list(&[scheduled, started]), Named);
    add("from the end", list(&[started, scheduled, STARTED]), Wanted::Read);
    let numbered = started.replacen('3', "2", 1);
    add("an event left out, numbered again", list(&[STARTED, &numbered]), Wanted::Read);
}

fn large_and_deep(add: Add<'_>) {
    use Wanted::{Named, Read};
    let huge = "x".repeat(10_000_000);
    let long = "x".repeat(1_000_000);
    add("a string of 1 MB", attributes("TimerFired", &format!(r#"{{"timerId":"{long}"}}"#)), Read);
    add(
        "a number of 1 MB",
        attributes("TimerFired", &format!(r#"{{"startedEventId":{}}}"#, "9".repeat(1_000_000))),
        Named,
    );
    add("a key of 1 MB", attributes("TimerFired", &format!(r#"{{"{long}":1}}"#)), Read);
    add("a type of 1 MB", event(&format!(r#"{{"eventId":"2","eventType":"{long}"}}"#)), Read);
    add("an id of 10 MB", event(&format!(r#"{{"eventId":"{huge}"}}"#)), Named);
    add(
        "base64 of 1 MB that is none",
        attributes(
            "WorkflowExecutionSignaled",
            &format!(r#"{{"input":{{"payloads":[{{"data":"{long}!"}}]}}}}"#),
        ),
        Named,
    );
    let deep = |open: &str, close: &str, times: usize| {
        format!("{}1{}", open.repeat(times), close.repeat(times))
    };
    add("lists, 1 million deep", deep("[", "]", 1_000_000), Named);
    add("objects, 1 million deep", deep(r#"{"a":"#, "}", 1_000_000), Wanted::Refused);
    add("histories, 1 million deep", deep(r#"{"history":"#, "}", 1_000_000), Wanted::Refused);
    add(
        "attributes, 1 million deep",
        attributes("TimerFired", &format!(r#"{{"new":{}}}"#, deep("[", "]", 1_000_000))),
        Named,
    );
    add(
        "attributes, 120 deep",
        attributes("TimerFired", &format!(r#"{{"new":{}}}"#, deep(r#"{"a":"#, "}", 60))),
        Read,
    );
    let cause = format!(
        r#"{{"failure":{}{}}}"#,
        r#"{"cause":"#.repeat(100_000),
        "{}".to_owned() + &"}".repeat(100_000)
    );
    add("a failure with 100,000 causes", attributes("WorkflowExecutionFailed", &cause), Named);
    add("brackets that never close", "[".repeat(1_000_000), Named);
    add("quotes that never close", format!("{{\"events\":[\"{long}"), Named);
    let mut many = r#"{"a":1"#.to_owned();
    (0..100_000).for_each(|key| write!(many, r#","k{key}":0"#).unwrap_or_default());
    add("100,000 keys", attributes("TimerFired", &format!("{many}}}")), Read);
}

fn overflowing(add: Add<'_>) {
    use Wanted::{Named, Read};
    let id = |id: &str| {
        event(&format!(
            r#"{{"eventId":{id},"eventType":"TimerFired","timerFiredEventAttributes":{{}}}}"#
        ))
    };
    add("an id that overflows", id(&format!("\"{BIG}\"")), Named);
    add("an id that is negative", id("-2"), Named);
    add("an id that is a fraction", id("2.5"), Named);
    add("an id that is infinite", id("1e999"), Named);
    add("the largest id", id("9223372036854775807"), Named);
    let reference = |id: &str| {
        attributes("TimerFired", &format!(r#"{{"timerId":"1","startedEventId":"{id}"}}"#))
    };
    add("a reference that overflows", reference(BIG), Named);
    add("the largest reference", reference("9223372036854775807"), Read);
    let timer = |after: &str| {
        attributes("TimerStarted", &format!(r#"{{"timerId":"1","startToFireTimeout":"{after}"}}"#))
    };
    add("a duration that overflows", timer(&format!("{BIG}s")), Named);
    add("the longest duration", timer("18446744073709551615.999999999s"), Read);
    add("a duration before now", timer("-1s"), Named);
    add("a duration with too many decimals", timer("1.0000000001s"), Named);
    add("a duration without a number", timer("s"), Named);
    let at =
        |time: &str| event(&format!(r#"{{"eventId":"2","eventTime":"{time}","eventType":"New"}}"#));
    add("a time after the last one", at("9999-12-31T23:59:59Z"), Named);
    add("a time before the first one", at("1969-12-31T23:59:59Z"), Named);
    add("the last time", at("2554-07-21T23:34:33.709551615Z"), Read);
    add("a time that is none", at("2026-13-45T99:99:99Z"), Named);
    let scheduled =
        |attempt: &str| attributes("WorkflowTaskScheduled", &format!(r#"{{"attempt":{attempt}}}"#));
    add("an attempt that overflows", scheduled("4294967296"), Named);
    add("an attempt that is negative", scheduled("-1"), Read);
    let coefficient = |number: &str| {
        attributes(
            "ActivityTaskScheduled",
            &format!(
                r#"{{"activityId":"1","retryPolicy":{{"backoffCoefficient":{number},"initialInterval":"18446744073709551615s","maximumAttempts":-1}}}}"#
            ),
        )
    };
    add("a coefficient that is large", coefficient("1e308"), Read);
    add("a coefficient that is no number", coefficient("\"NaN\""), Named);
    add("a coefficient that overflows", coefficient("1e309"), Named);
}

fn lying(add: Add<'_>) {
    use Wanted::{Named, Read};
    add("a key twice", attributes("TimerFired", r#"{"timerId":"1","timerId":"2"}"#), Named);
    add(
        "both spellings of a key",
        attributes("TimerFired", r#"{"timerId":"1","timer_id":"2"}"#),
        Named,
    );
    add(
        "attributes of another type",
        event(r#"{"eventId":"2","eventType":"TimerFired","timerStartedEventAttributes":{}}"#),
        Named,
    );
    add(
        "attributes of two types",
        event(
            r#"{"eventId":"2","eventType":"TimerFired","timerFiredEventAttributes":{},"timerStartedEventAttributes":{}}"#,
        ),
        Named,
    );
    add("no attributes", event(r#"{"eventId":"2","eventType":"TimerFired"}"#), Named);
    add("a type that is a list", event(r#"{"eventId":"2","eventType":[]}"#), Named);
    add(
        "a type that is no number of JSON",
        event(r#"{"eventId":"2","eventType":"+17","x":1}"#),
        Read,
    );
    add(
        "an enum that is no number of JSON",
        attributes("WorkflowTaskFailed", r#"{"cause":"007"}"#),
        Read,
    );
    add(
        "an event that names itself",
        attributes("TimerFired", r#"{"timerId":"1","startedEventId":"2"}"#),
        Read,
    );
    add("a zero byte in a name", attributes("TimerFired", r#"{"timerId":"\u0000"}"#), Read);
    add("half a surrogate pair", attributes("TimerFired", r#"{"timerId":"\ud800"}"#), Named);
    add("a task that was never started", attributes("WorkflowTaskCompleted", "{}"), Read);
    add(
        "a command without a task",
        attributes("ActivityTaskScheduled", r#"{"activityId":"1"}"#),
        Read,
    );
}
