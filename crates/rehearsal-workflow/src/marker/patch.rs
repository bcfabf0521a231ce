//! Patches: which code of a change a run has, as SDKs on Temporal's core note it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use rehearsal_activation::{SetPatch, WorkflowCommand};
use rehearsal_history::SmolStr;

use crate::context::Context;

/// The patches of a run.
#[derive(Debug, Default)]
pub(crate) struct Patches {
    /// Those that the worker has found in the history.
    notified: BTreeSet<SmolStr>,
    /// What workflow code was told of those that it has asked for.
    told: BTreeMap<SmolStr, bool>,
}

impl Patches {
    /// The run has this patch.
    pub(crate) fn notify(&mut self, patch_id: &str) {
        self.notified.insert(patch_id.into());
    }
}

impl Context {
    /// Whether this run has a patch, as `patched` of the Rust SDK: it has if it asks for it live for the first time, which
    /// is recorded, or if that is what a replay finds recorded. The answer stays the same for the run.
    ///
    /// By the rules of core only; by those of Go there are [versions](Self::version).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Profile, Scenario, Status, Workflow, WorkflowError, mins};
    ///
    /// const NAP: Workflow<(), u64> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    ///     let minutes = if ctx.patched("shorter-naps") { 5 } else { 30 };
    ///     ctx.sleep(mins(minutes)).await?;
    ///     Ok(minutes)
    /// }
    ///
    /// let mut world = Scenario::new("nap").profile(Profile::Core).workflow(NAP, nap).world();
    /// let run = world.start(NAP, "nap-1", ());
    /// assert_eq!(world.wait(&run), Status::Completed);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn patched(&self, patch_id: &str) -> bool {
        self.notes(Location::caller());
        self.patch(patch_id, false)
    }

    /// Says that all runs that still matter have a patch, so that its old code is gone: what is recorded says so, and
    /// code that does not ask for the patch at all can replay it.
    ///
    /// By the rules of core only.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, WorkflowError, mins};
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.deprecate_patch("shorter-naps");
    ///     ctx.sleep(mins(5)).await
    /// }
    /// ```
    #[track_caller]
    pub fn deprecate_patch(&self, patch_id: &str) {
        self.notes(Location::caller());
        self.patch(patch_id, true);
    }

    /// `patch_impl` of `workflow_context.rs` in temporalio-workflow 1.1.1.
    fn patch(&self, patch_id: &str, deprecated: bool) -> bool {
        let mut state = self.shared.borrow_mut();
        let replaying = state.replaying;
        let patches = &mut state.markers.patches;
        if let Some(told) = patches.told.get(patch_id) {
            return *told;
        }
        let has = !replaying || patches.notified.contains(patch_id);
        patches.told.insert(patch_id.into(), has);
        if has {
            let patch_id = patch_id.into();
            state.push(WorkflowCommand::SetPatch(SetPatch { patch_id, deprecated }));
        }
        has
    }
}
