//! The ready checks. Each holds in every run of a sweep, or the report says in which it does not.

use std::sync::Arc;

use rehearsal_engine::{Check, CleanupIffCanceled, SkippedReportedAsCanceled};
use rehearsal_workflow::Activity;

/// Cleanup runs if and only if the workflow was canceled.
///
/// The activity must be scheduled, and its code entered, exactly when a workflow task that was accepted delivered the
/// cancel request. A cancel that comes too late for the workflow to see it calls for no cleanup.
#[must_use]
pub fn cleanup_iff_canceled<I, O>(activity: Activity<I, O>) -> Arc<dyn Check> {
    Arc::new(CleanupIffCanceled { activity: activity.name().into() })
}

/// Every activity that is started on a canceled context is reported as canceled, and its code is never entered.
#[must_use]
pub fn skipped_reported_as_canceled() -> Arc<dyn Check> {
    Arc::new(SkippedReportedAsCanceled)
}
