//! Faults that struck: what the answers to their questions did, in words.

use std::fmt;
use std::time::Duration;

use rehearsal_history::{EventId, SmolStr};

use crate::choice::ChoiceKind;
use crate::record::Call;

/// A fault that struck in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// What was asked.
    pub kind: ChoiceKind,
    /// The `nth` of its key.
    pub nth: u32,
    /// When, since the run began.
    pub at: Duration,
    /// What it did.
    pub what: Struck,
}

/// An attempt of an activity that was struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfAttempt {
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
}

impl OfAttempt {
    /// Whether it is the attempt of this call.
    #[must_use]
    pub fn is(&self, call: &Call) -> bool {
        self.run_id == call.run_id
            && self.scheduled == call.scheduled
            && self.attempt == call.attempt
            && self.activity == call.activity
    }
}

/// `activity Charge, attempt 1,`.
impl fmt::Display for OfAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "activity {}, attempt {},", self.activity, self.attempt)
    }
}

/// What a fault did. Displays as a clause: `the worker died in activity Charge, attempt 1, before its code ran`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Struck {
    /// The worker died when it had taken an attempt, and before its code ran.
    DiedBefore(OfAttempt),
    /// The worker died while the code of an attempt waited for something.
    DiedInside(OfAttempt),
    /// The worker died when the code of an attempt had ended, and before it said so.
    DiedAfter(OfAttempt),
    /// The end of an attempt did not come to the service.
    EndLost(OfAttempt),
    /// The end of an attempt came to the service twice.
    EndTwice(OfAttempt),
    /// The end of an attempt came to the service at the instant of its deadline.
    EndAtDeadline(OfAttempt),
    /// The end of an attempt came to the service after its deadline.
    EndLate(OfAttempt),
    /// A heartbeat of an attempt did not come to the service.
    BeatLost(OfAttempt),
    /// An attempt failed, and its code did not run.
    Failed(OfAttempt),
    /// The code of an attempt began when half of its time was over.
    Slow(OfAttempt),
    /// The code of an attempt never ran, and its slot stayed taken.
    Hung(OfAttempt),
    /// A signal of this name came twice.
    SignalTwice(SmolStr),
    /// A signal of this name came late.
    SignalLate(SmolStr),
    /// The cancel came right before a signal of this name.
    CanceledBefore(SmolStr),
    /// The cancel came right after a signal of this name.
    CanceledAfter(SmolStr),
    /// This worker was away for 20 s.
    Away(SmolStr),
    /// This worker was too slow with a workflow task.
    Stalled(SmolStr),
    /// This worker, which had died, was started again a minute later.
    BackLate(SmolStr),
    /// This worker, which had died, was not started again.
    NeverBack(SmolStr),
    /// The client was told that its deadline had passed, though this was taken: `signal pay`, `update add`.
    ReplyLost(SmolStr),
    /// An attempt did something else than its stub is described with, in words: `failed with "busy"`.
    Otherwise(OfAttempt, SmolStr),
}

impl Struck {
    /// The attempt that was struck, if it was one.
    #[must_use]
    pub const fn attempt(&self) -> Option<&OfAttempt> {
        match self {
            Self::DiedBefore(of)
            | Self::DiedInside(of)
            | Self::DiedAfter(of)
            | Self::EndLost(of)
            | Self::EndTwice(of)
            | Self::EndAtDeadline(of)
            | Self::EndLate(of)
            | Self::BeatLost(of)
            | Self::Failed(of)
            | Self::Slow(of)
            | Self::Hung(of)
            | Self::Otherwise(of, _) => Some(of),
            Self::SignalTwice(_)
            | Self::SignalLate(_)
            | Self::CanceledBefore(_)
            | Self::CanceledAfter(_)
            | Self::Away(_)
            | Self::Stalled(_)
            | Self::BackLate(_)
            | Self::NeverBack(_)
            | Self::ReplyLost(_) => None,
        }
    }

    /// In a few words, for a line among others of the same run.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_engine::Struck;
    ///
    /// assert_eq!(Struck::SignalTwice("pay".into()).in_short(), "the signal pay comes twice");
    /// ```
    #[must_use]
    pub fn in_short(&self) -> String {
        match self {
            Self::DiedBefore(_) => "the worker dies before the code runs".to_owned(),
            Self::DiedInside(_) => "the worker dies while the code runs".to_owned(),
            Self::DiedAfter(_) => "the worker dies before it says so".to_owned(),
            Self::EndLost(_) => "its end is lost on its way".to_owned(),
            Self::EndTwice(_) => "its end comes twice".to_owned(),
            Self::EndAtDeadline(_) => "its end will come at its deadline".to_owned(),
            Self::EndLate(_) => "its end will come after its deadline".to_owned(),
            Self::BeatLost(_) => "a heartbeat is lost on its way".to_owned(),
            Self::Failed(_) => "it fails instead of running".to_owned(),
            Self::Slow(_) => "it begins when half of its time is over".to_owned(),
            Self::Hung(_) => "it hangs, and its code never runs".to_owned(),
            Self::SignalTwice(name) => format!("the signal {name} comes twice"),
            Self::SignalLate(name) => format!("the signal {name} will come 5s late"),
            Self::CanceledBefore(name) => format!("canceled right before the signal {name}"),
            Self::CanceledAfter(name) => format!("canceled right after the signal {name}"),
            Self::Away(worker) => format!("{worker} is away for 20s"),
            Self::Stalled(worker) => format!("{worker} is too slow with a workflow task"),
            Self::BackLate(worker) => format!("{worker} will be started again after 1m"),
            Self::NeverBack(worker) => format!("{worker} will not be started again"),
            Self::ReplyLost(what) => {
                format!(
                    "the client is told that its deadline has passed, though its {what} was taken"
                )
            }
            Self::Otherwise(_, what) => format!("its stub {what}"),
        }
    }
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiedBefore(of) => write!(f, "the worker died in {of} before its code ran"),
            Self::DiedInside(of) => write!(f, "the worker died in {of} while its code ran"),
            Self::DiedAfter(of) => {
                write!(f, "the worker died in {of} after it had ended and before it said so")
            }
            Self::EndLost(of) => write!(f, "the end of {of} was lost on its way to the service"),
            Self::EndTwice(of) => write!(f, "the end of {of} came to the service twice"),
            Self::EndAtDeadline(of) => {
                write!(f, "the end of {of} came at the very instant of its deadline")
            }
            Self::EndLate(of) => write!(f, "the end of {of} came after its deadline"),
            Self::BeatLost(of) => write!(f, "a heartbeat of {of} was lost on its way"),
            Self::Failed(of) => write!(f, "{of} failed instead of running its code"),
            Self::Slow(of) => write!(f, "{of} began when half of its time was over"),
            Self::Hung(of) => write!(f, "{of} hung: its code never ran, and its slot stayed taken"),
            Self::SignalTwice(name) => write!(f, "the signal {name} came twice"),
            Self::SignalLate(name) => write!(f, "the signal {name} came 5s late"),
            Self::CanceledBefore(name) => {
                write!(f, "canceled right before the signal {name}, in one workflow task")
            }
            Self::CanceledAfter(name) => {
                write!(f, "canceled right after the signal {name}, in one workflow task")
            }
            Self::Away(worker) => {
                write!(f, "{worker} was away for 20s, and nobody polled for it")
            }
            Self::Stalled(worker) => {
                write!(f, "{worker} answered a workflow task when that had timed out")
            }
            Self::BackLate(worker) => {
                write!(f, "{worker}, which had died, was started again 1m later")
            }
            Self::NeverBack(worker) => {
                write!(f, "{worker}, which had died, was not started again")
            }
            Self::ReplyLost(what) => write!(
                f,
                "the client was told that its deadline had passed, though its {what} was taken"
            ),
            Self::Otherwise(of, what) => write!(f, "the stub of {of} {what}"),
        }
    }
}
