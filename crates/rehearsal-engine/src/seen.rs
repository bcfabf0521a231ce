//! What many runs have seen together: what some run must reach, who listens for what is sent, and what no run got past.

mod awaits;

use std::sync::Arc;

use self::awaits::Awaits;
use crate::check::{Check, Reached};
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::scenario::Scenario;
use crate::signals::SignalsSeen;

/// Keeps count, over the runs of one scenario, of what they have seen.
#[derive(Debug)]
pub struct Seen<'a> {
    scenario: &'a Scenario,
    signals: SignalsSeen,
    reached: Reached<'a>,
    awaits: Awaits,
    /// The checks that had nothing to judge so far.
    idle: Vec<&'a dyn Check>,
}

/// Something that none of many runs has seen: a path that was not rehearsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What it is as a finding, where such things are findings.
    pub code: Code,
    /// What it is, in a line.
    pub what: String,
    /// Where workflow code asks for it, as `file:line`, if that is known.
    pub at: Option<String>,
}

/// With its code, what it is as the headline, and where it is asked for.
impl From<Unseen> for Finding {
    fn from(Unseen { code, what, at }: Unseen) -> Self {
        let finding = Self::new(code, format!("not seen in any run: {what}"));
        at.into_iter()
            .fold(finding, |finding, at| finding.with_detail(format!("asked for at {at}")))
    }
}

impl<'a> Seen<'a> {
    /// Nothing is seen yet. The first run that is noted must be the calm one.
    #[must_use]
    pub fn new(scenario: &'a Scenario, checks: &'a [Arc<dyn Check>]) -> Self {
        Self {
            scenario,
            signals: SignalsSeen::default(),
            reached: Reached::new(checks),
            awaits: Awaits::default(),
            idle: checks.iter().map(AsRef::as_ref).collect(),
        }
    }

    /// Notes what a run saw.
    pub fn note(&mut self, outcome: &Outcome) {
        self.signals.note(self.scenario, outcome);
        self.reached.note(outcome);
        self.awaits.note(outcome);
        self.idle.retain(|check| !check.judges(outcome));
    }

    /// What was sent and could be read in no run (RH602).
    #[must_use]
    pub fn never_read(&self) -> Vec<Finding> {
        self.signals.never_read(self.scenario)
    }

    /// What no run reached (RH210).
    #[must_use]
    pub fn never_reached(&self) -> Vec<Finding> {
        self.reached.missing()
    }

    /// What is to be said of all runs together: what was [never read](Self::never_read); if nothing is, since that may be
    /// why, what was [never reached](Self::never_reached).
    #[must_use]
    pub fn missing(&self) -> Vec<Finding> {
        let unread = self.never_read();
        if unread.is_empty() { self.never_reached() } else { unread }
    }

    /// What no run saw: awaits that none of them got past, signals that none of them read, checks that had nothing to
    /// judge. No finding unless somebody asks for it.
    #[must_use]
    pub fn unseen(&self) -> Vec<Unseen> {
        let mut unseen = self.awaits.unseen(self.scenario);
        unseen.extend(self.idle.iter().map(|check| {
            let mut activities = check.activities();
            activities.dedup();
            let about = activities.join(" and ");
            let what = format!("anything that the check about {about} could judge");
            Unseen { code: Code::NeverJudged, what, at: None }
        }));
        unseen
    }
}
