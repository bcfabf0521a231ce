//! Three activities side by side, joined. The second fails once. None of them is waited for after a cancel.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityError as NativeActivityError, ActivityOptions as NativeActivityOptions,
    Context, OfficialWorld as _, Profile, Scenario, Stub, Takes, Workflow, WorkflowError, join_all,
    secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ActivityOptions, WorkflowContext, WorkflowResult, workflows};

const PARALLEL: Workflow<u32, u32> = Workflow::new("Parallel");
const SHORT: Activity<u32, u32> = Activity::new("Work::short");
const FLAKY: Activity<u32, u32> = Activity::new("Work::flaky");
const LONG: Activity<u32, u32> = Activity::new("Work::long");

async fn parallel(ctx: Context, from: u32) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(NativeActivityOptions::start_to_close(secs(30)));
    let all = [ctx.execute(SHORT, from), ctx.execute(FLAKY, from + 1), ctx.execute(LONG, from + 2)];
    let mut sum = 0;
    for result in join_all(all).await {
        sum += result?;
    }
    Ok(sum)
}

#[workflow]
#[derive(Default)]
pub struct Parallel;

#[workflow_methods]
impl Parallel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, from: u32) -> WorkflowResult<u32> {
        let options = || ActivityOptions::start_to_close_timeout(Duration::from_secs(30));
        let short = ctx.execute_activity(Work::short, from, options());
        let flaky = ctx.execute_activity(Work::flaky, from + 1, options());
        let long = ctx.execute_activity(Work::long, from + 2, options());
        let (short, flaky, long) = workflows::join!(short, flaky, long);
        Ok(short? + flaky? + long?)
    }
}

#[derive(Default)]
pub struct Work;

#[activities]
impl Work {
    #[activity]
    pub async fn short(_ctx: ActivityContext, n: u32) -> Result<u32, ActivityError> {
        Ok(n)
    }

    #[activity]
    pub async fn flaky(_ctx: ActivityContext, n: u32) -> Result<u32, ActivityError> {
        Ok(n)
    }

    #[activity]
    pub async fn long(_ctx: ActivityContext, n: u32) -> Result<u32, ActivityError> {
        Ok(n)
    }
}

fn twice(after: u64) -> Stub<u32, Takes<u32>> {
    Stub::computes(|n: u32| Ok(2 * n)).after(secs(after))
}

fn flaky() -> Stub<u32, Takes<u32>> {
    Stub::fails(NativeActivityError::from("not yet")).after(secs(2)).then(twice(1))
}

pub(crate) fn native() -> Scenario {
    Scenario::new("parallel")
        .profile(Profile::Core)
        .workflow(PARALLEL, parallel)
        .stub(SHORT, twice(1))
        .stub(FLAKY, flaky())
        .stub(LONG, twice(5))
        .client(|world| drop(world.start(PARALLEL, "parallel-1", 1)))
}

pub(crate) fn official() -> Scenario {
    Scenario::new("parallel")
        .official::<Parallel>()
        .activities(Work::default)
        .stub(Work::short, twice(1))
        .stub(Work::flaky, flaky())
        .stub(Work::long, twice(5))
        .client(|world| drop(world.start_official::<Parallel>("parallel-1", 1)))
}
