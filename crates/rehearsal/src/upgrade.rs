//! Sweeps of upgrades: which moment of a deployment breaks which run.

mod recorded;

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use rehearsal_engine::{Cause, Code, Finding, Moment, Outcome, Scenario as Inner};
use rehearsal_explore::{OldRun, Origin, TakenOver, Upgrade, Verdict};
use rehearsal_history::{SmolStr, Status};

use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::occurrence::{Occurrence, told};
use crate::page::Where;
use crate::paint::{Color, Role, Text};
use crate::scenario::Scenario;

impl Scenario {
    /// Has the code of [`deploy`](Self::deploy) take over before every workflow task of runs of the old code, and checks
    /// every run: what the old code has recorded must replay, and the run goes on with the new code and is checked as any
    /// run.
    ///
    /// The runs of the old code are the calm one, and canceled ones: one for each way in which a cancel can end.
    ///
    /// `REHEARSAL_CASE` and `REHEARSAL_CASES` do here what they do for [`sweep`](Self::sweep).
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_sweep_upgrade`](Self::try_sweep_upgrade) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, DEFAULT_VERSION, Grade, Scenario, Workflow, WorkflowError, mins, secs};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// /// Two naps, also for those that are asleep.
    /// async fn forgetful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(10)).await?;
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// /// Two naps for those that are not yet asleep.
    /// async fn careful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     if ctx.version("two-naps", DEFAULT_VERSION, 1) > DEFAULT_VERSION {
    ///         ctx.sleep(secs(10)).await?;
    ///     }
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let scenario = || Scenario::new("nap").workflow(NAP, nap).client(|world| {
    ///     world.start(NAP, "nap-1", ());
    /// });
    /// scenario().deploy(NAP, careful).sweep_upgrade();
    ///
    /// let failure = scenario().deploy(NAP, forgetful).try_sweep_upgrade().unwrap_err();
    /// assert_eq!(failure.findings()[0].grade, Some(Grade::ChangesBehavior));
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a sweep is worth its panic alone")]
    pub fn sweep_upgrade(&self) -> UpgradeReport {
        match self.try_sweep_upgrade() {
            Ok(report) => report,
            Err(failure) => failure.panic(),
        }
    }

    /// The same, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found in any run.
    pub fn try_sweep_upgrade(&self) -> Result<UpgradeReport, Failure> {
        let name = self.inner.name();
        self.ready()?;
        self.keeps_all()?;
        let keeper = Keeper::new(name);
        let mut upgrade = rehearsal_explore::upgrade(&self.inner, &self.checks, &keeper);
        let mut found = self.misnamed();
        if found.is_empty() && !self.inner.has_deployment() {
            let headline = "there is no code that could take over: `.deploy(..)` gives it";
            found.push(Finding::new(Code::Setup, headline));
        }
        let runs = &upgrade.runs;
        if found.is_empty() && !runs.is_empty() && runs.iter().all(|run| run.moments.is_empty()) {
            let headline = "no workflow task is there before which new code could take over";
            found.push(Finding::new(Code::Setup, headline).with_cause(Cause::NoClient));
        }
        if let Some(baseline) = &mut upgrade.baseline {
            baseline.findings.extend(found);
        }
        self.upgraded(upgrade, &keeper)
    }

    /// What a sweep came to, or what is found.
    fn upgraded(&self, upgrade: Upgrade, keeper: &Keeper) -> Result<UpgradeReport, Failure> {
        let mut report = UpgradeReport { scenario: self.inner.name().to_owned(), upgrade };
        if report.is_clean() {
            keeper.trouble().map_or(Ok(report), |finding| Err(Failure::of_finding(finding)))
        } else {
            Err(keeper.keep(Failure::of_upgrade(&self.inner, &mut report)))
        }
    }
}

/// What the sweep of an upgrade came to.
#[derive(Debug)]
pub struct UpgradeReport {
    scenario: String,
    upgrade: Upgrade,
}

impl UpgradeReport {
    /// At how many moments the new code took over; each was run.
    #[must_use]
    pub fn moments(&self) -> usize {
        self.upgrade.moments().count()
    }

    /// The run of the old code without a cancel; `None` if its runs were recorded.
    #[must_use]
    pub const fn baseline(&self) -> Option<&Outcome> {
        self.upgrade.baseline.as_ref()
    }

    /// The runs that were taken over, by run of the old code, then by moment.
    pub fn runs(&self) -> impl Iterator<Item = (&Moment, &Outcome)> {
        self.upgrade.moments().map(|taken| (&taken.moment, &taken.outcome))
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.all().is_empty()
    }

    /// Before which workflow tasks the new code took over, how what was recorded by then replays, and how the runs ended. The same for every sweep of the same scenario, so that it can be a snapshot.
    #[must_use]
    pub fn table(&self) -> String {
        self.rows().to_string()
    }

    /// The whole report, as `Display` shows it, painted with colors or plain.
    #[must_use]
    pub fn paint(&self, color: Color) -> String {
        self.text().paint(color)
    }

    pub(crate) fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Everything that was found, with its runs.
    pub(crate) fn all(&self) -> Vec<Occurrence> {
        Occurrence::of_upgrade(&self.upgrade)
    }

    /// The first run in which something was found; the baseline if there is none.
    pub(crate) fn first_failure(&self) -> Option<&Outcome> {
        let taken = self.upgrade.failures().next().map(|(_, taken)| &taken.outcome);
        taken.or(self.upgrade.baseline.as_ref())
    }

    /// Notes what user code logs in the first run in which something was found.
    pub(crate) fn hear(&mut self, scenario: &Inner) {
        let Upgrade { baseline, runs, .. } = &mut self.upgrade;
        let taken = runs.iter_mut().flat_map(|run| &mut run.moments);
        let mut outcomes = taken.map(|taken| &mut taken.outcome);
        // What was recorded is not made again by this scenario.
        if let Some(baseline) = baseline {
            scenario.hear(outcomes.find(|it| !it.findings.is_empty()).unwrap_or(baseline));
        }
    }

    /// The report in its parts.
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::default();
        if let Some(page) = self.page() {
            text.append(&page);
            text.line(Role::Plain, "");
        }
        if self.upgrade.runs.is_empty() {
            let line = "  The run of the old code fails already, so it was not taken over.";
            text.line(Role::Plain, line);
        } else {
            text.append(&self.rows());
        }
        text
    }

    fn page(&self) -> Option<Text> {
        let Upgrade { baseline, runs, .. } = &self.upgrade;
        let all = self.all();
        if let Some(baseline) = baseline
            && let Some(finding) = baseline.findings.first()
        {
            return Some(told(finding, baseline, &Where::Baseline, &all, &self.scenario));
        }
        let failures: Vec<(usize, &TakenOver)> = self.upgrade.failures().collect();
        let (index, taken) = failures.first().copied()?;
        let finding = taken.outcome.findings.first()?;
        let same = |other: &Finding| other.is_like(finding);
        let place = Where::Moment {
            taken,
            index,
            of: self.moments(),
            others: failures
                .iter()
                .filter(|(_, taken)| taken.outcome.findings.iter().any(same))
                .count()
                .saturating_sub(1),
            old: runs
                .iter()
                .find(|run| run.moments.iter().any(|of| std::ptr::eq(of, taken)))
                .and_then(|run| run.outcome.as_ref()),
        };
        // What was recorded is not run again by a case of this scenario.
        let also = if baseline.is_some() { all.as_slice() } else { &[] };
        Some(told(finding, &taken.outcome, &place, also, &self.scenario))
    }

    fn rows(&self) -> Text {
        let mut rows: Vec<Row> = Vec::new();
        for runs in self.upgrade.runs.chunk_by(|a, b| label(a) == label(b)) {
            rows.extend(
                runs.first().map(|first| Row::of(label(first), runs)).into_iter().flatten(),
            );
        }
        let tasks = rows.iter().map(|row| row.tasks().len()).max().unwrap_or(0).max(12);
        let ends = rows.iter().map(|row| row.ends().len()).max().unwrap_or(0).max(9);
        let mut table = Text::default();
        let head = format!(
            "  {:<34} {:<tasks$}  {:>7}  {:>8}  {:<ends$}  replay",
            "run of the old code", "before task", "moments", "findings", "ends"
        );
        table.line(Role::Dim, &head);
        for row in &rows {
            let _ =
                write!(table, "  {:<34} {:<tasks$}  {:>7}  ", row.run, row.tasks(), row.moments);
            let cell = if row.findings == 0 { "-".to_owned() } else { row.findings.to_string() };
            let role = if row.findings == 0 { Role::Plain } else { Role::Bad };
            table.say(role, &format!("{cell:>8}"));
            table.line(Role::Plain, &format!("  {:<ends$}  {}", row.ends(), row.replay));
        }
        let found = self.upgrade.failures().count();
        let cell = if found == 0 { "-".to_owned() } else { found.to_string() };
        let runs = match self.upgrade.runs.len() {
            1 => "1 run".to_owned(),
            runs => format!("{runs} runs"),
        };
        let label = format!("{runs}, taken over at every task");
        let moments = self.moments();
        table.line(Role::Plain, &format!("  {label:<34} {:<tasks$}  {moments:>7}  {cell:>8}", ""));
        if self.upgrade.left_out > 0 {
            let line = format!(
                "  left out, as something is found in them without an upgrade: canceled runs of the old code: {}",
                self.upgrade.left_out
            );
            table.line(Role::Mark, &line);
        }
        table
    }
}

impl fmt::Display for UpgradeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text())
    }
}

/// What the table calls a run of the old code.
fn label(run: &OldRun) -> &str {
    match &run.origin {
        Origin::Calm => "not canceled",
        Origin::Canceled(_) => "canceled",
        Origin::Recorded(name) => name,
    }
}

/// Moments before tasks that follow each other, of the runs of one kind, that are alike.
struct Row {
    run: String,
    /// The workflow whose tasks they are, unless it is the first.
    of: Option<SmolStr>,
    first: usize,
    last: usize,
    moments: usize,
    findings: usize,
    ends: BTreeSet<Status>,
    replay: String,
}

impl Row {
    fn of(run: &str, runs: &[OldRun]) -> Vec<Self> {
        let main = runs.iter().find_map(|run| run.outcome.as_ref()?.main());
        let main = main.map(|main| &main.workflow_id);
        let mut moments: Vec<&TakenOver> = runs.iter().flat_map(|run| &run.moments).collect();
        let other = |it: &TakenOver| {
            let is_main = main.is_none_or(|main| *main == it.moment.workflow_id);
            (!is_main).then(|| it.moment.workflow_id.clone())
        };
        // What is a run of a chain is no part of its name, and its tasks are counted anew.
        moments.sort_by_key(|it| (other(it), it.moment.task, replay(it)));
        let mut rows: Vec<Self> = Vec::new();
        for it in moments {
            let (of, task, replay) = (other(it), it.moment.task, replay(it));
            let last = rows.last_mut().filter(|row| {
                row.of == of && row.replay == replay && (row.last..=row.last + 1).contains(&task)
            });
            let found = usize::from(!it.outcome.findings.is_empty());
            let ends = it.outcome.main_status();
            if let Some(row) = last {
                (row.last, row.moments) = (task, row.moments + 1);
                row.findings += found;
                row.ends.insert(ends);
            } else {
                let (first, last, ends) = (task, task, BTreeSet::from([ends]));
                let run = run.to_owned();
                rows.push(Self { run, of, first, last, moments: 1, findings: found, ends, replay });
            }
        }
        rows
    }

    /// `3`, `1 to 4`, `2 of child-1`.
    fn tasks(&self) -> String {
        let Self { first, last, of, .. } = self;
        let tasks = if first == last { first.to_string() } else { format!("{first} to {last}") };
        of.as_ref().map_or(tasks.clone(), |of| format!("{tasks} of {of}"))
    }

    fn ends(&self) -> String {
        let ends: Vec<String> = self.ends.iter().map(|status| format!("{status:?}")).collect();
        ends.join(", ")
    }
}

/// `breaks production at event 10`.
fn replay(taken: &TakenOver) -> String {
    match taken.verdict {
        Verdict::Replays => "the same".to_owned(),
        Verdict::Differs(grade) => match taken.differs_at() {
            Some(event) => format!("{grade} at event {event}"),
            None => grade.to_string(),
        },
    }
}
