//! Activities outside: a thread that polls the door for them.

use rehearsal_history::{Payloads, SmolStr};
use rehearsal_remote::{ActivityDone, ActivityHeard, ActivityPoll, ActivityWork, Door, Refused};

use super::ask;

/// An attempt of an activity, as its code sees it.
#[derive(Debug)]
pub struct Attempt<'a> {
    door: &'a Door,
    identity: SmolStr,
    /// What it was given.
    pub work: ActivityWork,
}

impl Attempt<'_> {
    fn say(&self, done: ActivityDone) -> Result<ActivityHeard, Refused> {
        let identity = self.identity.clone();
        ask(|reply| self.door.respond_activity(&self.work.token, done, identity, reply))
    }

    /// Heartbeats. Whether it is asked to cancel.
    ///
    /// # Errors
    ///
    /// What the service answers.
    pub fn heartbeat(&self, details: Option<Payloads>) -> Result<bool, Refused> {
        self.say(ActivityDone::Heartbeat(details)).map(|heard| heard.cancel_requested)
    }
}

/// Runs activities one after another, each with `code`, until the house is closed.
pub fn attempts(
    door: &Door,
    (identity, queue): (&str, &str),
    code: impl Fn(&Attempt<'_>) -> ActivityDone,
) {
    loop {
        let poll = ActivityPoll {
            identity: identity.into(),
            queue: queue.into(),
            ..ActivityPoll::default()
        };
        match ask(|reply| drop(door.poll_activity_task(poll, reply))) {
            Ok(Some(work)) => {
                let attempt = Attempt { door, identity: identity.into(), work };
                let done = code(&attempt);
                // Whether it came in time is the service's business.
                let _answered = attempt.say(done);
            }
            Ok(None) => {}
            Err(_) => return,
        }
    }
}
