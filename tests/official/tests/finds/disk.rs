//! A disk that is locked, written to and unlocked; and one that is written to for minutes.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Scenario, Stub, check, mins, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityExecutionError, ActivityOptions, WorkflowContext,
    WorkflowResult, WorkflowTermination,
};

use crate::{detached, end_of, once, options};

const WRITTEN: Twin = Twin { name: "official: disk", scenario: || disk(ALWAYS) };
const PAGES: Twin = Twin { name: "official: pages", scenario: || pages(false) };

pub const BUGS: &[Bug] = &[
    Bug {
        name: "official: cleanup only for a canceled error",
        scenario: || disk(IF_IT_KNOWS),
        twin: WRITTEN,
        code: Code::NotFollowed,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "official: cancel during the cleanup",
        scenario: || disk(AS_IT_IS),
        twin: WRITTEN,
        code: Code::NotFollowed,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "official: cleanup on a token below that of the workflow",
        scenario: || disk(BELOW),
        twin: WRITTEN,
        code: Code::NotFollowed,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "official: cleanup that is tried once, and its error swallowed",
        scenario: || disk(PERHAPS),
        twin: WRITTEN,
        code: Code::NotFollowed,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "official: activity that never learns of the cancel",
        scenario: || pages(true),
        twin: PAGES,
        code: Code::CancelOverLate,
        needs: Needs::One,
        known: None,
    },
];

#[derive(Debug, Default)]
pub struct Disk;

#[activities]
impl Disk {
    #[activity]
    pub async fn lock(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    /// Writes for five seconds.
    #[activity]
    pub async fn write(_ctx: ActivityContext) -> Result<(), ActivityError> {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    }

    /// Writes for five minutes, and stops when it is canceled.
    #[activity]
    pub async fn write_pages(ctx: ActivityContext) -> Result<(), ActivityError> {
        for _page in 0..30 {
            ctx.record_heartbeat(()).await?;
            tokio::select! {
                biased;
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
                () = tokio::time::sleep(Duration::from_secs(10)) => {}
            }
        }
        Ok(())
    }

    /// The same, of which it never learns: it does not heartbeat.
    #[activity]
    pub async fn write_in_silence(ctx: ActivityContext) -> Result<(), ActivityError> {
        tokio::select! {
            biased;
            () = ctx.cancelled() => Err(ActivityError::cancelled()),
            () = tokio::time::sleep(Duration::from_mins(5)) => Ok(()),
        }
    }

    #[activity]
    pub async fn unlock(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

/// How a disk is unlocked.
const ALWAYS: u8 = 0;
/// Unless it was written to in a way that it does not know of.
const IF_IT_KNOWS: u8 = 1;
/// On the token of the workflow, unless that is canceled by then.
const AS_IT_IS: u8 = 2;
/// On a token below that of the workflow.
const BELOW: u8 = 3;
/// In one attempt.
const PERHAPS: u8 = 4;

/// Locks a disk, writes, and unlocks it.
#[workflow]
#[derive(Default)]
pub struct Write;

#[workflow_methods]
impl Write {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, unlocks: u8) -> WorkflowResult<()> {
        let written = Self::written(ctx).await;
        let known = matches!(written, Ok(()) | Err(ActivityExecutionError::Cancelled(_)));
        let canceled = ctx.cancellation_token().is_cancelled();
        let options = match unlocks {
            IF_IT_KNOWS if canceled && !known => None,
            AS_IT_IS if !canceled => Some(options()),
            BELOW => {
                let mut options = options();
                options.cancellation_token = Some(ctx.cancellation_token().child_token());
                Some(options)
            }
            PERHAPS => {
                let mut options = once();
                options.cancellation_token = detached().cancellation_token;
                Some(options)
            }
            _ => Some(detached()),
        };
        if let Some(options) = options {
            // What went wrong before is what is told.
            let _unlocked = ctx.execute_activity(Disk::unlock, (), options).await;
        }
        end_of(ctx, written.map_err(WorkflowTermination::from))
    }

    async fn written(ctx: &WorkflowContext<Self>) -> Result<(), ActivityExecutionError> {
        ctx.execute_activity(Disk::lock, (), options()).await?;
        ctx.execute_activity(Disk::write, (), once()).await
    }
}

/// Writes for minutes, and waits for it when it is canceled.
#[workflow]
#[derive(Default)]
pub struct Pages;

#[workflow_methods]
impl Pages {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, in_silence: bool) -> WorkflowResult<()> {
        let mut options = ActivityOptions::with_start_to_close_timeout(Duration::from_mins(6))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        let written = if in_silence {
            ctx.execute_activity(Disk::write_in_silence, (), options).await
        } else {
            options.heartbeat_timeout = Some(Duration::from_secs(30));
            ctx.execute_activity(Disk::write_pages, (), options).await
        };
        end_of(ctx, written.map_err(WorkflowTermination::from))
    }
}

fn disk(unlocks: u8) -> Scenario {
    Scenario::new("finds-official-disk")
        .official::<Write>()
        .activities(Disk::default)
        .stub(Disk::lock, Stub::returns(()).after(secs(1)))
        .real(Disk::write)
        .stub(Disk::unlock, Stub::returns(()).after(secs(1)))
        .client(move |world| drop(world.start_official::<Write>("disk-7", unlocks)))
        .check(check::finally(Disk::lock, Disk::unlock))
}

/// What is written learns of the cancel at its next heartbeat, if it sends any.
fn pages(in_silence: bool) -> Scenario {
    Scenario::new("finds-official-pages")
        .official::<Pages>()
        .activities(Disk::default)
        .real(Disk::write_pages)
        .real(Disk::write_in_silence)
        .client(move |world| drop(world.start_official::<Pages>("disk-7", in_silence)))
        .check(check::cancel_is_over_within(mins(2)))
}
