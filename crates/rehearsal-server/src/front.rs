//! What all handlers share: the door, the namespaces, and how an answer of the door is waited for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rehearsal_proto::status;
use rehearsal_remote::{Door, Refused, Reply, Ticket};
use tokio::sync::oneshot;
use tonic::Status;

use crate::namespaces::Namespaces;

/// How long a poll for tasks waits on a server (`matching.longPollExpirationInterval`).
pub(crate) const TASK_POLL: Duration = Duration::from_secs(60);

/// How long a wait for a history or an update does (`history.longPollExpirationInterval`).
pub(crate) const HISTORY_POLL: Duration = Duration::from_secs(20);

/// How much sooner than its caller gives up a long poll is answered, so that the answer comes in time.
const HEADROOM: Duration = Duration::from_millis(500);

/// What all handlers of a connection share.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) door: Door,
    pub(crate) namespaces: Namespaces,
    pub(crate) hands: Hands,
}

/// What a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Workflow,
    Activity,
}

/// The tasks that were handed out on a connection and are not answered. A worker that dies closes its connection, and nothing
/// of these will come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hands(Arc<Mutex<BTreeMap<Vec<u8>, For>>>);

impl Hands {
    fn open(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, For>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task was handed out.
    pub(crate) fn take(&self, token: &[u8], what: For) {
        if !token.is_empty() {
            self.open().insert(token.to_vec(), what);
        }
    }

    /// A task was answered.
    pub(crate) fn give_back(&self, token: &[u8]) {
        self.open().remove(token);
    }

    /// The connection is closed: nobody is waited for any more.
    pub(crate) fn let_go(&self, door: &Door) {
        for (token, what) in std::mem::take(&mut *self.open()) {
            match what {
                For::Workflow => door.abandon_workflow_task(&token),
                For::Activity => door.abandon_activity(&token),
            }
        }
    }
}

impl Front {
    /// # Errors
    ///
    /// No namespace is said, or none of the server's.
    pub(crate) fn check(&self, namespace: &str) -> Result<(), Status> {
        self.namespaces.get(namespace).map(drop)
    }

    /// The same for what comes with the token of a task: that says the namespace too, so it may be left out
    /// (`extractNamespace` in `common/rpc/interceptor/namespace_validator.go`).
    ///
    /// # Errors
    ///
    /// The namespace is none of the server's.
    pub(crate) fn check_beside_token(&self, namespace: &str) -> Result<(), Status> {
        if namespace.is_empty() { Ok(()) } else { self.check(namespace) }
    }

    /// The namespace that the worlds are in: histories of all others name it, too.
    pub(crate) fn namespace(&self) -> &str {
        self.namespaces.first()
    }
}

/// Says that the caller is gone when the call is dropped, which happens when its stream is closed. After an answer that says
/// nothing any more.
struct Waiting(Ticket);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.gone();
    }
}

/// Asks, and waits for the answer.
pub(crate) async fn ask<T: Send + 'static>(ask: impl FnOnce(Reply<T>)) -> Result<T, Status> {
    let (to, from) = oneshot::channel();
    ask(Box::new(move |answer| to.send(answer).is_ok()));
    answered(from.await)
}

/// Asks something that has its answer only later, and waits for it so long.
pub(crate) async fn wait<T: Send + 'static>(
    most: Duration,
    ask: impl FnOnce(Reply<T>) -> Ticket,
) -> Result<T, Status> {
    let (to, mut from) = oneshot::channel();
    let waiting = Waiting(ask(Box::new(move |answer| to.send(answer).is_ok())));
    if let Ok(answer) = tokio::time::timeout(most, &mut from).await {
        return answered(answer);
    }
    waiting.0.expire();
    answered(from.await)
}

fn answered<T>(answer: Result<Result<T, Refused>, oneshot::error::RecvError>) -> Result<T, Status> {
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(refused)) => Err(refusal(refused)),
        Err(_) => Err(Status::unavailable("the server ends")),
    }
}

/// How long a long poll is kept open: as long as a server keeps it, and no longer than its caller waits.
pub(crate) fn patience<T>(request: &tonic::Request<T>, most: Duration) -> Duration {
    let given = request.metadata().get("grpc-timeout").and_then(|it| timeout(it.to_str().ok()?));
    given.map_or(most, |given| most.min(given.saturating_sub(HEADROOM)))
}

/// A time as gRPC writes it: up to eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = digits.parse().ok().filter(|count| *count < 100_000_000)?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

fn refusal(refused: Refused) -> Status {
    let message = refused.to_string();
    match refused {
        Refused::Request(error) => status::refused(&error),
        Refused::BehindStart { started, closed_twice, error } => {
            status::behind_start(&error, started, closed_twice)
        }
        Refused::QueryFailed(failure) => status::query_failed(&failure),
        Refused::BadToken => Status::invalid_argument(message),
        Refused::OtherWorld => status::not_found(message),
        Refused::TooMuch { .. } => status::too_much(message),
        Refused::Unbalanced => Status::failed_precondition(message),
        Refused::Closing => Status::unavailable(message),
        // What the house learns to refuse later.
        _ => Status::unknown(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_grpc_are_read() {
        assert_eq!(timeout("70S"), Some(Duration::from_secs(70)));
        assert_eq!(timeout("69999m"), Some(Duration::from_millis(69_999)));
        assert_eq!(timeout("1H"), Some(Duration::from_secs(3600)));
        for wrong in ["", "S", "-1S", "1s", "999999999S", "7ß"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_long_poll_ends_before_its_caller_does() {
        let mut request = tonic::Request::new(());
        assert_eq!(patience(&request, TASK_POLL), TASK_POLL);
        request.metadata_mut().insert("grpc-timeout", "5S".parse().unwrap());
        assert_eq!(patience(&request, TASK_POLL), Duration::from_millis(4500));
        request.metadata_mut().insert("grpc-timeout", "70S".parse().unwrap());
        assert_eq!(patience(&request, TASK_POLL), TASK_POLL);
    }
}
