//! What is said of code outside, whichever SDK it is written in.

use super::Cause;
use crate::finding::Code;

/// Where code outside needs other words than the native API.
pub(super) const fn of(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::NotRepeatable | Code::ActivityNotRepeatable => {
            "the process of the worker keeps state between two runs, or reads a clock, a random number or the network: \
             give each run a fake of its own, or tell runs apart by the run id"
        }
        Code::CleanupMissing => {
            "cleanup is started in the scope of the workflow, which is canceled: give it one of its own \
             (`workflow.NewDisconnectedContext` in Go, `newDetachedCancellationScope` in Java, \
             `CancellationScope.nonCancellable` in TypeScript)"
        }
        Code::CleanupUncalled => "cleanup is not behind a look at whether the workflow is canceled",
        Code::SkippedNotCanceled => {
            "the activity was started in a scope that is not the canceled one"
        }
        Code::ActivityOutlivesClose => {
            "the workflow does not wait for what it canceled: let the activity be waited for \
             (`WaitForCancellation` in Go, `WAIT_CANCELLATION_COMPLETED` elsewhere)"
        }
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
pub(super) const fn of_cause(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::Unreached => {
            "the workflow returns before it comes to it, often with an error: call it on that path too, and return the \
             error then"
        }
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
