//! What activities did once, so that they need not do it again: a recording of their attempts, and code that does the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rehearsal_engine::{
    ActivityCode, ActivityContext, ActivityError, ActivityFuture, ActivityResult, ActivitySaid,
    Fakes, Scenario,
};
use rehearsal_history::{EventId, Payloads, SmolStr, Timestamp};
use rehearsal_service::{ActivityTask, ActivityToken};

use crate::script::on_the_beat;

/// What an attempt takes is taken to whole seconds: less is how long machines take, not what code waits for.
const BEAT: Duration = Duration::from_secs(1);

/// How often an attempt heartbeats that waits to be canceled, if the recording does not tell.
const BETWEEN: Duration = Duration::from_secs(1);

/// An activity of a run, whichever attempt it is at: the workflow, its run, and the event that scheduled it.
type Activity = (SmolStr, SmolStr, EventId);

/// What one attempt did, in times since it began.
#[derive(Debug, Clone, Default)]
struct Attempt {
    began: Timestamp,
    /// How long it may take.
    limit: Option<Duration>,
    /// Its heartbeats, with their details.
    beats: Vec<(Duration, Option<Payloads>)>,
    /// When it was told that it is canceled, or that nobody knows it any more.
    told: Option<Duration>,
    end: Option<(Duration, ActivityResult)>,
    /// When it last said something after a while, as it was and as it was taken.
    last: (Duration, Duration),
}

impl Attempt {
    /// A time since it began as it is recorded: on the beat, but for one at which its time would be over, and the same as that
    /// of what it last said if that is so near that nothing but the machine lies in between.
    fn taken(&mut self, time: Duration) -> Duration {
        if !on_the_beat(time.saturating_sub(self.last.0), BEAT).is_zero() {
            let taken = on_the_beat(time, BEAT);
            let in_time = self.limit.is_none_or(|limit| taken < limit);
            self.last = (time, if in_time { taken } else { time });
        }
        self.last.1
    }
}

/// What an activity did, attempt for attempt.
#[derive(Debug, Clone)]
struct Call {
    activity: Activity,
    name: SmolStr,
    input: Option<Payloads>,
    attempts: Vec<Attempt>,
}

/// What activities did, in the order of their first attempts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded {
    calls: Vec<Call>,
    /// By their tokens, which attempt of which call they are.
    places: BTreeMap<ActivityToken, (usize, usize)>,
}

impl Recorded {
    /// An attempt is handed to a worker.
    pub(crate) fn begins(&mut self, task: &ActivityTask, now: Timestamp) {
        let activity = activity(task);
        let known = self.calls.iter().position(|call| call.activity == activity);
        let call = known.unwrap_or_else(|| {
            let (name, input) = (task.activity_type.clone(), task.input.clone());
            self.calls.push(Call { activity, name, input, attempts: Vec::new() });
            self.calls.len() - 1
        });
        let attempts = &mut self.calls[call].attempts;
        attempts.push(Attempt { began: now, limit: task.start_to_close, ..Attempt::default() });
        self.places.insert(task.token, (call, attempts.len() - 1));
    }

    fn attempt(&mut self, token: ActivityToken) -> Option<&mut Attempt> {
        let (call, attempt) = *self.places.get(&token)?;
        self.calls.get_mut(call)?.attempts.get_mut(attempt)
    }

    /// An attempt has said something.
    pub(crate) fn says(&mut self, token: ActivityToken, said: &ActivitySaid, now: Timestamp) {
        let Some(attempt) = self.attempt(token) else { return };
        let at = attempt.taken(now.since(attempt.began));
        let result = match said {
            ActivitySaid::Heartbeat(details) => {
                return attempt.beats.push((at, details.clone()));
            }
            ActivitySaid::Completed(result) => Ok(result.clone()),
            ActivitySaid::Failed { failure, .. } => Err(ActivityError::from((**failure).clone())),
            ActivitySaid::Canceled(details) => Err(match details {
                Some(details) => ActivityError::canceled_with(details.clone()),
                None => ActivityError::canceled(),
            }),
        };
        attempt.end = Some((at, result));
    }

    /// An attempt was told, in the answer to its last heartbeat, that it is not wanted any more.
    pub(crate) fn tell(&mut self, token: ActivityToken) {
        let Some(attempt) = self.attempt(token) else { return };
        let last = attempt.beats.last().map_or(Duration::ZERO, |(at, _)| *at);
        attempt.told.get_or_insert(last);
    }

    /// This scenario with activities that do what was recorded of them. What was not is left to the workers.
    pub(crate) fn play(self, scenario: Scenario) -> Scenario {
        let recorded = Arc::new(self);
        let names = recorded.calls.iter().map(|call| call.name.clone());
        let names: BTreeSet<SmolStr> = names.collect();
        let scenario = scenario.with_fake(Taken::default);
        names.into_iter().fold(scenario, |scenario, name| {
            scenario.with_activity(name, Arc::new(Player(Arc::clone(&recorded))))
        })
    }

    /// The call that was recorded as the `nth` with this name and these arguments.
    fn nth(&self, name: &str, input: Option<&Payloads>, nth: usize) -> Option<usize> {
        let alike = |(_, call): &(usize, &Call)| call.name == name && call.input.as_ref() == input;
        self.calls.iter().enumerate().filter(alike).nth(nth).map(|(index, _)| index)
    }
}

fn activity(task: &ActivityTask) -> Activity {
    (task.workflow_id.clone(), task.run_id.clone(), task.token.scheduled)
}

/// Which recorded call an activity of a run is; none if it is not recorded.
#[derive(Debug)]
struct Is {
    activity: Activity,
    name: SmolStr,
    input: Option<Payloads>,
    call: Option<usize>,
}

/// That of each activity, in the order of their first attempts.
#[derive(Debug, Default)]
struct Taken(Mutex<Vec<Is>>);

impl Taken {
    /// The call that an attempt belongs to, the first time and each time again.
    fn call(&self, recorded: &Recorded, task: &ActivityTask) -> Option<usize> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let activity = activity(task);
        if let Some(is) = taken.iter().find(|is| is.activity == activity) {
            return is.call;
        }
        let (name, input) = (task.activity_type.clone(), task.input.clone());
        let alike = taken.iter().filter(|is| is.name == name && is.input == input).count();
        let call = recorded.nth(&name, input.as_ref(), alike);
        taken.push(Is { activity, name, input, call });
        call
    }

    fn of(&self, activity: &Activity) -> Option<usize> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().find(|is| is.activity == *activity).and_then(|is| is.call)
    }
}

/// Does what was recorded.
struct Player(Arc<Recorded>);

impl ActivityCode for Player {
    fn takes(&self, task: &ActivityTask, fakes: &Fakes) -> bool {
        let taken = fakes.get::<Taken>();
        taken.is_some_and(|taken| taken.call(&self.0, task).is_some())
    }

    fn start(&self, ctx: ActivityContext, _: Option<Payloads>) -> ActivityFuture {
        let info = ctx.info();
        let activity = (info.workflow_id.clone(), info.run_id.clone(), info.task_token.scheduled);
        let call = ctx.fake::<Taken>().of(&activity).and_then(|call| self.0.calls.get(call));
        let nth = usize::try_from(info.attempt).unwrap_or(usize::MAX).saturating_sub(1);
        // Of more attempts than were made each is like the last one.
        let attempt = call.and_then(|call| call.attempts.get(nth).or(call.attempts.last()));
        Box::pin(play(ctx, attempt.cloned().unwrap_or_default()))
    }
}

/// Does what an attempt did. If that was to end because it was canceled, it heartbeats until it is.
async fn play(ctx: ActivityContext, attempt: Attempt) -> ActivityResult {
    let Attempt { began: _, limit: _, beats, told, end, last: _ } = attempt;
    let waits = told.is_some() || end.is_none();
    let mut at = Duration::ZERO;
    let mut between = BETWEEN;
    let timeout = ctx.info().heartbeat_timeout;
    for (beat, details) in beats {
        let by = as_throttled(beat.saturating_sub(at), timeout);
        if waits && ctx.sleep_or_canceled(by).await {
            return after(&ctx, told, end).await;
        }
        if !waits {
            ctx.sleep(by).await;
        }
        (at, between) = (beat, if by.is_zero() { between } else { by });
        ctx.heartbeat_encoded(details);
    }
    if !waits {
        let Some((ends, result)) = end else { return Err(ActivityError::canceled()) };
        ctx.sleep(as_throttled(ends.saturating_sub(at), timeout)).await;
        return result;
    }
    while told.is_some() && !ctx.sleep_or_canceled(between).await {
        ctx.heartbeat_encoded(None);
    }
    ctx.canceled().await;
    after(&ctx, told, end).await
}

/// How long after the last heartbeat the next one comes. A worker that throttles them sends them at one distance, and they come
/// a little sooner or later; and none came so late that its timeout had passed.
fn as_throttled(by: Duration, timeout: Option<Duration>) -> Duration {
    let Some(timeout) = timeout else { return by };
    let throttle = timeout.saturating_mul(8) / 10;
    let is_throttled = throttle.abs_diff(by) <= throttle / 10;
    if is_throttled || by >= timeout { throttle } else { by }
}

/// What an attempt did once it was told that it is not wanted any more.
async fn after(
    ctx: &ActivityContext,
    told: Option<Duration>,
    end: Option<(Duration, ActivityResult)>,
) -> ActivityResult {
    let Some((ends, result)) = end else { return Err(ActivityError::canceled()) };
    let by = ends.saturating_sub(told.unwrap_or(ends));
    ctx.sleep(as_throttled(by, ctx.info().heartbeat_timeout)).await;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<const N: usize>(limit: Option<Duration>, times: [u64; N]) -> [u128; N] {
        let mut attempt = Attempt { limit, ..Attempt::default() };
        times.map(|time| attempt.taken(Duration::from_millis(time)).as_millis())
    }

    /// What follows at once is at the same time, wherever the beat falls; small steps add up.
    #[test]
    fn what_follows_at_once_takes_no_time() {
        assert_eq!(taken(None, [899, 1010, 5890, 6510]), [0, 1000, 5000, 5000]);
        assert_eq!(taken(None, [240, 540, 840, 1240, 2140]), [0, 0, 0, 1000, 2000]);
    }

    #[test]
    fn what_came_in_time_is_played_in_time() {
        assert_eq!(taken(Some(Duration::from_secs(5)), [3000, 4950]), [3000, 4950]);
        let millis = Duration::from_millis;
        let by = |by, timeout| as_throttled(millis(by), Some(millis(timeout)));
        assert_eq!([by(1000, 1000), by(500, 1000)], [millis(800), millis(500)]);
        assert_eq!(by(4100, 5000), millis(4000));
    }
}
