//! The check that an activity keeps sending heartbeats.

use std::time::Duration;

use rehearsal_history::{SmolStr, duration_text};

use super::{Check, closed};
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::record::Call;

/// No attempt of an activity is silent for longer than this: from its start to its first heartbeat, from one to the
/// next, and from the last one to its end (RH209).
///
/// In virtual time, of the heartbeats that reach the service, or that a fault keeps from it. The worker holds heartbeats back for 0.8 of the heartbeat
/// timeout, 30 s without one, 60 s at most (C-32), so a limit below that finds fault with any activity.
///
/// An attempt is looked at until its code ended or died with its worker, the next attempt began or its workflow closed,
/// whichever came first.
#[derive(Debug, Clone)]
pub struct ActivityHeartbeatsWithin {
    /// The activity.
    pub activity: SmolStr,
    /// At most this long.
    pub limit: Duration,
}

impl Check for ActivityHeartbeatsWithin {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        outcome
            .calls_named(&self.activity)
            .filter_map(|call| {
                let (from, until) = self.silence(call, outcome)?;
                let headline = format!(
                    "{} sent no heartbeat for {}, {} are allowed",
                    self.activity,
                    duration_text(until.saturating_sub(from)),
                    duration_text(self.limit)
                );
                Some(
                    Finding::new(Code::HeartbeatLate, headline)
                        .with_detail(format!(
                            "attempt {}, which began at {}, was silent from {} to {}",
                            call.attempt,
                            duration_text(call.started),
                            duration_text(from),
                            duration_text(until)
                        ))
                        .with_events([call.scheduled.0])
                        .of(&call.run_id, outcome),
                )
            })
            .collect()
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.activity.clone()]
    }
}

impl ActivityHeartbeatsWithin {
    /// The first time for which an attempt was silent too long.
    fn silence(&self, call: &Call, outcome: &Outcome) -> Option<(Duration, Duration)> {
        let next = next_attempt(call, outcome);
        let end = [call.ended, call.lost, next, close(call, outcome)].into_iter().flatten().min();
        let beats = outcome
            .record
            .heartbeats
            .iter()
            .filter(|beat| {
                beat.run_id == call.run_id
                    && beat.scheduled == call.scheduled
                    && beat.attempt == call.attempt
                    && end.is_none_or(|end| beat.at <= end)
            })
            .map(|beat| beat.at)
            .chain(outcome.record.beats_lost(call));
        let mut beats: Vec<Duration> = beats.collect();
        beats.sort();
        let mut last = call.started;
        for at in beats.into_iter().chain(end) {
            if at.saturating_sub(last) > self.limit {
                return Some((last, at));
            }
            last = at;
        }
        None
    }
}

/// When the attempt after this one began.
fn next_attempt(call: &Call, outcome: &Outcome) -> Option<Duration> {
    let calls = outcome.record.calls.iter();
    let mut same =
        calls.filter(|other| other.run_id == call.run_id && other.scheduled == call.scheduled);
    same.find(|other| other.attempt > call.attempt).map(|other| other.started)
}

/// When the workflow of an attempt closed.
fn close(call: &Call, outcome: &Outcome) -> Option<Duration> {
    closed(outcome.execution(&call.run_id)?, outcome).map(|(_, at)| at)
}
