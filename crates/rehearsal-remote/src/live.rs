//! The world that clients and workers outside live in: what they ask is done as it comes, and the clock moves by rule.
//!
//! While time is locked it passes with the wall clock, as on a server. Else it stands while a workflow task or a query is in
//! hand, passes with the wall clock while an activity is, also a local one, and leaps for whoever waits, for nobody else. Of
//! local activities nobody is told but by a workflow task that asks for the next one.

mod rehearsing;
mod serve;
mod skipping;
mod waits;
mod with_start;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{Calm, Limits, Scenario, WorkerSpec, World};
use rehearsal_history::{SmolStr, Timestamp};

use self::rehearsing::Rehearsing;
use self::waits::Wait;
use crate::house::{Report, closed, make_hands};
use crate::inbox::Shared;
use crate::options::{Options, Pace};
use crate::token::{Alias, Token, What};
use crate::wall::Wall;

/// A worker that was seen.
#[derive(Debug, Clone, Default)]
struct Known {
    host: usize,
    workflows: bool,
    activities: bool,
    gone: bool,
    /// What its SDK calls itself, if it does workflow tasks.
    sdk: SmolStr,
}

/// What is to be done about time.
enum Time {
    /// It has moved.
    Moved,
    /// It stands, for that long at most in real time.
    Stands(Option<Duration>),
}

/// The world, as its clients see it.
pub(crate) struct Live {
    shared: Arc<Shared>,
    wall: Arc<dyn Wall>,
    options: Options,
    world: World,
    alias: Alias,
    /// Workers by their identities and queues.
    workers: BTreeMap<(SmolStr, SmolStr), Known>,
    waits: Vec<Wait>,
    /// How much oftener time was locked than unlocked. What is [held](Self::held) lets it be unlocked once too often.
    locks: i64,
    /// Until when nothing leaps, in real time: somebody who waited was answered, and may speak.
    hushed: Option<Timestamp>,
    /// Until when what waits for a poll is waited for, in real time.
    unpolled: Option<Timestamp>,
    /// Since when time has passed with the wall clock: virtual time and real time then.
    paced: Option<(Timestamp, Timestamp)>,
    /// How many steps the world has taken.
    steps: u64,
    /// What becomes of what clients ask, if it is rehearsed.
    rehearsing: Option<Rehearsing>,
}

impl Live {
    pub(crate) fn new(shared: &Arc<Shared>, wall: &Arc<dyn Wall>, options: &Options) -> Self {
        let limits = Limits {
            steps: u64::MAX,
            events: usize::MAX,
            virtual_time: Duration::MAX,
            failed_tasks: u32::MAX,
        };
        let scenario = Scenario::new("live")
            .with_no_workers()
            .with_no_faults()
            .with_limits(limits)
            .with_most_closed(options.most_closed)
            .with_service_config(options.service_config())
            .with_beginning(options.begins)
            .with_ids_of(options.house)
            .with_remote(make_hands(shared, wall, options, false));
        let world = scenario.world(Box::new(Calm));
        Self {
            shared: Arc::clone(shared),
            wall: Arc::clone(wall),
            options: options.clone(),
            world,
            alias: shared.alias(shared.inbox().world),
            workers: BTreeMap::new(),
            waits: Vec::new(),
            locks: i64::from(options.locked),
            hushed: None,
            unpolled: None,
            paced: None,
            steps: 0,
            rehearsing: None,
        }
    }

    /// Goes on until the door is closed.
    pub(crate) fn run(mut self) -> Report {
        let mut findings = Vec::new();
        loop {
            if self.shared.inbox().closing {
                break;
            }
            self.keep_pace();
            let requests = core::mem::take(&mut self.shared.inbox().requests);
            for request in requests {
                self.hushed = None;
                self.serve(request);
            }
            self.meet_workers();
            let stepped = self.world.step_due();
            self.steps += u64::from(stepped);
            self.part_from_silent();
            if let Some(over) = self.world.over() {
                findings.push(over.to_string());
                break;
            }
            if self.answer_waits(!stepped) {
                self.hushed = Some(self.wall.now().saturating_add(self.options.hush));
            }
            if stepped {
                continue;
            }
            self.world.drop_notes();
            match self.pass_time() {
                Time::Moved => {}
                Time::Stands(at_most) => self.wall.wait(&self.shared.bell, at_most),
            }
        }
        self.shared.close();
        for wait in self.waits.drain(..) {
            wait.close();
        }
        closed(&self.shared, findings)
    }

    /// Workers are known by their polls.
    fn meet_workers(&mut self) {
        let sticky = core::mem::take(&mut self.shared.inbox().sticky_polled);
        for queue in sticky {
            self.world.sticky_polled(queue);
        }
        if self.world.waits_for_polls() {
            for (queue, workflows) in self.shared.polled_queues() {
                self.world.polled(&queue, workflows);
            }
        }
        for (identity, queue, sdk) in self.shared.open_polls() {
            let place = (identity, queue);
            self.worker_at(place.clone(), sdk.is_some());
            if let Some(known) = self.workers.get_mut(&place) {
                known.sdk = sdk.unwrap_or_else(|| core::mem::take(&mut known.sdk));
            }
        }
    }

    /// The worker of this identity at this queue, which does workflow tasks, or else activities.
    fn worker_at(&mut self, place: (SmolStr, SmolStr), workflows: bool) -> usize {
        let Some(known) = self.workers.get_mut(&place) else {
            let spec = WorkerSpec::new(place.1.clone()).with_identity(place.0.clone()).remote();
            let spec = if workflows { spec.no_activities() } else { spec.no_workflows() };
            let host = self.world.connect(spec);
            let known = Known { host, workflows, activities: !workflows, ..Known::default() };
            self.workers.insert(place, known);
            return host;
        };
        let polls = if workflows { &mut known.workflows } else { &mut known.activities };
        let begins = known.gone || !*polls;
        *polls = true;
        known.gone = false;
        let (host, workflows, activities) = (known.host, known.workflows, known.activities);
        if begins {
            self.world.polls_for(host, workflows, activities);
        }
        host
    }

    /// Workers that took nothing in time are gone until they poll again.
    fn part_from_silent(&mut self) {
        let silent = core::mem::take(&mut self.shared.inbox().left.silent);
        for host in silent {
            self.part_from(|known, _, _| known.host == host);
        }
    }

    fn part_from(&mut self, is_it: impl Fn(&Known, &SmolStr, &SmolStr) -> bool) {
        for ((identity, queue), known) in &mut self.workers {
            if !known.gone && is_it(known, identity, queue) {
                known.gone = true;
                (known.workflows, known.activities) = (false, false);
                self.world.disconnect(known.host);
            }
        }
    }

    /// While time passes with the wall clock, the world's is where it should be before anything is asked of it.
    fn keep_pace(&mut self) {
        if let Some(target) = self.paced_now() {
            self.world.move_to(target);
        }
    }

    /// Where time should be that passes with the wall clock: never behind that.
    fn paced_now(&self) -> Option<Timestamp> {
        let (began, real) = self.paced?;
        let now = self.wall.now();
        Some(began.saturating_add(now.since(real)).max(now))
    }

    /// Nothing is due: moves the clock, if it may.
    fn pass_time(&mut self) -> Time {
        let real = self.wall.now();
        let (runs, works, look) = {
            let inbox = self.shared.inbox();
            let is_activity = |token: &Token| {
                matches!(token.what, What::Activity { .. }) || inbox.local.contains(token)
            };
            let mut held = inbox.in_hand.iter().filter(|token| !inbox.adrift.contains(*token));
            let runs = held.clone().any(is_activity);
            let works = held.any(|token| !is_activity(token));
            (runs, works, inbox.next_look)
        };
        let look = look.map(|look| look.since(real));
        let stands =
            |at_most: Option<Duration>| Time::Stands([at_most, look].into_iter().flatten().min());
        if let Some(until) = self.hushed {
            if real < until {
                return stands(Some(until.since(real)));
            }
            self.hushed = None;
        }
        let now = self.world.now();
        let sleeper = self.waits.iter().filter_map(Wait::due).min();
        let next = [self.world.next_due(), sleeper].into_iter().flatten().min();
        if self.locks <= 0 && works {
            self.paced = None;
            return stands(None);
        }
        // What waits for a poll is given some real time for it; then it counts as not polled.
        if !self.world.waits_for_polls() {
            self.unpolled = None;
        } else if self.locks <= 0 {
            let until = self.unpolled.get_or_insert(real.saturating_add(self.options.unpolled));
            if real < *until {
                return stands(Some(until.since(real)));
            }
        }
        if self.locks <= 0 && !runs && self.waits.iter().any(Wait::leaps) {
            self.paced = None;
            return match next {
                Some(next) if next > now => {
                    self.world.move_to(next);
                    self.shared.inbox().unseen.leaps(next.since(now));
                    Time::Moved
                }
                None if self.rehearse_at_rest() => Time::Moved,
                Some(_) | None => stands(None),
            };
        }
        match self.options.pace {
            Pace::Strict => stands(None),
            Pace::Wall => {
                self.paced.get_or_insert((now, real));
                let target = self.paced_now().unwrap_or(now);
                self.world.move_to(target);
                match next {
                    Some(next) if next <= target => Time::Moved,
                    Some(next) => stands(Some(next.since(target))),
                    None => stands(None),
                }
            }
        }
    }
}
