//! What a `scenario.toml` says: who does what, and when. The format is described in fixtures/README.md.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use serde::Deserialize;

/// A scenario file. A key that is not listed here is an error, so that nothing in a file is overlooked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What happens, in a line.
    pub summary: String,
    /// The type that the client starts.
    pub workflow: String,
    /// The id it starts it with.
    pub workflow_id: String,
    /// The arguments it gives, as JSON.
    #[serde(default)]
    pub input: Vec<serde_json::Value>,
    /// Only for the recorder: what registers the activities.
    pub activities: Option<String>,
    /// Only for the recorder: the types that it registers.
    #[serde(default)]
    pub workflows: Vec<String>,
    /// Limit for all runs together.
    pub execution_timeout: Option<Span>,
    /// Limit for one run.
    pub run_timeout: Option<Span>,
    /// Limit for one workflow task.
    pub task_timeout: Option<Span>,
    /// How long the first workflow task is held back.
    pub start_delay: Option<Span>,
    /// How the workflow as a whole is retried.
    pub retry: Option<Retry>,
    /// Notes on the workflow.
    #[serde(default)]
    pub memo: BTreeMap<String, serde_json::Value>,
    /// What it can be searched by, typed by the names of the attributes.
    #[serde(default)]
    pub search_attributes: BTreeMap<String, serde_json::Value>,
    /// When it runs again.
    pub cron: Option<String>,
    /// Its place among the tasks of its queue.
    pub priority: Option<Place>,
    /// One line for people, beside its start.
    pub static_summary: Option<String>,
    /// More for people.
    pub static_details: Option<String>,
    /// Whether the id of a closed workflow may be used again.
    pub id_reuse_policy: Option<ReusePolicy>,
    /// What is done if a running workflow has the id.
    pub id_conflict_policy: Option<ConflictPolicy>,
    /// The workers, in the order of their identities: `worker-1`, `worker-2`, …
    #[serde(default, rename = "worker")]
    pub workers: Vec<Worker>,
    /// What the client does after the start.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// Workflow tasks that take longer than usual.
    #[serde(default, rename = "hold")]
    pub holds: Vec<Hold>,
    /// When the histories were taken, open or not.
    pub end: Option<Span>,
    /// How long after a full minute of the clock the main workflow was started.
    pub clock: Option<Span>,
    /// Whether it was recorded alone on its shard: then nothing is late but by the rules, and times must agree.
    #[serde(default)]
    pub quiet: bool,
    /// Written by the recorder: whether two recordings were alike.
    pub stable: Option<bool>,
    /// Written by the recorder, for people.
    pub note: Option<String>,
    /// How it ended.
    pub expect: Expect,
    /// Written by the recorder: what the official replayer says of each history.
    #[serde(default)]
    pub replay: BTreeMap<String, toml::Value>,
}

impl Script {
    /// The id of the workflow that a step is for.
    pub(super) fn target<'a>(&'a self, step: &'a Step) -> &'a str {
        step.workflow_id.as_deref().unwrap_or(&self.workflow_id)
    }
}

/// A worker: polls one queue, for a while.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "none of them says anything of another")]
pub struct Worker {
    /// The queue, as the file names it.
    pub queue: String,
    /// When it begins.
    #[serde(default)]
    pub from: Span,
    /// When it stops; never if this is not given.
    pub until: Option<Span>,
    /// Whether it does not stop but die: nothing that it has begun is sent any more.
    #[serde(default)]
    pub crash: bool,
    /// Whether its process ends when it stops.
    #[serde(default)]
    pub exits: bool,
    /// Which code it has: for a type `T` what is registered as `T` with this behind it.
    pub code: Option<String>,
    /// How many workflows its SDK is told to keep.
    pub cache: Option<usize>,
    /// How many activities it runs at a time.
    pub activity_slots: Option<usize>,
    /// How long it waits for its activities when it stops.
    pub stop_timeout: Option<Span>,
    /// Whether it takes workflow tasks.
    #[serde(default = "yes")]
    pub workflows: bool,
    /// Whether it takes activity tasks.
    #[serde(default = "yes")]
    pub activities: bool,
}

/// One thing that the client does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When.
    pub at: Span,
    /// What.
    #[serde(rename = "do")]
    pub action: Action,
    /// To which workflow; the main one if this is not given.
    pub workflow_id: Option<String>,
    /// To which run; `first` is the first run of the main workflow, and the current run is meant if this is not given.
    pub run_id: Option<String>,
    /// The name of the signal, update or query.
    pub name: Option<String>,
    /// Its arguments, or those of the workflow to start.
    #[serde(default)]
    pub input: Vec<serde_json::Value>,
    /// Why.
    pub reason: Option<String>,
    /// The type of the workflow to start.
    pub workflow: Option<String>,
    /// The arguments of the workflow that a signal or an update starts.
    #[serde(default)]
    pub workflow_input: Vec<serde_json::Value>,
    /// The id of the workflow to start.
    pub id: Option<String>,
    /// The queue of the workflow to start.
    pub queue: Option<String>,
    /// How long the client waits for the answer to a query or an update; 20 s if this is not given.
    pub timeout: Option<Span>,
    /// Whether the recorder kept the answer from the client until it gave up. In simulation a fault does: the tape of the
    /// scenario has it.
    #[serde(default)]
    pub unanswered: bool,
    /// The id of an update; `update-N`, N the number of the step from 1, if this is not given.
    pub update_id: Option<String>,
    /// How far an update must come: `accepted`, or `completed`, which is the default.
    pub stage: Option<String>,
    /// Notes on the workflow to start.
    #[serde(default)]
    pub memo: BTreeMap<String, serde_json::Value>,
    /// What the workflow to start can be searched by.
    #[serde(default)]
    pub search_attributes: BTreeMap<String, serde_json::Value>,
    /// What the client looks for.
    pub query: Option<String>,
    /// The id of the activity that is ended from outside.
    pub activity_id: Option<String>,
    /// Whether the activity is named by a token that its worker got, not by its id.
    #[serde(default)]
    pub token: bool,
    /// The attempt whose token that is; the newest one if this is not given.
    pub attempt: Option<u32>,
    /// The message that the activity fails with.
    pub failure: Option<String>,
    /// The type that it fails with.
    pub failure_type: Option<String>,
    /// Whether it must not be tried again.
    #[serde(default)]
    pub non_retryable: bool,
    /// Limit for all its runs together.
    pub execution_timeout: Option<Span>,
    /// Limit for one of its runs.
    pub run_timeout: Option<Span>,
    /// Limit for one of its workflow tasks.
    pub task_timeout: Option<Span>,
    /// How long its first workflow task is held back.
    pub start_delay: Option<Span>,
    /// How it is retried as a whole.
    pub retry: Option<Retry>,
    /// When it runs again.
    pub cron: Option<String>,
    /// Its place among the tasks of its queue.
    pub priority: Option<Place>,
    /// One line for people, beside its start.
    pub static_summary: Option<String>,
    /// More for people.
    pub static_details: Option<String>,
    /// Whether the id of a closed workflow may be used again.
    pub id_reuse_policy: Option<ReusePolicy>,
    /// What is done if a running workflow has the id.
    pub id_conflict_policy: Option<ConflictPolicy>,
    /// What the client got: `ok`, which is the default, or what kind of error.
    pub expect: Option<String>,
    /// The message of the error.
    pub message: Option<String>,
    /// What a query or an update returned, as JSON.
    pub result: Option<String>,
    /// What a query or an update answered, in the words of the other recorder.
    pub answer: Option<String>,
}

/// A place among the tasks of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Place {
    /// Lower ones go first.
    pub key: i32,
    /// Whose task it is.
    pub fairness_key: String,
    /// How large its share is.
    pub fairness_weight: f32,
}

/// What a client can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Ask for a workflow to be canceled.
    #[default]
    Cancel,
    /// End a workflow.
    Terminate,
    /// Send a signal.
    Signal,
    /// Send an update and wait for it.
    Update,
    /// Wait for the result of an update.
    UpdateResult,
    /// Send a signal, and start the workflow first if need be.
    SignalWithStart,
    /// Send an update and wait for it, and start the workflow first if need be.
    UpdateWithStart,
    /// Ask a question.
    Query,
    /// Start another workflow.
    Start,
    /// Look at a workflow.
    Describe,
    /// Look for workflows.
    List,
    /// Complete an activity from outside.
    CompleteActivity,
    /// Fail an activity from outside.
    FailActivity,
    /// Confirm from outside that an activity is canceled.
    CancelActivity,
    /// Say from outside that an activity is alive.
    HeartbeatActivity,
}

impl Action {
    /// Its name as in a scenario file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Signal => "signal",
            Self::Update => "update",
            Self::UpdateResult => "update-result",
            Self::SignalWithStart => "signal-with-start",
            Self::UpdateWithStart => "update-with-start",
            Self::Query => "query",
            Self::Start => "start",
            Self::Describe => "describe",
            Self::List => "list",
            Self::CompleteActivity => "complete-activity",
            Self::FailActivity => "fail-activity",
            Self::CancelActivity => "cancel-activity",
            Self::HeartbeatActivity => "heartbeat-activity",
        }
    }
}

/// A workflow task that takes some time from its start to its completion.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The workflow, the main one if none is said.
    pub workflow_id: Option<String>,
    /// Which one of its tasks, counting deliveries to a worker from 1.
    pub task: u32,
    /// How long.
    pub takes: Span,
}

/// How often and how fast a workflow is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Wait before the second attempt.
    pub initial_interval: Option<Span>,
    /// What each further wait is multiplied by.
    pub backoff_coefficient: Option<f64>,
    /// The longest wait.
    pub maximum_interval: Option<Span>,
    /// How many attempts at most.
    pub maximum_attempts: Option<i32>,
    /// Types of failures that are not tried again.
    #[serde(default)]
    pub non_retryable_error_types: Vec<String>,
}

/// Whether the id of a closed workflow may be used again.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReusePolicy {
    /// Yes.
    AllowDuplicate,
    /// If the last run did not complete.
    AllowDuplicateFailedOnly,
    /// No.
    RejectDuplicate,
    /// Yes; a running one is terminated.
    TerminateIfRunning,
}

impl From<ReusePolicy> for WorkflowIdReusePolicy {
    fn from(policy: ReusePolicy) -> Self {
        match policy {
            ReusePolicy::AllowDuplicate => Self::AllowDuplicate,
            ReusePolicy::AllowDuplicateFailedOnly => Self::AllowDuplicateFailedOnly,
            ReusePolicy::RejectDuplicate => Self::RejectDuplicate,
            ReusePolicy::TerminateIfRunning => Self::TerminateIfRunning,
        }
    }
}

/// What is done if a running workflow has the id.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictPolicy {
    /// The start is refused.
    Fail,
    /// That one is taken.
    UseExisting,
    /// That one is terminated.
    TerminateExisting,
}

impl From<ConflictPolicy> for WorkflowIdConflictPolicy {
    fn from(policy: ConflictPolicy) -> Self {
        match policy {
            ConflictPolicy::Fail => Self::Fail,
            ConflictPolicy::UseExisting => Self::UseExisting,
            ConflictPolicy::TerminateExisting => Self::TerminateExisting,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Its status.
    pub status: String,
    /// What it returned, as JSON.
    pub result: Option<String>,
    /// The details of its cancellation, as JSON.
    pub details: Option<String>,
    /// The message of its failure.
    pub failure: Option<String>,
    /// The same of further histories, by file name.
    #[serde(default)]
    pub runs: BTreeMap<String, Self>,
}

/// A span of time as Go writes it: `1.5s`, `300ms`, `1m30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse(&text)
            .map(Self)
            .ok_or_else(|| format!("expected a duration such as `1.5s`, found `{text}`"))
    }
}

/// Numbers with units, one after another; at most nine decimals each.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let nanos_per_unit: u128 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            _ => return None,
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let places = u32::try_from(decimals.len()).ok().filter(|places| *places <= 9)?;
        let nanos = whole.parse::<u128>().ok()?.checked_mul(nanos_per_unit)?
            + decimals.parse::<u128>().ok()? * nanos_per_unit / 10_u128.pow(places);
        sum = sum.checked_add(Duration::from_nanos(u64::try_from(nanos).ok()?))?;
        rest = tail;
    }
    Some(sum)
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_go_writes_them() {
        let millis = |text: &str| parse(text).map(|span| span.as_millis());

        assert_eq!(millis("0s"), Some(0));
        assert_eq!(millis("3.5s"), Some(3500));
        assert_eq!(millis("300ms"), Some(300));
        assert_eq!(millis("1m30s"), Some(90_000));
        assert_eq!(millis("1.05h"), Some(3_780_000));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "5", "s", "5d", "-1s", "1.s", "1..2s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = "
            summary = ''
            workflow = 'Workflow'
            workflow_id = 'x'
            colour = 'red'
            [expect]
            status = 'Completed'
        ";
        let error = toml::from_str::<Script>(text).unwrap_err();
        assert!(error.message().contains("unknown field `colour`"), "{error}");
    }
}
