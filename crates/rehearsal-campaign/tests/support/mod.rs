//! What all rehearsals of the coordinator share: a machine without processes, and what must hold of every campaign.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use rehearsal::{
    Call, Check, EventId, EventKind, OfficialWorld as _, Outcome, Scenario, Status, World, check,
};
use rehearsal_campaign::{
    Campaign, CampaignWorkflow, End, Look, Machine, MachineError, MergeTask, Part, Report, Running,
    ShardTask, Shards, Standing,
};

/// How many steps a shard takes, one for each look: longer than a worker holds heartbeats back, so that a cancel is heard.
pub(crate) const STEPS: u64 = 12;

/// A machine on which each shard comes further by a step whenever it is looked at.
#[derive(Debug, Default)]
pub(crate) struct Steady;

/// A shard that comes further whenever it is looked at.
struct Shard {
    began: u64,
    made: u64,
}

impl Shard {
    fn standing(&self) -> Standing {
        let (began, made) = (self.began, self.made);
        let saved = [("shard.campaign".to_owned(), format!("began {began}\nmade {made}\n"))];
        Standing { progress: format!("{made} of {STEPS} steps"), saved: BTreeMap::from(saved) }
    }
}

/// What a line of a shard says.
pub(crate) fn count(standing: &Standing, what: &str) -> Option<u64> {
    let mut lines = standing.saved.values().flat_map(|text| text.lines());
    lines.find_map(|line| line.strip_prefix(what)?.trim().parse().ok())
}

#[async_trait]
impl Machine for Steady {
    async fn start(
        &self,
        _: &str,
        _: &ShardTask,
        before: Option<Standing>,
        _: bool,
    ) -> Result<Box<dyn Running>, MachineError> {
        let made = before.and_then(|before| count(&before, "made")).unwrap_or(0);
        Ok(Box::new(Shard { began: made, made }))
    }

    async fn merge(&self, _: &str, task: &MergeTask) -> Result<Report, MachineError> {
        let clean = task.parts.iter().all(|part| part.end == End::Ended);
        Ok(Report { text: format!("{} shards", task.parts.len()), clean })
    }
}

#[async_trait]
impl Running for Shard {
    async fn look(&mut self) -> Result<Look, MachineError> {
        self.made += 1;
        let standing = self.standing();
        Ok(if self.made < STEPS { Look::GoesOn(standing) } else { Look::Ended(standing) })
    }

    async fn stop(&mut self) -> Standing {
        self.standing()
    }
}

pub(crate) fn campaign(shards: u32, at_once: u32) -> Campaign {
    Campaign { at_once, ..Campaign::new(["a-test"], shards, "5000") }
}

/// A campaign on steady machines, and what must hold of it.
pub(crate) fn scenario(name: &str, campaign: Campaign) -> Scenario {
    let (shards, at_once) = (campaign.shards, campaign.at_once);
    Scenario::new(name)
        .official::<CampaignWorkflow>()
        .activities(|| Shards::new(Steady))
        .real(Shards::run)
        .real(Shards::merge)
        .heartbeat_type::<Standing>()
        .client(move |world: &mut World| {
            world.start_official::<CampaignWorkflow>("campaign-7", campaign.clone());
        })
        .check(check::no_activity_outlives_close())
        .check(merged_once(shards))
        .check(a_cancel_waits_for_shards())
        .check(so_many_at_once(at_once))
}

/// The parts that were merged, if they were.
pub(crate) fn merged(outcome: &Outcome) -> Option<Vec<Part>> {
    let call = outcome.calls(Shards::merge).last()?;
    call.argument::<MergeTask>().ok().map(|task| task.parts)
}

/// A campaign that is over has been merged by one activity, with all of its shards in order; and what has ended has made all
/// its steps, wherever its attempts were made.
fn merged_once(shards: u32) -> Arc<dyn Check> {
    check::always("all shards are merged once", move |outcome| {
        if outcome.main_status() == Status::Running {
            return Ok(());
        }
        let mut merges: Vec<EventId> =
            outcome.calls(Shards::merge).map(|call| call.scheduled).collect();
        merges.dedup();
        let parts = merged(outcome).unwrap_or_default();
        let names: Vec<&str> = parts.iter().map(|part| part.shard.as_str()).collect();
        let all: Vec<String> = (1..=shards).map(|nth| format!("{nth}/{shards}")).collect();
        if merges.len() != 1 || names != all {
            return Err(format!("{} merges, the last one of {names:?}", merges.len()));
        }
        let short =
            |part: &&Part| part.end == End::Ended && count(&part.standing, "made") != Some(STEPS);
        match parts.iter().find(short) {
            Some(part) => Err(format!("shard {} has ended with {:?}", part.shard, part.standing)),
            None => Ok(()),
        }
    })
}

/// Whatever an attempt of a shard does, it is over before the shards are merged; but one that its worker has lost, or that the
/// service has given up, may not know of it.
fn a_cancel_waits_for_shards() -> Arc<dyn Check> {
    check::always("no shard is under way when they are merged", |outcome| {
        let Some(merge) = outcome.calls(Shards::merge).next() else { return Ok(()) };
        let last_of = |call: &&Call| {
            let later =
                |other: &Call| other.scheduled == call.scheduled && other.attempt > call.attempt;
            !outcome.calls(Shards::run).any(later)
        };
        let under_way = |call: &Call| call.over().is_none_or(|over| over > merge.started);
        // One that the service has given up lives on until its next heartbeat is answered.
        let given_up = |call: &&Call| {
            let history = outcome.main().map(|main| main.history.as_slice()).unwrap_or_default();
            history.iter().any(|event| match &event.kind {
                EventKind::ActivityTaskTimedOut(end) => end.scheduled_event_id == call.scheduled,
                _ => false,
            })
        };
        let known = outcome.calls(Shards::run).filter(last_of).filter(|call| !given_up(call));
        match known.into_iter().find(|call| under_way(call)) {
            Some(call) => Err(format!("attempt {} of a shard is", call.attempt)),
            None => Ok(()),
        }
    })
}

/// No more shards are scheduled and not over than were asked for.
fn so_many_at_once(most: u32) -> Arc<dyn Check> {
    check::always("only so many shards are under way at once", move |outcome| {
        let Some(main) = outcome.main() else { return Ok(()) };
        let mut under_way = 0;
        for event in &main.history {
            match &event.kind {
                EventKind::ActivityTaskScheduled(_) => under_way += 1,
                EventKind::ActivityTaskCompleted(_)
                | EventKind::ActivityTaskFailed(_)
                | EventKind::ActivityTaskTimedOut(_)
                | EventKind::ActivityTaskCanceled(_) => under_way -= 1,
                _ => {}
            }
            if under_way > most {
                return Err(format!("{under_way} are"));
            }
        }
        Ok(())
    })
}
