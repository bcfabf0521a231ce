//! The map of a sweep, for people: each await of workflow code, how often a cancel came there, how that ended.

use std::fmt::{self, Write as _};

use rehearsal_explore::{AwaitMap, AwaitPlace, ReachedAwait};
use rehearsal_history::Status;

use crate::report::{Report, cell, ended_with};

/// Which awaits of workflow code the cancels of a sweep reached. Displays as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelMap(AwaitMap);

impl Report {
    /// Which awaits of workflow code a cancel reached, how often, and how the workflow ended then; and which none reached.
    ///
    /// An await that no cancel reached is one that the code gets past at once: what it asks for on a canceled context, or
    /// what is over in the same workflow task. Where the native API is used each await has its line; the official SDK tells
    /// what is open, and no lines.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{secs, Context, Scenario, Workflow, WorkflowError};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(30)).await
    /// }
    ///
    /// let scenario = Scenario::new("nap").workflow(NAP, nap);
    /// let map = scenario.client(|world| drop(world.start(NAP, "nap-1", ()))).sweep().map();
    /// assert_eq!(map.reached()[0].place.what, "timer of 30s");
    /// assert!(map.unreached().is_empty());
    /// ```
    #[must_use]
    pub fn map(&self) -> CancelMap {
        CancelMap(self.sweep().map())
    }
}

impl CancelMap {
    /// The awaits at which a cancel came.
    #[must_use]
    pub fn reached(&self) -> &[ReachedAwait] {
        &self.0.reached
    }

    /// The awaits that some run asked for, and at which no cancel came.
    #[must_use]
    pub fn unreached(&self) -> &[AwaitPlace] {
        &self.0.unreached
    }
}

impl fmt::Display for CancelMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AwaitMap { reached, unreached, elsewhere, after_close } = &self.0;
        let mut statuses: Vec<Status> =
            reached.iter().flat_map(|of| of.ended.iter().map(|(status, _)| *status)).collect();
        statuses.sort();
        statuses.dedup();
        let lines: Vec<(String, &ReachedAwait)> =
            reached.iter().map(|of| (in_words(&of.place), of)).collect();
        let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0).max(36);

        let mut head = format!("  {:<width$} {:>7}", "a cancel came at", "runs");
        for status in &statuses {
            let _ = write!(head, "  {:>10}", format!("{status:?}"));
        }
        writeln!(f, "{head}  {:>8}", "findings")?;
        for (line, of) in &lines {
            write!(f, "  {line:<width$} {:>7}", of.cancels)?;
            for status in &statuses {
                write!(f, "  {:>10}", cell(ended_with(&of.ended, *status)))?;
            }
            writeln!(f, "  {:>8}", cell(of.findings))?;
        }
        for (label, count) in
            [("while its code waited for nothing", elsewhere), ("after the end", after_close)]
        {
            if *count > 0 {
                writeln!(f, "  {label:<width$} {count:>7}")?;
            }
        }
        for place in unreached {
            writeln!(f, "  no cancel came at {}", in_words(place))?;
        }
        Ok(())
    }
}

/// `activity Charge, src/order.rs:12`.
fn in_words(AwaitPlace { what, at }: &AwaitPlace) -> String {
    match at {
        Some(at) => format!("{what}, {at}"),
        None => what.clone(),
    }
}
