//! A video: one activity downloads it, another one cuts it, and both must be on the same machine.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, Call, Code, Context, Outcome, Scenario, Status,
    Struck, Workflow, WorkflowError, check, mins, secs,
};

use super::{Bug, Needs, Twin, careful, end_of, was_done};

const VIDEO: Workflow<(), ()> = Workflow::new("Video");
const DOWNLOAD: Activity<(), ()> = Activity::new("Download");
const CUT: Activity<(), ()> = Activity::new("Cut");
const DOWNLOAD_AND_CUT: Activity<(), ()> = Activity::new("DownloadAndCut");

const TWIN: Twin = Twin { name: "video that is cut where it is", scenario: twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[Bug {
    name: "sticky worker lost with an in-memory cache",
    scenario: || base().workflow(VIDEO, counts_on_the_cache),
    twin: TWIN,
    code: Code::Custom,
    needs: Needs::One,
    known: None,
}];

/// The video as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(VIDEO, in_one)
}

/// What was downloaded is in the memory of the worker, and is lost with it. No activity can know that here, so the check
/// keeps the books.
fn base() -> Scenario {
    Scenario::new("finds-video")
        .activity(DOWNLOAD, work)
        .activity(CUT, work)
        .activity(DOWNLOAD_AND_CUT, work)
        .client(|world| {
            world.start(VIDEO, "video-7", ());
        })
        .check(check::always("what is cut is there", |outcome: &Outcome| {
            let lost = |cut: &&Call| was_done(cut) && !is_there(outcome, cut.started);
            match outcome.calls(CUT).find(lost) {
                None => Ok(()),
                Some(cut) => Err(format!("{} has nothing to cut", cut.worker)),
            }
        }))
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// Whether the worker holds the video at `at`: it was downloaded, and the worker has not died since.
fn is_there(outcome: &Outcome, at: Duration) -> bool {
    let downloads = outcome.calls(DOWNLOAD).filter(|call| was_done(call));
    let loaded = downloads.filter_map(|call| call.ended).filter(|ended| *ended <= at).max();
    let died = |what: &Struck| {
        matches!(what, Struck::DiedBefore(_) | Struck::DiedInside(_) | Struck::DiedAfter(_))
    };
    let deaths = outcome.record.strikes.iter().filter(|strike| died(&strike.what));
    let mut deaths = deaths.map(|strike| strike.at).filter(|death| *death <= at);
    loaded.is_some_and(|loaded| deaths.all(|death| death < loaded))
}

async fn work(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ctx.sleep(secs(2)).await;
    Ok(())
}

async fn in_one(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    end_of(&ctx, ctx.execute(DOWNLOAD_AND_CUT, ()).await)
}

/// Where there is one worker, what it has it keeps.
async fn counts_on_the_cache(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let cut = match ctx.execute(DOWNLOAD, ()).await {
        Ok(()) => ctx.execute(CUT, ()).await,
        Err(error) => Err(error),
    };
    end_of(&ctx, cut)
}
