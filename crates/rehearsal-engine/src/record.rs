//! What a run did: the points at which a cancel could have struck, the calls of activities, the heartbeats.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use rehearsal_activation::{Asked, AskedAt, Awaited, Misread, Seq, Signals, Trouble};
use rehearsal_history::{EventId, Payloads, SmolStr, Status, Timestamp};
use rehearsal_service::ActivityToken;

use crate::activity::ActivityResult;
use crate::cause::KnownDefect;
use crate::choice::ChoiceKind;
use crate::examine::Replays;
use crate::journal::LogLine;
use crate::strike::{Strike, Struck};
use crate::unsettled::Unsettled;

/// Everything that is kept of a run besides its histories.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// When the run began.
    pub began: Timestamp,
    /// The points at which a cancel of the first execution could strike, in order; the index is the `nth` of its key.
    pub points: Vec<Point>,
    /// The same of the other executions: children, and what activities and clients start. By their numbers in the order of
    /// their starts; the runs of a chain are one execution.
    pub others: BTreeMap<u32, Vec<Point>>,
    /// How many questions of each kind were asked; those of a kind have the numbers from 0 to below that.
    pub asked: BTreeMap<ChoiceKind, u32>,
    /// Where things did not happen in the order in which they fell due.
    pub orders: Vec<Order>,
    /// The workflow tasks before which new code could take over, in order, up to the one before which it did; the index is
    /// the `nth` of its key. Empty if there is no such code.
    pub moments: Vec<Moment>,
    /// The deadlines that went off at another time than on a shard that has nothing else to do.
    pub shifts: Vec<Shift>,
    /// The faults that struck, in order.
    pub strikes: Vec<Strike>,
    /// How often workers outside have replayed it, if they were asked to.
    pub replays: Replays,
    /// The attempts of activities, in the order in which they were started.
    pub calls: Vec<Call>,
    /// The heartbeats that were sent, in order.
    pub heartbeats: Vec<Heartbeat>,
    /// The results of activities that came from outside and that the service did not take, in order.
    pub too_late: Vec<NotTaken>,
    /// The cancel requests that were accepted for a run that was open, in order.
    pub cancels: Vec<CancelAccepted>,
    /// Handlers that had not ended when their workflow asked to be closed, in order.
    pub unfinished: Vec<Unfinished>,
    /// Activities that are not told when they are canceled, in the order in which they were asked for.
    pub abandonable: Vec<Abandonable>,
    /// What workflow code got wrong, in order. Temporal fails the workflow task each time.
    pub troubles: Vec<TroubleAt>,
    /// What became of the signals of each run, in the order in which they got their first one or else closed. A run that
    /// did neither and of which no worker knows any more has none.
    pub signals: Vec<SignalsOf>,
    /// Where workflow code asked for what it waited for, as far as that is known.
    pub asked_at: BTreeSet<AskedAt>,
    /// The results of activities that workflow code could not read, by run id.
    pub misread: BTreeSet<(SmolStr, Misread)>,
    /// What was deleted when its retention was over.
    pub forgotten: Forgotten,
    /// Where a run that does not end by itself was left.
    pub horizon: Option<Horizon>,
    /// The known defects of the SDK that struck and that the scenario accepts, each with its reason.
    pub accepted: BTreeMap<KnownDefect, SmolStr>,
    /// How often an attempt of an activity outside was silent, so that real time decided whether it was done.
    pub silent: u64,
    /// What is said of the run if it cannot be made again exactly, and the scenario sets such runs apart.
    pub unsettled: Option<Unsettled>,
    /// How many steps the world took.
    pub steps: u64,
    /// What user code logged, in order; of a run in which something was found, if anybody listens.
    pub logs: Vec<LogLine>,
    /// How many lines were logged beyond those that are kept.
    pub logs_dropped: u64,
}

impl Record {
    /// The points of an execution, by its number in the order of starts, from 0.
    #[must_use]
    pub fn points_of(&self, execution: u32) -> &[Point] {
        match execution {
            0 => &self.points,
            other => self.others.get(&other).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// The point at which a cancel of an execution could strike for the `nth` time.
    #[must_use]
    pub fn point(&self, execution: u32, nth: u32) -> Option<&Point> {
        self.points_of(execution).get(usize::try_from(nth).ok()?)
    }

    /// When heartbeats of an attempt were lost on their way: the code has sent them.
    pub(crate) fn beats_lost<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = Duration> + 'a {
        self.strikes.iter().filter_map(move |strike| match &strike.what {
            Struck::BeatLost(of) if of.is(call) => Some(strike.at),
            _ => None,
        })
    }

    /// The lines of workflow code that ask for it, if any is known.
    pub(crate) fn asked_at(&self, asked: &Asked) -> Option<String> {
        let of = self.asked_at.iter().filter(|at| at.asked == *asked);
        let places: Vec<&str> = of.map(|at| at.place.as_str()).collect();
        (!places.is_empty()).then(|| places.join(", "))
    }
}

/// The executions that are in no outcome, as they were deleted when their retention was over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// How many runs ended with each status.
    pub executions: BTreeMap<Status, u64>,
    /// How many events their histories had.
    pub events: u64,
}

/// A point at which a cancel could strike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Virtual time since the run began.
    pub at: Duration,
    /// Which run of the chain it belongs to, from 0.
    pub run: u32,
    /// What kind of point it is.
    pub place: Place,
    /// What was about to happen.
    pub before: &'static str,
    /// Whether that made a workflow task necessary where none was pending, so that a cancel can come in the same task,
    /// ahead of it.
    pub joins: bool,
    /// The last event of the history of that run at that point.
    pub after_event: EventId,
    /// Whether a cancel here, by itself, comes to the same as one at the next point of this execution: both times a worker
    /// has its workflow task, so that the service only keeps the cancel for later (C-12), and between the two nothing was
    /// asked of the service and the client script did nothing. So neither could see the other; only what the code of the
    /// run waited for when the cancel was accepted ([`CancelAccepted::awaits`]) need not be the same.
    pub alike: bool,
}

/// A workflow task before which new code could take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Virtual time since the run began.
    pub at: Duration,
    /// The workflow whose task it is.
    pub workflow_id: SmolStr,
    /// The run of that workflow.
    pub run_id: SmolStr,
    /// Which of the workflow tasks of that run it is, from 1. Attempts that failed do not count.
    pub task: usize,
    /// The last event of the history of that run at that moment.
    pub after_event: EventId,
    /// How many points at which a cancel could strike came before it.
    pub points: usize,
}

/// An answer about what happens next that was not the calm one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The `nth` of its key.
    pub nth: u32,
    /// What happened.
    pub first: Due,
    /// What fell due first, and had to wait.
    pub calm: Due,
}

/// An answer about when a deadline goes off that was not the calm one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The `nth` of its key.
    pub nth: u32,
    /// When it went off, since the start of the run.
    pub at: Duration,
    /// When it would have gone off on a shard that has nothing else to do.
    pub calm: Duration,
}

/// `activity code runs (Pack of order-7) before workflow code runs (order-7)`.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} before {}", self.first, self.calm)
    }
}

/// Something that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What happens, in a few words.
    pub what: &'static str,
    /// The activity or the worker that does it.
    pub who: Option<SmolStr>,
    /// The workflow it is about.
    pub workflow_id: Option<SmolStr>,
}

/// `activity code runs (Pack of order-7)`.
impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.who, &self.workflow_id) {
            (Some(who), Some(workflow_id)) => write!(f, "{} ({who} of {workflow_id})", self.what),
            (Some(who), None) => write!(f, "{} ({who})", self.what),
            (None, Some(workflow_id)) => write!(f, "{} ({workflow_id})", self.what),
            (None, None) => f.write_str(self.what),
        }
    }
}

/// The kinds of cancellation points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// No worker has taken the first workflow task yet.
    BeforeFirstTask,
    /// Nothing but the workflow itself has anything to do.
    BetweenSteps,
    /// A worker has a workflow task and has not answered: the cancel is buffered (C-12).
    TaskRunning,
    /// A workflow task waits for a worker: the cancel comes in the same task, after what caused it.
    WithJobAfter,
    /// Something that needs a workflow task is about to happen: the cancel comes in the same task, before it.
    WithJobBefore,
    /// An activity waits for a worker.
    ActivityScheduled,
    /// An activity runs and has not sent a heartbeat.
    ActivityStarted,
    /// An activity runs and has sent heartbeats.
    ActivityHeartbeating,
    /// An activity has been woken, but its code has not run yet.
    ActivityWaking,
    /// An activity has ended, but the service does not know yet.
    ActivityCompleting,
    /// An activity waits for its next attempt.
    ActivityBackoff,
    /// A cancel was requested before: this is the second request (C-8).
    SecondRequest,
    /// The workflow is closed (C-3, C-4).
    AfterClose,
}

impl Place {
    /// All kinds, in the order of a report.
    pub const ALL: [Self; 13] = [
        Self::BeforeFirstTask,
        Self::BetweenSteps,
        Self::TaskRunning,
        Self::WithJobBefore,
        Self::WithJobAfter,
        Self::ActivityScheduled,
        Self::ActivityStarted,
        Self::ActivityHeartbeating,
        Self::ActivityWaking,
        Self::ActivityCompleting,
        Self::ActivityBackoff,
        Self::SecondRequest,
        Self::AfterClose,
    ];

    /// What a report calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BeforeFirstTask => "before the first workflow task",
            Self::BetweenSteps => "between two steps",
            Self::TaskRunning => "while a workflow task is running",
            Self::WithJobBefore => "with another job, before it",
            Self::WithJobAfter => "with another job, after it",
            Self::ActivityScheduled => "activity scheduled, not started",
            Self::ActivityStarted => "activity started",
            Self::ActivityHeartbeating => "activity heartbeating",
            Self::ActivityWaking => "activity code woken, not yet run",
            Self::ActivityCompleting => "activity completing",
            Self::ActivityBackoff => "activity waiting for its retry",
            Self::SecondRequest => "canceled before, a second time",
            Self::AfterClose => "after the end",
        }
    }
}

/// One attempt of an activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The type of the activity.
    pub activity: SmolStr,
    /// The workflow that called it.
    pub workflow_id: SmolStr,
    /// The run of that workflow.
    pub run_id: SmolStr,
    /// Its `ActivityTaskScheduled`; none of a local activity.
    pub scheduled: EventId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What the service knows it by.
    pub token: ActivityToken,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// When its code was started, since the run began.
    pub started: Duration,
    /// When its code ended; `None` if it still runs or was lost.
    pub ended: Option<Duration>,
    /// What its code ended with, if it did.
    pub result: Option<ActivityResult>,
    /// Whether its code ended and left it to somebody outside to end the activity; there is no result then.
    pub outside: bool,
    /// When its code died with its worker, since the run began; `None` if it did not. Of code that had
    /// [ended](Self::ended) by then: when its end was lost, so that the service does not know of it. Of an attempt that
    /// [hung](Self::hung): when the worker had taken it.
    pub lost: Option<Duration>,
    /// Whether it hung: its code never ran, and its slot stayed taken.
    pub hung: bool,
    /// The worker.
    pub worker: SmolStr,
}

impl Call {
    /// When its code ended, died with its worker, or hung; `None` if it still runs.
    #[must_use]
    pub fn over(&self) -> Option<Duration> {
        self.ended.or(self.lost)
    }
}

/// The result of an activity that came from outside and that the service did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// When, since the run began.
    pub at: Duration,
    /// The run that asked for the activity.
    pub run_id: SmolStr,
    /// Its `ActivityTaskScheduled`.
    pub scheduled: EventId,
    /// Whether it was for an attempt that had timed out, while another goes on.
    pub lapsed: bool,
    /// What the service answered.
    pub answer: SmolStr,
}

/// A heartbeat that reached the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// When, since the run began.
    pub at: Duration,
    /// The type of the activity.
    pub activity: SmolStr,
    /// The run of the workflow that called it.
    pub run_id: SmolStr,
    /// Its `ActivityTaskScheduled`.
    pub scheduled: EventId,
    /// Which attempt sent it, from 1.
    pub attempt: u32,
    /// What the answer said.
    pub answer: HeartbeatAnswer,
}

/// What the service answers to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeartbeatAnswer {
    /// Go on.
    GoOn,
    /// A cancel was requested (C-25).
    CancelRequested,
    /// The activity is not known any more (C-29, C-30).
    NotFound,
}

/// A cancel request that the service accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelAccepted {
    /// When, since the run began.
    pub at: Duration,
    /// The run it was for.
    pub run_id: SmolStr,
    /// What the code of that run waited for just then, as far as its host knows; nothing before its first task and where
    /// no worker has the run in its cache.
    pub awaits: Vec<Awaited>,
}

/// A handler that had not ended when the main routine of its workflow returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The run.
    pub run_id: SmolStr,
    /// What it handles: `signal approve`.
    pub handler: String,
}

/// An activity of the Rust SDK with the cancellation type `Abandon`. No event tells that it was canceled (SC-3 of the
/// semantics).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandonable {
    /// The run that asked for it.
    pub run_id: SmolStr,
    /// The number it is known by.
    pub seq: Seq,
    /// Its id.
    pub activity_id: SmolStr,
    /// Whether workflow code canceled it.
    pub canceled: bool,
}

/// Something that workflow code got wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubleAt {
    /// When, since the run began.
    pub at: Duration,
    /// The run.
    pub run_id: SmolStr,
    /// The event that shows it, if there is one: of a replay, the recorded one that is not asked for again.
    pub event: Option<EventId>,
    /// What.
    pub trouble: Trouble,
}

/// What became of the signals of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalsOf {
    /// The run.
    pub run_id: SmolStr,
    /// What its host says, when it closed or else at the end.
    pub signals: Signals,
}

/// Why a run that does not end by itself was left where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// Nothing can happen any more without a client.
    AtRest(Duration),
    /// Two full cycles brought no new pair of a kind of point and a set of pending operations.
    Repeats(Duration),
}

impl Horizon {
    /// When that was, since the run began.
    #[must_use]
    pub const fn at(self) -> Duration {
        match self {
            Self::AtRest(at) | Self::Repeats(at) => at,
        }
    }
}
