//! What is usually behind a finding, in the words of the API that the workflow is written in.

mod outside;

use std::fmt;

pub use self::outside::Sdk;
use crate::finding::{Code, Finding};

/// The API that workflow code is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// The native API.
    #[default]
    Native,
    /// The official Rust SDK.
    Official,
    /// That of workers outside.
    Outside(Sdk),
}

/// What is behind a finding, where its code alone does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// RH101: workers have different code.
    OtherCode,
    /// RH106: this defect of the SDK.
    Defect(KnownDefect),
    /// RH201, RH213: the workflow returned before it came to what should have run.
    Unreached,
    /// RH201, RH213: the workflow returned while what should have run was still to be done.
    NotAwaited,
    /// RH201, RH208, RH213: no worker took in time what should have run.
    NotTaken,
    /// RH201, RH211, RH213: what should have run failed, or ran into a timeout.
    FailedForGood,
    /// RH205: nothing canceled the activity.
    NotCanceled,
    /// RH205: the server had given the attempt up.
    GivenUp,
    /// RH205: it was canceled in a way that its code is not told of.
    Abandoned,
    /// RH102: workflow code wants a runtime of tokio.
    TokioInWorkflow,
    /// RH102: a loop of workflow code waits for nothing.
    Spins,
    /// RH217: the timer is that of a wait with a timeout.
    WaitTimeout,
    /// RH207: it was not canceled.
    LongUncanceled,
    /// RH503: nothing was canceled.
    ScriptUncanceled,
    /// RH208: the timeout of the run ended it.
    RunTimedOut,
    /// RH208: an activity ran into a timeout, and its error closed the workflow.
    ActivityTimedOut,
    /// RH208: an activity failed for good, and its error closed the workflow.
    ActivityFailed,
    /// RH208: it saw a cancel and closed as Canceled.
    CanceledAsAsked,
    /// RH301: no cancel was requested.
    NoCancel,
    /// RH301: nobody polls a queue.
    NoPoller,
    /// RH301: whoever polled a queue is gone.
    PollerGone,
    /// RH301: an activity fails in every attempt.
    EndlessRetries,
    /// RH502: a tape is not used up.
    OtherRun,
    /// RH502: the code of an activity.
    NoActivity,
    /// RH502: the code of a workflow.
    NoWorkflow,
    /// RH502: a client that starts something.
    NoClient,
    /// RH502: arguments that can be read.
    BadArguments,
}

/// A defect of a version of an SDK that Rehearsal knows (RH106): the workflow is stuck in production too.
///
/// A scenario can accept one, with a reason: `Scenario::accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KnownDefect {
    /// C-37, Rust SDK 1.1.1: an activity that was canceled with `Abandon` fails, times out or is canceled later; or one
    /// is canceled that the workflow did not cancel.
    AbandonedActivity,
    /// C-39a, Rust SDK 1.1.1: one workflow task brings a cancel and, behind it, the firing of a timer that the cancel has
    /// canceled.
    CanceledTimer,
    /// C-42a, core 0.10.1: a child was canceled with `TryCancel` or `Abandon` before it was known to run; the workflow is
    /// never told of its start.
    EarlyCanceledChild,
    /// C-43, core 0.10.1: a child of type `WaitCancellationRequested` has the request to cancel; the workflow waits for
    /// its end all the same.
    WaitedForChild,
    /// C-43a, Rust SDK 1.1.1: one workflow task brings a cancel and that a child was terminated, which the cancel is for.
    TerminatedChild,
    /// C-46a, Rust SDK 1.1.1: one workflow task brings a cancel and, behind it, that a signal has not reached another
    /// workflow, which the cancel takes back.
    CanceledSignal,
}

impl KnownDefect {
    /// All that are known.
    pub const ALL: [Self; 6] = [
        Self::AbandonedActivity,
        Self::CanceledTimer,
        Self::EarlyCanceledChild,
        Self::WaitedForChild,
        Self::TerminatedChild,
        Self::CanceledSignal,
    ];

    /// The rule that describes it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AbandonedActivity => "C-37",
            Self::CanceledTimer => "C-39a",
            Self::EarlyCanceledChild => "C-42a",
            Self::WaitedForChild => "C-43",
            Self::TerminatedChild => "C-43a",
            Self::CanceledSignal => "C-46a",
        }
    }

    /// The defect that this rule describes.
    pub(crate) fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|defect| defect.id() == id)
    }

    const fn cure(self) -> &'static str {
        match self {
            Self::AbandonedActivity => {
                "this version of the SDK cannot take the end of an activity that was canceled with `Abandon`: cancel it \
                 with `TryCancel`, or let the workflow end at once"
            }
            Self::CanceledTimer => {
                "this version of the SDK cannot take a timer that fires in the task that cancels it: start the timer with \
                 a cancellation token of its own, and cancel that one when the wait is over"
            }
            Self::EarlyCanceledChild => {
                "this version of the SDK never tells the start of a child that was canceled before it: start the child \
                 with a cancellation token of its own, and cancel it once it has started"
            }
            Self::WaitedForChild => {
                "this version of the SDK takes `WaitCancellationRequested` for `WaitCancellationCompleted`: do not wait \
                 for the child after its cancel, or use `TryCancel`"
            }
            Self::TerminatedChild => {
                "this version of the SDK cannot cancel a child that has been terminated: start the child with a \
                 cancellation token of its own"
            }
            Self::CanceledSignal => {
                "this version of the SDK cannot take back a signal that has failed: send it with a cancellation token of \
                 its own"
            }
        }
    }
}

/// `C-39a`.
impl fmt::Display for KnownDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Cause {
    #[expect(clippy::too_many_lines, reason = "an arm for each cause")]
    const fn text(self, dialect: Dialect) -> &'static str {
        if let Dialect::Outside(sdk) = dialect
            && let Some(text) = outside::of_cause(self, sdk)
        {
            return text;
        }
        let native = !matches!(dialect, Dialect::Official);
        match self {
            Self::Defect(defect) => defect.cure(),
            Self::OtherCode if native => {
                "other code took the run over and does something else than was recorded: keep what the old code did behind \
                 `ctx.version(..)`, by core's rules `ctx.patched(..)`, as long as such runs are open"
            }
            Self::OtherCode => {
                "other code took the run over and does something else than was recorded: keep what the old code did behind \
                 `ctx.patched(..)`, and deprecate the patch only when no such run is open"
            }
            Self::Unreached if native => {
                "the workflow returns before it comes to it, often with a `?`: call it on that path too, and return the \
                 error then"
            }
            // Core takes back what is canceled before its command is sent.
            Self::Unreached => {
                "it is started on the workflow's own token, which is canceled, so that nothing is scheduled: give it one of \
                 its own, `.cancellation_token(WorkflowCancellationToken::new())`; or the workflow returns before it comes \
                 to it, often with a `?`: call it on that path too"
            }
            Self::NotAwaited if native => {
                "the workflow returns without waiting for it: await what `execute(..)` gives"
            }
            Self::NotAwaited => {
                "the workflow returns without waiting for it: await what `ctx.execute_activity(..)` gives"
            }
            Self::NotTaken => {
                "no worker took it before its schedule-to-start or schedule-to-close timeout: look at its task queue, and \
                 at who polls that one"
            }
            Self::FailedForGood => {
                "it fails for good, and what should have been done is not: allow it more attempts or more time, and return \
                 its error, so that somebody is told"
            }
            Self::NotCanceled if native => {
                "nothing waits for the activity any more and nothing canceled it: its future was dropped, or never \
                 awaited; await it, or cancel its context and wait"
            }
            Self::NotCanceled => {
                "nothing waits for the activity any more and nothing canceled it: its future was dropped, or never \
                 awaited; await it, or cancel its token and wait"
            }
            Self::GivenUp => {
                "the attempt timed out and its code does not notice: let it heartbeat, and look whether it is canceled"
            }
            Self::Abandoned => {
                "the workflow canceled it with `Abandon`, of which the activity is not told, so its code runs on: cancel it \
                 with `WaitCancellationCompleted` and wait"
            }
            Self::TokioInWorkflow if native => {
                "workflow code uses a timer, a task or I/O of tokio, and there is no runtime in a workflow: use \
                 `ctx.sleep(..)`, `ctx.timer(..)`, `ctx.spawn(..)`, or do it in an activity"
            }
            Self::TokioInWorkflow => {
                "workflow code uses a timer, a task or I/O of tokio, and there is no runtime in a workflow: use \
                 `ctx.timer(..)`, or do it in an activity"
            }
            Self::Spins => {
                "a loop waits for nothing: in a canceled scope a timer or an activity is over at once, each time; leave the \
                 loop when the wait fails"
            }
            Self::WaitTimeout => {
                "as in Go, `ctx.wait_timeout(..)` leaves its timer running when the condition comes true: call it on a \
                 context of its own, `ctx.with_cancel()`, and cancel that one when the wait is over"
            }
            Self::LongUncanceled => {
                "it was not canceled, and waits for longer than it may: a timer, a signal that comes late, an activity that \
                 is tried again and again"
            }
            Self::ScriptUncanceled => {
                "the client script asserts something that does not hold although nothing is canceled: look at what it waits \
                 for, and at what the stubs return"
            }
            Self::RunTimedOut => {
                "the timeout of the run ends it before its code does; its code is not told, so nothing is cleaned up"
            }
            Self::ActivityTimedOut => {
                "an activity runs into its timeout, and the workflow returns that error: allow it more time, or more \
                 attempts"
            }
            Self::ActivityFailed => {
                "an activity fails for good, and the workflow returns its error: allow it more attempts, go on without it, or \
                 allow `Status::Failed` in the check"
            }
            Self::CanceledAsAsked => {
                "it was canceled and closes as Canceled, as workflows do: allow `Status::Canceled` in the check, or let the \
                 workflow return what it should in place of the error"
            }
            Self::NoCancel => {
                "what it waits for never comes: nobody sends the signal, makes the condition true or ends the activity"
            }
            Self::NoPoller => {
                "no worker polls that queue: add one with `.worker(WorkerSpec::new(..))`, or correct the name of the queue"
            }
            Self::PollerGone => {
                "the only worker that polls that queue is gone, and nobody takes over: let it run on, or add another with \
                 `.worker(WorkerSpec::new(..).from(..))`"
            }
            Self::EndlessRetries => {
                "an activity fails in every attempt and its retry policy sets no end: give it `maximum_attempts` or a \
                 schedule-to-close timeout, or let the stub succeed"
            }
            Self::OtherRun => {
                "the tape is mistyped, or older than the code or the scenario: make all runs again, and take the one that is \
                 printed then"
            }
            Self::NoActivity if native => {
                "an activity needs its code or a stub: `.activity(..)` or `.stub(..)`"
            }
            Self::NoActivity => "an activity needs its code or a stub: `.real(..)` or `.stub(..)`",
            Self::NoWorkflow if native => {
                "a workflow needs its code, `.workflow(..)`; or the client starts one of another name; where no worker is \
                 meant to have it, `.expect_unregistered(..)`"
            }
            Self::NoWorkflow => {
                "a workflow needs its code, `.official::<W>()`; or the client starts one of another name; where no worker \
                 is meant to have it, `.expect_unregistered(..)`"
            }
            Self::NoClient if native => {
                "a scenario needs a client that starts a workflow: `.client(|world| { world.start(..); })`"
            }
            Self::NoClient => {
                "a scenario needs a client that starts a workflow: `.client(|world| { world.start_official(..); })`"
            }
            Self::BadArguments => {
                "the client sends arguments of another type than the workflow takes: use one constant for both"
            }
        }
    }
}

impl Finding {
    /// This finding with what is behind it.
    #[must_use]
    pub const fn with_cause(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The known defect of the SDK that it is, if it is one.
    #[must_use]
    pub const fn defect(&self) -> Option<KnownDefect> {
        match self.cause {
            Some(Cause::Defect(defect)) => Some(defect),
            _ => None,
        }
    }

    /// Whether it says that the run is another one than the one that was asked for, so that its choices do not lead to it.
    #[must_use]
    pub const fn is_of_another_run(&self) -> bool {
        matches!(self.cause, Some(Cause::OtherRun))
    }

    /// One sentence on what is usually behind it, and the cure, in the words of an API.
    #[must_use]
    pub fn usual_cause(&self, dialect: Dialect) -> &'static str {
        match (self.cause, dialect) {
            (Some(cause), _) => cause.text(dialect),
            (None, Dialect::Native) => self.code.usual_cause(),
            (None, Dialect::Official) => official(self.code).unwrap_or(self.code.usual_cause()),
            (None, Dialect::Outside(sdk)) => {
                outside::of(self.code, sdk).unwrap_or(self.code.usual_cause())
            }
        }
    }
}

/// Where the official SDK has other words than the native API.
const fn official(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::ForeignFuture => {
            "workflow code awaits a channel, a lock, a timer of a runtime or I/O; do that in an activity, or use the \
             context's own operations"
        }
        Code::ForeignActivity => {
            "activity code does real I/O, or waits for another thread or runtime: use a fake in its struct, or a stub"
        }
        Code::CleanupMissing => {
            "cleanup is started on the workflow's own token, which is canceled; give it one of its own: \
             `.cancellation_token(WorkflowCancellationToken::new())`"
        }
        Code::CleanupUncalled => {
            "cleanup is not behind a look at `ctx.cancellation_token().is_cancelled()`"
        }
        Code::SkippedNotCanceled => {
            "the activity was started on a token that is not the canceled one"
        }
        Code::ActivityOutlivesClose => {
            "the workflow does not wait for what it canceled: set \
             `.cancellation_type(ActivityCancellationType::WaitCancellationCompleted)`"
        }
        Code::CancelOverlooked => {
            "the work is done on a token of its own, or nothing looks at `ctx.cancellation_token()`"
        }
        Code::EndsTooLate => {
            "it waits for what the cancel does not end: a timer on a token of its own, endless retries"
        }
        Code::HeartbeatLate => {
            "the activity does not call `ctx.record_heartbeat` in its longest loop"
        }
        Code::CompensationMissing => {
            "the compensation is remembered only after its step, or runs on the workflow's own token, which is canceled"
        }
        Code::NotFollowed => {
            "a path leaves the workflow early, or what must follow is started on the workflow's own token, which is canceled"
        }
        Code::CancelOverLate => {
            "it waits for what the cancel does not end: a timer on a token of its own, endless retries, an activity that \
             does not heartbeat"
        }
        Code::TimerLeft => {
            "a deadline that is not needed any more is not canceled: start it on a token of its own, and cancel that one"
        }
        Code::ChildOrphaned => {
            "the parent close policy is `Abandon`, or the workflow does not wait for its child: wait for it, or let it be \
             asked to cancel"
        }
        Code::CanceledCompleted => {
            "what was done until the cancel is returned as if it were all, or the canceled error is swallowed: look at \
             `ctx.cancellation_token()` before the result is returned"
        }
        Code::OrderBroken => {
            "the workflow does not wait until the activity has ended, or the activity runs on behind its timeout: \
             `.cancellation_type(ActivityCancellationType::WaitCancellationCompleted)`, `ctx.record_heartbeat`, and a look \
             at its cancellation"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls of the native API, which nobody finds in the official one.
    const NATIVE: [&str; 8] = [
        "ctx.is_canceled",
        "disconnected",
        "with_cancel()",
        "with_wait_for_cancellation",
        ".activity(",
        ".workflow(",
        "ctx.sleep",
        "ctx.heartbeat`",
    ];

    #[test]
    fn no_native_word_is_said_of_official_code() {
        for code in Code::ALL {
            let text = Finding::new(code, "").usual_cause(Dialect::Official);
            assert!(!NATIVE.iter().any(|word| text.contains(word)), "{code}: {text}");
        }
        for cause in [
            Cause::Unreached,
            Cause::NotAwaited,
            Cause::LongUncanceled,
            Cause::ScriptUncanceled,
            Cause::NotTaken,
            Cause::FailedForGood,
            Cause::NotCanceled,
            Cause::GivenUp,
            Cause::NoActivity,
            Cause::NoWorkflow,
            Cause::NoClient,
            Cause::NoCancel,
            Cause::PollerGone,
            Cause::Abandoned,
            Cause::TokioInWorkflow,
            Cause::Spins,
        ] {
            let text = cause.text(Dialect::Official);
            assert!(!NATIVE.iter().any(|word| text.contains(word)), "{text}");
        }
    }

    /// Of code outside nothing is said in words that only one API has, but for examples that name theirs.
    #[test]
    fn no_native_word_is_said_of_code_outside() {
        let said = |code| Finding::new(code, "").usual_cause(Dialect::Outside(Sdk::Any));
        let foreign = [Code::ForeignActivity, Code::ForeignFuture];
        for code in Code::ALL.into_iter().filter(|code| !foreign.contains(code)) {
            let text = said(code);
            assert!(!text.contains("ctx.") && !text.contains("`.expect"), "{code}: {text}");
        }
    }

    #[test]
    fn every_known_defect_has_a_cure_of_its_own() {
        for defect in KnownDefect::ALL {
            assert_eq!(KnownDefect::of(defect.id()), Some(defect));
        }
        let cures: std::collections::BTreeSet<_> =
            KnownDefect::ALL.iter().map(|defect| defect.cure()).collect();
        assert_eq!(cures.len(), KnownDefect::ALL.len());
    }
}
