//! Which runs a request means.

use alloc::vec::Vec;
use core::cmp::Reverse;

use rehearsal_history::Timestamp;

use super::Service;
use crate::error::{NotFound, RequestError};
use crate::input::{ActivityToken, RunRef, Target};
use crate::visibility::Query;

impl Service {
    /// The run of a token; one of another service names nothing here.
    pub(super) fn owner(&self, token: ActivityToken) -> Result<RunRef, NotFound> {
        Some(token.run).filter(|run| run.index() < self.runs.len()).ok_or(NotFound::Activity)
    }

    /// The run that a client means (C-1, C-2, C-5, C-6).
    ///
    /// # Errors
    ///
    /// There is no such workflow or run.
    pub fn meant(&self, target: &Target) -> Result<RunRef, RequestError> {
        Ok(self.find(target)?)
    }

    /// The runs that a query finds, in the server's order: open ones first, then those that were closed last; among
    /// themselves those that were started last.
    ///
    /// # Errors
    ///
    /// The query names an attribute that there is not, or is not simulated.
    pub fn list(&self, query: &str) -> Result<Vec<RunRef>, RequestError> {
        let query = Query::parse(query, &self.config.search_attributes)?;
        let mut found: Vec<RunRef> =
            self.kept_runs().filter(|run| query.finds(self.run(*run))).collect();
        found.sort_by_key(|run| {
            let view = self.run(*run);
            let closed = view.close.as_ref().map_or(Timestamp::MAX, |close| close.time);
            Reverse((closed, view.started_at, *run))
        });
        Ok(found)
    }

    /// The run that a client means (C-1, C-2, C-5, C-6).
    pub(super) fn find(&self, target: &Target) -> Result<RunRef, NotFound> {
        let workflow_id = &target.workflow_id;
        match target.run_id.as_ref().filter(|run_id| !run_id.is_empty()) {
            None => self
                .run_of(workflow_id)
                .ok_or_else(|| NotFound::Workflow { workflow_id: workflow_id.clone() }),
            Some(run_id) => self.run_by_id(workflow_id, run_id).ok_or_else(|| NotFound::Run {
                workflow_id: workflow_id.clone(),
                run_id: run_id.clone(),
            }),
        }
    }

    /// The same for a request that may name the first run of a chain: then the current run is meant, if it is of that
    /// chain, or closed (C-7).
    pub(super) fn find_chain(&self, target: &Target) -> Result<RunRef, NotFound> {
        let Some(first) = target.first_run_id.as_ref().filter(|first| !first.is_empty()) else {
            return self.find(target);
        };
        let run = self.find(&Target::current(target.workflow_id.clone()))?;
        let (open, of) = (self.runs[run.index()].is_open(), &self.run(run).first_run_id);
        if open && of != first { Err(NotFound::Chain) } else { Ok(run) }
    }
}
