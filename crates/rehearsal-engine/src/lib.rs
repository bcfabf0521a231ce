//! Turns the ring: virtual clock, executor, world loop, worker hosts, clients, activities.
//!
//! A [`Scenario`] says what is rehearsed; a [`World`] is one run of it; an [`Outcome`] is what it came to. The engine
//! calls the service, the workers and the workflows, and knows none of their insides.

mod activity;
mod agenda;
mod cause;
mod check;
mod choice;
mod clock;
mod distances;
mod examine;
mod executor;
mod facts;
mod fake;
mod finding;
mod host;
mod journal;
mod limits;
mod mark;
mod origin;
mod outcome;
mod outside;
mod record;
mod rehearsed;
mod remote;
mod repeat;
mod retention;
mod rng;
mod run;
mod scenario;
mod seen;
mod signals;
mod strike;
mod surroundings;
mod unregistered;
mod unsettled;
mod worker_spec;
mod world;

pub use activity::{
    ActivityClient, ActivityCode, ActivityContext, ActivityError, ActivityFuture, ActivityInfo,
    ActivityResult,
};
pub use cause::{Cause, Dialect, KnownDefect, Sdk};
pub use check::{
    ActivityHeartbeatsWithin, Always, CancelObservedOrCompletedFirst, CancelOverWithin,
    CanceledMustNotComplete, Check, CleanupIffCanceled, Compensated, EndsWithin, Eventually,
    Finally, IfCanceled, Never, NoActivityOutlivesClose, NoChildOrphanedAtClose, NoRoundSkipped,
    NoTimerLeftAtClose, NoWorkLostAtClose, NothingPendingAtClose, OneAttemptAtATime, OverBefore,
    Reached, Recommended, SkippedReportedAsCanceled, Sometimes, StatusIn,
};
pub use choice::{
    BytesChooser, Calm, Choice, ChoiceKey, ChoiceKind, Chooser, Injection, Options, PctChooser,
    Question, Step, StepName, Tape, TapeError, Touched,
};
pub use clock::BEGINNING;
pub use examine::{Examined, Replays, examine, examine_choices, examine_recorded};
pub use facts::{ChildOf, Signaled, TimerEnd, TimerOf};
pub use fake::Fakes;
pub use finding::{Code, Finding};
pub use journal::{Journal, Listener, LogLevel, LogLine};
pub use limits::Limits;
pub use outcome::{Execution, Outcome};
pub use record::{
    Abandonable, Call, CancelAccepted, Due, Forgotten, Heartbeat, HeartbeatAnswer, Horizon, Moment,
    NotTaken, Order, Place, Point, Record, Shift, SignalsOf, TroubleAt, Unfinished,
};
#[doc(no_inline)]
pub use rehearsal_service::ActivityToken;
#[doc(no_inline)]
pub use rehearsal_worker::Grade;
pub use remote::{
    ActivitySaid, Handed, News, Remote, RemoteWorker, Seen as SeenByRemote, TaskAccepted,
};
pub use repeat::note_unrepeated;
pub use rng::{Numbers, RandomChooser};
pub use run::Patience;
pub use scenario::{ClientScript, DEFAULT_QUEUE, Scenario};
pub use seen::{Seen, Unseen};
pub use strike::{OfAttempt, Strike, Struck};
pub use surroundings::Surroundings;
pub use unsettled::{Unsettled, WhyUnsettled};
pub use worker_spec::WorkerSpec;
pub use world::{
    ActivityTarget, ClientError, Description, Handle, PendingActivity, PendingActivityState,
    PendingChild, PendingWorkflowTask, PendingWorkflowTaskState, QueryHandle, StartOptions,
    UpdateHandle, World, pending_children,
};
