//! What a server keeps of a run in memory alone, and forgets where a request fails that holds the lock of the run
//! (`makeReleaseFunc` in `service/history/workflow/cache/cache.go`, `ContextImpl.Clear` in
//! `service/history/workflow/context.go` of server 1.32).

use super::{Run, Turn};
use crate::error::NotReady;
use crate::machine::update::{Abort, Update};

impl Run {
    /// What was not written is forgotten: queries that wait for a workflow task; that a worker has tried to close the run
    /// (W-13); a sticky queue that only a task has brought which left nothing; of a closed run the updates that it has
    /// given up.
    pub(crate) fn forget(&mut self, turn: &mut Turn<'_>) {
        self.clear_queries(turn);
        self.state.task.forget_closing();
        self.sticky.clone_from(&self.written_sticky);
        self.has_registry = false;
    }

    /// Whether the server still knows what became of this update of a closed run, which was given up with it
    /// (`registry.Abort`, which removes none; `ApplyRequest` in `api/updateworkflow/api.go`). One that was given up with a
    /// workflow task was forgotten there (`failWorkflowTask`).
    pub(super) fn remembers_aborted(&self, id: &str) -> bool {
        match self.state.updates.get(id) {
            Some(Update::Aborted(Abort::Refused(error))) => {
                self.has_registry && *error != NotReady::UpdateTaskFailed.into()
            }
            _ => false,
        }
    }
}
