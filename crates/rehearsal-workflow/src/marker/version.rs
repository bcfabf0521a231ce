//! Versions: which code of a change a run has, as Go notes it.

use std::collections::BTreeMap;
use std::panic::Location;

use rehearsal_activation::{RecordVersion, WorkflowCommand};
use rehearsal_history::SmolStr;

use crate::context::Context;

/// The version of a run that was started before there was a change, `workflow.DefaultVersion` of Go.
pub const DEFAULT_VERSION: i64 = -1;

/// The versions of a run.
#[derive(Debug, Default)]
pub(crate) struct Versions(BTreeMap<SmolStr, i64>);

impl Versions {
    /// The task that is replayed recorded this.
    pub(crate) fn recall(&mut self, change_id: &str, version: i64) {
        self.0.insert(change_id.into(), version);
    }

    /// All of them as the search attribute lists them, the new one first. Go takes the others in random order.
    fn listed(&self, change_id: &str, version: i64) -> Vec<SmolStr> {
        let others = self.0.iter().map(|(id, version)| format!("{id}-{version}").into());
        std::iter::once(format!("{change_id}-{version}").into()).chain(others).collect()
    }
}

impl Context {
    /// Which version of a change this run has, as `workflow.GetVersion` of Go.
    ///
    /// The first time that a run asks for a change it gets `max`, which is recorded for good: from then on it gets that
    /// version, whatever a later deployment supports. In a replay of what was recorded before the change it gets
    /// [`DEFAULT_VERSION`]. The search attribute `TemporalChangeVersion` lists the versions of the run, as long as that
    /// has less than 2,048 bytes.
    ///
    /// By the rules of Go only; by those of core there are [patches](Self::patched).
    ///
    /// # Panics
    ///
    /// Panics if the run has a version below `min` or above `max`. Inside of a workflow this fails the workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Activity, ActivityOptions, Context, DEFAULT_VERSION, WorkflowError, secs};
    ///
    /// const FAX: Activity<String, ()> = Activity::new("Fax");
    /// const MAIL: Activity<String, ()> = Activity::new("Mail");
    ///
    /// async fn confirm(ctx: Context, order: String) -> Result<(), WorkflowError> {
    ///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ///     // Runs that were started before the change go on as they began.
    ///     match ctx.version("mail-instead-of-fax", DEFAULT_VERSION, 1) {
    ///         DEFAULT_VERSION => ctx.execute(FAX, order).await,
    ///         _ => ctx.execute(MAIL, order).await,
    ///     }
    /// }
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "asking alone notes the version")]
    pub fn version(&self, change_id: &str, min: i64, max: i64) -> i64 {
        self.notes(Location::caller());
        let mut state = self.shared.borrow_mut();
        let known = state.markers.versions.0.get(change_id).copied();
        let recorded = state.is_recorded();
        let version = known.unwrap_or(if recorded { DEFAULT_VERSION } else { max });
        if known.is_none() {
            if !recorded {
                let versions = state.markers.versions.listed(change_id, version);
                let change_id = change_id.into();
                state.push(WorkflowCommand::RecordVersion(RecordVersion {
                    change_id,
                    version,
                    versions,
                }));
            }
            state.markers.versions.recall(change_id, version);
        }
        drop(state);
        if version < min {
            self.illegal(&format!(
                "[TMPRL1100] Workflow code removed support of version {version}. for \"{change_id}\" changeID. The \
                 oldest supported version is {min}"
            ));
        }
        if version > max {
            self.illegal(&format!(
                "[TMPRL1100] Workflow code is too old to support version {version} for \"{change_id}\" changeID. The \
                 maximum supported version is {max}"
            ));
        }
        version
    }
}
