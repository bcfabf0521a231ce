//! An activity against a timer. The timer wins, the activity is canceled, and ends when nobody listens any more.
//!
//! The timer stands first in the race: when the workflow is canceled, both sides know of the timer's end before that of
//! the activity.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions as NativeActivityOptions, Context, Either, OfficialWorld as _,
    Profile, Scenario, Stub, Workflow, WorkflowError, secs, select,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityOptions, TimerOptions, TimerResult, WorkflowCancellationToken, WorkflowContext,
    WorkflowResult, WorkflowTermination, workflows,
};

const RACE: Workflow<String, String> = Workflow::new("Race");
const RUN: Activity<String, String> = Activity::new("Track::run");

async fn race(ctx: Context, name: String) -> Result<String, WorkflowError> {
    let (scope, cancel) = ctx.with_cancel();
    let scope = scope.with_activity_options(NativeActivityOptions::start_to_close(secs(30)));
    let limit = ctx.timer(secs(3));
    let running = scope.execute(RUN, name);
    let winner = match select(limit, running).await {
        Either::Left(limit) => limit.map(|()| "timer".to_owned())?,
        Either::Right(result) => result?,
    };
    cancel.cancel();
    // The loser ends meanwhile.
    let _pause = ctx.disconnected().timer(secs(4)).await;
    Ok(winner)
}

#[workflow]
#[derive(Default)]
pub struct Race;

#[workflow_methods]
impl Race {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, name: String) -> WorkflowResult<String> {
        let scope = ctx.cancellation_token().child_token();
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_token(scope.clone())
            .build();
        let winner = workflows::select! {
            limit = ctx.timer(Duration::from_secs(3)) => match limit {
                TimerResult::Fired => "timer".to_owned(),
                TimerResult::Cancelled => return Err(WorkflowTermination::cancelled()),
            },
            result = ctx.execute_activity(Track::run, name, options) => result?,
        };
        scope.cancel();
        let pause = TimerOptions::builder(Duration::from_secs(4))
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        ctx.timer(pause).await;
        Ok(winner)
    }
}

#[derive(Default)]
pub struct Track;

#[activities]
impl Track {
    #[activity]
    pub async fn run(_ctx: ActivityContext, name: String) -> Result<String, ActivityError> {
        Ok(name)
    }
}

fn runner() -> Stub<String> {
    Stub::returns("runner".to_owned()).after(secs(5))
}

pub(crate) fn native() -> Scenario {
    Scenario::new("race")
        .profile(Profile::Core)
        .workflow(RACE, race)
        .stub(RUN, runner())
        .client(|world| drop(world.start(RACE, "race-1", "achilles".to_owned())))
}

pub(crate) fn official() -> Scenario {
    Scenario::new("race")
        .official::<Race>()
        .activities(Track::default)
        .stub(Track::run, runner())
        .client(|world| drop(world.start_official::<Race>("race-1", "achilles".to_owned())))
}
