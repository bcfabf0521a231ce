//! A spool that takes orders to print for a while, each in a signal handler that works.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Scenario, Stub, check, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::{detached, pause, waits};

const TWIN: Twin = Twin { name: "official: spool", scenario: || spool(true) };

pub const BUGS: &[Bug] = &[Bug {
    name: "official: signal handler unfinished at the close",
    scenario: || spool(false),
    twin: TWIN,
    code: Code::WorkLost,
    needs: Needs::One,
    known: None,
}];

#[derive(Debug, Default)]
pub struct Printer;

#[activities]
impl Printer {
    #[activity]
    pub async fn print(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

#[workflow]
#[derive(Default)]
pub struct Spool;

#[workflow_methods]
impl Spool {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, patient: bool) -> WorkflowResult<()> {
        let over = waits(ctx, Duration::from_secs(12)).await;
        while patient && !ctx.all_handlers_finished() {
            ctx.timer(pause(Duration::from_secs(1))).await;
        }
        over
    }

    #[signal]
    pub async fn order(ctx: &mut WorkflowContext<Self>) {
        let _printed = ctx.execute_activity(Printer::print, (), detached()).await;
    }
}

fn spool(patient: bool) -> Scenario {
    Scenario::new("finds-official-spool")
        .official::<Spool>()
        .activities(Printer::default)
        .stub(Printer::print, Stub::returns(()).after(secs(5)))
        .client(move |world| {
            let spool = world.start_official::<Spool>("spool-7", patient);
            world.advance(secs(2));
            // Refused when it has been canceled.
            let _answer = world.signal_official(&spool, Spool::order, ());
        })
        .check(check::no_work_lost_at_close())
}
