//! Puts two histories side by side: which events are in both, which in one only, and what differs in those in both.
//!
//! Events are paired by their type and by what they are about, as in a diff of lines. What differs from run to run is
//! [scrubbed](crate::scrub()) first, and references to events follow the pairing, so an event that is missing does not
//! make all events after it differ. Times are not compared.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::event::Event;
use crate::history::History;
use crate::id::EventId;
use crate::json;
use crate::scrub::{Equality, leaves, scrub_except_uuids};
use crate::text::{self, Line};

mod align;

/// Unchanged events that are printed before and after what differs.
const CONTEXT: usize = 3;

/// Two histories side by side; [`Display`](fmt::Display) prints what differs with some events around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    rows: Vec<Row>,
}

/// One event of either history, or of both.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// Both have it, and it is the same.
    Same {
        /// In the left history.
        left: Line,
        /// In the right history.
        right: Line,
    },
    /// Both have it, with other attributes.
    Changed {
        /// In the left history.
        left: Line,
        /// In the right history.
        right: Line,
        /// What differs.
        changes: Vec<Change>,
    },
    /// Only the left history has it.
    Left(Line),
    /// Only the right history has it.
    Right(Line),
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The way to it in the event's JSON, with dots.
    pub path: String,
    /// What stands in the left history; `None` if nothing does.
    pub left: Option<Value>,
    /// What stands in the right history; `None` if nothing does.
    pub right: Option<Value>,
}

impl Row {
    /// Whether both histories have the same event here.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        matches!(self, Self::Same { .. })
    }

    /// The id of the event in the left history.
    #[must_use]
    pub const fn left(&self) -> Option<EventId> {
        match self {
            Self::Same { left, .. } | Self::Changed { left, .. } | Self::Left(left) => {
                Some(left.id)
            }
            Self::Right(_) => None,
        }
    }

    /// The id of the event in the right history.
    #[must_use]
    pub const fn right(&self) -> Option<EventId> {
        match self {
            Self::Same { right, .. } | Self::Changed { right, .. } | Self::Right(right) => {
                Some(right.id)
            }
            Self::Left(_) => None,
        }
    }

    fn mark(&self) -> &'static str {
        match self {
            Self::Same { .. } => "  ",
            Self::Changed { .. } => "~ ",
            Self::Left(_) => "- ",
            Self::Right(_) => "+ ",
        }
    }

    const fn line(&self) -> &Line {
        match self {
            Self::Same { left: line, .. }
            | Self::Changed { left: line, .. }
            | Self::Left(line)
            | Self::Right(line) => line,
        }
    }
}

impl Diff {
    /// All events of both histories, paired.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the histories agree.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.first_divergence().is_none()
    }

    /// The first event that is not the same in both.
    #[must_use]
    pub fn first_divergence(&self) -> Option<&Row> {
        self.rows.iter().find(|row| !row.is_same())
    }
}

/// Puts two histories side by side.
///
/// # Examples
///
/// ```
/// use rehearsal_history::{HistoryBuilder, diff};
///
/// let mut left = HistoryBuilder::new("order");
/// left.complete_task();
/// let mut right = HistoryBuilder::new("order");
/// right.signal("pay", None);
/// right.complete_task();
///
/// let diff = diff(&left.build(), &right.build());
/// assert_eq!(diff.to_string(), "\
///     \u{20}   1  0s  WorkflowExecutionStarted   type=order id=workflow
/// +   2  0s  WorkflowExecutionSignaled  name=pay
///     2  0s  WorkflowTaskScheduled
///     3  0s  WorkflowTaskStarted
///     4  0s  WorkflowTaskCompleted
/// ");
/// ```
#[must_use]
pub fn diff(left: &History, right: &History) -> Diff {
    let pairs = align::align(&signatures(left.events()), &signatures(right.events()));
    let moved: BTreeMap<String, String> = pairs
        .iter()
        .filter_map(|&(left, right)| Some(((left? + 1).to_string(), (right? + 1).to_string())))
        .collect();
    let mut equality = Equality::with_ids(&moved);
    let (left_trees, right_trees) = (trees(left), trees(right));
    let (left_lines, right_lines) = (left.lines(), right.lines());
    let rows = pairs
        .into_iter()
        .filter_map(|pair| {
            Some(match pair {
                (Some(l), Some(r)) => {
                    let (left, right) = (left_lines[l].clone(), right_lines[r].clone());
                    let changes: Vec<Change> =
                        leaves(Some(&left_trees[l]), Some(&right_trees[r]), &mut equality)
                            .into_iter()
                            .map(|leaf| Change {
                                path: leaf.path,
                                left: leaf.left,
                                right: leaf.right,
                            })
                            .collect();
                    if changes.is_empty() {
                        Row::Same { left, right }
                    } else {
                        Row::Changed { left, right, changes }
                    }
                }
                (Some(l), None) => Row::Left(left_lines[l].clone()),
                (None, Some(r)) => Row::Right(right_lines[r].clone()),
                (None, None) => return None,
            })
        })
        .collect();
    Diff { rows }
}

/// The values in which two events differ, the ids and times among them; `path` is the way to each from the attributes, or from
/// the event for what is none of them. A list is one value.
///
/// The text notation of both may be the same: it does not show all.
///
/// # Examples
///
/// ```
/// use rehearsal_history::event::{SdkMetadata, WorkflowTaskCompleted};
/// use rehearsal_history::{Event, EventId, EventKind, Timestamp, diff};
///
/// let completed = |flags: &[u32]| {
///     let metadata = SdkMetadata { lang_used_flags: flags.to_vec(), ..SdkMetadata::default() };
///     let attributes =
///         WorkflowTaskCompleted { sdk_metadata: Some(metadata), ..WorkflowTaskCompleted::default() };
///     let kind = EventKind::WorkflowTaskCompleted(Box::new(attributes));
///     Event::new(EventId(4), Timestamp::EPOCH, kind)
/// };
/// let changes = diff::changes(&completed(&[3]), &completed(&[1, 3]));
/// assert_eq!(changes.len(), 1);
/// assert_eq!(changes[0].to_string(), "sdkMetadata.langUsedFlags: [3] -> [1,3]");
/// ```
#[must_use]
pub fn changes(left: &Event, right: &Event) -> Vec<Change> {
    let mut found = Vec::new();
    let (left_tree, right_tree) = (json::event_tree(left), json::event_tree(right));
    unlike(&mut Vec::new(), Some(&left_tree), Some(&right_tree), &mut found);
    let attributes = format!("{}.", left.kind.attributes_key());
    for change in &mut found {
        if let Some(path) = change.path.strip_prefix(&attributes) {
            change.path = path.to_owned();
        }
    }
    found
}

/// Where two values differ, in the order of their keys.
fn unlike(
    path: &mut Vec<String>,
    left: Option<&Value>,
    right: Option<&Value>,
    found: &mut Vec<Change>,
) {
    if left == right {
        return;
    }
    let (Some(Value::Object(here)), Some(Value::Object(there))) = (left, right) else {
        let (left, right) = (left.cloned(), right.cloned());
        return found.push(Change { path: path.join("."), left, right });
    };
    let keys: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    for key in keys {
        path.push(key.clone());
        unlike(path, here.get(key), there.get(key), found);
        path.pop();
    }
}

/// The events as scrubbed JSON, without their ids.
fn trees(history: &History) -> Vec<Value> {
    let Value::Array(mut events) = scrub_except_uuids(history).json["events"].take() else {
        unreachable!("a scrubbed history has a list of events");
    };
    for event in &mut events {
        if let Value::Object(members) = event {
            members.remove("eventId");
        }
    }
    events
}

/// What each event is about: its type and the first attribute that the text notation shows.
fn signatures(events: &[Arc<Event>]) -> Vec<String> {
    text::lines(events)
        .into_iter()
        .map(|line| {
            let about = line.details.split(' ').next().unwrap_or_default();
            match about.split_once('=') {
                Some(("type" | "activity" | "name" | "workflow", _)) => {
                    format!("{} {about}", line.name)
                }
                _ => line.name,
            }
        })
        .collect()
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_same() {
            return writeln!(f, "the histories agree");
        }
        let near = |index: usize| {
            let around = index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(self.rows.len());
            self.rows[around].iter().any(|row| !row.is_same())
        };
        let shown: Vec<usize> = (0..self.rows.len()).filter(|&index| near(index)).collect();
        let lines: Vec<(&str, &Line)> =
            shown.iter().map(|&index| (self.rows[index].mark(), self.rows[index].line())).collect();
        let text = text::print_lines(&lines);
        let mut next = 0;
        for (&index, line) in shown.iter().zip(text.lines()) {
            if index != next {
                writeln!(f, "    …")?;
            }
            next = index + 1;
            writeln!(f, "{line}")?;
            if let Row::Changed { changes, .. } = &self.rows[index] {
                changes.iter().try_for_each(|change| writeln!(f, "       {change}"))?;
            }
        }
        if next < self.rows.len() {
            writeln!(f, "    …")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string)
        };
        write!(f, "{}: {} -> {}", self.path, side(&self.left), side(&self.right))
    }
}
