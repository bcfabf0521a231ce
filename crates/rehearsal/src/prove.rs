//! Exhaustive search: what a test asks for, and what it is told.

use std::fmt;

use rehearsal_engine::{Finding, Outcome, Unseen};
use rehearsal_explore::{Beaten, Bounds, Exhausted, Minimal, Passing, exhaust};
use rehearsal_history::Status;

use crate::explore::choices_left;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::occurrence::{Occurrence, told};
use crate::page::Where;
use crate::paint::Text;
use crate::report::{Places, accepted_lines, unseen_lines};
use crate::scenario::Scenario;

/// What an exhaustive search came to in which nothing was found. Displays as a few lines for people.
#[derive(Debug)]
pub struct ProofReport {
    bounds: Bounds,
    exhausted: Exhausted,
}

impl ProofReport {
    /// Whether it is a proof: every run that the bounds allow was made, or leads to a state that another one has shown.
    ///
    /// It says that none of what every run is checked for, and none of the scenario's checks, finds anything in this scenario,
    /// whatever comes first of what is due at the same time, and wherever a cancel strikes, or what else the bounds have.
    /// It says nothing of other inputs, other clients, other durations of activities, or of choices that are calm here.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.exhausted.is_proof()
    }

    /// The calm run, which is made first.
    #[must_use]
    pub fn baseline(&self) -> &Outcome {
        &self.exhausted.baseline
    }

    /// How many runs were made and checked, the calm one among them.
    #[must_use]
    pub fn runs(&self) -> u32 {
        self.exhausted.runs
    }

    /// How many answers were not tried, since they lead to what was seen in another order. Each is one run at least that was
    /// saved.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.exhausted.left_out
    }

    /// What none of the runs saw; empty if it is no proof. With [`Scenario::strict`] or `REHEARSAL_STRICT=1` it is a finding.
    #[must_use]
    pub fn unseen(&self) -> &[Unseen] {
        &self.exhausted.unseen
    }

    /// How many different histories there were, those of all executions of a run taken together.
    #[must_use]
    pub fn histories(&self) -> usize {
        self.exhausted.histories
    }
}

impl fmt::Display for ProofReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bounds, exhausted } = self;
        let runs = exhausted.runs;
        if exhausted.is_proof() {
            writeln!(f, "Proved for {bounds}: nothing is found in any run")?;
        } else if exhausted.baseline.record.horizon.is_some() {
            return writeln!(f, "Not proved for {bounds}: the calm run goes on for ever");
        } else {
            writeln!(f, "Not proved for {bounds}: {} runs are too few for it", bounds.runs())?;
        }
        let ended: Vec<String> = exhausted
            .ended
            .iter()
            .map(|(status, count): (&Status, &u32)| format!("{count} {status:?}"))
            .collect();
        writeln!(f, "  {:<24} {runs:>6}  {}", "runs, all replayed", ended.join(", "))?;
        writeln!(f, "  {:<24} {:>6}", "different histories", exhausted.histories)?;
        writeln!(f, "  {:<24} {:>6}", "answers left out", exhausted.left_out)?;
        writeln!(f, "  {:<24} {:>6}", "runs cut short", exhausted.cut)?;
        writeln!(f, "  {:<24} {:>6}", "most choices in a run", exhausted.longest)?;
        if !exhausted.calm.is_empty() {
            let calm: Vec<String> = exhausted.calm.iter().map(ToString::to_string).collect();
            writeln!(f, "  {:<24}         {}", "calm throughout", calm.join(", "))?;
        }
        let accepted = accepted_lines(&exhausted.accepted);
        let unseen = unseen_lines(&exhausted.unseen, Places::Shown);
        accepted.iter().chain(&unseen).try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl Scenario {
    /// Makes every run there is: with what is due at the same time in any order, and with a cancel anywhere or nowhere; each
    /// is checked. When all are made and nothing is found, that is a proof for this scenario: of these choices, while all
    /// others are calm.
    ///
    /// Where the calm run never ends there is no end to all runs either, and nothing is proved.
    ///
    /// The number of runs grows fast, so it is for small scenarios, or for a part of a large one. Where two steps
    /// commute, one of their orders is tried; the report says how many answers were left out so. Steps commute only if it
    /// is sure that they touch nothing in common: the code of two activities never does, since they may share anything;
    /// that of workflows of different executions does, since Temporal demands that it shares nothing.
    ///
    /// It is made on one thread, unless [`Bounds::with_threads`] says more. It tells nothing of its progress, and begins anew
    /// when it was stopped: `REHEARSAL_BUDGET`, `REHEARSAL_SHARD` and `REHEARSAL_CAMPAIGN` are for explorations alone.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found, and if more than `runs` runs are needed: then nothing is proved.
    /// [`try_prove`](Self::try_prove) returns an error for the first, and a report for the second.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{secs, Context, Scenario, Workflow, WorkflowError};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let proof = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| {
    ///         world.start(NAP, "nap-1", ());
    ///     })
    ///     .prove(1_000);
    /// assert!(proof.to_string().starts_with("Proved for any order, 1 cancel at most: "));
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a proof is worth its panic alone")]
    pub fn prove(&self, runs: u32) -> ProofReport {
        match self.try_prove(Bounds::new(runs)) {
            Ok(report) => {
                assert!(report.is_proof(), "{report}");
                report
            }
            Err(failure) => failure.panic(),
        }
    }

    /// The same within other bounds, as a result. Without a finding there is a report, which says whether it is a proof.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found: its tape is that of the shrunk run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{secs, Context, Scenario, Workflow, WorkflowError};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(secs(60)).await }
    /// # let scenario = Scenario::new("nap").workflow(NAP, nap).client(|world| drop(world.start(NAP, "nap-1", ())));
    /// use rehearsal::Bounds;
    ///
    /// let report = scenario.try_prove(Bounds::new(5_000).with_cancels(2).with_faults(1))?;
    /// assert!(report.is_proof());
    ///
    /// let too_few = scenario.try_prove(Bounds::new(3))?;
    /// assert!(!too_few.is_proof());
    /// # Ok::<(), rehearsal::Failure>(())
    /// ```
    pub fn try_prove(&self, bounds: Bounds) -> Result<ProofReport, Failure> {
        self.ready()?;
        self.keeps_all()?;
        let name = self.inner.name();
        self.knows_its_names()?;
        let strict = self.is_strict()?;
        let keeper = Keeper::new(name);
        let mut exhausted = exhaust(&self.inner, &self.checks, bounds, &keeper);
        if strict {
            let unseen = exhausted.unseen.drain(..);
            exhausted.baseline.findings.extend(unseen.map(Finding::from));
        }
        if !exhausted.baseline.findings.is_empty() {
            return Err(keeper.keep(Failure::of_baseline(&self.inner, exhausted.baseline)));
        }
        if let Some(mut found) = exhausted.found.take() {
            self.inner.hear(&mut found.minimal.outcome);
            let nearest = self.nearest_passing(&found.minimal.outcome);
            let runs = (&found, nearest.as_ref());
            return Err(keeper.keep(failure(name, bounds, runs, &exhausted)));
        }
        keeper.trouble().map_or(Ok(()), |finding| Err(Failure::of_finding(finding)))?;
        Ok(ProofReport { bounds, exhausted })
    }
}

/// The report of what was found, beside the nearest run in which it is not.
fn failure(
    scenario: &str,
    bounds: Bounds,
    (found, nearest): (&Beaten, Option<&Passing>),
    exhausted: &Exhausted,
) -> Failure {
    let Minimal { shrunk, outcome } = &found.minimal;
    let mut how = format!("  Found in run {} of all runs with {bounds}.\n", exhausted.runs);
    how.push_str(&choices_left(&found.tape, found.tape.len(), shrunk.as_ref(), outcome));
    let place = Where::Explored { how, nearest, calm: &exhausted.baseline };
    let mut report = Text::default();
    if let Some(finding) = outcome.findings.first() {
        let all: Vec<Occurrence> = Occurrence::of_run(outcome).collect();
        report = told(finding, outcome, &place, &all, scenario);
    }
    Failure::new(report, outcome.findings.clone(), scenario, outcome)
}
