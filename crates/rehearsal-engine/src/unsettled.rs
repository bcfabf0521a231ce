//! Runs that cannot be made again exactly: real time or the world outside had a say in them.

use crate::finding::{Code, Finding};

/// What becomes of what is found in a run that cannot be made again exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OfUnsettled {
    /// It counts, as in any other run.
    #[default]
    Counts,
    /// It is set apart.
    Apart,
}

/// What is said of a run that cannot be made again exactly, if the scenario sets such runs apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// Why it cannot.
    pub why: WhyUnsettled,
    /// What was found in it. None of it is a finding of the run.
    pub findings: Vec<Finding>,
}

/// Why a run cannot be made again exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUnsettled {
    /// An attempt of an activity outside was silent: real time decided whether it was done.
    Silent,
    /// It was made again, and was another one.
    Unlike,
}

/// Takes what was found in a run that is unsettled out of the findings; `None` if it is settled. `silent` says whether real
/// time had a say in it, or when it was made again.
///
/// That a history does not replay is seen in that history alone, however it came about. That stays a finding.
pub(crate) fn set_apart(findings: &mut Vec<Finding>, silent: bool) -> Option<Unsettled> {
    let is_unlike = |finding: &Finding| {
        matches!(finding.code, Code::NotRepeatable | Code::ActivityNotRepeatable)
    };
    let why = if silent {
        WhyUnsettled::Silent
    } else if findings.iter().any(is_unlike) {
        WhyUnsettled::Unlike
    } else {
        return None;
    };
    let stays = |finding: &Finding| finding.code == Code::Nondeterminism;
    let (kept, apart) = core::mem::take(findings).into_iter().partition(stays);
    *findings = kept;
    Some(Unsettled { why, findings: apart })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(findings: &[Finding]) -> Vec<Code> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_a_history_shows_by_itself_stays_a_finding() {
        let of = |codes: &[Code]| -> Vec<Finding> {
            codes.iter().map(|code| Finding::new(*code, "")).collect()
        };
        let mut settled = of(&[Code::Hang, Code::Nondeterminism]);
        assert_eq!(set_apart(&mut settled, false), None);
        assert_eq!(settled.len(), 2);

        let mut silent = of(&[Code::Hang, Code::Nondeterminism]);
        let apart = set_apart(&mut silent, true).unwrap();
        assert_eq!((apart.why, codes(&apart.findings)), (WhyUnsettled::Silent, vec![Code::Hang]));
        assert_eq!(codes(&silent), [Code::Nondeterminism]);

        let mut unlike = of(&[Code::Hang, Code::NotRepeatable]);
        assert_eq!(set_apart(&mut unlike, false).unwrap().why, WhyUnsettled::Unlike);
        assert_eq!(unlike, []);
    }
}
