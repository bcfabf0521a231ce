//! What of a test is rehearsed, and what must hold: the options behind `--sweep`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use rehearsal::{Check, Tape, check};
use rehearsal_engine::{CleanupIffCanceled, Compensated, Finally};
use rehearsal_history::SmolStr;
use rehearsal_remote::Activities;

/// A check by its name, and the activities that it is about.
///
/// # Examples
///
/// ```
/// use rehearsal_server::NamedCheck;
///
/// let check: NamedCheck = "compensated=Charge:Refund".parse()?;
/// assert_eq!(check, NamedCheck::Compensated("Charge".into(), "Refund".into()));
/// # Ok::<(), rehearsal_server::NoSuchCheck>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedCheck {
    /// `cleanup-iff-canceled=ACTIVITY`: the activity runs if and only if the workflow is canceled (RH201, RH202).
    CleanupIffCanceled(SmolStr),
    /// `compensated=STEP:UNDO`: a step that took place is undone exactly once unless the workflow completes (RH211, RH212).
    Compensated(SmolStr, SmolStr),
    /// `compensated-at-least-once=STEP:UNDO`: the same where an undo does no harm.
    CompensatedAtLeastOnce(SmolStr, SmolStr),
    /// `finally=ACTIVITY:ACTIVITY`: whenever the first began, the second ran to its end (RH213).
    Finally(SmolStr, SmolStr),
}

/// There is no such check, or it is about other activities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no check `{0}`: there are {ALL}")]
pub struct NoSuchCheck(String);

/// All names, as the usage shows them.
const ALL: &str = "cleanup-iff-canceled=ACTIVITY, compensated=STEP:UNDO, compensated-at-least-once=STEP:UNDO and \
                   finally=ACTIVITY:ACTIVITY";

impl FromStr for NamedCheck {
    type Err = NoSuchCheck;

    fn from_str(text: &str) -> Result<Self, NoSuchCheck> {
        let no_such = || NoSuchCheck(text.to_owned());
        let (name, about) = text.split_once('=').ok_or_else(no_such)?;
        let two = || match about.split_once(':') {
            Some((one, other)) if !one.is_empty() && !other.is_empty() => {
                Ok((one.into(), other.into()))
            }
            Some(_) | None => Err(no_such()),
        };
        match name {
            "cleanup-iff-canceled" if !about.is_empty() => {
                Ok(Self::CleanupIffCanceled(about.into()))
            }
            "compensated" => two().map(|(step, undo)| Self::Compensated(step, undo)),
            "compensated-at-least-once" => {
                two().map(|(step, undo)| Self::CompensatedAtLeastOnce(step, undo))
            }
            "finally" => two().map(|(one, other)| Self::Finally(one, other)),
            _ => Err(no_such()),
        }
    }
}

impl NamedCheck {
    fn check(&self) -> Arc<dyn Check> {
        match self.clone() {
            Self::CleanupIffCanceled(activity) => Arc::new(CleanupIffCanceled::new(activity)),
            Self::Compensated(step, undo) => Arc::new(Compensated::exactly_once(step, undo)),
            Self::CompensatedAtLeastOnce(step, undo) => {
                Arc::new(Compensated::at_least_once(step, undo))
            }
            Self::Finally(begins, follows) => Arc::new(Finally { begins, follows }),
        }
    }
}

/// What is rehearsed while a client waits for a result, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What must hold in every run, beside what is recommended.
    pub checks: Vec<NamedCheck>,
    /// Whether each fault strikes once, wherever one can.
    pub faults: bool,
    /// How many runs are made when the sweep has found nothing, in other orders, with cancels and faults.
    pub explore: Option<NonZeroU32>,
    /// What the answers of these runs follow from; none for a seed that goes with the type of the workflow.
    pub seed: Option<u64>,
    /// Who does the activities.
    pub activities: Activities,
    /// Whether what is found is answered in place of the result.
    pub fail: bool,
    /// The file that has the report.
    pub report: Option<PathBuf>,
    /// The one run that is made; all of the sweep if none is named.
    pub only: Option<Tape>,
}

impl Plan {
    /// All that must hold, the recommended checks first.
    pub(crate) fn checks(&self) -> Vec<Arc<dyn Check>> {
        let named = self.checks.iter().map(NamedCheck::check);
        core::iter::once(check::recommended()).chain(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_by_name() {
        let read = |text: &str| text.parse::<NamedCheck>();
        assert_eq!(
            read("cleanup-iff-canceled=Cleanup"),
            Ok(NamedCheck::CleanupIffCanceled("Cleanup".into()))
        );
        assert_eq!(
            read("finally=Lock:Unlock"),
            Ok(NamedCheck::Finally("Lock".into(), "Unlock".into()))
        );
        for wrong in
            ["", "cleanup", "cleanup-iff-canceled=", "compensated=Charge", "finally=:b", "x=y"]
        {
            assert_eq!(read(wrong), Err(NoSuchCheck(wrong.to_owned())));
        }
        insta::assert_snapshot!(read("x=y").unwrap_err(), @"no check `x=y`: there are cleanup-iff-canceled=ACTIVITY, compensated=STEP:UNDO, compensated-at-least-once=STEP:UNDO and finally=ACTIVITY:ACTIVITY");
    }

    #[test]
    fn the_recommended_checks_are_there_always() {
        assert_eq!(Plan::default().checks().len(), 1);
    }
}
