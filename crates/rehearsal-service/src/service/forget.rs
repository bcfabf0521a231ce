//! What is left of closed runs that are deleted, as a server deletes them when the retention of their namespace is over.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_history::{Event, SmolStr, Status};

use super::Service;
use crate::input::RunRef;
use crate::view::RunView;

impl Service {
    /// Deletes a closed run, and gives what was known of it. `None` if it is open, or was deleted before.
    ///
    /// To clients there is no such run any more: its id is free whatever the policies say, and whatever comes for it is
    /// refused. Its reference stays good: [`status`](Self::status), [`next_run`](Self::next_run) and
    /// [`first_run_id`](Self::first_run_id) are kept. [`run`](Self::run) shows a closed run without a name, the same one for
    /// all that were deleted, and [`history`](Self::history) shows no events.
    pub fn forget(&mut self, run: RunRef) -> Option<(RunView, Vec<Arc<Event>>)> {
        if self.runs[run.index()].is_open() {
            return None;
        }
        let next = self.next_run(run);
        let (view, history) = self.runs.forget(run, next)?.into_view();
        self.by_run_id.remove(&view.run_id);
        if self.current.get(&view.workflow_id) == Some(&run) {
            self.current.remove(&view.workflow_id);
        }
        Some((view, history))
    }

    /// How a run stands, also one that was deleted.
    #[must_use]
    pub fn status(&self, run: RunRef) -> Status {
        self.runs.gone(run).map_or_else(|| self.run(run).status, |gone| gone.status)
    }

    /// The run that follows another in its chain: the workflow went on in it, is tried again in it, or runs again by its
    /// cron schedule. Known of one that was deleted, too.
    #[must_use]
    pub fn next_run(&self, run: RunRef) -> Option<RunRef> {
        if let Some(gone) = self.runs.gone(run) {
            return gone.next;
        }
        let view = self.run(run);
        let next = view.close.as_ref()?.kind.next_run_id()?;
        self.run_by_id(&view.workflow_id, next)
    }

    /// The id of the first run of the chain that a run is of, also of one that was deleted.
    #[must_use]
    pub fn first_run_id(&self, run: RunRef) -> &SmolStr {
        self.runs.gone(run).map_or_else(|| &self.run(run).first_run_id, |gone| &gone.first_run_id)
    }

    /// The runs that were not deleted, in the order in which they were started.
    pub(super) fn kept_runs(&self) -> impl Iterator<Item = RunRef> + '_ {
        self.runs().filter(|&run| self.runs.gone(run).is_none())
    }
}
