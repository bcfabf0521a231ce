//! One operation, such as an activity or a timer, from the moment it is asked for until it ends, as the instance keeps it.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use rehearsal_activation::wake::short_path;
use rehearsal_activation::{Asked, Awaited, Seq};
use rehearsal_history::{Payloads, SmolStr, duration_text};

use crate::error::WorkflowError;
use crate::scope::ScopeId;
use crate::state::Shared;

/// How an operation ended.
pub(crate) type Outcome = Result<Option<Payloads>, WorkflowError>;

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Orders it among all things that the run asked for.
    pub(crate) ticket: u64,
    /// The scope it is canceled with.
    pub(crate) scope: ScopeId,
    /// Orders it among all that its scope cancels: as [`ticket`](Self::ticket), but of a child from when it runs.
    pub(crate) bound: Cell<u64>,
    /// The number that the worker knows it by; none for a timer that was over at once.
    pub(crate) seq: Seq,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether its cancel was asked for.
    pub(crate) cancel_requested: Cell<bool>,
    /// How it ended; set once (C-18).
    outcome: RefCell<Option<Outcome>>,
}

/// What an operation is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// An activity.
    Activity {
        /// Its type.
        name: SmolStr,
        /// Whether a cancel leaves it pending until the server says how it ended.
        wait_for_cancellation: bool,
    },
    /// A local activity, up to its end.
    Local {
        /// Its type.
        name: SmolStr,
    },
    /// What the worker makes of a local activity, up to its end or to a wait that is a timer.
    LocalAttempts {
        /// Its type.
        name: SmolStr,
    },
    /// A timer.
    Timer {
        /// How long it runs.
        after: Duration,
    },
    /// The start of a child workflow.
    ChildStart(ChildName),
    /// A child workflow, up to its end.
    Child(ChildName),
    /// A signal to another workflow.
    Signal {
        /// The name of the signal.
        name: SmolStr,
        /// The other workflow.
        workflow_id: SmolStr,
    },
    /// A cancel of another workflow.
    Cancel {
        /// The other workflow.
        workflow_id: SmolStr,
    },
}

/// What names a child.
#[derive(Debug, Clone)]
pub(crate) struct ChildName {
    /// Its type.
    pub(crate) workflow_type: SmolStr,
    /// Its id, once it is known.
    pub(crate) workflow_id: OnceCell<SmolStr>,
}

impl Operation {
    /// One that has not ended.
    pub(crate) fn new(ticket: u64, scope: ScopeId, seq: Seq, kind: Kind) -> Self {
        Self {
            ticket,
            scope,
            bound: Cell::new(ticket),
            seq,
            kind,
            cancel_requested: Cell::new(false),
            outcome: RefCell::new(None),
        }
    }

    /// How it ended, if it has.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome.borrow().clone()
    }

    /// Whether it has ended.
    pub(crate) fn is_ready(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    /// Ends it. The first outcome counts (C-18): returns whether this is it.
    pub(crate) fn end(&self, outcome: Outcome) -> bool {
        let mut slot = self.outcome.borrow_mut();
        let first = slot.is_none();
        if first {
            *slot = Some(outcome);
        }
        first
    }
}

/// Whether an operation has ended, and how.
pub(crate) fn poll(shared: &Shared, operation: &Rc<Operation>) -> Poll<Outcome> {
    let Some(outcome) = operation.outcome() else {
        let waiting = || Waiting::Operation(Rc::clone(operation));
        shared.borrow_mut().wait(operation.ticket, waiting);
        return Poll::Pending;
    };
    shared.borrow_mut().advance();
    Poll::Ready(outcome)
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Activity { name, .. } => write!(f, "{name} (activity {})", self.seq),
            Kind::Local { name } => write!(f, "{name} (local activity)"),
            Kind::LocalAttempts { name } => write!(f, "{name} (local activity {})", self.seq),
            Kind::Timer { after } => write!(f, "timer {} of {}", self.seq, duration_text(*after)),
            Kind::ChildStart(name) => write!(f, "the start of {}", name.text(self.seq)),
            Kind::Child(name) => f.write_str(&name.text(self.seq)),
            Kind::Signal { name, workflow_id } => {
                write!(f, "signal `{name}` to workflow `{workflow_id}`")
            }
            Kind::Cancel { workflow_id } => write!(f, "cancel of workflow `{workflow_id}`"),
        }
    }
}

impl ChildName {
    fn text(&self, seq: Seq) -> String {
        match self.workflow_id.get() {
            Some(workflow_id) => format!("child `{workflow_id}`"),
            None => format!("child {} (child {seq})", self.workflow_type),
        }
    }
}

/// Something that a routine waits for, as reports name it.
#[derive(Debug, Clone)]
pub(crate) enum Waiting {
    /// The end of an operation.
    Operation(Rc<Operation>),
    /// A signal of this name.
    Signal(SmolStr),
    /// A value of this channel of workflow code.
    Receive(SmolStr),
    /// That somebody takes a value from it.
    Send(SmolStr),
    /// A condition of workflow code.
    Condition,
    /// The cancel of a context.
    Cancellation,
    /// Nothing: a selector without cases, or whose cases are all used up, waits for ever.
    NoCase,
}

impl Waiting {
    /// The same for reports, if its place is what workflow code used its context for when it asked for it.
    pub(crate) fn awaited(&self, place: Option<&'static Location<'static>>) -> Awaited {
        let (mut activity, mut child) = (None, None);
        let (asked, at) = match self {
            Self::Operation(operation) => {
                let asked = match &operation.kind {
                    Kind::Activity { name, .. } => {
                        activity = Some(name.clone());
                        Some(Asked::Activity(name.clone()))
                    }
                    Kind::Local { name } | Kind::LocalAttempts { name } => {
                        Some(Asked::Activity(name.clone()))
                    }
                    Kind::Timer { after } => Some(Asked::Timer { after: *after, summary: None }),
                    Kind::ChildStart(name) | Kind::Child(name) => {
                        child = name.workflow_id.get().cloned();
                        Some(Asked::Child(name.workflow_type.clone()))
                    }
                    Kind::Signal { .. } | Kind::Cancel { .. } => None,
                };
                (asked, place)
            }
            // A channel may be read far from where it was asked for, and a selector has no place of its own.
            Self::Signal(name) => (Some(Asked::Signal(name.clone())), None),
            Self::Condition => (Some(Asked::Condition), place),
            Self::Receive(_) | Self::Send(_) => (None, place),
            Self::Cancellation | Self::NoCase => (None, None),
        };
        Awaited { what: self.to_string(), activity, child, asked, at: at.map(line_of) }
    }
}

/// A place as file and line.
pub(crate) fn line_of(place: &Location<'_>) -> String {
    format!("{}:{}", short_path(place.file()), place.line())
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(operation) => operation.fmt(f),
            Self::Signal(name) => write!(f, "signal `{name}`"),
            Self::Receive(channel) => write!(f, "a value of {channel}"),
            Self::Send(channel) => write!(f, "a receiver of {channel}"),
            Self::Condition => f.write_str("a condition"),
            Self::Cancellation => f.write_str("cancellation"),
            Self::NoCase => f.write_str("a selector with no case left"),
        }
    }
}
