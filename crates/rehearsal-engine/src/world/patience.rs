//! How long the clients of SDKs try where the service is busy, and what they are told in the end.

use std::time::Duration;

use rehearsal_history::Timestamp;
use rehearsal_service::RequestError;
use rehearsal_worker::Profile;

use super::World;

/// How long a client waits before it tries a request again that was refused because the workflow is busy, and how
/// long it goes on trying. Both SDKs retry `RESOURCE_EXHAUSTED` with a backoff that begins at 1 s.
pub(super) const BUSY_BACKOFF: Duration = Duration::from_secs(1);
pub(super) const BUSY_PATIENCE: Duration = Duration::from_secs(10);

impl World {
    /// Asks; a client that `tries` does so again and again while the workflow is busy (W-13), until it gives up.
    pub(super) fn patiently<T>(
        &mut self,
        tries: bool,
        give_up: Timestamp,
        mut ask: impl FnMut(&mut Self) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        loop {
            let answer = ask(self);
            let left = give_up.since(self.clock.now());
            match answer {
                Err(RequestError::ResourceExhausted(_)) if tries && !left.is_zero() => {
                    self.advance(BUSY_BACKOFF.min(left));
                }
                Err(error) if tries => return Err(self.gives_up(error)),
                answer => return answer,
            }
        }
    }

    /// What a client gets that has tried in vain for as long as it tries. That of Go waits for its next try when its time is
    /// up, and what it was told last is lost (`waitRetryBackoff` of its interceptor for gRPC).
    fn gives_up(&self, error: RequestError) -> RequestError {
        match error {
            RequestError::ResourceExhausted(_) if self.scenario.profile == Profile::Go => {
                RequestError::DeadlineExceeded
            }
            error => error,
        }
    }
}
