//! Follows a rehearsal run by run, and keeps what is known in the file of the report.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rehearsal::{Choices, Event, Outcome};
use rehearsal_explore::Observer;
use rehearsal_remote::Rehearsal;

use super::page::Page;
use super::unsettled::Apart;
use crate::plan::Plan;

/// Follows the runs of a rehearsal.
pub(super) struct Told<'a> {
    plan: &'a Plan,
    /// The reports of earlier rehearsals, which the file has before this one.
    earlier: &'a str,
    rehearsal: &'a Rehearsal,
    /// What is to be said of the rules that were followed.
    rules: Option<String>,
    known: Mutex<Known>,
    page: Mutex<Page>,
}

/// What is known so far.
#[derive(Default)]
struct Known {
    runs: u32,
    /// By what was found, in how many runs, and the choices of the first.
    found: BTreeMap<String, (u32, String)>,
    /// The runs that are unsettled.
    apart: Apart,
    /// How the run without a cancel differs from the one that was recorded.
    differs: Option<String>,
    unwritten: Option<String>,
}

impl<'a> Told<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        earlier: &'a str,
        rehearsal: &'a Rehearsal,
        rules: Option<String>,
    ) -> Self {
        Self { plan, earlier, rehearsal, rules, known: Mutex::default(), page: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any run was made as a whole.
    pub(super) fn any(&self) -> bool {
        self.known().runs > 0
    }

    /// What is rehearsed, in a line.
    pub(super) fn head(&self) -> String {
        let Rehearsal { workflow_type, workflow_id, .. } = self.rehearsal;
        format!("rehearsed: {workflow_type} ({workflow_id})")
    }

    /// What is to be said of all runs together, below the report.
    pub(super) fn tail(&self) -> String {
        let known = self.known();
        let mut tail = String::new();
        let mut line = |text: &str| {
            let _ = writeln!(tail, "  {text}");
        };
        if let Some(differs) = &known.differs {
            line(differs);
        }
        if let Some(why) = self.rehearsal.stopped_by() {
            line(&format!("stopped after {} runs: {why}", known.runs));
        } else {
            self.rehearsal.findings().iter().for_each(|found| line(found));
        }
        if let Some(unwritten) = &known.unwritten {
            line(unwritten);
        }
        self.rules.iter().for_each(|rules| line(rules));
        tail + &known.apart.lines(known.runs)
    }

    /// How far it has come, for whoever finds no more than this.
    fn progress(&self) -> String {
        let known = self.known();
        let mut text = format!("{}\n\n  not finished: {} runs made", self.head(), known.runs);
        if known.found.is_empty() {
            text.push_str(", nothing found\n");
        } else {
            text.push('\n');
        }
        for (found, (runs, choices)) in &known.found {
            let _ = writeln!(text, "  {found}\n    in {runs} runs, first with `{choices}`");
        }
        text
    }

    /// Writes the file of the report as it is in the end.
    pub(super) fn keep(&self, text: &str) {
        self.written(|page, path| page.end(path, self.earlier, text));
    }

    /// Writes how far it has come into the file of the report.
    fn keep_progress(&self) {
        self.written(|page, path| page.write(path, self.earlier, &self.progress()));
    }

    /// Writes the file of the report, if there is to be one.
    fn written(&self, write: impl FnOnce(&mut Page, &Path) -> io::Result<()>) {
        let Some(path) = &self.plan.report else { return };
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = write(&mut page, path) {
            let unwritten =
                format!("the report could not be written to {}: {error}", path.display());
            self.known().unwritten = Some(unwritten);
        }
    }
}

impl Observer for Told<'_> {
    fn ended(&self, choices: &Choices, outcome: &Outcome) {
        // A run in which a worker was gone says nothing of its code.
        if self.rehearsal.stopped_by().is_some() {
            return;
        }
        let mut known = self.known();
        let is_calm = matches!(choices, Choices::Tape(tape) if tape.is_empty());
        if is_calm && known.runs == 0 {
            known.differs = differs(self.rehearsal, outcome);
        }
        known.runs += 1;
        known.apart.note(outcome);
        for finding in &outcome.findings {
            let what = format!("{}  {}", finding.code, finding.headline);
            known.found.entry(what).or_insert_with(|| (0, choices.to_string())).0 += 1;
        }
        drop(known);
        self.keep_progress();
    }

    fn goes_on(&self) -> bool {
        self.rehearsal.stopped_by().is_none()
    }
}

/// Where the run without a cancel is another one than that which was recorded: what was asked is asked at its times again,
/// whatever is answered, and that may not be enough.
fn differs(rehearsal: &Rehearsal, baseline: &Outcome) -> Option<String> {
    let of = |it: &&rehearsal::Execution| it.workflow_id == rehearsal.workflow_id;
    let rehearsed = baseline.executions.iter().rfind(of).map_or(&[][..], |of| &of.history);
    let recorded = &rehearsal.history;
    let most = recorded.len().max(rehearsed.len());
    let at = (0..most).find(|&at| name(recorded, at) != name(rehearsed, at))?;
    Some(format!(
        "the run without a cancel is not the one that was recorded: event {} is {}, and was {}",
        at + 1,
        name(rehearsed, at),
        name(recorded, at)
    ))
}

fn name(events: &[Arc<Event>], at: usize) -> &str {
    events.get(at).map_or("nothing", |event| event.kind.type_name())
}
