//! Rehearses the coordinator: canceled at every point, with workers that die, heartbeats that are lost and shards that fail.

mod support;

use rehearsal::{ActivityError, Exploration, Status, Stub, check};
use rehearsal_campaign::{End, Shards, Standing};

use crate::support::{campaign, count, merged, scenario};

#[test]
fn a_campaign_can_be_canceled_at_any_point() {
    let stopped = check::sometimes("a shard is stopped on its way", |outcome| {
        let parts = merged(outcome).unwrap_or_default();
        parts.iter().any(|part| part.end == End::Stopped && part.standing != Standing::default())
    });
    let report = scenario("campaign", campaign(2, 1))
        .check(check::status_in([Status::Completed, Status::Canceled]))
        .check(check::skipped_reported_as_canceled())
        .check(stopped)
        .sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn a_campaign_bears_workers_that_die_and_heartbeats_that_are_lost() {
    let went_on = check::sometimes("a shard goes on where another attempt was left", |outcome| {
        let parts = merged(outcome).unwrap_or_default();
        parts.iter().any(|part| count(&part.standing, "began").is_some_and(|began| began > 0))
    });
    let explored = scenario("campaign-struck", campaign(2, 2))
        .check(check::status_in([Status::Completed, Status::Canceled]))
        .check(check::always("no shard is lost", |outcome| {
            let parts = merged(outcome).unwrap_or_default();
            match parts.into_iter().find(|part| matches!(part.end, End::Lost(_))) {
                Some(part) => Err(format!("shard {}: {:?}", part.shard, part.end)),
                None => Ok(()),
            }
        }))
        .check(went_on)
        .try_explore(Exploration::new(100).past_findings());
    // Two things strike at most, and a shard has five attempts.
    explored.unwrap();
}

#[test]
fn a_shard_that_is_lost_keeps_no_other_from_its_end() {
    let broken = Stub::fails(ActivityError::from("no such test").non_retryable());
    let fine = Stub::<Standing>::returns(Standing::default());
    let outcome = scenario("campaign-broken", campaign(2, 1))
        .stub(Shards::run, broken.then(fine))
        .check(check::status_in([Status::Completed]))
        .run();
    let parts = merged(&outcome).unwrap();
    assert_eq!(parts.len(), 2);
    assert!(matches!(&parts[0].end, End::Lost(why) if why.contains("no such test")), "{parts:?}");
}

#[test]
fn a_campaign_that_there_cannot_be_fails_at_once() {
    let outcome = scenario_of_nothing().run();
    assert_eq!(outcome.calls(Shards::run).count(), 0);
}

fn scenario_of_nothing() -> rehearsal::Scenario {
    use rehearsal::OfficialWorld as _;
    use rehearsal_campaign::CampaignWorkflow;

    rehearsal::Scenario::new("campaign-of-nothing")
        .official::<CampaignWorkflow>()
        .client(|world| {
            world.start_official::<CampaignWorkflow>("campaign-7", campaign(17, 1));
        })
        .check(check::status_in([Status::Failed]))
}
