//! What is said of code outside, in the words of its SDK where they differ.

use super::Cause;
use crate::finding::Code;

/// The SDK that code outside is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sdk {
    /// It is not known, or there are several.
    #[default]
    Any,
    /// Go's.
    Go,
    /// Java's.
    Java,
    /// Python's.
    Python,
    /// That of TypeScript.
    TypeScript,
    /// That of .NET.
    DotNet,
    /// Ruby's.
    Ruby,
    /// That of Rust, in a process of its own.
    Rust,
}

impl Sdk {
    /// The one that sends this name along with each call, as `client-name`; [`Sdk::Any`] if it is none of these.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "temporal-go" => Self::Go,
            "temporal-java" => Self::Java,
            "temporal-python" => Self::Python,
            "temporal-typescript" => Self::TypeScript,
            "temporal-dotnet" => Self::DotNet,
            "temporal-ruby" => Self::Ruby,
            "temporal-rust" => Self::Rust,
            _ => Self::Any,
        }
    }
}

/// What is said where a canceled scope schedules nothing, with what is done in place of it. The SDKs refuse by themselves what
/// is started there (sdk-typescript, `packages/workflow/src/workflow.ts`, `scheduleActivityNextHandler`; sdk-dotnet,
/// `WorkflowInstance.cs`, "Activity cancelled before scheduled"); core takes back what is canceled before it was sent. Go's
/// schedules it, and cancels it at once.
macro_rules! unreached {
    ($instead:literal) => {
        concat!(
            "it is started in the scope of the workflow, which is canceled, so that nothing is scheduled: ",
            $instead,
            "; or the workflow returns before it comes to it, often with an error: call it on that path too"
        )
    };
}

/// Why something was never scheduled that should have run.
const fn unreached(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::Go => {
            "the workflow returns before it comes to it, often with an error: call it on that path too, best in a `defer`, \
             and return the error then"
        }
        Sdk::Java => {
            unreached!("start it in one of its own, `Workflow.newDetachedCancellationScope(..)`")
        }
        // Nothing stays canceled there: what is awaited is canceled once.
        Sdk::Python => {
            "the workflow returns before it comes to it, often with an error: call it on that path too; who awaits an \
             activity that is canceled gets no `asyncio.CancelledError`, but an `ActivityError`, which \
             `is_cancelled_exception(..)` knows as well"
        }
        Sdk::TypeScript => {
            unreached!("start it in one of its own, `CancellationScope.nonCancellable(..)`")
        }
        Sdk::DotNet => unreached!("give it a `CancellationToken` of its own in its options"),
        Sdk::Ruby => unreached!("give it `cancellation: Temporalio::Cancellation.new`"),
        Sdk::Rust => {
            unreached!(
                "give it one of its own, `.cancellation_token(WorkflowCancellationToken::new())`"
            )
        }
        Sdk::Any => unreached!("start it in one of its own"),
    }
}

/// Why cleanup was scheduled and did not run.
const fn cleanup(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::Go => {
            "cleanup is started on the workflow's own context, which is canceled: start it on one of its own, \
             `workflow.NewDisconnectedContext(ctx)`"
        }
        Sdk::Java
        | Sdk::Python
        | Sdk::TypeScript
        | Sdk::DotNet
        | Sdk::Ruby
        | Sdk::Rust
        | Sdk::Any => {
            "cleanup is started in the scope of the workflow, which is canceled: give it one of its own"
        }
    }
}

/// What lets a workflow wait for an activity that it has canceled.
const fn outlives(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::Go => {
            "the workflow does not wait for what it canceled: set `WaitForCancellation: true` in the options of the activity"
        }
        Sdk::Python => {
            "the workflow does not wait for what it canceled: give the activity \
             `cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED`"
        }
        Sdk::Java | Sdk::TypeScript => {
            "the workflow does not wait for what it canceled: let the activity have the cancellation type \
             `ActivityCancellationType.WAIT_CANCELLATION_COMPLETED`"
        }
        Sdk::DotNet => {
            "the workflow does not wait for what it canceled: let the activity have the cancellation type \
             `ActivityCancellationType.WaitCancellationCompleted`"
        }
        Sdk::Ruby => {
            "the workflow does not wait for what it canceled: let the activity have the cancellation type \
             `ActivityCancellationType::WAIT_CANCELLATION_COMPLETED`"
        }
        Sdk::Rust => {
            "the workflow does not wait for what it canceled: set \
             `.cancellation_type(ActivityCancellationType::WaitCancellationCompleted)`"
        }
        Sdk::Any => {
            "the workflow does not wait for what it canceled: let the activity be waited for (`WaitForCancellation` in Go, \
             `WAIT_CANCELLATION_COMPLETED` elsewhere)"
        }
    }
}

/// Where code outside needs other words than the native API.
pub(super) const fn of(code: Code, sdk: Sdk) -> Option<&'static str> {
    Some(match code {
        Code::NotRepeatable | Code::ActivityNotRepeatable => {
            "the process of the worker keeps state between two runs, or reads a clock, a random number or the network: \
             give each run a fake of its own, or tell runs apart by the run id"
        }
        Code::CleanupMissing => cleanup(sdk),
        Code::CleanupUncalled => "cleanup is not behind a look at whether the workflow is canceled",
        Code::SkippedNotCanceled => {
            "the activity was started in a scope that is not the canceled one"
        }
        Code::ActivityOutlivesClose => outlives(sdk),
        Code::CancelOverlooked => {
            "the work is done in a scope of its own, or nothing looks at whether the workflow is canceled"
        }
        Code::EndsTooLate => {
            "it waits for what the cancel does not end: a timer in a scope of its own, endless retries"
        }
        Code::HeartbeatLate => "the activity does not heartbeat in its longest loop",
        Code::CompensationMissing => {
            "the compensation is remembered only after its step, or runs in the scope of the workflow, which is canceled"
        }
        Code::NotFollowed => {
            "a path leaves the workflow early, or what must follow is started in the scope of the workflow, which is \
             canceled"
        }
        Code::CancelOverLate => {
            "it waits for what the cancel does not end: a timer in a scope of its own, endless retries, an activity that \
             does not heartbeat"
        }
        Code::TimerLeft => "a deadline that is not needed any more is not canceled",
        Code::CanceledCompleted => {
            "what was done until the cancel is returned as if it were all, or the canceled error is swallowed"
        }
        Code::OrderBroken => {
            "the workflow does not wait until the activity has ended, or the activity runs on behind its timeout: wait for \
             its cancellation, heartbeat, and look at whether it is canceled"
        }
        Code::ResultTooLate => {
            "the time-outs are shorter than the world outside takes; give it more time, or heartbeat for it"
        }
        Code::SignalUnread => {
            "the name is misspelled on one side, or the workflow listens for it on a path that no run takes"
        }
        Code::NeverSucceeded => {
            "the code of the activity fails whatever it is given, or needs what no run has: use a fake"
        }
        Code::NotSimulated => {
            "Rehearsal cannot do this yet: `docs/not-simulated.md` says what to do instead"
        }
        _ => return None,
    })
}

/// The same where more is known.
pub(super) const fn of_cause(cause: Cause, sdk: Sdk) -> Option<&'static str> {
    Some(match cause {
        Cause::Unreached => unreached(sdk),
        Cause::NotAwaited => "the workflow returns without waiting for it",
        Cause::OtherCode => {
            "other code took the run over and does something else than was recorded: keep what the old code did behind a \
             version or a patch, as long as such runs are open"
        }
        Cause::NotCanceled => {
            "nothing waits for the activity any more and nothing canceled it: wait for it, or cancel it and wait"
        }
        Cause::Abandoned => {
            "the workflow canceled it in a way of which the activity is not told, so its code runs on: cancel it so that it \
             is waited for"
        }
        Cause::CanceledAsAsked => "it was canceled and closes as Canceled, as workflows do",
        Cause::ActivityFailed => {
            "an activity fails for good, and the workflow returns its error: allow it more attempts, or go on without it"
        }
        Cause::NoPoller => {
            "no worker polls that queue: start one, or correct the name of the queue"
        }
        Cause::PollerGone => "the only worker that polls that queue is gone, and nobody takes over",
        Cause::EndlessRetries => {
            "an activity fails in every attempt and its retry policy sets no end: give it a maximum of attempts or a \
             schedule-to-close timeout"
        }
        Cause::OtherRun => {
            "the tape is mistyped, or older than the code or the test: make all runs again, and take the one that is \
             printed then"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Dialect;
    use crate::finding::Finding;

    /// Cleanup that was never asked for, as far as a history tells, was perhaps asked for in a canceled scope: that is said in
    /// the words of each SDK in which it is so.
    #[test]
    fn what_a_canceled_scope_has_skipped_is_told_in_the_words_of_each_sdk() {
        let never = Finding::new(Code::CleanupMissing, "").with_cause(Cause::Unreached);
        let said = |name| never.usual_cause(Dialect::Outside(Sdk::named(name)));
        for (name, words) in [
            ("temporal-java", "newDetachedCancellationScope"),
            ("temporal-typescript", "CancellationScope.nonCancellable"),
            ("temporal-dotnet", "`CancellationToken` of its own"),
            ("temporal-ruby", "Temporalio::Cancellation.new"),
            ("temporal-rust", "WorkflowCancellationToken::new()"),
            ("temporal-unheard-of", "start it in one of its own"),
        ] {
            let text = said(name);
            assert!(text.contains("which is canceled") && text.contains(words), "{name}: {text}");
        }
        assert!(said("temporal-python").contains("`ActivityError`"));
        assert!(!said("temporal-go").contains("which is canceled"), "a canceled context schedules");
        let skipped = Finding::new(Code::CleanupMissing, "");
        let of_go = skipped.usual_cause(Dialect::Outside(Sdk::Go));
        assert!(of_go.contains("workflow.NewDisconnectedContext"));
        assert!(never.usual_cause(Dialect::Official).contains("WorkflowCancellationToken::new()"));
    }
}
