//! Findings: what is wrong with the workflow under test, as data.

use std::fmt;

use rehearsal_worker::Grade;
use serde::{Serialize, Serializer};

use crate::cause::Cause;
use crate::outcome::Outcome;

/// What kind of thing is wrong. The codes are stable; each has its section in `docs/diagnostics.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// RH101: replay does not give the recorded commands.
    Nondeterminism,
    /// RH102: workflow code panicked.
    Panicked,
    /// RH103: workflow code awaits something that is not a workflow operation.
    ForeignFuture,
    /// RH104: the run is not a function of its choices.
    NotRepeatable,
    /// RH105: activity code awaits something that is not part of the run.
    ForeignActivity,
    /// RH106: the SDK itself cannot take an event.
    SdkDefect,
    /// RH107: an activity that is run again goes on otherwise.
    ActivityNotRepeatable,
    /// RH108: a signal could not be read as what the workflow takes.
    SignalUnreadable,
    /// RH109: the result of an activity could not be read as what the workflow takes.
    ResultUnreadable,
    /// RH110: the handler of a query did more than look.
    QueryMeddled,
    /// RH111: the result of an activity came from outside when its time was over.
    ResultTooLate,
    /// RH112: signals were not read when a run went on as new.
    SignalLeftBehind,
    /// RH201: cleanup did not run although the workflow saw its cancel.
    CleanupMissing,
    /// RH202: cleanup ran although the workflow was not canceled.
    CleanupUncalled,
    /// RH203: an activity started on a canceled context was not reported as canceled, or its code ran.
    SkippedNotCanceled,
    /// RH204: a cancel request was accepted, and is not in the history.
    CancelLost,
    /// RH205: the code of an activity still ran when its workflow closed.
    ActivityOutlivesClose,
    /// RH206: a workflow was told of its cancel, and completed as if nothing had been.
    CancelOverlooked,
    /// RH207: a workflow ended later than it may.
    EndsTooLate,
    /// RH208: a workflow closed in a way that is not allowed.
    WrongStatus,
    /// RH209: an activity sent no heartbeat for longer than it may.
    HeartbeatLate,
    /// RH210: no run reached what some run must reach.
    NeverReached,
    /// RH211: a step was not undone although its workflow did not complete.
    CompensationMissing,
    /// RH212: a step was undone too often, or without need.
    CompensationUncalled,
    /// RH213: an activity began, and what must follow it did not run.
    NotFollowed,
    /// RH214: work that was asked for was lost when the workflow returned.
    WorkLost,
    /// RH215: an attempt of an activity began while an earlier one still ran.
    AttemptsOverlap,
    /// RH216: a workflow was closed later after its cancel than it may.
    CancelOverLate,
    /// RH217: a timer still ran when its workflow closed.
    TimerLeft,
    /// RH218: a round of a cron schedule was skipped, as the one before was not over.
    RoundSkipped,
    /// RH219: a child goes on although its workflow closed.
    ChildOrphaned,
    /// RH220: a workflow was canceled, and completed.
    CanceledCompleted,
    /// RH221: an activity began while another, which must be over before, still ran.
    OrderBroken,
    /// RH301: nothing can happen any more, and the workflow is open.
    Hang,
    /// RH302: a limit was reached.
    Limit,
    /// RH303: a workflow task fails again and again.
    StuckTask,
    /// RH304: user code does not come back.
    NeverYields,
    /// RH401: the history is not well formed. A bug of Rehearsal, unless a check on purpose breaks the service.
    IllFormed,
    /// RH501: the scenario asks for something that is not simulated.
    NotSimulated,
    /// RH502: the scenario lacks something, such as the code of an activity.
    Setup,
    /// RH503: the client script panicked.
    ClientPanicked,
    /// RH601: an activity was tried and never succeeded, though nobody meant it to fail.
    NeverSucceeded,
    /// RH602: a signal was delivered, and nobody listens for it.
    SignalUnread,
    /// RH603: no run got past an await, where that is asked for.
    NeverPassed,
    /// RH604: a check had nothing to judge in any run, where that is asked for.
    NeverJudged,
    /// RH900: a check of the user's own failed.
    Custom,
}

impl Code {
    /// All codes, in their order.
    pub const ALL: [Self; 46] = [
        Self::Nondeterminism,
        Self::Panicked,
        Self::ForeignFuture,
        Self::NotRepeatable,
        Self::ForeignActivity,
        Self::SdkDefect,
        Self::ActivityNotRepeatable,
        Self::SignalUnreadable,
        Self::ResultUnreadable,
        Self::QueryMeddled,
        Self::ResultTooLate,
        Self::SignalLeftBehind,
        Self::CleanupMissing,
        Self::CleanupUncalled,
        Self::SkippedNotCanceled,
        Self::CancelLost,
        Self::ActivityOutlivesClose,
        Self::CancelOverlooked,
        Self::EndsTooLate,
        Self::WrongStatus,
        Self::HeartbeatLate,
        Self::NeverReached,
        Self::CompensationMissing,
        Self::CompensationUncalled,
        Self::NotFollowed,
        Self::WorkLost,
        Self::AttemptsOverlap,
        Self::CancelOverLate,
        Self::TimerLeft,
        Self::RoundSkipped,
        Self::ChildOrphaned,
        Self::CanceledCompleted,
        Self::OrderBroken,
        Self::Hang,
        Self::Limit,
        Self::StuckTask,
        Self::NeverYields,
        Self::IllFormed,
        Self::NotSimulated,
        Self::Setup,
        Self::ClientPanicked,
        Self::NeverSucceeded,
        Self::SignalUnread,
        Self::NeverPassed,
        Self::NeverJudged,
        Self::Custom,
    ];

    /// The code as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nondeterminism => "RH101",
            Self::Panicked => "RH102",
            Self::ForeignFuture => "RH103",
            Self::NotRepeatable => "RH104",
            Self::ForeignActivity => "RH105",
            Self::SdkDefect => "RH106",
            Self::ActivityNotRepeatable => "RH107",
            Self::SignalUnreadable => "RH108",
            Self::ResultUnreadable => "RH109",
            Self::QueryMeddled => "RH110",
            Self::ResultTooLate => "RH111",
            Self::SignalLeftBehind => "RH112",
            Self::CleanupMissing => "RH201",
            Self::CleanupUncalled => "RH202",
            Self::SkippedNotCanceled => "RH203",
            Self::CancelLost => "RH204",
            Self::ActivityOutlivesClose => "RH205",
            Self::CancelOverlooked => "RH206",
            Self::EndsTooLate => "RH207",
            Self::WrongStatus => "RH208",
            Self::HeartbeatLate => "RH209",
            Self::NeverReached => "RH210",
            Self::CompensationMissing => "RH211",
            Self::CompensationUncalled => "RH212",
            Self::NotFollowed => "RH213",
            Self::WorkLost => "RH214",
            Self::AttemptsOverlap => "RH215",
            Self::CancelOverLate => "RH216",
            Self::TimerLeft => "RH217",
            Self::RoundSkipped => "RH218",
            Self::ChildOrphaned => "RH219",
            Self::CanceledCompleted => "RH220",
            Self::OrderBroken => "RH221",
            Self::Hang => "RH301",
            Self::Limit => "RH302",
            Self::StuckTask => "RH303",
            Self::NeverYields => "RH304",
            Self::IllFormed => "RH401",
            Self::NotSimulated => "RH501",
            Self::Setup => "RH502",
            Self::ClientPanicked => "RH503",
            Self::NeverSucceeded => "RH601",
            Self::SignalUnread => "RH602",
            Self::NeverPassed => "RH603",
            Self::NeverJudged => "RH604",
            Self::Custom => "RH900",
        }
    }

    /// One sentence on the usual cause and its cure.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "an arm for each code")]
    pub const fn usual_cause(self) -> &'static str {
        match self {
            Self::Nondeterminism => {
                "workflow code depends on something that is not in its history: a clock, randomness, global state, hash order"
            }
            Self::Panicked => {
                "workflow code panics; Temporal fails the workflow task and tries it again for ever"
            }
            Self::ForeignFuture => {
                "workflow code awaits a channel, a lock or I/O; do that in an activity, or use the context's own operations"
            }
            Self::NotRepeatable => {
                "user code keeps state outside the run: a static, a thread local, a file"
            }
            Self::ForeignActivity => {
                "activity code sleeps, does I/O or waits for a task of a runtime such as tokio; use `ctx.sleep(..)`, or a stub"
            }
            Self::ActivityNotRepeatable => {
                "the activity reads a clock, a random number, a file or the network, leaves something in a static, or \
                 races branches in `tokio::select!` without `biased`"
            }
            Self::SdkDefect => {
                "a known defect of this version of the SDK; the workflow has to keep clear of it"
            }
            Self::ResultUnreadable => {
                "the workflow and whoever wrote the activity have another type each: use one constant for both"
            }
            Self::ResultTooLate => {
                "the time-outs are shorter than the world outside takes; give it more time, or heartbeat for it, or say \
                 `.expect_failing(..)`"
            }
            Self::SignalLeftBehind => {
                "it continues as new without reading its signals to the last: drain them, and give them to the next run as \
                 input"
            }
            Self::SignalUnreadable => {
                "whoever sends the signal and whoever takes it name two types for it; share one definition of the signal"
            }
            Self::QueryMeddled => {
                "the handler writes to what it shares with the workflow, or asks for something; no replay does what it did"
            }
            Self::CleanupMissing => {
                "cleanup is started on the workflow's own context, which is canceled; start it on `ctx.disconnected()`"
            }
            Self::CleanupUncalled => "cleanup is not behind a look at `ctx.is_canceled()`",
            Self::SkippedNotCanceled => {
                "the activity was started on a context that is not the canceled one"
            }
            Self::ActivityOutlivesClose => {
                "the workflow does not wait for what it canceled: set `with_wait_for_cancellation()`"
            }
            Self::CancelOverlooked => {
                "the work is done on a disconnected context, or nothing looks at `ctx.is_canceled()`"
            }
            Self::EndsTooLate => {
                "it waits for what the cancel does not end: a disconnected timer, endless retries"
            }
            Self::WrongStatus => {
                "an error is swallowed, or a canceled error is turned into another one"
            }
            Self::HeartbeatLate => "the activity does not call `ctx.heartbeat` in its longest loop",
            Self::NeverReached => {
                "the client script, a stub or the workflow's own conditions never lead there"
            }
            Self::CompensationMissing => {
                "the compensation is remembered only after its step, or runs on the workflow's own context, which is canceled"
            }
            Self::CompensationUncalled => {
                "two places undo the step, or one that does not know whether the step was begun"
            }
            Self::NotFollowed => {
                "a path leaves the workflow early, or what must follow is started on the workflow's own context, which is canceled"
            }
            Self::WorkLost => {
                "the main routine returns before what it or a handler has begun is over: await it, or cancel it"
            }
            Self::AttemptsOverlap => {
                "the attempt timed out, and its code did not notice: heartbeat, and look at the context"
            }
            Self::CancelOverLate => {
                "it waits for what the cancel does not end: a disconnected timer, endless retries, an activity that does not heartbeat"
            }
            Self::TimerLeft => {
                "a deadline that is not needed any more is not canceled: `with_cancel()` gives its handle"
            }
            Self::RoundSkipped => {
                "a run takes longer than the schedule leaves it: another schedule, a time-out, or less to do in one run"
            }
            Self::ChildOrphaned => {
                "the parent close policy is `Abandon`, or the workflow does not wait for its child"
            }
            Self::CanceledCompleted => {
                "what was done until the cancel is returned as if it were all, or the canceled error is swallowed: look \
                 at `ctx.err()` before the result is returned"
            }
            Self::OrderBroken => {
                "the workflow does not wait until the activity has ended, or the activity runs on behind its timeout: set \
                 `with_wait_for_cancellation()`, heartbeat, and look at the context"
            }
            Self::Hang => "the workflow waits for something that its cancel does not end",
            Self::Limit => "the workflow wakes itself for ever, or a limit is set too low",
            Self::StuckTask => {
                "Temporal tries the task again for ever and it fails for the same reason each time: mend what the \
                 headline says"
            }
            Self::NeverYields => "a loop without an end, or a call that blocks the thread",
            Self::CancelLost | Self::IllFormed => "a bug of Rehearsal: please report it",
            Self::NotSimulated => {
                "Rehearsal cannot do this yet: `rehearsal::not_simulated` says what to do instead"
            }
            Self::Setup => {
                "something that the scenario needs is missing, or its name is misspelled"
            }
            Self::ClientPanicked => {
                "the client script asserts something that does not hold when the workflow is canceled"
            }
            Self::NeverSucceeded => {
                "the code panics, takes other arguments than it is given, or needs what no run has; cure it, use a stub, \
                 or say `.expect_failing(..)`"
            }
            Self::SignalUnread => {
                "the name is misspelled on one side, or the workflow listens for it on a path that no run takes; one that \
                 is sent in vain on purpose is named with `.expect_unread(..)`"
            }
            Self::NeverPassed => {
                "the scenario never goes there: its client, its stubs and its times lead another way in every run"
            }
            Self::NeverJudged => "no run calls what the check is about, so that it passes for ever",
            Self::Custom => "what the check says; one of your own can give a hint of its own",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// As its text: `"RH201"`.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing that is wrong with the workflow under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// What is wrong, in one line.
    pub headline: String,
    /// More of it, a line each; may be empty.
    pub details: Vec<String>,
    /// The ids of the events that show it; may be empty.
    pub events: Vec<u64>,
    /// The run id of the execution that these are events of; `None` for the first execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Of a replay that differs (RH101), how bad that is for production.
    #[serde(skip)]
    pub grade: Option<Grade>,
    /// What is behind it, where the code alone does not tell.
    #[serde(skip)]
    pub(crate) cause: Option<Cause>,
    /// The operation it is about, where the headline does not tell.
    #[serde(skip)]
    pub(crate) subject: String,
    /// What is usually behind it, in the words of the check that made it.
    #[serde(skip)]
    pub(crate) hint: Option<String>,
}

impl Finding {
    /// A finding without details.
    #[must_use]
    pub fn new(code: Code, headline: impl Into<String>) -> Self {
        Self {
            code,
            headline: headline.into(),
            details: Vec::new(),
            events: Vec::new(),
            run_id: None,
            grade: None,
            cause: None,
            subject: String::new(),
            hint: None,
        }
    }

    /// Whether `other` says the same, of another run: the same code, of the same operation, with the same cause. Numbers and
    /// times may differ.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| without_numbers(a).eq(without_numbers(b));
        self.code == other.code
            && self.cause == other.cause
            && same(&self.headline, &other.headline)
            && same(&self.subject, &other.subject)
    }

    /// This finding with one more line of detail.
    #[must_use]
    pub fn with_detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// This finding pointing at events.
    #[must_use]
    pub fn with_events(mut self, ids: impl IntoIterator<Item = u64>) -> Self {
        self.events.extend(ids);
        self
    }

    /// This finding about the execution with this run id: its events are of that one.
    #[must_use]
    pub fn of(mut self, run_id: &str, outcome: &Outcome) -> Self {
        self.run_id = (!outcome.is_main(run_id)).then(|| run_id.to_owned());
        self
    }
}

/// A text in which every word that begins with a number is the same.
fn without_numbers(text: &str) -> impl Iterator<Item = &str> {
    let is_number = |word: &str| {
        let word = word.trim_start_matches(['-', '(', '"', '`']);
        word.starts_with(|c: char| c.is_ascii_digit())
    };
    text.split(' ').map(move |word| if is_number(word) { "#" } else { word })
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.code, self.headline)?;
        self.details.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_codes_are_listed_in_their_order() {
        let variants =
            include_str!("finding.rs").lines().filter(|line| line.starts_with("    /// RH"));
        assert_eq!(variants.count(), Code::ALL.len());
        assert!(Code::ALL.is_sorted_by(|a, b| a < b && a.as_str() < b.as_str()));
    }

    #[test]
    fn findings_are_alike_if_they_say_the_same_of_the_same_operation() {
        let late = |headline: &str| Finding::new(Code::EndsTooLate, headline);
        let first = late("Ship ended 1h after its cancel, 10m are allowed");
        assert!(first.is_like(&late("Ship ended 59m59s after its cancel, 10m are allowed")));
        assert!(!first.is_like(&late("Pack ended 1h after its cancel, 10m are allowed")));
        let hang = |what| Finding::new(Code::Hang, "the workflow is open").about(what);
        assert!(hang("Work (activity 1)").is_like(&hang("Work (activity 1)")));
        assert!(!hang("signal `go`").is_like(&hang("signal `stop`")));
        assert!(!first.is_like(&Finding::new(Code::Hang, first.headline.clone())));
    }

    #[test]
    fn a_finding_is_written_as_data() {
        let finding = Finding::new(Code::CleanupMissing, "Refund did not run")
            .with_detail("skipped")
            .with_events([7]);
        assert_eq!(
            serde_json::to_string(&finding).unwrap(),
            r#"{"code":"RH201","headline":"Refund did not run","details":["skipped"],"events":[7]}"#
        );
    }
}
