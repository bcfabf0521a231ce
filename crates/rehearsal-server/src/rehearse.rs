//! The sweep of what a client waits for, by the workers that are connected.

mod told;

use std::io::Write as _;

use rehearsal::{Color, Scenario};
use rehearsal_history::{Failure, FailureInfo};
use rehearsal_remote::{Rehearsal, Rehearse};

use self::told::Told;
use crate::plan::Plan;

/// The type of the error that is answered in place of a result.
const FOUND: &str = "RehearsalFailed";

/// Rehearses as planned: the report goes to standard error, and to the file that is named.
pub(crate) fn rehearse(plan: Plan) -> Rehearse {
    Box::new(move |rehearsal| {
        let Came { text, painted, found } = came(&plan, rehearsal);
        // Nobody is left to be told that standard error is closed.
        let _told = std::io::stderr().write_all(format!("{painted}\n").as_bytes());
        (plan.fail && found).then(|| failure(&text))
    })
}

/// What a rehearsal has come to.
struct Came {
    text: String,
    /// The same as a terminal shows it.
    painted: String,
    found: bool,
}

fn came(plan: &Plan, rehearsal: &Rehearsal) -> Came {
    let scenario = Scenario::new(&rehearsal.workflow_type)
        .with_engine(|_| rehearsal.scenario(plan.activities));
    let scenario = plan.checks().into_iter().fold(scenario, Scenario::check);
    let told = Told::new(plan, rehearsal);
    let color = Color::of(&std::io::stderr());
    // Runs in which a worker was gone say nothing of its code.
    let none = || (String::new(), String::new(), false);
    let (text, painted, found) = if let Some(tape) = &plan.only {
        match scenario.try_run(tape) {
            Ok(_) => {
                let well = format!("  nothing was found in the run `{tape}`\n");
                (well.clone(), well, false)
            }
            Err(_) if rehearsal.stopped_by().is_some() => none(),
            Err(failure) => (failure.to_string(), failure.paint(color), true),
        }
    } else {
        match scenario.try_sweep_told(&told) {
            Err(_) if !told.any() => none(),
            Ok(report) => (report.to_string(), report.paint(color), false),
            Err(failure) => (failure.to_string(), failure.paint(color), true),
        }
    };
    let (head, tail) = (told.head(), told.tail());
    let whole = |text: &str| format!("{head}\n\n{text}{tail}");
    let text = whole(&text);
    told.keep(&text);
    Came { painted: whole(&painted), text, found }
}

/// The error of a workflow that carries a report.
fn failure(report: &str) -> Failure {
    let mut failure = Failure::application(report, FOUND);
    if let Some(FailureInfo::Application(info)) = &mut failure.info {
        info.non_retryable = true;
    }
    failure
}
