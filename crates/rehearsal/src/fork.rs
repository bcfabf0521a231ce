//! Forks: recorded histories that go on in the simulated world.

mod clients;
mod error;
mod family;

use std::fmt::{self, Write as _};

use rehearsal_engine::{Dialect, Outcome};
use rehearsal_history::{EventId, History, Status};
use rehearsal_service::CannotRestore;
use rehearsal_worker::Profile;

pub use self::error::ForkError;
use crate::paint::{Color, Role, Text};
use crate::replay::{Encodings, Recorded, judge, rules_of};
use crate::report::Report;
use crate::scenario::Scenario;

impl Scenario {
    /// This scenario, with every run going on from a recorded one as it stood behind event `at`.
    ///
    /// The service is rebuilt from the events, the workflow by replaying them: production's history is where a run, a sweep
    /// or an exploration begins. The rules are those of the SDK that recorded it. Events that do not end a transaction of
    /// the server are refused: [`History::boundaries`] lists those that do.
    ///
    /// What a client did behind that event it does again, at the times at which it is recorded;
    /// [`client`](Self::client) gives another script, which finds the run as [`World::forked`](crate::World::forked).
    ///
    /// What no history holds is chosen, and calm: an activity that has not ended waits for a worker with its first attempt
    /// and no heartbeats; no worker has the run in its cache; a workflow task that a worker has, the first worker of this
    /// scenario has now; nothing waits in the buffer. The page [`forks`](crate::forks) lists it all.
    ///
    /// # Errors
    ///
    /// [`ForkError`]: there the history did not stand, the code does not replay it, or something goes on that cannot be
    /// rebuilt.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, EventId, History, Scenario, Workflow, WorkflowError, mins, replay};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let scenario = Scenario::new("nap").workflow(NAP, nap);
    /// # let outcome = scenario.clone().client(|world| drop(world.start(NAP, "nap-1", ()))).run();
    /// # let file = History::new(outcome.main().unwrap().history.clone())?.to_json();
    /// let recorded = replay(file);
    /// assert_eq!(recorded.history().unwrap().boundaries()[2], EventId(5));
    /// // It sleeps: what if it is canceled, at every point from here on?
    /// scenario.fork(&recorded, EventId(5))?.sweep();
    ///
    /// let refused = scenario.fork(&recorded, EventId(4)).unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "event 4 `WorkflowTaskCompleted` does not end a transaction of the server: events 3 and 5 do"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fork(&self, recorded: &Recorded, at: EventId) -> Result<Self, ForkError> {
        self.forked(recorded, at, true, &[])
    }

    /// The same for a run whose children run, or whose requests to other workflows are under way, with their histories: of
    /// the children, and of theirs. Each of them is gone on from as it stood at that moment. Histories that have nothing to
    /// do with the run as it stands are left out; several runs of a chain may be given.
    ///
    /// When a child stood where is told by the times of the events, and by what its parent knew: a child that has closed
    /// goes on from before it closed if its parent was not told, and a signal that the parent has not seen arrive is sent
    /// again. What a client did to a child behind that moment is not done again.
    ///
    /// # Errors
    ///
    /// As [`fork`](Self::fork); of a child that runs there is no history.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{ChildOptions, Context, EventId, History, Scenario, Workflow, WorkflowError, mins, replay};
    ///
    /// const DAY: Workflow<(), ()> = Workflow::new("Day");
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn day(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.with_child_options(ChildOptions::new().with_id("nap-1")).execute_child(NAP, ()).await
    /// }
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let scenario = Scenario::new("day").workflow(DAY, day).workflow(NAP, nap);
    /// # let outcome = scenario.clone().client(|world| drop(world.start(DAY, "day-1", ()))).run();
    /// # let [day, nap] = [0, 1].map(|at| History::new(outcome.executions[at].history.clone()).unwrap().to_json());
    /// let (day, nap) = (replay(day), replay(nap));
    /// // The child runs: without its history nothing goes on.
    /// assert!(scenario.fork(&day, EventId(9)).is_err());
    /// scenario.fork_with(&day, EventId(9), &[nap])?.sweep();
    /// # Ok::<(), rehearsal::ForkError>(())
    /// ```
    pub fn fork_with(
        &self,
        recorded: &Recorded,
        at: EventId,
        children: &[Recorded],
    ) -> Result<Self, ForkError> {
        self.forked(recorded, at, true, children)
    }

    /// The same; `judged` says whether the code must replay what is recorded.
    pub(crate) fn forked(
        &self,
        recorded: &Recorded,
        at: EventId,
        judged: bool,
        children: &[Recorded],
    ) -> Result<Self, ForkError> {
        let history = read(recorded)?;
        let (boundaries, events) = (history.boundaries(), history.events());
        if boundaries.binary_search(&at).is_err() {
            let Some(event) = history.event(at) else {
                return Err(ForkError::NoEvent { event: at, events: events.len() });
            };
            return Err(ForkError::InsideTransaction {
                event: at,
                found: event.kind.name().to_owned(),
                before: boundaries.iter().rfind(|id| **id < at).copied(),
                after: boundaries.iter().find(|id| **id > at).copied(),
            });
        }
        let profiles: &[Profile] = match self.inner.dialect() {
            Dialect::Official => &[Profile::Core],
            _ => &[Profile::Go, Profile::Core],
        };
        let profile = rules_of(history, recorded.asked_rules(), profiles)?;
        let children = children.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let family = family::stood(history.until(at), &children);
        for stood in &family {
            self.goes_on_from(stood, profile, judged)?;
        }
        let inner = self.inner.clone().with_profile(profile);
        let inner = inner.with_name(format!("{}@{at}", self.inner.name()));
        let inner = inner.with_client(clients::recorded(history, at, &family));
        let histories = family.iter().map(|stood| stood.events().to_vec()).collect();
        let inner = inner.with_origin(histories)?;
        Ok(Self { inner, ..self.clone() })
    }

    /// Makes sure that the code of the scenario fits what is recorded so far.
    fn goes_on_from(
        &self,
        stood: &History,
        profile: Profile,
        judged: bool,
    ) -> Result<(), ForkError> {
        stood.check_well_formed()?;
        let workflow = stood.started().workflow_type.name.to_string();
        let Some(definition) = self.inner.definition(&workflow) else {
            // No worker has it, and so it was when it was recorded.
            if self.inner.unregistered().any(|name| *name == workflow) {
                return Ok(());
            }
            return Err(ForkError::NoCode { workflow });
        };
        if judged {
            // What differs and breaks nothing every run from here on finds (RH101).
            let encodings = Encodings::of(self.inner.dialect());
            let _mild = judge(stood, &encodings, definition, profile)?;
        }
        Ok(())
    }

    /// Goes on from every moment at which a recorded history stood, and sweeps each: the run is canceled at every point from
    /// there on.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found, or if the history cannot be gone on from at all.
    /// [`try_sweep_forks`](Self::try_sweep_forks) returns an error instead.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a sweep is worth its panic alone")]
    pub fn sweep_forks(&self, recorded: &Recorded) -> ForkReport {
        match self.try_sweep_forks(recorded) {
            Ok(report) => report,
            Err(ForkError::Found(failure)) => failure.panic(),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// The same, as a result. A moment at which something goes on that cannot be rebuilt is left out, and the table says
    /// what.
    ///
    /// # Errors
    ///
    /// [`ForkError::Found`] with the report if anything is found in any run; the others if the file or the code does not
    /// fit.
    pub fn try_sweep_forks(&self, recorded: &Recorded) -> Result<ForkReport, ForkError> {
        self.try_sweep_forks_with(recorded, &[])
    }

    /// The same with the histories of children, as [`fork_with`](Self::fork_with) takes them.
    ///
    /// # Errors
    ///
    /// As [`try_sweep_forks`](Self::try_sweep_forks).
    pub fn try_sweep_forks_with(
        &self,
        recorded: &Recorded,
        children: &[Recorded],
    ) -> Result<ForkReport, ForkError> {
        let history = read(recorded)?;
        let mut report = ForkReport { forks: Vec::new() };
        for at in history.boundaries() {
            let swept = match self.fork_with(recorded, at, children) {
                Ok(fork) => Ok(fork.try_sweep().map_err(|found| {
                    ForkError::Found(Box::new(found.with_table(&report.text())))
                })?),
                // There is nothing to go on with.
                Err(ForkError::CannotRestore(CannotRestore::Closed { .. })) => break,
                Err(ForkError::CannotRestore(refused)) => Err(refused.to_string()),
                Err(error) => return Err(error),
            };
            report.forks.push(Forked::new(history, at, swept));
        }
        Ok(report)
    }
}

pub(crate) fn read(recorded: &Recorded) -> Result<&History, ForkError> {
    recorded.history().map_err(|error| ForkError::Unreadable(error.to_string()))
}

/// What the sweeps from all moments of a recorded history came to.
#[derive(Debug)]
pub struct ForkReport {
    forks: Vec<Forked>,
}

/// One moment of a recorded history.
#[derive(Debug)]
struct Forked {
    at: EventId,
    /// The type of that event, and when it was recorded.
    what: String,
    when: String,
    swept: Result<Report, String>,
}

impl Forked {
    fn new(history: &History, at: EventId, swept: Result<Report, String>) -> Self {
        let line = history.lines().into_iter().find(|line| line.id == at);
        let (what, when) = line.map(|line| (line.name, line.time)).unwrap_or_default();
        Self { at, what, when, swept }
    }
}

impl ForkReport {
    /// How many moments were gone on from.
    #[must_use]
    pub fn forks(&self) -> usize {
        self.forks.iter().filter(|fork| fork.swept.is_ok()).count()
    }

    /// The sweep from the moment behind this event, if it was gone on from.
    #[must_use]
    pub fn sweep(&self, at: EventId) -> Option<&Report> {
        self.forks.iter().find(|fork| fork.at == at)?.swept.as_ref().ok()
    }

    /// A line for each moment: the event behind which the history stood, how many points were canceled at from there on, how
    /// those runs ended, and how the run ended that was not canceled. The same for every sweep of the same history with the
    /// same code, so that it can be a snapshot.
    #[must_use]
    pub fn table(&self) -> String {
        self.text().to_string()
    }

    /// The table painted with colors or plain.
    #[must_use]
    pub fn paint(&self, color: Color) -> String {
        self.text().paint(color)
    }

    fn text(&self) -> Text {
        let swept = || self.forks.iter().filter_map(|fork| fork.swept.as_ref().ok());
        let mut statuses: Vec<Status> =
            swept().flat_map(Report::runs).map(|(_, run)| run.main_status()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let mut table = Text::default();
        let mut head =
            format!("  {:<44} {:>8}  {:<10} {:>6}", "behind event", "at", "goes on", "points");
        for status in &statuses {
            let _ = write!(head, "  {:>10}", format!("{status:?}"));
        }
        table.line(Role::Dim, &head);
        for Forked { at, what, when, swept } in &self.forks {
            let _ = write!(table, "  {at:>4} {what:<39} {when:>8}  ");
            match swept {
                Ok(report) => {
                    let ends = format!("{:?}", report.baseline().main_status());
                    let _ = write!(table, "{ends:<10} {:>6}", report.points());
                    for status in &statuses {
                        let ended = |(_, run): &(_, &Outcome)| run.main_status() == *status;
                        let count = report.runs().filter(ended).count();
                        let cell = if count == 0 { "-".to_owned() } else { count.to_string() };
                        let _ = write!(table, "  {cell:>10}");
                    }
                    table.line(Role::Plain, "");
                }
                Err(refused) => table.line(Role::Mark, refused),
            }
        }
        let points: usize = swept().map(Report::points).sum();
        let line = format!("{} moments, canceled at every point from there on", self.forks());
        table.line(Role::Plain, &format!("  {line:<64} {points:>6}"));
        table
    }
}

impl fmt::Display for ForkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text())
    }
}
