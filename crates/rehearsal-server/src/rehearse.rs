//! The sweep of what a client waits for, by the workers that are connected.

mod page;
mod sdk;
mod told;
mod unsettled;

use std::io::Write as _;

use rehearsal::{Choices, Color, Exploration, Scenario, Tape};
use rehearsal_explore::Observer as _;
use rehearsal_history::{Failure, FailureInfo};
use rehearsal_remote::{Rehearsal, Rehearse};

use self::sdk::Rules;
use self::told::Told;
use crate::plan::Plan;

/// The type of the error that is answered in place of a result.
const FOUND: &str = "RehearsalFailed";

/// Rehearses as planned: the report goes to standard error, and to the file that is named, behind those of the rehearsals
/// before it.
pub(crate) fn rehearse(plan: Plan) -> Rehearse {
    let mut earlier = String::new();
    Box::new(move |rehearsal| {
        let Came { text, painted, found } = came(&plan, &earlier, rehearsal);
        earlier.push_str(&text);
        earlier.push('\n');
        // Nobody is left to be told that standard error is closed.
        let _told = std::io::stderr().write_all(format!("{painted}\n").as_bytes());
        (plan.fail && found).then(|| failure(&text))
    })
}

/// What a rehearsal has come to, or a part of it.
#[derive(Default)]
struct Came {
    text: String,
    /// The same as a terminal shows it.
    painted: String,
    found: bool,
}

impl Came {
    fn well(text: String) -> Self {
        Self { painted: text.clone(), text, found: false }
    }

    fn failed(failure: &rehearsal::Failure, color: Color) -> Self {
        Self { text: failure.to_string(), painted: failure.paint(color), found: true }
    }

    /// This, and behind it what another part has come to.
    fn then(self, other: &Self) -> Self {
        let both = |one: &str, other: &str| match (one, other) {
            ("", text) | (text, "") => text.to_owned(),
            (one, other) => format!("{one}\n{other}"),
        };
        Self {
            text: both(&self.text, &other.text),
            painted: both(&self.painted, &other.painted),
            found: self.found || other.found,
        }
    }
}

fn came(plan: &Plan, earlier: &str, rehearsal: &Rehearsal) -> Came {
    let rules = Rules::of(&rehearsal.sdks);
    let scenario = Scenario::new(&rehearsal.workflow_type)
        .with_engine(|_| rehearsal.scenario(plan.activities).with_profile(rules.profile));
    let scenario = plan.checks().into_iter().fold(scenario, Scenario::check);
    let told = Told::new(plan, earlier, rehearsal, rules.told);
    let came = match &plan.only {
        Some(tape) => alone(&scenario, &told, tape),
        None => all(plan, &scenario, &told),
    };
    let (head, tail) = (told.head(), told.tail());
    let whole = |text: &str| format!("{head}\n\n{text}{tail}");
    let text = whole(&came.text);
    told.keep(&text);
    Came { painted: whole(&came.painted), text, found: came.found }
}

/// One run.
fn alone(scenario: &Scenario, told: &Told<'_>, tape: &Tape) -> Came {
    match scenario.try_run(tape) {
        Ok(outcome) => {
            let well = if outcome.record.unsettled.is_some() {
                format!("  the run `{tape}` is unsettled\n")
            } else {
                format!("  nothing was found in the run `{tape}`\n")
            };
            told.ended(&Choices::Tape(tape.clone()), &outcome);
            Came::well(well)
        }
        // Runs in which a worker was gone say nothing of its code.
        Err(_) if !told.goes_on() => Came::default(),
        Err(failure) => Came::failed(&failure, color()),
    }
}

/// The sweep, and then, if nothing was found, what is to be explored.
fn all(plan: &Plan, scenario: &Scenario, told: &Told<'_>) -> Came {
    let swept = if plan.faults {
        scenario.try_sweep_faults_told(told)
    } else {
        scenario.try_sweep_told(told)
    };
    let swept = match swept {
        Err(_) if !told.any() => return Came::default(),
        Err(failure) => return Came::failed(&failure, color()),
        Ok(report) => {
            Came { text: report.to_string(), painted: report.paint(color()), found: false }
        }
    };
    let Some(runs) = plan.explore.filter(|_| told.goes_on()) else { return swept };
    let exploration = Exploration { seed: plan.seed, ..Exploration::new(runs.get()) };
    match scenario.try_explore_told(exploration, told) {
        Ok(explored) if told.goes_on() => swept.then(&Came::well(explored.to_string())),
        Err(failure) if told.goes_on() => Came::failed(&failure, color()).then(&swept),
        // How far it had come is in the last lines.
        Ok(_) | Err(_) => swept,
    }
}

fn color() -> Color {
    Color::of(&std::io::stderr())
}

/// The error of a workflow that carries a report.
fn failure(report: &str) -> Failure {
    let mut failure = Failure::application(report, FOUND);
    if let Some(FailureInfo::Application(info)) = &mut failure.info {
        info.non_retryable = true;
    }
    failure
}
