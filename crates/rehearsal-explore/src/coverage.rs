//! Coverage: what a run did that other runs may not have done, as marks that can be counted and compared.
//!
//! All of it is read off the outcome of a run, so that a run of which nobody asks pays for none of it. A campaign looks at
//! every run: a mark is told as a number first, and put into words only where it is new.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use rehearsal_engine::{Call, ChoiceKey, ChoiceKind, Execution, Outcome};
use rehearsal_history::{Event, EventId, EventKind, Status, duration_text};

use crate::seed::Fnv;

/// What one run did, or many together: a set of marks.
///
/// The marks of a run are:
///
/// - arcs of everything that a history tells of: which event followed which, of one activity, timer or child, of the
///   workflow task and of the execution itself;
/// - the kinds of questions that were asked, and the answers that were not the calm one, each with its kind;
/// - the faults that struck, each with the activity, signal or worker that it struck;
/// - the awaits at which a cancel came, by the lines of workflow code where these are known, and the kind of its point;
/// - pairs of an event and what was open when it came;
/// - how often each activity was run, as 1, 2, 3, up to 7, or more; and how each execution ended.
///
/// # Examples
///
/// ```
/// # mod rehearsal { pub use rehearsal_engine::*; pub use rehearsal_explore::*; }
/// use rehearsal::{Coverage, Patience, Scenario, Tape};
///
/// let outcome = Scenario::new("nobody").run(Box::new(Tape::calm()), Patience::MustEnd);
/// assert!(Coverage::of(&outcome).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage(BTreeMap<u64, String>);

impl Coverage {
    /// What a run did.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut marks = BTreeMap::new();
        walk(outcome, &mut |mark| {
            marks.entry(mark.number()).or_insert_with(|| mark.to_string());
        });
        Self(marks)
    }

    /// What a run did that is not in here.
    #[must_use]
    pub(crate) fn new_in(&self, outcome: &Outcome) -> Self {
        let mut marks = BTreeMap::new();
        walk(outcome, &mut |mark| {
            let number = mark.number();
            if !self.0.contains_key(&number) {
                marks.entry(number).or_insert_with(|| mark.to_string());
            }
        });
        Self(marks)
    }

    /// Adds what others did. Returns how many marks were not in here.
    pub fn add(&mut self, other: &Self) -> usize {
        let before = self.0.len();
        for (number, text) in &other.0 {
            self.0.entry(*number).or_insert_with(|| text.clone());
        }
        self.0.len() - before
    }

    /// The marks, by their numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.keys().copied()
    }

    /// These marks, without words.
    #[cfg(test)]
    pub(crate) fn of_numbers(numbers: &[u64]) -> Self {
        Self(numbers.iter().map(|number| (*number, number.to_string())).collect())
    }

    /// Whether there is a mark of this number.
    pub(crate) fn has(&self, number: u64) -> bool {
        self.0.contains_key(&number)
    }

    /// How many marks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The marks in words, in the order of the alphabet.
    #[must_use]
    pub fn marks(&self) -> Vec<&str> {
        let mut marks: Vec<&str> = self.0.values().map(String::as_str).collect();
        marks.sort_unstable();
        marks
    }
}

/// Something that a run did. What displays alike is the same mark.
enum Mark<'a> {
    /// Of one thing an event followed another.
    Arc { of: &'a Thing<'a>, from: &'a str, to: &'a str },
    /// A question of this kind was asked.
    Asked(ChoiceKind),
    /// A question was answered in this way.
    Answered(ChoiceKind, usize),
    /// A fault struck.
    Struck(&'a dyn fmt::Display),
    /// A cancel came at a point of this kind.
    CanceledAt(&'static str),
    /// A cancel came at an await.
    Canceled { what: &'a dyn fmt::Display, at: Option<&'a str> },
    /// An event came while something was open.
    While { event: &'a str, open: &'a Thing<'a> },
    /// An activity was run so often.
    Ran { activity: &'a str, times: &'static str },
    /// An execution ended like this.
    Ended { workflow_type: &'a str, status: Status },
}

/// Something that a history tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing<'a> {
    Activity(&'a str),
    Timer(Duration),
    Child(&'a str),
    Task,
    Workflow(&'a str),
}

impl fmt::Display for Thing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(name) => write!(f, "activity {name}"),
            Self::Timer(after) => {
                write!(f, "timer of {}", duration_text(*after))
            }
            Self::Child(name) => write!(f, "child {name}"),
            Self::Task => f.write_str("workflow task"),
            Self::Workflow(name) => write!(f, "workflow {name}"),
        }
    }
}

impl fmt::Display for Mark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arc { of, from: "", to } => write!(f, "{of}: {to}"),
            Self::Arc { of, from, to } => write!(f, "{of}: {from}, {to}"),
            Self::Asked(kind) => write!(f, "asked: {kind}"),
            Self::Answered(kind, answer) => write!(f, "answered: {kind}={answer}"),
            Self::Struck(what) => write!(f, "struck: {what}"),
            Self::CanceledAt(place) => write!(f, "canceled: {place}"),
            Self::Canceled { what, at: Some(at) } => write!(f, "canceled at {what}, {at}"),
            Self::Canceled { what, at: None } => write!(f, "canceled at {what}"),
            Self::While { event, open } => write!(f, "{event} while {open} is open"),
            Self::Ran { activity, times } => write!(f, "activity {activity} run {times}"),
            Self::Ended { workflow_type, status } => write!(f, "{workflow_type} ended {status:?}"),
        }
    }
}

impl Mark<'_> {
    /// What the mark is known by: a hash of its words, without a text being made of them.
    fn number(&self) -> u64 {
        let mut hash = Fnv::default();
        let _infallible = write!(hash, "{self}");
        hash.0
    }
}

/// Tells every mark of a run, some more than once.
fn walk(outcome: &Outcome, tell: &mut dyn FnMut(&Mark<'_>)) {
    let record = &outcome.record;
    for kind in record.asked.iter().filter(|(_, count)| **count > 0).map(|(kind, _)| *kind) {
        tell(&Mark::Asked(kind));
    }
    for (key, answer) in outcome.tape.iter() {
        answered(outcome, key, answer, tell);
    }
    for strike in &record.strikes {
        tell(&Mark::Struck(&strike.what));
    }
    for awaited in record.cancels.iter().flat_map(|cancel| &cancel.awaits) {
        let at = awaited.at.as_deref();
        match &awaited.asked {
            Some(asked) => tell(&Mark::Canceled { what: asked, at }),
            None => tell(&Mark::Canceled { what: &awaited.what, at }),
        }
    }
    runs(&record.calls, tell);
    for execution in &outcome.executions {
        history(execution, tell);
        tell(&Mark::Ended { workflow_type: &execution.workflow_type, status: execution.status });
    }
}

/// An answer that was not the calm one. Which of what is due came first has too many answers to tell them apart.
fn answered(outcome: &Outcome, key: ChoiceKey, answer: usize, tell: &mut dyn FnMut(&Mark<'_>)) {
    let answer = if key.kind == ChoiceKind::Next { 1 } else { answer };
    tell(&Mark::Answered(key.kind, answer));
    if key.kind == ChoiceKind::Cancel
        && let Some(point) = outcome.record.point(key.execution, key.nth)
    {
        tell(&Mark::CanceledAt(point.place.label()));
    }
}

/// How often each activity was run.
fn runs(calls: &[Call], tell: &mut dyn FnMut(&Mark<'_>)) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for call in calls {
        *counts.entry(&call.activity).or_default() += 1;
    }
    for (activity, count) in counts {
        let times = match count {
            0 | 1 => "once",
            2 => "twice",
            3 => "three times",
            4..=7 => "up to 7 times",
            _ => "8 times or more",
        };
        tell(&Mark::Ran { activity, times });
    }
}

/// What followed what, and what was open meanwhile.
fn history(execution: &Execution, tell: &mut dyn FnMut(&Mark<'_>)) {
    let mut open: BTreeMap<EventId, (Thing<'_>, &str)> = BTreeMap::new();
    // However many are open, those that are alike are told of once.
    let mut alike: BTreeMap<Thing<'_>, usize> = BTreeMap::new();
    let (mut task, mut workflow) = ("", "");
    let whole = Thing::Workflow(&execution.workflow_type);
    for event in &execution.history {
        let to = event.kind.name();
        if let Some(thing) = opened(event) {
            *alike.entry(thing).or_default() += 1;
            open.insert(event.id, (thing, to));
            continue;
        }
        if is_of_task(&event.kind) {
            tell(&Mark::Arc { of: &Thing::Task, from: std::mem::replace(&mut task, to), to });
            continue;
        }
        let own = event.kind.opener().filter(|id| open.contains_key(id));
        let (of, from) = match own.and_then(|id| open.get_mut(&id)) {
            Some((of, from)) => (*of, std::mem::replace(from, to)),
            None => (whole, std::mem::replace(&mut workflow, to)),
        };
        tell(&Mark::Arc { of: &of, from, to });
        for (thing, count) in &alike {
            if *count > usize::from(*thing == of) {
                tell(&Mark::While { event: to, open: thing });
            }
        }
        if let Some(id) = own.filter(|_| ends(&event.kind)) {
            open.remove(&id);
            if let Some(count) = alike.get_mut(&of) {
                *count -= 1;
            }
        }
    }
}

/// What an event opens.
fn opened(event: &Event) -> Option<Thing<'_>> {
    match &event.kind {
        EventKind::ActivityTaskScheduled(it) => Some(Thing::Activity(&it.activity_type.name)),
        EventKind::TimerStarted(it) => {
            Some(Thing::Timer(it.start_to_fire_timeout.unwrap_or_default()))
        }
        EventKind::StartChildWorkflowExecutionInitiated(it) => {
            Some(Thing::Child(&it.workflow_type.name))
        }
        _ => None,
    }
}

/// Whether it is about the workflow task.
const fn is_of_task(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::WorkflowTaskScheduled(_)
            | EventKind::WorkflowTaskStarted(_)
            | EventKind::WorkflowTaskCompleted(_)
            | EventKind::WorkflowTaskTimedOut(_)
            | EventKind::WorkflowTaskFailed(_)
    )
}

/// Whether what it is about is over.
const fn ends(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::ActivityTaskStarted(_)
            | EventKind::ActivityTaskCancelRequested(_)
            | EventKind::ChildWorkflowExecutionStarted(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_displays_alike_is_one_mark() {
        let arc =
            |to| Mark::Arc { of: &Thing::Activity("Charge"), from: "ActivityTaskScheduled", to };
        assert_eq!(arc("ActivityTaskStarted").number(), arc("ActivityTaskStarted").number());
        assert_ne!(arc("ActivityTaskStarted").number(), arc("ActivityTaskTimedOut").number());
        assert_eq!(
            arc("ActivityTaskTimedOut").to_string(),
            "activity Charge: ActivityTaskScheduled, ActivityTaskTimedOut"
        );
    }

    #[test]
    fn marks_are_added_once() {
        let of = |texts: &[&str]| {
            Coverage(texts.iter().map(|text| (crate::seed_of(text), (*text).to_owned())).collect())
        };
        let mut all = of(&["b"]);
        assert_eq!(all.add(&of(&["a", "b", "c"])), 2);
        assert_eq!(all.add(&of(&["c"])), 0);
        assert_eq!(all.marks(), ["a", "b", "c"]);
    }
}
