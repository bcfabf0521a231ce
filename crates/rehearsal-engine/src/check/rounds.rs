//! The check that a cron schedule is kept.

use rehearsal_history::{ContinueAsNewInitiator, Timestamp, duration_text};
use rehearsal_service::next_round;

use super::{Check, begins, started};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// No round of a cron schedule is skipped because the one before is not over when it is due (RH218).
///
/// The server never has two rounds at once: what falls due while a round runs, or is tried again, is left out. A round that
/// ends the very moment at which the next one is due is too late.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRoundSkipped;

impl Check for NoRoundSkipped {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        outcome.executions.iter().filter_map(|it| check_round(it, outcome)).collect()
    }

    fn judges(&self, outcome: &Outcome) -> bool {
        outcome.executions.iter().any(is_next)
    }
}

fn check_round(execution: &Execution, outcome: &Outcome) -> Option<Finding> {
    let schedule = &started(execution)?.cron_schedule;
    let first = !schedule.is_empty() && (is_next(execution) || !is_again(execution));
    let began = begins(execution).filter(|_| first)?;
    let due = next_round(schedule, began)?;
    let runs = outcome.chain(execution).skip(1).take_while(|run| is_again(run));
    let last = runs.last().unwrap_or(execution);
    let close = last.history.last().filter(|close| close.kind.next_run_id().is_some())?;
    (close.time >= due).then(|| {
        let at = |time: Timestamp| duration_text(time.since(outcome.record.began));
        let workflow = &execution.workflow_type;
        Finding::new(
            Code::RoundSkipped,
            format!("a round of {workflow} was skipped: the one before was not over"),
        )
        .with_detail(format!("its schedule is `{schedule}`"))
        .with_detail(format!(
            "the round of {} was over at {}, the next one was due at {}",
            at(began),
            at(close.time),
            at(due)
        ))
        .with_events([close.id.0])
        .of(&last.run_id, outcome)
    })
}

/// Whether a cron schedule brought this run.
fn is_next(execution: &Execution) -> bool {
    started(execution)
        .is_some_and(|started| started.initiator == ContinueAsNewInitiator::CronSchedule)
}

/// Whether this run goes on with what the one before it has left.
fn is_again(execution: &Execution) -> bool {
    started(execution).is_some_and(|started| {
        !started.continued_execution_run_id.is_empty()
            && started.initiator != ContinueAsNewInitiator::CronSchedule
    })
}
