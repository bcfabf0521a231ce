//! Runs that cannot be made again exactly, and what was found in them: counted apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rehearsal::Outcome;
use rehearsal_engine::{Unsettled, WhyUnsettled};

/// The unsettled runs of a rehearsal.
#[derive(Debug, Default)]
pub(super) struct Apart {
    by_why: BTreeMap<WhyUnsettled, u32>,
    /// By what was found, in how many of them, and the answers of the first.
    found: BTreeMap<String, (u32, String)>,
}

impl Apart {
    /// Counts a run, if it is one.
    pub(super) fn note(&mut self, outcome: &Outcome) {
        let Some(Unsettled { why, findings }) = &outcome.record.unsettled else { return };
        *self.by_why.entry(*why).or_default() += 1;
        let mut found: Vec<String> = findings
            .iter()
            .map(|finding| format!("{}  {}", finding.code, finding.headline))
            .collect();
        found.sort();
        found.dedup();
        for what in found {
            self.found.entry(what).or_insert_with(|| (0, outcome.tape.to_string())).0 += 1;
        }
    }

    /// What is said of them, of so many runs; nothing if there is none.
    pub(super) fn lines(&self, runs: u32) -> String {
        let mut lines = String::new();
        let all: u32 = self.by_why.values().sum();
        if all == 0 {
            return lines;
        }
        let _ = writeln!(
            lines,
            "  unsettled: {all} of {runs} runs; what was found in them counts for nothing above"
        );
        for (why, count) in &self.by_why {
            let why = match why {
                WhyUnsettled::Silent => {
                    "an activity was silent: real time decided whether it was done"
                }
                WhyUnsettled::Unlike => "the run was made again, and was another one",
            };
            let _ = writeln!(lines, "    in {count}  {why}");
        }
        for (found, (count, tape)) in &self.found {
            let _ = writeln!(lines, "    in {count}  {found}  --only '{tape}'");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use rehearsal::{Code, Finding};
    use rehearsal_engine::{Calm, Patience};

    use super::*;

    fn outcome(unsettled: Option<Unsettled>) -> Outcome {
        let scenario = rehearsal_engine::Scenario::new("nothing");
        let mut outcome = scenario.run(Box::new(Calm), Patience::MustEnd);
        outcome.record.unsettled = unsettled;
        outcome
    }

    #[test]
    fn what_is_found_in_unsettled_runs_is_told_apart() {
        let mut apart = Apart::default();
        apart.note(&outcome(None));
        assert_eq!(apart.lines(1), "");
        let found = |code, headline: &str| Finding::new(code, headline);
        let lost = found(Code::CleanupMissing, "Cleanup did not run");
        apart.note(&outcome(Some(Unsettled {
            why: WhyUnsettled::Silent,
            findings: vec![lost.clone(), lost.clone()],
        })));
        let unlike = found(Code::NotRepeatable, "two runs differ");
        apart.note(&outcome(Some(Unsettled {
            why: WhyUnsettled::Unlike,
            findings: vec![lost, unlike],
        })));
        insta::assert_snapshot!(apart.lines(3), @"
          unsettled: 2 of 3 runs; what was found in them counts for nothing above
            in 1  an activity was silent: real time decided whether it was done
            in 1  the run was made again, and was another one
            in 1  RH104  two runs differ  --only ''
            in 2  RH201  Cleanup did not run  --only ''
        ");
    }
}
