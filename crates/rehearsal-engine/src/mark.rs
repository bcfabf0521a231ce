//! What a check of one's own says of what it found: which events show it, which operation it is about, what to do.

use rehearsal_history::EventId;

use crate::cause::Dialect;
use crate::facts::Signaled;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::Call;

/// Of a check of one's own (RH900), with this headline.
impl From<String> for Finding {
    fn from(headline: String) -> Self {
        Self::new(Code::Custom, headline)
    }
}

/// Of a check of one's own (RH900), with this headline.
impl From<&str> for Finding {
    fn from(headline: &str) -> Self {
        Self::new(Code::Custom, headline)
    }
}

impl Finding {
    /// This finding pointing at the activity of a call: where it was scheduled, and where it ended. The report shows the
    /// history around that, and names the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Activity, Finding, Scenario, check};
    ///
    /// const CHARGE: Activity<u64, String> = Activity::new("Charge");
    ///
    /// let scenario = Scenario::new("order").check(check::never("a second charge", |outcome| {
    ///     let again = outcome.calls(CHARGE).nth(1)?;
    ///     Some(Finding::from("the card was charged twice").at_call(again, outcome))
    /// }));
    /// ```
    #[must_use]
    pub fn at_call(mut self, call: &Call, outcome: &Outcome) -> Self {
        let of = outcome.execution(&call.run_id);
        let of_call = |id: EventId, opener: Option<EventId>| {
            (id == call.scheduled || opener == Some(call.scheduled)).then_some(id.0)
        };
        let history = of.map(|of| of.history.as_slice()).unwrap_or_default();
        let events = history.iter().filter_map(|event| of_call(event.id, event.kind.opener()));
        let events: Vec<u64> = events.collect();
        let known = |detail: &String| detail.starts_with(&format!("{}, attempt", call.activity));
        if !self.details.iter().any(known) {
            self.details.push(in_words(call));
        }
        if self.subject.is_empty() {
            self.subject = call.activity.to_string();
        }
        self.with_events(events).of(&call.run_id, outcome)
    }

    /// This finding pointing at a signal.
    #[must_use]
    pub fn at_signal(self, signal: &Signaled<'_>, outcome: &Outcome) -> Self {
        self.with_events([signal.event.0]).of(&signal.execution.run_id, outcome)
    }

    /// This finding pointing at the event that closed a workflow, or at the last one of one that is open.
    #[must_use]
    pub fn at_close(self, execution: &Execution, outcome: &Outcome) -> Self {
        let last = execution.history.last().map(|event| event.id.0);
        self.with_events(last).of(&execution.run_id, outcome)
    }

    /// This finding about an operation, or whatever else its headline does not name. Two findings of other operations are
    /// two kinds, however alike their headlines are.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// This finding with what is usually behind it, and the cure, in one sentence that ends without a full stop.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is usually behind it, in the words of an API; `None` if nothing is known that fits, as of a check of one's own
    /// that gives no hint.
    #[must_use]
    pub fn hint(&self, dialect: Dialect) -> Option<&str> {
        match &self.hint {
            Some(hint) => Some(hint),
            None if self.code == Code::Custom && self.cause.is_none() => None,
            None => Some(self.usual_cause(dialect)),
        }
    }
}

/// What became of a call, in a line.
fn in_words(call: &Call) -> String {
    let (activity, attempt) = (&call.activity, call.attempt);
    let began = rehearsal_history::duration_text(call.started);
    format!("{activity}, attempt {attempt}, began at {began} and {}", crate::check::how_long(call))
}
