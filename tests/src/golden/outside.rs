//! What a client says of activities from outside.

use rehearsal::{
    ActivityError, ActivityTarget, ClientError, FailureInfo, RecordedFailure as Failure, World,
};

use super::run::{payloads, title};
use super::{Action, Step};

/// What a client is told that says something of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// It is done.
    Done,
    /// The heartbeat counts; and whether the workflow has asked the activity to cancel.
    Heartbeat(bool),
}

impl Said {
    /// What a scenario of the Go SDK says that the client got: its client makes an error of the cancel.
    const fn as_go(self) -> &'static str {
        match self {
            Self::Done | Self::Heartbeat(false) => "ok",
            Self::Heartbeat(true) => "CanceledError",
        }
    }

    /// The answer in the words of the other recorder.
    const fn as_rust(self) -> &'static str {
        match self {
            Self::Done => "",
            Self::Heartbeat(false) => "cancel requested: false",
            Self::Heartbeat(true) => "cancel requested: true",
        }
    }

    /// What is not as recorded. The Go client makes an error of a cancel; the other recorder writes the answer down.
    pub(super) fn problem(self, sdk: &str, step: &Step) -> Option<String> {
        let expected = step.expect.as_deref().unwrap_or("ok");
        let got = if sdk == "go" { self.as_go() } else { "ok" };
        if got != expected {
            return Some(format!("{}: the client got {got}, recorded {expected}", title(step)));
        }
        let (got, answer) = (self.as_rust(), step.answer.as_ref()?);
        (got != answer)
            .then(|| format!("{}: the client got `{got}`, recorded `{answer}`", title(step)))
    }
}

/// Does what a step says of an activity.
pub(super) fn tell(
    sdk: &str,
    world: &mut World,
    step: &Step,
    workflow_id: &str,
    run_id: Option<&str>,
) -> Result<Said, ClientError> {
    let target = target(world, step, workflow_id, run_id);
    match step.action {
        Action::FailActivity => world.fail_activity(target, failure(sdk, step)),
        Action::CancelActivity => world.cancel_activity_encoded(target, payloads(&step.input)),
        Action::HeartbeatActivity => {
            let answer = world.heartbeat_activity_encoded(target, payloads(&step.input));
            return answer.map(Said::Heartbeat);
        }
        _ => world.complete_activity_encoded(target, payloads(&step.input)),
    }
    .map(|()| Said::Done)
}

fn target(world: &World, step: &Step, workflow_id: &str, run_id: Option<&str>) -> ActivityTarget {
    let activity_id = step.activity_id.as_deref().unwrap_or_default();
    let tokens = world.activity_tokens(workflow_id, activity_id);
    let mut tokens = tokens.iter().rev();
    let token = tokens.find(|token| step.attempt.is_none_or(|attempt| token.attempt == attempt));
    match token.filter(|_| step.token) {
        Some(token) => ActivityTarget::Token(*token),
        None => ActivityTarget::id(workflow_id, run_id, activity_id),
    }
}

/// The error as the recorder's client of each SDK makes it.
fn failure(sdk: &str, step: &Step) -> ActivityError {
    let message = step.failure.as_deref().unwrap_or_default();
    let mut failure =
        Failure::application(message, step.failure_type.as_deref().unwrap_or_default());
    if sdk == "go" {
        failure.source = "GoSDK".into();
    }
    if let Some(FailureInfo::Application(info)) = &mut failure.info {
        info.non_retryable = step.non_retryable;
    }
    ActivityError::from(failure)
}
