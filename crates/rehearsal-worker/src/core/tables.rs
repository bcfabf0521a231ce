//! The table of each machine: all states, all inputs.

extern crate std;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_activation::{CancellationType, ChildCancellationType};

use super::activity::machine::{ActivityInput, ActivityState};
use super::child::machine::{ChildInput, ChildState};
use super::external::machine::{ExternalInput, ExternalState};
use super::local::machine::{LocalInput, LocalState};
use super::timer::machine::{TimerInput, TimerState};
use super::update::machine::{UpdateInput, UpdateState};

#[test]
fn activities() {
    use {ActivityInput as I, ActivityState as S, CancellationType as C};
    let states = [
        S::ScheduleCommandCreated,
        S::ScheduledEventRecorded,
        S::Started,
        S::ScheduledActivityCancelCommandCreated,
        S::ScheduledActivityCancelEventRecorded,
        S::StartedActivityCancelCommandCreated,
        S::StartedActivityCancelEventRecorded,
        S::Completed,
        S::Failed,
        S::TimedOut,
        S::Canceled,
    ];
    let inputs = [
        I::Cancel,
        I::Scheduled,
        I::CancelRequested,
        I::Started,
        I::Completed,
        I::Failed,
        I::TimedOut,
        I::Canceled,
    ];
    let cancellations = [C::TryCancel, C::WaitCancellationCompleted, C::Abandon];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let made = cancellations.map(|cancellation| {
                state.on(input, cancellation).map_or_else(
                    |_| String::from("no arc"),
                    |(next, reaction)| format!("{next:?} [{reaction:?}]"),
                )
            });
            if made[1..].iter().all(|other| *other == made[0]) {
                if made[0] != "no arc" {
                    table.push(format!("{state:?} + {input:?} -> {}", made[0]));
                }
            } else {
                for (cancellation, made) in cancellations.iter().zip(made) {
                    table.push(format!("{state:?} + {input:?}, {cancellation:?} -> {made}"));
                }
            }
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn timers() {
    use {TimerInput as I, TimerState as S};
    let states = [
        S::StartCommandCreated,
        S::StartCommandRecorded,
        S::CancelTimerCommandCreated,
        S::CancelTimerCommandSent,
        S::Fired,
        S::Canceled,
    ];
    let inputs = [I::Cancel, I::CancelTaken, I::Started, I::Fired, I::Canceled];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let made = state.on(input).map_or_else(
                |_| String::from("no arc"),
                |(next, reaction)| format!("{next:?} [{reaction:?}]"),
            );
            table.push(format!("{state:?} + {input:?} -> {made}"));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn local_activities() {
    use {CancellationType as C, LocalInput as I, LocalState as S};
    let states = [
        S::RequestSent,
        S::MarkerCommandCreated,
        S::ResultNotified,
        S::MarkerCommandRecorded,
        S::WaitingResolveFromMarkerLookAhead,
        S::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
    ];
    let inputs = [
        I::HandleResult,
        I::HandleKnownResult,
        I::Cancel(C::TryCancel),
        I::Cancel(C::WaitCancellationCompleted),
        I::Cancel(C::Abandon),
        I::CommandRecordMarker,
        I::MarkerRecorded,
        I::StartedNonReplayWft,
    ];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let Ok((next, reaction)) = state.on(input) else { continue };
            let said = [
                (reaction.runs, "runs"),
                (reaction.cancels, "cancels"),
                (reaction.resolves, "resolves"),
            ];
            let said: Vec<&str> =
                said.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            table.push(format!("{state:?} + {input:?} -> {next:?} [{}]", said.join(", ")));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn updates() {
    use {UpdateInput as I, UpdateState as S};
    let states = [
        S::RequestInitiated,
        S::Accepted,
        S::AcceptCommandCreated,
        S::AcceptCommandRecorded,
        S::Completed,
        S::CompletedCommandCreated,
        S::CompletedCommandRecorded,
        S::CompletedImmediately,
        S::CompletedImmediatelyAcceptCreated,
        S::CompletedImmediatelyCompleteCreated,
        S::Rejected,
    ];
    let inputs = [
        I::Accept,
        I::Reject,
        I::Complete,
        I::CommandProtocolMessage,
        I::UpdateAccepted,
        I::UpdateCompleted,
    ];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let Ok((next, reaction)) = state.on(input) else { continue };
            table.push(format!("{state:?} + {input:?} -> {next:?} [{reaction:?}]"));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn children() {
    use {ChildCancellationType as C, ChildInput as I, ChildState as S};
    let states = [
        S::StartCommandCreated,
        S::StartEventRecorded,
        S::Started,
        S::StartFailed,
        S::Completed,
        S::Failed,
        S::TimedOut,
        S::Terminated,
        S::Canceled,
        S::CanceledSeen,
    ];
    let inputs = [
        I::Cancel,
        I::Initiated,
        I::StartFailed,
        I::Started,
        I::Completed,
        I::Failed,
        I::TimedOut,
        I::Canceled,
        I::Terminated,
    ];
    let cancellations =
        [C::Abandon, C::TryCancel, C::WaitCancellationCompleted, C::WaitCancellationRequested];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let made = cancellations.map(|cancellation| {
                state.on(input, cancellation).map_or_else(
                    |_| String::from("no arc"),
                    |(next, reaction)| format!("{next:?} [{reaction:?}]"),
                )
            });
            if made[1..].iter().all(|other| *other == made[0]) {
                table.push(format!("{state:?} + {input:?} -> {}", made[0]));
            } else {
                for (cancellation, made) in cancellations.iter().zip(made) {
                    table.push(format!("{state:?} + {input:?}, {cancellation:?} -> {made}"));
                }
            }
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn externals() {
    use {ExternalInput as I, ExternalState as S};
    let states = [S::CommandCreated, S::CommandRecorded, S::Resolved, S::Failed, S::Canceled];
    let inputs = [I::Withdraw, I::Initiated, I::Resolved, I::Failed];
    let mut table = Vec::new();
    for state in states {
        for input in inputs {
            let made = state.on(input).map_or_else(
                |_| String::from("no arc"),
                |(next, reaction)| format!("{next:?} [{reaction:?}]"),
            );
            table.push(format!("{state:?} + {input:?} -> {made}"));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}
