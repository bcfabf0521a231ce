//! Where the SDKs differ by rule, so that one workflow has two histories.
//!
//! The ids are those of the service semantics. A row is as narrow as it can be: it names its workflows, and looks at
//! what differs.

use rehearsal::{Code, Event, EventId, EventKind, History, Status};
use rehearsal_history::scrub::Difference as Found;
use serde_json::Value;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// The id of the rule.
    pub rule: &'static str,
    /// The workflows it shows in.
    pub workflows: &'static [&'static str],
    /// What differs, in a sentence.
    pub why: &'static str,
    /// Whether this is what differs here.
    pub matches: fn(&Seen<'_>) -> bool,
    /// How much of what differs it covers.
    pub covers: Covers,
}

/// How much a row covers.
#[derive(Debug, Clone, Copy)]
pub enum Covers {
    /// What it matches, and nothing else.
    This,
    /// All from there on: the workflow goes another way.
    Rest {
        /// How the native side must end.
        native: Status,
        /// How the official side must end.
        official: Status,
        /// What must be found on the official side, if anything.
        finding: Option<Code>,
    },
}

/// One value that differs, and where it was found.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The native side; `simulated` in the difference.
    pub native: &'a History,
    /// The official side; `recorded` in the difference.
    pub official: &'a History,
    /// What differs.
    pub difference: &'a Found,
}

impl<'a> Seen<'a> {
    /// The number of the event that differs.
    #[must_use]
    pub fn event(&self) -> EventId {
        match self.difference {
            Found::Value { event, .. } | Found::Time { event, .. } => *event,
            _ => EventId::FIRST,
        }
    }

    /// That event on both sides, if both have it.
    fn events(&self) -> Option<(&'a Event, &'a Event)> {
        Some((self.native.event(self.event())?, self.official.event(self.event())?))
    }

    /// The way to the value in its event, and what the sides have there.
    fn value(&self) -> (&'a str, Option<&'a Value>, Option<&'a Value>) {
        match self.difference {
            Found::Value { path, simulated, recorded, .. } => {
                (path, simulated.as_ref(), recorded.as_ref())
            }
            _ => ("", None, None),
        }
    }
}

/// All rows.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        rule: "C-16",
        workflows: &["race"],
        why: "a native context cancels its own operations, then those of derived contexts; a token of the Rust SDK \
              goes by the order in which they were made (C-19)",
        matches: |seen| {
            seen.events().is_some_and(|(native, official)| {
                let kinds = [&native.kind, &official.kind];
                kinds.iter().all(|kind| cancels_an_operation(kind))
                    && kinds[0].name() != kinds[1].name()
                    && is_swapped(seen)
            })
        },
        covers: Covers::This,
    },
    Difference {
        rule: "C-17",
        workflows: &["order", "order-forgotten", "signals", "chain", "updates"],
        why: "the error of a native wait that was canceled has Go's details, with which the workflow closes (C-46)",
        matches: |seen| match seen.value() {
            ("workflowExecutionCanceledEventAttributes.details", Some(details), None) => {
                details["payloads"][0]["data"] == "\"Await context canceled\""
            }
            _ => false,
        },
        covers: Covers::This,
    },
    Difference {
        rule: "C-18",
        workflows: &["parallel"],
        why: "an activity that nobody waits for ends in the same task as the cancel, behind it: its result is lost \
              natively, and comes through in the Rust SDK (table 3.4.4)",
        matches: |seen| {
            are(seen, |native, official| {
                matches!(native, EventKind::WorkflowExecutionCanceled(_))
                    && matches!(official, EventKind::WorkflowExecutionCompleted(_))
            }) && follows_the_cancel(seen, |kind| {
                matches!(kind, EventKind::ActivityTaskCompleted(_))
            })
        },
        covers: Covers::Rest {
            native: Status::Canceled,
            official: Status::Completed,
            finding: None,
        },
    },
    Difference {
        rule: "C-36",
        workflows: &["order-forgotten", "retry"],
        why: "native code signs its failures as Go does; those of the Rust SDK have no source",
        matches: |seen| match seen.value() {
            (path, Some(source), None) => path.ends_with(".source") && source == "GoSDK",
            _ => false,
        },
        covers: Covers::This,
    },
    Difference {
        rule: "C-39a",
        workflows: &["race", "scale"],
        why: "a timer of the workflow's token that fires in the same task as the cancel, behind it, makes the Rust SDK \
              1.1.1 panic",
        matches: |seen| {
            are(seen, |native, official| {
                matches!(native, EventKind::WorkflowTaskCompleted(_))
                    && matches!(official, EventKind::WorkflowTaskFailed(failed) if failed
                        .failure
                        .as_ref()
                        .is_some_and(|failure| failure.message.contains("Timer(1) not found to unblock")))
            }) && follows_the_cancel(seen, |kind| matches!(kind, EventKind::TimerFired(_)))
        },
        covers: Covers::Rest {
            native: Status::Canceled,
            official: Status::Running,
            finding: Some(Code::SdkDefect),
        },
    },
];

/// Whether both sides have an event here, of these types.
fn are(seen: &Seen<'_>, types: impl Fn(&EventKind, &EventKind) -> bool) -> bool {
    seen.events().is_some_and(|(native, official)| types(&native.kind, &official.kind))
}

fn cancels_an_operation(kind: &EventKind) -> bool {
    matches!(kind, EventKind::TimerCanceled(_) | EventKind::ActivityTaskCancelRequested(_))
}

/// Whether this event stands beside its place on the other side.
fn is_swapped(seen: &Seen<'_>) -> bool {
    let at = seen.event();
    [EventId(at.0 - 1), at.next()].into_iter().any(|beside| {
        let moved = |from: &History, to: &History| match (from.event(at), to.event(beside)) {
            (Some(from), Some(to)) => from.kind == to.kind,
            _ => false,
        };
        moved(seen.native, seen.official) && moved(seen.official, seen.native)
    })
}

/// Whether the workflow task before this event told of the cancel and, behind it, of `what`. It tells of all since the
/// last task that was completed (C-16).
fn follows_the_cancel(seen: &Seen<'_>, what: impl Fn(&EventKind) -> bool) -> bool {
    let before: Vec<&EventKind> = seen
        .native
        .events()
        .iter()
        .take_while(|event| event.id < seen.event())
        .map(|event| &event.kind)
        .collect();
    let starts = |kind: &&EventKind| matches!(kind, EventKind::WorkflowTaskStarted(_));
    let Some(started) = before.iter().rposition(starts) else { return false };
    let completes = |kind: &&EventKind| matches!(kind, EventKind::WorkflowTaskCompleted(_));
    let told = before[..started].iter().rposition(completes).unwrap_or_default();
    before[told..started]
        .iter()
        .skip_while(|kind| !matches!(kind, EventKind::WorkflowExecutionCancelRequested(_)))
        .any(|kind| what(kind))
}
