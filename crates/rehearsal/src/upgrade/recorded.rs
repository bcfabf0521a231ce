//! Upgrades of runs that were recorded.

use rehearsal_engine::{Moment, Patience};
use rehearsal_explore::{Stood, Upgrade, upgrade_recorded};
use rehearsal_history::{EventId, EventKind, History, Status};

use super::UpgradeReport;
use crate::fork::{ForkError, read};
use crate::keeper::Keeper;
use crate::replay::Recorded;
use crate::scenario::Scenario;

impl Scenario {
    /// Has the code of this scenario take over recorded runs, before every workflow task: that of [`deploy`](Self::deploy),
    /// or else that of [`workflow`](Self::workflow).
    ///
    /// What is recorded up to there must replay. Then the run goes on from there with the new code, as a
    /// [`fork`](Self::fork) does, and is checked as any run: the run may stay open if it was open where the history ends.
    /// A moment at which something goes on that cannot be rebuilt is replayed only.
    ///
    /// # Errors
    ///
    /// [`ForkError::Found`] with the report if anything is found; the others if a file or the scenario does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, ForkError, History, Scenario, Workflow, WorkflowError, mins, replay};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// /// Wakes those at once that are asleep.
    /// async fn awake(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.wait(|| true).await
    /// }
    ///
    /// # let outcome = Scenario::new("nap").workflow(NAP, nap).client(|world| {
    /// #     world.start(NAP, "nap-1", ());
    /// # }).run();
    /// # let file = History::new(outcome.main().unwrap().history.clone())?.to_json();
    /// let recorded = [replay(file)];
    /// let report = Scenario::new("nap").workflow(NAP, nap).try_sweep_upgrade_of(&recorded)?;
    /// assert_eq!(report.moments(), 2);
    ///
    /// let found = Scenario::new("nap").workflow(NAP, awake).try_sweep_upgrade_of(&recorded);
    /// assert!(matches!(found, Err(ForkError::Found(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_sweep_upgrade_of(&self, recorded: &[Recorded]) -> Result<UpgradeReport, ForkError> {
        let new = Self { inner: self.inner.clone().deployed(), ..self.clone() };
        let keeper = Keeper::new(self.inner.name());
        let mut upgrade = Upgrade { baseline: None, runs: Vec::new(), left_out: 0 };
        for recorded in recorded {
            let history = read(recorded)?;
            let mut stood = Vec::new();
            for at in moments(history) {
                let goes_on = match new.forked(recorded, at, false, &[]) {
                    Ok(fork) => Some(fork.inner),
                    Err(ForkError::CannotRestore(_)) => None,
                    Err(error) => return Err(error),
                };
                let moment = moment(history, at);
                stood.push(Stood { moment, history: history.until(at), goes_on });
            }
            let patience = match history.status() {
                Status::Running => Patience::MayStayOpen,
                _ => Patience::MustEnd,
            };
            let name = history.started().workflow_id.to_string();
            let run = upgrade_recorded(name, stood, &new.inner, patience, &self.checks, &keeper);
            upgrade.runs.push(run);
        }
        self.upgraded(upgrade, &keeper).map_err(|failure| ForkError::Found(Box::new(failure)))
    }
}

/// Where new code takes over: whenever a workflow task waits for a worker; where the next one was started at once, behind
/// that; and where the history ends, if it is open.
fn moments(history: &History) -> Vec<EventId> {
    let boundaries = history.boundaries();
    let is = |at: EventId, started: bool| {
        history.event(at).is_some_and(|event| match event.kind {
            EventKind::WorkflowTaskScheduled(_) => !started,
            EventKind::WorkflowTaskStarted(_) => started,
            _ => false,
        })
    };
    let before = |at: EventId| boundaries.binary_search(&EventId(at.0.saturating_sub(1))).is_ok();
    let mut moments: Vec<EventId> = boundaries
        .iter()
        .copied()
        .filter(|&at| is(at, false) || (is(at, true) && !before(at)))
        .collect();
    if let Some(&last) = boundaries.last()
        && history.status() == Status::Running
        && !is(last, true)
        && moments.last() != Some(&last)
    {
        moments.push(last);
    }
    moments
}

fn moment(history: &History, at: EventId) -> Moment {
    let (started, events) = (history.started(), history.events());
    let began = events.first().map(|event| event.time).unwrap_or_default();
    let completed = events.iter().take_while(|event| event.id <= at);
    let completed =
        completed.filter(|event| matches!(event.kind, EventKind::WorkflowTaskCompleted(_)));
    Moment {
        at: history.event(at).map(|event| event.time.since(began)).unwrap_or_default(),
        workflow_id: started.workflow_id.clone(),
        run_id: started.original_execution_run_id.clone(),
        task: completed.count() + 1,
        after_event: at,
        points: 0,
    }
}
